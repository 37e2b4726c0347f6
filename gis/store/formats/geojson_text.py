"""Walk the text of a GeoJSON file feature by feature, so that a large file is never held as objects all at once."""

import json
import re
from collections.abc import Generator, Iterator

from gis.errors import DeliveryError
from gis.store.formats.delivered import shown

SPACE = re.compile(r"[ \t\n\r]*")
DIGITS_MOST = 300
"""Whole numbers of more digits become reals (infinite above 1e308): Python refuses to read them as whole numbers."""


def decoded(data: bytes) -> str:
    """Give the text of a file in UTF-8, with or without a byte order mark; DeliveryError for any other encoding."""
    encoding = json.detect_encoding(data)
    if not encoding.startswith("utf-8"):
        raise DeliveryError(f"expected text in UTF-8, got {encoding.upper()}; save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        came = f"the byte 0x{data[error.start]:02X} in line {line}"
        raise DeliveryError(f"expected text in UTF-8, got {came}; save it as UTF-8") from None


def collected(text: str) -> str:
    """Give features that stand one a line (newline-delimited GeoJSON, RFC 8142) as one collection; else the text.

    Lines keep their numbers, so that what is wrong is found in the file.
    """
    lines = [line.strip(" \t\r\x1e") for line in text.split("\n")]
    filled = [line for line in lines if line]
    one_a_line = len(filled) > 1 or text.lstrip().startswith("\x1e")
    if not (one_a_line and all(line.startswith("{") and line.endswith("}") for line in filled)):
        return text
    last = max(place for place, line in enumerate(lines) if line)
    listed = [f"{line}," if line and place < last else line for place, line in enumerate(lines)]
    return '{"type": "FeatureCollection", "features": [' + "\n".join(listed) + "]}"


class Document:
    """The one JSON object of a GeoJSON text.

    After `features` has been walked to its end, `members` holds the object's other members, `listed` whether there was
    a list of features, and `doubled` the names that stood twice inside the other members.
    """

    def __init__(self, text: str) -> None:
        self.members: dict[str, object] = {}
        self.listed = False
        self.doubled: tuple[str, ...] = ()
        self._text = text
        self._met: list[str] = []
        self._decoder = json.JSONDecoder(object_pairs_hook=self._object, parse_int=_whole)

    def features(self) -> Iterator[tuple[object, tuple[str, ...]]]:
        """Yield each feature with the names that stand twice in one of its objects.

        DeliveryError where the text is not JSON, with line and column, or nests too deeply to be read.
        """
        try:
            yield from self._walk()
        except json.JSONDecodeError as error:
            place = f"line {error.lineno}, column {error.colno}"
            raise DeliveryError(f"expected JSON, got at {place}: {error.msg.lower()}") from None
        except RecursionError:
            raise DeliveryError("expected GeoJSON, got lists or objects nested too deeply to be read") from None

    def _walk(self) -> Iterator[tuple[object, tuple[str, ...]]]:
        place = self._space(0)
        if self._text[place : place + 1] != "{":
            value, _ = self._decoder.raw_decode(self._text, place)
            raise DeliveryError(f"expected a GeoJSON object, got {shown(value)}")
        place = self._space(place + 1)
        more = self._text[place : place + 1] != "}"
        while more:
            name, place = self._name(place)
            if name == "features" and self._text[place : place + 1] == "[":
                self.listed = True
                place = yield from self._list(place + 1)
            else:
                self.members[name], place = self._decoder.raw_decode(self._text, place)
                self.doubled += self._taken()
            more, place = self._next(place, "}")
            if more and self._text[place : place + 1] != '"':
                raise self._error("expecting property name enclosed in double quotes", place)
        place = self._space(place + 1)
        if place != len(self._text):
            raise self._error("extra data", place)

    def _name(self, place: int) -> tuple[str, int]:
        if self._text[place : place + 1] != '"':
            raise self._error("expecting property name enclosed in double quotes", place)
        name, place = self._decoder.raw_decode(self._text, place)
        if name in self.members or (name == "features" and self.listed):
            raise DeliveryError(f"expected each member once, got {shown(name)} twice")
        place = self._space(place)
        if self._text[place : place + 1] != ":":
            raise self._error("expecting ':' delimiter", place)
        return name, self._space(place + 1)

    def _list(self, place: int) -> Generator[tuple[object, tuple[str, ...]], None, int]:
        place = self._space(place)
        more = self._text[place : place + 1] != "]"
        while more:
            value, place = self._decoder.raw_decode(self._text, place)
            yield value, self._taken()
            more, place = self._next(place, "]")
        return place + 1

    def _next(self, place: int, end: str) -> tuple[bool, int]:
        """Give whether another value follows, and where it or the `end` stands."""
        place = self._space(place)
        if self._text[place : place + 1] == end:
            return False, place
        if self._text[place : place + 1] != ",":
            raise self._error("expecting ',' delimiter", place)
        return True, self._space(place + 1)

    def _space(self, place: int) -> int:
        match = SPACE.match(self._text, place)
        return match.end() if match else place

    def _error(self, reason: str, place: int) -> json.JSONDecodeError:
        return json.JSONDecodeError(reason, self._text, place)

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        members = dict(pairs)
        if len(members) < len(pairs):
            names = [name for name, _ in pairs]
            self._met += sorted({name for name in names if names.count(name) > 1})
        return members

    def _taken(self) -> tuple[str, ...]:
        met = tuple(self._met)
        self._met.clear()
        return met


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= DIGITS_MOST else float(digits)
