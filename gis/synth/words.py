"""Rows in an office's words: Chinese headings, choices by their title, 是 and 否; as cells of a sheet or as text."""

from collections.abc import Sequence
from datetime import date, datetime

import pandas as pd

from gis.layer import Field, Kind, Layer
from gis.synth.delivery import Column

BESIDE = {"town": "镇街"}
"""Columns beside a layer's fields and their headings."""


def headings(layer: Layer, frame: pd.DataFrame, *, without: Sequence[str] = ()) -> pd.DataFrame:
    """Give the columns of a layer's frame that hold anything, under Chinese headings, as cells: text, numbers, days."""
    found = {}
    for field in layer.fields:
        if field.name in frame and field.name not in without and frame[field.name].notna().any():
            found[field.zh or field.name] = cells(field, frame[field.name])
    for name, heading in BESIDE.items():
        if name in frame and all(field.name != name for field in layer.fields):
            found[heading] = frame[name].astype(object)
    return pd.DataFrame(found, index=frame.index)


def cells(field: Field, values: Column) -> Column:
    """Give a field's values as an office writes them: titles, 是 and 否, moments to the minute; None where empty."""
    if field.choices:
        titles = field.titles
        return pd.Series([titles.get(each) for each in values], index=values.index, dtype=object)
    if field.kind is Kind.BOOLEAN:
        return pd.Series([_yes(each) for each in values], index=values.index, dtype=object)
    if field.kind is Kind.INSTANT:
        return pd.Series([_moment(each) for each in values], index=values.index, dtype=object)
    return values


def texts(rows: pd.DataFrame, *, day: str = "%Y-%m-%d") -> pd.DataFrame:
    """Give cells as text, days in the form `day`; None where empty."""
    return pd.DataFrame({name: [_text(each, day) for each in rows[name]] for name in rows}, index=rows.index)


def _yes(value: object) -> str | None:
    return None if value is None else "是" if value else "否"


def _moment(value: object) -> str | None:
    return value.strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else None


def _text(value: object, day: str) -> str | None:
    if value is None or value is pd.NaT or value != value:  # noqa: PLR0124  only NaN differs from itself
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, date):
        return value.strftime(day)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)
