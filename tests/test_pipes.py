"""Pipe plans on a small invented street: what is dug, for whom, at what price, and what is told of it."""

import hashlib
import itertools
import signal
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from shapely.geometry.base import BaseGeometry

from api.cli import main
from gis import law, layers
from gis.errors import Refused, UnknownName
from gis.layer import Use
from gis.plan.pace import Pace
from gis.plan.phases import Site, frontier
from gis.plan.pipes import PipePlan
from gis.run import pipes
from gis.run.pipe_explain import explain
from gis.run.pipe_frontier import curve
from gis.run.pipe_pace import Watch
from gis.store.county import County
from gis.store.settings import Settings
from gis.work.rules import apply
from tests.builders import cloned, line, point, square, stored
from tests.conftest import NUMBERS

How = pipes.How
METRE = 260 + 60 * 0.9  # a residential street: pipe_cost, and pipe_trench by pipe_cover
SERVICE_M = 120 + 60 * 0.3


def home(code: str, house: str, **change: object) -> dict[str, object]:
    return {"code": code, "kind": "catering", "supply": "bottled", "building_code": house} | change


def load(county: County, layer: str, *rows: tuple[Mapping[str, object], BaseGeometry]) -> None:
    outcome = stored(county, layer, [row for row, _ in rows], [shape for _, shape in rows])
    assert outcome.rejected == 0


@pytest.fixture(scope="module")
def whole(template: Settings) -> Iterator[Settings]:
    """A database that holds the street, to be cloned."""
    with cloned(template, "test_pipes") as county:
        build(county)
        county.close()
        yield county.settings


@pytest.fixture
def street(whole: Settings) -> Iterator[County]:
    """A street of 400 m from a regulator eastwards, a river across it at 250 m, and four houses of 10 m beside it."""
    with cloned(whole, f"test_pipes_{next(NUMBERS)}") as county:
        yield county


def build(county: County) -> None:
    apply(county, law.rules())
    load(
        county,
        "road",
        ({"code": "r1", "road_class": "residential"}, line((0, 100), (400, 100))),
    )
    load(county, "gas_facility", (station("S1"), point(0, 100)))
    load(county, "water", ({"code": "w1", "water_class": "river"}, line((250, 0), (250, 300))))
    load(
        county,
        "building",
        *(({"code": f"b{east}", "grade": "A"}, square(east - 5, 110)) for east in (50, 100, 200, 300)),
    )
    load(
        county,
        "gas_user",
        *((home(f"u{east}", f"b{east}", bottles_mass=10.0), point(east, 115)) for east in (50, 100, 200, 300)),
    )


def station(code: str, **change: object) -> dict[str, object]:
    return {"code": code, "kind": "regulator_station", "live": True, "outlet_pressure": "low"} | change


def rows(county: County, use: Use, run: int) -> dict[str, dict[str, Any]]:
    table = county.schema.table(layers.one(use))
    with county.reading() as connection:
        found = connection.execute(sa.select(table).where(table.c.run_id == run).order_by(table.c.code)).mappings()
        return {str(row["user_code"]): dict(row) for row in found}


def mains(county: County, run: int) -> list[dict[str, Any]]:
    table = county.schema.table(layers.one(Use.PIPE_PLAN))
    query = sa.select(table).where(table.c.run_id == run, table.c.kind == "main").order_by(table.c.code)
    with county.reading() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def test_a_street_is_dug_for_those_who_are_worth_it_and_all_is_told(street: County) -> None:
    made = pipes.plan(street)
    people = rows(street, Use.CONNECTION_PLAN, made.run)
    assert {code: row["reason"] for code, row in people.items()} == {
        "u50": "connected",
        "u100": "connected",
        "u200": "connected",
        "u300": "too_dear",
    }
    assert made.cost == pytest.approx(200 * METRE + 3 * 15 * SERVICE_M + 3 * 8000)
    assert sum(row["length"] for row in mains(street, made.run)) == pytest.approx(200)
    assert people["u50"]["shares"] == {"kind": 60000.0, "bottle": 3000.0}
    assert sum(row["share"] or 0 for row in people.values()) == pytest.approx(made.cost)
    assert people["u200"]["way"] == pytest.approx(200 * METRE + 15 * SERVICE_M + 8000)
    # beyond the river: 100 m of street, the crossing, the own line and the hook-up
    assert people["u300"]["extra"] == pytest.approx(100 * METRE + 150_000 + 15 * SERVICE_M + 8000)
    assert made.unverified == len(made.rules)
    assert made.gap_pct == pytest.approx(0)


def test_a_bridge_is_cheaper_than_the_river_and_is_named(street: County) -> None:
    stored(street, "road", [{"code": "r1", "bridge": "yes"}], [line((0, 100), (400, 100))])
    load(street, "gas_user", (home("u301", "b300", kind="industrial"), point(300, 115)))
    made = pipes.plan(street)
    assert [row["crossing"] for row in mains(street, made.run) if row["crossing"]] == ["bridge×1"]


def test_a_house_in_the_way_is_never_run_through(street: County) -> None:
    load(street, "building", ({"code": "b51"}, square(30, 103, 40)))
    stored(street, "building", [{"code": "b50"}], [square(45, 160)])
    stored(street, "gas_user", [home("u50", "b50")], [point(50, 165)])
    people = rows(street, Use.CONNECTION_PLAN, pipes.plan(street).run)
    assert people["u50"]["reason"] == "no_clear_line"


def test_a_house_on_the_street_closes_it(street: County) -> None:
    load(street, "building", ({"code": "b120"}, square(120, 95)))
    people = rows(street, Use.CONNECTION_PLAN, pipes.plan(street).run)
    assert [people[code]["reason"] for code in ("u100", "u200")] == ["connected", "unreachable"]


@pytest.mark.parametrize(
    ("change", "share", "amount"),
    [
        ({"floor": -1}, "basement", 20000),
        ({"consent": "signed"}, "signed", 3000),
        ({"bottles_mass": 50.0}, "bottle", 15000),
    ],
)
def test_prizes_are_told_share_by_share(street: County, change: dict[str, object], share: str, amount: float) -> None:
    stored(street, "gas_user", [home("u50", "b50", **change)], [point(50, 115)])
    people = rows(street, Use.CONNECTION_PLAN, pipes.plan(street).run)
    assert people["u50"]["shares"][share] == amount
    assert people["u50"]["prize"] == sum(people["u50"]["shares"].values())


def test_a_high_house_and_a_demonstration_village_count(street: County) -> None:
    stored(street, "building", [{"code": "b50", "floors": 12}], [square(45, 110)])
    load(street, "village", ({"code": "v1", "name": "甲村", "demonstration": True}, square(60, 90, 100)))
    stored(street, "gas_user", [home("u100", "b100", bottles_mass=11.0)], [point(100, 115)])
    people = rows(street, Use.CONNECTION_PLAN, pipes.plan(street).run)
    assert people["u50"]["shares"]["high_rise"] == 20000
    assert people["u100"]["shares"]["demonstration"] == 4000


def test_who_refuses_or_lives_in_a_house_of_grade_d_is_left_out_and_c_is_flagged(street: County) -> None:
    stored(street, "gas_user", [home("u50", "b50", consent="refused")], [point(50, 115)])
    for code, grade, east in (("b100", "D", 95), ("b200", "C", 195)):
        stored(street, "building", [{"code": code, "grade": grade}], [square(east, 110)])
    load(street, "gas_user", (home("u201", "b200", kind="industrial"), point(200, 115)))
    made = pipes.plan(street)
    people = rows(street, Use.CONNECTION_PLAN, made.run)
    assert people["u50"]["reason"] == "refused"
    assert people["u100"]["reason"] == "dangerous_house"
    assert (people["u200"]["reason"], people["u200"]["flag"]) == ("connected", "C级危房")
    assert made.candidates == 3


def test_a_refusal_plans_anew_and_keeps_what_is_built(street: County) -> None:
    first = pipes.plan(street)
    stored(street, "gas_user", [home("u200", "b200", consent="refused")], [point(200, 115)])
    again = pipes.plan(street, how=How(stable_from=str(first.run)))
    people = rows(street, Use.CONNECTION_PLAN, again.run)
    assert {code: row["reason"] for code, row in people.items()} == {
        "u50": "kept",
        "u100": "kept",
        "u200": "refused",
        "u300": "too_dear",
    }
    assert again.cost == 0
    assert all(row["kept"] and row["cost"] == 0 for row in mains(street, again.run))
    assert {row["diameter"] for row in mains(street, again.run)} == {
        row["diameter"] for row in mains(street, first.run)
    }


def test_a_search_that_is_ended_stores_its_best_plan_and_can_be_repeated(street: County) -> None:
    heard: list[str] = []
    asked = itertools.count()
    made = pipes.plan(street, watch=Watch(heard.append, lambda: next(asked) > 0))
    again = pipes.plan(street, how=How(steps=made.steps, rounds=made.rounds))
    assert (made.ended, made.rounds, again.ended) == (True, 1, False)
    first, second = (rows(street, Use.CONNECTION_PLAN, each.run) for each in (made, again))
    assert [(row["reason"], row["share"]) for row in first.values()] == [
        (row["reason"], row["share"]) for row in second.values()
    ]
    assert heard == ["fetch", "search 1/60", "store"]
    runs = street.schema.table(layers.one(Use.RUN))
    with street.reading() as connection:
        kept = connection.execute(sa.select(runs.c.parameters, runs.c.steps).where(runs.c.id == made.run)).one()
    assert (kept.parameters["rounds"], kept.steps) == (1, 1)


@pytest.fixture
def presses(monkeypatch: pytest.MonkeyPatch) -> list[signal.Signals]:
    """What is sent when a search looks next whether it may go on: at first one Ctrl-C."""
    on, waiting = Pace.on, [signal.SIGINT]

    def press(self: Pace) -> bool:
        went_on = on(self)
        while waiting:
            signal.raise_signal(waiting.pop())
        return went_on

    monkeypatch.setattr(Pace, "on", press)
    return waiting


@pytest.mark.usefixtures("presses")
def test_ctrl_c_ends_a_search_and_is_told_how_to_repeat_it(street: County) -> None:
    environment = {"WANGGE_STATE": str(street.settings.state), "WANGGE_DATABASE": street.settings.database}
    result = CliRunner().invoke(main, ["pipes", "plan"], env=environment)
    assert result.exit_code == 0, result.output
    assert "--steps 1 --rounds 1" in result.stdout
    assert "what was found so far" in result.stderr


def test_phases_contain_each_other_and_say_how_near_the_bound_they_are(street: County) -> None:
    made = pipes.plan(street, budget=125_000, how=How(phases=2))
    people = rows(street, Use.CONNECTION_PLAN, made.run)
    assert [people[code]["phase"] for code in ("u50", "u100", "u200", "u300")] == [1, 1, 2, None]
    assert [each["users"] for each in made.phases] == [2, 3]
    assert all(each["cost"] <= each["budget"] for each in made.phases)
    assert all(0.9 < each["ratio"] <= 1 + 1e-9 for each in made.phases)
    with pytest.raises(Refused, match="--phases"):
        pipes.plan(street, how=How(phases=2))


def test_phases_that_are_ended_are_left_out_and_the_plan_is_kept(street: County) -> None:
    heard: list[str] = []
    made = pipes.plan(
        street, budget=125_000, how=How(phases=2), watch=Watch(heard.append, lambda: heard[-1] == "phases")
    )
    again = pipes.plan(street, budget=125_000, how=How(steps=made.steps, rounds=made.rounds))
    assert (made.ended, made.phases, made.users, again.ended) == (True, (), 3, False)
    first, second = (rows(street, Use.CONNECTION_PLAN, each.run) for each in (made, again))
    assert [(row["reason"], row["phase"]) for row in first.values()] == [
        (row["reason"], row["phase"]) for row in second.values()
    ]
    runs = street.schema.table(layers.one(Use.RUN))
    with street.reading() as connection:
        kept = connection.execute(sa.select(runs.c.parameters).where(runs.c.id == made.run)).one()
    assert kept.parameters["phases"] == 1


def test_ctrl_c_in_phases_keeps_the_plan_though_its_search_was_ended_too(
    street: County, monkeypatch: pytest.MonkeyPatch, presses: list[signal.Signals]
) -> None:
    environment = {"WANGGE_STATE": str(street.settings.state), "WANGGE_DATABASE": street.settings.database}

    def pressed(*given: object, **named: object) -> object:
        presses.append(signal.SIGINT)
        return frontier(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(pipes, "frontier", pressed)
    result = CliRunner().invoke(main, ["pipes", "plan", "--budget", "125000", "--phases", "2"], env=environment)
    assert result.exit_code == 0, result.output
    assert "not phased" in result.stdout
    assert result.stderr.count("what was found so far") == 2


def test_a_frontier_that_is_ended_has_its_greatest_budgets(street: County) -> None:
    whole, heard = curve(street, points=4), list[str]()
    found = curve(street, points=4, watch=Watch(heard.append, lambda: "point 3/4" in heard))
    assert (whole.ended, found.ended) == (False, True)
    assert found.rows.to_dict("records") == whole.rows.iloc[2:].to_dict("records")
    with pytest.raises(Refused, match="before a point"):
        curve(street, points=4, watch=Watch(end=lambda: True))


def test_ctrl_c_keeps_the_points_of_a_frontier_and_says_what_is_missing(
    street: County, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment = {"WANGGE_STATE": str(street.settings.state), "WANGGE_DATABASE": street.settings.database}
    plan, made = Site.plan, itertools.count()

    def pressed(self: Site, *given: Any, **named: Any) -> PipePlan:
        if next(made) == 2:
            signal.raise_signal(signal.SIGINT)
        return plan(self, *given, **named)

    monkeypatch.setattr(Site, "plan", pressed)
    book = tmp_path / "frontier.xlsx"
    result = CliRunner().invoke(main, ["pipes", "frontier", "--points", "3", "--xlsx", str(book)], env=environment)
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == 3
    assert "the smaller budgets are missing" in result.stdout
    assert "缺较小的预算" in str(pd.read_excel(book, header=None).iloc[0, 0])


def test_the_frontier_rises_and_stays_below_its_bound(street: County) -> None:
    found = curve(street, points=4)
    assert found.rows["users"].tolist() == [0, 1, 2, 3]  # 25,770, 51,540 and 93,010 of 93,010 yuan
    assert (found.rows["cost"] <= found.rows["budget"] + 1e-6).all()
    assert (found.rows["won"] <= found.rows["most"] + 1e-6).all()
    assert found.rows["most"].is_monotonic_increasing
    assert not found.invented


@pytest.mark.parametrize(
    ("change", "why"),
    [({"outlet_pressure": "high_a"}, "pressure"), ({"capacity": 100.0, "peak": 100.0}, "capacity")],
)
def test_a_regulator_of_another_pressure_or_without_gas_to_spare_is_no_root(
    street: County, change: dict[str, object], why: str
) -> None:
    stored(street, "gas_facility", [station("S1", **change)], [point(0, 100)])
    with pytest.raises(Refused, match=f"no live root.*{why}"):
        pipes.plan(street)


def test_a_live_main_in_the_street_costs_nothing(street: County) -> None:
    row = {"code": "p1", "regime": "town", "pressure": "low", "phase": "live"}
    load(street, "gas_pipeline", (row, line((-5, 103), (201, 103))))
    made = pipes.plan(street)
    assert not mains(street, made.run)
    assert made.cost == pytest.approx(3 * 15 * SERVICE_M + 3 * 8000)


def test_above_low_pressure_each_fed_main_is_a_source_and_each_user_has_a_regulator(street: County) -> None:
    stored(street, "gas_facility", [station("S1", inlet_pressure="medium_a")], [point(0, 100)])
    fed = {"code": "p1", "regime": "town", "pressure": "medium_a", "phase": "live"}
    apart = fed | {"code": "p2"}
    load(street, "gas_pipeline", (fed, line((-5, 103), (101, 103))), (apart, line((140, 103), (201, 103))))
    made = pipes.plan(street)
    assert (made.pressure, made.left_roots, made.least_pa) == ("medium_a", {"inlet": 1}, 50_000)
    assert sum(row["length"] for row in mains(street, made.run)) == pytest.approx(100)  # p2 has no gas
    assert made.cost - made.size_cost == pytest.approx(100 * METRE + 3 * 15 * SERVICE_M + 3 * (8000 + 3000))
    low = pipes.plan(street, how=How(pressure="low"))
    assert (low.pressure, low.left_roots) == ("low", {"spare_unknown": 1})
    assert low.cost - low.size_cost == pytest.approx(200 * METRE + 3 * 15 * SERVICE_M + 3 * 8000)


def test_the_command_tells_reasons_in_words_and_what_is_invented(street: County) -> None:
    environment = {"WANGGE_STATE": str(street.settings.state), "WANGGE_DATABASE": street.settings.database}
    table = street.schema.table(layers.named("gas_user"))
    with street.writing() as connection:
        connection.execute(sa.update(table).values(invented=["kind"]))
    told = CliRunner().invoke(main, ["pipes", "plan", "--steps", "1"], env=environment).stdout
    assert "接入 3，造价高于效益 1" in told
    assert told.splitlines()[-1].startswith("合成数据（虚构）：燃气用户 4 / 4 行")


def test_a_user_is_told_why_and_what_would_bring_the_user_in(street: County) -> None:
    made = pipes.plan(street)
    inside, outside = explain(street, "u50"), explain(street, "u300", str(made.run))
    assert inside.sentence == "接入"
    assert inside.lacks is None
    need = 100 * METRE + 150_000 + 15 * SERVICE_M + 8000
    assert outside.lacks == pytest.approx(need - 63_000)
    text = "\n".join(outside.lines())
    assert "造价高于效益" in text
    assert "用户类别 60,000" in text
    assert "GB 50028-2006 表6.3.3-1" in text
    assert "pipe_size_cost（" in text
    assert "pipe_size_cost." not in text
    with pytest.raises(UnknownName, match="nobody"):
        explain(street, "nobody")


def test_a_county_without_plan_or_with_an_unknown_town_is_refused(street: County) -> None:
    with pytest.raises(UnknownName, match="pipes: 还没有运算"):
        explain(street, "u50")
    with pytest.raises(UnknownName, match="--stable-from 99: 没有这次运算"):
        pipes.plan(street, how=How(stable_from="99"))
    first = pipes.plan(street)
    with pytest.raises(Refused, match="--built 2: 该方案共 1 期"):
        pipes.plan(street, how=How(stable_from=str(first.run), built=2))
    with pytest.raises(UnknownName, match="no town"):
        pipes.plan(street, how=How(area="没有"))


def rules_of(path: Path, subject: str, unit: str, catering: float) -> Path:
    """Write a file of rules that says of each kind of user how much, and give its path."""
    path.write_text(
        f'jurisdiction = "default"\n[[subject]]\nname = "{subject}"\nunit = "{unit}"\nvalid_from = 2000-01-01\n'
        'source = "test"\nmark = "INF"\nverified = false\n'
        f'categories = [{{ category = "catering", amount = {catering} }}, {{ category = "resident", amount = 1 }},'
        ' { category = "commercial", amount = 1 }, { category = "industrial", amount = 1 }]\n',
        encoding="utf-8",
    )
    return path


def test_a_file_of_rules_gives_its_own_prices_and_is_on_record_by_its_bytes(street: County, tmp_path: Path) -> None:
    own = rules_of(tmp_path / "own.toml", "pipe_prize", "yuan", 10)
    made = pipes.plan(street, how=How(rules=own))
    assert made.users == 0
    runs = street.schema.table(layers.one(Use.RUN))
    with street.reading() as connection:
        kept = connection.execute(sa.select(runs.c.parameters).where(runs.c.id == made.run)).scalar_one()
    assert kept["rules"] == {"file": "own.toml", "sha256": hashlib.sha256(own.read_bytes()).hexdigest()}
    assert How().parameters()["rules"] is None


def test_no_two_inputs_share_a_digest(street: County, tmp_path: Path) -> None:
    def asked(how: How) -> pipes.Question:
        with street.reading() as connection:
            return pipes.question(connection, street, how)

    one = asked(How())
    assert asked(How()).digest() == one.digest()
    burning = [rules_of(tmp_path / f"{flow}.toml", "appliance_flow", "m3/h", flow) for flow in (2, 3)]
    users = one.ground.users.assign(kind="resident")
    stands = [
        replace(one.kept, diameter=np.full(len(one.kept.edge), "PE100 SDR11 dn63", dtype=object)),
        replace(one.kept, edge=~one.kept.edge),
        replace(one.kept, user=~one.kept.user),
    ]
    others = [
        *(asked(How(rules=each)) for each in burning),
        replace(one, ground=replace(one.ground, users=users)),
        replace(one, priced=replace(one.priced, live=~one.priced.live)),
        *(replace(one, kept=each) for each in stands),
    ]
    assert len({each.digest() for each in (one, *others)}) == 1 + len(others)


def test_the_plan_of_the_same_input_and_seed_is_the_same(street: County) -> None:
    one, other = (pipes.plan(street, budget=100_000, seed=3) for _ in range(2))
    first, second = ([bytes(row["geom"].data) for row in mains(street, each.run)] for each in (one, other))
    assert first == second != []
    assert (one.cost, one.bound, one.users) == (other.cost, other.bound, other.users)
