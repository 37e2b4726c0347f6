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
DAY = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[T ].*)?")
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
    """Give a delivered column as the field's kind; distinct values are read once. A naive instant is in `zone`."""
    codes, distinct = pd.factorize(delivered.map(_hashable), use_na_sentinel=True)
    parse = _parser(field, zone)
    parsed = np.empty(len(distinct) + 1, dtype=object)
    failed = np.zeros(len(distinct) + 1, dtype=bool)
    for place, value in enumerate(distinct):
        try:
            parsed[place] = parse(value)
        except (ValueError, OverflowError, TypeError):
            failed[place] = True
    return Read(parsed[codes], failed[codes])


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
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value)
    if "\x00" in text:
        raise ValueError("a NUL byte")
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


def _date(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    found = DAY.fullmatch(_text(value))
    if found is None:
        raise ValueError(value)
    return date(*(int(part) for part in found.groups()))


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
    Kind.DATE: _date,
    Kind.UUID: _uuid,
    Kind.JSON: _json,
}
