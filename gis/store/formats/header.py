"""Which rows of a sheet name its columns: under titles, in one row or two, with merged cells."""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from gis.errors import DeliveryError
from gis.store.formats.cell_form import Cell
from gis.store.formats.grid import Grid, Merge, cell_at, letters

SEARCHED = 100
"""Filled rows from the top among which the header is looked for."""
COLUMNS_MOST = 1000
CJK = "\u3000-\u9fff\uf900-\ufaff\uff00-\uffef"
PADDING = re.compile(rf"(?<=[{CJK}])\s+(?=[{CJK}])")
MARKS = re.compile(r"^[*＊]+|[*＊:：]+$|[（(](必填|选填|可选|required|optional)[）)]$", re.IGNORECASE)


class Header(NamedTuple):
    """The columns' names, each once, and the place in the grid of the header's last row."""

    names: list[str]
    bottom: int
    notes: list[str]


def cleaned(cell: Cell) -> str:
    """Give a header's cell as a name: in one line, without the spaces that pad Chinese words and without marks."""
    text = re.sub(r"\s+", " ", "" if cell is None else str(cell)).strip(" \ufeff\u200b")
    text = PADDING.sub("", text)
    while text != (bare := MARKS.sub("", text).strip()):
        text = bare
    return text


def matched(name: str) -> str:
    """Give a name in the form in which names are compared: lower case, full-width letters as plain ones."""
    return unicodedata.normalize("NFKC", name).lower().strip()


def nameless(column: int) -> str:
    """Give what a column without a name is called: by its letters."""
    return f"{letters(column)}列"


def found(grid: Grid, known: frozenset[str], row: int | None) -> Header:
    """Give the header: the asked row, else that with most known names, else the first whose cells all differ.

    `known` are names as `matched` gives them. DeliveryError where no row names the columns, or the asked one is empty.
    """
    if not grid.rows:
        raise DeliveryError("expected a row that names the columns, got no filled cell")
    place = _asked(grid, row) if row is not None else _best(grid, known)
    block = _merged_down(grid, place) if row is not None else _block(grid, place, known)
    stacks = _stacks(grid, block)
    if len(stacks) > COLUMNS_MOST:
        raise DeliveryError(f"expected at most {COLUMNS_MOST} columns, got {len(stacks)}")
    notes = []
    if block.start:
        first, last = grid.numbers[block.start], grid.numbers[block.stop - 1]
        rows = f"{first}" if first == last else f"{first}–{last}"
        notes.append(f"表头在第 {rows} 行，以上是标题 · columns are named in row {rows}, above it are titles")
    names, doubled = _distinct(stacks)
    if doubled:
        listed = "、".join(doubled)
        notes.append(f"重名的列已区分：{listed} · columns of one name were told apart")
    return Header(names, block.stop - 1, notes)


def _asked(grid: Grid, row: int) -> int:
    if row not in grid.numbers:
        raise DeliveryError(f"--header-row {row}: expected a row that names the columns, got an empty one")
    return grid.numbers.index(row)


def _score(grid: Grid, place: int, known: frozenset[str]) -> int:
    return len({matched(cleaned(cell)) for cell in grid.rows[place] if isinstance(cell, str)} & known)


def _best(grid: Grid, known: frozenset[str]) -> int:
    places = range(min(len(grid.rows), SEARCHED))
    best = max(places, key=lambda place: (_score(grid, place, known), -place))
    score = _score(grid, best, known)
    if score >= 2:
        return best
    first = _first_of_names(grid, places)
    if first is not None:
        return first
    if score:
        return best
    raise DeliveryError(
        "找不到表头，请用 --header-row 说明是第几行 · expected a row that names the columns, found none; "
        "name it with --header-row"
    )


def _first_of_names(grid: Grid, places: range) -> int | None:
    """Give the first row whose cells are texts that all differ: one for every column, or at least for half of them."""
    width = max(len(row) for row in grid.rows)
    filled = [
        column for column in range(width) if any(cell_at(row, column) is not None for row in grid.rows[:SEARCHED])
    ]
    loose = None
    for place in places:
        cells = [cell_at(grid.rows[place], column) for column in filled]
        names = [cell for cell in cells if cell is not None]
        if not _are_names(names):
            continue
        if len(names) == len(filled):
            return place
        if loose is None and len(names) >= 2 and 2 * len(names) >= len(filled):
            loose = place
    return loose


def _are_names(cells: Sequence[Cell]) -> bool:
    names = [cleaned(cell) for cell in cells if isinstance(cell, str) and not _is_number(cell)]
    return len(names) == len(cells) == len(set(names)) and bool(names)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _block(grid: Grid, place: int, known: frozenset[str]) -> range:
    """Give the rows of the header around the one that was found: where names are merged down, or stand in two rows."""
    block = _merged_down(grid, place)
    if len(block) > 1:
        return block
    if place + 1 < len(grid.rows) and _completes(grid, place, place + 1, known):
        return range(place, place + 2)
    if place and (_completes(grid, place, place - 1, known) or _groups(grid, place - 1)):
        return range(place - 1, place + 1)
    return block


def _merged_down(grid: Grid, place: int) -> range:
    """Give the rows that are tied to one by names merged over both."""
    top = bottom = place
    numbers = {number: each for each, number in enumerate(grid.numbers[: SEARCHED + 1])}
    for merge in grid.merges:
        if merge.bottom > merge.top and merge.top <= grid.numbers[place] <= merge.bottom:
            tall = merge.bottom - merge.top <= 3
            top = min(top, numbers.get(merge.top, top)) if tall else top
            bottom = max(bottom, numbers.get(merge.bottom, bottom)) if tall else bottom
    return range(top, bottom + 1)


def _completes(grid: Grid, place: int, other: int, known: frozenset[str]) -> bool:
    """Whether another row names exactly the columns that a row leaves without a name, at least one by a known name."""
    one, two = grid.rows[place], grid.rows[other]
    width = max(len(one), len(two))
    filled = [(cell_at(one, column), cell_at(two, column)) for column in range(width)]
    added = [second for first, second in filled if first is None and second is not None]
    texts = all(second is None or (isinstance(second, str) and not _is_number(second)) for _, second in filled)
    whole = all(first is not None or second is not None for first, second in filled)
    lower = [cleaned(second) for _, second in filled if second is not None]
    return bool(added) and texts and whole and any(matched(name) in known for name in lower)


def _groups(grid: Grid, place: int) -> bool:
    """Whether every cell of a row is merged over two columns or more, but not over all: names of groups."""
    number, row = grid.numbers[place], grid.rows[place]
    wide = {merge.left: merge for merge in grid.merges if merge.top == merge.bottom == number}
    width = max(len(each) for each in grid.rows[place : place + 2])
    starts = [column for column in range(len(row)) if cell_at(row, column) is not None]
    return all(column in wide and wide[column].right - wide[column].left + 1 < width for column in starts)


def _stacks(grid: Grid, block: range) -> list[list[str]]:
    """Give for each column the header's texts from top to bottom, those of merged cells for every column of them."""
    width = max(len(row) for row in grid.rows[block.start :])
    if grid.exact:
        width = max(grid.widths[place] for place in block)
    numbers = {grid.numbers[place] for place in block}
    merges = [merge for merge in grid.merges if merge.top in numbers and merge.bottom in numbers]
    stacks: list[list[str]] = [[] for _ in range(width)]
    for place in block:
        for column, stack in enumerate(stacks):
            text = cleaned(_resolved(grid, place, column, merges))
            if text and text not in stack[-1:]:
                stack.append(text)
    return stacks


def _resolved(grid: Grid, place: int, column: int, merges: Sequence[Merge]) -> Cell:
    number = grid.numbers[place]
    for merge in merges:
        if merge.top <= number <= merge.bottom and merge.left <= column <= merge.right:
            return cell_at(grid.rows[grid.numbers.index(merge.top)], merge.left)
    return cell_at(grid.rows[place], column)


def _distinct(stacks: Sequence[Sequence[str]]) -> tuple[list[str], list[str]]:
    """Give each column's lowest name, with its group's before it or a count behind where another has it too.

    A column without a name is called by its letters.
    """
    lowest = [stack[-1] if stack else "" for stack in stacks]
    names: list[str] = []
    doubled: list[str] = []
    for column, stack in enumerate(stacks):
        name = lowest[column] or nameless(column)
        if lowest[column] and lowest.count(name) > 1 and len(stack) > 1:
            name = f"{stack[-2]}·{name}"
        plain, count = name, 1
        while name in names:
            count += 1
            name = f"{plain}_{count}"
        if lowest[column] and name != lowest[column]:
            doubled.append(name)
        names.append(name)
    return names, doubled
