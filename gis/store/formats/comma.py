"""Read tables of text (.csv, .tsv, .txt): encoding and separator are told from the text, every record is a row."""

import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gis.errors import DeliveryError
from gis.store.formats import header
from gis.store.formats.apostrophe import unguarded
from gis.store.formats.grid import Grid
from gis.store.formats.position import KNOWN
from gis.store.formats.table import handed_over
from gis.store.formats.text_file import decoded

if TYPE_CHECKING:
    from gis.store.formats.delivered import Asked, Delivered

SEPARATORS = {",": "逗号 comma", ";": "分号 semicolon", "\t": "制表符 tab", "|": "竖线 bar"}
SAMPLED = 500
"""Records from the top by which the separator is told."""
ALIKE = 0.9
"""Share of the sampled records that have the most usual number of cells."""
FIELD_MOST = 2**28
SIGNS = "='"
"""With one of these begins what a spreadsheet was kept from reading as it does."""


class Separated(NamedTuple):
    """How well a separator divides the first records: known names, whether records are alike, and their width."""

    known: int
    alike: bool
    width: int
    separator: str


def read(path: str, asked: "Asked") -> "Delivered":
    """Give all rows of a table of text; the number of a row is that of its record, as a spreadsheet counts.

    DeliveryError where the encoding or the separator cannot be told, or a quote is never closed.
    """
    name = Path(path).stem
    text, notes = decoded(Path(path).read_bytes(), asked.encoding)
    if not text.strip():
        raise DeliveryError("expected rows, got nothing but space")
    csv.field_size_limit(FIELD_MOST)
    separator, text = _separator(text, asked)
    grid = Grid(exact=True, notes=notes)
    for number, (record, sound) in enumerate(_records(text, separator), 1):
        grid.add(number, [cell if cell and cell[0] not in SIGNS else _unwrapped(cell) for cell in record], len(record))
        if not sound:
            grid.misquoted[number] = separator.join(record)
    return handed_over(grid, asked, sublayer=name, sublayers=(name,))


def _separator(text: str, asked: "Asked") -> tuple[str, str]:
    """Give the separator and the text that it divides: without a first line `sep=;`, which says it."""
    first, _, rest = text.partition("\n")
    told = first.strip().strip('"')
    if told[:4].lower() == "sep=" and (told[4:] in SEPARATORS or first.rstrip("\r\n").lower() == "sep=\t"):
        return (told[4:] or "\t"), rest
    known = frozenset(header.matched(name) for name in asked.names) | KNOWN
    judged = [_judged(text, separator, known) for separator in SEPARATORS if separator in text]
    dividing = [each for each in judged if each.width > 1]
    if not dividing:
        return ",", text
    best = max(dividing, key=lambda each: (each.known, each.alike))
    rivals = [each for each in dividing if (each.known, each.alike) == (best.known, best.alike)]
    if len(rivals) > 1:
        listed = ", ".join(f"{SEPARATORS[each.separator]} ({each.width} columns)" for each in rivals)
        raise DeliveryError(
            f"分隔符不明，请在第一行写 sep=, · expected one separator, the text can be divided by {listed}; "
            "say it in a first line sep=,"
        )
    return best.separator, text


def _judged(text: str, separator: str, known: frozenset[str]) -> Separated:
    try:
        records = [record for record, _ in itertools.islice(_records_of_lines(text, separator), SAMPLED)]
    except DeliveryError:
        return Separated(0, alike=False, width=0, separator=separator)
    filled = [record for record in records if any(cell.strip() for cell in record)]
    widths = Counter(len(record) for record in filled)
    width, count = max(widths.items(), key=lambda each: (each[1], each[0]), default=(0, 0))
    best = max((len({header.matched(header.cleaned(cell)) for cell in each} & known) for each in filled), default=0)
    width = width if width > 1 else max((len(each) for each in filled), default=0) if best > 1 else width
    return Separated(best, alike=count >= ALIKE * len(filled), width=width, separator=separator)


def _records(text: str, separator: str) -> Iterator[tuple[list[str], bool]]:
    """Yield the records of a text, empty ones too, and whether the quotes of each are in order.

    DeliveryError where a quote is never closed: it may have swallowed many rows.
    """
    count = 0
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True):
            yield record, True
            count += 1
    except csv.Error:
        yield from itertools.islice(_records_of_lines(text, separator), count, None)


def _records_of_lines(text: str, separator: str) -> Iterator[tuple[list[str], bool]]:
    """Yield the records of a text in which some quote is out of order, keeping the lines of each at hand."""
    lines: list[str] = []
    reader = csv.reader(_noted(text, lines), delimiter=separator, strict=True)
    while True:
        lines.clear()
        try:
            record, sound = next(reader), True
        except StopIteration:
            return
        except csv.Error as error:
            first = reader.line_num - len(lines) + 1
            if "end of data" in str(error):
                raise DeliveryError(
                    f"引号没有配对 · expected quotes in pairs, got one from line {first} on that is never closed"
                ) from None
            if "expected after" not in str(error):
                raise DeliveryError(f"expected readable records, got in line {first}: {error}") from None
            record, sound = next(csv.reader(lines, delimiter=separator)), False
        yield record, sound


def _noted(text: str, lines: list[str]) -> Iterator[str]:
    for line in io.StringIO(text, newline=""):
        lines.append(line)
        yield line


def _unwrapped(cell: str) -> str | None:
    """Give a cell's text; of ="007", by which spreadsheets are made to keep a code, the code."""
    if cell[:1] == "=" and cell.startswith('="') and cell.endswith('"') and len(cell) > 2 and '"' not in cell[2:-1]:
        return cell[2:-1] or None
    return unguarded(cell) or None
