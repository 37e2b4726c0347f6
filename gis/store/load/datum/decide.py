"""Where a delivery lies by the evidence: as delivered, shifted by a vector, or not to be told.

The place with the most agreement wins if it beats every other by a sign test (Conover 1999, 3.4): of the units that
agree under one of the two only, far more agree under the winner than even odds would give. The runner-up is the best of
some ten thousand other shifts, so that what fits well anywhere (a tunnel under houses, a street grid that repeats, an
empty stretch) cannot win.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import betainc

from gis.store.load.datum.evidence import APART_M, Held, Move, Places


@dataclass(frozen=True, slots=True)
class Bounds:
    """What may be argued with: how rarely chance may decide, and what counts as a shift.

    `refuse` is the chance at which even odds look like a shift: 27 units of 27, or 48 of 54. `verify` is the chance at
    which they look right: 10 of 10. A wrong refusal stops a steward, a wrong "verified" is as good as no guard, but a
    missing one costs only a remark. `rival` is the chance at which one shift looks better than another,
    `rival_named` that at which one of the few with a name does.
    `doubt` is the chance at which a shift with a name is told as possible.
    `least_m`: datum shifts in China are 50 to 150 m (Beijing 1954, Xian 1980) or some hundred (GCJ-02, BD-09), while
    two good sources differ by up to 15 m. `share`: so much of the evidence must agree with a shift, `outvoted` times as
    much as with no shift where they differ. `known`: of so many units something must be known at a place for it to be a
    rival of where they lie. `blocks_m` are the sides of squares in which parts are sought, `blocks` how many are looked
    into, each less likely than `suspicion` by chance; fewer units than `part_units` are no part. Where only what is
    usual speaks (houses beside streets), a shift without a name is no more than a doubt below `usual_units` units, and
    for a part always: the lanes of a village may be missing among the streets.
    """

    refuse: float = 1e-8
    verify: float = 1e-3
    doubt: float = 1e-5
    least_m: float = 25.0
    rival: float = 1e-3
    rival_named: float = 1e-2
    share: float = 0.35
    known: float = 0.25
    outvoted: float = 3.0
    part_units: int = 20
    usual_units: int = 1000
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
    firm: bool = True

    @property
    def moved(self) -> bool:
        """Whether the winner is not where the rows were delivered."""
        return self.shift is not None and self.shift.move is not None

    @property
    def refused(self) -> bool:
        """Whether the rows lie shifted beyond doubt."""
        return self.moved and self.firm


@dataclass(frozen=True, slots=True)
class Contest:
    """Places that were tried: per place, evidence and unit the share of probes that agree, NaN where unknown.

    `best` is the place with the most agreement, `here` the best of those that are no shift.
    """

    held: Sequence[Held]
    shifts: Sequence[Shift]
    shares: Sequence[list[Places]]
    totals: Sequence[float]
    here: int
    best: int

    @property
    def units(self) -> int:
        """How many units speak."""
        return sum(len(each) for each in self.shares[self.here])

    def found(self) -> Found:
        """Give what agrees, as won by none."""
        titles = _titles(self.held, self.shares[self.best], self.shares[self.here])
        return Found(None, self.units, round(self.totals[self.best]), round(self.totals[self.here]), titles)


def decided(
    held: Sequence[Held],
    named: Sequence[Named],
    bounds: Bounds,
    *,
    chance: float,
    part: bool = False,
    alone: bool = False,
    seed: int = 0,
) -> Found:
    """Give the place that wins, among those that are named, no shift, and the peaks of each evidence.

    `chance` is the bound for a shift; as delivered wins at `bounds.verify`, by evidence that proves. `part` says that
    the rows were chosen for looking shifted. `alone` says that the probes were chosen for not agreeing as delivered:
    that they do not tells nothing, so every rival counts as no shift does.
    """
    held = [each for each in held if len(each.evidence.at)]
    units = [np.unique(each.evidence.unit, return_inverse=True)[1] for each in held]
    count = sum(int(each.max()) + 1 for each in units)
    if count < -np.log2(bounds.verify):
        return Found(None, count, 0, 0)
    shifts = _shifts(held, named, bounds, seed)
    shares = [_shares(held, units, each.move) for each in shifts]
    totals = [sum(float(np.nansum(each)) for each in place) for place in shares]
    here = max((place for place, each in enumerate(shifts) if _is_here(each, bounds)), key=lambda place: totals[place])
    best = max(range(len(shifts)), key=lambda place: (totals[place], place == here))
    contest = Contest(held, shifts, shares, totals, here, best)
    if _is_here(shifts[best], bounds):
        return _as_delivered(contest, bounds)
    return _as_moved(contest, bounds, chance=chance, part=part, alone=alone)


def _as_delivered(contest: Contest, bounds: Bounds) -> Found:
    """Give no shift as the winner where it beats every rival by evidence that proves."""
    shares, here, found = contest.shares, contest.here, contest.found()
    proving = [place for place, each in enumerate(contest.held) if each.evidence.proves]
    others = [place for place, each in enumerate(contest.shifts) if _apart(each, contest.shifts[here])]
    rivals = [shares[other] for other in others if _known(shares[other], proving) >= bounds.known]
    sure = bool(rivals) and all(_beats(shares[here], rival, proving) < bounds.verify for rival in rivals)
    return replace(found, shift=Shift(np.zeros(2), None), agreeing=found.delivered) if sure else found


def _as_moved(contest: Contest, bounds: Bounds, *, chance: float, part: bool, alone: bool) -> Found:
    """Give the shift that wins where it beats no shift and every rival; what is unknown at a place does not agree."""
    shifts, here = contest.shifts, contest.here
    shares = [[np.nan_to_num(each) for each in place] for place in contest.shares]
    every = range(len(contest.held))
    winner = _winner(contest, shares, bounds)
    told = shifts[winner].named is not None
    strict: list[float] = []
    loose = [0.0]
    for other, each in enumerate(shifts):
        if _is_here(each, bounds) or _apart(each, shifts[winner]):
            by_chance = _beats(shares[winner], shares[other], every)
            (strict if alone or _is_here(each, bounds) else loose).append(by_chance)
    ahead, behind = _ahead(contest.shares[winner], contest.shares[here], every)
    sure = max(strict) < (bounds.doubt if told else chance) and max(loose) < (
        bounds.rival_named if told else bounds.rival
    )
    if not sure or contest.totals[winner] < bounds.share * contest.units or ahead < bounds.outvoted * behind:
        return contest.found()
    same = [place for place, each in enumerate(contest.held) if each.evidence.same]
    firm = max(strict) < chance and (
        told or _beats(shares[winner], shares[here], same) < chance or (not part and ahead >= bounds.usual_units)
    )
    return replace(contest.found(), shift=shifts[winner], agreeing=round(contest.totals[winner]), firm=firm)


def _winner(contest: Contest, shares: Sequence[list[Places]], bounds: Bounds) -> int:
    """Give the place with the most agreement, or a named one beside it that is no worse."""
    best, every = contest.best, range(len(contest.held))
    for place, each in enumerate(contest.shifts):
        near = each.named is not None and not _apart(each, contest.shifts[best])
        if near and _beats(shares[best], shares[place], every) > bounds.rival:
            return place
    return best


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
