"""A connected graph cut in two again and again, each half in one piece, until every worker has a district."""

from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gis.plan.compiled import compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Labels = NDArray[np.int32]


def ends_inside(links: csr_array, members: Integers) -> tuple[Integers, Labels]:
    """Give `indptr` and `indices` of the links among some units, which are numbered in their order."""
    number = np.full(links.shape[0], -1, dtype=np.int64)
    number[members] = np.arange(len(members))
    found = links.tocoo()
    row, col = number[found.row], number[found.col]
    inner = (row >= 0) & (col >= 0)
    order = np.lexsort((col[inner], row[inner]))
    indptr = np.searchsorted(row[inner][order], np.arange(len(members) + 1))
    return indptr.astype(np.int64), col[inner][order].astype(np.int32)


@compiled
def _flooded(
    indptr: Integers, indices: Labels, side: Labels, members: Integers, along: Floats, load: Floats, wanted: float
) -> None:
    """Set side 1 → 2 for the units reached from the lowest `along`, lowest first, until they carry `wanted`."""
    first = members[0]
    for unit in members:
        if along[unit] < along[first]:
            first = unit
    heap = [(along[first], np.int64(first))]
    side[first] = 3
    carried, taken = 0.0, 0
    while len(heap) > 0 and taken < len(members) - 1 and (taken == 0 or carried < wanted):
        _, unit = heappop(heap)
        if taken > 0 and carried + load[unit] - wanted > wanted - carried:
            break
        side[unit] = 2
        carried += load[unit]
        taken += 1
        for at in range(indptr[unit], indptr[unit + 1]):
            near = np.int64(indices[at])
            if side[near] == 1:
                side[near] = 3
                heappush(heap, (along[near], near))
    for unit in members:
        if side[unit] == 3:
            side[unit] = 1


@compiled
def _one_rest(indptr: Integers, indices: Labels, side: Labels, members: Integers, load: Floats) -> None:
    """Leave only the heaviest connected piece of side 1 there; the others go to side 2, which they all touch."""
    best, best_at, best_end, end = -1.0, 0, 0, 0
    queue = np.empty(len(members), dtype=np.int64)
    for unit in members:
        if side[unit] != 1:
            continue
        start, head, carried = end, end, 0.0
        queue[end] = unit
        end += 1
        side[unit] = 3
        while head < end:
            each = queue[head]
            head += 1
            carried += load[each]
            for at in range(indptr[each], indptr[each + 1]):
                near = np.int64(indices[at])
                if side[near] == 1:
                    side[near] = 3
                    queue[end] = near
                    end += 1
        if carried > best:
            best, best_at, best_end = carried, start, end
    for at in range(end):
        side[queue[at]] = 1 if best_at <= at < best_end else 2


@compiled
def _axis(xy: Floats, heft: Floats, members: Integers) -> tuple[float, float]:
    """Give the direction in which the members lie most spread out, by heft."""
    total, x, y = 0.0, 0.0, 0.0
    for unit in members:
        total += heft[unit]
        x += heft[unit] * xy[unit, 0]
        y += heft[unit] * xy[unit, 1]
    xx, yy, xx_yy = 0.0, 0.0, 0.0
    for unit in members:
        dx, dy = xy[unit, 0] - x / total, xy[unit, 1] - y / total
        xx += heft[unit] * dx * dx
        yy += heft[unit] * dy * dy
        xx_yy += heft[unit] * dx * dy
    turn = 0.5 * np.arctan2(2.0 * xx_yy, xx - yy)
    return np.cos(turn), np.sin(turn)


@compiled
def _dealt(ahead: Floats, low: int, high: int, carried: float, lowest: int, highest: int) -> int:
    """Give the first seat of the second half, so that the first half's seats want most nearly the share it carries."""
    best, least = lowest, np.inf
    for each in range(lowest, highest + 1):
        off = abs((ahead[each] - ahead[low]) / (ahead[high] - ahead[low]) - carried)
        if off < least:
            best, least = each, off
    return best


@compiled
def halved(
    indptr: Integers, indices: Labels, xy: Floats, load: Floats, heft: Floats, shares: Floats, homes: Floats
) -> Labels:
    """Give every unit of a connected graph one of the districts 0, 1, …, which want loads in proportion to `shares`.

    A part is cut across its longest direction (recursive inertial bisection: Simon 1991,
    doi:10.1016/0956-0521(91)90014-V): the first half floods the graph from one end until it carries the share of half
    the seats, in the order of the seats' `homes` along that direction; pieces that this cuts off go with it, and the
    seats are dealt between the halves by what these carry. Every district is connected and, where there are no more
    shares than units, none is empty; how even they are depends on the graph.
    """
    label, side = np.zeros(len(load), dtype=np.int32), np.zeros(len(load), dtype=np.int32)
    along, order, seat = np.zeros(len(load)), np.arange(len(load)), np.arange(len(shares))
    ahead = np.zeros(len(shares) + 1)
    waiting = [(0, len(load), 0, len(shares))]
    while len(waiting) > 0:
        begin, end, low, high = waiting.pop()
        members = order[begin:end].copy()
        if high - low == 1:
            label[members] = seat[low]
            continue
        dx, dy = _axis(xy, heft, members)
        seat[low:high] = seat[low:high][
            np.argsort((homes[seat[low:high]] * np.array([dx, dy])).sum(axis=1), kind="mergesort")
        ]
        ahead[low + 1 : high + 1] = ahead[low] + np.cumsum(shares[seat[low:high]])
        along[members] = dx * xy[members, 0] + dy * xy[members, 1]
        side[members] = 1
        total = load[members].sum()
        wanted = total * (ahead[(low + high) // 2] - ahead[low]) / (ahead[high] - ahead[low])
        _flooded(indptr, indices, side, members, along, load, wanted)
        _one_rest(indptr, indices, side, members, load)
        first, second = members[side[members] == 2], members[side[members] == 1]
        side[members] = 0
        middle = begin + len(first)
        order[begin:middle], order[middle:end] = first, second
        lowest, highest = max(low + 1, high - len(second)), min(high - 1, low + len(first))
        cut = _dealt(ahead, low, high, load[first].sum() / total if total > 0.0 else 0.5, lowest, highest)
        waiting.append((begin, middle, low, cut))
        waiting.append((middle, end, cut, high))
    return label
