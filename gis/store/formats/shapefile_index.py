"""Find the records of a .shp, by its .shx where that is there and right, else by walking through the file itself."""

import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gis.errors import DeliveryError

HEADER_BYTES = 100
MAGIC = b"\x00\x00\x27\x0a"
NULL = 0
MULTIPATCH = 31
POINTS = {1: 20, 11: 28, 21: 28}
"""Bytes of a point's record by kind: with Z the measure may be left out."""
MULTIPOINTS = (8, 18, 28)
WITH_PARTS = (3, 5, 13, 15, 23, 25)
MOST_BYTES = 2**32

Numbers = npt.NDArray[np.int64]


@dataclass(slots=True)
class Index:
    """Where each record of a .shp starts and how long its content is, in bytes, and its kind; in file order.

    `broken` says by place why a record cannot be read. `cut` says that the file is shorter than its header promises.
    """

    start: Numbers
    length: Numbers
    kind: Numbers
    broken: dict[int, str] = field(default_factory=dict)
    cut: bool = False
    notes: list[str] = field(default_factory=list)


def read(shp: Path, shx: Path | None) -> Index:
    """Give the index of all records; DeliveryError where the file is no .shp or its records cannot be told apart."""
    data = np.memmap(shp, dtype=np.uint8, mode="r")
    if len(data) < HEADER_BYTES or bytes(data[:4]) != MAGIC:
        raise DeliveryError("expected a .shp with a header of 100 bytes, got another file")
    promised = 2 * struct.unpack(">i", bytes(data[24:28]))[0]
    given = _of_shx(data, shx) if shx is not None else None
    if given is not None and not given.broken:
        return given
    walked = _walked(data)
    if given is not None and (walked.broken or walked.cut) and len(given.start) >= len(walked.start):
        given.cut = promised > len(data)
        return given
    why = "缺 .shx" if shx is None else ".shx 不对"
    why_en = "is missing" if shx is None else "does not fit"
    walked.notes.append(f"{why}，已由 .shp 重建 · the .shx {why_en}; the index was made anew from the .shp")
    walked.cut = walked.cut or promised > len(data)
    return walked


def write(path: Path, header: bytes, index: Index, places: Numbers) -> None:
    """Write a .shx of the records at these places; `header` is that of the .shp."""
    entries = np.empty((len(places), 2), dtype=">u4")
    entries[:, 0] = index.start[places] // 2
    entries[:, 1] = index.length[places] // 2
    words = (HEADER_BYTES + entries.nbytes) // 2
    path.write_bytes(header[:24] + struct.pack(">i", words) + header[28:HEADER_BYTES] + entries.tobytes())


def _of_shx(data: npt.NDArray[np.uint8], shx: Path) -> Index | None:
    """Give the index that a .shx holds, None where it holds none."""
    entries = np.frombuffer(shx.read_bytes()[HEADER_BYTES:], dtype=np.uint8)
    count = len(entries) // 8
    if not count and len(data) > HEADER_BYTES:
        return None
    words = entries[: count * 8].view(">u4").reshape(-1, 2).astype(np.int64) * 2
    return _checked(data, words[:, 0], words[:, 1])


def _walked(data: npt.NDArray[np.uint8]) -> Index:
    """Give the index of the records as they follow each other, as far as they do."""
    starts, lengths, numbers = [], [], []
    place, size = HEADER_BYTES, len(data)
    cut = False
    raw = data.data
    while place + 8 <= size:
        number, words = struct.unpack_from(">ii", raw, place)
        if words < 2 or place + 8 + 2 * words > size:
            cut = True
            break
        starts.append(place)
        lengths.append(2 * words)
        numbers.append(number)
        place += 8 + 2 * words
    index = _checked(data, np.array(starts, dtype=np.int64), np.array(lengths, dtype=np.int64))
    index.cut = cut or place != size
    return _in_order(index, np.array(numbers, dtype=np.int64))


def _in_order(index: Index, numbers: Numbers) -> Index:
    """Give the records by their own numbers where these are 1, 2, 3 … in another order; else as they stand."""
    if (np.diff(numbers) > 0).all() or not np.array_equal(np.sort(numbers), np.arange(1, len(numbers) + 1)):
        return index
    order = np.argsort(numbers)
    place_of = {int(old): new for new, old in enumerate(order)}
    broken = {place_of[place]: why for place, why in index.broken.items()}
    return Index(index.start[order], index.length[order], index.kind[order], broken, index.cut)


def _checked(data: npt.NDArray[np.uint8], start: Numbers, length: Numbers) -> Index:
    """Give the index with what is wrong with each record that its own bytes contradict."""
    size = len(data)
    inside = (start >= HEADER_BYTES) & (length >= 4) & (start + 8 + length <= size)
    safe = np.where(inside, start, 0)
    kind = np.where(inside, _numbers(data, safe + 8, "<i4"), -1)
    index = Index(start, length, kind)
    own = _numbers(data, safe + 4, ">i4") * 2
    _break(index, ~inside, "a record that lies outside the file")
    _break(index, inside & (own != length), "a record whose length is not that of the .shx")
    known = np.isin(kind, [NULL, *POINTS, *MULTIPOINTS, *WITH_PARTS, MULTIPATCH])
    _break(index, inside & ~known, "a record of a kind that does not exist")
    _break(index, kind == MULTIPATCH, "a MultiPatch")
    _break(index, inside & (length < _needed(data, safe, kind, length)), "a record too short for its points")
    return index


def _needed(data: npt.NDArray[np.uint8], start: Numbers, kind: Numbers, length: Numbers) -> Numbers:
    """Give the bytes that a record needs for the points and parts it counts."""
    needed = np.full(len(kind), 4, dtype=np.int64)
    for each, size in POINTS.items():
        needed[kind == each] = size
    many = np.isin(kind, MULTIPOINTS)
    counted = _numbers(data, np.where(many & (length >= 40), start + 44, 0), "<i4")
    needed[many] = 40 + 16 * np.where(counted < 0, MOST_BYTES, counted)[many]
    parted = np.isin(kind, WITH_PARTS)
    deep = parted & (length >= 44)
    parts = _numbers(data, np.where(deep, start + 44, 0), "<i4")
    points = _numbers(data, np.where(deep, start + 48, 0), "<i4")
    sizes = 44 + 4 * np.where(parts < 0, MOST_BYTES, parts) + 16 * np.where(points < 0, MOST_BYTES, points)
    needed[parted] = sizes[parted]
    return needed


def _numbers(data: npt.NDArray[np.uint8], places: Numbers, kind: str) -> Numbers:
    """Give the four-byte numbers that stand at places of the file."""
    found = np.empty((len(places), 4), dtype=np.uint8)
    for byte in range(4):
        found[:, byte] = data[places + byte]
    numbers: Numbers = found.view(kind).ravel().astype(np.int64)
    return numbers


def _break(index: Index, where: npt.NDArray[np.bool_], why: str) -> None:
    for place in np.flatnonzero(where).tolist():
        index.broken.setdefault(place, why)
