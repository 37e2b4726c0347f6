"""The cells of one sheet as they stand in the file: rows that hold something, with their numbers and merged ranges."""

from dataclasses import dataclass, field
from typing import NamedTuple

from gis.store.formats.cell_form import Cell

Row = list[Cell]


class Merge(NamedTuple):
    """A merged range: rows by their number in the sheet, columns from 0, both ends within."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(slots=True)
class Grid:
    """Rows with at least one filled cell, each as long as its last one, and the number of each as a person sees it.

    `exact`: each row was written with all of its cells (CSV), so that another count than the header's is a fault;
    `widths` are then the counts, and `misquoted` holds by number the rows whose quotes are out of order. `notes` are
    those of `Delivered`.
    """

    numbers: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    exact: bool = False
    misquoted: dict[int, str] = field(default_factory=dict)

    def add(self, number: int, row: Row, width: int = 0) -> None:
        """Add a row, unless all of its cells are empty."""
        length = len(row)
        while length and empty(row[length - 1]):
            length -= 1
        if length:
            self.numbers.append(number)
            self.rows.append(row[:length])
            self.widths.append(width or length)


def empty(cell: Cell) -> bool:
    """Whether a cell holds nothing but space."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def cell_at(row: Row, column: int) -> Cell:
    """Give a row's cell, None beyond its end and where it holds nothing but space."""
    cell = row[column] if column < len(row) else None
    return None if empty(cell) else cell


def letters(column: int) -> str:
    """Give the letters by which a sheet names a column: 0 → A, 26 → AA."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text
