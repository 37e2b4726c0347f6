"""What is divided, and how even, whole and compact the districts are that came of it."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Labels = NDArray[np.int32]


class Units(NamedTuple):
    """Units of work and which lie next to each other: symmetric CSR, loads (not negative), places in metres."""

    indptr: Integers
    indices: Labels
    weight: Floats
    xy: Floats


@dataclass(frozen=True)
class Districts:
    """The district 0 … N-1 of each unit, and how even, whole and compact the districts are.

    `load` and `target` are in the unit of the weights; `max_over_mean` and `min_over_mean` the largest and smallest
    load against its target, 1 if there is no load. `bound` is what no division can beat: the heaviest
    unit, the mean, or inside walls the load per worker at best.
    `extra_pieces` counts connected pieces beyond one per district; `empty` lists districts without a unit; `joined` the
    units of islands that were too light for a worker of their own; `rms_m` is the root mean square distance of load to
    its district's centroid; `steps` the sweeps that the search took.
    """

    label: Labels
    load: Floats
    target: Floats
    max_over_mean: float
    min_over_mean: float
    bound: float
    extra_pieces: int
    rms_m: float
    empty: tuple[int, ...]
    joined: Integers
    steps: int


def centres(label: Integers | Labels, weight: Floats, xy: Floats, count: int) -> Floats:
    """Give the weighted centre of each district, (0, 0) for one that weighs nothing."""
    total = np.maximum(np.bincount(label, weight, minlength=count), 1e-300)
    return np.stack([np.bincount(label, weight * axis, minlength=count) / total for axis in xy.T], axis=1)


def southward(label: Labels, weight: Floats, xy: Floats) -> Labels:
    """Number the districts from north to south by their centre, empty ones last."""
    used, inside = np.unique(label, return_inverse=True)
    x, y = centres(inside, weight, xy, len(used)).T
    place = np.empty(len(used), dtype=np.int32)
    place[np.lexsort((x, -y))] = np.arange(len(used))
    return place[inside]


def measured(units: Units, shares: Floats, label: Labels, *, joined: Integers, steps: int) -> Districts:
    """Give the districts with what is counted from the result alone."""
    workers, total = len(shares), float(units.weight.sum())
    load = np.bincount(label, units.weight, minlength=workers).astype(np.float64)
    target = total * shares / shares.sum()
    held = shares > 0
    ratio = load[held] / target[held] if total > 0 else np.ones(workers)
    row = np.repeat(np.arange(len(label)), np.diff(units.indptr))
    inner = label[row] == label[units.indices]
    ends = row[inner], units.indices[inner]
    within = csr_array((np.ones(len(ends[0])), ends), shape=(len(label), len(label)))
    centre = centres(label, units.weight, units.xy, workers)
    away = ((units.xy - centre[label]) ** 2).sum(axis=1)
    return Districts(
        label=label,
        load=load,
        target=target,
        max_over_mean=float(ratio.max()),
        min_over_mean=float(ratio.min()),
        bound=max(float(units.weight.max(initial=0.0)) / float(target.max()), 1.0) if total > 0 else 1.0,
        extra_pieces=int(connected_components(within, directed=False)[0]) - len(np.unique(label)) if len(label) else 0,
        rms_m=float(np.sqrt((units.weight * away).sum() / total)) if total > 0 else 0.0,
        empty=tuple(np.flatnonzero(np.bincount(label, minlength=workers) == 0).tolist()),
        joined=joined,
        steps=steps,
    )
