"""Service lines: from each house to the nearest place on several streets, of which a plan takes one or none.

A house is a node of its own at the end of its candidate lines, and no pipe runs through it: in a core its edges bear a
toll and its prize is as much higher (`tolled`), so that one line costs what it did and a second never pays.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.plan.streets import TOUCH_M, Floats, Geometries, Integers, StreetGraph, merged_cuts, numbered, split

NEAR_M = 60.0
CHOICES = 3


@dataclass(frozen=True, slots=True, eq=False)
class ServiceLines:
    """Candidate lines: `point` is tied to `node` of `graph` by the straight `geometry`; nearest first for each point.

    `line` is the input line of the street where it ends. Points that no street is within reach of have none.
    """

    graph: StreetGraph
    point: Integers
    node: Integers
    line: Integers
    geometry: Geometries


def service_lines(
    graph: StreetGraph, points: Geometries, *, reach_m: float, near_m: float = NEAR_M, choices: int = CHOICES
) -> ServiceLines:
    """Tie each point to its nearest street within `reach_m`, and to others within `near_m`, up to so many `choices`.

    Storage metres. A line ends at the foot, where the street is cut; of one street only the nearest place counts. Node
    numbers of `graph` stay valid in the new graph; edge numbers do not. Of equally near streets the first comes first.
    """
    who, edge, away_m = _near(graph, points, reach_m, near_m)
    order = np.lexsort((edge, away_m, who))
    who, edge = who[order], edge[order]
    _, first = np.unique(np.column_stack((who, graph.line[edge])), axis=0, return_index=True)
    first = np.sort(first)
    who, edge = who[first], edge[first]
    rank = np.arange(len(who)) - np.searchsorted(who, who)
    who, edge = who[rank < choices], edge[rank < choices]
    along_m = shapely.line_locate_point(graph.geometry[edge], points[who])
    at_u, at_v = along_m <= TOUCH_M, along_m >= graph.length_m[edge] - TOUCH_M
    node = np.where(at_u, graph.u[edge], graph.v[edge])
    inner = ~(at_u | at_v)
    cut_edge, cut_m, cut_of = merged_cuts(edge[inner], along_m[inner], TOUCH_M)
    node[inner] = graph.node_count + cut_of
    cut = split(graph, cut_edge, cut_m)
    ends = np.stack((shapely.get_coordinates(points[who]), cut.xy[node]), axis=1)
    return ServiceLines(cut, who, node, graph.line[edge], np.asarray(shapely.linestrings(ends), dtype=object))


def _near(graph: StreetGraph, points: Geometries, reach_m: float, near_m: float) -> tuple[Integers, Integers, Floats]:
    """Give pairs of points and edges with their distance: the nearest within reach, and all that are near."""
    placed = np.flatnonzero(~shapely.is_missing(points) & ~shapely.is_empty(points))
    if not graph.edge_count or not len(placed):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0)
    tree = shapely.STRtree(graph.geometry)
    nearest = tree.query_nearest(points[placed], max_distance=reach_m)
    near = tree.query(points[placed], predicate="dwithin", distance=min(near_m, reach_m))
    who, edge = np.unique(np.concatenate((nearest, near), axis=1).astype(np.int64), axis=1)
    return placed[who], edge, np.asarray(shapely.distance(points[placed[who]], graph.geometry[edge]))


def with_houses(lines: ServiceLines, points: Geometries) -> tuple[StreetGraph, Integers]:
    """Give the graph with a node for each point that has a line, and these nodes by point (-1: none).

    The lines are the last edges of the graph, in their order, cut from no input line (-1).
    """
    graph, count = lines.graph, lines.graph.node_count
    tied = np.unique(lines.point)
    house = np.full(len(points), -1, dtype=np.int64)
    house[tied] = count + np.arange(len(tied))
    return numbered(
        np.concatenate((graph.xy, shapely.get_coordinates(points[tied]).reshape(-1, 2))),
        np.concatenate((graph.u, lines.node)),
        np.concatenate((graph.v, house[lines.point])),
        line=np.concatenate((graph.line, np.full(len(lines.point), -1))),
        geometry=np.concatenate((graph.geometry, lines.geometry)),
    ), house


def unthreaded(
    ends: Sequence[int], edges: Integers, *, u: Integers, v: Integers, root: int
) -> tuple[Integers, list[list[int]]]:
    """Give the edges of a tree but those that lead out of a house, and the nodes of the pieces left, the root's first.

    A house stays in the piece that its pipe comes from.
    """
    closed = set(ends)
    links: dict[int, list[tuple[int, int]]] = {root: []}
    for edge in edges.tolist():
        links.setdefault(int(u[edge]), []).append((edge, int(v[edge])))
        links.setdefault(int(v[edge]), []).append((edge, int(u[edge])))
    kept, seen, pieces = list[int](), {root}, [[root]]
    for piece in pieces:
        for node in piece:
            for edge, other in links[node]:
                if other in seen:
                    continue
                seen.add(other)
                if node in closed:
                    pieces.append([other])
                else:
                    piece.append(other)
                    kept.append(edge)
    return np.array(sorted(kept), dtype=np.int64), pieces


def tolls(reach: Floats, ends: Integers, u: Integers, v: Integers) -> Floats:
    """Give what no way through a house can save: the way from the root to the farthest foot of its lines (yuan).

    `reach` is that of each node; u and v are the ends of the edges that may be dug.
    """
    most = np.zeros(len(reach))
    for here, other in ((u, v), (v, u)):
        far = np.isfinite(reach[other])
        np.maximum.at(most, here[far], reach[other[far]])
    found: NDArray[np.float64] = most[ends]
    return found
