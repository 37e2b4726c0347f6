"""The visits that fall due in a span of days: whose, where, since when, how long; and the areas they lie in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from gis import layers
from gis.errors import Refused
from gis.find.duty import REACH_M, areas_in_force
from gis.find.states import Moment, State, Where, states
from gis.layer import Layer, Use
from gis.plan.rounds import LONG_AGO, Storm
from gis.plan.workdays import every_day
from gis.run.handover import PLAN, Old, old_areas
from gis.run.record import latest, named
from gis.run.workload import minutes_of
from gis.store.county import County
from gis.store.versions import in_force
from gis.store.views import spot_column

Texts = npt.NDArray[np.object_]
Integers = npt.NDArray[np.int64]

TYPHOON, AFTER = "typhoon", "after_typhoon"
"""What follows the kind of a visit in the name of the rules that hold in a typhoon, and after it."""
COLUMNS = (
    *("layer", "object_id", "object_key", "kind", "category", "town", "x", "y"),
    *("due_on", "every", "notice", "minutes", "brisk", "skill"),
)


@dataclass(frozen=True, slots=True)
class Span:
    """The days of a calendar, both ends included; days are numbered from 0."""

    first: date
    last: date

    @property
    def days(self) -> tuple[date, ...]:
        """Every day of it."""
        return every_day(self.first, self.last)

    def number(self, day: date) -> int:
        """Give the number of a day, below 0 before the first."""
        return (day - self.first).days

    def day(self, number: int) -> date | None:
        """Give the day of a number; None for one so long ago that it stands for never."""
        return None if number < LONG_AGO // 2 else self.first + timedelta(days=number)


@dataclass(frozen=True, slots=True, eq=False)
class Due:
    """What falls due: one row per object with its first visit, in order of layer and key, and the storm in numbers.

    `frame` has layer, object_id, object_key, kind, category, town (code or None), x, y (storage metres), due (number of
    the due day, `LONG_AGO` where never checked), every and notice (days), brisk (days between visits in the storm, 0:
    no other), minutes, skill (empty: none is needed), area and worker (code or None). `minutes` is what a visit of each
    kind takes, `workers` are all who have an area in the run `areas`; `in_force` is the run whose areas hold on the
    first day (None: none do). `middles` are the middles of the areas of each worker, in storage metres.
    """

    frame: pd.DataFrame
    storm: Storm | None
    areas: int
    in_force: int | None
    workers: tuple[str, ...]
    minutes: dict[str, float]
    middles: dict[str, tuple[float, float]]


def due_visits(
    connection: sa.Connection, county: County, span: Span, *, areas: str | None, typhoon: Span | None
) -> Due:
    """Give the visits that fall due up to the end of a span, as live states and the rules of its first day have it.

    Never checked and overdue objects are among them, and in a typhoon all that its rules name. Nothing is taken to be
    checked between now and the first day. An object lies in the area of the run `areas` (as `areas_of` gives it) that
    holds its point, of several in the first, as in duty. Refused where no areas are made or no rule is stored for the
    typhoon.
    """
    minutes = minutes_of(connection, county, {})
    run = areas_of(connection, county, areas, span.first)
    patrolled = [layer for layer in layers.every() if layer.patrol is not None]
    brisk = {
        layer.name: _rules(connection, county, layer, TYPHOON, span.first) if typhoon else {} for layer in patrolled
    }
    if typhoon is not None and not any(brisk.values()):
        raise Refused(
            "--typhoon: 没有台风期间检查周期的规则 · expected a rule such as house_check_typhoon.C, got none: "
            "`wangge law apply` brings the shipped ones"
        )
    parts = [_due(connection, county, layer, span, brisk[layer.name]) for layer in patrolled]
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
    frame["minutes"] = frame["kind"].map(minutes).astype(float)
    frame["due"] = _numbers(frame["due_on"].tolist(), span)
    made = old_areas(connection, county, str(run))
    area, worker = _placed(made, frame)
    frame = frame.assign(area=area, worker=worker)
    workers = tuple(sorted({code for code in made.workers if code is not None}))
    storm = None
    if typhoon is not None:
        after = [rule for layer in patrolled for rule in _rules(connection, county, layer, AFTER, span.first).values()]
        storm = Storm(span.number(typhoon.first), span.number(typhoon.last), min(after, default=0))
    in_force = areas_in_force(connection, county, span.first)
    return Due(frame.drop(columns="due_on"), storm, run, in_force, workers, minutes, _middles(made))


def _middles(areas: Old) -> dict[str, tuple[float, float]]:
    found: dict[str, list[BaseGeometry]] = {}
    for worker, shape in zip(areas.workers, areas.shapes, strict=True):
        if worker is not None:
            found.setdefault(worker, []).append(shape)
    middles = {worker: shapely.centroid(shapely.geometrycollections(shapes)) for worker, shapes in found.items()}
    return {worker: (float(middle.x), float(middle.y)) for worker, middle in middles.items()}


def areas_of(connection: sa.Connection, county: County, given: str | None, day: date) -> int:
    """Give the run of patrol areas that is named; where none is, as `areas_on` has it. Refused where there is none."""
    if given is not None:
        return int(named(connection, county, PLAN, given, option="--areas").id)
    found = areas_on(connection, county, day)
    if found is None:
        raise Refused("没有巡查片区 · no patrol areas are made: `wangge patrol areas --workers N` makes them")
    return found


def areas_on(connection: sa.Connection, county: County, day: date) -> int | None:
    """Give the run whose areas are in force on a day, the newest that is proposed where none are; None without any."""
    found = areas_in_force(connection, county, day)
    made = latest(connection, county, PLAN) if found is None else None
    return found if made is None else int(made.id)


def _rules(connection: sa.Connection, county: County, layer: Layer, ending: str, day: date) -> dict[str, int]:
    """Give the days of a rule beside the usual one of a layer's visits, by category."""
    if layer.patrol is None:
        return {}
    rule = in_force(county.schema, f"{layer.patrol.kind}_{ending}", day, None)
    return {str(row.category): int(row.amount) for row in connection.execute(sa.select(rule.c.category, rule.c.amount))}


def _due(connection: sa.Connection, county: County, layer: Layer, span: Span, brisk: dict[str, int]) -> pd.DataFrame:
    start = county.day_end(span.first - timedelta(days=1))
    zone = str(county.timezone)
    found = states(county.schema, layer, Moment(span.first, start, zone), Where())
    table, town = county.schema.table(layer), county.schema.table(layers.one(Use.TOWN))
    point = table.c[spot_column(layer)]
    due_on = sa.cast(sa.func.timezone(zone, found.c.due_at), sa.Date()) - 1
    columns: list[sa.ColumnElement[Any]] = [found.c.id, found.c.key, found.c.category]
    columns += [town.c[layers.one(Use.TOWN).key], sa.func.ST_X(point), sa.func.ST_Y(point)]
    columns += [due_on, found.c.amount, found.c.notice_days]
    falls = (found.c.state == State.NEVER.value) | (found.c.due_at <= county.day_end(span.last))
    threatened = found.c.category.in_(sorted(brisk)) & (found.c.state != State.NO_RULE.value)
    query = (
        sa.select(*columns)
        .select_from(found.join(table, table.c.id == found.c.id).outerjoin(town, town.c.id == found.c.town_id))
        .where(falls | threatened)
        .order_by(found.c.key)
    )
    names = ["object_id", "object_key", "category", "town", "x", "y", "due_on", "every", "notice"]
    frame = pd.DataFrame(connection.execute(query).all(), columns=names, dtype=object)
    kind, skill = (layer.patrol.kind, layer.patrol.skill) if layer.patrol else ("", "")
    frame = frame.assign(
        layer=layer.name, kind=kind, skill=skill, brisk=frame["category"].map(brisk).fillna(0), minutes=0.0
    )
    whole = dict.fromkeys(("object_id", "every", "notice", "brisk"), "int64") | {"x": "float64", "y": "float64"}
    return frame[list(COLUMNS)].astype(whole)


def _numbers(days: Iterable[date | None], span: Span) -> Integers:
    return np.array([LONG_AGO if day is None else span.number(day) for day in days], dtype=np.int64)


def _placed(areas: Old, frame: pd.DataFrame) -> tuple[Texts, Texts]:
    """Give the code of each object's area, and of its worker; None where it lies in none, or nobody is named."""
    spots = np.asarray(shapely.points(frame[["x", "y"]].to_numpy(dtype=float)), dtype=object)
    area, spot = shapely.STRtree(spots).query(areas.shapes, predicate="dwithin", distance=REACH_M)
    nowhere = len(areas.codes)
    home = np.full(len(frame), nowhere, dtype=np.int64)
    np.minimum.at(home, spot, area)
    return np.array([*areas.codes, None], dtype=object)[home], np.array([*areas.workers, None], dtype=object)[home]
