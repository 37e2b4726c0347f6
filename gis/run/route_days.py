"""Each worker's day as the planner takes it: visits at doors of the streets, the metres between, many days at once."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from gis.crs import Geometries
from gis.errors import Refused
from gis.plan.outing import DUE, EARLY, PLANNED, Outing, Terms, Visits, outing
from gis.plan.routes import Effort
from gis.plan.streets import StreetGraph, attach, street_graph
from gis.plan.walking import Ways, distances_m, ways
from gis.plan.workday import EBIKE, STEPS, WALK
from gis.run.route_starts import GIVEN, Start

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

PACES = {"walk": WALK, "ebike": EBIKE}
IDLE = 4
"""Steps of a search, and the part of them after which one without a gain ends."""
TRIED = 50  # steps by which the time of one is measured
FEW = 6  # routes that are not worth another process
HOUR_S, DAY_S = 3600, 24 * 3600
OPEN: Mapping[str, tuple[int, int]] = {
    "catering": (10 * HOUR_S, 20 * HOUR_S),
    "commercial": (9 * HOUR_S, 20 * HOUR_S),
    "industrial": (8 * HOUR_S, 17 * HOUR_S),
    "market": (7 * HOUR_S, 18 * HOUR_S),
    "mall": (10 * HOUR_S, 21 * HOUR_S),
    "entertainment": (13 * HOUR_S, 22 * HOUR_S),
}
"""When objects of a class are open, in seconds of the day. Assumed: no layer holds opening hours."""


@dataclass(frozen=True, slots=True)
class How:
    """How routes are made: on foot or by e-bike, when the shift begins, how long it is, when classes are open.

    `open_s` are hours that are known, `opening_s` has those too that are assumed of other classes. Visits of the next
    `ahead_d` days are made early where they lie within `near_m` of a visit of the day and lengthen the way by at most
    `worth_m`. Doors within `apart_m` along a street are one stop; a visit with no street within `reach_m` is
    unreachable. `seconds`, for each route, only sets the steps; the routes are the same on any number of `processes`.
    """

    mode: str = "walk"
    start_s: int = 8 * HOUR_S + HOUR_S // 2
    hours: float = 8.0
    open_s: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    ahead_d: int = 3
    near_m: float = 100.0
    worth_m: float = 150.0
    apart_m: float = 10.0
    reach_m: float = 300.0
    steps: int = STEPS
    seconds: float | None = None
    processes: int = 2

    @property
    def opening_s(self) -> dict[str, tuple[int, int]]:
        """When classes are open, in seconds of the day; a class that is missing always is."""
        return {**OPEN, **self.open_s}


class Ground(NamedTuple):
    """The streets with a node at each door, ways along them, and the nodes' parts; and how far each visit is aside."""

    graph: StreetGraph
    streets: Ways
    node: Integers
    aside_m: Floats


class Day(NamedTuple):
    """One worker's day: the rows of its visits, the nodes of its doors (the start first), and what is solved."""

    who: str
    rows: pd.DataFrame
    nodes: Integers
    visits: Visits
    metres: Floats
    terms: Terms


def prepared(rows: pd.DataFrame, day: date, how: How) -> pd.DataFrame:
    """Give the planned visits with whose they are (`who`), how urgent, how long and when they are possible.

    Of later days only those that lie near a visit of the day of the same worker are kept, the first due first, and no
    more than the day has visits.
    """
    nobody = "片区 " + rows["area_code"].fillna("—").astype(str)
    spent = rows["minutes"].astype(float).to_numpy()
    due = rows["due_on"].map(lambda each: each is not None and each <= day).to_numpy(dtype=bool)
    later = (rows["day"] > day).to_numpy(dtype=bool)
    opening = how.opening_s
    hours = [opening.get(str(each), (0, DAY_S)) for each in rows["category"]]
    found = rows.assign(
        who=rows["worker_code"].fillna(nobody),
        urgency=np.where(later, EARLY, np.where(due, DUE, PLANNED)),
        service_s=np.round(spent * 60).astype(np.int64),
        opens_s=[each[0] for each in hours],
        closes_s=[each[1] for each in hours],
    )
    kept = [part for _, group in found.groupby("who", sort=True) for part in _with_near(group, how.near_m)]
    return pd.concat(kept).reset_index(drop=True)


def _with_near(group: pd.DataFrame, near_m: float) -> list[pd.DataFrame]:
    today, later = group[group["urgency"] != EARLY], group[(group["urgency"] == EARLY) & group["able"]]
    going = today[today["able"].to_numpy(dtype=bool)]
    if going.empty or later.empty:
        return [today]
    away, _ = cKDTree(going[["x", "y"]].to_numpy(dtype=float)).query(later[["x", "y"]].to_numpy(dtype=float))
    reach = np.asarray(away, dtype=np.float64)
    due = pd.to_datetime(later["due_on"]).to_numpy().astype(np.int64)  # without a due day: first of all
    order = np.lexsort((later["code"].to_numpy(dtype=str), reach, due))
    return [today, later.iloc[order[reach[order] <= near_m][: len(going)]]]


def ground(rows: pd.DataFrame, lines: Geometries, how: How) -> Ground:
    """Give the streets cut at the doors of the visits' houses."""
    spots = np.asarray(shapely.points(rows[["house_x", "house_y"]].to_numpy(dtype=float)), dtype=object)
    tied = attach(street_graph(lines), spots, reach_m=how.reach_m, touch_m=how.apart_m)
    return Ground(tied.graph, ways(tied.graph), tied.node, tied.service_m)


def days(rows: pd.DataFrame, found: Ground, begins: Mapping[str, Start], how: How, seed: int) -> list[Day]:
    """Give the day of each worker who has a visit on it, in the order of their names.

    Refused where a starting point that was told has no street within reach that leads to the visits.
    """
    end_s = how.start_s + round(how.hours * HOUR_S)
    terms = Terms(how.start_s, end_s, PACES[how.mode], worth_m=how.worth_m, seed=seed)
    groups = rows.groupby("who", sort=True)
    return [_day(str(who), part, found, begins[str(who)], terms, how.reach_m) for who, part in groups]


def effort(steps: int) -> Effort:
    """Give the effort of so many steps; a search that gains nothing in a quarter of them ends."""
    return Effort(steps=steps, idle=max(1, steps // IDLE))


def _day(who: str, part: pd.DataFrame, found: Ground, begin: Start, terms: Terms, reach_m: float) -> Day:
    place = part.index.to_numpy(dtype=np.int64)
    node = found.node[place]
    reached = (node >= 0) & part["able"].to_numpy(dtype=bool)  # what needs another's skill is left out
    doors, door = np.unique(node[reached], return_inverse=True)
    home, away_m = _home(found, doors, begin)
    if begin.kind == GIVEN and away_m > reach_m:
        raise Refused(
            f"--starts {who}: {reach_m:g} 米内没有通往检查点的道路 · expected a street to the visits within "
            f"{reach_m:g} m of the starting point, got one in {away_m:,.0f} m"
        )
    nodes = np.concatenate([[home], doors]).astype(np.int64)
    metres = np.pad(distances_m(found.streets, nodes), (0, 1), constant_values=np.inf)  # the last row: no street
    row = np.full(len(part), len(nodes), dtype=np.int64)
    row[reached] = door + 1
    visits = Visits(
        door=row,
        house=part["house"].to_numpy(dtype=np.int64),
        aside_m=np.where(reached, found.aside_m[place], 0.0),
        service_s=part["service_s"].to_numpy(dtype=np.int64),
        opens_s=part["opens_s"].to_numpy(dtype=np.int64),
        closes_s=part["closes_s"].to_numpy(dtype=np.int64),
        urgency=part["urgency"].to_numpy(dtype=np.int64),
    )
    return Day(who, part, nodes, visits, metres, terms)


def _home(found: Ground, doors: Integers, begin: Start) -> tuple[int, float]:
    """Give the street node nearest to a starting point, of those that reach most of the doors, and how far it is."""
    parts = found.graph.component
    usable = np.arange(len(parts))
    if len(doors):
        usable = np.flatnonzero(parts == np.bincount(parts[doors]).argmax())
    away = np.hypot(*(found.graph.xy[usable] - [begin.x, begin.y]).T)
    return int(usable[away.argmin()]), float(away.min())


def steps_in(seconds: float, asked: Sequence[Day]) -> int:
    """Give how many steps take about so many seconds for a route on this machine, from the day with most visits."""
    largest = max(asked, key=lambda each: len(each.visits))
    terms = replace(largest.terms, effort=Effort(steps=TRIED))
    outing(largest.visits, largest.metres, replace(terms, effort=Effort(steps=1)))  # compiles
    began = time.perf_counter()
    outing(largest.visits, largest.metres, terms)
    return max(1, int(TRIED * seconds / max(time.perf_counter() - began, 1e-6)))


def solved(asked: Sequence[Day], steps: int, processes: int) -> list[Outing]:
    """Give the outing of each day after at most so many steps, in their order; `processes` of them at a time."""
    terms = [replace(each.terms, effort=effort(steps)) for each in asked]
    given = [each.visits for each in asked], [each.metres for each in asked], terms
    if processes == 1 or len(asked) <= FEW:
        return list(map(outing, *given))
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return list(pool.map(outing, *given, chunksize=4))
