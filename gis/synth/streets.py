"""The invented county's streets: valley roads, lanes, roads between villages and tracks, noded where they meet."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely
from numpy.random import Generator
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gis.synth.arrays import Flags, Integers, Shapes, lines, middles, segments
from gis.synth.land import Land
from gis.synth.lanes import Lanes
from gis.synth.patches import Patch
from gis.synth.ways import links, ties, tracks

RANKS = ("primary", "secondary", "tertiary", "residential", "service", "track")
THROUGH = -2
GRID_M, BRIDGE_HALF_M, STUB_M = 0.01, 22.0, 12.0


class Drawn(NamedTuple):
    """Streets as drawn, before they are cut where they meet: the whole line, class, village and parent of each.

    `seat` is the number of the village whose lane it is, CORE for one of the core, THROUGH for a road between
    villages. `parent` is the street that an alley leaves, else -1.
    """

    whole: Shapes
    road_class: Shapes
    seat: Integers
    parent: Integers


class Streets(NamedTuple):
    """Street pieces that touch only at their ends, the class of each, the number of its street, and bridges."""

    lines: Shapes
    road_class: Shapes
    street: Integers
    bridge: Flags
    drawn: Drawn


def streets(rng: Generator, ground: Land, found: Sequence[Patch], grown: Lanes, closed: Shapes) -> Streets:
    """Give the street net of one piece; `closed` are the compounds, which nothing crosses.

    Water is crossed by bridges alone: pieces of about 44 m.
    """
    roads = np.array([each.road for each in ground.valleys], dtype=object)
    rank = np.array(RANKS, dtype=object)[[each.rank for each in ground.valleys]]
    seat = np.array([each.seat for each in found])
    ways = links(rng, ground, grown.lines, seat[grown.patch[grown.street]])
    paths = tracks(rng, ground, found)
    first = np.concatenate([roads, grown.lines, ways, paths])
    tied = ties(first, closed)
    drawn = Drawn(
        np.concatenate([roads, grown.whole, ways, paths, tied]),
        np.concatenate([rank, grown.road_class, _all("tertiary", ways), _all("track", paths), _all("tertiary", tied)]),
        np.concatenate([_all(THROUGH, roads), seat[grown.patch], _all(THROUGH, (*ways, *paths, *tied))]).astype(int),
        np.concatenate([_all(-1, roads), len(roads) + grown.parent, _all(-1, (*ways, *paths, *tied))]).astype(int),
    )
    drawn.parent[len(roads) :][drawn.parent[len(roads) :] < len(roads)] = -1
    number = len(roads) + len(grown.whole) + np.arange(len(ways) + len(paths) + len(tied))
    lines, street = (
        np.concatenate([first, tied]),
        np.concatenate([np.arange(len(roads)), len(roads) + grown.street, number]),
    )
    return _noded(ground, lines, street, drawn)


def _all(value: object, shapes: Sequence[object] | Shapes) -> Shapes:
    return np.full(len(shapes), value, dtype=object)


def _noded(ground: Land, laid: Shapes, street: Integers, drawn: Drawn) -> Streets:
    pieces = shapely.get_parts(shapely.union_all(laid, grid_size=GRID_M))
    pieces, wet = _bridged(ground, pieces)
    owner = _owner(pieces, laid, street, drawn)
    named = owner >= 0
    pieces, wet, owner = pieces[named], wet[named], owner[named]
    kept = _whole(pieces)
    middle = middles(pieces)
    order = np.lexsort((middle[:, 1], middle[:, 0]))
    order = order[kept[order]]
    return Streets(pieces[order], drawn.road_class[owner[order]], owner[order], wet[order], drawn)


def _bridged(ground: Land, pieces: Shapes) -> tuple[Shapes, Flags]:
    """Cut the pieces that cross water into bridges and the rest, and tell which are bridges."""
    water = lines(segments([each.water for each in ground.valleys])[0])
    hits, piece = shapely.STRtree(pieces).query(water, predicate="intersects")
    wet = np.unique(piece)
    crossed = np.zeros(len(pieces), dtype=bool)
    crossed[wet] = True
    meets = shapely.intersection(water[hits], pieces[piece])
    order = np.argsort(piece, kind="stable")
    parts = np.split(meets[order], np.searchsorted(piece[order], wet[1:]))
    spots = np.array([shapely.union_all(each) for each in parts], dtype=object)
    around = shapely.buffer(spots, BRIDGE_HALF_M, quad_segs=8)
    bridges = shapely.get_parts(shapely.intersection(pieces[wet], around, grid_size=GRID_M))
    rest = shapely.get_parts(shapely.difference(pieces[wet], around, grid_size=GRID_M))
    bridges, rest = (each[shapely.length(each) > 0] for each in (bridges, rest))
    found = np.concatenate([pieces[~crossed], rest, bridges])
    return found, np.arange(len(found)) >= len(found) - len(bridges)


def _owner(pieces: Shapes, laid: Shapes, street: Integers, drawn: Drawn) -> Integers:
    """Give the street that each piece is cut from, the highest where several run together; -1 for none."""
    straight, of = segments(laid)
    middle = shapely.points(middles(pieces))
    piece, part = shapely.STRtree(lines(straight)).query(middle, predicate="dwithin", distance=0.05)
    number = street[of[part]]
    rank = np.array([RANKS.index(each) for each in drawn.road_class])
    none = len(RANKS) * len(rank)
    best = np.full(len(pieces), none)
    np.minimum.at(best, piece, rank[number] * len(rank) + number)
    return np.where(best < none, best % len(rank), -1).astype(np.int64)


def _whole(pieces: Shapes) -> Flags:
    """Tell which pieces hang together in the largest net, without the shortest blind ends."""
    node, length_m = nodes(pieces), shapely.length(pieces)
    degree = np.bincount(node.ravel())
    kept = ~((degree[node].min(axis=1) == 1) & (length_m < STUB_M))
    links_ = coo_array((np.ones(len(node)), node.T), shape=(len(degree),) * 2)
    net = connected_components(links_, directed=False)[1][node[:, 0]]
    largest = net == np.bincount(net, weights=length_m).argmax()
    return np.asarray(kept & largest, dtype=np.bool_)


def nodes(pieces: Shapes) -> Integers:
    """Give the number of the node at either end of each piece, (n, 2); equal places have equal numbers."""
    ends = np.stack([shapely.get_coordinates(shapely.get_point(pieces, place)) for place in (0, -1)], axis=1)
    flat = np.round(ends.reshape(-1, 2) * 100).astype(np.int64)
    return np.unique(flat, axis=0, return_inverse=True)[1].reshape(-1, 2).astype(np.int64)
