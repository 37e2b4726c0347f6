"""Gas in a forest of pipes: peak flows from the users up to the roots, pressures from the roots down to the users.

Formulas of GB 50028-2006, 6.2.5 (low pressure), 6.2.6 (medium) and annex C (friction in the laminar and critical zone),
written down from memory and not read in the standard: `tests/test_plan_hydraulics.py` derives each constant anew from
Darcy and Weisbach and the law of ideal gases. No heights, no fittings, no kinetic term; all pressures are gauge, in Pa.
"""

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np

from gis.errors import Refused
from gis.plan.sweeps import TURBULENT, Floats, Integers, Physics, fallen, gathered

ATMOSPHERE_PA = 101_325.0
NORMAL_K = 273.15


class Formula(Enum):
    """Which law of pressure holds along a pipe.

    LOW takes the gas at 101,325 Pa, so it overstates the drop by the gauge pressure's share of that (2.5 % at 2.5 kPa);
    SQUARED lets it expand and holds at every pressure.
    """

    LOW = 6.26e7
    """Pa/m = 6.26e7 · friction · Q² / d⁵ · density · T/T0, with Q in m³/h and d in mm."""
    SQUARED = 1.27e13
    """Pa²/m; the standard says 1.27e10 kPa²/km. Times the compressibility."""

    def potential(self, pressure_pa: Floats) -> Floats:
        """Give what falls by the same amount on every metre: the gauge pressure, or the square of the absolute one."""
        return pressure_pa if self is Formula.LOW else (pressure_pa + ATMOSPHERE_PA) ** 2

    def pressure(self, potential: Floats) -> Floats:
        """Give the gauge pressure in Pa of a potential; a vacuum (-101,325 Pa) where no gas would arrive."""
        if self is Formula.LOW:
            return np.maximum(potential, -ATMOSPHERE_PA)
        return np.sqrt(np.maximum(potential, 0.0)) - ATMOSPHERE_PA


class Friction(Enum):
    """How friction is worked out: CODE by zones of flow, COLEBROOK by that formula in all of them, as pandapipes."""

    CODE = "code"
    COLEBROOK = "colebrook"


@dataclass(frozen=True, slots=True)
class Gas:
    """A gas: density (kg/m³) at 0 °C and 101,325 Pa, dynamic viscosity, temperature in the ground, compressibility.

    The values that stand here are those of an ordinary natural gas (12T), not of the county's own.
    """

    density: float = 0.74
    viscosity_pa_s: float = 1.05e-5
    temperature_k: float = 288.15
    compressibility: float = 1.0


NATURAL_GAS = Gas()


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """A forest of pipes, each after the one that feeds it: `parent` is -1 for a pipe that starts at a root.

    `homes` households whose appliances burn `home_flow` m³/h together, and others with `other_flow` m³/h at their peak,
    take gas at the far end of each pipe; lengths in m.
    """

    parent: Integers
    length_m: Floats
    homes: Floats
    home_flow: Floats
    other_flow: Floats

    def __post_init__(self) -> None:
        """Refuse a tree whose arrays differ in length, whose parents do not come first, or that holds no number."""
        count = len(self.parent)
        values = (self.length_m, self.homes, self.home_flow, self.other_flow)
        if any(len(each) != count for each in values):
            raise Refused(f"tree: expected {count} values for each pipe, got {[len(each) for each in values]}")
        if (self.parent >= np.arange(count)).any() or (self.parent < -1).any():
            raise Refused("tree: expected each pipe after the one that feeds it, and -1 at a root")
        if not all(bool(np.isfinite(each).all()) and not (each < 0).any() for each in values):
            raise Refused("tree: expected finite lengths, homes and flows, not below 0")

    def __len__(self) -> int:
        """How many pipes there are."""
        return len(self.parent)


@dataclass(frozen=True, slots=True, eq=False)
class Simultaneity:
    """The part of all appliances that burn at once (同时工作系数), by the number of households, which rises."""

    homes: Floats
    factor: Floats

    def of(self, homes: Floats) -> Floats:
        """Give the factor for each number of households, between the table's rows along a straight line."""
        return np.asarray(np.interp(homes, self.homes, self.factor), dtype=np.float64)


def rooted(u: Integers, v: Integers, roots: Integers) -> tuple[Integers, Integers, Integers]:
    """Give the edges of a forest so that each comes after the one that feeds it, the place of that one, and far nodes.

    A breadth-first walk from the roots. An edge that no root reaches is left out. Raises Refused where edges close a
    loop or join two roots: a sweep has no answer there.
    """
    links: dict[int, list[tuple[int, int]]] = {}
    for edge, (a, b) in enumerate(zip(u.tolist(), v.tolist(), strict=True)):
        links.setdefault(a, []).append((edge, b))
        links.setdefault(b, []).append((edge, a))
    seen = {int(root): -1 for root in roots.tolist()}
    walk = [(-1, -1, root) for root in seen]
    order: list[tuple[int, int, int]] = []
    for place, through, node in walk:
        for edge, other in links.get(node, ()):
            if edge == through:
                continue
            if other in seen:
                raise Refused(f"pipe {edge}: expected a forest with one root in each tree, got a loop")
            seen[other] = edge
            order.append((edge, place, other))
            walk.append((len(order) - 1, edge, other))
    edges, parent, far = np.array(order, dtype=np.int64).reshape(-1, 3).T
    return edges, parent, far


def peak_flows(tree: Tree, simultaneity: Simultaneity) -> Floats:
    """Give what flows through each pipe in its own peak hour, m³/h: homes below it by the table, others in full.

    Each pipe has its own peak, so flows are not conserved where pipes meet: that is the method of GB 50028, 6.2.2.
    """
    homes, home_flow, other_flow = (
        gathered(tree.parent, each) for each in (tree.homes, tree.home_flow, tree.other_flow)
    )
    return simultaneity.of(homes) * home_flow + other_flow


def physics(gas: Gas, formula: Formula, friction: Friction = Friction.CODE) -> Physics:
    """Give gas and formulas as the sweeps take them."""
    scale = formula.value * gas.density * gas.temperature_k / NORMAL_K
    if formula is Formula.SQUARED:
        scale *= gas.compressibility
    mass = 4 * gas.density / (3600 * math.pi * gas.viscosity_pa_s) * 1000
    return Physics(scale, mass, TURBULENT if friction is Friction.CODE else 0.0)


def pressures(tree: Tree, loss: Floats, supply_pa: Floats, formula: Formula) -> Floats:
    """Give the gauge pressure in Pa at the far end of each pipe, whose `loss` is the whole loss of potential along it.

    `supply_pa` is read at pipes that start at a root. A vacuum stands where no gas would arrive.
    """
    return formula.pressure(fallen(tree.parent, loss, formula.potential(supply_pa)))


def speeds(flow: Floats, bore_mm: Floats, pressure_pa: Floats, gas: Gas) -> Floats:
    """Give the speed in m/s of each flow (m³/h at 0 °C, 101,325 Pa) in its bore at a gauge pressure; 0 in a vacuum."""
    absolute = np.asarray(pressure_pa + ATMOSPHERE_PA, dtype=np.float64)
    swollen = gas.compressibility * gas.temperature_k / NORMAL_K * ATMOSPHERE_PA
    factor = np.divide(swollen, absolute, out=np.zeros(len(absolute)), where=absolute > 0)
    return flow / 3600 * factor / (math.pi / 4 * (bore_mm / 1000) ** 2)
