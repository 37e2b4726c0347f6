"""Read GeoParquet 1.0 and 1.1 with geometry in WKB, and plain Parquet as rows without geometry."""

import json
from typing import TYPE_CHECKING

from gis.errors import DeliveryError
from gis.store.formats.columns import handed, nulls
from gis.store.formats.delivered import Asked, Delivered, shown

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_MOST = 50_000_000
"""Runs of one value let a file of a few bytes claim any number of rows."""
DEFAULT_CRS = "EPSG:4326"


def read(path: str, _asked: Asked) -> Delivered:
    """Give all rows of a Parquet file; without a word its system is EPSG:4326, as the standard has it.

    DeliveryError where it is damaged, or its geometry is not WKB.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, memory_map=True) as file:
            geo = _geo(file.schema_arrow.metadata)
            if file.metadata.num_rows > ROWS_MOST:
                raise DeliveryError(f"expected at most {ROWS_MOST:,} rows, got {file.metadata.num_rows:,}")
            counted = file.metadata.num_rows
            table = file.read(use_threads=False)
        table.validate()
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DeliveryError(f"expected a readable Parquet file, got: {str(error).splitlines()[0]}") from None
    if table.num_rows != counted or len(set(table.column_names)) < len(table.column_names):
        raise DeliveryError("expected as many rows as the file counts and each column once, got others")
    return _handed_over(table, geo)


def _handed_over(table: "pa.Table", geo: dict[str, object] | None) -> Delivered:
    shapes, crs, declared, others = (None, None, False, set()) if geo is None else _primary(table, geo)
    coverings = {name for name in table.column_names if _is_covering(table, geo, name)}
    kept = [name for name in table.column_names if name not in {shapes, *others, *coverings}]
    columns, faults = handed(table, kept)
    notes = [f"几何列 {name} 未用 · the geometry column {name} was not used" for name in sorted(others)]
    wkb = nulls(table.num_rows)
    if shapes is not None:
        wkb = table.column(shapes)
        wkb = wkb.cast("binary") if str(wkb.type) != "binary" else wkb
    return Delivered(columns=columns, wkb=wkb, crs=crs, crs_declared=declared, faults=faults, notes=tuple(notes))


def _geo(metadata: dict[bytes, bytes] | None) -> dict[str, object] | None:
    """Give what the file says of its geometry, None where it says nothing."""
    if not metadata or b"geo" not in metadata:
        return None
    try:
        geo = json.loads(metadata[b"geo"])
    except (ValueError, RecursionError):
        geo = None
    if not isinstance(geo, dict) or not isinstance(geo.get("columns"), dict):
        raise DeliveryError("expected GeoParquet with its columns described in JSON, got something else under `geo`")
    return geo


def _primary(table: "pa.Table", geo: dict[str, object]) -> tuple[str, str | None, bool, set[str]]:
    """Give the column of the shapes, its system, whether the file names it, and the other columns of shapes."""
    import pyarrow as pa

    described = geo["columns"]
    name = geo.get("primary_column")
    about = described.get(name) if isinstance(described, dict) and isinstance(name, str) else None
    if not isinstance(name, str) or not isinstance(about, dict) or name not in table.column_names:
        raise DeliveryError(f"expected the primary column of shapes that the file names, got {shown(name)}")
    encoding = about.get("encoding")
    kind = table.schema.field(name).type
    if encoding != "WKB" or not (pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
        raise DeliveryError(
            f"GeoParquet 只读 WKB 编码的图形 · expected shapes encoded as WKB, got {shown(encoding)} in {kind}"
        )
    others = {str(each) for each in described if each != name} if isinstance(described, dict) else set()
    if about.get("edges", "planar") != "planar":
        raise DeliveryError(f"expected planar edges, got {shown(about['edges'])}")
    if "crs" not in about:
        return name, DEFAULT_CRS, True, others & set(table.column_names)
    crs = about["crs"]
    return name, None if crs is None else json.dumps(crs), crs is not None, others & set(table.column_names)


def _is_covering(table: "pa.Table", geo: dict[str, object] | None, name: str) -> bool:
    """Tell whether a column holds the boxes of the shapes, which are worked out anew."""
    import pyarrow as pa

    kind = table.schema.field(name).type
    boxed = pa.types.is_struct(kind) and {each.name for each in kind} >= {"xmin", "ymin", "xmax", "ymax"}
    return geo is not None and boxed
