"""Supervision of a stored county: what DOMAIN asks of groups and experts holds of the rows that are stored."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from api.cli import main
from gis import layers
from gis.errors import Refused
from gis.layer import Use
from gis.run.supervision import How, supervise
from gis.store.county import County
from gis.store.settings import Settings
from tests.builders import cloned, square, stored

NAME = "test_supervision"
HOUSES = {"T1": 7, "T2": 3, "T3": 5, "T4": 2}
FIRST = date(2026, 7, 1)
GROUPS = "督导组,镇街\nA,T1\nB,二镇\nC,\n"
EXPERTS = "专家,镇街,专长\n" + "".join(f"S{n},T{n},结构\nG{n},T{n},燃气\n" for n in (1, 2, 3, 4))


@pytest.fixture(scope="module")
def county(template: Settings) -> Iterator[County]:
    """Four towns in a row with some houses in each; runs are added."""
    with cloned(template, NAME) as found:
        names = dict(zip(HOUSES, ("一镇", "二镇", "三镇", "四镇"), strict=True))
        towns = [{"code": code, "name": names[code]} for code in HOUSES]
        stored(found, "town", towns, [square(n * 900, 0, 900) for n in range(4)])
        places = [(n * 900 + 20 * each, 50) for n, count in enumerate(HOUSES.values()) for each in range(count)]
        rows = [{"code": f"b{n}", "grade": "A"} for n in range(len(places))]
        stored(found, "building", rows, [square(*place) for place in places])
        yield found


def file(folder: Path, text: str) -> Path:
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    return path


def rows_of(county: County, run: int) -> pd.DataFrame:
    table = county.schema.table(layers.one(Use.SUPERVISION))
    with county.reading() as connection:
        result = connection.execute(table.select().where(table.c.run_id == run))
        return pd.DataFrame(result.mappings().all())


def test_each_town_is_seen_by_another_group_each_round_and_none_by_its_own(county: County, tmp_path: Path) -> None:
    made = supervise(county, file(tmp_path, GROUPS), How(2, FIRST, round_d=30))
    rows = rows_of(county, made.run)
    seen = rows.groupby("town_code")["who"].agg(list).to_dict()
    assert set(seen) == set(HOUSES)
    assert all(len(groups) == len(set(groups)) == 2 for groups in seen.values())
    assert "A" not in seen["T1"]
    assert "B" not in seen["T2"]
    assert rows.groupby("round")["who"].value_counts().between(1, 2).all()
    carried = rows.groupby("who")["load"].sum()
    assert carried.sum() == 2 * sum(HOUSES.values())
    assert made.rotated.heaviest == carried.max()
    assert rows.groupby("round")[["from_on", "to_on"]].first().to_numpy().tolist() == [
        [FIRST, date(2026, 7, 30)],
        [date(2026, 7, 31), date(2026, 8, 29)],
    ]
    with county.reading() as connection:
        run = connection.execute(county.schema.table(layers.one(Use.RUN)).select()).mappings().all()[-1]
    assert (run["objective"], run["bound"]) == (made.rotated.heaviest, made.rotated.bound)
    assert run["bound"] <= run["objective"]


def test_experts_go_where_they_live_and_every_town_has_one_who_knows_structure(county: County, tmp_path: Path) -> None:
    made = supervise(county, 4, How(1, FIRST, able_each=1), experts=file(tmp_path, EXPERTS))
    rows = rows_of(county, made.run)
    posts = rows[rows["kind"] == "expert"]
    assert posts.groupby("town_code")["who"].agg(set).to_dict() == {f"T{n}": {f"S{n}", f"G{n}"} for n in (1, 2, 3, 4)}
    assert posts["away"].sum() == 0.0
    assert made.posted is not None
    assert made.posted.proved


def test_the_command_tells_the_proof_and_writes_a_workbook(county: County, tmp_path: Path) -> None:
    book = tmp_path / "plan.xlsx"
    environment = {"WANGGE_STATE": str(county.settings.state), "DATABASE_URL": None}
    words = ["patrol", "supervision", "--groups", str(file(tmp_path, GROUPS)), "--rounds", "2", "--xlsx", str(book)]
    done = CliRunner().invoke(main, [*words, "--database", NAME, "--json"], env=environment)
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout.splitlines()[-1])
    assert facts["proved"] is True
    assert facts["heaviest"] >= facts["bound"] >= 2 * sum(HOUSES.values()) / 3 - 1e-6
    sheets = pd.read_excel(book, sheet_name=None, dtype=str)
    turns = sheets["督导轮次"].set_index("镇街代码").iloc[:, 1:]
    assert {code: list(row) for code, row in turns.iterrows()} == facts["towns"]
    assert list(sheets) == ["督导轮次", "各组工作量", "专家派驻", "依据"]


def test_a_rotation_over_invented_objects_says_so_on_every_sheet(county: County, tmp_path: Path) -> None:
    book, table = tmp_path / "plan.xlsx", county.schema.table(layers.named("building"))
    environment = {"WANGGE_STATE": str(county.settings.state), "DATABASE_URL": None}
    words = ["patrol", "supervision", "--groups", "2", "--rounds", "1", "--xlsx", str(book), "--database", NAME]
    with county.writing() as connection:
        connection.execute(sa.update(table).values(invented=["grade"]))
    done = CliRunner().invoke(main, words, env=environment)
    with county.writing() as connection:
        connection.execute(sa.update(table).values(invented=[]))
    assert "合成数据（虚构）：建筑" in done.stdout
    heads = [frame.columns[0] for frame in pd.read_excel(book, sheet_name=None).values()]
    assert all(head.startswith("合成数据（虚构）：建筑") for head in heads)


@pytest.mark.parametrize(
    ("groups", "experts", "message"),
    [
        ("督导组,镇街\nA,五镇\n", "", "list.csv 第2行 镇街: .* expected one of T1、.*, got 五镇"),
        ("组\nA\n", "", "缺“督导组”列"),
        ("督导组\nA\nA\n", "", "第3行 督导组: .* a code of its own"),
        ("", "专家,专长\nE,结构\n", "第2行 经度、纬度或镇街: .* a place to set out from"),
        ("", "专家,镇街\nE,T1\n", "专家派驻：.*postings: expected at least"),
        ("", "专家,镇街,专长\nE,T1,木工\n", "第2行 专长: .*got 木工"),
    ],
)
def test_a_bad_list_is_refused(county: County, tmp_path: Path, groups: str, experts: str, message: str) -> None:
    path = file(tmp_path, groups or experts)
    with pytest.raises(Refused, match=message):
        supervise(county, path if groups else 4, How(1, FIRST), experts=path if experts else None)
