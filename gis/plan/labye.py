"""What no choice of pipe sizes in a forest can undercut: the cost where each pipe may change its size on the way.

Labye's discontinuous method (Labye, 1966, "Étude des procédés de calcul ayant pour but de rendre minimal le coût d'un
réseau de distribution d'eau sous pression", La Houille Blanche 5): the least cost of all that follows is a convex
function of the head. Pipes in series merge the straight pieces of their functions by steepness, branches add their
costs at equal head. A function keeps so many pieces at most; taking one out and drawing its neighbours on until they
meet lowers it, so what comes out at the root stays a bound.
"""

import numpy as np

from gis.plan.compiled import compiled
from gis.plan.sizes import Asked
from gis.plan.sweeps import Floats, Integers, losses

PIECES = 128
CLOSE = 1e-9


def bound(question: Asked, *, pieces: int = PIECES) -> float:
    """Give a cost in yuan that no sizes within the limits undercut; infinite where the widest lose too much head.

    Takes every speed as `asked` does, at the least pressure. More `pieces` (at least 2) bring it nearer to the cost
    where pipes may change their size on the way, and take longer.
    """
    tree, catalogue = question.tree, question.catalogue
    kinds, count = len(catalogue.name), len(tree)
    flow, bore = np.repeat(question.flow, kinds), np.tile(catalogue.bore_mm, count)
    loss = losses(flow, bore, np.tile(catalogue.roughness_mm, count), question.known).reshape(count, kinds)
    lost, length_m, price = loss * tree.length_m[:, None], tree.length_m, catalogue.price
    total = _bound(tree.parent, lost, length_m, question.head, question.least, price, max(pieces, 2))
    return float(total * (1 - CLOSE))


@compiled
def _bound(
    parent: Integers, lost: Floats, length_m: Floats, head: Floats, least: Integers, price: Floats, pieces: int
) -> float:
    """Give the sum over roots; each pipe keeps the function of all after it as pieces (steepness, width)."""
    count, room = len(parent), 2 * pieces + len(price) + 2
    start, value, filled = np.zeros(count), np.zeros(count), np.zeros(count, dtype=np.int64)
    after = np.zeros((count, pieces, 2))
    total, own, merged = 0.0, np.empty((len(price), 2)), np.empty((room, 2))
    for pipe in range(count - 1, -1, -1):
        own_start, own_value, own_filled = _own(lost[pipe], price * length_m[pipe], least[pipe], own)
        size = _merged(own[:own_filled], after[pipe, : filled[pipe]], merged)
        here_start, here_value = start[pipe] + own_start, value[pipe] + own_value
        above = parent[pipe]
        if above < 0:
            if head[pipe] < here_start - CLOSE * abs(here_start):
                return np.inf
            _, cut_value, _ = _cut(merged[:size], here_start, here_value, head[pipe])
            total += cut_value
            continue
        here = merged[:size].copy()
        begin = max(start[above], here_start)
        first, first_value, first_left = _cut(here, here_start, here_value, begin)
        second, second_value, second_left = _cut(after[above, : filled[above]], start[above], value[above], begin)
        size = _added((here[first:], first_left), (after[above, second : filled[above]], second_left), merged)
        size = _thinned(merged, size, pieces)
        after[above, :size] = merged[:size]
        start[above], value[above], filled[above] = begin, first_value + second_value, size
    return total


@compiled
def _own(lost: Floats, cost: Floats, least: int, own: Floats) -> tuple[float, float, int]:
    """Give loss and cost of the widest size, and how many pieces (in `own`) lead from there down to the cheapest."""
    corners = np.empty(len(cost), dtype=np.int64)
    filled = 0
    for size in range(len(cost) - 1, least - 1, -1):
        while filled:
            last = corners[filled - 1]
            flat = lost[size] <= lost[last]
            if not flat and filled > 1:
                before = corners[filled - 2]
                flat = (cost[last] - cost[size]) * (lost[last] - lost[before]) >= (cost[before] - cost[last]) * (
                    lost[size] - lost[last]
                )
            if not flat:
                break
            filled -= 1
        corners[filled] = size
        filled += 1
    for place in range(filled - 1):
        a, b = corners[place], corners[place + 1]
        own[place, 0], own[place, 1] = (cost[a] - cost[b]) / (lost[b] - lost[a]), lost[b] - lost[a]
    return lost[corners[0]], cost[corners[0]], filled - 1


@compiled
def _merged(a: Floats, b: Floats, out: Floats) -> int:
    """Put the pieces of two functions in series into `out`, steepest first; give how many."""
    i = j = 0
    while i < len(a) or j < len(b):
        if j >= len(b) or (i < len(a) and a[i, 0] >= b[j, 0]):
            out[i + j] = a[i]
            i += 1
        else:
            out[i + j] = b[j]
            j += 1
    return i + j


@compiled
def _cut(pieces: Floats, start: float, value: float, begin: float) -> tuple[int, float, float]:
    """Give the piece at head `begin`, the function's value there, and what is left of that piece's width."""
    for place in range(len(pieces)):
        width = pieces[place, 1]
        if start + width > begin:
            return place, value - (begin - start) * pieces[place, 0], start + width - begin
        start += width
        value -= width * pieces[place, 0]
    return len(pieces), value, 0.0


@compiled
def _added(a: tuple[Floats, float], b: tuple[Floats, float], out: Floats) -> int:
    """Put the sum of two functions that begin at one head into `out`; each comes with what is left of its first."""
    (one, one_left), (two, two_left) = a, b
    i = j = size = 0
    while i < len(one) or j < len(two):
        here = min(one_left if i < len(one) else np.inf, two_left if j < len(two) else np.inf)
        out[size, 0] = (one[i, 0] if i < len(one) else 0.0) + (two[j, 0] if j < len(two) else 0.0)
        out[size, 1] = here
        size += here > 0
        if i < len(one):
            one_left -= here
            if one_left <= 0:
                i += 1
                one_left = one[i, 1] if i < len(one) else 0.0
        if j < len(two):
            two_left -= here
            if two_left <= 0:
                j += 1
                two_left = two[j, 1] if j < len(two) else 0.0
    return size


@compiled
def _thinned(pieces: Floats, size: int, most: int) -> int:
    """Take out pieces, in place, until `most` are left: each time the one whose place the function falls least at."""
    while size > most:
        best, best_fall, best_part = 1, np.inf, 0.0
        for place in range(1, size):
            flatter = pieces[place + 1, 0] if place + 1 < size else 0.0
            steeper, width = pieces[place - 1, 0], pieces[place, 1]
            part = width * (pieces[place, 0] - flatter) / (steeper - flatter) if steeper > flatter else width
            fall = part * (steeper - pieces[place, 0])
            if fall < best_fall:
                best, best_fall, best_part = place, fall, part
        pieces[best - 1, 1] += best_part
        if best + 1 < size:
            pieces[best + 1, 1] += pieces[best, 1] - best_part
        pieces[best : size - 1] = pieces[best + 1 : size].copy()
        size -= 1
    return size
