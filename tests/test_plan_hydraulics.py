import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

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
    rooted,
    speeds,
)
from gis.plan.sweeps import LAMINAR, TURBULENT, Floats, losses

TABLE = Simultaneity(np.array([1.0, 2, 10, 50, 100]), np.array([1, 0.56, 0.25, 0.178, 0.17]))
WARM = Gas(0.8, 1.1e-5, 293.15, 0.98)


def one(value: float) -> Floats:
    return np.array([value])


def tree(parent: list[int], *, length_m: float = 10.0, homes: list[float] | None = None) -> Tree:
    count = len(parent)
    at = np.array(homes if homes is not None else [1.0] * count)
    return Tree(np.array(parent, dtype=np.int64), np.full(count, length_m), at, 2.5 * at, np.zeros(count))


def friction_of(loss: float, flow: float, bore_mm: float, gas: Gas, formula: Formula) -> float:
    scale = formula.value * gas.density * gas.temperature_k / NORMAL_K * flow**2 / bore_mm**5
    return loss / (scale * (gas.compressibility if formula is Formula.SQUARED else 1.0))


def reynolds(flow: float, bore_mm: float, gas: Gas) -> float:
    return 4 * (flow / 3600 * gas.density) / (math.pi * bore_mm / 1000 * gas.viscosity_pa_s)


@pytest.mark.parametrize("formula", list(Formula))
def test_the_constants_of_the_standard_are_those_of_physics(formula: Formula) -> None:
    # Darcy: dp/dx = friction / d · density' · speed² / 2, with density' = density · p/p0 · T0/(T Z) of an ideal gas.
    flow, bore_m = 1 / 3600, 0.001
    speed = flow / (math.pi / 4 * bore_m**2)
    darcy = 1 / bore_m * speed**2 / 2  # friction 1, density 1, at 0 °C and p0
    expected = darcy if formula is Formula.LOW else 2 * ATMOSPHERE_PA * darcy
    assert formula.value == pytest.approx(expected, rel=2.1e-3)


@settings(deadline=None)
@given(st.floats(1, 2000), st.sampled_from([26.0, 51.4, 102.2, 257.8]), st.sampled_from([0.01, 0.1]))
def test_friction_solves_colebrook(flow: float, bore_mm: float, roughness_mm: float) -> None:
    found = losses(one(flow), one(bore_mm), one(roughness_mm), physics(WARM, Formula.SQUARED, Friction.COLEBROOK))
    number = reynolds(flow, bore_mm, WARM)
    inverse = brentq(
        lambda x: x + 2 * math.log10(roughness_mm / bore_mm / 3.7 + 2.51 * x / number), 0.05, 50, xtol=1e-13
    )
    factor = friction_of(float(found[0]), flow, bore_mm, WARM, Formula.SQUARED)
    assert factor == pytest.approx(1 / inverse**2, rel=1e-9)


def test_slow_gas_follows_the_zones_of_the_standard() -> None:
    for number, expected in ((1000, 0.064), (2099, 64 / 2099), (2800, 0.03 + 700 / (65 * 2800 - 1e5))):
        flow = number * math.pi * 0.0514 * NATURAL_GAS.viscosity_pa_s / 4 / NATURAL_GAS.density * 3600
        found = losses(one(flow), one(51.4), one(0.01), physics(NATURAL_GAS, Formula.LOW))
        factor = friction_of(float(found[0]), flow, 51.4, NATURAL_GAS, Formula.LOW)
        assert factor == pytest.approx(expected, rel=1e-6)


def test_laminar_loss_is_that_of_hagen_and_poiseuille() -> None:
    flow = 0.5
    found = losses(one(flow), one(51.4), one(0.01), physics(NATURAL_GAS, Formula.LOW))
    assert reynolds(flow, 51.4, NATURAL_GAS) < LAMINAR
    warmed = flow / 3600 * NATURAL_GAS.temperature_k / NORMAL_K
    exact = 128 * NATURAL_GAS.viscosity_pa_s * warmed / (math.pi * 0.0514**4)
    assert float(found[0]) == pytest.approx(exact, rel=1e-3)


def test_the_formula_for_calculation_by_hand_is_near() -> None:
    # GB 50028 annex C.0.1: 6.9e6 (K/d + 192.2 d ν / Q)^0.25 Q²/d⁵ ρ T/T0 in turbulent gas, ν in m²/s.
    flow, bore, rough = 120.0, 102.2, 0.1
    still = NATURAL_GAS.viscosity_pa_s / NATURAL_GAS.density
    assert reynolds(flow, bore, NATURAL_GAS) > TURBULENT
    by_hand = 6.9e6 * (rough / bore + 192.2 * bore * still / flow) ** 0.25 * flow**2 / bore**5
    by_hand *= NATURAL_GAS.density * NATURAL_GAS.temperature_k / NORMAL_K
    found = losses(one(flow), one(bore), one(rough), physics(NATURAL_GAS, Formula.LOW))
    assert float(found[0]) == pytest.approx(by_hand, rel=0.04)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 3)), min_size=1, max_size=40))
def test_flows_are_those_of_all_homes_below(drawn: list[tuple[int, int]]) -> None:
    parent = [-1, *(place % number for number, (place, _) in enumerate(drawn[1:], start=1))]
    homes = [float(count) for _, count in drawn]
    found = peak_flows(tree(parent, homes=homes), TABLE)
    below = [{number} for number in range(len(parent))]
    for number in reversed(range(len(parent))):
        if parent[number] >= 0:
            below[parent[number]] |= below[number]
    for number, under in enumerate(below):
        count = sum(homes[each] for each in under)
        assert found[number] == pytest.approx(float(np.interp(count, TABLE.homes, TABLE.factor)) * 2.5 * count)


@settings(deadline=None)
@given(st.lists(st.integers(0, 100), min_size=1, max_size=30), st.sampled_from(list(Formula)))
def test_pressure_falls_along_each_way(places: list[int], formula: Formula) -> None:
    parent = [-1, *(place % number for number, place in enumerate(places[1:], start=1))]
    loss = np.arange(1.0, len(parent) + 1) * (10 if formula is Formula.LOW else 1e6)
    found = pressures(tree(parent), loss, np.full(len(parent), 3000.0), formula)
    for number in range(len(parent)):
        way, total = number, 0.0
        while way >= 0:
            total += loss[way]
            way = parent[way]
        if formula is Formula.LOW:
            assert found[number] == pytest.approx(3000 - total)
        else:
            assert (found[number] + ATMOSPHERE_PA) ** 2 == pytest.approx((3000 + ATMOSPHERE_PA) ** 2 - total)


def test_where_no_gas_arrives_there_is_a_vacuum_and_no_speed() -> None:
    found = pressures(tree([-1]), one(1e12), one(3000.0), Formula.SQUARED)
    assert found.tolist() == [-ATMOSPHERE_PA]
    assert speeds(one(5.0), one(50.0), found, NATURAL_GAS).tolist() == [0.0]


def test_speed_is_flow_over_area_at_the_pressure_there() -> None:
    bore = one(2000 / math.sqrt(math.pi))  # an area of one square metre
    normal = Gas(temperature_k=NORMAL_K)
    assert speeds(one(3600.0), bore, one(ATMOSPHERE_PA), normal).tolist() == pytest.approx([0.5])


def test_a_forest_is_walked_from_its_roots() -> None:
    u, v = np.array([5, 1, 3, 7]), np.array([1, 2, 1, 8])
    edges, parent, far = rooted(u, v, np.array([5]))
    assert (edges.tolist(), parent.tolist(), far.tolist()) == ([0, 1, 2], [-1, 0, 0], [1, 2, 3])


def test_a_loop_and_a_way_between_two_roots_are_refused() -> None:
    u, v = np.array([0, 1, 2]), np.array([1, 2, 0])
    with pytest.raises(Refused, match="loop"):
        rooted(u, v, np.array([0]))
    with pytest.raises(Refused, match="loop"):
        rooted(u[:2], v[:2], np.array([0, 2]))


def test_a_tree_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(Refused, match="after the one that feeds it"):
        tree([1, -1])
    with pytest.raises(Refused, match="finite"):
        tree([-1], length_m=-1.0)
