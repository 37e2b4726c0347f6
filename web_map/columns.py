"""The lines of a popup, worked out from a layer's fields: only what a planner may see."""

import json
import math
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np
import pandas as pd

from gis.find.states import State
from gis.layer import Field, Kind, Layer, Role
from web_map.packed import Integers

READER = frozenset({Role.PLANNER})
UNITS = {"yuan": "元", "yuan/m": "元/m", "d": "天"}
WHOLE_ROW = {"*": "整行", "geom": "位置", "geometry": "位置"}


@dataclass(frozen=True)
class Column:
    """One line of a popup: its label, and for each row the place (from 1; 0 is empty) of its text among `texts`.

    What is `kept` is never left out to save room: the reader would be misled without it. What `identifies` goes last.
    """

    label: str
    unit: str
    texts: tuple[str, ...]
    places: Integers
    kept: bool = False
    identifies: bool = False


def columns(layer: Layer, frame: pd.DataFrame) -> tuple[Column, ...]:
    """Give the popup's lines in field order, then the check state and what is invented; empty ones are left out.

    Reads the layer's fields, `state` and `invented`, each where present. What a planner sees masked is masked here.
    """
    view = layer.visible(READER)
    shown = [each for each in layer.fields if each.popup and each in (*view.plain, *view.masked) and each.name in frame]
    found = [_column(each, frame[each.name], masked=each in view.masked) for each in shown]
    found = [replace(column, identifies=each.name == layer.key) for each, column in zip(shown, found, strict=True)]
    if "state" in frame:
        states = frame["state"].map(lambda value: State(value).zh)
        found.append(_told("检查状态", states))
    if "invented" in frame:
        found.append(_told("合成", frame["invented"].map(lambda names: "、".join(titles(layer, names)) or None)))
    return tuple(each for each in found if each.places.any())


def _column(each: Field, values: "pd.Series[str]", *, masked: bool) -> Column:
    hashable = values.map(_json) if each.kind is Kind.JSON else values
    places, distinct = pd.factorize(hashable)
    texts = [written(each, value) for value in distinct]
    if masked and each.mask is not None:
        texts = [each.mask.apply(text) or "" for text in texts]
    place_of = {text: place for place, text in enumerate(dict.fromkeys(texts), start=1)}
    merged = np.array([*(place_of[text] for text in texts), 0], dtype=np.int64)
    return Column(each.title, UNITS.get(each.unit, each.unit), tuple(place_of), merged[places])


def _told(label: str, values: "pd.Series[str]") -> Column:
    places, distinct = pd.factorize(values)
    return Column(label, "", tuple(str(each) for each in distinct), places.astype(np.int64) + 1, kept=True)


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)


def written(each: Field, value: object) -> str:
    """Give a value as a planner reads it: a choice by its Chinese title, numbers grouped, dates as written in ISO."""
    chosen = each.choice(value)
    if chosen is not None:
        return chosen.title
    if each.kind is Kind.BOOLEAN:
        return "是" if value else "否"
    if each.kind in {Kind.INTEGER, Kind.REAL} and isinstance(value, (int, float, np.number)):
        return _number(float(value), grouped=each.kind is Kind.REAL)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    return value.isoformat() if isinstance(value, date) else str(value)


def _number(value: float, *, grouped: bool) -> str:
    if not math.isfinite(value) or 0 < abs(value) < 0.001:
        return f"{value:.3g}"
    return f"{value:,.3f}".rstrip("0").rstrip(".") if grouped else f"{value:.0f}"


def titles(layer: Layer, names: object) -> list[str]:
    """Give the Chinese titles of the fields named in one cell of the column `invented`; none where it is empty."""
    if not isinstance(names, (list, tuple, set, frozenset, np.ndarray)):
        return []
    known = {each.name: each.title for each in layer.fields} | WHOLE_ROW
    return [known.get(str(name), str(name)) for name in names]
