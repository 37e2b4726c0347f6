"""Plans of moving risers outdoors: the ledger is judged, costs add up, money is kept to, and what is built is seen."""

import io
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from api.cli import main
from gis import law, layers
from gis.errors import Refused, UnknownName
from gis.layer import Use
from gis.run import riser_progress, risers
from gis.run.risers import How
from gis.store.county import County
from gis.store.settings import Settings
from gis.work import rules
from tests.builders import cloned, point, square, stored, swept

DATABASE = "test_risers"
ROW: dict[str, object] = {
    "units": 2,
    "floors": 6,
    "households": 24,
    "riser": "indoors",
    "meter": "indoors",
    "riser_length": 18.0,
    "facade_length": 40.0,
    "facade": "fit",
    "clearance": 0.6,
    "consent": "signed",
}
OWN_COST = 2 * 18 * 180 + 40 * 150 + 24 * (800 + 350)
"""Yuan for such a building at the shipped unit costs: risers, pipe on the wall, flats and meters."""


@pytest.fixture(scope="module")
def ruled(template: Settings) -> Iterator[County]:
    with cloned(template, DATABASE) as county:
        rules.apply(county, law.rules())
        yield county


@pytest.fixture(name="land")
def emptied(ruled: County) -> County:
    """A county with its law and nothing else."""
    return swept(ruled, "building", "compound", "riser", "riser_plan")


def building(code: str, **changed: object) -> dict[str, object]:
    """Give a house as the housing office knows it."""
    return {"code": code, "built_year": 2000, "floors": 6, "use": "residential", **changed}


def block(code: str, **changed: object) -> dict[str, object]:
    """Give a row of the ledger on the house of its number."""
    return {"code": f"LG-{code}", "building_code": f"B-{code}", "name": f"{code}幢", **ROW, **changed}


def founded(county: County, *blocks: dict[str, object], houses: dict[str, dict[str, object]] | None = None) -> None:
    """Store houses 100 m apart in a row, and the ledger about them."""
    own = houses or {}
    codes = [str(each["building_code"]) for each in blocks]
    rows = [building(code, **own.get(code, {})) for code in codes]
    stored(county, "building", rows, [square(100.0 * place + 50, 50) for place in range(len(rows))])
    outcome = stored(county, "riser", [dict(each) for each in blocks])
    assert outcome.stored == len(blocks), outcome.faults


def planned(county: County, run: int) -> pd.DataFrame:
    """Give what a run stored, by code."""
    table = county.schema.table(layers.one(Use.RISER_PLAN))
    with county.reading() as connection:
        result = connection.execute(sa.select(table).where(table.c.run_id == run).order_by(table.c.code))
        return pd.DataFrame(result.all(), columns=list(result.keys())).set_index("code")


def test_a_building_costs_what_its_parts_cost(land: County) -> None:
    founded(land, block("1"), block("2", meter="outdoors", risers=3))
    made = risers.plan(land, budget=1_000_000, how=How())
    rows = planned(land, made.run)
    assert rows.loc["LG-1", "cost"] == OWN_COST
    assert rows.loc["LG-2", "cost"] == 3 * 18 * 180 + 40 * 150 + 24 * 800
    age = land.today().year - 2000
    assert rows.loc["LG-1", "prize"] == 24 * (4000 + 120 * age)
    assert made.cost == rows["cost"].sum()
    assert made.proved
    assert rows["estimated"].tolist() == ["立管根数", None]


def test_what_the_ledger_lacks_is_worked_out_from_the_house_and_named(land: County) -> None:
    bare = block("1", floors=None, riser_length=None, facade_length=None, meter=None)
    founded(land, bare, houses={"B-1": {"floors": 4}})
    rows = planned(land, risers.plan(land, budget=1_000_000, how=How()).run)
    row = rows.loc["LG-1"]
    assert (row["riser_length"], row["facade_length"]) == (2 * 4 * 3.0, 10.0)
    assert row["cost"] == 24 * 180 + 10 * 150 + 24 * (800 + 350)
    assert row["estimated"] == "层数、立管根数、立管长度、外墙管长度、表位"


JUDGED: tuple[tuple[dict[str, object], dict[str, object], str, str], ...] = (
    ({"consent": "refused"}, {}, "consent", "住户不同意"),
    ({"facade": "unfit"}, {}, "facade", "外墙不可附管"),
    ({"clearance": 0.2}, {}, "clearance", "门窗净距 0.2 m < 0.3 m（GB 50028-2006 6.3.15，未核实）"),
    ({}, {"grade": "D"}, "grade", "D级危房，未整治"),
    ({"consent": "refused", "facade": "unfit"}, {"grade": "C"}, "grade", "C级危房，未整治；住户不同意；外墙不可附管"),
    ({"households": None, "units": None}, {}, "unknown", "台账缺：改造户数、立管根数"),
    ({"riser": "outdoors", "outdoors_on": date(2023, 6, 30)}, {}, "done", "2023-06-30 完成"),
    ({"riser": "none"}, {}, "none", "没有要改的立管"),
    ({"clearance": None, "facade": None, "consent": "open"}, {"grade": "B"}, "chosen", "每元造价效益"),
    ({}, {"grade": "C", "remedied_on": date(2024, 9, 30)}, "chosen", "每元造价效益"),
)


def test_each_obstacle_is_named_with_its_reason(land: County) -> None:
    blocks = [block(f"{place}", **changed) for place, (changed, *_) in enumerate(JUDGED)]
    founded(land, *blocks, houses={f"B-{place}": house for place, (_, house, *_) in enumerate(JUDGED)})
    made = risers.plan(land, budget=1_000_000, how=How())
    rows = planned(land, made.run)
    assert rows["outcome"].tolist() == [outcome for *_, outcome, _ in JUDGED]
    for told, (*_, said) in zip(rows["reason"], JUDGED, strict=True):
        assert said in told
    assert made.outcomes == rows["outcome"].value_counts().to_dict()
    assert made.blocked == {"consent": 24, "facade": 24, "clearance": 24, "grade": 48}
    signed = planned(land, risers.plan(land, budget=1_000_000, how=How(signed_only=True)).run)
    assert (signed.loc["LG-8", "outcome"], signed.loc["LG-8", "reason"]) == ("consent", "住户意愿尚未征得")


def test_a_compound_pays_its_courtyard_once_and_its_obstacle_keeps_all_of_it(land: County) -> None:
    compounds: list[dict[str, object]] = [
        {"code": "C-1", "name": "甲园", "courtyard_length": 100.0},
        {"code": "C-2", "name": "乙园", "obstacle": "计划拆迁"},
    ]
    stored(land, "compound", compounds, [square(0, 0, 240), square(245, 0, 180)])
    founded(land, block("1"), block("2"), block("3"), block("4"))
    made = risers.plan(land, budget=2 * OWN_COST + 26_000, how=How())
    rows = planned(land, made.run)
    assert rows["compound_code"].tolist() == ["C-1", "C-1", "C-2", "C-2"]
    assert rows["outcome"].tolist() == ["chosen", "chosen", "compound", "compound"]
    assert rows.loc["LG-3", "reason"] == "小区障碍：计划拆迁"
    assert made.cost == 2 * OWN_COST + 26_000
    few = planned(land, risers.plan(land, budget=OWN_COST + 25_999, how=How()).run)
    assert few.loc["LG-1", "outcome"] == "later"
    assert str(few.loc["LG-1", "reason"]).endswith("连同庭院管超过预算")
    assert (made.compounds, made.blocked) == (1, {"compound": 48})
    assert risers.plan(land, budget=2 * OWN_COST + 25_999, how=How()).buildings == 1
    assert risers.plan(land, budget=2 * OWN_COST + 25_999, how=How(whole=True)).buildings == 0


def test_a_courtyard_without_a_length_is_the_shortest_net_between_its_buildings_until_one_is_done(
    land: County,
) -> None:
    stored(land, "compound", [{"code": "C-1", "name": "甲园"}], [square(0, 0, 400)])
    founded(land, block("1"), block("2"), block("3"))
    rows = planned(land, risers.plan(land, budget=9e6, how=How()).run)
    assert set(rows["courtyard_cost"]) == {200 * 260.0}
    stored(land, "riser", [block("2", riser="outdoors", outdoors_on=land.today())])
    rows = planned(land, risers.plan(land, budget=9e6, how=How()).run)
    assert set(rows["courtyard_cost"].dropna()) == {0.0}


def test_phases_share_the_money_and_the_record_tells_how_the_plan_was_made(land: County) -> None:
    founded(land, *(block(str(each), households=10 + each) for each in range(1, 7)))
    how = How(phases=3, signed_only=True, nodes=77)
    budget = 4 * OWN_COST
    made = risers.plan(land, budget=budget, how=how)
    rows = planned(land, made.run)
    assert [each.allowed for each in made.phases] == [budget // 3, 2 * budget // 3, budget]
    for each in made.phases:
        own = rows[rows["phase"] <= each.phase]
        assert (len(own), own["households"].sum(), own["cost"].sum()) == (each.buildings, each.households, each.cost)
        assert each.cost <= each.allowed
        assert own["prize"].sum() == each.prize <= each.bound
    run = land.schema.table(layers.one(Use.RUN))
    with land.reading() as connection:
        kept = connection.execute(sa.select(run).where(run.c.id == made.run)).one()
    assert kept.steps == 77
    assert kept.parameters["phases"] == 3
    assert kept.objective - kept.bound == made.bound - made.prize
    again = risers.plan(land, budget=budget, how=how)
    columns = [name for name in rows.columns if name not in {"id", "run_id", "geom"}]
    pd.testing.assert_frame_equal(rows[columns], planned(land, again.run)[columns])


def test_without_a_ledger_or_unit_costs_nothing_is_planned(county: County) -> None:
    with pytest.raises(Refused, match=r"riser_cost\.riser"):
        risers.plan(county, budget=1, how=How())
    rules.apply(county, law.rules())
    with pytest.raises(Refused, match="立管台账"):
        risers.plan(county, budget=1, how=How())


def test_a_row_with_a_position_lies_in_the_house_around_it(land: County) -> None:
    stored(land, "building", [building("B-9", grade="D")], [square(50, 50)])
    bare = block("9", building_code=None)
    stored(land, "riser", [bare], [point(55, 55)])
    row = planned(land, risers.plan(land, budget=9e6, how=How()).run).loc["LG-9"]
    assert (row["building_code"], row["outcome"]) == ("B-9", "grade")


def test_progress_tells_what_is_done_of_a_plan_what_else_is_and_what_is_now_blocked(land: County) -> None:
    founded(land, *(block(str(each), households=20 + each) for each in range(1, 6)))
    made = risers.plan(land, budget=3 * (OWN_COST + 10_000), how=How(phases=3))
    rows = planned(land, made.run)
    first, second, third = rows[rows["phase"].notna()].sort_values("phase").index[:3]
    left = rows[rows["phase"].isna()].index[0]
    number = {code: code.removeprefix("LG-") for code in rows.index}
    moved = {"riser": "outdoors", "outdoors_on": land.today()}
    homes = {code: int(rows.loc[code, "households"]) for code in rows.index}
    stored(land, "riser", [block(number[code], households=homes[code], **moved) for code in (first, left)])
    stored(land, "riser", [block(number[third], households=homes[third], consent="refused")])
    risers.plan(land, budget=1, how=How())
    found = riser_progress.progress(land, str(made.run))
    assert found.planned_on == land.today()
    assert [(each.buildings, each.done) for each in found.phases] == [(1, 1), (1, 0), (1, 0)]
    assert [each.done_households for each in found.phases] == [homes[first], 0, 0]
    assert found.phases[0].done_cost == rows.loc[first, "cost"]
    assert (found.buildings, found.done, found.elsewhere) == (3, 1, 1)
    assert [(each.code, each.reason) for each in found.stuck] == [(third, "住户不同意")]
    assert second not in {each.code for each in found.stuck}
    assert riser_progress.progress(land, None).buildings == 0
    with pytest.raises(UnknownName, match="999999"):
        riser_progress.progress(land, "999999")


def invoke(land: County, *words: str) -> Result:
    environment = {"WANGGE_STATE": str(land.settings.state), "WANGGE_DATABASE": DATABASE, "DATABASE_URL": None}
    result = CliRunner().invoke(main, ["risers", *words], env=environment)
    assert "Traceback" not in result.output
    return result


def test_the_command_plans_writes_the_lists_and_tells_progress(land: County, tmp_path: Path) -> None:
    stored(land, "compound", [{"code": "C-1", "name": "=甲园"}], [square(0, 0, 280)])
    founded(land, block("1"), block("2"), block("3", facade="unfit"), block("4", clearance=0.1))
    file = tmp_path / "lists.xlsx"
    result = invoke(land, "plan", "--budget", "200000", "--phases", "2", "--xlsx", str(file), "--json")
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout.splitlines()[-1])
    rows = planned(land, facts["run"])
    book = openpyxl.load_workbook(io.BytesIO(file.read_bytes()))
    assert book.sheetnames == ["方案", "分期", "小区", "受阻", "预算之外", "说明"]
    heading, *taken = book["方案"].iter_rows(values_only=True)
    assert [row[heading.index("台账编号")] for row in taken] == rows.index[rows["outcome"] == "chosen"].tolist()
    assert sum(row[heading.index("楼栋造价（未核实，元）")] for row in taken) == rows["cost"][rows["phase"] > 0].sum()
    assert {row[1] for row in taken} == {"=甲园"}
    heading, *kept = book["受阻"].iter_rows(values_only=True)
    assert [(row[0], row[heading.index("台账编号")]) for row in kept] == [
        ("受阻：净距不足", "LG-4"),
        ("受阻：外墙", "LG-3"),
    ]
    notes = [" ".join(map(str, row)) for row in book["说明"].iter_rows(values_only=True)]
    assert any("riser_clearance.low" in each and "GB 50028-2006 6.3.15" in each and "未核实" in each for each in notes)
    assert any("已证明" in each for each in notes)
    told = invoke(land, "progress").stdout
    assert f"计划 {facts['buildings']} 栋，已完成 0 栋" in told


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("plan", "--budget", "-1"), 2, "--budget"),
        (("plan", "--budget", "nan"), 1, "got nan"),
        (("plan", "--budget", "1", "--steps", "5", "--seconds", "1"), 2, "not both"),
        (("plan", "--budget", "1", "--xlsx", "lists.csv"), 2, "lists.csv"),
        (("plan", "--budget", "1"), 1, "立管台账"),
        (("progress",), 1, "还没有运算"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    land: County, words: tuple[str, ...], status: int, said: str
) -> None:
    result = invoke(land, *words)
    assert result.exit_code == status
    assert said in result.stderr
