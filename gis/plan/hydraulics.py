"""Gas in a forest of pipes: peak flows from the users up to the roots, pressures from the roots down to the users.

Formulas of GB 50028-2006, 6.2.5 (low pressure), 6.2.6 (medium) and annex C (friction in the laminar and critical zone),
written down from memory and not read in the standard: `tests/test_plan_hydraulics.py` derives each constant anew from
Darcy and Weisbach and the law of ideal gases. No heights, no fittings, no kinetic term; all pressures are gauge, in Pa.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from gis.errors import Refused
from gis.plan.compiled import compiled

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

ATMOSPHERE_PA = 101_325.0
NORMAL_K = 273.15
LAMINAR, TURBULENT = 2100.0, 3500.0
NEAR = 1e-11


class Formula(Enum):
    """Which law of pressure holds along a pipe.

    LOW takes the gas at 101,325 Pa (so it overstates the drop by half of the gauge pressure's share of that: 2.5 % at
    3 kPa); SQUARED lets it expand and holds at every pressure.
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
    homes, home_flow, other_flow = _gathered(tree.parent, tree.homes, tree.home_flow, tree.other_flow)
    return simultaneity.of(homes) * home_flow + other_flow


@compiled
def _gathered(parent: Integers, homes: Floats, home_flow: Floats, other_flow: Floats) -> tuple[Floats, Floats, Floats]:
    homes, home_flow, other_flow = homes.copy(), home_flow.copy(), other_flow.copy()
    for pipe in range(len(parent) - 1, -1, -1):
        above = parent[pipe]
        if above >= 0:
            homes[above] += homes[pipe]
            home_flow[above] += home_flow[pipe]
            other_flow[above] += other_flow[pipe]
    return homes, home_flow, other_flow


def unit_losses(
    flow: Floats,
    bore_mm: Floats,
    roughness_mm: Floats,
    *,
    gas: Gas,
    formula: Formula,
    friction: Friction = Friction.CODE,
) -> Floats:
    """Give the loss of potential on each metre: Pa/m or Pa²/m. Flows in m³/h at 0 °C and 101,325 Pa, one bore each."""
    constant = formula.value * gas.density * gas.temperature_k / NORMAL_K
    if formula is Formula.SQUARED:
        constant *= gas.compressibility
    mass = 4 * gas.density / (3600 * np.pi * gas.viscosity_pa_s) * 1000
    zones_to = TURBULENT if friction is Friction.CODE else 0.0
    return _unit_losses(flow, bore_mm, roughness_mm, constant, mass, zones_to)


@compiled
def _unit_losses(
    flow: Floats, bore_mm: Floats, roughness_mm: Floats, constant: float, mass: float, zones_to: float
) -> Floats:
    loss = np.zeros(len(flow))
    for pipe in range(len(flow)):
        if flow[pipe] > 0:
            bore = bore_mm[pipe]
            factor = _friction_factor(mass * flow[pipe] / bore, roughness_mm[pipe] / bore, zones_to)
            loss[pipe] = constant * factor * flow[pipe] ** 2 / bore**5
    return loss


@compiled
def _friction_factor(reynolds: float, relative: float, zones_to: float) -> float:
    """Give Darcy's friction factor; Colebrook's formula by Newton's method on 1/√factor."""
    if reynolds <= zones_to:
        if reynolds <= LAMINAR:
            return 64 / reynolds
        return 0.03 + (reynolds - LAMINAR) / (65 * reynolds - 1e5)
    rough, smooth = relative / 3.7, 2.51 / reynolds
    inverse = 7.0
    for _ in range(20):
        inside = rough + smooth * inverse
        step = (inverse + 2 * np.log10(inside)) / (1 + 2 / np.log(10) * smooth / inside)
        inverse = max(inverse - step, 0.05)
        if abs(step) < NEAR * inverse:
            break
    return 1 / inverse**2


def pressures(tree: Tree, loss: Floats, supply_pa: Floats, formula: Formula) -> Floats:
    """Give the gauge pressure in Pa at the far end of each pipe, whose `loss` is the whole loss of potential along it.

    `supply_pa` is read at pipes that start at a root. A vacuum stands where no gas would arrive.
    """
    return formula.pressure(_fallen(tree.parent, loss, formula.potential(supply_pa)))


@compiled
def _fallen(parent: Integers, loss: Floats, supply: Floats) -> Floats:
    potential = np.empty(len(parent))
    for pipe in range(len(parent)):
        above = parent[pipe]
        potential[pipe] = (potential[above] if above >= 0 else supply[pipe]) - loss[pipe]
    return potential


def speeds(flow: Floats, bore_mm: Floats, pressure_pa: Floats, gas: Gas) -> Floats:
    """Give the speed in m/s of each flow (m³/h at 0 °C, 101,325 Pa) in its bore at a gauge pressure; 0 in a vacuum."""
    absolute = np.asarray(pressure_pa + ATMOSPHERE_PA, dtype=np.float64)
    swollen = gas.compressibility * gas.temperature_k / NORMAL_K * ATMOSPHERE_PA
    factor = np.divide(swollen, absolute, out=np.zeros(len(absolute)), where=absolute > 0)
    return flow / 3600 * factor / (np.pi / 4 * (bore_mm / 1000) ** 2)
