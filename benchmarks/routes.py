"""Published routing instances, solved by the function that plans workers' days, beside plain PyVRP in the same run.

`python -m benchmarks.routes FILE.vrp … [--seconds 45] [--seed 1]` reads VRPLIB files of the families CVRP, VRPTW and
PCVRPTW and prints one JSON line per file: `cost`, `routes`, `seconds`, `feasible` (by `gis.plan.timetable.audited`,
which shares nothing with the solver), and against the best known cost of a `.sol` beside the file `gap_pct` and
`peer_gap_pct` (null without one). The peer is plain PyVRP: its own reader, no fleet limit, the same seed and seconds.

Units are those of the `.sol`: CVRP distances are rounded; in the others a length is ⌊10·d⌋, a VRPTW cost is given as a
tenth of their sum, a PCVRPTW cost is their sum plus 10 times the prizes missed (tests/test_plan_routes.py holds each
convention against its `.sol`).
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyvrp
import vrplib
from pyvrp.stop import MaxRuntime

from gis.plan.routes import EVER, Effort, Integers, Routes, Shift, Stops, Tour, routes, stops
from gis.plan.timetable import audited

FAMILIES = {"CVRP": "round", "VRPTW": "dimacs", "PCVRPTW": "dimacs"}


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """A published instance in whole units, `divisor` of which make one of its `.sol`."""

    name: str
    stops: Stops
    shift: Shift
    matrix: Integers
    rounding: str
    divisor: int
    best: float | None


def instance(path: Path) -> Instance:
    """Read a VRPLIB file and the best known cost beside it; SystemExit names what cannot be read."""
    try:
        said: dict[str, Any] = vrplib.read_instance(path)
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
        raise SystemExit(f"{path}: expected a VRPLIB file, got {error}") from error
    family = str(said.get("type", "")).strip().upper()
    if family not in FAMILIES or "edge_weight" not in said:
        raise SystemExit(f"{path}: expected TYPE {', '.join(FAMILIES)} with distances, got {family or 'none'}")
    depot = np.atleast_1d(said.get("depot", np.array([0])))
    if len(depot) != 1:
        raise SystemExit(f"{path}: expected one depot, got {len(depot)}")
    home, count = int(depot[0]), int(said["dimension"])
    clients = np.setdiff1d(np.arange(count), depot)
    scale = 10 if FAMILIES[family] == "dimacs" else 1
    timed = "time_window" in said
    matrix = _whole(said["edge_weight"], scale)
    windows = _whole(said["time_window"], scale) if timed else np.tile([0, EVER], (count, 1))
    service = np.broadcast_to(_whole(said.get("service_time", 0), scale), count)
    prize = _whole(said.get("prize", np.zeros(count)), scale)
    wanted = stops(
        clients,
        service=service[clients],
        early=windows[clients, 0],
        late=windows[clients, 1],
        prize=prize[clients],
        required=prize[clients] == 0,
        demand=np.asarray(said.get("demand", np.zeros(count)), dtype=np.int64)[clients],
    )
    shift = Shift(
        home,
        home,
        early=int(windows[home, 0]),
        late=int(windows[home, 1]),
        count=int(said.get("vehicles", len(clients))),
        capacity=int(said["capacity"]) if "capacity" in said else None,
    )
    divisor = 10 if family == "VRPTW" else 1
    return Instance(path.stem, wanted, shift, matrix, FAMILIES[family], divisor, _best(path))


def _whole(values: Any, scale: int) -> Integers:
    """Give lengths, times and prizes in whole units as the family counts them: tenths cut off, or units rounded."""
    scaled = np.asarray(values, dtype=float) * scale
    return (np.floor(scaled) if scale == 10 else np.round(scaled)).astype(np.int64)


def tours_of(path: Path, given: Instance) -> Routes:
    """Give a published solution as our routes: VRPLIB numbers the clients from 1 in the order of the file."""
    listed = [np.array(route, dtype=np.int64) - 1 for route in vrplib.read_solution(path)["routes"] if route]
    visited = np.concatenate(listed)
    missed = np.setdiff1d(np.arange(len(given.stops)), visited)
    return Routes(tuple(Tour(0, each) for each in listed), missed, np.empty(0, dtype=np.int64), feasible=True, steps=0)


def _best(path: Path) -> float | None:
    beside = path.with_suffix(".sol")
    if not beside.is_file():
        return None
    cost = vrplib.read_solution(beside).get("cost")
    return None if cost is None else float(cost)


def gap_pct(cost: float, best: float | None) -> float | None:
    """Give how far a cost is above the best known, in percent; None where none is known."""
    return None if best is None or not best else 100 * (cost - best) / best


def peer_cost(path: Path, given: Instance, *, seconds: float, seed: int) -> float | None:
    """Give what plain PyVRP finds in the same time, in units of the `.sol`; None where it finds nothing feasible."""
    data = pyvrp.read(path, given.rounding)
    found = pyvrp.solve(data, MaxRuntime(seconds), seed=seed, collect_stats=False, display=False)
    return float(found.cost()) / given.divisor if found.is_feasible() else None


def measured(path: Path, *, seconds: float, seed: int) -> dict[str, object]:
    """Solve one file by ours and by the peer."""
    given = instance(path)
    began = time.perf_counter()
    found = routes(given.stops, [given.shift], given.matrix, given.matrix, effort=Effort(seconds=seconds), seed=seed)
    lasted = time.perf_counter() - began
    audit = audited(found, given.stops, [given.shift], given.matrix, given.matrix)
    cost = audit.cost / given.divisor
    peer = peer_cost(path, given, seconds=seconds, seed=seed)
    return {
        "instance": given.name,
        "cost": cost,
        "routes": len(found.tours),
        "seconds": lasted,
        "feasible": not audit.faults,
        "faults": list(audit.faults[:5]),
        "steps": found.steps,
        "best_known": given.best,
        "gap_pct": gap_pct(cost, given.best),
        "peer_cost": peer,
        "peer_gap_pct": None if peer is None else gap_pct(peer, given.best),
    }


def main() -> None:
    """Solve each file and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--seconds", type=float, default=45)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    for path in given.files:
        sys.stdout.write(json.dumps(measured(path, seconds=given.seconds, seed=given.seed), ensure_ascii=False) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
