"""What a workbook says of itself: its sheets, the texts its cells share, and the forms its numbers are shown in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gis.errors import DeliveryError
from gis.store.formats.cell_form import Form, form_of
from gis.store.formats.package import Elements, Package, relations

ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
"""How characters that XML cannot hold are written into a cell's text."""
TRUE = frozenset({"1", "true", "on"})
SAVE_AS = "save it as an Excel workbook (.xlsx)"


class Sheet(NamedTuple):
    """A worksheet: its name, its part, and whether it is hidden."""

    name: str
    part: str
    hidden: bool


@dataclass(slots=True)
class Workbook:
    """A workbook's sheets in order, where it keeps texts and styles, and how it counts days.

    `computed_on_load`: its formulas' values are only worked out when a person opens it. `linked`: it refers to others.
    """

    sheets: list[Sheet] = field(default_factory=list)
    texts: str = ""
    styles: str = ""
    from_1904: bool = False
    computed_on_load: bool = False
    linked: bool = False


def described(package: Package) -> Workbook:
    """Give what the workbook's main part says; DeliveryError where there is none, or where it holds macros."""
    _refuse_macros(package)
    main = relations(package, "").by_kind.get("officeDocument", "xl/workbook.xml")
    if not package.holds(main):
        raise DeliveryError(f"expected a workbook, got a package without one; {SAVE_AS}")
    related = relations(package, main)
    found = Workbook(
        texts=related.by_kind.get("sharedStrings", ""),
        styles=related.by_kind.get("styles", ""),
        linked=any(name.startswith("xl/externallinks/") for name in package.names()),
    )

    def take(name: str, attributes: Mapping[str, str]) -> None:
        if name == "workbookPr":
            found.from_1904 = attributes.get("date1904") in TRUE
        elif name == "calcPr":
            found.computed_on_load = attributes.get("fullCalcOnLoad") in TRUE
        elif name == "sheet":
            key = next((value for each, value in attributes.items() if each.rpartition(":")[2] == "id"), "")
            part = related.by_id.get(key, "")
            if "/worksheets/" in f"/{part.lower()}" and package.holds(part):
                hidden = attributes.get("state", "visible") != "visible"
                found.sheets.append(Sheet(attributes.get("name", ""), part, hidden))

    package.walk(main, Elements(take))
    if not found.sheets:
        raise DeliveryError("expected a worksheet, got none")
    return found


def _refuse_macros(package: Package) -> None:
    names = package.names()
    if any(name.endswith(".bin") and "vbaproject" in name for name in names) or any(
        name.startswith("xl/macrosheets/") for name in names
    ):
        raise DeliveryError(
            f"文件含宏，请另存为 .xlsx · expected a workbook without macros, got one with macros; {SAVE_AS}"
        )
    if "xl/workbook.bin" in names:
        raise DeliveryError(f"请另存为 .xlsx · expected an Excel workbook, got a binary one (.xlsb); {SAVE_AS}")


class Texts:
    """A walker over the texts that cells share: plain and rich ones, without the readings beside Asian characters."""

    def __init__(self) -> None:
        """Begin with no text."""
        self.found: list[str] = []
        self._pieces: list[str] = []
        self._open = False
        self._reading = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Take the beginning of an element."""
        del attributes
        if name == "t":
            self._open = not self._reading
        elif name == "rPh":
            self._reading += 1
        elif name == "si":
            self._pieces.clear()

    def end(self, name: str) -> None:
        """Take the end of an element."""
        if name == "t":
            self._open = False
        elif name == "rPh":
            self._reading -= 1
        elif name == "si":
            self.found.append(unescaped("".join(self._pieces)))

    def text(self, text: str) -> None:
        """Take characters."""
        if self._open:
            self._pieces.append(text)


def unescaped(text: str) -> str:
    """Give a cell's text with its escaped characters as themselves and its lines ended by a line feed."""
    if "_x" in text:
        text = ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def shared_texts(package: Package, workbook: Workbook) -> list[str]:
    """Give the texts that cells name by their place."""
    texts = Texts()
    package.walk(workbook.texts, texts)
    return texts.found


class Shown(NamedTuple):
    """How a cell's number is shown: its form, and the digits of a padded one."""

    form: Form
    digits: int = 0


def shown_forms(package: Package, workbook: Workbook) -> list[Shown]:
    """Give the form of numbers for each of the cell styles, which cells name by their place."""
    codes: dict[int, str] = {}
    formats: list[int] = []
    within: list[bool] = [False]

    def take(name: str, attributes: Mapping[str, str]) -> None:
        if name == "numFmt":
            codes[whole(attributes.get("numFmtId", ""), 0)] = attributes.get("formatCode", "")
        elif name in {"cellXfs", "cellStyleXfs", "cellStyles", "dxfs"}:
            within[0] = name == "cellXfs"
        elif name == "xf" and within[0]:
            formats.append(whole(attributes.get("numFmtId", ""), 0))

    package.walk(workbook.styles, Elements(take))
    return [Shown(form_of(number, codes.get(number)), len(codes.get(number, "").strip())) for number in formats]


def whole(text: str, otherwise: int) -> int:
    """Give the whole number of an attribute, `otherwise` where it is none that a sheet can hold."""
    return int(text) if len(text) <= 9 and text.isascii() and text.isdigit() else otherwise
