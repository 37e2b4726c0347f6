"""The street graph: street lines noded where streets meet, and points tied to their nearest street.

Streets connect as OpenStreetMap means it: at a shared vertex or where an end touches. Two lines that merely cross are a
bridge and its underpass and stay apart. All coordinates are storage metres.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gis.errors import Refused

TOUCH_M = 0.05
SAME_VERTEX_M = 0.001

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class StreetGraph:
    """A multigraph of streets: nodes at `xy`, edges from `u` to `v` along `geometry`, cut from input `line`."""

    xy: Floats
    u: Integers
    v: Integers
    length_m: Floats
    line: Integers
    geometry: Geometries
    component: Integers

    @property
    def node_count(self) -> int:
        """How many nodes there are."""
        return len(self.xy)

    @property
    def edge_count(self) -> int:
        """How many edges there are; parallel edges and loops count each."""
        return len(self.u)


@dataclass(frozen=True, slots=True, eq=False)
class Attachment:
    """Where points meet the streets: `graph` holds the old nodes under their old numbers and the added ones after them.

    `node` is -1 and `service_m` is infinite for a point with no street within reach; `unreached` lists these points.
    """

    graph: StreetGraph
    node: Integers
    service_m: Floats
    unreached: Integers


@dataclass(frozen=True, slots=True, eq=False)
class _Vertices:
    """Vertices of many lines one after the other: the line of each, its place, its measure, its node group."""

    line: Integers
    xy: Floats
    measure_m: Floats
    group: Integers

    def ends(self) -> NDArray[np.bool_]:
        """Give which vertices are the first or last of their line."""
        step = self.line[1:] != self.line[:-1]
        return np.concatenate(([True], step)) | np.concatenate((step, [True]))


def street_graph(lines: Geometries, *, touch_m: float = TOUCH_M) -> StreetGraph:
    """Give the graph of street lines (LineString or MultiLineString, storage metres), edges in the order of the lines.

    Lines are cut at shared vertices (equal to the millimetre) and where an end lies within `touch_m` of another line;
    ends within `touch_m` of each other are one node. Empty and missing lines and edges of no length are left out.
    Raises Refused where a geometry is not a line or a coordinate is not finite.
    """
    _refuse_others(lines)
    parts, owner = shapely.get_parts(shapely.force_2d(lines), return_index=True)
    filled = ~shapely.is_empty(parts) & (shapely.length(parts) > 0)
    parts, owner = shapely.remove_repeated_points(parts[filled]), np.asarray(owner[filled], dtype=np.int64)
    if not len(parts):
        return numbered(np.empty((0, 2)), _no_integers(), _no_integers(), line=_no_integers(), geometry=parts)
    vertices = _grouped(_vertices(parts), touch_m)
    vertices = _with_touching_ends(parts, vertices, touch_m)
    return _assembled(vertices, owner, touch_m)


def attach(graph: StreetGraph, points: Geometries, *, reach_m: float, touch_m: float = TOUCH_M) -> Attachment:
    """Tie each point to the nearest place on the streets, cutting the edge there; of equally near edges the first.

    A foot within `touch_m` of a node, or of another foot on the edge, uses that node. The service line is the straight
    line from the point to its node. A point with no street within `reach_m` (or no place at all) is named in
    `unreached`, never dropped. Node numbers of `graph` stay valid in the new graph; edge numbers do not.
    """
    node = np.full(len(points), -1, dtype=np.int64)
    service_m = np.full(len(points), np.inf)
    who, edge = _nearest(graph, points, reach_m)
    along_m = shapely.line_locate_point(graph.geometry[edge], points[who])
    at_u, at_v = along_m <= touch_m, along_m >= graph.length_m[edge] - touch_m
    node[who] = np.where(at_u, graph.u[edge], graph.v[edge])
    inner = ~(at_u | at_v)
    cut_edge, cut_m, cut_of = merged_cuts(edge[inner], along_m[inner], touch_m)
    node[who[inner]] = graph.node_count + cut_of
    cut = split(graph, cut_edge, cut_m)
    service_m[who] = shapely.distance(points[who], shapely.points(cut.xy[node[who]]))
    return Attachment(cut, node, service_m, np.flatnonzero(node < 0))


def _refuse_others(lines: Geometries) -> None:
    kinds = shapely.get_type_id(lines)
    wrong = np.flatnonzero(~np.isin(kinds, (-1, 1, 2, 5)))
    if len(wrong):
        raise Refused(f"street line {wrong[0]}: expected a line, got {lines[wrong[0]].geom_type}")
    places, index = shapely.get_coordinates(lines, return_index=True)
    broken = index[~np.isfinite(places).all(axis=1)]
    if len(broken):
        raise Refused(f"street line {broken[0]}: expected finite coordinates, got an infinite or missing one")


def _no_integers() -> Integers:
    return np.empty(0, dtype=np.int64)


def _vertices(parts: Geometries) -> _Vertices:
    xy, index = shapely.get_coordinates(parts, return_index=True)
    line = np.asarray(index, dtype=np.int64)
    return _Vertices(line, xy, _measures(line, xy), np.zeros(len(line), dtype=np.int64))


def _measures(line: Integers, xy: Floats) -> Floats:
    """Give the length from the start of its line to each vertex."""
    step_m = np.zeros(len(line))
    step_m[1:] = np.where(line[1:] == line[:-1], np.hypot(*(xy[1:] - xy[:-1]).T), 0.0)
    total_m = np.cumsum(step_m)
    first = np.flatnonzero(np.concatenate(([True], line[1:] != line[:-1])))
    return total_m - np.repeat(total_m[first], np.diff(np.append(first, len(line))))


def _grouped(vertices: _Vertices, touch_m: float) -> _Vertices:
    """Give the vertices with one group for all that are the same place, or that an end touches."""
    keys = np.round(vertices.xy / SAME_VERTEX_M).astype(np.int64)
    _, first, same = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    same = same.reshape(-1)
    at_end = np.zeros(len(first), dtype=bool)
    at_end[same[vertices.ends()]] = True
    ends = np.flatnonzero(at_end)
    spots = np.asarray(shapely.points(vertices.xy[first]))
    end, near = shapely.STRtree(spots).query(spots[ends], predicate="dwithin", distance=touch_m)
    group = _joined(len(first), ends[end], np.asarray(near, dtype=np.int64))
    return _Vertices(vertices.line, vertices.xy, vertices.measure_m, group[same])


def _joined(count: int, a: Integers, b: Integers) -> Integers:
    """Give the groups of `count` things after joining a[i] with b[i], numbered by their first member."""
    pairs = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(count, count))
    return np.asarray(connected_components(pairs, directed=False)[1], dtype=np.int64)


def _with_touching_ends(parts: Geometries, vertices: _Vertices, touch_m: float) -> _Vertices:
    """Give the vertices with one more wherever an end of one line touches the middle of another."""
    ends = np.flatnonzero(vertices.ends())
    spots = np.asarray(shapely.points(vertices.xy[ends]))
    found, line = shapely.STRtree(parts).query(spots, predicate="dwithin", distance=touch_m)
    group, line = vertices.group[ends[found]], np.asarray(line, dtype=np.int64)
    span = int(vertices.group.max()) + 1
    new = ~np.isin(line * span + group, vertices.line * span + vertices.group)
    found, line, group = found[new], line[new], group[new]
    _, once = np.unique(line * span + group, return_index=True)
    found, line, group = found[once], line[once], group[once]
    measure_m = np.asarray(shapely.line_locate_point(parts[line], spots[found]))
    return _inserted(vertices, line, vertices.xy[ends[found]], measure_m=measure_m, group=group)


def _inserted(vertices: _Vertices, line: Integers, xy: Floats, *, measure_m: Floats, group: Integers) -> _Vertices:
    lines = np.concatenate((vertices.line, line))
    measures_m = np.concatenate((vertices.measure_m, measure_m))
    order = np.lexsort((measures_m, lines))
    places, groups = np.concatenate((vertices.xy, xy)), np.concatenate((vertices.group, group))
    return _Vertices(lines[order], places[order], measures_m[order], groups[order])


def _assembled(vertices: _Vertices, owner: Integers, touch_m: float) -> StreetGraph:
    """Cut every line at its nodes: at ends, and at groups that more than one vertex belongs to."""
    uses = np.bincount(vertices.group)
    is_node = vertices.ends() | (uses[vertices.group] > 1)
    is_node |= np.isin(vertices.group, vertices.group[is_node])
    _, first = np.unique(vertices.group, return_index=True)
    place = vertices.xy[first[np.searchsorted(vertices.group[first], vertices.group)]]
    xy = np.where(is_node[:, None], place, vertices.xy)
    start, stop, geometry = _pieces(vertices.line, xy, is_node)
    loop = vertices.group[start] == vertices.group[stop]
    keep = shapely.length(geometry) > np.where(loop, touch_m, 0.0)
    start, stop, geometry = start[keep], stop[keep], geometry[keep]
    line = owner[vertices.line[start]]
    groups, ends = np.unique(np.concatenate((vertices.group[start], vertices.group[stop])), return_inverse=True)
    nodes = vertices.xy[first[np.searchsorted(vertices.group[first], groups)]]
    return numbered(nodes, ends[: len(start)], ends[len(start) :], line=line, geometry=geometry)


def _pieces(line: Integers, xy: Floats, is_node: NDArray[np.bool_]) -> tuple[Integers, Integers, Geometries]:
    """Give first vertex, last vertex and geometry of each run from one node to the next on the same line."""
    stops = np.flatnonzero(is_node)
    together = line[stops[1:]] == line[stops[:-1]]
    start, stop = stops[:-1][together], stops[1:][together]
    count = stop - start + 1
    piece = np.repeat(np.arange(len(start)), count)
    vertex = np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(start, count)
    return start, stop, shapely.remove_repeated_points(shapely.linestrings(xy[vertex], indices=piece))


def numbered(xy: Floats, u: Integers, v: Integers, *, line: Integers, geometry: Geometries) -> StreetGraph:
    """Give the graph of numbered nodes and edges, with lengths and components worked out."""
    length_m = np.asarray(shapely.length(geometry), dtype=np.float64)
    u, v = u.astype(np.int64), v.astype(np.int64)
    return StreetGraph(xy, u, v, length_m, line, geometry, component=_joined(len(xy), u, v))


def _nearest(graph: StreetGraph, points: Geometries, reach_m: float) -> tuple[Integers, Integers]:
    """Give the points that have an edge within reach, and that edge."""
    if not graph.edge_count or reach_m <= 0:
        return _no_integers(), _no_integers()
    placed = np.flatnonzero(~shapely.is_missing(points) & ~shapely.is_empty(points))
    who, edge = shapely.STRtree(graph.geometry).query_nearest(points[placed], max_distance=reach_m)
    order = np.lexsort((edge, who))
    _, first = np.unique(who[order], return_index=True)
    return placed[who[order][first]], np.asarray(edge[order][first], dtype=np.int64)


def merged_cuts(edge: Integers, along_m: Floats, touch_m: float) -> tuple[Integers, Floats, Integers]:
    """Give edge and measure of each cut, in order, and the cut that serves each foot; near feet share one."""
    cut_of = np.empty(len(edge), dtype=np.int64)
    cuts: list[tuple[int, float]] = []
    for foot in np.lexsort((along_m, edge)).tolist():
        here = (int(edge[foot]), float(along_m[foot]))
        if not cuts or cuts[-1][0] != here[0] or here[1] - cuts[-1][1] > touch_m:
            cuts.append(here)
        cut_of[foot] = len(cuts) - 1
    return np.array([cut[0] for cut in cuts], dtype=np.int64), np.array([cut[1] for cut in cuts]), cut_of


def split(graph: StreetGraph, edge: Integers, along_m: Floats) -> StreetGraph:
    """Give the graph with a node added at each cut, in the order of the cuts."""
    if not len(edge):
        return graph
    vertices = _vertices(graph.geometry)
    added = shapely.get_coordinates(shapely.line_interpolate_point(graph.geometry[edge], along_m))
    ends = vertices.ends()
    group = np.full(len(vertices.line), -1, dtype=np.int64)
    group[ends] = np.column_stack((graph.u, graph.v)).reshape(-1)
    vertices = _Vertices(vertices.line, vertices.xy, vertices.measure_m, group)
    number = graph.node_count + np.arange(len(edge))
    vertices = _inserted(vertices, edge, added, measure_m=along_m, group=number)
    start, stop, geometry = _pieces(vertices.line, vertices.xy, vertices.group >= 0)
    u, v, line = vertices.group[start], vertices.group[stop], graph.line[vertices.line[start]]
    return numbered(np.concatenate((graph.xy, added)), u, v, line=line, geometry=geometry)
