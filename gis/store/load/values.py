"""Delivered values as their field wants them: text, numbers, days, instants and choices, a column at a time."""

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import numpy.typing as npt
import pandas as pd

from gis.layer import Field, Kind, Value

YES = frozenset({"true", "t", "1", "1.0", "yes", "y", "是", "有", "真"})
NO = frozenset({"false", "f", "0", "0.0", "no", "n", "否", "无", "假"})
TIME = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[-+]\d{2}:?\d{2})?)?"
DAY = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))" + TIME)
OFFSET = re.compile(r".*:.*(?:Z|[-+]\d{2}:?\d{2})")
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
    parse = _parser(field, zone)
    once: dict[tuple[type, object], tuple[Value, bool]] = {}  # by type too: 1, 1.0 and True are equal to Python
    found = [_read_once(once, _hashable(value), parse) for value in delivered.astype(object)]
    values = np.empty(len(found), dtype=object)
    values[:] = [value for value, _ in found]
    return Read(values, np.array([failed for _, failed in found], dtype=bool))


def _read_once(
    once: dict[tuple[type, object], tuple[Value, bool]], value: object, parse: Callable[[object], Value]
) -> tuple[Value, bool]:
    """Give the value as the field's kind and whether it could not be read."""
    if value is None:
        return None, False
    known = once.get((type(value), value))
    if known is None:
        try:
            known = parse(value), False
        except (ValueError, OverflowError, TypeError):
            known = None, True
        once[type(value), value] = known
    return known


def _hashable(value: object) -> object:
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, np.ndarray):
        return json.dumps(value.tolist(), ensure_ascii=False)
    return (value.strip() or None) if isinstance(value, str) else value


def _parser(field: Field, zone: tzinfo) -> Callable[[object], Value]:
    if field.choices:
        return _choices(field)
    if field.kind is Kind.DATE:
        return lambda value: _date(value, zone)
    if field.kind is Kind.INSTANT:
        return lambda value: _instant(value, zone)
    return PARSERS[field.kind]


def _choices(field: Field) -> Callable[[object], Value]:
    meant: dict[str, str] = {}
    for choice in field.choices:
        for spelling in (*choice.source, choice.title, choice.title_en, choice.value):
            if spelling:
                meant[spelling] = choice.value
    for choice in field.choices:
        meant[choice.value] = choice.value
    return lambda value: meant.get(_text(value), meant.get("*", _text(value)))


def _text(value: object) -> str:
    if isinstance(value, (bytes, bytearray)):
        raise TypeError("bytes")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value)
    if "\x00" in text:
        raise ValueError("a NUL byte")
    text.encode()  # half of a surrogate pair is no text
    return text


def _integer(value: object) -> int:
    number = _real(value)
    if not number.is_integer():
        raise ValueError(value)
    whole = int(str(value)) if isinstance(value, int) or re.fullmatch(r"[-+]?\d+", str(value)) else int(number)
    if not -(2**63) <= whole < 2**63:
        raise OverflowError(value)
    return whole


def _real(value: object) -> float:
    if isinstance(value, (bool, np.bool_, date)):
        raise TypeError(value)
    number = float(str(value))
    if not math.isfinite(number) or "_" in str(value):
        raise ValueError(value)
    return number


def _boolean(value: object) -> bool:
    text = str(value).lower()
    if text not in YES | NO:
        raise ValueError(value)
    return text in YES


def _date(value: object, zone: tzinfo) -> date:
    if isinstance(value, datetime):
        return (value if value.tzinfo is None else value.astimezone(zone)).date()
    if isinstance(value, date):
        return value
    text = _text(value)
    found = DAY.fullmatch(text)
    if found is None:
        raise ValueError(value)
    if OFFSET.fullmatch(text):
        return datetime.fromisoformat(text.replace("/", "-")).astimezone(zone).date()
    return date(*(int(part) for part in found.groups() if part is not None))


def _instant(value: object, zone: tzinfo) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(_text(value).replace("/", "-"))
    if isinstance(moment, pd.Timestamp):
        moment = moment.to_pydatetime()
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


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
