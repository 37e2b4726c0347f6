"""Chinese addresses read into their parts: town, village, street, number, compound, block, unit, floor, room.

Parts are read by what they are and not by their order, which clerks change. Stored names are found first, so that a
numeral or an ending inside a name (三村, 八一路) is left alone; the rest is parted by the words that end a name, then
by those that follow a number. A bare number (3-2-501) means what its place says: block, unit and room in a compound,
number and room beside a street.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from gis.find.address_words import ANY_MARK, BEFORE_COUNTY, BESIDE, COUNT, GROUP, KINDS, MARKS, STEM, TOKEN, UNKNOWN
from gis.find.gazetteer import Gazetteer, Kind
from gis.find.numerals import SEPARATOR, counted, door_and_room, plain


class Address(NamedTuple):
    """The parts of an address; an empty text is a part that it lacks.

    Names are the stored ones where they were found, else as written. `place` is a name of no known kind after the
    village's, such as a hamlet; `beside` the word that says that it lies near another (旁, 对面); `floor` is -1 for the
    first one below ground; `unread` is what made no sense.
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


ROOM_DIGITS = 3
LOWEST, HIGHEST = -9, 200
"""Storeys that a house may have, as the layers say."""


def parsed(text: str | None, gazetteer: Gazetteer) -> Address:
    """Give the parts of an address; all empty where there is none. Never raises: what is not understood is `unread`."""
    if not text:
        return Address()
    names: list[str] = []
    clean = GROUP.sub(lambda found: counted(f"{found.group(1)}组"), re.sub(ANY_MARK, "", plain(text)))
    marked = "".join(_known(clean, gazetteer, names))
    reader = _Reader(iter(names))
    for token in TOKEN.finditer(_near(reader, marked)):
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
    rest = counted(BEFORE_COUNTY.sub("", text, count=1) if begins else text)
    found: list[tuple[int, str, str]] = []
    if len(rest) < 2:
        return rest
    for kind, pattern in UNKNOWN:
        pieces, at = [], 0
        for each in pattern.finditer(rest):
            if BESIDE.fullmatch(each.group(1)):
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
    found = BESIDE.search(text)
    if found is None:
        return text
    reader.beside = found.group().strip(SEPARATOR)
    return BESIDE.sub("", text)


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
        hamlet = len(word) >= 2 and self.last in {Kind.TOWN, Kind.VILLAGE} and "number" not in self.parts
        if hamlet:
            self.put("place", word)
        else:
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
        elif kind is Kind.VILLAGE and known != name and "number" not in self.parts:
            self.put("place", re.sub("(?:自然)?村$", "", name))
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

    def floor(self, text: str) -> None:
        """Take a storey; one that no house has is unread."""
        storey = _floor(text)
        if LOWEST <= storey <= HIGHEST:
            self.put("floor", str(storey))
        else:
            self._left(text)

    def rooms(self, text: str) -> None:
        """Take a room, and what stands before it without words (3-2-501室)."""
        pieces = re.sub("号?[室房]$", "", text).split("-")
        if len(pieces) == 1 and self._wants_number() and re.fullmatch(r"\d{4,7}", pieces[0]):
            both = door_and_room(pieces[0])  # 路12501室, whose 号 was left out
            if both is None:
                self._left(pieces[0])
                return
            self.number(both[0])
            pieces = [both[1]]
        self._inner(pieces[:-1])
        self.put("room", pieces[-1])

    def _wants_number(self) -> bool:
        return "number" not in self.parts and self.before == "name" and self.last in {Kind.STREET, Kind.VILLAGE}

    def bare(self, pieces: list[str]) -> None:
        """Take numbers without words, by what was read before them."""
        if self.last is Kind.COMPOUND or "number" in self.parts or "block" in self.parts:
            *outer, last = pieces
            if len(last.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) >= ROOM_DIGITS:
                self._inner(outer)
                self.put("room", last)
            else:
                self._inner(pieces)
        elif len(pieces) == 1 or len(pieces[1]) < ROOM_DIGITS:
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
    "floor": _Reader.floor,
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
    found = re.match(rf"{COUNT}", text)
    return (found.group().lstrip("0") or "0") if found else text


def _number(text: str) -> str:
    """Give a door number in one form: 12, 12-1 (之1, 附1), 12甲."""
    body = re.sub("[之附]", "-", text.replace("号", "", 1)).lstrip("-")
    body = re.sub(rf"^([{STEM}])(\d+)$", r"\2\1", body)
    found = re.sub(r"(?<!\d)0+(?=\d)", "", re.sub(r"号", "", body))
    return f"附{found}" if text.startswith("附") else found
