"""What a number in a sheet means by the form it is shown in: a day, a month, a time, a share, a padded code."""

import re
from datetime import date, datetime, timedelta
from enum import Enum

Cell = str | int | float | bool | None

EXACT_DIGITS = 15
"""Digits that a spreadsheet keeps of a number; the others of a longer code are zeros by now."""
LAST_SERIAL = 2958466
"""The day after 9999-12-31."""
LEAP_SERIAL = 60
"""1900-02-29, a day that spreadsheets have and the calendar has not."""
SKIPPED = re.compile(r'"[^"]*"|\\.|[_*].|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE | re.DOTALL)


class Form(Enum):
    """How a number is to be read."""

    NUMBER = "number"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    CLOCK = "clock"
    SPAN = "span"
    SHARE = "share"
    PADDED = "padded"


BUILT_IN = {
    **dict.fromkeys((9, 10), Form.SHARE),
    **dict.fromkeys((14, 15, 16, 22, 28, 29, 30, 31, 51, 53, 54, 58), Form.DAY),
    **dict.fromkeys((17, 27, 36, 50, 52, 57), Form.MONTH),
    **dict.fromkeys((18, 19, 20, 21, 32, 33, 34, 35, 45, 47, 55, 56), Form.CLOCK),
    46: Form.SPAN,
}
"""Forms that a file names by number alone (ECMA-376 18.8.30); 27 to 36 and 50 to 58 as in Chinese."""


def form_of(number: int, code: str | None) -> Form:
    """Give the form of a number format: of its code, or of its number where the file gives no code for it."""
    if code is None:
        return BUILT_IN.get(number, Form.NUMBER)
    shown = SKIPPED.sub("", code).split(";")[0].lower()
    if not shown or "general" in shown:
        return Form.NUMBER
    if re.fullmatch("0{2,}", shown.strip()) and code.strip() == shown.strip():
        return Form.PADDED
    if "%" in shown:
        return Form.SHARE
    if "[" in shown:
        return Form.SPAN
    return _calendar(shown)


def _calendar(shown: str) -> Form:
    if re.search("[0#?]", re.sub(r"s\.0+", "s", shown)):
        return Form.NUMBER
    clock = "h" in shown or "s" in shown
    if "d" in shown or ("aaa" in shown and "m" not in shown):
        return Form.DAY
    if "y" in shown or "e" in shown:
        return Form.DAY if clock else Form.MONTH if "m" in shown else Form.YEAR
    if clock:
        return Form.CLOCK
    return Form.MONTH if "m" in shown else Form.NUMBER


def number(text: str) -> int | float | str:
    """Give a number of a sheet, as a whole number where it is one; text where it is none.

    A whole number of more digits than a sheet keeps comes in the scientific form in which a sheet shows it, so that
    nobody takes its last digits for those of a code.
    """
    try:
        value = float(text)
    except ValueError:
        return text
    if "_" in text or not abs(value) < float("inf"):
        return text
    if not value.is_integer():
        return value
    return int(value) if abs(value) < 10**EXACT_DIGITS else lost(value)


def lost(value: float) -> str:
    """Give a whole number whose last digits are lost as a sheet shows it: 3.30784198001011E+17."""
    mantissa, _, exponent = f"{value:.14E}".partition("E")
    return f"{mantissa.rstrip('0').rstrip('.')}E{exponent}"


def formed(value: float | str, form: Form, digits: int, *, from_1904: bool) -> Cell:
    """Give a cell's number in its form: days as ISO text, months and years without a day that nobody wrote.

    `digits` are those of a padded number. What has no place in the calendar stays a number.
    """
    if isinstance(value, str) or form in {Form.NUMBER, Form.SHARE}:
        return value
    if form is Form.PADDED:
        return str(value).zfill(digits) if isinstance(value, int) and value >= 0 else value
    if form is Form.SPAN:
        return _span(value)
    if form is Form.CLOCK and 0 <= value < 1:
        return _span(value)
    moment = _moment(value, from_1904=from_1904)
    return value if moment is None else _written(moment, form)


def _moment(serial: float, *, from_1904: bool) -> datetime | None:
    days = serial + 1462 if from_1904 else serial
    if not 1 <= days < LAST_SERIAL or (LEAP_SERIAL <= days < LEAP_SERIAL + 1 and not from_1904):
        return None
    start = datetime(1899, 12, 30) if days > LEAP_SERIAL else datetime(1899, 12, 31)  # noqa: DTZ001 - a sheet has no zone
    whole = int(days)
    moment = start + timedelta(days=whole, seconds=round((days - whole) * 86400))
    return moment if moment.year <= date.max.year else None


def _written(moment: datetime, form: Form) -> str:
    day = moment.date()
    at_midnight = moment.time() == datetime.min.time()
    if form is Form.MONTH and at_midnight and day.day == 1:
        return f"{day.year:04d}-{day.month:02d}"
    if form is Form.YEAR and at_midnight and (day.month, day.day) == (1, 1):
        return f"{day.year:04d}"
    return day.isoformat() if at_midnight else moment.isoformat()


def _span(value: float) -> str:
    minutes, seconds = divmod(round(abs(value) * 86400), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{'-' if value < 0 else ''}{hours:02d}:{minutes:02d}:{seconds:02d}"
