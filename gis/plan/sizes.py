"""Pipe sizes of a forest: standard sizes, nearly the cheapest, that leave every user enough pressure.

The choice is one sweep up and one down (`sweeps`). Were bores continuous, with a price of `b · bore^α` on each metre
and a loss that falls with the fifth power of the bore, the cheapest sizes would have a closed form: a pipe's cost is
`B · loss^-γ` with γ = α/5, pipes in series add `B^(1/(1+γ))`, branches that begin together add `B` (by Lagrange; the
multiplier of a pipe is the sum of those below it). On the way down each pipe takes the standard size that is cheapest
together with this form's cost of all that follows; then pipes are narrowed where head is left over. `labye.bound`
gives what no choice can undercut.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.errors import Refused
from gis.plan.hydraulics import (
    ATMOSPHERE_PA,
    NATURAL_GAS,
    NORMAL_K,
    Formula,
    Friction,
    Gas,
    Simultaneity,
    Tree,
    peak_flows,
    physics,
    pressures,
    speeds,
)
from gis.plan.sweeps import Floats, Integers, Physics, Sizes, losses, narrowed


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """Standard sizes, narrowest first: names, bores and roughness in mm, and prices that rise, in yuan a metre."""

    name: tuple[str, ...]
    bore_mm: Floats
    roughness_mm: Floats
    price: Floats

    def __post_init__(self) -> None:
        """Refuse sizes that do not get wider and dearer, one after the other."""
        if not len(self.name) == len(self.bore_mm) == len(self.roughness_mm) == len(self.price) > 0:
            raise Refused("sizes: expected as many names, bores, roughnesses and prices, one at least")
        if (np.diff(self.bore_mm) <= 0).any() or (np.diff(self.price) <= 0).any() or self.price[0] <= 0:
            raise Refused("sizes: expected each wider and dearer than the one before, with a price above 0")

    @property
    def sizes(self) -> Sizes:
        """The numbers alone."""
        return Sizes(self.bore_mm, self.roughness_mm, self.price)


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """What sizes must keep: gauge pressure in Pa and speed in m/s at the far end of each pipe.

    `supply_pa` is the pressure at each pipe that starts at a root (read nowhere else); `least_size` the place in the
    catalogue of the narrowest size allowed for each pipe.
    """

    supply_pa: Floats
    least_pa: float
    fastest_m_s: float
    least_size: Integers
    formula: Formula = Formula.LOW


@dataclass(frozen=True, slots=True, eq=False)
class Sized:
    """A forest with its sizes: place in the catalogue, peak flow (m³/h), gauge pressure (Pa) and speed at each far end.

    `cost` is of each pipe in yuan. Where no standard sizes keep the limits all pipes are the widest; `short` tells
    which then end below the least pressure and `fast` which are too fast.
    """

    size: Integers
    flow: Floats
    pressure_pa: Floats
    speed_m_s: Floats
    cost: Floats
    short: NDArray[np.bool_]
    fast: NDArray[np.bool_]

    @property
    def feasible(self) -> bool:
        """Whether every pipe keeps all limits."""
        return not bool(self.short.any() or self.fast.any())


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A question of sizes made ready: peak flows, head of each root, least size of each pipe with the speed kept."""

    tree: Tree
    catalogue: Catalogue
    limits: Limits
    gas: Gas
    known: Physics
    flow: Floats
    head: Floats
    least: Integers


def asked(
    tree: Tree,
    simultaneity: Simultaneity,
    catalogue: Catalogue,
    limits: Limits,
    *,
    gas: Gas = NATURAL_GAS,
    friction: Friction = Friction.CODE,
) -> Asked:
    """Give a question of sizes made ready. Raises Refused where arrays differ in length or a limit is no number."""
    if not len(tree) == len(limits.supply_pa) == len(limits.least_size):
        raise Refused(f"limits: expected {len(tree)} supplies and least sizes, one for each pipe")
    if len(tree) and not 0 <= limits.least_size.min() <= limits.least_size.max() < len(catalogue.name):
        raise Refused(f"limits: expected least sizes from 0 to {len(catalogue.name) - 1}")
    if not limits.fastest_m_s > 0 or not limits.least_pa > -ATMOSPHERE_PA:
        raise Refused(f"limits: expected a speed and a pressure, got {limits.fastest_m_s} m/s, {limits.least_pa} Pa")
    flow = peak_flows(tree, simultaneity)
    lowest = limits.formula.potential(np.full(len(tree), limits.least_pa))
    head = np.where(tree.parent < 0, limits.formula.potential(limits.supply_pa) - lowest, 0.0)
    widest = len(catalogue.name) - 1
    bore = _least_bore(flow, limits, gas)
    least = np.minimum(np.maximum(np.searchsorted(catalogue.bore_mm, bore), limits.least_size), widest)
    return Asked(tree, catalogue, limits, gas, physics(gas, limits.formula, friction), flow, head, least)


def _least_bore(flow: Floats, limits: Limits, gas: Gas) -> Floats:
    """Give the bore in mm in which each flow is just not too fast at the least pressure, where gas is thinnest."""
    swollen = gas.compressibility * gas.temperature_k / NORMAL_K * ATMOSPHERE_PA / (limits.least_pa + ATMOSPHERE_PA)
    area_m2 = flow / 3600 * swollen / limits.fastest_m_s
    return 1000 * np.sqrt(4 / np.pi * area_m2)


def sized(question: Asked) -> Sized:
    """Give sizes that keep all limits at a low cost; where none do, the widest, and which pipes fail.

    No pipe is wider than the one that feeds it. See the module for the method; the least cost is not promised, and
    `labye.bound` says how far off it is at most.
    """
    tree, sizes = question.tree, question.catalogue.sizes
    size = narrowed(tree.parent, tree.length_m, question.flow, question.head, question.least, sizes, question.known)
    found = with_sizes(question, size)
    widest = np.full(len(tree), len(question.catalogue.name) - 1, dtype=np.int64)
    return found if found.feasible else with_sizes(question, widest)


def with_sizes(question: Asked, size: Integers) -> Sized:
    """Give pressures, speeds and cost of sizes however they were chosen, and what they fail."""
    tree, catalogue, limits = question.tree, question.catalogue, question.limits
    bore = catalogue.bore_mm[size]
    loss = losses(question.flow, bore, catalogue.roughness_mm[size], question.known) * tree.length_m
    pressure = pressures(tree, loss, limits.supply_pa, limits.formula)
    speed = speeds(question.flow, bore, pressure, question.gas)
    return Sized(
        size=size,
        flow=question.flow,
        pressure_pa=pressure,
        speed_m_s=speed,
        cost=catalogue.price[size] * tree.length_m,
        short=pressure < limits.least_pa - abs(limits.least_pa) * 1e-9,
        fast=speed > limits.fastest_m_s * (1 + 1e-9),
    )
