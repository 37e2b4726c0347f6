"""Chinese addresses read into their parts: town, village, street, number, compound, block, unit, floor, room.

Parts are read by what they are and not by their order, which clerks change. Stored names are found first, so that a
numeral or an ending inside a name (三村, 八一路) is left alone; the rest is parted by the words that end a name, then
by those that follow a number. A bare number (3-2-501) means what its place says: block, unit and room in a compound,
number and room beside a street.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from gis.find.gazetteer import Gazetteer, Kind
from gis.find.numerals import SEPARATOR, counted, plain


class Address(NamedTuple):
    """The parts of an address; an empty text is a part that it lacks.

    Names are the stored ones where they were found, else as written. `place` is a name of no known kind, such as a
    hamlet; `beside` the word that says that the address lies near another (旁, 对面); `floor` is -1 for the first one
    below ground; `unread` is what made no sense.
    """

    town: str = ""
    village: str = ""
    place: str = ""
    group: str = ""
    street: str = ""
    number: str = ""
    compound: str = ""
    block: str = ""
    unit: str = ""
    floor: int | None = None
    room: str = ""
    beside: str = ""
    unread: str = ""


MARKS = {kind: chr(0xE000 + place) for place, kind in enumerate(Kind)}
KINDS = {mark: kind for kind, mark in MARKS.items()}
PLACE_MARK = chr(0xE000 + len(MARKS))
_ANY_MARK = f"[{MARKS[Kind.TOWN]}-{PLACE_MARK}]"
_BEFORE_COUNTY = re.compile(
    r"^(?:中国)?(?:[^|\d]{2,7}?(?:省|自治区))?(?:[^|\d]{2,6}?(?:自治州|地区|盟|(?<!超)市(?![场民府政])))?"
    r"(?:[^|\d]{2,5}?(?:县(?![前后城府政东西南北])|(?<![社小校园景矿发新])区(?![政])|(?<!超)市(?![场民府政])))?"
)
_BESIDE = re.compile(
    r"(?:(?:[往向][东西南北]|[东西南北]侧|以[东西南北])?\|?\d+米(?:处|左右)?)|斜?对[面过]|旁边?|隔壁|附近|边上|[后前]面|[东西南北]侧|"
    r"以[东西南北]|[向往][东西南北]|交叉口|路口"
)
_NAME = "[^|0-9" + "".join((*MARKS.values(), PLACE_MARK)) + "]"
_UNKNOWN = (
    (Kind.TOWN, re.compile(rf"({_NAME}{{1,6}}?(?:街道(?:办事处)?|镇|乡))(?![路街巷弄大前后东西南北中村])")),
    (
        Kind.VILLAGE,
        re.compile(rf"({_NAME}{{1,8}}?(?:村委会|居委会|行政村|自然村|社区|村))(?![路街巷弄口东西南北中前后大民小委])"),
    ),
    (Kind.STREET, re.compile(rf"({_NAME}{{1,9}}?(?:大道|大街|公路|[路街巷弄]|胡同|(?<![街大])道))(?![道])")),
    (
        Kind.COMPOUND,
        re.compile(
            rf"({_NAME}{{1,9}}?(?:小区|新村|公寓|[花家庄]园|花苑|名?苑|大厦|广场|山庄|别墅|[名华]?府|新?城|[豪]?庭|湾|"
            r"中心|宿舍|市场|商城|工业园?区|园区|园|大楼))"
        ),
    ),
)
_STEM = "甲乙丙丁戊己庚辛壬癸"
_COUNT = rf"(?:\d+|[A-Z{_STEM}])"
_TOKEN = re.compile(
    rf"(?P<name>{_ANY_MARK})"
    r"|(?P<group>第?\d+(?:村民小组|小组|组|队))"
    rf"|(?P<block>{_COUNT}(?:号楼|号栋|号幢|幢|栋|座|#楼|#栋|#幢))"
    rf"|(?P<unit>{_COUNT}单元)"
    r"|(?P<rooms>[A-Z]?\d+(?:-\d+)*(?:号室|号房|室|房(?!屋)))"
    r"|(?P<floor>(?:负|地下|-|B)?\d+(?:层|楼|F(?![A-Z]))|底[层楼])"
    r"|(?P<lane>\d+弄)"
    rf"|(?P<number>附?\d+(?:[-之附]\d+)?[A-Z{_STEM}]?号(?:[{_STEM}](?![幢栋座])|[-之附]\d+(?!\d*[-室单幢栋层楼#]))?"
    rf"|[{_STEM}]\d+号)"
    r"|(?P<sharp>\d+#)"
    r"|(?P<bare>[A-Z]?\d+(?:-[A-Z]?\d+)*)"
    r"|(?P<other>.)"
)
_GROUP = re.compile(r"第?([0-9零〇一二三四五六七八九十百廿]+)村民小?组")
_ROOM_DIGITS = 3


def parsed(text: str | None, gazetteer: Gazetteer) -> Address:
    """Give the parts of an address; all empty where there is none. Never raises: what is not understood is `unread`."""
    if not text:
        return Address()
    names: list[str] = []
    clean = _GROUP.sub(lambda found: counted(f"{found.group(1)}组"), re.sub(_ANY_MARK, "", plain(text)))
    marked = "".join(_known(clean, gazetteer, names))
    reader = _Reader(iter(names))
    for token in _TOKEN.finditer(_near(reader, counted(marked))):
        reader.take(str(token.lastgroup), token.group())
    return reader.address()


def _known(text: str, gazetteer: Gazetteer, names: list[str]) -> Iterator[str]:
    """Give the text with a mark for each name, stored ones first; the names are added in their order."""
    at = 0
    for each in gazetteer.found(text):
        yield _unknown(text[at : each.start], names, begins=at == 0)
        yield MARKS[each.kind]
        names.append(each.name)
        at = each.end
    yield _unknown(text[at:], names, begins=at == 0)


def _unknown(text: str, names: list[str], *, begins: bool) -> str:
    """Give a text with a mark for each part of it that ends like a name."""
    rest = _BEFORE_COUNTY.sub("", text, count=1) if begins else text
    found: list[tuple[int, str, str]] = []
    if len(rest) < 2:
        return rest
    for kind, pattern in _UNKNOWN:
        pieces, at = [], 0
        for each in pattern.finditer(rest):
            if _BESIDE.fullmatch(each.group(1)) or counted(each.group(1)) != each.group(1):
                continue
            pieces += [rest[at : each.start()], MARKS[kind]]
            found.append((each.start(), kind.value, each.group(1)))
            at = each.end()
        rest = "".join([*pieces, rest[at:]])
    order = {kind: [name for _, of, name in found if of == kind.value] for kind in Kind}
    names += [order[KINDS[mark]].pop(0) for mark in rest if mark in KINDS]
    return rest


def _near(reader: "_Reader", text: str) -> str:
    """Give a text without the words that say that the address lies near another; the reader keeps the first."""
    found = _BESIDE.search(text)
    if found is None:
        return text
    reader.beside = found.group().strip(SEPARATOR)
    return _BESIDE.sub("", text)


class _Reader:
    """Takes tokens from left to right and gives the address that they make."""

    def __init__(self, names: Iterator[str]) -> None:
        self.names = names
        self.parts: dict[str, str] = {}
        self.beside = ""
        self.unread = ""
        self.word = ""
        self.last: Kind | None = None
        self.before = ""

    def take(self, kind: str, text: str) -> None:
        """Take one token."""
        if kind == "other":
            self.word += text if text != SEPARATOR and text not in "-#号之" else ""
            if text == SEPARATOR:
                self._end_word()
            return
        self._end_word()
        TAKING[kind](self, text)
        self.before = kind

    def address(self) -> Address:
        """Give what was read."""
        self._end_word()
        parts = self.parts
        floor = int(parts["floor"]) if "floor" in parts else floor_of(parts.get("room", ""))
        self._block_by_storey(floor)
        texts = {name: parts.get(name, "") for name in Address._fields if name not in {"floor", "beside", "unread"}}
        floor = int(parts["floor"]) if "floor" in parts else floor_of(parts.get("room", ""))
        return Address(**texts, floor=floor, beside=self.beside, unread=self.unread)

    def _block_by_storey(self, floor: int | None) -> None:
        """Read 花园3楼501室 as block 3: a third floor has no room 501."""
        told = floor_of(self.parts.get("room", ""))
        if "compound" in self.parts and "block" not in self.parts and told is not None and floor != told:
            self.parts["block"] = self.parts.pop("floor")

    def put(self, name: str, text: str) -> None:
        """Keep a part; what contradicts one that was read is unread."""
        if self.parts.setdefault(name, text) != text:
            self.unread += text

    def _end_word(self) -> None:
        word, self.word = self.word, ""
        if len(word) >= 2:
            self.put("place", word) if "number" not in self.parts else self._left(word)
        elif word:
            self._left(word)

    def _left(self, text: str) -> None:
        self.unread += text

    def name(self, mark: str) -> None:
        """Take the next name, of the kind that the mark says."""
        kind, name = KINDS[mark], next(self.names)
        known = self.parts.get(kind.value)
        if known is None:
            self.parts[kind.value] = name
        elif kind is Kind.STREET and "number" not in self.parts:
            self.parts[kind.value] = name  # 解放路石板弄12号 lies in the lane
        elif known != name:
            self._left(name)
        self.last = kind

    def lane(self, text: str) -> None:
        """Take a numbered lane (路123弄), which belongs to its street's name."""
        if "street" in self.parts and "number" not in self.parts:
            self.parts["street"] += text
        else:
            self.number(text[:-1])

    def number(self, text: str) -> None:
        """Take a door number, which inside a compound tells its houses apart."""
        inside = self.last is Kind.COMPOUND and "block" not in self.parts
        self.put("block" if inside else "number", text)

    def rooms(self, text: str) -> None:
        """Take a room, and what stands before it without words (3-2-501室)."""
        pieces = re.sub("号?[室房]$", "", text).split("-")
        if len(pieces) == 1 and self._wants_number() and re.fullmatch(r"\d{4,7}", pieces[0]):
            self.number(_number(pieces[0][:-_ROOM_DIGITS]))  # 路12501室, whose 号 was left out
            pieces = [pieces[0][-_ROOM_DIGITS:]]
        self._inner(pieces[:-1])
        self.put("room", pieces[-1])

    def _wants_number(self) -> bool:
        return "number" not in self.parts and self.before == "name" and self.last in {Kind.STREET, Kind.VILLAGE}

    def bare(self, pieces: list[str]) -> None:
        """Take numbers without words, by what was read before them."""
        if self.last is Kind.COMPOUND or "number" in self.parts or "block" in self.parts:
            *outer, last = pieces
            if len(last.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) >= _ROOM_DIGITS:
                self._inner(outer)
                self.put("room", last)
            else:
                self._inner(pieces)
        elif len(pieces) == 1 or len(pieces[1]) < _ROOM_DIGITS:
            self.put("number", _number("-".join(pieces[:2])))
            if pieces[2:]:
                self.put("room", pieces[-1])
        else:
            self.put("number", _number(pieces[0]))
            self.put("room", pieces[-1])

    def _inner(self, pieces: list[str]) -> None:
        """Put counts without words into block and unit, in this order, where they are free."""
        free = [name for name in ("block", "unit") if name not in self.parts]
        if "block" in self.parts or len(pieces) <= len(free):
            for name, piece in zip(free, pieces, strict=False):
                self.put(name, piece.lstrip("0") or piece)
        for piece in pieces[len(free) :]:
            self._left(piece)


TAKING: dict[str, Callable[[_Reader, str], None]] = {
    "name": _Reader.name,
    "rooms": _Reader.rooms,
    "number": lambda reader, text: reader.number(_number(text)),
    "sharp": lambda reader, text: reader.number(_number(text[:-1])),
    "lane": _Reader.lane,
    "bare": lambda reader, text: reader.bare(text.split("-")),
    "floor": lambda reader, text: reader.put("floor", str(_floor(text))),
    "group": lambda reader, text: reader.put("group", re.sub(r"\D", "", text).lstrip("0")),
    "block": lambda reader, text: reader.put("block", _count(text)),
    "unit": lambda reader, text: reader.put("unit", _count(text)),
}


def floor_of(room: str) -> int | None:
    """Give the storey that a room's number says: 501 → 5, 1203 → 12; None where it says none."""
    digits = room.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return int(digits[:-2]) or None if re.fullmatch(r"\d{3,4}", digits) else None


def _floor(text: str) -> int:
    if text.startswith("底"):
        return 1
    storey = int(re.sub(r"\D", "", text))
    return -storey if re.match("负|地下|-|B", text) else storey


def _count(text: str) -> str:
    """Give the count before 幢 or 单元 without leading zeros."""
    found = re.match(rf"{_COUNT}", text)
    return (found.group().lstrip("0") or "0") if found else text


def _number(text: str) -> str:
    """Give a door number in one form: 12, 12-1 (之1, 附1), 12甲."""
    body = re.sub("[之附]", "-", text.replace("号", "", 1)).lstrip("-")
    body = re.sub(rf"^([{_STEM}])(\d+)$", r"\2\1", body)
    found = re.sub(r"(?<!\d)0+(?=\d)", "", re.sub(r"号", "", body))
    return f"附{found}" if text.startswith("附") else found
