"""First patrol areas: whole cells grown into even, connected areas; and the exclaves that towns bring with them."""

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import pairwise
from math import exp, sqrt

import numpy as np
import pandas as pd
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from gis.plan.adjacency import holds_without

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Shapes = NDArray[np.object_]
Sums = tuple[float, float, float, float, float]  # load, weight, and weighted x, y and x² + y² of a cell or an area

STARTS = 3  # growths from different starts, of which the best is kept
STEPS = 800  # tries of the local search per cell and start
EASE, STRICT = 0.05, 100.0  # squared load above the mean by more than this share counts so many times more
SPREAD, BORDER = 0.1, 0.05  # what the spread of an average area, and all borders of one cell, are worth beside it
HOT, COLD = 0.3, 3e-3  # first and last temperature of the local search, in the same units
ROUNDS = 10  # of k-means
LEAST = 0.05  # of the mean load: what every cell weighs beside its load when places are averaged


@dataclass(frozen=True)
class Areas:
    """Which area each cell belongs to, and how even that is against what no division of whole cells can beat.

    `max_over_mean` is the heaviest area's load over total / workers, 1 if there is no load; `bound` the same for the
    heavier of the heaviest cell and the mean. `extra_pieces` counts connected pieces beyond one per area; `empty` lists
    areas without a cell; `steps` counts the tries of the local search.
    """

    area: Integers
    load: Floats
    extra_pieces: int
    max_over_mean: float
    bound: float
    empty: tuple[int, ...]
    steps: int


def grow_areas(load: Floats, adjacency: csr_array, xy: Floats, workers: int, *, seed: int = 0) -> Areas:
    """Give patrol areas of whole cells, one per worker, from the cells' loads, common borders and places (metres).

    Spread-out starts (weighted k-means), region growing (the lightest area takes its nearest free neighbour), then
    simulated annealing over moves of one border cell that leave every area in one piece, on squared load deviation plus
    small terms for compactness (radius of gyration, length of borders); the best of several starts. The same input and
    seed give the same areas. Each connected piece of the county has areas of its own while there are workers for all;
    else workers go to pieces by load (Sainte-Laguë), and a piece without one goes to the nearest area and counts as an
    extra piece. Nothing is promised beyond `bound`. Areas are numbered from north to south by their centre, empty ones
    last. ValueError for no worker.
    """
    if workers < 1:
        raise ValueError(f"areas: expected at least one worker, got {workers}")
    if not len(load):
        return _measured(np.empty(0, dtype=np.int64), load, adjacency, xy, workers=workers, steps=0)
    evened = load if load.sum() > 0 else np.ones(len(load))
    piece = connected_components(adjacency, directed=False)[1].astype(np.int64)
    shares = _shares(evened, piece, workers)
    rng = np.random.default_rng(seed)
    steps = STEPS * len(load) if 1 < shares.sum() < len(load) else 0
    found: list[tuple[float, int, list[int]]] = []
    for start in range(STARTS if steps else 1):
        division = _Division(evened, adjacency, xy, piece, _starts(xy, evened, piece, shares, rng))
        division.improve(steps, rng)
        found.append((division.cost(), start, division.owner))
    owner = np.array(min(found)[2], dtype=np.int64)
    return _measured(owner, load, adjacency, xy, workers=workers, steps=steps * len(found))


def _shares(load: Floats, piece: Integers, workers: int) -> Integers:
    """Give how many areas each connected piece gets; 0 for a piece that must be joined to an area elsewhere.

    One each and then one more to the piece with the most load per area, which keeps the largest load per area
    smallest; if there are not enough for that, by highest averages.
    """
    carried, cells = np.bincount(piece, load), np.bincount(piece)
    enough = workers >= len(carried)
    shares = np.full(len(carried), int(enough), dtype=np.int64)
    for _ in range(min(workers, len(load)) - int(shares.sum())):
        average = carried / (shares if enough else shares + 0.5)
        shares[np.argmax(np.where(shares < cells, average, -1.0))] += 1
    return shares


def _measured(owner: Integers, load: Floats, adjacency: csr_array, xy: Floats, *, workers: int, steps: int) -> Areas:
    """Give the areas, numbered anew, with their figures, counted from the result alone."""
    used, owner = np.unique(owner, return_inverse=True)
    cells = np.bincount(owner, minlength=len(used))
    x, y = (np.bincount(owner, values, minlength=len(used)) / cells for values in xy.T)
    place = np.empty(len(used), dtype=np.int64)
    place[np.lexsort((x, -y))] = np.arange(len(used))
    area = place[owner]
    links = adjacency.tocoo()
    inner = area[links.row] == area[links.col]
    within = csr_array((np.ones(int(inner.sum())), (links.row[inner], links.col[inner])), shape=adjacency.shape)
    carried = np.bincount(area, load, minlength=workers).astype(np.float64)
    mean = float(load.sum()) / workers
    return Areas(
        area=area,
        load=carried,
        extra_pieces=int(connected_components(within, directed=False)[0]) - len(used) if len(area) else 0,
        max_over_mean=float(carried.max()) / mean if mean else 1.0,
        bound=max(float(load.max()), mean) / mean if mean else 1.0,
        empty=tuple(range(len(used), workers)),
        steps=steps,
    )


def exclaves(towns: Shapes) -> pd.DataFrame:
    """Give the pieces of each town beyond its largest: `town` (place in `towns`), `area_m2`, a point inside (`x`, `y`).

    Largest first within a town; empty if every town is in one piece.
    """
    parts, town = shapely.get_parts(towns, return_index=True)
    area_m2 = shapely.area(parts)
    order = np.lexsort((-area_m2, town))
    beyond = order[1:][town[order][1:] == town[order][:-1]]
    x, y = shapely.get_coordinates(shapely.point_on_surface(parts[beyond])).T
    return pd.DataFrame({"town": town[beyond].astype(np.int64), "area_m2": area_m2[beyond], "x": x, "y": y})


def _starts(xy: Floats, load: Floats, piece: Integers, shares: Integers, rng: Generator) -> list[int]:
    """Give one starting cell per area: those nearest to the centres of a load-weighted k-means in each piece."""
    found: list[int] = []
    for each in np.flatnonzero(shares):
        cells = np.flatnonzero(piece == each)
        places, weight = xy[cells], load[cells] + load.mean() * LEAST
        centres = places[_spread_out(places, weight, int(shares[each]), rng)]
        for _ in range(ROUNDS):
            nearest = cKDTree(centres).query(places)[1]
            total = np.bincount(nearest, weight, minlength=len(centres))
            sums = np.stack([np.bincount(nearest, weight * axis, minlength=len(centres)) for axis in places.T], axis=1)
            centres = np.where(total[:, None] > 0, sums / np.maximum(total, 1e-300)[:, None], centres)
        free = np.ones(len(cells), dtype=bool)
        for centre in centres:
            away = np.where(free, ((places - centre) ** 2).sum(axis=1), np.inf)
            free[np.argmin(away)] = False
            found.append(int(cells[np.argmin(away)]))
    return found


def _spread_out(places: Floats, weight: Floats, count: int, rng: Generator) -> list[int]:
    """Give `count` cells, each drawn by weight and squared distance from those before (k-means++)."""
    drawn: list[int] = []
    chance = weight
    away = np.full(len(places), np.inf)
    while len(drawn) < count:
        total = float(chance.sum())
        pick = int(np.searchsorted(np.cumsum(chance), rng.random() * total, side="right")) if total > 0 else len(drawn)
        drawn.append(min(pick, len(places) - 1))
        away = np.minimum(away, ((places - places[drawn[-1]]) ** 2).sum(axis=1))
        chance = weight * away
    return drawn


class _Division:
    """Cells divided among areas, with what each area carries kept up to date while cells move."""

    def __init__(self, load: Floats, adjacency: csr_array, xy: Floats, piece: Integers, begin: list[int]) -> None:
        """Grow an area from each beginning over its connected piece; join pieces without one to the nearest area."""
        self.mean = float(load.sum()) / len(begin)
        x, y = (xy - xy.mean(axis=0)).T
        weight = load + load.mean() * LEAST
        moments = np.stack((load, weight, weight * x, weight * y, weight * (x**2 + y**2)), axis=1)
        self.part: list[Sums] = [tuple(each) for each in moments.tolist()]
        ends, near, tied = adjacency.indptr.tolist(), adjacency.indices.tolist(), _ties(adjacency).tolist()
        self.near = [near[one:other] for one, other in pairwise(ends)]
        self.tied = [tied[one:other] for one, other in pairwise(ends)]
        self.owner = [-1] * len(load)
        self.cells: list[set[int]] = [set() for _ in begin]
        self.sums: list[Sums] = [(0.0, 0.0, 0.0, 0.0, 0.0) for _ in begin]
        for area, cell in enumerate(begin):
            self._put(cell, area)
        self._grow(xy)
        self.spread = sum(map(_inertia, self.sums)) / len(begin) or 1.0  # of cells all in one place
        self._join_rest(xy, piece)
        self.values = [self._value(sums) for sums in self.sums]

    def cost(self) -> float:
        """Give the sum over areas of squared load deviation and spread, both against the mean, and of borders."""
        ends = ((self.owner[cell], near, tied) for cell in range(len(self.near)) for near, tied in self._beside(cell))
        cut = sum(tied for owner, near, tied in ends if owner != self.owner[near]) / 2
        return sum(self.values) + BORDER * cut

    def improve(self, steps: int, rng: Generator) -> None:
        """Try so many random moves of a cell to a neighbouring area, ever fewer of them for the worse."""
        heat, cooling = HOT, (COLD / HOT) ** (1 / max(steps, 1))
        for pick, side, luck in rng.random((steps, 3)).tolist():
            heat *= cooling
            cell = int(pick * len(self.near))
            beside = self.near[cell]
            if not beside:
                continue
            here, there = self.owner[cell], self.owner[beside[int(side * len(beside))]]
            if here == there:
                continue
            less, more = self._moved(cell, here, there)
            fewer, fuller = self._value(less), self._value(more)
            worse = fewer + fuller - self.values[here] - self.values[there] + BORDER * self._cut(cell, here, there)
            if (worse <= 0 or luck < exp(-worse / heat)) and holds_without(self.near, self.cells[here], cell):
                self.owner[cell] = there
                self.cells[here].remove(cell)
                self.cells[there].add(cell)
                self.sums[here], self.sums[there] = less, more
                self.values[here], self.values[there] = fewer, fuller

    def _put(self, cell: int, area: int) -> None:
        self.owner[cell] = area
        self.cells[area].add(cell)
        load, weight, x, y, second = self.part[cell]
        sums = self.sums[area]
        self.sums[area] = sums[0] + load, sums[1] + weight, sums[2] + x, sums[3] + y, sums[4] + second

    def _beside(self, cell: int) -> Iterable[tuple[int, float]]:
        return zip(self.near[cell], self.tied[cell], strict=True)

    def _value(self, sums: Sums) -> float:
        off = sums[0] / self.mean - 1
        return off * off + STRICT * max(off - EASE, 0.0) ** 2 + SPREAD * sqrt(_inertia(sums) / self.spread)

    def _moved(self, cell: int, here: int, there: int) -> tuple[Sums, Sums]:
        load, weight, x, y, second = self.part[cell]
        one, other = self.sums[here], self.sums[there]
        less = one[0] - load, one[1] - weight, one[2] - x, one[3] - y, one[4] - second
        more = other[0] + load, other[1] + weight, other[2] + x, other[3] + y, other[4] + second
        return less, more

    def _cut(self, cell: int, here: int, there: int) -> float:
        """Give the relative border that a move adds."""
        owner = self.owner
        return sum(tied * ((owner[near] == here) - (owner[near] == there)) for near, tied in self._beside(cell))

    def _grow(self, xy: Floats) -> None:
        """Let the lightest area take the free neighbour nearest to its centre until none is left."""
        heap = [(sums[0], area) for area, sums in enumerate(self.sums)]
        heapify(heap)
        while heap:
            _, area = heappop(heap)
            free = sorted({near for cell in self.cells[area] for near in self.near[cell] if self.owner[near] < 0})
            if not free:
                continue
            centre = xy[sorted(self.cells[area])].mean(axis=0)
            self._put(free[int(np.argmin(((xy[free] - centre) ** 2).sum(axis=1)))], area)
            heappush(heap, (self.sums[area][0], area))

    def _join_rest(self, xy: Floats, piece: Integers) -> None:
        """Give pieces without a start to the area of the nearest cell; they stay there, and only their load counts."""
        owner = np.array(self.owner)
        rest, held = np.flatnonzero(owner < 0), np.flatnonzero(owner >= 0)
        if not len(rest):
            return
        found = cKDTree(xy[held]).query(xy[rest])
        away, nearest = np.asarray(found[0]), np.asarray(found[1])
        for each in np.unique(piece[rest]):
            inside = np.flatnonzero(piece[rest] == each)
            area = int(owner[held[nearest[inside[np.argmin(away[inside])]]]])
            for cell in rest[inside].tolist():
                self.owner[cell] = area
                self.sums[area] = (self.sums[area][0] + self.part[cell][0], *self.sums[area][1:])


def _inertia(sums: Sums) -> float:
    _, weight, x, y, second = sums
    return max(second - (x * x + y * y) / weight, 0.0) if weight > 0 else 0.0


def _ties(adjacency: csr_array) -> Floats:
    """Give each common border relative to all borders of its two cells, which makes town and mountain count alike."""
    metres = np.asarray(adjacency.data, dtype=np.float64)
    row = np.repeat(np.arange(len(adjacency.indptr) - 1), np.diff(adjacency.indptr))
    outline = np.sqrt(np.bincount(row, metres, minlength=len(adjacency.indptr) - 1))
    return np.asarray(metres / (outline[row] * outline[adjacency.indices]), dtype=np.float64)
