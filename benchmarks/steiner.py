"""Steiner trees of published instances, ours with its bound beside pcst-fast2 in the same run.

`python -m benchmarks.steiner FILE… [--seconds 30] [--solutions DIR]` prints one JSON line per file; with DIR it writes
NAME.sol, an edge `u v` per line. `objective` is edge cost plus missed prizes, recounted from the file's numbers by an
independent check (a tree? every terminal and the root in it?); `bound` is certified. The clock starts once the compiled
loops are there. The peer takes in every terminal because each has a prize above all edges together.
"""

import argparse
import json
import math
import sys
import time
from pathlib import Path

import numpy as np
import pcst_fast  # type: ignore[import-not-found]  # compiled, without types

from benchmarks.stp import Problem, problem
from gis.errors import GisError, Refused
from gis.plan.core import Core
from gis.plan.pace import Pace
from gis.plan.rootless import solved_rootless
from gis.plan.solve import Solution, solved


def numbers(given: Problem) -> tuple[list[int], int | None]:
    """Give the prize of each node (terminals: above all edges and prizes), and the root, from 0."""
    prize = [0] * given.nodes
    for node, each in given.prizes.items():
        prize[node - 1] = each
    root = given.root or (given.terminals[0] if given.terminals else None)
    most = enough(given)
    for node in given.terminals:
        prize[node - 1] = most
    if root is not None:
        prize[root - 1] = 0
    return prize, None if root is None else root - 1


def enough(given: Problem) -> int:
    """Give a prize above all edges together."""
    return 1 + sum(cost for _, _, cost in given.edges)


def ours(given: Problem, pace: Pace) -> Solution:
    """Give our tree."""
    prize, root = numbers(given)
    edges = [(u - 1, v - 1, cost) for u, v, cost in given.edges]
    if root is None:
        return solved_rootless(prize, edges, pace=pace)
    most = enough(given)
    prize = [min(each, most) for each in prize]
    core = Core(root, prize)
    for u, v, cost in edges:
        core.add(u, v, cost)
    return solved(core, pace=pace)


def peer(given: Problem) -> list[int]:
    """Give the peer's edges (Goemans–Williamson with strong pruning)."""
    prize, root = numbers(given)
    ends = np.array([(u - 1, v - 1) for u, v, _ in given.edges], dtype=np.int64).reshape(-1, 2)
    costs = np.array([cost for _, _, cost in given.edges], dtype=np.float64)
    most = 4 * enough(given)
    worth = np.array([min(each, most) for each in prize], dtype=np.float64)
    if root is not None:
        worth[root] = most
    _, edges = pcst_fast.pcst_fast(ends, worth, costs, -1 if root is None else root, 1, "strong", 0)
    return [int(edge) for edge in edges]


def objective(given: Problem, edges: list[int]) -> int:
    """Recount a solution from the file alone; raises Refused where it is no tree or leaves out what it must hold."""
    leader = list(range(given.nodes + 1))

    def top(node: int) -> int:
        while leader[node] != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    for edge in edges:
        u, v, _ = given.edges[edge]
        if top(u) == top(v):
            raise Refused(f"{given.name}: edge {u} {v} closes a ring")
        leader[top(u)] = top(v)
    must = given.terminals + ([given.root] if given.root else [])
    ends = {end for edge in edges for end in given.edges[edge][:2]} | set(must)
    if not ends:
        ends = {max(given.prizes, key=lambda node: (given.prizes[node], -node))}
    if len({top(end) for end in ends}) != 1:
        raise Refused(f"{given.name}: the solution is not one tree with all terminals and the root")
    missed = sum(prize for node, prize in given.prizes.items() if node not in ends)
    return missed + sum(given.edges[edge][2] for edge in edges)


def compared(path: Path, seconds: float, solutions: Path | None) -> dict[str, object]:
    """Solve one file and compare."""
    given = problem(path)
    began = time.perf_counter()
    found = ours(given, Pace(stop=lambda: time.perf_counter() - began > seconds))
    took = time.perf_counter() - began
    value = objective(given, found.edges)
    bound = min(found.bound, value)
    other = objective(given, peer(given))
    if solutions is not None:
        solutions.mkdir(parents=True, exist_ok=True)
        lines = [f"{u} {v}\n" for u, v, _ in (given.edges[edge] for edge in found.edges)]
        (solutions / f"{given.name}.sol").write_text("".join(lines), encoding="utf-8")
    return {
        "instance": given.name,
        "objective": shown(value, given),
        "bound": shown(bound, given),
        "gap_pct": 100 * (value - bound) / value if value else 0.0,
        "proved": bound == value,
        "seconds": round(took, 3),
        "peer_objective": shown(other, given),
        "steps": found.steps,
    }


def shown(value: int, given: Problem) -> float:
    """Give a value in the file's unit."""
    return value // given.unit if value % given.unit == 0 else value / given.unit


def warm() -> None:
    """Have the inner loops compiled: a small grid whose terminals need cuts and branches."""
    size = 7
    core = Core(0, [0 if node % 3 else 12 + node % 5 for node in range(size * size)])
    for node in range(size * size):
        for other in ([node + 1] if (node + 1) % size else []) + ([node + size] if node + size < size * size else []):
            core.add(node, other, 5 + math.floor(7 * abs(math.sin(node * other))))
    solved(core, pace=Pace())


def main() -> None:
    """Solve the files one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--solutions", type=Path, default=None, metavar="DIR")
    given = parser.parse_args()
    warm()
    try:
        for path in given.files:
            print(json.dumps(compared(path, given.seconds, given.solutions), ensure_ascii=False), flush=True)
    except GisError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
