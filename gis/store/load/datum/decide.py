"""Where a delivery lies by the evidence: as delivered, shifted by a vector, or not to be told.

The place with the most agreement wins if it beats every other by a sign test (Conover 1999, 3.4): of the units that
agree under one of the two only, far more agree under the winner than even odds would give. The runner-up is the best of
some ten thousand other shifts, so that what fits well anywhere (a tunnel under houses, a street grid that repeats, an
empty stretch) cannot win. A part is searched where blocks of neighbouring rows agree less than the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, betainc

from gis.store.load.datum.evidence import APART_M, Held, Move, Places, Truth


@dataclass(frozen=True, slots=True)
class Bounds:
    """What may be argued with: how rarely chance may decide, and what counts as a shift.

    `refuse` is the chance at which even odds look like a shift: 27 units of 27, or 48 of 54. `verify` is the chance at
    which they look right: 10 of 10. A wrong refusal stops a steward, a wrong "verified" is as good as no guard, but a
    missing one costs only a remark. `rival` is the chance at which one shift looks better than another.
    `least_m`: datum shifts in China are 50 to 150 m (Beijing 1954, Xian 1980) or some hundred (GCJ-02, BD-09), while
    two good sources differ by up to 15 m. `share`: so much of the evidence must agree with a shift, `outvoted` times as
    much as with no shift where they differ. `known`: of so many units something must be known at a place for it to be a
    rival of where they lie. `blocks_m` are the sides of squares in which parts are sought, `blocks` how many are looked
    into, each less likely than `suspicion` by chance; fewer units than `part_units` are no part.
    """

    refuse: float = 1e-8
    verify: float = 1e-3
    least_m: float = 25.0
    rival: float = 1e-3
    share: float = 0.35
    known: float = 0.25
    outvoted: float = 3.0
    part_units: int = 20
    blocks_m: tuple[float, ...] = (300.0, 600.0, 1200.0)
    blocks: int = 8
    probes: int = 700
    suspicion: float = 1e-4


@dataclass(frozen=True, slots=True)
class Named:
    """A shift with a known cause: what it is called, how it is put right, and the move that undoes it."""

    zh: str
    en: str
    advice: str
    move: Move


@dataclass(frozen=True, slots=True)
class Shift:
    """A place that was tried: its vector east and north in metres amid the rows, its move, and its name if any."""

    vector: Places
    move: Move | None
    named: Named | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What won: the shift (None where nothing did), and of how many units how many agree there and as delivered."""

    shift: Shift | None
    units: int
    agreeing: int
    delivered: int
    titles: tuple[tuple[str, str], ...] = ()

    @property
    def moved(self) -> bool:
        """Whether the winner is not where the rows were delivered."""
        return self.shift is not None and self.shift.move is not None


def decided(
    held: Sequence[Held],
    named: Sequence[Named],
    bounds: Bounds,
    *,
    chance: float,
    alone: bool = False,
    seed: int = 0,
) -> Found:
    """Give the place that wins, among those that are named, no shift, and the peaks of each evidence.

    `chance` is the bound for a shift; as delivered wins at `bounds.verify`, by evidence that proves. `alone` says that
    the probes were chosen for not agreeing as delivered: that they do not tells nothing, so every rival counts as no
    shift does.
    """
    held = [each for each in held if len(each.evidence.at)]
    units = [np.unique(each.evidence.unit, return_inverse=True)[1] for each in held]
    count = sum(int(each.max()) + 1 for each in units)
    if count < -np.log2(bounds.verify):
        return Found(None, count, 0, 0)
    shifts = _shifts(held, named, bounds, seed)
    shares = [_shares(held, units, each.move) for each in shifts]
    totals = [sum(float(np.nansum(part)) for part in each) for each in shares]
    here = max((place for place, each in enumerate(shifts) if _is_here(each, bounds)), key=lambda place: totals[place])
    best = max(range(len(shifts)), key=lambda place: (totals[place], place == here))
    found = Found(None, count, round(totals[best]), round(totals[here]), _titles(held, shares[best], shares[here]))
    if _is_here(shifts[best], bounds):
        proving = [place for place, each in enumerate(held) if each.evidence.proves]
        others = [place for place in range(len(shifts)) if _apart(shifts[place], shifts[here])]
        rivals = [shares[other] for other in others if _known(shares[other], proving) >= bounds.known]
        sure = bool(rivals) and all(_beats(shares[here], rival, proving) < bounds.verify for rival in rivals)
        return Found(Shift(np.zeros(2), None), count, found.delivered, found.delivered, found.titles) if sure else found
    every = list(range(len(held)))
    shares = [[np.nan_to_num(part) for part in each] for each in shares]
    winner = next(
        (
            place
            for place, each in enumerate(shifts)
            if each.named is not None
            and not _apart(each, shifts[best])
            and _beats(shares[best], shares[place], every) > bounds.rival
        ),
        best,
    )
    others = [place for place in range(len(shifts)) if _apart(shifts[place], shifts[winner])]
    sure = all(
        _beats(shares[winner], shares[other], every)
        < (chance if alone or _is_here(shifts[other], bounds) else bounds.rival)
        for other in others
    )
    ahead, behind = _ahead(shares[winner], shares[here], every)
    if not sure or totals[winner] < bounds.share * count or ahead < bounds.outvoted * behind:
        return found
    return Found(shifts[winner], count, round(totals[winner]), found.delivered, found.titles)


def _is_here(shift: Shift, bounds: Bounds) -> bool:
    return float(np.hypot(*shift.vector)) < bounds.least_m


def _apart(one: Shift, other: Shift) -> bool:
    return float(np.hypot(*(one.vector - other.vector))) >= APART_M


def _shifts(held: Sequence[Held], named: Sequence[Named], bounds: Bounds, seed: int) -> list[Shift]:
    """Give what is tried: no shift, the named ones, and the peaks of each evidence."""
    middle = np.median(np.vstack([each.evidence.at[:, :2] for each in held]), axis=0)[None, :]
    shifts = [Shift(np.zeros(2), None)]
    shifts += [Shift((middle - each.move(middle))[0], each.move, each) for each in named]
    for each in held:
        for vector in each.peaks(most=6, probes=bounds.probes, seed=seed):
            shifts.append(Shift(vector, constant(vector)))
    return [each for each in shifts if np.isfinite(each.vector).all()]


def constant(vector: Places) -> Move:
    """Give the move that takes one vector off every place."""
    return lambda places: places - vector


def _shares(held: Sequence[Held], units: Sequence[npt.NDArray[np.intp]], move: Move | None) -> list[Places]:
    """Give per evidence and unit the share of its probes that agree, NaN where one is unknown."""
    return [
        np.bincount(unit, weights=each.agreement(move)) / np.bincount(unit)
        for each, unit in zip(held, units, strict=True)
    ]


def _known(shares: list[Places], places: Sequence[int]) -> float:
    """Give the share of units of which something is known there."""
    known = np.concatenate([np.isfinite(shares[place]) for place in places]) if places else np.zeros(0)
    return float(known.mean()) if len(known) else 0.0


def _ahead(one: list[Places], other: list[Places], places: Sequence[int]) -> tuple[float, float]:
    differences = [np.nan_to_num(one[place] - other[place]) for place in places]
    return (
        sum(float(np.maximum(each, 0).sum()) for each in differences),
        sum(float(np.maximum(-each, 0).sum()) for each in differences),
    )


def _beats(one: list[Places], other: list[Places], places: Sequence[int]) -> float:
    """Give the chance that even odds put one so far ahead of the other: the sign test's upper tail."""
    ahead, behind = _ahead(one, other, places)
    return float(betainc(ahead, behind + 1, 0.5)) if ahead > 0 else 1.0


def _titles(held: Sequence[Held], best: list[Places], here: list[Places]) -> tuple[tuple[str, str], ...]:
    """Give the names of the evidence that speaks for the best place, the strongest first."""
    gain = [float(np.nansum(one) - np.nansum(other)) for one, other in zip(best, here, strict=True)]
    weight = [value if any(gain) else float(np.nansum(each)) for value, each in zip(gain, best, strict=True)]
    order = sorted(range(len(held)), key=lambda place: -weight[place])
    chosen = [(held[place].evidence.title, held[place].evidence.title_en) for place in order if weight[place] > 0]
    return tuple(dict.fromkeys(chosen))


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring rows: their square, and the chance that they agree so little where the rest agrees."""

    chance: float
    west: float
    south: float
    side_m: float

    def holds(self, at: Places) -> Truth:
        """Tell which places lie in the block."""
        east, north = at[:, 0] - self.west, at[:, 1] - self.south
        inside = (east >= 0) & (east < self.side_m) & (north >= 0) & (north < self.side_m)
        return np.asarray(inside, dtype=np.bool_)


def shifted_parts(held: Sequence[Held], named: Sequence[Named], bounds: Bounds) -> list[tuple[Block, Found]]:
    """Give the blocks of neighbouring rows that lie shifted while the delivery as a whole does not, the surest first.

    A scan over squares of several sizes (Kulldorff 1997): the most suspicious are decided as deliveries of their own.
    """
    held = [each for each in held if len(each.evidence.at)]
    found: list[tuple[Block, Found]] = []
    for block in _suspicious(held, named, bounds):
        if any(_overlap(block, other) for other, _ in found):
            continue
        part = [each.part(block.holds(each.evidence.at)) for each in held]
        chance = bounds.refuse / bounds.blocks
        decision = decided(part, named, bounds, chance=chance)
        if not decision.moved and block.chance < chance:
            decision = decided([_astray(each) for each in part], named, bounds, chance=chance, alone=True)
        if decision.moved and decision.units >= bounds.part_units:
            found.append((block, decision))
    return found


def _astray(held: Held) -> Held:
    """Give the probes that do not agree where they were delivered: a shifted part among rows that lie right."""
    return held.part(held.agreement(None) == 0)


def _overlap(one: Block, other: Block) -> bool:
    east = min(one.west + one.side_m, other.west + other.side_m) - max(one.west, other.west)
    north = min(one.south + one.side_m, other.south + other.side_m) - max(one.south, other.south)
    return east > 0 and north > 0


def _suspicious(held: Sequence[Held], named: Sequence[Named], bounds: Bounds) -> list[Block]:
    """Give the squares in which fewer probes agree as delivered than the rest leads to expect, or more when moved."""
    found: list[Block] = []
    agreed = [(_agrees(each, None), [_agrees(each, one.move) for one in named]) for each in held]
    for side in bounds.blocks_m:
        for east, north in product((0.0, side / 2), repeat=2):
            found += _scanned(held, agreed, side, (east, north), bounds)
    found.sort(key=lambda each: (each.chance, each.west, each.south))
    kept: list[Block] = []
    for block in found:
        if len(kept) == bounds.blocks:
            break
        if not any(_overlap(block, other) and other.side_m == block.side_m for other in kept):
            kept.append(block)
    return kept


def _agrees(held: Held, move: Move | None) -> Truth:
    return np.asarray(held.agreement(move) > 0, dtype=np.bool_)


def _scanned(
    held: Sequence[Held],
    agreed: Sequence[tuple[Truth, list[Truth]]],
    side: float,
    offset: tuple[float, float],
    bounds: Bounds,
) -> list[Block]:
    least: dict[tuple[int, int], float] = {}
    for each, (here, moved) in zip(held, agreed, strict=True):
        cells = np.floor((each.evidence.at[:, :2] + offset) / side).astype(np.int64)
        squares, which, counts = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
        which = which.ravel()
        usual = float(np.clip(here.mean(), 0.01, 0.99))
        agreeing = np.bincount(which, weights=here)
        chances = bdtr(agreeing, counts, usual)
        for other in moved:
            ahead = np.bincount(which, weights=other & ~here)
            behind = np.bincount(which, weights=here & ~other)
            chances = np.minimum(chances, np.where(ahead > 0, betainc(np.maximum(ahead, 0.5), behind + 1, 0.5), 1.0))
        for place in np.flatnonzero((chances < bounds.suspicion) & (counts >= bounds.part_units // 2)).tolist():
            square = (int(squares[place, 0]), int(squares[place, 1]))
            least[square] = min(least.get(square, 1.0), float(chances[place]))
    return [
        Block(chance, east * side - offset[0], north * side - offset[1], side)
        for (east, north), chance in least.items()
    ]
