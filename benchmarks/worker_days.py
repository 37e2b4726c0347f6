"""Worker-days of 60 stops on a real street graph: matrices, routes and an audit of every shift limit and window.

`python -m benchmarks.worker_days [--streets FILE.parquet] [--days 300] [--stops 60] [--seed 7]` prints one JSON line.
Each day is invented: a start on the Wuhan streets (OpenStreetMap), stops at the nearest street places, minutes of work,
opening hours for a fifth of them. `infeasible_days` counts days of which the audit names a fault;
`proved_feasible_days` those for which a plain rule (nearest window end first) already keeps every limit, so that a
feasible plan surely exists: `broken_where_feasible` must be 0. `seconds` is the wall time of all days on `processes`
processes, matrices included; `ratio_to_nearest_first` is the length of tours that always go to the nearest stop left
over ours, `ratio_to_bound` ours over what no order of the same stops, windows or not, can be below (Held & Karp).
"""

import argparse
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np

from gis.plan.routes import EVER, Integers, Routes, Shift, Stops, Tour, stops
from gis.plan.streets import StreetGraph, street_graph
from gis.plan.timetable import audited
from gis.plan.tour_bound import shortest_possible
from gis.plan.walking import DECIMETRES, distances_m, lengths, ways
from gis.plan.workday import EBIKE, Workday, workday

SHIFT_S = 8 * 3600
PROCESSES = 2


class Day(NamedTuple):
    """What one worker has to do: the street node of the start and of each stop, and the stops' seconds and windows."""

    nodes: Integers
    wanted: Stops


def days(graph: StreetGraph, *, count: int, size: int, seed: int) -> list[Day]:
    """Invent worker-days: a random node, and as stops a random half of the nodes nearest to it."""
    rng = np.random.default_rng(seed)
    largest = np.flatnonzero(graph.component == np.bincount(graph.component).argmax())
    xy = graph.xy[largest]
    found = []
    for _ in range(count):
        middle = xy[rng.integers(len(xy))]
        near = np.argsort(np.hypot(*(xy - middle).T), kind="stable")[: 2 * size]
        chosen = rng.permutation(near)[: size + 1]
        timed = rng.random(size) < 0.2
        early = np.where(timed, rng.integers(0, 4 * 3600, size), 0)
        late = np.where(timed, early + rng.integers(2 * 3600, 4 * 3600, size), EVER)
        service = rng.integers(120, 300, size)
        wanted = stops(np.arange(1, size + 1), service=service, early=early, late=late, prize=10**7, required=False)
        found.append(Day(largest[chosen], wanted))
    return found


STREETS: dict[str, StreetGraph] = {}


def prepared(path: str) -> None:
    """Read the streets once in each process."""
    STREETS[path] = street_graph(gpd.read_parquet(path).geometry.to_numpy())


def solved(path: str, day: Day, seed: int) -> dict[str, float]:
    """Solve one day by the product's function and hold it against the audit and two plain rules."""
    streets = ways(STREETS[path])
    began = time.process_time()
    metres = distances_m(streets, day.nodes)
    shift = Shift(0, 0, late=SHIFT_S, longest=SHIFT_S)
    found: Workday = workday(day.wanted, shift, metres, pace=EBIKE, seed=seed)
    cpu_s = time.process_time() - began
    distance, duration = lengths(metres), lengths(metres / EBIKE, scale=1)
    audit = audited(found.routes, day.wanted, [found.shift], distance, duration)
    plain = audited(_nearest_first(day, metres, by_window=True), day.wanted, [shift], distance, duration)
    nearest = audited(_nearest_first(day, metres, by_window=False), day.wanted, [shift], distance, duration)
    seen = np.unique(np.concatenate([[0], *(day.wanted.place[tour.stops] for tour in found.routes.tours)])).astype(int)
    return {
        "bound_metres": shortest_possible(distance[np.ix_(seen, seen)], audit.distance) / DECIMETRES,
        "faults": len(audit.faults),
        "missed": len(found.routes.missed),
        "metres": audit.distance / DECIMETRES,
        "nearest_metres": nearest.distance / DECIMETRES,
        "provable": not plain.faults,
        "cpu_s": cpu_s,
    }


def _nearest_first(day: Day, metres: "np.ndarray[tuple[int, int], np.dtype[np.float64]]", *, by_window: bool) -> Routes:
    """Give the tour that goes to the stop left that is nearest, or whose window ends first and then nearest."""
    left, here, order = list(range(len(day.wanted))), 0, []
    while left:
        ends = day.wanted.late if by_window else np.zeros(len(day.wanted))
        stop = min(left, key=lambda each: (ends[each], metres[here, day.wanted.place[each]], each))
        left.remove(stop)
        order.append(stop)
        here = int(day.wanted.place[stop])
    none = np.empty(0, dtype=np.int64)
    return Routes((Tour(0, np.array(order, dtype=np.int64)),), none, none, feasible=True, steps=0)


def main() -> None:
    """Solve all days and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streets", default="../shared/data/streets/wuhan_osm_simplified.parquet")
    parser.add_argument("--days", type=int, default=300)
    parser.add_argument("--stops", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    if not Path(given.streets).is_file():
        raise SystemExit(f"{given.streets}: expected the street lines of Wuhan, got no file")
    prepared(given.streets)
    todo = days(STREETS[given.streets], count=given.days, size=given.stops, seed=given.seed)
    began = time.perf_counter()
    with ProcessPoolExecutor(PROCESSES, initializer=prepared, initargs=(given.streets,)) as pool:
        found = list(pool.map(solved, [given.streets] * len(todo), todo, range(len(todo)), chunksize=5))
    lasted = time.perf_counter() - began
    sums = {key: float(sum(each[key] for each in found)) for key in found[0]}
    result = {
        "days": len(found),
        "stops": given.stops,
        "processes": PROCESSES,
        "seconds": lasted,
        "cpu_s": sums["cpu_s"],
        "infeasible_days": sum(each["faults"] > 0 for each in found),
        "missed_stops": int(sums["missed"]),
        "proved_feasible_days": int(sums["provable"]),
        "broken_where_feasible": sum(each["provable"] and (each["faults"] > 0 or each["missed"] > 0) for each in found),
        "ratio_to_bound": sums["metres"] / sums["bound_metres"],
        "ratio_to_nearest_first": sums["nearest_metres"] / sums["metres"],
        "km": sums["metres"] / 1000,
    }
    sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
