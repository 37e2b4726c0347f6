"""Districts of many units: how even, whole and compact ours are, and what becomes of them when work or people change.

`python -m benchmarks.districts [--graph FILE.npz] [--workers N] [--labels OUT.npy]` prints one JSON line. Without a
graph: 100,000 invented units (towns of many sizes, lognormal loads, streets as the short edges of a Delaunay
triangulation) and the peers pymetis and KaHIP on the same graph in the same run; `stability` divides again after 5 % of
the work changed, scattered (one unit in twenty gets another load) and gathered (a new quarter with 5 % of all work in
one place), and after one worker left. A graph file holds `indptr, indices, weight, xy`: symmetric CSR. Seconds of ours
are those of one process on one core, after compilation; rms is weighted by `weight`.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import kahip
import numpy as np
import pymetis
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial import Delaunay

from gis.plan.districts import divide
from gis.plan.evenness import Districts, Units
from gis.plan.kept import Before, handed_over

Labels = NDArray[np.int32]
WIDE_M, TOWNS, INSIDE = 40_000.0, 60, 0.8  # width of the invented county, its towns, and the share of units inside them
SHORT = 0.7  # of the edges of the triangulation are streets, the shortest for their place


def invented(count: int, seed: int) -> Units:
    """Give the units of an invented county: towns of many sizes, streets between near units, lognormal loads."""
    rng = np.random.default_rng(seed)
    centre = rng.random((TOWNS, 2)) * WIDE_M
    size = rng.pareto(1.2, TOWNS) + 0.3
    town = rng.choice(TOWNS, int(count * INSIDE), p=size / size.sum())
    spread = 300.0 + 4000.0 * np.sqrt(size / size.sum())
    inside = centre[town] + rng.normal(size=(len(town), 2)) * spread[town][:, None]
    xy = np.concatenate((inside, rng.random((count - len(town), 2)) * WIDE_M))
    corners = Delaunay(xy).simplices
    edges = np.unique(np.sort(np.concatenate([corners[:, pair] for pair in ([0, 1], [1, 2], [0, 2])]), axis=1), axis=0)
    length = np.hypot(*(xy[edges[:, 0]] - xy[edges[:, 1]]).T)
    ends = edges.T.ravel()
    usual = np.bincount(ends, np.tile(length, 2)) / np.bincount(ends)
    ratio = length / np.sqrt(usual[edges[:, 0]] * usual[edges[:, 1]])
    tree = minimum_spanning_tree(csr_array((length, edges.T), shape=(count, count))).tocoo()
    short = np.concatenate((edges[ratio <= np.quantile(ratio, SHORT)], np.stack((tree.row, tree.col), axis=1)))
    links = csr_array((np.ones(2 * len(short)), np.concatenate((short, short[:, ::-1])).T), shape=(count, count))
    links.sum_duplicates()
    return Units(links.indptr.astype(np.int64), links.indices.astype(np.int32), rng.lognormal(0.0, 0.8, count), xy)


def measured(units: Units, label: Labels, workers: int) -> dict[str, float]:
    """Give how even, whole and compact some districts are, counted from the labels alone."""
    load = np.bincount(label, units.weight, minlength=workers)
    row = np.repeat(np.arange(len(label)), np.diff(units.indptr))
    inner = label[row] == label[units.indices]
    ends = row[inner], units.indices[inner]
    within = csr_array((np.ones(len(ends[0])), ends), shape=(len(label), len(label)))
    centre = np.stack([np.bincount(label, units.weight * axis, minlength=workers) for axis in units.xy.T], axis=1)
    away = units.xy - (centre / np.maximum(load, 1e-300)[:, None])[label]
    mean = units.weight.sum() / workers
    return {
        "max_over_mean": float(load.max() / mean),
        "min_over_mean": float(load.min() / mean),
        "extra_pieces": int(connected_components(within, directed=False)[0]) - len(np.unique(label)),
        "rms_m": float(np.sqrt((units.weight * (away**2).sum(axis=1)).sum() / units.weight.sum())),
    }


def peers(units: Units, workers: int) -> dict[str, dict[str, float]]:
    """Give the figures of graph partitioners that know links and loads, but no places."""
    whole = np.maximum(1, np.round(units.weight / units.weight.mean() * 100)).astype(int).tolist()
    links = pymetis.CSRAdjacency(units.indptr.tolist(), units.indices.tolist())
    options = pymetis.Options(contig=True, ufactor=10)
    began = time.process_time()
    parts = pymetis.part_graph(workers, adjacency=links, vweights=whole, options=options, recursive=False)[1]
    metis_s = time.process_time() - began
    ends = units.indptr.tolist(), [1] * len(units.indices), units.indices.tolist()
    began = time.process_time()
    blocks = kahip.kaffpa(whole, *ends, workers, 0.01, True, 1, kahip.ECO)[1]
    kahip_s = time.process_time() - began
    return {
        "pymetis": {**measured(units, np.array(parts, dtype=np.int32), workers), "seconds": metis_s},
        "kahip": {**measured(units, np.array(blocks, dtype=np.int32), workers), "seconds": kahip_s},
    }


def changed(units: Units, old: Districts, weight: NDArray[np.float64]) -> dict[str, float]:
    """Give what becomes of districts when loads change: the share of units that change hands, and how even it is."""
    workers, now = len(old.load), units._replace(weight=weight)
    before = Before(old.label, np.zeros(workers, dtype=bool))
    new = divide(now, np.ones(workers), before=before)
    uneven = np.bincount(old.label, weight, minlength=workers).max() / (weight.sum() / workers)
    moved = float((new.label != old.label).mean())
    return {"before_max_over_mean": float(uneven), "moved_share": moved, **measured(now, new.label, workers)}


def left(units: Units, old: Districts, leaver: int) -> dict[str, float]:
    """Give what becomes of districts when a worker leaves: whose areas change, and how even it is."""
    number = np.arange(len(old.load), dtype=np.int32)
    number = np.where(number == leaver, -1, number - (number > leaver)).astype(np.int32)
    before = handed_over(units.indptr, units.indices, old.label, number, len(old.load) - 1)
    label = before.label
    new = divide(units, np.ones(len(old.load) - 1), before=before)
    stayed = label >= 0
    others = np.unique(np.concatenate((label[stayed & (new.label != label)], new.label[stayed & (new.label != label)])))
    took = np.unique(new.label[~stayed])
    return {
        "areas_changed": len(np.union1d(others, took)),
        "neighbours": int((~before.fixed).sum()),
        "others_changed": int(before.fixed[np.union1d(others, took)].sum()),
        "moved_share": float((new.label != label).mean()),
        **measured(units, new.label, len(old.load) - 1),
    }


def stability(units: Units, old: Districts, seed: int) -> dict[str, dict[str, float]]:
    """Give what becomes of districts after 5 % of the work changed, in two ways, and after one worker left."""
    rng = np.random.default_rng(seed)
    count = len(units.weight)
    some = rng.random(count) < 0.05
    scattered = np.where(some, rng.permutation(units.weight), units.weight)
    near = np.argsort(((units.xy - units.xy[rng.integers(count)]) ** 2).sum(axis=1))[: count // 20]
    gathered = units.weight.copy()
    gathered[near] += 0.05 * units.weight.sum() / len(near)
    return {
        "scattered": changed(units, old, scattered),
        "gathered": changed(units, old, gathered),
        "one_left": left(units, old, len(old.load) // 2),
    }


def main() -> None:
    """Divide, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graph", type=Path, default=None)
    parser.add_argument("--units", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=300)
    parser.add_argument("--labels", type=Path, default=None)
    parser.add_argument("--steps", type=int, default=None)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if given.graph is None:
        units = invented(given.units, given.seed)
    else:
        with np.load(given.graph) as file:
            units = Units(*(file[name] for name in ("indptr", "indices", "weight", "xy")))
    divide(invented(100, 0), np.ones(3), steps=1)  # compiles
    began, wall = time.process_time(), time.perf_counter()
    found = divide(units, np.ones(given.workers), seed=given.seed, steps=given.steps)
    seconds, wall = time.process_time() - began, time.perf_counter() - wall
    ours = {**measured(units, found.label, given.workers), "seconds": seconds, "wall_s": wall, "steps": found.steps}
    told: dict[str, object] = {"units": len(units.weight), "workers": given.workers, "ours": ours, "peers": {}}
    if given.labels is not None:
        np.save(given.labels, found.label)
    if given.graph is None:
        other = peers(units, given.workers)
        told["peers"] = other
        told["rms_below_pymetis"] = 1 - ours["rms_m"] / other["pymetis"]["rms_m"]
        told["stability"] = stability(units, found, given.seed)
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
