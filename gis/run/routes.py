"""Routes: a day's planned visits become a route for each worker, along the stored streets, kept with their run."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from gis import layers
from gis.crs import Geometries
from gis.errors import Refused
from gis.layer import Role, Use
from gis.run.record import Made, digest, record
from gis.run.route_days import OPEN, How, days, ground, prepared, solved, steps_in
from gis.run.route_made import NO_SKILL, NO_TIME, UNREACHABLE, Route, route, store
from gis.run.route_starts import GIVEN, given, starts
from gis.run.route_visits import planned
from gis.store.county import County
from gis.store.fetch import features, shapes

BARRED = frozenset({"motorway"})
"""Classes of streets on which nobody walks or rides."""
PLAN = "routes"


@dataclass(frozen=True, slots=True)
class Left:
    """A visit of the day that no route makes: whose it is, its object, its due day, and why."""

    worker: str
    layer: str
    key: str
    due_on: date | None
    why: str


@dataclass(frozen=True, slots=True)
class Figures:
    """The routes of a day: how many, what they make, how long they are, and every visit that is left out.

    `planned` is the calendar's visits of the day: made + no_time + unreachable + no_skill. `bound_m` is below the
    length of any order of the same stops, for all routes together; `due_left` counts visits left out that are due by
    the day; `starts` counts starting points by what they are; `assumed_open` names the classes that were held to
    opening hours that are assumed.
    """

    run: int
    calendar: int
    day: date
    mode: str
    routes: int
    stops: int
    planned: int
    made: int
    early: int
    no_time: int
    unreachable: int
    no_skill: int
    due_left: int
    length_m: float
    bound_m: float
    gap_pct: float
    longest_min: float
    steps: int
    without_worker: int
    starts: Mapping[str, int]
    assumed_open: tuple[str, ...]
    left: tuple[Left, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Routes:
    """What was made: figures, the routes as stored, and the streets (storage metres) that they were made on."""

    figures: Figures
    routes: tuple[Route, ...]
    streets: Geometries
    how: How


def routes(
    county: County,
    day: date,
    *,
    worker: str | None = None,
    calendar: int | None = None,
    how: How | None = None,
    starts_in: Path | None = None,
    seed: int = 0,
    role: Role = Role.WORKER,
) -> Routes:
    """Make and store the route of each worker, or of one, for the visits that a calendar planned for a day.

    `starts_in` is a file of where workers begin and end (`gis.run.route_starts.given`); the record names whose are in
    it, and its digest tells them apart. `role` is who will read addresses. Refused where no calendar covers the day,
    nothing is planned on it, no street is stored, or hours are given of a class that no object has.
    """
    asked = how or How()
    _refuse_classes(asked)
    with county.reading() as connection:
        found = planned(connection, county, day, calendar=calendar, worker=worker, ahead_d=asked.ahead_d, role=role)
        roads = pd.concat([features(connection, county, each) for each in layers.using(Use.STREET)])
        rows = prepared(found.rows, day, asked)
        places = given(connection, county, starts_in) if starts_in is not None else {}
        begins = starts(connection, county, rows, found.calendar, places)
    lines = _usable(roads)
    tied = ground(rows, lines, asked)
    todo = days(rows, tied, begins, asked, seed)
    steps = asked.steps if asked.seconds is None else steps_in(asked.seconds, todo)
    midnight = datetime(day.year, day.month, day.day, tzinfo=county.timezone)
    outings = zip(todo, solved(todo, steps, asked.processes), strict=True)
    made = tuple(
        route(number, each, tied, begins[each.who], outing, midnight=midnight)
        for number, (each, outing) in enumerate(outings, start=1)
    )
    figures = _figures(found.calendar, day, asked, made, steps)
    inputs = digest([lines, rows.drop(columns=["address"]), *(np.array(begins[each.who][1:]) for each in todo)])
    told = sorted(who for who, each in begins.items() if each.kind == GIVEN)  # not where: it may be a home
    parameters = _parameters(asked, figures, worker) | {"starts": told}
    kept = Made(PLAN, parameters, inputs, seed=seed, steps=steps, result=_result(figures))
    kept = replace(kept, objective=figures.length_m, bound=figures.bound_m)
    with county.writing() as connection:
        run = record(connection, county, kept)
        store(connection, county, run, made, day=day, mode=asked.mode)
    return Routes(replace(figures, run=run), made, lines, asked)


def _refuse_classes(how: How) -> None:
    fields = [layer.field(layer.patrol.by) for layer in layers.every() if layer.patrol and layer.patrol.by]
    known = sorted({each.value for field in fields for each in field.choices})
    unknown = sorted(set(how.open_s) - set(known))
    if unknown:
        raise Refused(f"--open {unknown[0]}: 没有这种类别 · expected one of {', '.join(known)}")


def _usable(roads: pd.DataFrame) -> Geometries:
    usable = roads[~roads["road_class"].isin(BARRED)]
    if usable.empty:
        raise Refused(
            "没有入库的道路，无法排路线 · no street is stored, so no route can be planned: `wangge load road FILE`"
        )
    return shapes(usable)


def _parameters(how: How, figures: Figures, worker: str | None) -> dict[str, object]:
    """Give the arguments that decide the routes; on how many processes they are made does not."""
    said = asdict(how)
    del said["processes"], said["seconds"], said["steps"]
    asked = {"day": figures.day.isoformat(), "calendar": figures.calendar, "worker": worker, "barred": sorted(BARRED)}
    return asked | said | {"open_s": how.opening_s}


def _figures(calendar: int, day: date, how: How, made: Sequence[Route], steps: int) -> Figures:
    left = tuple(
        Left(each.who, visit["layer"], visit["object_key"], visit["due_on"], stop.outcome)
        for each in made
        for stop in each.left
        for visit in stop.rows.to_dict("records")
    )
    why = Counter(each.why for each in left)
    visits, early = sum(each.visits for each in made), sum(each.early for each in made)
    length, bound = sum(each.outing.metres for each in made), sum(each.outing.bound_m for each in made)
    classes = {str(name) for each in made for stop in (*each.stops, *each.left) for name in stop.rows["category"]}
    return Figures(
        run=0,
        calendar=calendar,
        day=day,
        mode=how.mode,
        routes=sum(bool(each.stops) for each in made),
        stops=sum(len(each.stops) for each in made),
        planned=visits - early + len(left),
        made=visits - early,
        early=early,
        no_time=why[NO_TIME],
        unreachable=why[UNREACHABLE],
        no_skill=why[NO_SKILL],
        due_left=sum(each.due_on is not None and each.due_on <= day for each in left),
        length_m=length,
        bound_m=bound,
        gap_pct=100 * (length - bound) / bound if bound else 0.0,
        longest_min=max(((each.outing.back_s - each.outing.leave_s) / 60 for each in made), default=0.0),
        steps=steps,
        without_worker=sum(each.worker_code is None for each in made),
        starts=dict(sorted(Counter(each.start.kind for each in made).items())),
        assumed_open=tuple(sorted(classes & (set(OPEN) - set(how.open_s)))),
        left=left,
    )


def _result(figures: Figures) -> dict[str, object]:
    """Give the figures as the record keeps them: without what its other columns and the stops say."""
    said = asdict(figures)
    for name in ("run", "left", "day", "steps"):
        del said[name]
    return said | {"assumed_open": list(figures.assumed_open)}
