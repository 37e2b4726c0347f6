"""The edges of the invented county's lattices: where a lane may run, given water, valley roads and compounds."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely
from numpy.random import Generator

from gis.synth.arrays import Flags, Floats, Integers, lines, segments
from gis.synth.land import Land
from gis.synth.patches import CORE, Patch

Block = tuple[int, int, int, int]
DROPPED_ROW, DROPPED_COLUMN = 0.16, 0.26
WATER_M, BESIDE_M, STEEP = 16.0, 27.0, 0.55
FREE, FIXED, CLOSED = 0, 1, -1


class Edges(NamedTuple):
    """Lattice edges: both ends (n, 2, 2), the patch, whether along a column, which row or column, and where in it.

    `main` edges belong to main lines and may bridge water; `fixed` ones surround a compound.
    """

    ends: Floats
    patch: Integers
    column: Flags
    line: Integers
    step: Integers
    main: Flags
    fixed: Flags

    def where(self, wanted: Flags | Integers) -> "Edges":
        """Give some of the edges."""
        return Edges._make(each[wanted] for each in self)


def edges(rng: Generator, ground: Land, found: Sequence[Patch], blocks: Sequence[Block]) -> Edges:
    """Give the edges that became lanes: some are left out at random, none runs inside a compound or in the way.

    `blocks` are the compounds in the core's lattice (patch 0): first and last column, first and last row.
    """
    parts = [
        part for number, each in enumerate(found) for part in _of(number, each, blocks if each.seat == CORE else ())
    ]
    every = Edges(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    lost = np.where(every.column, DROPPED_COLUMN, DROPPED_ROW)
    built = every.where(every.fixed | every.main | (rng.random(len(lost)) >= lost))
    return built.where(~(_wet(ground, built) | _doubled(ground, built)))


def _of(number: int, patch: Patch, blocks: Sequence[Block]) -> tuple[Edges, Edges]:
    """Give the edges along the rows of a patch, then those along its columns."""
    row, column = _states(patch, blocks)
    place, inside = patch.place, patch.inside
    along = inside[:-1] & inside[1:] & (row != CLOSED)
    a, b = np.nonzero(along)
    ends = np.stack([place[a, b], place[a + 1, b]], axis=1)
    rows = Edges(ends, np.full(len(a), number), np.zeros(len(a), bool), b, a, patch.main_row[b], row[a, b] == FIXED)
    across = inside[:, :-1] & inside[:, 1:] & (column != CLOSED)
    a, b = np.nonzero(across)
    ends = np.stack([place[a, b], place[a, b + 1]], axis=1)
    fixed = column[a, b] == FIXED
    return rows, Edges(ends, np.full(len(a), number), np.ones(len(a), bool), a, b, patch.main_column[a], fixed)


def _states(patch: Patch, blocks: Sequence[Block]) -> tuple[Integers, Integers]:
    columns, rows = patch.inside.shape
    row, column = np.full((columns - 1, rows), FREE), np.full((columns, rows - 1), FREE)
    for west, east, south, north in blocks:
        row[west:east, south + 1 : north] = CLOSED
        column[west + 1 : east, south:north] = CLOSED
        row[west:east, [south, north]] = FIXED
        column[[west, east], south:north] = FIXED
    if patch.axis_row >= 0:
        row[:, patch.axis_row] = CLOSED
    return row, column


def _wet(ground: Land, found: Edges) -> Flags:
    """Whether edges touch or follow water; a main one may cross it steeply."""
    wet = np.zeros(len(found.line), dtype=bool)
    edge, steep = _near(found, [each.water for each in ground.valleys], WATER_M)
    wet[edge[~(steep & found.main[edge])]] = True
    return wet


def _doubled(ground: Land, found: Edges) -> Flags:
    """Whether edges run beside a valley road, which serves in their place."""
    doubled = np.zeros(len(found.line), dtype=bool)
    edge, steep = _near(found, [each.road for each in ground.valleys], BESIDE_M)
    doubled[edge[~steep]] = True
    return doubled


def _near(found: Edges, ways: Sequence[shapely.LineString], reach_m: float) -> tuple[Integers, Flags]:
    """Give the edges near lines, and whether they meet them steeply."""
    straight, _ = segments(ways)
    tree = shapely.STRtree(lines(found.ends))
    way, edge = tree.query(lines(straight), predicate="dwithin", distance=reach_m)
    course, ahead = straight[way, 1] - straight[way, 0], found.ends[edge, 1] - found.ends[edge, 0]
    across = np.abs(course[:, 0] * ahead[:, 1] - course[:, 1] * ahead[:, 0])
    return edge.astype(np.int64), across > STEEP * np.hypot(*course.T) * np.hypot(*ahead.T)
