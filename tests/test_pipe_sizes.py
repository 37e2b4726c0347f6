"""Sizes of planned pipes on an invented street, from the law's tables to the stored rows."""

from collections.abc import Iterator

import pytest

from gis import law
from gis.errors import Refused
from gis.layer import Use
from gis.run import pipes
from gis.store.county import County
from gis.store.settings import Settings
from gis.work.rules import apply
from tests.builders import cloned, line, point, square
from tests.test_pipes import home, load, mains, rows, station


@pytest.fixture(scope="module")
def long(template: Settings) -> Iterator[County]:
    """A street of 3 km from a regulator, an industrial user at 160 m, a restaurant at 2,900 m, and the law's rules."""
    with cloned(template, "test_pipe_sizes") as county:
        _built(county)
        apply(county, law.rules())
        yield county


def _built(county: County) -> None:
    load(county, "road", ({"code": "r1", "road_class": "residential"}, line((0, 100), (3000, 100))))
    load(county, "gas_facility", (station("S1"), point(0, 100)))
    for east, kind in ((160, "industrial"), (2900, "catering")):
        load(county, "building", ({"code": f"b{east}", "grade": "A"}, square(east - 5, 110)))
        load(county, "gas_user", (home(f"u{east}", f"b{east}", kind=kind), point(east, 115)))


def test_without_the_law_s_tables_no_plan_is_made(template: Settings) -> None:
    with cloned(template, "test_pipe_sizes_bare") as county:
        _built(county)
        with pytest.raises(Refused, match="no such rule; `wangge law apply`"):
            pipes.plan(county)


def test_pipes_have_sizes_that_leave_enough_pressure_and_are_paid_for(long: County) -> None:
    made = pipes.plan(long)
    (main,) = mains(long, made.run)
    line_of = {
        row["user_code"]: row for row in rows(long, Use.PIPE_PLAN, made.run).values() if row["kind"] == "service"
    }
    assert (main["gas"], main["flow"]) == ("low", 60.0)
    # by annex C of GB 50028, 60 m³/h lose 12.1 Pa/m in dn63, 5.1 in dn75: 1,940 or 810 Pa of the 1,300 that may be lost
    assert main["diameter"] == "PE100 SDR11 dn75"
    assert main["pressure"] == pytest.approx(3150 - 810, abs=20)
    assert line_of["u160"]["diameter"] == "PE100 SDR11 dn63"
    assert 1850 <= line_of["u160"]["pressure"] < main["pressure"] < 3150
    assert made.lowest_pa == line_of["u160"]["pressure"]
    assert made.checked_pa == pytest.approx(made.lowest_pa, rel=0.03)
    assert made.size_cost == pytest.approx(160 * (49 - 39) + 15 * (39 - 16))
    assert main["cost"] + line_of["u160"]["cost"] + 20_000 == pytest.approx(made.cost)
    assert "pipe_bore.PE100_SDR11_dn75" in made.rules
    assert made.objective == pytest.approx(made.cost + made.missed)
    assert made.bound <= made.objective


def test_a_plan_within_a_budget_pays_for_its_sizes_too(long: County) -> None:
    free = pipes.plan(long)
    assert pipes.plan(long, budget=free.cost + 1).users == 1
    assert pipes.plan(long, budget=free.cost - 100).users == 0
