"""Ways along streets: how far it is from each stop to each other, and by which streets one goes."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from shapely.geometry.base import BaseGeometry

from gis.plan.routes import FAR
from gis.plan.streets import StreetGraph

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FIRST_REACH_M = 2_000.0
DECIMETRES = 10
SPARE_M = 0.01  # above the longest leg, for sums that round


class Ways(NamedTuple):
    """The streets as metres between neighbouring nodes, with the number of the shortest edge between them, plus 1."""

    matrix: csr_array
    edge: csr_array
    component: Integers


def ways(graph: StreetGraph) -> Ways:
    """Give the streets of a graph, walkable both ways; of parallel edges the shortest, loops left out."""
    plain = np.flatnonzero(graph.u != graph.v)
    order = plain[np.lexsort((plain, graph.length_m[plain]))]
    low, high = np.minimum(graph.u[order], graph.v[order]), np.maximum(graph.u[order], graph.v[order])
    _, first = np.unique(low * graph.node_count + high, return_index=True)
    kept, low, high = order[first], low[first], high[first]
    rows, columns = np.concatenate([low, high]), np.concatenate([high, low])
    shape = (graph.node_count, graph.node_count)
    metres = csr_array((np.tile(graph.length_m[kept], 2), (rows, columns)), shape=shape)
    numbers = csr_array((np.tile(kept + 1, 2), (rows, columns)), shape=shape)
    return Ways(metres, numbers, graph.component)


def distances_m(streets: Ways, nodes: Integers, *, reach_m: float = FIRST_REACH_M) -> Floats:
    """Give the metres along streets from each node to each other, infinite where no street leads there.

    Bounded multi-source Dijkstra: the search ends at `reach_m`, and is begun again with twice the reach for those nodes
    from which one of the others, in the same connected part, was not reached.
    """
    found = np.full((len(nodes), len(nodes)), np.inf)
    connected = streets.component[nodes][:, None] == streets.component[nodes][None]
    todo = np.arange(len(nodes))
    while len(todo):
        reached = dijkstra(streets.matrix, indices=nodes[todo], limit=reach_m)
        found[todo] = reached[:, nodes]
        todo = todo[(np.isinf(found[todo]) & connected[todo]).any(axis=1)]
        reach_m *= 2
    return found


def lengths(metres: Floats, *, scale: float = DECIMETRES) -> Integers:
    """Give metres (or seconds) as whole numbers of `scale` to the unit, for the solver; infinite ones are `FAR`."""
    whole = np.full(metres.shape, FAR, dtype=np.int64)
    finite = np.isfinite(metres)
    whole[finite] = np.ceil(metres[finite] * scale).astype(np.int64)
    return whole


def path(graph: StreetGraph, streets: Ways, nodes: Integers, *, reach_m: float = np.inf) -> list[BaseGeometry]:
    """Give the line along streets from each node to the next; an empty line from a node to itself.

    `reach_m` bounds the search where no leg is longer. ValueError where no street leads there within it.
    """
    lines: list[BaseGeometry] = []
    if len(nodes) < 2:
        return lines
    _, before = dijkstra(streets.matrix, indices=nodes[:-1], limit=reach_m + SPARE_M, return_predecessors=True)
    for leg, (start, end) in enumerate(pairwise(nodes.tolist())):
        if start == end:
            lines.append(shapely.LineString())
            continue
        if before[leg, end] < 0:
            raise ValueError(f"no street leads from node {start} to node {end} within {reach_m:g} m")
        passed = [end]
        while passed[-1] != start:
            passed.append(int(before[leg, passed[-1]]))
        passed.reverse()
        lines.append(_along(graph, streets, passed))
    return lines


def _along(graph: StreetGraph, streets: Ways, passed: list[int]) -> BaseGeometry:
    places: list[NDArray[np.float64]] = []
    for here, there in pairwise(passed):
        edge = int(streets.edge[here, there]) - 1
        piece = shapely.get_coordinates(graph.geometry[edge])
        places.append(piece if graph.u[edge] == here else piece[::-1])
    return shapely.remove_repeated_points(shapely.LineString(np.concatenate(places)))
