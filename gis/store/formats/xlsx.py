"""Read Excel workbooks (.xlsx): each cell from the sheet's own XML, so that what no library tells is seen too.

Readers of spreadsheets give an error as an empty cell, a formula without a stored value as nothing, a month as its
first day and a long code as a rounded number, each without a word. So the XML is read itself, in a stream.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gis.errors import DeliveryError
from gis.store.formats.cell_form import Cell, Form, formed, number
from gis.store.formats.grid import Grid, Merge
from gis.store.formats.package import Enough, Package
from gis.store.formats.table import handed_over
from gis.store.formats.workbook import (
    SAVE_AS,
    TRUE,
    Sheet,
    Shown,
    Workbook,
    described,
    shared_texts,
    shown_forms,
    unescaped,
    whole,
)

if TYPE_CHECKING:
    from gis.store.formats.delivered import Asked, Delivered

COLUMNS_MOST = 2**14
ROWS_MOST = 2**20
CELLS_MOST = 60_000_000
"""Places of cells, filled or not, that one sheet may span row by row."""
NO_VALUE = "#公式无值!"
"""What stands for a formula whose value the file does not hold; no field takes it."""
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def read(path: str, asked: "Asked") -> "Delivered":
    """Give all rows of one sheet, the only visible one with cells unless it is named.

    DeliveryError where the sheet is not clear, or the file is damaged, encrypted, too large or holds macros.
    """
    package = Package(path)
    workbook = described(package)
    sheet = _chosen(package, workbook, asked.sublayer)
    walk = SheetWalk(shared_texts(package, workbook), shown_forms(package, workbook), from_1904=workbook.from_1904)
    package.walk(sheet.part, walk)
    grid = walk.grid()
    grid.notes += _notes(walk, workbook, sheet)
    return handed_over(grid, asked, sublayer=sheet.name, sublayers=tuple(each.name for each in workbook.sheets))


def refuse_old(path: str, asked: "Asked") -> "Delivered":
    """Refuse a file in the old container of Office: an .xls, or an .xlsx behind a password."""
    del asked
    with Path(path).open("rb") as file:
        held = any(ENCRYPTED in chunk for chunk in iter(lambda: file.read(2**20), b""))
    if held:
        raise DeliveryError("文件有密码，请去掉密码再交付 · expected a file without password, got an encrypted one")
    raise DeliveryError(
        f"旧版 Office 文件，请另存为 .xlsx · expected an Excel workbook, got an old one (.xls); {SAVE_AS}"
    )


class _FirstCell:
    """A walker that stops at the first cell with a value."""

    def __init__(self) -> None:
        self.found = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        del attributes
        if name in {"v", "t", "f"}:
            self.found = True
            raise Enough

    def end(self, name: str) -> None:
        if name == "sheetData":
            raise Enough

    def text(self, text: str) -> None:
        del text


def _chosen(package: Package, workbook: Workbook, name: str | None) -> Sheet:
    if name is not None:
        for sheet in workbook.sheets:
            if sheet.name == name:
                return sheet
        listed = ", ".join(sheet.name for sheet in workbook.sheets)
        raise DeliveryError(f"expected one of the sheets {listed}, got {name!r}")
    filled = [sheet for sheet in workbook.sheets if _filled(package, sheet)] or workbook.sheets[:1]
    seen = [sheet for sheet in filled if not sheet.hidden] or filled
    if len(seen) > 1:
        listed = ", ".join(sheet.name for sheet in seen)
        raise DeliveryError(
            f"有 {len(seen)} 个工作表，请用 --sublayer 说明读哪个 · expected one sheet with rows, got {len(seen)}: "
            f"{listed}; name the one that is meant"
        )
    return seen[0]


def _filled(package: Package, sheet: Sheet) -> bool:
    first = _FirstCell()
    package.walk(sheet.part, first)
    return first.found


class SheetWalk:
    """A walker over a sheet's XML that keeps its rows, its merged ranges, and what is hidden or computed."""

    def __init__(self, texts: list[str], shown: list[Shown], *, from_1904: bool) -> None:
        """`texts` and `shown` are what cells name by their place."""
        self.hidden_rows = 0
        self.hidden_columns = 0
        self.formulas = 0
        self.shares: set[int] = set()
        self._texts, self._shown, self._from_1904 = texts, shown, from_1904
        self._rows: dict[int, list[Cell]] = {}
        self._merges: list[Merge] = []
        self._columns: dict[str, int] = {}
        self._number = 0
        self._row: list[Cell] = []
        self._column = -1
        self._kind = self._style = ""
        self._pieces: list[str] = []
        self._open = self._formula = False
        self._reading = 0
        self._places = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Take the beginning of an element."""
        if name == "c":
            self._begin_cell(attributes)
        elif name in {"v", "t"}:
            self._open = not self._reading
        elif name == "f":
            self._formula = True
        elif name == "rPh":
            self._reading += 1
        elif name == "row":
            self._begin_row(attributes)
        elif name == "mergeCell":
            self._merge(attributes.get("ref", ""))
        elif name == "col" and attributes.get("hidden") in TRUE:
            self.hidden_columns += 1

    def end(self, name: str) -> None:
        """Take the end of an element."""
        if name in {"v", "t"}:
            self._open = False
        elif name == "c":
            self._end_cell()
        elif name == "rPh":
            self._reading -= 1

    def text(self, text: str) -> None:
        """Take characters."""
        if self._open:
            self._pieces.append(text)

    def grid(self) -> Grid:
        """Give what was walked over, in the order of rows."""
        grid = Grid(merges=self._merges)
        for number_, row in sorted(self._rows.items()):
            grid.add(number_, row)
        return grid

    def _begin_row(self, attributes: Mapping[str, str]) -> None:
        given = attributes.get("r", "")
        self._number = whole(given, self._number + 1)
        if not 1 <= self._number <= ROWS_MOST or self._number in self._rows:
            raise DeliveryError(f"expected each row of the sheet once, got row {self._number} again or beyond its end")
        self._row = self._rows[self._number] = []
        self._column = -1
        self.hidden_rows += attributes.get("hidden") in TRUE

    def _begin_cell(self, attributes: Mapping[str, str]) -> None:
        reference = attributes.get("r")
        if reference is None:
            self._column += 1
        else:
            name = reference.rstrip("0123456789")
            place = self._columns.get(name)
            self._column = self._columns.setdefault(name, column_of(name)) if place is None else place
        self._kind = attributes.get("t", "n")
        self._style = attributes.get("s", "")
        self._formula = False
        self._pieces.clear()

    def _end_cell(self) -> None:
        text = "".join(self._pieces)
        self.formulas += self._formula
        if not text and not (self._formula and self._kind != "str"):
            return
        missing = self._column - len(self._row)
        if missing < 0:
            raise DeliveryError(f"expected each cell once and in order, got one again in row {self._number}")
        self._places += missing + 1
        if self._places > CELLS_MOST:
            raise DeliveryError(f"expected a sheet that spans at most {CELLS_MOST:,} cells, got a larger one")
        self._row.extend([None] * missing)
        self._row.append(self._value(text))

    def _value(self, text: str) -> Cell:
        if not text:
            return NO_VALUE
        if self._kind == "n":
            return self._number_of(text.strip())
        if self._kind == "s":
            place = whole(text.strip(), -1)
            if not 0 <= place < len(self._texts):
                raise DeliveryError(f"expected one of the workbook's {len(self._texts)} texts, got {text!a:.20}")
            return self._texts[place]
        if self._kind == "b":
            return text.strip() in TRUE
        if self._kind == "d":
            return text.strip().removesuffix("Z").removesuffix("T00:00:00")
        return text if self._kind == "e" else unescaped(text)

    def _number_of(self, text: str) -> Cell:
        value = number(text)
        if not self._style or isinstance(value, str):
            return value
        place = whole(self._style, 0)
        shown = self._shown[place] if place < len(self._shown) else Shown(Form.NUMBER)
        if shown.form is Form.SHARE:
            self.shares.add(self._column)
        return formed(value, shown.form, shown.digits, from_1904=self._from_1904)

    def _merge(self, reference: str) -> None:
        first, _, last = reference.replace("$", "").partition(":")
        top, left, bottom, right = *_place(first), *_place(last or first)
        if (top, left) != (bottom, right):
            self._merges.append(Merge(top, left, bottom, right))


def column_of(name: str) -> int:
    """Give the place from 0 of a column named by letters; DeliveryError where no sheet has it."""
    place = 0
    for letter in name.upper()[:4]:  # a fourth letter is beyond the end whatever it is
        place = place * 26 + ord(letter) - 64 if "A" <= letter <= "Z" else COLUMNS_MOST + 1
    if not 1 <= place <= COLUMNS_MOST:
        raise DeliveryError(f"expected a column from A to XFD, got {name!a:.20}")
    return place - 1


def _place(reference: str) -> tuple[int, int]:
    name = reference.rstrip("0123456789")
    digits = reference[len(name) :]
    if not 1 <= len(digits) <= 7:
        raise DeliveryError(f"expected a cell such as B7, got {reference!a:.20}")
    return int(digits), column_of(name)


def _notes(walk: SheetWalk, workbook: Workbook, sheet: Sheet) -> list[str]:
    notes = []
    others = [each.name for each in workbook.sheets if each.hidden and each is not sheet]
    if others:
        notes.append(f"隐藏的工作表没有读：{'、'.join(others)} · hidden sheets were not read")
    if walk.hidden_rows:
        notes.append(
            f"{walk.hidden_rows} 行是隐藏的（如筛选），照样读入 · {walk.hidden_rows} hidden rows were read too"
        )
    if walk.hidden_columns:
        notes.append("有隐藏的列，照样读入 · hidden columns were read too")
    if walk.shares:
        notes.append("有按百分比显示的数，按其数值读（15% 是 0.15）· shares shown in percent are read as 0.15 for 15%")
    if walk.formulas:
        when = "，写文件的程序可能没有算过它们" if workbook.computed_on_load else ""
        linked = "，有的引用别的文件" if workbook.linked else ""
        notes.append(
            f"{walk.formulas} 格是公式，取文件里存着的值{when}{linked} · "
            f"{walk.formulas} cells are formulas, read by their stored values"
        )
    return notes
