"""What lies in the way of pipes: lines that they cross, and houses that they come near to or run through.

All shapes are in storage metres; every function gives one answer per pipe, in the order of the pipes.
"""

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.plan.streets import Floats, Geometries, Integers, StreetGraph

WITHIN_M = 0.3
"""A line that lies less inside a house is taken to run along its wall."""


def crossings(pipes: Geometries, lines: Geometries) -> tuple[Integers, Integers]:
    """Give pairs of a pipe and a line that it crosses, by pipe; lines that only touch, or run along, do not count."""
    pipe, line = shapely.STRtree(lines).query(pipes, predicate="crosses")
    order = np.lexsort((line, pipe))
    return pipe[order].astype(np.int64), line[order].astype(np.int64)


def clearance(pipes: Geometries, houses: Geometries, most_m: float) -> Floats:
    """Give the distance of each pipe to the nearest house; infinite where none lies within `most_m`."""
    found = np.full(len(pipes), np.inf)
    pipe, house = shapely.STRtree(houses).query(pipes, predicate="dwithin", distance=most_m)
    np.minimum.at(found, pipe, shapely.distance(pipes[pipe], houses[house]))
    return found


def through(lines: Geometries, houses: Geometries, own: Integers) -> NDArray[np.bool_]:
    """Give which lines run through a house that is not their `own` (-1: they have none)."""
    line, house = shapely.STRtree(houses).query(lines, predicate="intersects")
    other = house != own[line]
    line, house = line[other], house[other]
    inside = shapely.length(shapely.intersection(lines[line], houses[house])) > WITHIN_M
    found = np.zeros(len(lines), dtype=bool)
    found[line[inside]] = True
    return found


def crossed_at_ends(graph: StreetGraph, price: Floats) -> Floats:
    """Give what each street pays for main roads at its ends: half the price of the dearest road that meets it there.

    `price` is that of crossing the street of each edge, 0 where it is free. A pipe that runs along a main road pays
    nothing, one that goes straight across it pays two halves.
    """
    at_node = np.zeros(graph.node_count)
    np.maximum.at(at_node, graph.u, price)
    np.maximum.at(at_node, graph.v, price)
    return np.where(price > 0, 0.0, (at_node[graph.u] + at_node[graph.v]) / 2)
