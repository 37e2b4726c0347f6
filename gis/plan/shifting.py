"""Units moved between districts, one border move at a time, so that every district stays in one piece."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis.plan.compiled import compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Labels = NDArray[np.int32]

EASY = 0.7  # of a search goes by before unevenness costs more
FROZEN = 0.95  # of a search goes by before only moves for the better are made
LOOK = 2048  # units looked at, at most, to learn whether one side of a removed unit is cut off
TINY = 1e-3  # of the mean inertia of a district: what districts of one unit are counted as having at least


class Board(NamedTuple):
    """Units, how they hang together, and the districts they are in; loads in shares of a mean district.

    `part` gives for each unit load, heft, heft·x, heft·y and heft·(x² + y²); `sums` the same for each district, `units`
    how many it has. `keep` is the district that a unit should stay in (-1: any), `tie` what it costs to leave it.
    `fixed` districts neither give nor take. `mark` and `found` are room to work in.
    """

    indptr: Integers
    indices: Labels
    part: Floats
    keep: Labels
    tie: Floats
    label: Labels
    sums: Floats
    units: Integers
    target: Floats
    price: Floats
    fixed: NDArray[np.bool_]
    mark: Integers
    found: Labels


class Heat(NamedTuple):
    """How a search goes: sweeps (as many tries as units), first and last temperature, and what unevenness costs."""

    sweeps: int
    hot: float
    cold: float
    stiff: float
    strict: float
    learn: float
    seed: int


@compiled
def _drawn(state: NDArray[np.uint64]) -> np.uint64:
    """Give the next random word (xorshift64*, Vigna 2016, doi:10.1145/2845077)."""
    state[0] ^= state[0] >> np.uint64(12)
    state[0] ^= state[0] << np.uint64(25)
    state[0] ^= state[0] >> np.uint64(27)
    return np.uint64(state[0] * np.uint64(2685821657736338717))


@compiled
def _share(state: NDArray[np.uint64]) -> float:
    return float(_drawn(state) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@compiled
def _inertia(sums: Floats, sign: float, more: Floats) -> float:
    heft = sums[1] + sign * more[1]
    if heft <= 0.0:
        return 0.0
    x, y = sums[2] + sign * more[2], sums[3] + sign * more[3]
    return float(max(sums[4] + sign * more[4] - (x * x + y * y) / heft, 0.0))


@compiled
def _change(board: Board, more: Floats, here: int, there: int, stiff: float) -> float:
    """Give what the move of a load with its moments from one district to another adds to the cost."""
    one, other = board.sums[here], board.sums[there]
    before_here, before_there = _inertia(one, 0.0, more), _inertia(other, 0.0, more)
    spread = _inertia(one, -1.0, more) + _inertia(other, 1.0, more) - before_here - before_there
    load, off_here, off_there = more[0], one[0] - board.target[here], other[0] - board.target[there]
    even = (board.price[there] - board.price[here]) * load + stiff * 2.0 * load * (load + off_there - off_here)
    return float(spread / max(0.5 * (before_here + before_there), TINY) + even)


@compiled
def _leaving(board: Board, unit: int, here: int, there: int) -> float:
    keep = board.keep[unit]
    if keep < 0:
        return 0.0
    return float(board.tie[unit] * (int(there != keep) - int(here != keep)))


@compiled
def _walked(board: Board, unit: int, start: int, mine: int, waiting: int, enough: int) -> tuple[int, int, bool, bool]:
    """Walk one side of a removed unit from `found[start]`.

    Give its end in `found`, how many waiting units it met, whether it was seen whole, and whether it surely stays: it
    touches a side too large to be walked, or has met `enough` waiting units, which is all of them.
    """
    mark, found, label = board.mark, board.found, board.label
    here = label[unit]
    head, total, met = start, start + 1, 0
    while head < total and total - start <= LOOK:
        each = found[head]
        head += 1
        for near in range(board.indptr[each], board.indptr[each + 1]):
            other = board.indices[near]
            if label[other] != here or other == unit or mark[other] == mine:
                continue
            if mark[other] > waiting:
                return total, met, False, True
            found[total] = other
            total += 1
            if mark[other] == waiting:
                met += 1
                if met == enough:
                    return total, met, True, True
            mark[other] = mine
    return total, met, head == total, False


@compiled
def _cut_off(board: Board, unit: int, waiting: int) -> int:
    """Give how many units of its district lose touch when a unit leaves, listed in `found`; -1 where that is too many.

    The sides of the unit are walked one after another, each up to LOOK units; the largest side stays. `waiting` is
    above every mark made before; marks up to waiting + 1 + (neighbours of the unit) are made.
    """
    mark, found, here = board.mark, board.found, board.label[unit]
    begin, end = board.indptr[unit], board.indptr[unit + 1]
    left = 0
    for at in range(begin, end):
        if board.label[board.indices[at]] == here:
            mark[board.indices[at]] = waiting
            left += 1
    total, largest, largest_at, open_side = 0, 0, 0, False
    for at in range(begin, end):
        first = board.indices[at]
        if board.label[first] != here or mark[first] != waiting:
            continue
        if left == 1 and total == 0 and not open_side:
            return 0
        mine = waiting + 1 + at - begin
        found[total], mark[first] = first, mine
        enough = left - 1 if total == 0 and not open_side else -1
        past, met, whole, touches = _walked(board, unit, total, mine, waiting, enough)
        left -= met + 1
        if touches:
            continue
        if not whole and open_side:
            return -1
        if not whole:
            open_side = True
            continue
        if past - total > largest:
            largest, largest_at = past - total, total
        total = past
    if open_side:
        return total
    for at in range(largest_at, total - largest):
        found[at] = found[at + largest]
    return total - largest


@compiled
def _put(board: Board, unit: int, there: int) -> None:
    here = board.label[unit]
    board.label[unit] = there
    board.units[here] -= 1
    board.units[there] += 1
    for k in range(5):
        board.sums[here, k] -= board.part[unit, k]
        board.sums[there, k] += board.part[unit, k]


@compiled
def _accepted(cost: float, heat: float, state: NDArray[np.uint64]) -> bool:
    return cost <= 0.0 or (heat > 0.0 and _share(state) < np.exp(-cost / heat))


@compiled
def sweep(board: Board, state: NDArray[np.uint64], marks: int, heat: float, stiff: float) -> int:
    """Try as many random border moves as there are units; give the next free mark."""
    units = len(board.label)
    more = np.zeros(5)
    for _ in range(units):
        word = _drawn(state)
        unit = int((word >> np.uint64(32)) * np.uint64(units) >> np.uint64(32))
        begin, end = board.indptr[unit], board.indptr[unit + 1]
        if begin == end:
            continue
        low = word & np.uint64(0xFFFFFFFF)
        there = board.label[board.indices[begin + int(low * np.uint64(end - begin) >> np.uint64(32))]]
        here = board.label[unit]
        if here == there or board.units[here] == 1 or board.fixed[here] or board.fixed[there]:
            continue
        more[:] = board.part[unit]
        cost = _change(board, more, here, there, stiff) + _leaving(board, unit, here, there)
        if not _accepted(cost, heat, state):
            continue
        lost = _cut_off(board, unit, marks)
        marks += end - begin + 2
        if lost < 0:
            continue
        if lost > 0:
            cost = _leaving(board, unit, here, there)
            for at in range(lost):
                more += board.part[board.found[at]]
                cost += _leaving(board, board.found[at], here, there)
            cost += _change(board, more, here, there, stiff)
            if not _accepted(cost, heat, state):
                continue
        for at in range(lost):
            _put(board, board.found[at], there)
        _put(board, unit, there)
    return marks


@compiled
def _score(board: Board, stiff: float) -> float:
    """Give the cost of the districts without prices: all their inertia, and what their unevenness costs at last."""
    total, none = 0.0, np.zeros(5)
    for each in range(len(board.price)):
        off = board.sums[each, 0] - board.target[each]
        total += _inertia(board.sums[each], 0.0, none) + stiff * off * off
    return total


@compiled
def search(board: Board, heat: Heat) -> Labels:
    """Move units for so many sweeps, ever fewer of them for the worse; give the best districts of the last sweeps.

    Simulated annealing with prices: unevenness costs `stiff` per square, more towards the end, and each district's
    price of load is raised or lowered by its unevenness after each sweep (augmented Lagrangian).
    """
    state = np.array([np.uint64(heat.seed) * np.uint64(2) + np.uint64(0x9E3779B97F4A7C15)])
    marks, least, best = 1, _score(board, heat.stiff * heat.strict), board.label.copy()
    for turn in range(heat.sweeps):
        done = turn / heat.sweeps
        strict = heat.stiff * heat.strict ** max(0.0, (done - EASY) / (1.0 - EASY))
        warm = heat.hot * (heat.cold / heat.hot) ** (done / FROZEN) if done < FROZEN else 0.0
        marks = sweep(board, state, marks, warm, strict)
        for each in range(len(board.price)):
            board.price[each] += heat.learn * (board.sums[each, 0] - board.target[each])
        if done >= EASY:
            score = _score(board, heat.stiff * heat.strict)
            if score < least:
                least = score
                best[:] = board.label
    return best
