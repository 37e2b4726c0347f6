"""What speaks for or against a place: delivered probes held against what is stored, as they lie or moved.

All of it is one question, asked of each probe after it is moved back by a shift that is being tried: does what is
stored agree with it there? A house agrees where one like it is stored, or beside a street but not upon its centre line;
a user inside a house; a pipe along a street and clear of houses.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter, uniform_filter
from scipy.spatial import cKDTree

Places = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Truth = npt.NDArray[np.bool_]
Move = Callable[[Places], Places]
"""From delivered places (x, y in rows, metres) to where they would lie without a shift."""

REACH_M = 1600.0
"""How far a shift is searched: BD-09 moves by up to 1,525 m in China, GCJ-02 by up to 717 m."""
BIN_M = 8.0
APART_M = 40.0
"""Two peaks nearer than this are one: a house, or a street with its houses, is some 10 to 30 m wide."""
BACKGROUND_BINS = 29
_STEPS = int(REACH_M / BIN_M)
_DIRECTIONS = 4


@dataclass(frozen=True)
class Evidence:
    """Probes and what is stored about them; `at` and `stored` are x, y and further coordinates of likeness.

    A probe agrees where what is stored nearest to it lies farther than `clear_m` and within `within_m`; beyond
    `known_m` of anything nothing is known. `unit` numbers what counts once however many probes it has. `own` is the
    stored place of the same key, which alone counts where it is given; but a probe that is not moved also agrees with
    another like it, for keys are given anew. `proves` says that agreement verifies: what is stored was itself verified,
    or is of another layer. `same` says that what is stored is the thing itself, so that it tells its place; a house
    beside a street tells only where such things usually lie. `everywhere` says that every row is expected to agree:
    where only some are, a part that does not tells nothing.
    """

    title: str
    title_en: str
    row: Numbers
    unit: Numbers
    at: Places
    stored: Places
    within_m: float
    clear_m: Places | None = None
    known_m: float = np.inf
    own: Places | None = None
    proves: bool = True
    same: bool = False
    everywhere: bool = True

    def part(self, chosen: Truth) -> "Evidence":
        """Give the evidence of these probes alone."""
        return replace(
            self,
            row=self.row[chosen],
            unit=self.unit[chosen],
            at=self.at[chosen],
            clear_m=None if self.clear_m is None else self.clear_m[chosen],
            own=None if self.own is None else self.own[chosen],
        )


class Held:
    """Evidence with the index over what is stored, built once, and what was found by each move so far."""

    def __init__(
        self,
        evidence: Evidence,
        tree: "cKDTree[None] | None" = None,
        found: Mapping[Move | None, Places] = MappingProxyType({}),
    ) -> None:
        self.evidence = evidence
        self.tree = tree if tree is not None or not len(evidence.stored) else cKDTree(evidence.stored)
        self._found = dict(found)

    def part(self, chosen: Truth) -> "Held":
        """Give the evidence of these probes alone, with the same index."""
        found = {move: agreement[chosen] for move, agreement in self._found.items()}
        return Held(self.evidence.part(chosen), self.tree, found)

    def agreement(self, move: Move | None) -> Places:
        """Give 1 for each probe that agrees, moved (None: as it lies), 0 for one that does not, NaN where unknown."""
        if move not in self._found:
            self._found[move] = self._agreement(move)
        return self._found[move]

    def _agreement(self, move: Move | None) -> Places:
        evidence = self.evidence
        at = evidence.at if move is None else np.hstack([move(evidence.at[:, :2]), evidence.at[:, 2:]])
        if evidence.own is not None:
            same: Truth = np.hypot(*(at[:, :2] - evidence.own).T) <= evidence.within_m
            return np.asarray(
                same if move is not None else same | (self._far(at) <= evidence.within_m), dtype=np.float64
            )
        far = self._far(at)
        agrees = far <= evidence.within_m
        if evidence.clear_m is not None:
            agrees &= far > evidence.clear_m
        return np.where(far > evidence.known_m, np.nan, agrees.astype(np.float64))

    def _far(self, at: Places) -> Places:
        """Give how far what is stored nearest lies, infinite where it does not matter how far."""
        evidence = self.evidence
        if self.tree is None or not len(at):
            return np.full(len(at), np.inf)
        clear_m = float(evidence.clear_m.max(initial=0.0)) if evidence.clear_m is not None else 0.0
        matters = [each for each in (clear_m, evidence.within_m, evidence.known_m) if np.isfinite(each)]
        far, _ = self.tree.query(at, distance_upper_bound=max(matters) + 0.001)
        return np.asarray(far, dtype=np.float64)

    def peaks(self, *, most: int, probes: int, seed: int = 0) -> list[Places]:
        """Give the shifts (east, north in metres) under which agreement stands out most, best first.

        How many probes agree is counted for every shift on a grid of BIN_M, roughly; the peaks above their surroundings
        are the answer. A generalised Hough transform (Ballard 1981) over shifts.
        """
        evidence = self.evidence
        chosen = np.arange(len(evidence.at))
        if len(chosen) > probes:
            chosen = np.random.default_rng(seed).choice(chosen, probes, replace=False)
        if evidence.own is not None:
            votes = _binned(evidence.at[chosen, :2] - evidence.own[chosen])
        elif evidence.at.shape[1] == 3:
            votes = _paired(evidence.at[chosen], evidence.stored, evidence.within_m)
        else:
            votes = _counted(evidence, chosen)
        smooth = uniform_filter(votes, 3, mode="nearest")
        around = uniform_filter(
            uniform_filter(smooth, BACKGROUND_BINS, mode="nearest"), BACKGROUND_BINS, mode="nearest"
        )
        around = np.maximum(around, 0)
        return [self._refined(shift) for shift in _highest((smooth - around) / np.sqrt(around + 1), most)]

    def _refined(self, shift: Places) -> Places:
        """Give a peak more sharply than its bin: what is nearest to the probes moved so far tells the rest."""
        evidence = self.evidence
        if evidence.clear_m is not None or self.tree is None:
            return shift
        at = evidence.at[:1000]
        for _ in range(4):
            moved = np.hstack([at[:, :2] - shift, at[:, 2:]])
            if evidence.own is not None:
                rest = moved[:, :2] - evidence.own[:1000]
                near = np.hypot(*rest.T) <= 2 * BIN_M
            else:
                far, which = self.tree.query(moved, distance_upper_bound=2 * BIN_M)
                near = np.isfinite(far)
                rest = moved[:, :2] - evidence.stored[np.where(near, which, 0), :2]
            if np.count_nonzero(near) < 3:
                break
            shift = shift + np.median(rest[near], axis=0)
        return shift


def _binned(shifts: Places) -> Places:
    """Count shifts in square bins, east along the first axis."""
    side = 2 * _STEPS + 1
    bins = np.rint(shifts / BIN_M).astype(np.int64) + _STEPS
    bins = bins[((bins >= 0) & (bins < side)).all(axis=1)]
    counted = np.bincount(bins[:, 0] * side + bins[:, 1], minlength=side * side)
    return counted.reshape(side, side).astype(np.float64)


def _paired(at: Places, stored: Places, within_m: float) -> Places:
    """Count, per shift, the pairs of a probe and something stored of like size."""
    stored = stored[np.argsort(stored[:, 2], kind="stable")]
    first = np.searchsorted(stored[:, 2], at[:, 2] - within_m).tolist()
    last = np.searchsorted(stored[:, 2], at[:, 2] + within_m).tolist()
    shifts = []
    for place, start, end in zip(range(len(at)), first, last, strict=True):
        away = at[place, :2] - stored[start:end, :2]
        shifts.append(away[(np.abs(away) <= REACH_M).all(axis=1)])
    return _binned(np.vstack(shifts))


def _counted(evidence: Evidence, chosen: Numbers) -> Places:
    """Count, per shift, the probes that fall on cells of BIN_M in which what is stored agrees with them."""
    at = evidence.at[chosen]
    low = np.floor(at[:, :2].min(axis=0) / BIN_M).astype(np.int64) - _STEPS
    shape = np.floor(at[:, :2].max(axis=0) / BIN_M).astype(np.int64) + _STEPS + 1 - low
    cells = np.floor(at[:, :2] / BIN_M).astype(np.int64) - low
    votes = np.zeros((2 * _STEPS + 1, 2 * _STEPS + 1), dtype=np.int32)
    for mine, stored in _alike(at, evidence.stored):
        agreeing = _agreeing(evidence, stored, low, shape)
        for east, north in cells[mine].tolist():
            votes += agreeing[east - _STEPS : east + _STEPS + 1, north - _STEPS : north + _STEPS + 1]
    return votes[::-1, ::-1].astype(np.float64)


def _alike(at: Places, stored: Places) -> Iterator[tuple[Truth, Places]]:
    """Give which probes go with which of what is stored: those of one direction, or all."""
    if at.shape[1] == 2:
        yield np.ones(len(at), dtype=np.bool_), stored
        return
    own, other = (np.floor(np.arctan2(each[:, 3], each[:, 2]) / (2 * np.pi) * _DIRECTIONS) for each in (at, stored))
    for direction in np.unique(own):
        yield own == direction, stored[other == direction]


def _agreeing(evidence: Evidence, stored: Places, low: Numbers, shape: Numbers) -> npt.NDArray[np.uint8]:
    """Give the cells in which a probe of middling size would agree."""
    taken = np.zeros((int(shape[0]), int(shape[1])), dtype=np.uint8)
    cells = np.floor(stored[:, :2] / BIN_M).astype(np.int64) - low
    cells = cells[((cells >= 0) & (cells < shape)).all(axis=1)]
    taken[cells[:, 0], cells[:, 1]] = 1
    if not np.isfinite(evidence.within_m):
        return 1 - taken
    wide: npt.NDArray[np.uint8] = maximum_filter(taken, 2 * int(evidence.within_m / BIN_M) + 1)
    return wide if evidence.clear_m is None else wide - taken


def _highest(above: Places, most: int) -> list[Places]:
    """Give the centres of the highest bins, none within APART_M of a higher one."""
    above = above.copy()
    side = above.shape[0]
    apart = int(APART_M / BIN_M)
    found = []
    for _ in range(most):
        east, north = divmod(int(above.argmax()), side)
        if not above[east, north] > 0:
            break
        found.append((np.array([east, north], dtype=np.float64) - _STEPS) * BIN_M)
        above[max(0, east - apart) : east + apart + 1, max(0, north - apart) : north + apart + 1] = -np.inf
    return found
