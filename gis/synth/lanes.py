"""The invented county's lanes: runs of lattice edges, and dead-end alleys that leave them."""

from typing import NamedTuple

import numpy as np
import shapely
from numpy.random import Generator

from gis.synth.arrays import Flags, Floats, Integers, Shapes, lines
from gis.synth.edges import Edges

ROW_ALLEY, COLUMN_ALLEY = (0.08, 14.0, 19.0), (0.34, 20.0, 34.0)


class Lanes(NamedTuple):
    """Unbroken lines and the street of each; by street its whole line, patch, class, and the street it leaves (-1)."""

    lines: Shapes
    street: Integers
    whole: Shapes
    patch: Integers
    road_class: Shapes
    parent: Integers


def lanes(rng: Generator, found: Edges, blocks: Shapes) -> Lanes:
    """Give the lanes along edges, one street per row or column, and alleys off them that end blind.

    `blocks` are the compounds, into which no alley leads. Patch 0 is the core.
    """
    order = np.lexsort((found.step, found.line, found.column, found.patch))
    found = found.where(order)
    key = np.column_stack([found.patch, found.column, found.line])
    new = np.r_[True, (key[1:] != key[:-1]).any(axis=1)]
    street = np.cumsum(new) - 1
    start = new | np.r_[True, found.step[1:] != found.step[:-1] + 1]
    places, edge = _chained(found, start)
    runs = lines(places, (np.cumsum(start) - 1)[edge])
    whole = lines(places, street[edge])
    first = found.where(new)
    core = first.patch == 0
    minor = np.where(first.column & ~core, "service", "residential")
    classes = np.where(first.main, np.where(core, "secondary", "tertiary"), minor).astype(object)
    alleys, parent = _alleys(rng, found, street, blocks)
    number = len(whole) + np.arange(len(alleys))
    return Lanes(
        np.concatenate([runs, alleys]),
        np.concatenate([street[start], number]),
        np.concatenate([whole, alleys]),
        np.concatenate([first.patch, first.patch[parent]]),
        np.concatenate([classes, np.full(len(alleys), "service", dtype=object)]),
        np.concatenate([np.full(len(whole), -1), parent]),
    )


def _chained(found: Edges, start: Flags) -> tuple[Floats, Integers]:
    """Give the vertices of the runs one after the other, and the edge of each."""
    slots = 1 + start.astype(np.int64)
    edge = np.repeat(np.arange(len(start)), slots)
    places = found.ends[edge, 1]
    places[(np.cumsum(slots) - slots)[start]] = found.ends[start, 0]
    return places, edge


def _alleys(rng: Generator, found: Edges, street: Integers, blocks: Shapes) -> tuple[Shapes, Integers]:
    """Give lines square to some edges from about their middle, and the street that each leaves."""
    draw = rng.random(len(street))
    wanted = ~found.main & (draw < np.where(found.column, COLUMN_ALLEY[0], ROW_ALLEY[0]))
    low_m, high_m = (np.where(found.column, COLUMN_ALLEY[n], ROW_ALLEY[n])[wanted] for n in (1, 2))
    ahead = (found.ends[:, 1] - found.ends[:, 0])[wanted]
    foot = found.ends[wanted, 0] + rng.uniform(0.4, 0.6, wanted.sum())[:, None] * ahead
    side = np.column_stack([-ahead[:, 1], ahead[:, 0]]) / np.hypot(*ahead.T)[:, None]
    reach_m = rng.uniform(low_m, high_m) * rng.choice([-1.0, 1.0], len(foot))
    tips = foot + reach_m[:, None] * side
    alleys = lines(np.round(np.stack([foot, tips], axis=1), 2))
    free = np.ones(len(alleys), dtype=bool)
    if len(blocks):
        free[shapely.STRtree(alleys).query(blocks, predicate="dwithin", distance=1.0)[1]] = False
    return alleys[free], street[wanted][free]
