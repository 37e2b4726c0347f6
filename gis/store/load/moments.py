"""Moments as existing systems write them: an instant with its time, or a day alone, to which no time is invented."""

import re
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

MOMENT = re.compile(
    r"(?P<y>\d{4})(?:[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})日?|(?P<mm>\d{2})(?P<dd>\d{2}))"
    r"(?:[T\s]*(?P<h>\d{1,2})[:时点](?P<min>\d{1,2})分?(?::?(?P<s>\d{1,2})(?:[.,](?P<f>\d{1,9}))?秒?)?"
    r"\s*(?P<zone>Z|[-+]\d{2}:?\d{2})?)?"
)
USUAL = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?")
"""How nearly all systems write it: such a text needs no closer look."""


class Moments(NamedTuple):
    """A column's instants, None where empty or unreadable; the places that are days alone, and the unreadable ones."""

    values: npt.NDArray[np.object_]
    day_only: npt.NDArray[np.bool_]
    unreadable: npt.NDArray[np.bool_]


def moments(delivered: "pd.Series[Any]", zone: tzinfo) -> Moments:
    """Give a delivered column as instants; what names no zone is in `zone`, and a day is when it begins.

    A spreadsheet writes a day as its midnight. A midnight without a zone is therefore a day alone: that claims less
    than a visit at the stroke of twelve.
    """
    found = [_moment(value, zone) for value in delivered.astype(object)]
    values = np.empty(len(found), dtype=object)
    values[:] = [value for value, _, _ in found]
    return Moments(
        values,
        np.array([day for _, day, _ in found], dtype=bool),
        np.array([failed for _, _, failed in found], dtype=bool),
    )


def _moment(value: object, zone: tzinfo) -> tuple[datetime | None, bool, bool]:
    """Give the instant, whether only its day is known, and whether it could not be read."""
    if value is None or value is pd.NA or value is pd.NaT or value != value or str(value).strip() == "":  # noqa: PLR0124 - only NaN differs from itself
        return None, False, False
    if isinstance(value, pd.Timestamp):
        value = value.to_pydatetime()
    if not isinstance(value, date):
        try:
            value = _of_text(str(value).strip())
        except ValueError:
            return None, False, True
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            return value.astimezone(UTC), False, False
        if value.time() != time(0):
            return value.replace(tzinfo=zone).astimezone(UTC), False, False
        value = value.date()
    return datetime.combine(value, time(0), zone).astimezone(UTC), True, False


def _of_text(text: str) -> date:
    """Give a day or a moment of text; ValueError where it is neither."""
    if USUAL.fullmatch(text):
        return datetime.fromisoformat(text)
    found = MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(text)
    day = date(int(found["y"]), int(found["m"] or found["mm"]), int(found["d"] or found["dd"]))
    if found["h"] is None:
        return day
    microsecond = int((found["f"] or "").ljust(6, "0")[:6])
    clock = time(int(found["h"]), int(found["min"]), int(found["s"] or 0), microsecond)
    moment = datetime.combine(day, clock)
    if found["zone"] is None:
        return moment
    return datetime.fromisoformat(moment.isoformat() + found["zone"])
