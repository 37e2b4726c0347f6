"""The invented county's ways between settlements: roads over the ridges, tracks into the hills, and missing links."""

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.random import Generator
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gis.synth.arrays import NO_SHAPES, Floats, Integers, Shapes, lines, multilines, nearest, neighbours
from gis.synth.land import Land
from gis.synth.patches import CORE, Patch

LINK_SHARE, LINK_M, TRACK_SHARE, TIED_M = 0.55, 2600.0, 0.6, 60.0


def links(rng: Generator, ground: Land, laid: Shapes, seat: Integers) -> Shapes:
    """Give bent roads between some villages that neighbour each other in different valleys.

    Neighbours are those of the Gabriel graph (Gabriel and Sokal 1969, doi:10.2307/2412323).
    """
    place, valley = ground.seats.place, ground.seats.valley
    if len(place) < 4:
        return NO_SHAPES
    pairs = neighbours(place)
    length_m = np.hypot(*(place[pairs[:, 0]] - place[pairs[:, 1]]).T)
    lonely = nearest(place, place[pairs].mean(axis=1))[0] >= length_m / 2 - 1e-6
    order = np.argsort(seat, kind="stable")
    nets = multilines(laid[order], np.unique(seat[order], return_inverse=True)[1])
    net_of = np.full(len(place), -1)
    known = np.unique(seat)
    net_of[known[known != CORE]] = np.flatnonzero(known != CORE)
    ends = valley[pairs]
    wanted = lonely & (length_m < LINK_M) & (ends[:, 0] != ends[:, 1]) & (net_of[pairs] >= 0).all(axis=1)
    pairs = pairs[wanted & (rng.random(len(pairs)) < LINK_SHARE)]
    straight = shapely.shortest_line(nets[net_of[pairs[:, 0]]], nets[net_of[pairs[:, 1]]])
    return _bent(rng, shapely.get_coordinates(straight[shapely.length(straight) > 30]).reshape(-1, 2, 2))


def _bent(rng: Generator, ends: Floats) -> Shapes:
    """Give gentle curves between ends, (n, 2, 2)."""
    ahead = ends[:, 1] - ends[:, 0]
    middle = ends.mean(axis=1) + np.column_stack([-ahead[:, 1], ahead[:, 0]]) * rng.uniform(-0.2, 0.2, (len(ends), 1))
    share = np.linspace(0, 1, 9)[None, :, None]
    curve = (1 - share) ** 2 * ends[:, :1] + 2 * share * (1 - share) * middle[:, None] + share**2 * ends[:, 1:]
    return lines(np.round(curve, 2))


def tracks(rng: Generator, ground: Land, found: Sequence[Patch]) -> Shapes:
    """Give tracks from the outermost lane of some villages up the hill, within the village's land."""
    made = []
    for patch in found:
        if patch.seat == CORE or not patch.inside.any() or rng.random() > TRACK_SHARE:
            continue
        columns, rows = np.nonzero(patch.inside)
        far = int(np.abs(rows - patch.axis_row).argmax())
        start, road = patch.place[columns[far], rows[far]], patch.place[columns[far], patch.axis_row]
        away = start - road
        bearing = float(np.arctan2(away[1], away[0])) if away.any() else float(ground.seats.bearing[patch.seat]) + 1.57
        along = np.arange(0, rng.uniform(300, 1200), 60.0)
        course = bearing + 0.5 * np.sin(along / 190 + rng.uniform(0, 6.3)) * np.minimum(along / 200, 1)
        steps = 60 * np.column_stack([np.cos(course), np.sin(course)])
        track = shapely.LineString(np.round(np.vstack([start, start + np.cumsum(steps, axis=0)]), 2))
        inside = shapely.get_parts(shapely.intersection(track, ground.villages[patch.seat]))
        made += [each for each in inside if shapely.dwithin(each, shapely.Point(start), 0.01)][:1]
    water = [each.water for each in ground.valleys]
    dry = np.array(made, dtype=object)
    wet = shapely.STRtree(dry).query(water, predicate="dwithin", distance=15)[1]
    return np.delete(dry, np.unique(wet))


def ties(laid: Shapes, closed: Shapes) -> Shapes:
    """Give the shortest lines that join each loose net of lines to the largest one, unless a compound lies between."""
    pairs = shapely.STRtree(laid).query(laid, predicate="intersects")
    graph = coo_array((np.ones(pairs.shape[1]), pairs), shape=(len(laid),) * 2)
    net = connected_components(graph, directed=False)[1]
    length_m = np.bincount(net, weights=shapely.length(laid))
    main = net == length_m.argmax()
    loose = np.flatnonzero(~main & (length_m[net] > TIED_M))
    if not len(loose):
        return NO_SHAPES
    largest = laid[main]
    (from_, to), away_m = shapely.STRtree(largest).query_nearest(laid[loose], return_distance=True, all_matches=False)
    order = np.lexsort((from_, away_m, net[loose[from_]]))
    best = order[np.unique(net[loose[from_[order]]], return_index=True)[1]]
    found = shapely.shortest_line(laid[loose[from_[best]]], largest[to[best]])
    free = np.ones(len(found), dtype=bool)
    if len(closed):
        free[shapely.STRtree(found).query(closed, predicate="intersects")[1]] = False
    return np.asarray(found[free], dtype=object)
