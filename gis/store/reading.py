"""Read a delivered file safely: GDAL runs in a child process, and every row of the file is accounted for.

A crash, a hang or a flood of memory in a hostile file ends the child and becomes a sentence. The child gets no network,
no secrets from the environment, one driver, and limits. What GDAL leaves out or empties without a word is found by
judging the file itself beside it (`geojson`, `geopackage`).
"""

import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError

import gis
from gis.crs import overrules, shifted
from gis.errors import DeliveryError
from gis.store.axes import settled
from gis.store.formats.child import FAILED, REPORT, Order, Refusal, Report, order_text, received
from gis.store.formats.delivered import Asked, Delivered, Fault, shown
from gis.store.formats.forms import Format, parts, told
from gis.store.formats.refusals import bilingual
from gis.store.mending import Geometries, decode

OFFLINE = {
    "GDAL_DRIVER_PATH": "disable",
    "GDAL_HTTP_PROXY": "127.0.0.1:9",
    "GDAL_HTTP_TIMEOUT": "1",
    "GDAL_HTTP_MAX_RETRY": "0",
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_PAM_ENABLED": "NO",
    "GDAL_NUM_THREADS": "1",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "CPL_CURL_ENABLE_VSIMEM": "NO",
    "OGR_SQLITE_ALLOW_EXTERNAL_ACCESS": "NO",
    "PROJ_NETWORK": "OFF",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "LANG": "C.UTF-8",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one delivery may take: its size, and the memory, processor time, time and disk of reading it."""

    file_bytes: int = 2**30
    memory_bytes: int = 8 * 2**30
    cpu_s: int = 600
    wall_s: int = 900
    output_bytes: int = 4 * 2**30
    unpacked_bytes: int = 4 * 2**30


@dataclass(frozen=True, slots=True)
class Reading:
    """The rows of a delivery as delivered: `delivered` = rows of `frame` + rows of `rejected`.

    `frame` holds the delivered columns of the good rows, `geometry` their shapes as delivered (None only where the row
    has none) and `row` their numbers in the file: from 1, or those that a sheet shows. `repairs` are those already
    made, by row number. `rejected` holds the columns of the rows with `faults`, indexed by row number, and
    `rejected_geometry` their shapes, None where they could not be read. `crs` is an authority's name such as EPSG:4490,
    WKT where there is no such name, None where unknown; `crs_declared` says that the file itself names it; `notes` are
    those of `Delivered`, and `placed` the columns that gave the positions.
    """

    frame: pd.DataFrame
    geometry: Geometries
    row: NDArray[np.int64]
    rejected: pd.DataFrame
    faults: tuple[Fault, ...]
    repairs: tuple[tuple[int, str], ...]
    crs: str | None
    crs_declared: bool
    delivered: int
    sublayer: str
    sublayers: tuple[str, ...]
    notes: tuple[str, ...] = ()
    placed: tuple[str, ...] = ()
    rejected_geometry: Geometries = field(default_factory=lambda: np.empty(0, dtype=object))


def read(
    path: Path | str, asked: Asked | None = None, *, crs: str | None = None, limits: Limits | None = None
) -> Reading:
    """Give the rows of a delivery in any form of `FORMATS`, and of each row that cannot be read the reason.

    `crs` is what the steward declares; it stands where the file names none, and GCJ-02 and BD-09 stand over degrees of
    WGS 84 or CGCS2000, the tag under which such files come. A geographic one bounds the coordinates.
    DeliveryError with one sentence where the file as a whole cannot be read.
    """
    limits = limits or Limits()
    file = Path(path)
    form = _format(file, limits)
    with tempfile.TemporaryDirectory(prefix="wangge-") as folder:
        order = Order(
            str(file.resolve()),
            asked or Asked(),
            folder,
            memory_bytes=limits.memory_bytes,
            cpu_s=limits.cpu_s,
            output_bytes=limits.output_bytes,
            unpacked_bytes=limits.unpacked_bytes,
        )
        report = _carried_out(order, file, form, wall_s=limits.wall_s)
        delivered = received(report, folder)
    try:
        return assembled(delivered, crs)
    except DeliveryError as error:
        raise _refusal(file, str(error)) from None
    except CRSError:
        came = delivered.crs if delivered.crs_declared or crs is None else crs
        raise _refusal(file, f"expected a known crs, got {shown(came)}") from None


def _refusal(file: Path, sentence: str) -> DeliveryError:
    return DeliveryError(f"{file.name}: {bilingual(sentence)}")


def files(path: Path) -> tuple[Path, ...]:
    """Give the files that a delivery consists of; DeliveryError where it is none, or is no form that is read."""
    return tuple(parts(path, _told(path)))


def _told(file: Path) -> Format:
    try:
        _check_kind(file)
        return told(file, file.name)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "a name that is no text"
        raise DeliveryError(f"{str(file)!a}: {bilingual(f'expected a readable file, got: {reason}')}") from None
    except DeliveryError as error:
        raise _refusal(file, str(error)) from None


def _check_kind(file: Path) -> None:
    """Refuse what is neither a file nor a folder before anything of it is read: a pipe would never end."""
    mode = file.stat().st_mode
    str(file.resolve()).encode()
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise DeliveryError("expected a file, got something else")
    if file.resolve().parts[1:2] and file.resolve().parts[1].startswith("vsi"):
        raise DeliveryError("expected a file of this machine, got a path that GDAL would interpret")
    if stat.S_ISREG(mode) and not file.stat().st_size:
        raise DeliveryError("expected rows, got an empty file")


def _format(file: Path, limits: Limits) -> Format:
    """Give the format of a delivery, after making sure that it consists of files and is of bearable size."""
    form = _told(file)
    size_bytes = 0
    for part in parts(file, form):
        state = part.stat() if part.parent == file.parent else part.lstat()
        if not stat.S_ISREG(state.st_mode):
            raise _refusal(file, f"expected files alone, got something else: {shown(part.name)}")
        size_bytes += state.st_size
        if size_bytes > limits.file_bytes:
            raise _refusal(file, f"expected at most {limits.file_bytes:,} bytes, got {size_bytes:,}")
    return form


def _carried_out(order: Order, file: Path, form: Format, *, wall_s: int) -> Report:
    """Run the child to its end and give its report; DeliveryError where it refused the file or was stopped."""
    command = [sys.executable, "-P", "-m", "gis.store.formats.child", order_text(order)]
    try:
        done = subprocess.run(  # noqa: S603 our own interpreter and module
            command,
            env=environment(order.folder),
            cwd=order.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=wall_s,
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        raise _refusal(file, f"reading took more than {wall_s} s") from None
    if done.returncode not in {0, FAILED}:
        raise _refusal(file, f"expected a readable {form.title}, {_end(done, order)}")
    answer = Path(order.folder, REPORT).read_text(encoding="utf-8")
    if done.returncode == FAILED:
        refusal: Refusal = json.loads(answer)
        raise _refusal(file, refusal["refused"])
    report: Report = json.loads(answer)
    return report


def _end(done: subprocess.CompletedProcess[bytes], order: Order) -> str:
    """Give in words how the child ended that left no report."""
    if done.returncode == -signal.SIGXCPU:
        return f"reading took more than {order.cpu_s} s of processor time"
    if done.returncode < 0:
        name = signal.Signals(-done.returncode).name
        return f"reading was stopped by {name} (it may take {order.memory_bytes / 2**30:.3g} GiB of memory)"
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return f"reading failed: {lines[-1] if lines else f'exit {done.returncode}'}"


def environment(folder: str) -> dict[str, str]:
    """Give the child's whole environment: where to find the program, no secrets, and every driver of GDAL skipped.

    The child takes the one that it needs off the list before it loads GDAL.
    """
    from pyogrio import list_drivers

    root = str(Path(gis.__file__).resolve().parents[1])
    here = {"PATH": os.defpath, "PYTHONPATH": root, "HOME": folder, "TMPDIR": folder}
    return {**OFFLINE, **here, "GDAL_SKIP": ",".join(sorted(list_drivers())), "CPL_TMPDIR": folder}


def assembled(delivered: Delivered, crs: str | None = None) -> Reading:
    """Give the reading of what a format's reader handed over, in this process; `read` says what `crs` does.

    CRSError where the file's or the declared system is not known.
    """
    named = _authority(delivered.crs)
    declared = overrules(crs, named)
    known = _authority(crs) if crs is not None and (declared or not delivered.crs_declared) else named
    shapes = decode(np.array(delivered.wkb.to_pylist(), dtype=object))
    faults = [*delivered.faults]
    faults += [Fault(place + 1, "geometry", "geometry", *words) for place, *words in shapes.faults]
    turned = shapely.orient_polygons(shapes.geometry) if delivered.clockwise else shapes.geometry
    geometry = settled(delivered.axes, np.asarray(turned, dtype=object), known)
    if _in_degrees(known):
        faults += _outside(geometry)
    count = len(delivered.wkb)
    numbers = np.arange(1, count + 1) if delivered.numbers is None else np.asarray(delivered.numbers, dtype=np.int64)
    good = np.ones(count, dtype=bool)
    good[[fault.row - 1 for fault in faults]] = False
    table = pa.table([*delivered.columns.values()], names=[str(place) for place in range(len(delivered.columns))])
    everything = table.to_pandas(integer_object_nulls=True).set_axis(pd.Index(numbers))
    everything.columns = pd.Index(delivered.columns, dtype=object)
    return Reading(
        frame=everything[good].reset_index(drop=True),
        geometry=geometry[good],
        row=numbers[good],
        rejected=everything[~good],
        faults=tuple(sorted(fault._replace(row=int(numbers[fault.row - 1])) for fault in faults)),
        repairs=tuple((int(numbers[place]), what) for place, what in shapes.repairs),
        crs=known,
        crs_declared=delivered.crs_declared,
        delivered=count,
        sublayer=delivered.sublayer,
        sublayers=delivered.sublayers,
        notes=(*delivered.notes, *((_declared_over(known, named),) if declared else ())),
        placed=() if delivered.axes is None else delivered.axes.columns,
        rejected_geometry=geometry[~good],
    )


def _authority(crs: str | None) -> str | None:
    """Give the name an authority has for the system; x is east in all of them, so OGC:CRS84 is EPSG:4326."""
    if crs is None:
        return None
    if (system := shifted(crs)) is not None:
        return system.value
    named = CRS.from_user_input(crs).to_authority(min_confidence=90)
    if named == ("OGC", "CRS84"):
        return "EPSG:4326"
    return ":".join(named) if named else crs


def _in_degrees(crs: str | None) -> bool:
    return crs is not None and (shifted(crs) is not None or CRS.from_user_input(crs).is_geographic)


def _declared_over(declared: str | None, named: str | None) -> str:
    return (
        f"文件标注 {named}，按声明作 {declared} 纠正 · the file is tagged {named}; its places were put right from "
        f"{declared}, as declared"
    )


def _outside(geometry: Geometries) -> list[Fault]:
    """Give the rows that leave the globe; most often x and y are exchanged, or the numbers are metres."""
    bounds = shapely.bounds(geometry)
    outside = (np.abs(bounds) > [180, 90, 180, 90]).any(axis=1)
    expected = "longitude within ±180 and latitude within ±90"
    return [
        Fault(int(place) + 1, "geometry", "degrees", expected, "{:g} {:g} to {:g} {:g}".format(*bounds[place]))
        for place in np.flatnonzero(outside)
    ]
