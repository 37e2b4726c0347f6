"""A worker's route as it is kept: stops with their visits and times, the line that is walked, and what is left out."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from gis import layers
from gis.layer import Use
from gis.plan.outing import EARLY, Halt, Outing
from gis.plan.walking import path
from gis.run.route_days import Day, Ground
from gis.run.route_starts import Start
from gis.store.county import County

Integers = npt.NDArray[np.int64]

MADE, EARLY_MADE, NO_TIME, UNREACHABLE, NO_SKILL = "made", "early", "no_time", "unreachable", "no_skill"
_NEAR_M = 0.5  # a house this near to its door needs no line of its own


@dataclass(frozen=True, slots=True, eq=False)
class Stop:
    """A stop, or a visit left out (`number` None): its place in storage metres, its times and its visits' rows."""

    number: int | None
    outcome: str
    arrive_at: datetime | None
    leave_at: datetime | None
    rows: pd.DataFrame
    spot: BaseGeometry


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One worker's route: who (for people), the stops in order, then what is left out.

    `home` is the street node at which the day begins and ends, the nearest to `start`; `line` None: nobody moves.
    """

    code: str
    who: str
    worker_code: str | None
    area_code: str | None
    start: Start
    home: BaseGeometry
    outing: Outing
    leave_at: datetime
    back_at: datetime
    line: BaseGeometry | None
    stops: tuple[Stop, ...]
    left: tuple[Stop, ...]

    @property
    def visits(self) -> int:
        """How many visits are made."""
        return sum(len(each.rows) for each in self.stops)

    @property
    def early(self) -> int:
        """How many of them are of a later day."""
        return sum(int((each.rows["urgency"] == EARLY).sum()) for each in self.stops)

    @property
    def invented(self) -> bool:
        """Whether anything that is visited is invented."""
        return any(bool(each.rows["invented"].any()) for each in (*self.stops, *self.left))


def route(number: int, day: Day, found: Ground, start: Start, made: Outing, *, midnight: datetime) -> Route:
    """Give a worker's route from what was planned; `midnight` begins the day in the county's time."""
    stops = tuple(
        Stop(place, _outcome(day, halt), _at(midnight, halt.arrive_s), _at(midnight, halt.leave_s), rows, _spot(rows))
        for place, halt in enumerate(made.halts, start=1)
        for rows in [day.rows.iloc[halt.visits]]
    )
    left = tuple(
        Stop(None, outcome if day.rows["able"].iat[visit] else NO_SKILL, None, None, rows, _spot(rows))
        for outcome, visits in ((NO_TIME, made.missed), (UNREACHABLE, made.unreachable))
        for visit in visits.tolist()
        for rows in [day.rows.iloc[[visit]]]
    )
    workers, areas = day.rows["worker_code"], set(day.rows["area_code"].dropna())
    return Route(
        f"{number:03d}",
        day.who,
        workers.iloc[0],
        areas.pop() if len(areas) == 1 else None,
        start,
        shapely.Point(found.graph.xy[day.nodes[0]]),
        made,
        _at(midnight, made.leave_s),
        _at(midnight, made.back_s),
        _line(day, found, made),
        stops,
        left,
    )


def _at(midnight: datetime, seconds: int) -> datetime:
    return midnight + timedelta(seconds=seconds)


def _outcome(day: Day, halt: Halt) -> str:
    return EARLY_MADE if (day.visits.urgency[halt.visits] == EARLY).all() else MADE


def _spot(rows: pd.DataFrame) -> BaseGeometry:
    """Give the place of a stop: its house, or the middle of its houses."""
    houses = rows.drop_duplicates("house")[["house_x", "house_y"]].to_numpy(dtype=float)
    return shapely.Point(*houses.mean(axis=0))


def _line(day: Day, found: Ground, made: Outing) -> BaseGeometry | None:
    """Give the way of a route: along streets from door to door, and to each house and back; None without any."""
    doors = [0, *(halt.door for halt in made.halts), 0]
    reach_m = max((float(day.metres[here, there]) for here, there in pairwise(doors)), default=0.0)
    legs = path(found.graph, found.streets, day.nodes[np.array(doors)], reach_m=reach_m)
    places = [found.graph.xy[day.nodes[:1]]]
    for leg, halt in zip(legs, [*made.halts, None], strict=True):
        places.append(shapely.get_coordinates(leg))
        if halt is not None:
            door = found.graph.xy[day.nodes[halt.door]]
            houses = day.rows.iloc[halt.visits].drop_duplicates("house")[["house_x", "house_y"]].to_numpy(dtype=float)
            places.extend(np.stack([house, door]) for house in houses[np.hypot(*(houses - door).T) > _NEAR_M])
    whole = shapely.remove_repeated_points(shapely.LineString(np.concatenate([*places, *places[:1]])))
    return shapely.multilinestrings([whole]) if whole.length > 0 else None


def store(
    connection: sa.Connection, county: County, run: int, routes: Sequence[Route], *, day: date, mode: str
) -> None:
    """Write routes and their stops under a run."""
    lines = [_line_row(county, run, each, day, mode) for each in routes if each.line is not None]
    stops = [
        _stop_row(county, run, each, stop, place) | {"day": day}
        for each in routes
        for place, stop in enumerate((*each.stops, *each.left), start=1)
    ]
    for use, rows in ((Use.ROUTE, lines), (Use.ROUTE_STOP, stops)):
        if rows:
            connection.execute(sa.insert(county.schema.table(layers.one(use))), rows)


def _line_row(county: County, run: int, made: Route, day: date, mode: str) -> dict[str, object]:
    return {
        "code": made.code,
        "run_id": run,
        "worker_code": made.worker_code,
        "area_code": made.area_code,
        "day": day,
        "mode": mode,
        "length": made.outing.metres,
        "minutes": (made.outing.back_s - made.outing.leave_s) / 60,
        "stops": len(made.stops),
        "visits": made.visits,
        "early": made.early,
        "left_out": len(made.left),
        "leave_at": made.leave_at,
        "back_at": made.back_at,
        "start_from": made.start.kind,
        "bound": made.outing.bound_m,
        "geom": _ewkt(county, made.line),
    }


def _stop_row(county: County, run: int, made: Route, stop: Stop, place: int) -> dict[str, object]:
    return {
        "code": f"{made.code}-{place:03d}",
        "run_id": run,
        "route_code": made.code,
        "worker_code": made.worker_code,
        "number": stop.number,
        "outcome": stop.outcome,
        "arrive_at": stop.arrive_at,
        "leave_at": stop.leave_at,
        "visits": len(stop.rows),
        "objects": {"visits": [_visit(each) for each in stop.rows.to_dict("records")]},
        "geom": _ewkt(county, stop.spot),
    }


def _visit(row: Mapping[Hashable, Any]) -> dict[str, object]:
    return {
        "layer": row["layer"],
        "key": row["object_key"],
        "kind": row["kind"],
        "minutes": row["service_s"] / 60,
        "due_on": None if row["due_on"] is None else row["due_on"].isoformat(),
        "early": row["urgency"] == EARLY,
    }


def _ewkt(county: County, shape: BaseGeometry | None) -> str:
    return f"SRID={county.srid};{shapely.to_wkt(shape, rounding_precision=-1)}"
