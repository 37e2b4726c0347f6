"""Parts of a delivery that lie shifted amid right rows: sought where neighbouring rows agree less than the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.special import bdtr, betainc

from gis.store.load.datum.decide import Bounds, Found, Named, decided
from gis.store.load.datum.evidence import Held, Move, Places, Truth


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
    held = [each for each in held if len(each.evidence.at) and each.evidence.everywhere]
    found: list[tuple[Block, Found]] = []
    for block in _suspicious(held, named, bounds):
        if any(_overlap(block, other) for other, _ in found):
            continue
        inside = [each.part(block.holds(each.evidence.at)) for each in held]
        chance = bounds.refuse / bounds.blocks
        decision = decided(inside, named, bounds, chance=chance, part=True)
        if not decision.refused and block.chance < chance:
            astray = [_astray(each) for each in inside]
            other = decided(astray, named, bounds, chance=chance, part=True, alone=True)
            decision = other if other.refused or not decision.moved else decision
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
        _, first, which, counts = np.unique(
            cells[:, 0] << 32 ^ cells[:, 1], return_index=True, return_inverse=True, return_counts=True
        )
        squares = cells[first]
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
