"""The ways a layer is coloured, worked out from its definition: each a line of the layer control and of the legend."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import pandas as pd

from gis.find.states import State
from gis.layer import Field, Layer, Use
from web_map.columns import written
from web_map.packed import Integers
from web_map.state import LOOKS

Texts: TypeAlias = "pd.Series[str]"

SHADED = {Use.PATROL_AREA: "load"}
NUMBERED = {Use.ROUTE_STOP: "number"}
BOLD = frozenset({Use.PIPE_PLAN, Use.ROUTE})
SHADES = ("#e3eef0", "#c2dbe0", "#98c1ca", "#689fac", "#3f7d8c")
OTHER_COLOUR = "#c8c5bd"
SHADE_ORDER = 1


@dataclass(frozen=True)
class Entry:
    """One colour of a view, with how many of all given rows have it; a `remainder` is told only where it has rows."""

    title: str
    title_en: str
    colour: str
    count: int
    remainder: bool = False


@dataclass(frozen=True)
class View:
    """One way to colour a layer: a line of the layer control, and a section of the legend.

    `bars` are the shaded values of all rows with the place of their colour, the largest first.
    """

    title: str
    title_en: str
    entries: tuple[Entry, ...]
    places: Integers
    order: int
    width: float
    filled: bool
    shown: bool
    bold: bool = False
    quiet: bool = False
    bars: tuple[tuple[float, int], ...] = ()


def views(layer: Layer, frame: pd.DataFrame, drawable: pd.DataFrame, *, state_shown: bool) -> tuple[View, ...]:
    """Give the layer's own colours, then its check states and its shading where the frame has them.

    Counts are of all rows in `frame`, places of those in `drawable`. Reads `style.by`, `state` and the shaded field.
    """
    found = [_styled(layer, frame, drawable)]
    if "state" in frame:
        found.append(_states(layer, frame, drawable, shown=state_shown))
    shaded = next((SHADED[use] for use in sorted(layer.uses, key=lambda use: use.value) if use in SHADED), None)
    if shaded is not None and shaded in frame and frame[shaded].notna().any():
        found.append(_shaded(layer, layer.field(shaded), frame, drawable))
    return tuple(found)


def _styled(layer: Layer, frame: pd.DataFrame, drawable: pd.DataFrame) -> View:
    style = layer.style
    bold = bool(layer.uses & BOLD)
    if not style.by or style.by not in frame:
        entries: tuple[Entry, ...] = (Entry(layer.title, layer.title_en, style.colour, len(frame)),)
        places = np.zeros(len(drawable), dtype=np.int64)
    else:
        choices = layer.field(style.by).choices
        known = [each.value for each in choices]
        tally = np.bincount(_place(frame[style.by], known), minlength=len(known) + 2).tolist()
        entries = (
            *(
                Entry(each.title, each.title_en or each.value, each.colour or style.colour, count)
                for each, count in zip(choices, tally, strict=False)
            ),
            Entry("其他值", "Other value", OTHER_COLOUR, tally[-2], remainder=True),
            Entry("未填", "Not given", style.colour, tally[-1], remainder=True),
        )
        places = _place(drawable[style.by], known)
    return View(
        layer.title, layer.title_en, entries, places, style.order, style.width, style.fill, style.shown, bold=bold
    )


def _place(values: Texts, known: Iterable[str]) -> Integers:
    order = {value: place for place, value in enumerate(known)}
    other, empty = len(order), len(order) + 1
    found = [
        empty if missing else order.get(value, other) for value, missing in zip(values, values.isna(), strict=True)
    ]
    return np.array(found, dtype=np.int64)


def _states(layer: Layer, frame: pd.DataFrame, drawable: pd.DataFrame, *, shown: bool) -> View:
    order = list(State)
    tally = frame["state"].map(State).value_counts()
    return View(
        f"{layer.title}检查状态",
        f"{layer.title_en}: check state",
        tuple(Entry(each.zh, *LOOKS[each], int(tally.get(each, 0))) for each in order),
        np.array([order.index(State(value)) for value in drawable["state"]], dtype=np.int64),
        layer.style.order + 1,
        layer.style.width,
        filled=True,
        shown=shown,
    )


def _shaded(layer: Layer, by: Field, frame: pd.DataFrame, drawable: pd.DataFrame) -> View:
    loads = frame[by.name].astype(float)
    edges = np.linspace(loads.min(), loads.max(), len(SHADES) + 1)
    if edges[0] == edges[-1]:
        edges = edges[[0, -1]]
    inner = edges[1:-1]
    tally = np.bincount(np.searchsorted(inner, loads.dropna(), side="right"), minlength=len(edges) - 1)
    entries = tuple(
        Entry(f"{low:,.0f}–{high:,.0f}", "", SHADES[place], int(tally[place]))
        for place, (low, high) in enumerate(pairwise(edges))
    )
    places = np.searchsorted(inner, drawable[by.name].astype(float).fillna(edges[0]), side="right").astype(np.int64)
    title, title_en = f"{layer.title}{by.title}", f"{layer.title_en}: {by.title_en.lower()}"
    known = np.sort(loads.dropna().to_numpy())[::-1]
    bars = tuple(zip(known.tolist(), np.searchsorted(inner, known, side="right").tolist(), strict=True))
    return View(
        title, title_en, entries, places, SHADE_ORDER, 0, filled=True, shown=layer.style.shown, quiet=True, bars=bars
    )


def labels(layer: Layer, frame: pd.DataFrame) -> tuple[str, ...]:
    """Give the text that stands on each row of a shaded or numbered layer, without decimals; none for other layers."""
    told = SHADED | NUMBERED
    name = next((told[use] for use in sorted(layer.uses, key=lambda use: use.value) if use in told), None)
    if name is None or name not in frame:
        return ()
    by = layer.field(name)
    whole = (round(value) if isinstance(value, float) and not pd.isna(value) else value for value in frame[name])
    return tuple("" if pd.isna(value) else written(by, value) for value in whole)
