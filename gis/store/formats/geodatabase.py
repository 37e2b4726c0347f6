"""Read File Geodatabases: GDAL gives the rows, and is asked beside it how many there are and whether it complained."""

import logging
from typing import TYPE_CHECKING

from gis.errors import DeliveryError
from gis.store.formats.columns import broken_file, handed, nulls
from gis.store.formats.delivered import Asked, Delivered

if TYPE_CHECKING:
    import pyarrow as pa


class Complaints(logging.Handler):
    """The errors that GDAL reports while it goes on reading."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one message."""
        self.said.append(record.getMessage())


def read(path: str, asked: Asked) -> Delivered:
    """Give all rows of one sublayer, the only one with rows unless it is named; DeliveryError where that is not clear.

    The number of a row is its place in the table; its OBJECTID comes as a column.
    """
    from pyogrio import list_layers, read_info
    from pyogrio.raw import read_arrow

    complaints = Complaints()
    logging.getLogger("pyogrio").addHandler(complaints)
    try:
        names = tuple(str(name) for name, _ in list_layers(path))
        counts = {name: int(read_info(path, layer=name, force_feature_count=True)["features"]) for name in names}
        chosen = _chosen(counts, asked.sublayer)
        meta, table = read_arrow(path, layer=chosen, return_fids=True, datetime_as_string=True)
    except broken_file() as error:
        raise DeliveryError(f"expected a readable File Geodatabase, got: {str(error).splitlines()[0]}") from None
    if complaints.said:
        raise DeliveryError(f"expected an intact File Geodatabase, got: {complaints.said[0]}")
    if table.num_rows != counts[chosen]:
        raise DeliveryError(f"expected the {counts[chosen]} rows of {chosen}, GDAL gave {table.num_rows}")
    shapes = _shape_column(meta, table)
    columns, faults = handed(table, [name for name in table.column_names if name != shapes])
    crs = meta["crs"] if shapes else None
    return Delivered(
        columns=columns,
        wkb=table.column(shapes) if shapes else nulls(table.num_rows),
        crs=crs,
        crs_declared=crs is not None,
        faults=faults,
        sublayer=chosen,
        sublayers=names,
        clockwise=True,
    )


def _chosen(counts: dict[str, int], sublayer: str | None) -> str:
    if not counts:
        raise DeliveryError("expected a sublayer, got none")
    if sublayer is not None:
        if sublayer not in counts:
            raise DeliveryError(f"expected one of the sublayers {', '.join(counts)}, got {sublayer!r}")
        return sublayer
    filled = [name for name, count in counts.items() if count] or list(counts)[:1]
    if len(filled) > 1:
        listed = ", ".join(f"{name} ({counts[name]} rows)" for name in filled)
        raise DeliveryError(f"expected one sublayer, got {len(filled)}: {listed}; name the one that is meant")
    return filled[0]


def _shape_column(meta: dict[str, object], table: "pa.Table") -> str | None:
    if meta["geometry_type"] is None:
        return None
    return str(meta.get("geometry_name") or table.column_names[-1])
