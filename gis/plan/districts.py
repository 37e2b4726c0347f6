"""Even, compact districts in one piece each: many small units of work divided among workers."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array

from gis.plan.clusters import Clusters, clusters, dealt
from gis.plan.evenness import Districts, Units, centres, measured, southward
from gis.plan.halving import ends_inside, halved
from gis.plan.kept import Before, kept
from gis.plan.settling import beside, settled
from gis.plan.shifting import Board, Heat, search

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Labels = NDArray[np.int32]
Flags = NDArray[np.bool_]

FEWEST, MOST, LOOKS = 200, 40_000, 360_000_000  # sweeps of the search and looks in all, where nothing else is asked
MANY = 400  # units of a district from which on no more sweeps are needed
LEAST = 0.01  # of the mean load: what every unit weighs beside its load where places are averaged


class _Work(NamedTuple):
    """Loads in shares of a mean district, what each unit weighs when places are averaged, and places in metres."""

    load: Floats
    heft: Floats
    xy: Floats


@dataclass(frozen=True)
class Weights:
    """What the search weighs against each other, in shares of a mean district's inertia per mean unit.

    `hot` and `cold` are the first and last temperature; `stiff` what a squared deviation from the wanted load costs at
    first, `strict` how many times that at last; `learn` how fast prices follow the deviation; `tie` what it costs to
    take a unit from the worker who had it, and `settled` how many times cooler a search begins that keeps what was;
    `slack` is how far loads may then stay off what is fair (a share of it), so that less changes hands.
    """

    hot: float = 4.0
    cold: float = 0.03
    stiff: float = 0.02
    strict: float = 300.0
    learn: float = 0.003
    tie: float = 3.0
    settled: float = 20.0
    slack: float = 0.02


def sweeps(links: int, units: int, workers: int) -> int:
    """Give how many sweeps a search takes where nothing else is asked: fewer the more links (both ways) there are.

    A unit with few neighbours is seldom on a border, so that a sweep of a street network is quick, and it needs more of
    them: little can be moved there without what hangs on it. Districts of few units are even only by many trials.
    """
    return min(MOST, max(FEWEST, LOOKS * max(units, MANY * workers) // (max(links, 1) * max(units, 1))))


def divide(
    units: Units,
    shares: Floats,
    *,
    homes: Floats | None = None,
    seed: int = 0,
    steps: int | None = None,
    weights: Weights | None = None,
    walls: Integers | None = None,
    before: Before | None = None,
) -> Districts:
    """Give each unit one of as many districts as there are shares, with loads in proportion to the shares.

    Inertial bisection that keeps both halves connected, then simulated annealing over moves of one border unit (with
    what hangs on it alone), on inertia with the load balanced by prices and a squared penalty; the method of balanced
    centroidal power diagrams (Aurenhammer, Hoffmann & Aronov 1998, doi:10.1007/PL00009187) held to a graph. Every
    district is connected on the graph; a connected piece of the graph too light for a worker of its own is joined to
    the nearest unit inside the same `walls` (number of the walled part of each unit) and counts as an extra piece. The
    same input, seed and steps give the same districts. Nothing is promised about balance: a star cannot be divided
    evenly. With more shares than units some districts are empty. ValueError for no share, a negative or endless weight
    or place, or more walled parts than shares.
    """
    _checked(units, shares)
    plain = np.asarray(units.weight, dtype=np.float64), np.array(units.xy, dtype=np.float64, order="C")
    units = units._replace(weight=plain[0], xy=plain[1])
    if not len(units.weight):
        return measured(units, shares, np.empty(0, dtype=np.int32), joined=np.empty(0, dtype=np.int64), steps=0)
    work, centre = _work(units, len(shares))
    wall = np.unique(np.zeros(len(work.load)) if walls is None else walls, return_inverse=True)[1].astype(np.int64)
    old = None if before is None or not (before.label >= 0).any() else before
    seated = None if old is None else old.label >= 0
    found = clusters(_clean(units), work.load, work.xy, wall, len(shares), seated=seated)
    if old is None:
        label = _begun(found, work, shares, None if homes is None else homes - centre)
    else:
        label = kept(found.links, work.load, work.heft, work.xy, old.label, old.fixed)
    steps = sweeps(found.links.nnz, len(label), len(shares)) if steps is None else steps
    steps = steps if len(shares) > 1 and len(np.unique(label)) < len(label) else 0
    if steps:
        weighed, unit = weights or Weights(), len(shares) / len(label)
        board = _board(found, work, label, shares, old, weighed)
        label = search(board, _heat(weighed, steps, seed, unit, settled=old is not None))
    even = len(np.unique(shares)) == 1
    if old is None and homes is None and even:
        label = southward(label, work.heft, work.xy)
    made = measured(units, shares, label, joined=found.joined, steps=steps)
    return _bounded(made, work.load, wall) if even and made.load.any() else made


def _work(units: Units, workers: int) -> tuple[_Work, Floats]:
    """Give the work with places around their middle, and that middle; without any load all units count alike."""
    count, total, centre = len(units.weight), float(units.weight.sum()), units.xy.mean(axis=0)
    load = units.weight / total * workers if total > 0 else np.full(count, workers / count)
    return _Work(load, load + LEAST * workers / count, units.xy - centre), centre


def _bounded(made: Districts, load: Floats, wall: Integers) -> Districts:
    """Give the districts with the bound that their walls put on even workers."""
    carried = np.bincount(wall, load).astype(np.float64)
    least = carried / dealt(carried, np.bincount(wall), len(made.load))
    return replace(made, bound=max(made.bound, float(least.max())))


def _checked(units: Units, shares: Floats) -> None:
    if not len(shares):
        raise ValueError("districts: expected at least one worker, got 0")
    for name, values in (("weight", units.weight), ("share", shares)):
        if not (np.isfinite(values).all() and (values >= 0).all()):
            raise ValueError(
                f"districts: expected every {name} finite and not negative, got {values[~(values >= 0)][:1]}"
            )
    if not shares.sum() > 0:
        raise ValueError("districts: expected a share above 0, got none")
    if not np.isfinite(units.xy).all():
        raise ValueError("districts: expected finite places, got some that are not")
    if len(units.indptr) != len(units.weight) + 1 or units.xy.shape != (len(units.weight), 2):
        got = f"{len(units.indptr) - 1} and {units.xy.shape}"
        raise ValueError(f"districts: expected {len(units.weight)} units in indptr and xy, got {got}")


def _clean(units: Units) -> csr_array:
    """Give the links in both directions, each once, and none from a unit to itself."""
    size = len(units.weight)
    row = np.repeat(np.arange(size, dtype=np.int64), np.diff(units.indptr))
    col = units.indices.astype(np.int64)
    other = row != col
    both = np.concatenate((row[other], col[other])), np.concatenate((col[other], row[other]))
    links = csr_array((np.ones(len(both[0])), both), shape=(size, size))
    links.sum_duplicates()
    links.sort_indices()
    return links


def _begun(found: Clusters, work: _Work, shares: Floats, homes: Floats | None) -> Labels:
    """Give the districts that bisection makes in each cluster, for the workers who live nearest to it."""
    carried = np.bincount(found.cluster, work.load).astype(np.float64)
    seats = np.repeat(np.arange(len(carried)), dealt(carried, np.bincount(found.cluster), len(shares)))
    place = np.zeros((len(shares), 2)) if homes is None else homes
    centre = centres(found.cluster, work.heft, work.xy, len(carried))
    if homes is None:
        worker = np.arange(len(seats))
    else:
        away = np.hypot(*(centre[seats][:, None] - place[None]).transpose(2, 0, 1))
        worker = linear_sum_assignment(away)[1]
    label = np.empty(len(work.load), dtype=np.int32)
    for each in range(len(carried)):
        members, mine = np.flatnonzero(found.cluster == each), worker[seats == each]
        ends = ends_inside(found.links, members)
        inside = halved(*ends, work.xy[members], work.load[members], work.heft[members], shares[mine], place[mine])
        label[members] = mine[inside]
    return label


def _board(
    found: Clusters, work: _Work, label: Labels, shares: Floats, before: Before | None, weights: Weights
) -> Board:
    """Give the board of a search, in units of a mean district's load and inertia."""
    count, workers = len(label), len(shares)
    centre = centres(label, work.heft, work.xy, workers)
    spread = float((work.heft * ((work.xy - centre[label]) ** 2).sum(axis=1)).sum()) / workers
    x, y = work.xy.T / np.sqrt(spread or 1.0)
    part = np.stack((work.load, work.heft, work.heft * x, work.heft * y, work.heft * (x**2 + y**2)), axis=1)
    sums = np.stack([np.bincount(label, each, minlength=workers) for each in part.T], axis=1).astype(np.float64)
    fixed = np.zeros(workers, dtype=bool) if before is None else before.fixed
    keep = np.full(count, -1, dtype=np.int32) if before is None else before.label
    return Board(
        indptr=found.links.indptr.astype(np.int64),
        indices=found.links.indices.astype(np.int32),
        part=part,
        keep=keep.astype(np.int32),
        tie=np.full(count, weights.tie * workers / count),
        label=label,
        sums=sums,
        units=np.bincount(label, minlength=workers).astype(np.int64),
        target=_targets(found, label, sums[:, 0], shares, fixed)
        if before is None
        else _kept_targets(found, label, sums[:, 0], shares, fixed, slack=weights.slack),
        price=np.zeros(workers),
        fixed=fixed,
        mark=np.zeros(count, dtype=np.int64),
        found=np.zeros(count, dtype=np.int32),
    )


def _targets(found: Clusters, label: Labels, load: Floats, shares: Floats, fixed: Flags) -> Floats:
    """Give the load that each district should carry: its share of what those of its cluster carry that may change."""
    cluster = np.full(len(shares), -1)
    cluster[label] = found.cluster
    free = (cluster >= 0) & ~fixed
    size = int(found.cluster.max()) + 1
    carried = np.bincount(cluster[free], load[free], minlength=size)
    wanted = np.maximum(np.bincount(cluster[free], shares[free], minlength=size), 1e-300)
    return np.where(free, shares * (carried / wanted)[cluster], load)


def _kept_targets(
    found: Clusters, label: Labels, load: Floats, shares: Floats, fixed: Flags, *, slack: float
) -> Floats:
    """Give the load that each district should carry so that it is nearly fair and little changes hands.

    Where only the districts around a leaver may change, they carry much as it is: no slack is given.
    """
    fair = _targets(found, label, load, shares, fixed)
    pairs = beside(found.links, label)
    free = ~fixed & (shares > 0)
    return settled(load, fair, pairs[free[pairs].all(axis=1)], slack=0.0 if fixed.any() else slack)[0]


def _heat(weights: Weights, steps: int, seed: int, unit: float, *, settled: bool) -> Heat:
    """Give the search's numbers, which are said per mean unit, for units that are such a share of a mean district."""
    return Heat(
        sweeps=steps,
        hot=weights.hot * unit / (weights.settled if settled else 1.0),
        cold=weights.cold * unit,
        stiff=weights.stiff / unit,
        strict=weights.strict,
        learn=weights.learn / unit,
        seed=seed,
    )
