"""The child process that reads a delivered file: bounded, without network, with one driver of GDAL and nothing else.

It is run as `python -m gis.store.formats.child ORDER`, where ORDER is the JSON of an `Order`, and leaves `rows.arrow`
and `report.json` in the order's folder. It starts in a fifth of a second, so it imports nothing that it does not use.
"""

import errno
import json
import resource
import sys
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from gis.errors import DeliveryError
from gis.store.formats.delivered import Asked

if TYPE_CHECKING:
    from gis.store.formats.delivered import Delivered, Fault

ROWS = "rows.arrow"
REPORT = "report.json"
FAILED = 3


@dataclass(frozen=True, slots=True)
class Order:
    """What to read, where to leave it, and how much memory, processor time and disk that may take."""

    path: str
    driver: str
    asked: Asked
    folder: str
    memory_bytes: int
    cpu_s: int
    output_bytes: int


class Report(TypedDict):
    """What stands beside the rows: the columns' names in order, and all of a `Delivered` but its columns."""

    names: list[str]
    crs: str | None
    crs_declared: bool
    faults: "list[Fault]"
    sublayer: str
    sublayers: list[str]
    notes: list[str]


class Refusal(TypedDict):
    """Why the file as a whole cannot be read, without its name."""

    refused: str


@dataclass(frozen=True, slots=True)
class Format:
    """A format of deliveries: the driver of GDAL that reads it, its file endings, and the bytes it can begin with."""

    driver: str
    title: str
    endings: tuple[str, ...]
    begins: tuple[bytes, ...]
    read: "Callable[[str, Asked], Delivered]"


def _read_geopackage(path: str, asked: Asked) -> "Delivered":
    from gis.store.formats import geopackage

    return geopackage.read(path, asked.sublayer)


def _read_geojson(path: str, asked: Asked) -> "Delivered":
    from gis.store.formats import geojson

    return geojson.read(path, asked.sublayer)


FORMATS = (
    Format("GPKG", "GeoPackage", (".gpkg",), (b"SQLite format 3\x00",), _read_geopackage),
    Format("GeoJSON", "GeoJSON", (".geojson", ".json"), (b"{", b"["), _read_geojson),
)
"""A new format is one more line here, with a module that reads it."""


def main(argument: str) -> int:
    """Carry out an order; 0 where the rows are written, 3 where the report holds the sentence of refusal."""
    given = json.loads(argument)
    order = Order(**given | {"asked": Asked(**given["asked"])})
    _limit(order)
    try:
        return _left(order, _report(order))
    except DeliveryError as error:
        return _left(order, {"refused": str(error)})
    except MemoryError:
        limit = f"{order.memory_bytes / 2**30:.3g} GiB"
        return _left(order, {"refused": f"expected a file that can be read in {limit} of memory, it needs more"})
    except OSError as error:
        if error.errno != errno.EFBIG:
            raise
        Path(order.folder, ROWS).unlink()
        limit = f"{order.output_bytes:,} bytes"
        return _left(order, {"refused": f"expected a file whose rows fit in {limit}, they need more"})


def _left(order: Order, report: Report | Refusal) -> int:
    Path(order.folder, REPORT).write_text(json.dumps(report), encoding="utf-8")
    return FAILED if "refused" in report else 0


def _limit(order: Order) -> None:
    """Bound this process before anything of the file is read; a core dump would hold personal data."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (order.memory_bytes, order.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (order.cpu_s, order.cpu_s + 5))  # the first is told apart: SIGXCPU
    resource.setrlimit(resource.RLIMIT_FSIZE, (order.output_bytes, order.output_bytes))


def _report(order: Order) -> Report:
    import pyarrow as pa

    warnings.simplefilter("ignore")  # GDAL's doubts are judged from the file itself
    _one_driver(order.driver)
    delivered = next(each for each in FORMATS if each.driver == order.driver).read(order.path, order.asked)
    names = list(delivered.columns)
    arrays = [*delivered.columns.values(), delivered.wkb]
    table = pa.table(arrays, names=[str(place) for place in range(len(arrays))])
    with pa.OSFile(str(Path(order.folder, ROWS)), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return {
        "names": names,
        "crs": delivered.crs,
        "crs_declared": delivered.crs_declared,
        "faults": delivered.faults,
        "sublayer": delivered.sublayer,
        "sublayers": list(delivered.sublayers),
        "notes": list(delivered.notes),
    }


def _one_driver(driver: str) -> None:
    """Make sure that GDAL holds this driver alone."""
    slow = ("geopandas", "pandas")  # pyogrio imports them for half a second where they are installed
    for name in slow:
        sys.modules[name] = None  # type: ignore[assignment]  # how Python marks a module as not to be imported
    from pyogrio import list_drivers

    for name in slow:
        del sys.modules[name]
    others = sorted(set(list_drivers()) - {driver})
    if others:
        raise DeliveryError(f"expected GDAL with the driver {driver} alone, got also {', '.join(others)}")


def order_text(order: Order) -> str:
    """Give the one argument of the child process."""
    return json.dumps(asdict(order))


def received(report: Report, folder: str) -> "Delivered":
    """Give back, in the parent, what the child left."""
    import pyarrow as pa

    from gis.store.formats.delivered import Delivered, Fault

    with pa.OSFile(str(Path(folder, ROWS))) as source:
        table = pa.ipc.open_file(source).read_all()
    return Delivered(
        columns=dict(zip(report["names"], table.columns[:-1], strict=True)),
        wkb=table.columns[-1],
        crs=report["crs"],
        crs_declared=report["crs_declared"],
        faults=[Fault(*fault) for fault in report["faults"]],
        sublayer=report["sublayer"],
        sublayers=tuple(report["sublayers"]),
        notes=tuple(report["notes"]),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
