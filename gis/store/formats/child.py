"""The child process that reads a delivered file: bounded, without network, with at most one driver of GDAL.

It is run as `python -m gis.store.formats.child ORDER`, where ORDER is the JSON of an `Order`, and leaves `rows.arrow`
and `report.json` in the order's folder. It starts in a fifth of a second, so it imports nothing that it does not use.
"""

import errno
import gc
import json
import os
import re
import resource
import sys
import warnings
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from gis.errors import DeliveryError
from gis.store.formats.delivered import Asked
from gis.store.formats.forms import WORKBOOK, ZIP, Format, beside, holds_workbook, told

if TYPE_CHECKING:
    from gis.store.formats.delivered import Axes, Delivered, Fault

ROWS = "rows.arrow"
REPORT = "report.json"
FAILED = 3
DELIVERY = "delivery"


@dataclass(frozen=True, slots=True)
class Order:
    """What to read, where to leave it, and how much memory, processor time and disk that may take."""

    path: str
    asked: Asked
    folder: str
    memory_bytes: int
    cpu_s: int
    output_bytes: int
    unpacked_bytes: int


class Report(TypedDict):
    """What stands beside the rows: the columns' names in order, and all of a `Delivered` but its columns."""

    names: list[str]
    crs: str | None
    crs_declared: bool
    faults: "list[Fault]"
    sublayer: str
    sublayers: list[str]
    notes: list[str]
    numbered: bool
    axes: "Axes | None"
    clockwise: bool


class Refusal(TypedDict):
    """Why the file as a whole cannot be read, without its name."""

    refused: str


def main(argument: str) -> int:
    """Carry out an order; 0 where the rows are written, 3 where the report holds the sentence of refusal."""
    given = json.loads(argument)
    order = Order(**given | {"asked": Asked(**given["asked"])})
    gc.disable()  # it reads one file and ends; looking for cycles among a million rows took a fifth of that
    _limit(order)
    try:
        return _left(order, _report(order))
    except DeliveryError as error:
        return _left(order, {"refused": re.sub(rf"{re.escape(order.folder)}/\w+/", "", str(error))})
    except MemoryError:
        limit = f"{order.memory_bytes / 2**30:.3g} GiB"
        return _left(order, {"refused": f"expected a file that can be read in {limit} of memory, it needs more"})
    except OSError as error:
        if error.errno != errno.EFBIG:
            raise
        Path(order.folder, ROWS).unlink(missing_ok=True)
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
    delivered = _delivered(order)
    names = list(delivered.columns)
    numbers = [] if delivered.numbers is None else [delivered.numbers]
    arrays = [*delivered.columns.values(), delivered.wkb, *numbers]
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
        "numbered": delivered.numbers is not None,
        "axes": delivered.axes,
        "clockwise": delivered.clockwise,
    }


def _delivered(order: Order) -> "Delivered":
    path = Path(order.path)
    name, asked, form = path.name, order.asked, told(path, path.name)
    if form is ZIP and holds_workbook(path):
        form = WORKBOOK
    if form is ZIP:
        from gis.store.formats import archive

        found = archive.unpacked(path, asked, Path(order.folder, "unpacked"), most_bytes=order.unpacked_bytes)
        path, name, asked, form = found.path, found.name, found.asked, found.form
    stem = Path(name).stem
    if form.single and asked.sublayer not in {None, stem}:
        raise DeliveryError(f"expected the sublayer {stem!r}, the only one of a {form.title}, got {asked.sublayer!r}")
    asked = replace(asked, sublayer=None) if form.single else asked
    if form.driver:
        _one_driver(form.driver)
    delivered = form.read(str(_linked(path, form, Path(order.folder))), asked)
    return replace(delivered, sublayer=stem, sublayers=(stem,)) if form.single else delivered


def _linked(path: Path, form: Format, folder: Path) -> Path:
    """Give the delivery under a name of ours, with nothing beside it but what belongs to its form.

    No delivered name and no other file of its folder is then ever seen by a library.
    """
    bench = folder / "bench"
    bench.mkdir()
    linked = bench / f"{DELIVERY}{form.endings[0]}"
    linked.symlink_to(path.resolve())
    for ending, sibling in beside(path, form.siblings).items() if form.siblings else ():
        if not sibling.is_file():
            raise DeliveryError(f"expected the {ending} beside it to be a file, got something else")
        (bench / f"{DELIVERY}{ending}").symlink_to(sibling.resolve())
    return linked


def _one_driver(driver: str) -> None:
    """Make sure that GDAL holds this driver alone; the environment says to skip all of them."""
    os.environ["GDAL_SKIP"] = ",".join(each for each in os.environ.get("GDAL_SKIP", "").split(",") if each != driver)
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

    from gis.store.formats.delivered import Axes, Delivered, Fault

    with pa.OSFile(str(Path(folder, ROWS))) as source:
        table = pa.ipc.open_file(source).read_all()
    names, axes = report["names"], report["axes"]
    return Delivered(
        columns=dict(zip(names, table.columns[: len(names)], strict=True)),
        wkb=table.columns[len(names)],
        crs=report["crs"],
        crs_declared=report["crs_declared"],
        faults=[Fault(*fault) for fault in report["faults"]],
        sublayer=report["sublayer"],
        sublayers=tuple(report["sublayers"]),
        notes=tuple(report["notes"]),
        clockwise=report["clockwise"],
        numbers=table.columns[-1] if report["numbered"] else None,
        axes=None if axes is None else Axes(*axes),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
