"""Regions of a network that a plan enters or keeps out of: how they are found, and how a core is made to heed them."""

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from gis.plan.core import Core
from gis.plan.network import Network
from gis.plan.streets import Floats, Integers
from gis.plan.trim import Choice, Mask

NEARER = 3.0
"""A node is of a region where its way to the region's users is so many times shorter than to the plan without them."""
HEART = 0.6
"""Of a branch's prizes: while one twig of it holds so much, that twig is looked at in its place."""


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """Nodes of a network, and the cost of the way to the farthest of them (yuan)."""

    nodes: Integers
    reach: float


@dataclass(frozen=True, slots=True, eq=False)
class Wall:
    """A region that every plan enters, or that none does."""

    region: Region
    entered: bool


def walled(core: Core, walls: tuple[Wall, ...], unit_per_yuan: float) -> None:
    """Make a core heed walls: a region kept out of loses its edges; one that is entered gets a terminal.

    The terminal's edges lead to all nodes of the region at a toll and its prize is two tolls, of which the base is
    relieved of one; the toll is the cost of the way to the farthest node. So every plan that enters the region costs
    what it did, passing through the terminal never pays, and staying away costs more than entering.
    """
    for wall in walls:
        nodes = [node for node in wall.region.nodes.tolist() if core.around[node]]
        if wall.entered:
            toll, terminal = math.ceil(wall.region.reach * unit_per_yuan) + 1, len(core.prize)
            core.prize.append(2 * toll)
            core.around.append({})
            core.bundle.append(())
            core.base -= toll
            for node in nodes:
                core.add(terminal, node, toll)
            continue
        for node in nodes:
            core.base += core.prize[node]
            core.prize[node] = 0
            for other in list(core.around[node]):
                core.remove(node, other)


def disputed(net: Network, over: Choice, within: Choice) -> Region | None:
    """Give the region around the dearest branch of one plan that the other lacks; None where they dig the same."""
    inside = net.nodes_of(within.edges)
    new = over.edges[~(inside[net.u[over.edges]] & inside[net.v[over.edges]])]
    if not len(new):
        return None
    above, order = _hung(net, new, inside)
    if not order:  # the dear plan led through a wall's own terminal: without it the new pipes hang on nothing
        return None
    prize = np.bincount(net.users.node[over.connected], net.users.prize[over.connected], minlength=net.root + 1)
    cost, worth = dict.fromkeys(order, 0.0), {node: float(prize[node]) for node in order}
    for node in reversed(order):
        edge, parent = above[node]
        cost[node] += float(net.cost[edge])
        if parent in above:
            cost[parent] += cost[node]
            worth[parent] += worth[node]
    twigs: defaultdict[int, list[int]] = defaultdict(list)
    for node in order:
        twigs[above[node][1]].append(node)
    heart = max((node for node in order if above[node][1] not in above), key=lambda node: (cost[node], -node))
    while twigs[heart]:
        heaviest = max(twigs[heart], key=lambda node: (worth[node], -node))
        if worth[heaviest] < HEART * worth[heart]:
            break
        heart = heaviest
    branch = [heart]
    for node in branch:
        branch.extend(twigs[node])
    ends = [node for node in branch if prize[node] > 0] or [heart]
    return _around(net, np.array(ends, dtype=np.int64), inside)


def _hung(net: Network, edges: Integers, inside: Mask) -> tuple[dict[int, tuple[int, int]], list[int]]:
    """Give the edge and the node that each new node hangs on, and the new nodes, parents first."""
    links = defaultdict(list)
    for edge in edges.tolist():
        u, v = int(net.u[edge]), int(net.v[edge])
        links[u].append((edge, v))
        links[v].append((edge, u))
    above: dict[int, tuple[int, int]] = {}
    walk = sorted(node for node in links if inside[node])
    for node in walk:
        for edge, other in links[node]:
            if not inside[other] and other not in above:
                above[other] = (edge, node)
                walk.append(other)
    return above, [node for node in walk if node in above]


def _around(net: Network, ends: Integers, inside: Mask) -> Region | None:
    near, _ = net.ways(ends)
    far, _ = net.ways(np.flatnonzero(inside))
    nodes = np.flatnonzero(NEARER * near < far)
    nodes = nodes[~inside[nodes]]
    if not len(nodes):
        return None
    reach: Floats = net.ways(np.array([net.root]))[0][nodes]
    return Region(nodes, float(reach[np.isfinite(reach)].max()))
