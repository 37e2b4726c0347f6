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
from gis.errors import DeliveryError
from gis.store.formats.child import FAILED, FORMATS, REPORT, Format, Order, Refusal, Report, order_text, received
from gis.store.formats.delivered import Asked, Delivered, Fault, shown
from gis.store.mending import Geometries, decode

SPACE = b" \t\r\n"
BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
SHIFTED = frozenset({"GCJ-02", "GCJ02", "BD-09", "BD09"})
"""Names of shifted coordinates, which have no entry in any registry and count in degrees."""
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
    """What one file may take: its size, and the memory, processor time, time and disk of reading it."""

    file_bytes: int = 2**30
    memory_bytes: int = 8 * 2**30
    cpu_s: int = 600
    wall_s: int = 900
    output_bytes: int = 4 * 2**30


@dataclass(frozen=True, slots=True)
class Reading:
    """The rows of a delivery as delivered: `delivered` = rows of `frame` + rows of `rejected`.

    `frame` holds the delivered columns of the good rows, `geometry` their shapes as delivered (None only where the row
    has none) and `row` their numbers in the file from 1. `repairs` are those already made, by row number. `rejected`
    holds the columns of the rows with `faults`, indexed by row number, and `rejected_geometry` their shapes, None where
    they could not be read. `crs` is an authority's name such as EPSG:4490, WKT where there is no such name, None where
    unknown; `crs_declared` says that the file itself names it; `notes` are those of `Delivered`.
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
    rejected_geometry: Geometries = field(default_factory=lambda: np.empty(0, dtype=object))


def read(
    path: Path | str, asked: Asked | None = None, *, crs: str | None = None, limits: Limits | None = None
) -> Reading:
    """Give the rows of a GeoPackage or GeoJSON file, and of each row that cannot be read the reason.

    `crs` is what the steward declares; it stands where the file names none. A geographic one bounds the coordinates.
    DeliveryError with one sentence where the file as a whole cannot be read.
    """
    limits = limits or Limits()
    file = Path(path)
    form = _format(file, limits)
    with tempfile.TemporaryDirectory(prefix="wangge-") as folder:
        order = Order(
            str(file.resolve()),
            form.driver,
            asked or Asked(),
            folder,
            memory_bytes=limits.memory_bytes,
            cpu_s=limits.cpu_s,
            output_bytes=limits.output_bytes,
        )
        report = _carried_out(order, file, form, wall_s=limits.wall_s)
        delivered = received(report, folder)
    try:
        return assembled(delivered, crs)
    except CRSError:
        came = delivered.crs if delivered.crs_declared or crs is None else crs
        raise DeliveryError(f"{file.name}: expected a known crs, got {shown(came)}") from None


def _format(file: Path, limits: Limits) -> Format:
    """Give the format that the file's first bytes tell, after making sure that it is a file of bearable size."""
    try:
        state = file.stat()
        if not stat.S_ISREG(state.st_mode):
            kind = "a folder" if stat.S_ISDIR(state.st_mode) else "something else"
            raise DeliveryError(f"{file.name}: expected a file, got {kind}")
        with file.open("rb") as opened:
            head = opened.read(4096)
        str(file.resolve()).encode()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "a name that is no text"
        raise DeliveryError(f"{str(file)!a}: expected a readable file, got: {reason}") from None
    if state.st_size > limits.file_bytes:
        raise DeliveryError(f"{file.name}: expected at most {limits.file_bytes:,} bytes, got {state.st_size:,}")
    if not state.st_size:
        raise DeliveryError(f"{file.name}: expected rows, got an empty file")
    if file.resolve().parts[1:2] and file.resolve().parts[1].startswith("vsi"):
        raise DeliveryError(f"{file.name}: expected a file of this machine, got a path that GDAL would interpret")
    return _told(file, head)


def _told(file: Path, head: bytes) -> Format:
    text = head
    for mark in BYTE_ORDER_MARKS:
        text = text.removeprefix(mark)
    text = text.lstrip(SPACE + b"\x00")
    by_ending = next((form for form in FORMATS if file.suffix.lower() in form.endings), None)
    by_content = next((form for form in FORMATS if head.startswith(form.begins) or text.startswith(form.begins)), None)
    if by_content is not None:
        return by_content
    if by_ending is not None and by_ending.driver == "GeoJSON":
        return by_ending  # its reader names line and column
    expected = by_ending.title if by_ending else " or ".join(form.title for form in FORMATS)
    raise DeliveryError(f"{file.name}: expected {expected}, got something else")


def _carried_out(order: Order, file: Path, form: Format, *, wall_s: int) -> Report:
    """Run the child to its end and give its report; DeliveryError where it refused the file or was stopped."""
    command = [sys.executable, "-P", "-m", "gis.store.formats.child", order_text(order)]
    try:
        done = subprocess.run(  # noqa: S603 our own interpreter and module
            command,
            env=environment(order.driver, order.folder),
            cwd=order.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=wall_s,
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        raise DeliveryError(f"{file.name}: reading took more than {wall_s} s") from None
    if done.returncode not in {0, FAILED}:
        raise DeliveryError(f"{file.name}: expected a readable {form.title}, {_end(done, order)}")
    answer = Path(order.folder, REPORT).read_text(encoding="utf-8")
    if done.returncode == FAILED:
        refusal: Refusal = json.loads(answer)
        raise DeliveryError(f"{file.name}: {refusal['refused']}")
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


def environment(driver: str, folder: str) -> dict[str, str]:
    """Give the child's whole environment: where to find the program, no secrets, and every driver but one skipped."""
    from pyogrio import list_drivers

    others = ",".join(sorted(set(list_drivers()) - {driver}))
    root = str(Path(gis.__file__).resolve().parents[1])
    here = {"PATH": os.defpath, "PYTHONPATH": root, "HOME": folder, "TMPDIR": folder}
    return {**OFFLINE, **here, "GDAL_SKIP": others, "CPL_TMPDIR": folder}


def assembled(delivered: Delivered, crs: str | None = None) -> Reading:
    """Give the reading of what a format's reader handed over, in this process; `read` says what `crs` does.

    CRSError where the file's or the declared system is not known.
    """
    known = _authority(crs if crs is not None and not delivered.crs_declared else delivered.crs)
    shapes = decode(np.array(delivered.wkb.to_pylist(), dtype=object))
    faults = [*delivered.faults]
    faults += [Fault(place + 1, "geometry", "geometry", *words) for place, *words in shapes.faults]
    if _in_degrees(known):
        faults += _outside(shapes.geometry)
    count = len(delivered.wkb)
    good = np.ones(count, dtype=bool)
    good[[fault.row - 1 for fault in faults]] = False
    table = pa.table([*delivered.columns.values()], names=[str(place) for place in range(len(delivered.columns))])
    everything = table.to_pandas(integer_object_nulls=True).set_axis(pd.RangeIndex(1, count + 1))
    everything.columns = pd.Index(delivered.columns, dtype=object)
    return Reading(
        frame=everything[good].reset_index(drop=True),
        geometry=shapes.geometry[good],
        row=np.flatnonzero(good) + 1,
        rejected=everything[~good],
        faults=tuple(sorted(faults)),
        repairs=tuple((place + 1, what) for place, what in shapes.repairs if good[place]),
        crs=known,
        crs_declared=delivered.crs_declared,
        delivered=count,
        sublayer=delivered.sublayer,
        sublayers=delivered.sublayers,
        notes=delivered.notes,
        rejected_geometry=shapes.geometry[~good],
    )


def _authority(crs: str | None) -> str | None:
    """Give the name an authority has for the system; x is east in all of them, so OGC:CRS84 is EPSG:4326."""
    if crs is None or crs.upper() in SHIFTED:
        return crs
    named = CRS.from_user_input(crs).to_authority(min_confidence=90)
    if named == ("OGC", "CRS84"):
        return "EPSG:4326"
    return ":".join(named) if named else crs


def _in_degrees(crs: str | None) -> bool:
    return crs is not None and (crs.upper() in SHIFTED or CRS.from_user_input(crs).is_geographic)


def _outside(geometry: Geometries) -> list[Fault]:
    """Give the rows that leave the globe; most often x and y are exchanged, or the numbers are metres."""
    bounds = shapely.bounds(geometry)
    outside = (np.abs(bounds) > [180, 90, 180, 90]).any(axis=1)
    expected = "longitude within ±180 and latitude within ±90"
    return [
        Fault(int(place) + 1, "geometry", "degrees", expected, "{:g} {:g} to {:g} {:g}".format(*bounds[place]))
        for place in np.flatnonzero(outside)
    ]
