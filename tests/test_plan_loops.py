from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from matplotlib.figure import Figure

from gis.errors import Refused
from gis.plan.hydraulics import NATURAL_GAS, Formula, Friction, physics
from gis.plan.loops import Pipes, checked, imported, solved
from gis.plan.sizes import Limits, asked, sized
from gis.plan.sweeps import losses
from tests.test_plan_sizes import CATALOGUE, TABLE, forest, grown

NO = np.nan


def ring(*, bore_mm: tuple[float, float, float] = (51.4, 51.4, 51.4)) -> Pipes:
    u, v = np.array([0, 1, 0]), np.array([1, 2, 2])
    return Pipes(u, v, np.array([100.0, 150.0, 200.0]), np.array(bore_mm), np.full(3, 0.01))


def test_in_a_loop_each_way_round_loses_as_much() -> None:
    pipes = ring()
    found = solved(pipes, np.array([0.0, 20.0, 30.0]), np.array([3000.0, NO, NO]))
    assert found.flow[0] + found.flow[2] == pytest.approx(50)
    assert found.flow[0] - found.flow[1] == pytest.approx(20)
    known = physics(NATURAL_GAS, Formula.SQUARED, Friction.COLEBROOK)
    lost = losses(np.abs(found.flow), pipes.bore_mm, pipes.roughness_mm, known) * pipes.length_m * np.sign(found.flow)
    assert lost[0] + lost[1] == pytest.approx(lost[2], rel=1e-3)


def test_a_flow_that_leads_below_a_vacuum_is_refused() -> None:
    with pytest.raises(Refused, match="pandapipes finds"):
        solved(ring(bore_mm=(10, 10, 10)), np.array([0.0, 4000.0, 4000.0]), np.array([3000.0, NO, NO]))


def test_a_node_without_a_way_from_a_supply_is_refused() -> None:
    with pytest.raises(Refused, match="node 3 hangs on no supply"):
        solved(ring(), np.array([0.0, 1.0, 1.0, 1.0]), np.array([3000.0, NO, NO, NO]))


@pytest.mark.parametrize("formula", list(Formula))
def test_a_plan_is_confirmed_by_pandapipes(formula: Formula) -> None:
    tree = grown(120, 4, length_m=40.0)
    limits = Limits(np.full(120, 3150.0), 1850.0, 10.0, np.zeros(120, dtype=np.int64), formula)
    ready = asked(tree, TABLE, CATALOGUE, limits, friction=Friction.COLEBROOK)
    found = checked(ready, sized(ready))
    assert not found.short.any()
    assert found.apart_pct < (3.2 if formula is Formula.LOW else 0.3)  # 3150 Pa of 101,325


def test_several_roots_are_checked_with_their_own_pressure() -> None:
    tree = forest([(0, 300.0, 5), (0, 300.0, 5), (1, 200.0, 8)])
    limits = Limits(np.array([3150.0, 2600.0, 0.0]), 1850.0, 10.0, np.zeros(3, dtype=np.int64), Formula.SQUARED)
    ready = asked(tree, TABLE, CATALOGUE, limits, friction=Friction.COLEBROOK)
    assert checked(ready, sized(ready)).apart_pct < 0.3


def test_a_plan_below_the_least_pressure_is_told() -> None:
    tree = forest([(0, 3000.0, 40)])
    limits = Limits(np.array([3150.0]), 1850.0, 10.0, np.zeros(1, dtype=np.int64), Formula.SQUARED)
    ready = asked(tree, TABLE, replace(CATALOGUE, price=CATALOGUE.price), limits)
    narrow = replace(sized(ready), size=np.array([2]))
    assert checked(ready, narrow).short.tolist() == [True]


def test_what_is_drawn_after_a_check_is_drawn_as_before() -> None:
    imported()
    figure = Figure()
    figure.add_subplot().plot([0, 1], [0, 1], marker="o")
    figure.savefig(BytesIO(), format="svg")
