"""Cores of a network in whole numbers, with money weighed against prizes missed.

A plan's weight is `prizes` times the prizes missed plus `money` times its cost. A user at a node that the pipe reaches
is connected where that is lighter; so the lighter of service line and prize is paid in every plan and goes to the base,
and the difference is the node's prize. Costs and prizes are rounded down to units, so that a bound for the core is a
bound for the network; the unit is a power of two, about 2^-44 of all costs and prizes together.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.plan.core import Core
from gis.plan.network import Network

BITS = 44


@dataclass(frozen=True, slots=True, eq=False)
class Skeleton:
    """A network's core before weighing: ways bridged and dead ends cut, and the users by node, in units.

    `ends` are houses that no pipe runs through, with their tolls in yuan (`services`).
    """

    core: Core
    unit_per_yuan: float
    node: list[int]
    service: list[int]
    prize: list[int]
    ends: tuple[tuple[int, float], ...] = ()

    def weighed(self, *, prizes: int = 1, money: int = 1) -> Core:
        """Give a core of its own under this weighing, in 2 ** shift(prizes, money) units, rounded down."""
        plain, by = self.core, shift(prizes, money)
        core = Core(plain.root, [0] * len(plain.prize))
        core.cost = [money * cost >> by for cost in plain.cost]
        core.parts = list(plain.parts)
        core.around = [dict(near) for near in plain.around]
        for node, service, prize in zip(self.node, self.service, self.prize, strict=True):
            missed, paid = prizes * prize >> by, money * service >> by
            core.base += min(missed, paid)
            core.prize[node] += max(0, missed - paid)
        for node, toll_yuan in self.ends:
            toll = math.ceil(toll_yuan * self.unit_per_yuan * money / (1 << by)) + 1
            core.base -= toll
            core.prize[node] += toll
            for edge in core.around[node].values():
                core.cost[edge] += toll
        return core

    def yuan(self, units: int) -> float:
        """Give whole units in yuan."""
        return units / self.unit_per_yuan


def shift(prizes: int, money: int) -> int:
    """Give by how many bits weighed values are shortened, so that they stay as long as unweighed ones."""
    return max(prizes, money).bit_length() - 1


def skeleton(net: Network, who: NDArray[np.bool_]) -> Skeleton:
    """Give the skeleton that keeps a place for the users `who`, all of whom some way must lead to."""
    cost = np.where(np.isfinite(net.cost), net.cost, 0.0)
    total = math.fsum((cost.sum(), net.users.prize[who].sum(), net.users.service[who].sum()))
    unit_per_yuan = 2.0 ** (BITS - math.frexp(total)[1])
    node = net.users.node[who].tolist()
    core = Core(net.root, [0] * (net.root + 1), fixed=True)
    for each in node:
        core.prize[each] = 1
    head = np.where(np.isfinite(net.cost), net.v, net.u).tolist()
    wanted = set(node)
    ends = dict(zip(net.users.ends.tolist(), net.toll.tolist(), strict=True))
    empty = ends.keys() - wanted
    for u, v, units in zip(net.u.tolist(), head, _whole(cost, unit_per_yuan), strict=True):
        core.add(*((u, v) if u not in empty and v not in empty else (u, u)), units)
    core.simplify()
    service, prize = _whole(net.users.service[who], unit_per_yuan), _whole(net.users.prize[who], unit_per_yuan)
    return Skeleton(
        core, unit_per_yuan, node, service, prize, tuple((end, ends[end]) for end in sorted(wanted & ends.keys()))
    )


def _whole(values: NDArray[np.float64], unit_per_yuan: float) -> list[int]:
    return [math.floor(value * unit_per_yuan) for value in values.tolist()]
