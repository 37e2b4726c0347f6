"""Blocks parted into so many connected parts of even load and short borders, by cutting spanning trees."""

from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, depth_first_order, minimum_spanning_tree

from gis.plan.adjacency import holds_without

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

ROUNDS = 6  # sweeps that move single blocks across a border
TREES = 12  # spanning trees that are tried for each cut
TRIED = 16  # best-balanced edges of a tree whose border is measured
EVEN = 8.0  # what a squared deviation, in wanted loads, costs against a border as long as the parts are wide


class Web(NamedTuple):
    """Connected blocks: what each carries, its area, and the pairs beside each other with metres and cost of border."""

    load: Floats
    area_m2: Floats
    first: Integers
    second: Integers
    metres: Floats
    cost: Floats

    def of(self, members: Integers) -> "Web":
        """Give the web of some blocks, numbered anew in the given order."""
        place = np.full(len(self.load), -1, dtype=np.int64)
        place[members] = np.arange(len(members))
        inside = (place[self.first] >= 0) & (place[self.second] >= 0)
        ends = place[self.first[inside]], place[self.second[inside]]
        return Web(self.load[members], self.area_m2[members], *ends, self.metres[inside], self.cost[inside])

    def pieces(self) -> Integers:
        """Give for each block the number of its connected piece."""
        graph = self.graph(np.ones(len(self.first)))
        return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)

    def graph(self, values: Floats) -> csr_array:
        """Give the matrix of neighbours with these values, each pair once."""
        ends = self.first.astype(np.int32), self.second.astype(np.int32)  # what scipy's graphs take
        return csr_array((values, ends), shape=(len(self.load), len(self.load)))


def parted(web: Web, parts: int, rng: Generator) -> Integers:
    """Give for each block of a connected web the number of its part, 0 … `parts` - 1; each part is connected.

    Halved again and again: of random spanning trees that keep to costly borders, the edge is cut that leaves both sides
    nearest to their share along the cheapest border (DeFord, Duchin, Solomon: Recombination, Harvard Data Science
    Review 3.1, 2021). Balance is not promised: a heavy block stays whole. Fewer parts come out where there are fewer
    blocks.
    """
    part = np.zeros(len(web.load), dtype=np.int64)
    _part(web, np.arange(len(web.load)), min(parts, len(web.load)), part, rng)
    return part


def _part(web: Web, members: Integers, parts: int, part: Integers, rng: Generator) -> None:
    """Write the parts of `members` into `part`, from the number that they all have on."""
    if parts < 2:
        return
    own = web.of(members)
    side = _halved(own, parts, rng)
    fewer, more = parts // 2, parts - parts // 2
    one, other = members[side], members[~side]
    small = fewer if own.load[side].sum() <= own.load[~side].sum() else more
    small = int(np.clip(small, parts - len(other), len(one)))
    part[other] += small
    _part(web, one, small, part, rng)
    _part(web, other, parts - small, part, rng)


def _halved(web: Web, parts: int, rng: Generator) -> NDArray[np.bool_]:
    """Give which blocks are on one side of the best cut found."""
    wanted = max(float(web.load.sum()) / parts, 1e-9)
    share = np.array((parts // 2, parts - parts // 2)) * wanted
    width = float(np.sqrt(web.area_m2.sum() / parts))
    best, found = np.inf, np.asarray(np.arange(len(web.load)) == 0, dtype=np.bool_)
    for _ in range(TREES):
        order, size = _tree(web, rng)
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
        sums = np.concatenate(([0.0], np.cumsum(web.load[order])))
        start = np.arange(1, len(order))
        carried = sums[start + size[order[start]]] - sums[start]
        off = np.abs(carried[:, None] - share).min(axis=1) / wanted
        one, other = place[web.first], place[web.second]
        for each in np.argsort(off, kind="stable")[:TRIED]:
            low, high = start[each], start[each] + size[order[start[each]]]
            crossing = ((one >= low) & (one < high)) != ((other >= low) & (other < high))
            worth = EVEN * off[each] ** 2 + float(web.cost[crossing].sum()) / width
            if worth < best:
                best, found = worth, np.asarray((place >= low) & (place < high), dtype=np.bool_)
    return found


def _tree(web: Web, rng: Generator) -> tuple[Integers, Integers]:
    """Give a random spanning tree as its blocks in preorder, and the size of each block's subtree."""
    count = len(web.load)
    drawn = 1 / (web.cost * rng.uniform(0.05, 1.0, len(web.cost)) + 1e-3)
    tree = minimum_spanning_tree(web.graph(drawn))
    order, before = depth_first_order(tree, 0, directed=False)
    size = np.ones(count, dtype=np.int64)
    for each in order[:0:-1].tolist():
        size[before[each]] += size[each]
    return order.astype(np.int64), size


def smoothed(web: Web, part: Integers) -> Integers:
    """Give the parts after single blocks moved over a border wherever that makes the same sum smaller.

    The sum is that of `parted`: squared deviations and cost of border. Parts stay connected, and none is emptied.
    """
    part, count = part.copy(), int(part.max(initial=0)) + 1
    load = np.bincount(part, web.load, minlength=count)
    wanted = max(float(web.load.sum()) / count, 1e-9)
    width = float(np.sqrt(web.area_m2.sum() / count))
    beside: list[dict[int, float]] = [{} for _ in web.load]
    for one, other, cost in zip(web.first.tolist(), web.second.tolist(), web.cost.tolist(), strict=True):
        beside[one][other] = beside[other][one] = beside[one].get(other, 0.0) + cost
    members = [set(np.flatnonzero(part == each).tolist()) for each in range(count)]
    for _ in range(ROUNDS):
        moved = 0
        for block, carried in enumerate(web.load.tolist()):
            here = int(part[block])
            border: dict[int, float] = {}
            for other, cost in beside[block].items():
                border[int(part[other])] = border.get(int(part[other]), 0.0) + cost
            gains = {
                there: (length - border.get(here, 0.0)) / width
                + EVEN * 2 * carried * (load[here] - load[there] - carried) / wanted**2
                for there, length in border.items()
                if there != here
            }
            aim = max(sorted(gains), key=lambda there: gains[there], default=here)
            if aim == here or gains[aim] <= 1e-6 or not holds_without(beside, members[here], block):
                continue
            members[here].remove(block)
            members[aim].add(block)
            load[here] -= carried
            load[aim] += carried
            part[block] = aim
            moved += 1
        if not moved:
            break
    return part
