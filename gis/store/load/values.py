"""Delivered values as their field wants them: text, numbers, days, instants and choices, a column at a time."""

import json
import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, tzinfo
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import numpy.typing as npt
import pandas as pd

from gis.layer import Field, Kind, Value
from gis.store.load.destroyed import destroyed, rounded
from gis.store.load.units import written_units

YES = frozenset({"true", "t", "1", "1.0", "yes", "y", "是", "有", "真", "√", "✓", "✔", "☑"})
NO = frozenset({"false", "f", "0", "0.0", "no", "n", "否", "无", "假", "×", "✗", "✘", "☒"})
TIME = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[-+]\d{2}:?\d{2})?)?"
DAY = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))" + TIME)
OFFSET = re.compile(r".*:.*(?:Z|[-+]\d{2}:?\d{2})")
SIGNS = str.maketrans({"−": "-", "–": "-", "。": "."})
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u2060\ufeff"
"""Characters without a look that come along when text is copied from a page or a chat."""
WIDE = re.compile(r"[ -~\uff01-\uff5e\u3000]*[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a][ -~\uff01-\uff5e\u3000]*")
"""Text of nothing but letters, digits and signs, some of them full-width: typed with the other setting of the keys."""
PLAIN = re.compile("[0-9A-Za-z_./-]+")
"""Text in which nothing is to be put right: most codes are such, and there are as many as rows."""
ALIKE = frozenset({"string", "integer", "floating", "boolean", "date"})
"""Columns of one type, as pandas names them: what is equal there is the same."""
INTACT = "intact text"
EXPECTED = {
    Kind.TEXT: "text",
    Kind.INTEGER: "a whole number",
    Kind.REAL: "a number",
    Kind.BOOLEAN: "yes or no (是, 否, true, false)",
    Kind.DATE: "a day such as 2026-03-04",
    Kind.INSTANT: "an instant such as 2026-03-04T09:30+08:00",
    Kind.UUID: "a UUID",
    Kind.JSON: "a JSON object",
}


class Read(NamedTuple):
    """A column's values, None where empty or unreadable, and the places that could not be read."""

    values: npt.NDArray[np.object_]
    unreadable: npt.NDArray[np.bool_]


def read(field: Field, delivered: "pd.Series[Any]", zone: tzinfo = UTC) -> Read:
    """Give a delivered column as the field's kind; distinct values are read once.

    A naive instant is in `zone`, and an instant that is delivered as a day is the day it falls on in `zone`.
    """
    places, distinct = _distinct(delivered)
    parse = _intact(field, _parser(field, zone))
    as_it_is = field.kind is Kind.TEXT and not field.choices
    once = [
        (value, False) if as_it_is and type(value) is str and PLAIN.fullmatch(value) else _read_once(value, parse)
        for value in distinct
    ] + [(None, False)]  # the last for place -1
    values = np.empty(len(once), dtype=object)
    values[:] = [value for value, _ in once]
    return Read(values[places], np.array([failed for _, failed in once], dtype=bool)[places])


def _distinct(delivered: "pd.Series[Any]") -> tuple[npt.NDArray[np.intp], Sequence[object]]:
    """Give per row the place of its value among the distinct ones, -1 where it is empty, and the distinct ones."""
    if pd.api.types.infer_dtype(delivered, skipna=True) in ALIKE:
        codes, values = pd.factorize(delivered.to_numpy(dtype=object))
        return codes, list(values)
    once: dict[tuple[type, object], int] = {}  # by type too: 1, 1.0 and True are equal to Python
    given = [_hashable(value) for value in delivered.astype(object)]
    places = [-1 if value is None else once.setdefault((type(value), value), len(once)) for value in given]
    return np.array(places, dtype=np.intp), [value for _, value in once]


def _read_once(delivered: object, parse: Callable[[object], Value]) -> tuple[Value, bool]:
    """Give the value as the field's kind and whether it could not be read."""
    value = _hashable(delivered)
    if value is None:
        return None, False
    try:
        return parse(value), False
    except (ValueError, OverflowError, TypeError):
        return None, True


def _hashable(value: object) -> object:
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, np.ndarray):
        return json.dumps(value.tolist(), ensure_ascii=False)
    return (value.strip().strip(INVISIBLE).strip() or None) if isinstance(value, str) else value


def _intact(field: Field, parse: Callable[[object], Value]) -> Callable[[object], Value]:
    """Give the parser with destroyed text refused: what is left of it must not be stored as if it were the value."""
    lost = _lost(field)

    def parsed(value: object) -> Value:
        if isinstance(value, str) and lost(value):
            raise ValueError(value)
        return parse(value)

    return parsed


def expected(field: Field, value: object) -> str:
    """Give in words what an unreadable value should have been."""
    if isinstance(value, str) and _lost(field)(value):
        return INTACT
    return EXPECTED[field.kind]


def _lost(field: Field) -> Callable[[str], bool]:
    """Give what tells destroyed text in a column of the field: a rounded code is none to a column of reals."""
    if field.kind not in {Kind.TEXT, Kind.INTEGER}:
        return destroyed
    return lambda text: destroyed(text) or rounded(text)


def _narrow(text: str) -> str:
    """Give text with full-width digits and signs as plain ones."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text.translate(SIGNS)).strip()


def _parser(field: Field, zone: tzinfo) -> Callable[[object], Value]:
    if field.choices:
        return _choices(field)
    if field.kind is Kind.DATE:
        return lambda value: _date(value, zone)
    if field.kind is Kind.INSTANT:
        return lambda value: _instant(value, zone)
    if written_units(field) and field.kind in {Kind.INTEGER, Kind.REAL}:
        return _measured(field)
    return PARSERS[field.kind]


def _measured(field: Field) -> Callable[[object], Value]:
    """Give the parser of a number that may be followed by the field's own unit, and by no other."""
    written = tuple(sorted({_narrow(each) for each in written_units(field)}, key=len, reverse=True))
    parse = PARSERS[field.kind]

    def parsed(value: object) -> Value:
        if not isinstance(value, str):
            return parse(value)
        text = _narrow(value)
        unit = next((each for each in written if text.endswith(each)), "")
        return parse(text.removesuffix(unit).strip())

    return parsed


def _choices(field: Field) -> Callable[[object], Value]:
    meant: dict[str, str] = {}
    for choice in field.choices:
        for spelling in (*choice.source, choice.title, choice.title_en, choice.value):
            if spelling:
                meant[spelling] = choice.value
    for choice in field.choices:
        meant[choice.value] = choice.value
    narrow = {_narrow(spelling): value for spelling, value in meant.items()}

    def parsed(value: object) -> Value:
        text = _text(value)
        found = meant.get(text) or narrow.get(_narrow(text))
        return found if found is not None else meant.get("*", text)

    return parsed


def _text(value: object) -> str:
    if isinstance(value, (bytes, bytearray)):
        raise TypeError("bytes")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value)
    if "\x00" in text:
        raise ValueError("a NUL byte")
    text.encode()  # half of a surrogate pair is no text
    return text if text.isascii() or WIDE.fullmatch(text) is None else _narrow(text)


def _integer(value: object) -> int:
    number = _real(value)
    if not number.is_integer():
        raise ValueError(value)
    text = _narrow(str(value))
    whole = int(text) if isinstance(value, int) or re.fullmatch(r"[-+]?\d+", text) else int(number)
    if not -(2**63) <= whole < 2**63:
        raise OverflowError(value)
    return whole


def _real(value: object) -> float:
    if isinstance(value, (bool, np.bool_, date)):
        raise TypeError(value)
    text = _narrow(str(value))
    number = float(text)
    if not math.isfinite(number) or "_" in text:
        raise ValueError(value)
    return number


def _boolean(value: object) -> bool:
    text = _narrow(str(value)).lower()
    if text not in YES | NO:
        raise ValueError(value)
    return text in YES


def _date(value: object, zone: tzinfo) -> date:
    if isinstance(value, datetime):
        return (value if value.tzinfo is None else value.astimezone(zone)).date()
    if isinstance(value, date):
        return value
    text = _day_text(value)
    found = DAY.fullmatch(text)
    if found is None:
        raise ValueError(value)
    if OFFSET.fullmatch(text):
        return datetime.fromisoformat(text.replace("/", "-")).astimezone(zone).date()
    return date(*(int(part) for part in found.groups() if part is not None))


def _day_text(value: object) -> str:
    """Give a day as text in plain digits, without the spaces around 年, 月 and 日."""
    return re.sub(r"\s*([年月日])\s*(?=[年月日\d]|$)", r"\1", _narrow(_text(value)))


def _instant(value: object, zone: tzinfo) -> datetime:
    moment = value if isinstance(value, datetime) else _moment(_narrow(_text(value)))
    if isinstance(moment, pd.Timestamp):
        moment = moment.to_pydatetime()
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def _moment(text: str) -> datetime:
    """Give the instant of ISO text, or of a day in any form of `DAY` with a time behind it."""
    found = DAY.match(_day_text(text))
    if found is None or ("年" not in text and "." not in text[:10] and "/" not in text):
        return datetime.fromisoformat(text)
    year, month, day = (int(part) for part in found.groups() if part is not None)
    rest = _day_text(text)[len(found[0].partition(" ")[0].partition("T")[0]) :].strip().lstrip("T")
    return datetime.fromisoformat(f"{year:04d}-{month:02d}-{day:02d}" + (f"T{_clock(rest)}" if rest else ""))


def _clock(text: str) -> str:
    """Give a time of day with two digits of hours."""
    return text if text[1:2] != ":" else f"0{text}"


def _uuid(value: object) -> UUID:
    return value if isinstance(value, UUID) else UUID(_text(value))


def _json(value: object) -> dict[str, object]:
    found = json.loads(_text(value))
    if not isinstance(found, dict):
        raise TypeError(value)
    return found


PARSERS: dict[Kind, Callable[[object], Value]] = {
    Kind.TEXT: _text,
    Kind.INTEGER: _integer,
    Kind.REAL: _real,
    Kind.BOOLEAN: _boolean,
    Kind.UUID: _uuid,
    Kind.JSON: _json,
}
