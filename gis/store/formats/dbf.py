"""Read the attributes of a Shapefile: every record of a .dbf, its text exact, and what is wrong with which.

GDAL hides deleted records, gives what is no number as 0 or nothing, and broken text as it likes; so the table, whose
records have a fixed length, is read here.
"""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from gis.errors import DeliveryError
from gis.store.formats import encoding
from gis.store.formats.delivered import Fault, shown
from gis.store.formats.encoding import Claim, Encoding, Value

if TYPE_CHECKING:
    import pyarrow as pa

Bytes = npt.NDArray[np.uint8]
LANGUAGES = {
    0x01: "437",
    0x02: "850",
    0x03: "1252",
    0x08: "865",
    0x13: "932",
    0x26: "866",
    0x4D: "GBK",
    0x4E: "949",
    0x4F: "BIG5",
    0x58: "1252",
    0x59: "1252",
    0x64: "852",
    0x65: "866",
    0x78: "BIG5",
    0x79: "949",
    0x7A: "GBK",
    0x7B: "932",
    0x7C: "874",
    0xC8: "1250",
    0xC9: "1251",
}
"""Code pages by language byte; 0 and 0x57 (the writer's own, whatever that was) say nothing."""
TRUTH = {b"T": True, b"t": True, b"Y": True, b"y": True, b"F": False, b"f": False, b"N": False, b"n": False}
NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
EXACT_MOST = 2**53
"""Whole numbers above this change when they stand in a column of reals."""
NAME_BYTES = 10


class Column(NamedTuple):
    """A field of the header: its name as bytes, its kind, and where in the record it stands."""

    name: bytes
    kind: str
    start: int
    width: int
    decimals: int


@dataclass(slots=True)
class Table:
    """The records of a .dbf in order, deleted ones included, which stand among the `faults`.

    `promised` are the records that the header counts; those that the file is too short for are not in `count`.
    """

    count: int
    promised: int
    columns: "dict[str, pa.ChunkedArray]" = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read(path: Path, code_page: str | None, asked: str | None) -> Table:
    """Give all records; `code_page` is what the .cpg says, `asked` the encoding that the steward names.

    DeliveryError where the header is none, or the encoding must be asked.
    """
    return judged(path.read_bytes(), code_page, asked)


def judged(data: bytes, code_page: str | None, asked: str | None) -> Table:
    """Give all records of a table's bytes, as `read` does."""
    promised, language, columns, records = opened(data)
    table = Table(count=len(records), promised=promised)
    claims = [Claim(code_page, ".cpg", ".cpg")] if code_page else []
    if language in LANGUAGES:
        claims.append(Claim(LANGUAGES[language], f"语言字节 0x{language:02X}", f"language byte 0x{language:02X}"))
    texts = {each.start: _texts(records[:, each.start : each.start + each.width]) for each in columns}
    told = encoding.told(_values(columns, texts), claims, asked)
    table.notes += told.notes
    for row in (np.flatnonzero(records[:, 0] == ord("*")) + 1).tolist():
        table.faults.append(
            Fault(row, "", "deleted", "a record that is not deleted", "one that the .dbf marks as deleted")
        )
    for each, name in zip(columns, _names(columns, told, table), strict=True):
        table.columns[name] = _column(table, each, name, texts[each.start], records, told)
    return table


def opened(data: bytes) -> tuple[int, int, list[Column], Bytes]:
    """Give the number of records that the header promises, the language byte, the fields, and the records that are."""
    if len(data) < 33:
        raise DeliveryError("expected a .dbf with a header, got fewer than 33 bytes")
    promised, header, width = struct.unpack_from("<IHH", data, 4)
    if data[0] & 0x07 != 0x03 and data[0] not in {0x30, 0x31, 0x32, 0xF5}:
        raise DeliveryError(f"expected a .dbf of dBASE III or FoxPro, got one of version 0x{data[0]:02X}")
    columns = []
    start = 1
    for place in range(32, min(header, len(data)) - 31, 32):
        if data[place] == 0x0D:
            break
        name, kind, size, decimals = struct.unpack_from("<11sc4xBB", data, place)
        columns.append(Column(name.split(b"\x00")[0], kind.decode("latin-1"), start, size, decimals))
        start += size
    if start != width or header < 33 or header > len(data) or not columns:
        raise DeliveryError(f"expected a .dbf whose fields fill its records, got {start} bytes of fields in {width}")
    present = min(promised, (len(data) - header) // width)
    records = np.frombuffer(data, dtype=np.uint8, count=present * width, offset=header).reshape(present, width)
    return promised, data[29], columns, records


def _values(columns: list[Column], texts: "dict[int, pa.ChunkedArray]") -> list[Value]:
    """Give the different texts of a table that are not plain ASCII, and its fields' names."""
    found = [Value(each.name, len(each.name) >= NAME_BYTES) for each in columns]
    for each in columns:
        if each.kind == "C":
            unique = texts[each.start].unique().to_pylist()
            found += [Value(value, len(value) == each.width) for value in unique if value and not value.isascii()]
    return found


def _names(columns: list[Column], told: Encoding, table: Table) -> list[str]:
    """Give the fields' names, each once; one that is no text is called by its place."""
    names: list[str] = []
    for place, each in enumerate(columns, 1):
        text, _ = told.text(Value(each.name.strip(), len(each.name) >= NAME_BYTES))
        if not text:
            table.notes.append(f"第 {place} 列的名称读不懂 · the name of column {place} is no text: {each.name!r}")
        free = text or f"列{place}"
        number = 1
        while free in names:
            number += 1
            free = f"{text or f'列{place}'}_{number}"
        names.append(free)
    return names


def _texts(cells: Bytes) -> "pa.Array":
    """Give the bytes of each cell up to the first NUL, without the blanks behind; null where none are left."""
    import pyarrow as pa
    import pyarrow.compute as pc

    count, width = cells.shape
    ended = cells == 0
    used = cells != ord(" ")
    if ended.any():
        used &= ~np.logical_or.accumulate(ended, axis=1)
    any_used = used.any(axis=1)
    lengths = np.where(any_used, width - np.argmax(used[:, ::-1], axis=1), 0) if width else np.zeros(count, np.int64)
    kept = np.arange(width) < lengths[:, None]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    buffers = [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(cells[kept].tobytes())]
    array = pa.Array.from_buffers(pa.large_binary(), count, buffers)
    return pc.if_else(pa.array(any_used), array, pa.scalar(None, pa.large_binary()))


def _column(
    table: Table, column: Column, name: str, texts: "pa.Array", records: Bytes, told: Encoding
) -> "pa.ChunkedArray":
    import pyarrow as pa

    if column.kind in {"N", "F"}:
        array = _numbers(table, name, texts)
    elif column.kind == "C":
        array = _decoded(table, column, name, texts, told)
    elif column.kind == "D":
        array = _each(table, name, texts, _date, "a date as YYYYMMDD")
    elif column.kind == "L":
        array = _each(table, name, texts, _truth, "T, Y, F, N or ?")
    elif column.kind in {"I", "B", "O"} and column.width in {4, 8}:
        cells = np.ascontiguousarray(records[:, column.start : column.start + column.width])
        array = pa.array(cells.view("<i4" if column.width == 4 else "<f8").ravel())
    else:
        table.notes.append(f"列 {name} 的类型 {column.kind} 不读 · column {name} has type {column.kind}, not read")
        array = pa.nulls(len(texts), pa.string())
    return pa.chunked_array([array])


def _decoded(table: Table, column: Column, name: str, texts: "pa.Array", told: Encoding) -> "pa.Array":
    import pyarrow as pa

    data = texts.buffers()[2]
    if data is None or data.to_pybytes().isascii():
        return texts.cast(pa.large_string())
    coded = texts.dictionary_encode()
    each = [(data, *told.text(Value(data, len(data) == column.width))) for data in coded.dictionary.to_pylist()]
    broken = {place: data for place, (data, text, _) in enumerate(each) if text is None}
    cut = {place for place, (_, _, was_cut) in enumerate(each) if was_cut}
    for row, place in enumerate(coded.indices.to_pylist() if broken else (), 1):
        if place in broken:
            came = shown(broken[place].decode(told.codec, errors="replace"))
            table.faults.append(Fault(row, name, "text", f"text in {told.codec.upper()}", came))
    if cut:
        rows = [row for row, place in enumerate(coded.indices.to_pylist(), 1) if place in cut]
        listed = ", ".join(map(str, rows[:5])) + ("…" if len(rows) > 5 else "")
        table.notes.append(
            f"列 {name} 有 {len(rows)} 个值写满 {column.width} 字节被截断（行 {listed}） · "
            f"{len(rows)} values of {name} were cut off at {column.width} bytes (rows {listed})"
        )
    return pa.array([text for _, text, _ in each], pa.large_string()).take(coded.indices)


def _numbers(table: Table, name: str, texts: "pa.Array") -> "pa.Array":
    """Give whole numbers where all are such, else reals, else (where a real would change one) text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        trimmed = pc.utf8_trim_whitespace(texts.cast(pa.large_string()))
    except pa.ArrowInvalid:
        return _each(table, name, texts, _number, "a number")
    starred = pc.match_substring_regex(trimmed, r"^\*+$")
    if filled := pc.sum(starred).as_py():
        table.notes.append(
            f"列 {name} 有 {filled} 个值为 *，按空值 · {filled} values of {name} are * (empty or too long)"
        )
    trimmed = pc.if_else(pc.or_(pc.equal(trimmed, ""), starred), None, trimmed)
    if not pc.any(pc.match_substring_regex(trimmed, "[^0-9.+-]")).as_py():
        for kind in (pa.int64(), pa.float64()):
            try:
                numbers = trimmed.cast(kind)
            except pa.ArrowInvalid:
                continue
            if kind == pa.int64() or not pc.any(pc.greater(pc.abs(numbers), EXACT_MOST)).as_py():
                return numbers
    return _each(table, name, trimmed.cast(pa.large_binary()), _number, "a number")


def _each(
    table: Table, name: str, texts: "pa.Array", read_one: Callable[[bytes], int | float | str | None], expected: str
) -> "pa.Array":
    """Give each different text as it is read, and a fault for each row whose text is not readable."""
    import pyarrow as pa

    coded = texts.dictionary_encode()
    found: list[int | float | str | None] = []
    broken = {}
    for place, data in enumerate(coded.dictionary.to_pylist()):
        try:
            found.append(read_one(data))
        except ValueError:
            found.append(None)
            broken[place] = shown(data.decode("latin-1"))
    constraint = "number" if read_one is _number else "readable"
    for row, place in enumerate(coded.indices.to_pylist() if broken else (), 1):
        if place in broken:
            table.faults.append(Fault(row, name, constraint, expected, broken[place]))
    whole = [value for value in found if isinstance(value, int)]
    if any(abs(value) >= 2**63 for value in whole) or (
        any(isinstance(value, float) for value in found) and any(abs(value) > EXACT_MOST for value in whole)
    ):
        found = [None if value is None else str(value) for value in found]
    return pa.array(found).take(coded.indices)


def _number(data: bytes) -> int | float:
    if not NUMBER.fullmatch(data):
        raise ValueError
    try:
        return int(data)
    except ValueError:
        number = float(data)
    if not np.isfinite(number):
        raise ValueError
    return number


def _date(data: bytes) -> str | None:
    text = data.decode("ascii").strip()
    if not text.strip("0"):
        return None
    if len(text) != 8 or not text.isdigit():
        raise ValueError
    return date(int(text[:4]), int(text[4:6]), int(text[6:])).isoformat()


def _truth(data: bytes) -> bool | None:
    if data == b"?":
        return None
    if data not in TRUTH:
        raise ValueError
    return TRUTH[data]
