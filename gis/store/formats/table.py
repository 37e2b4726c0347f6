"""A sheet as a table: rows under a header, merged values filled, every filled row given or named with its reason."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from gis.errors import DeliveryError
from gis.store.formats import header
from gis.store.formats.cell_form import Cell
from gis.store.formats.delivered import Delivered, Fault, shown
from gis.store.formats.grid import Grid, Row, cell_at, empty
from gis.store.formats.position import KNOWN, positions

if TYPE_CHECKING:
    import pyarrow as pa

    from gis.store.formats.delivered import Asked

CELLS_MOST = 100_000_000
"""Cells of a table, filled or not: rows times columns."""
A_ROW = "a row of data"
QUOTED = "quotes around whole cells, and doubled within them"
TOTAL = re.compile(r"(本页|本表|全部|全县|总)?(合计|总计|小计|共计|累计|总和)[:：]?")
TOTAL_EN = re.compile(r"((grand|sub)-?)?total:?", re.IGNORECASE)
NUMBERED_FROM = 6
"""A first row 1, 2, 3 … of at least so many cells numbers the columns, as official forms do."""
SIGNED = re.compile(
    r"(制表|填表|填报|审核|复核|核对|负责|经办|统计|报送|联系|单位|部门|日期|时间|备注|注|说明|打印|盖章|签字|签章)"
    r"[^:：]{0,6}[:：].*",
    re.DOTALL,
)


def handed_over(grid: Grid, asked: "Asked", *, sublayer: str, sublayers: tuple[str, ...]) -> Delivered:
    """Give the rows of a grid as delivered: those below its header, with positions from columns where there are any.

    Totals, signatures and captions are rows with a fault. DeliveryError where no row names the columns.
    """
    import pyarrow as pa

    known = frozenset(header.matched(name) for name in (*asked.names, *(column for _, column in asked.position)))
    head = header.found(grid, known | KNOWN, asked.header_row)
    first = head.bottom + 1
    if (len(grid.rows) - first) * len(head.names) > CELLS_MOST:
        raise DeliveryError(f"expected at most {CELLS_MOST:,} cells under the header, got more")
    faults = _row_faults(grid, head.names, first)
    notes = [*grid.notes, *head.notes, *_gaps(grid, first), *_filled_down(grid, first, {each.row for each in faults})]
    columns = _columns(grid, head.names, first)
    placed = positions(columns, dict(asked.position), {fault.row for fault in faults})
    count = len(grid.rows) - first
    return Delivered(
        columns={name: pa.chunked_array([arrow(values)]) for name, values in columns.items()},
        wkb=pa.chunked_array([pa.array(placed.wkb or [None] * count, pa.binary())]),
        crs=placed.crs,
        crs_declared=placed.crs is not None,
        faults=sorted([*faults, *placed.faults]),
        sublayer=sublayer,
        sublayers=sublayers,
        notes=(*notes, *placed.notes),
        numbers=pa.chunked_array([pa.array(grid.numbers[first:], pa.int64())]),
        axes=placed.axes,
    )


def _columns(grid: Grid, names: Sequence[str], first: int) -> dict[str, list[Cell]]:
    """Give the columns that have a name of their own or a value."""
    rows = grid.rows[first:]
    columns = {}
    for place, name in enumerate(names):
        values = [row[place] if place < len(row) else None for row in rows]
        values = [None if value is None or (type(value) is str and not value.strip()) else value for value in values]
        if name != header.nameless(place) or any(value is not None for value in values):
            columns[name] = values
    return columns


def _row_faults(grid: Grid, names: Sequence[str], first: int) -> list[Fault]:
    """Give the rows below the header that are none of data, and those with another number of cells than the header."""
    captions = _captions(grid, len(names))
    faults: dict[int, Fault] = {}
    trailing = True
    for place in range(len(grid.rows) - 1, first - 1, -1):
        row = place - first + 1
        text = _no_data(
            grid.rows[place], is_caption=grid.numbers[place] in captions, trailing=trailing, leading=place == first
        )
        trailing = trailing and text is not None
        if text is not None:
            faults[row] = Fault(row, names[0], "data_row", A_ROW, shown(text))
        elif grid.numbers[place] in grid.misquoted:
            faults[row] = Fault(row, "", "quotes", QUOTED, shown(grid.misquoted[grid.numbers[place]]))
        elif grid.exact:
            _judge_width(faults, row, len(names), _width(grid, place, len(names)))
    return [faults[row] for row in sorted(faults)]


def _width(grid: Grid, place: int, expected: int) -> int:
    """Give how many cells a row came with; empty ones beyond the header are not counted."""
    width = grid.widths[place]
    return max(expected, len(grid.rows[place])) if width > expected else width


def _judge_width(faults: dict[int, Fault], row: int, expected: int, came: int) -> None:
    if came != expected:
        faults[row] = Fault(row, "", "columns", f"{expected} columns", f"{came}")


def _no_data(row: Row, *, is_caption: bool, trailing: bool, leading: bool) -> str | None:
    """Give the text that shows a row to be a total, a signature, a caption or the columns' numbers; None for data.

    Signatures stand at the end (`trailing`), the columns' numbers right under the header (`leading`).
    """
    first = islice((cell for cell in row if not empty(cell)), 2)
    texts = ["".join(cell.split()) if isinstance(cell, str) else "" for cell in first]
    if TOTAL_EN.fullmatch(texts[0]):
        return texts[0]
    for text in texts:
        if TOTAL.fullmatch(text):
            return text
    if is_caption or (trailing and SIGNED.fullmatch(texts[0])):
        return str(next(cell for cell in row if not empty(cell)))
    filled = [cell for cell in row if not empty(cell)] if leading else []
    if leading and [str(cell) for cell in filled] == [str(each) for each in range(1, len(filled) + 1)]:
        return " ".join(map(str, filled)) if len(filled) >= NUMBERED_FROM else None
    return None


def _captions(grid: Grid, width: int) -> set[int]:
    """Give the numbers of rows that hold one text, merged over more than half of the columns."""
    rows = dict(zip(grid.numbers, grid.rows, strict=True))
    wide = (each for each in grid.merges if each.top == each.bottom and 2 * (each.right - each.left + 1) > width > 1)
    return {
        merge.top
        for merge in wide
        if [place for place, cell in enumerate(rows.get(merge.top, [])) if not empty(cell)] == [merge.left]
    }


def _gaps(grid: Grid, first: int) -> list[str]:
    gaps = grid.numbers[-1] - grid.numbers[first - 1] - (len(grid.rows) - first)
    return [f"跳过 {gaps} 个空行 · {gaps} empty rows were skipped"] if gaps else []


def _filled_down(grid: Grid, first: int, faulty: set[int]) -> list[str]:
    """Give the value of a cell merged over rows to all of its rows, and say how many got one.

    What is merged over columns stays in the first of them. Only rows that hold something get a value.
    """
    count = wide = 0
    for merge in grid.merges:
        place = bisect_left(grid.numbers, merge.top)
        if place < first or place == len(grid.numbers) or grid.numbers[place] != merge.top:
            continue
        value = cell_at(grid.rows[place], merge.left)
        if value is None:
            continue
        wide += merge.right > merge.left and place - first + 1 not in faulty
        for row in grid.rows[place + 1 : bisect_right(grid.numbers, merge.bottom)]:
            row.extend([None] * (merge.left + 1 - len(row)))
            row[merge.left] = value
            count += 1
    notes = []
    if count:
        notes.append(f"合并单元格的值填入 {count} 格 · {count} cells got the value of the merged cell they are part of")
    if wide:
        notes.append(f"{wide} 处横向合并，值只归第一列 · {wide} cells merged over columns hold for the first alone")
    return notes


def arrow(values: Sequence[Cell]) -> "pa.Array":
    """Give an Arrow column of truth values, whole numbers or reals where all are such; else of text.

    Reals above 2**53 and whole numbers beside text are written out in full; truth values become TRUE and FALSE.
    """
    import pyarrow as pa

    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds == {int}:
        return pa.array(values, pa.int64())
    if kinds in ({float}, {int, float}):
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    if all(value is None or (isinstance(value, str) and value.isprintable()) for value in values):
        return pa.array(values, pa.string())
    return pa.array([None if value is None else written(value) for value in values], pa.string())


def written(value: Cell) -> str:
    """Give a cell's value as text."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return value if value.isprintable() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return repr(value)
