"""The report of a pipe plan: Word document, pages and workbook tell the same numbers, the proof, and what is unsure."""

import io
from collections.abc import Iterator
from pathlib import Path

import docx
import openpyxl
import pypdf
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from api.cli import main
from gis import law, layers
from gis.errors import UnknownName
from gis.layer import Use
from gis.run.pipe_report import written
from gis.run.record import Made, record
from gis.store.county import County
from gis.store.settings import Settings
from gis.work import rules
from tests.builders import cloned, line, point, square, stored

DATABASE = "test_pipe_report"
PIPES = (
    ("main", "residential", "PE100 dn63", 120.0, 31_200.0, 1),
    ("main", "residential", "PE100 dn63", 80.5, 20_930.0, 2),
    ("main", "primary", "PE100 dn110", 40.25, 32_200.0, 1),
    ("service", None, None, 12.5, 1_500.0, 2),
)
USERS = (
    ("U-1", "catering", "connected", 1, 60_000.0, 45.0),
    ("U-2", "resident", "connected", 2, 8_000.0, 15.0),
    ("U-3", "resident", "over_budget", None, 8_000.0, 15.0),
)
HOSTILE = "=cmd|' /C calc'!A0<script>"


@pytest.fixture(scope="module")
def county(template: Settings) -> Iterator[County]:
    with cloned(template, DATABASE) as found:
        rules.apply(found, law.rules())
        town = {"code": "990001001", "name": HOSTILE}
        stored(found, "town", [town], [square(0, 0, 4000)])
        users = [{"code": code, "kind": kind, "supply": "bottled"} for code, kind, *_ in USERS]
        stored(found, "gas_user", users, [point(100 + 10 * place, 50) for place in range(len(users))])
        stored(found, "road", [{"code": "R-1", "road_class": "primary"}], [line((0, 0), (500, 0))])
        yield found


def planned(county: County, *, told: dict[str, object] | None, pipes: bool = True, **changed: object) -> str:
    """Store a run with the pipes and users above, and give its number."""
    figures = {"rules": told} if told is not None else {}
    made = {"objective": 8_000.0, "bound": 7_200.0, **changed}
    budget = Made("pipes", {"budget": 90_000.0}, "0" * 64, seed=7, steps=3, result=figures, **made)  # type: ignore[arg-type]  # by name
    layer, weighed = (county.schema.table(layers.one(use)) for use in (Use.PIPE_PLAN, Use.CONNECTION_PLAN))
    with county.writing() as connection:
        run = record(connection, county, budget)
        names = ("kind", "road_class", "diameter", "length", "cost", "phase")
        for place, values in enumerate(PIPES if pipes else ()):
            geom = f"SRID={county.srid};MULTILINESTRING(({500_000 + place} 3200000, {500_100 + place} 3200050))"
            row = dict(zip(names, values, strict=True)) | {"run_id": run, "code": f"{place:03d}", "geom": geom}
            connection.execute(sa.insert(layer).values(row))
        names = ("user_code", "kind", "reason", "phase", "prize", "mass")
        for place, user in enumerate(USERS if pipes else ()):
            row = dict(zip(names, user, strict=True)) | {"run_id": run, "code": f"{place:03d}"}
            row |= {"connected": row["reason"] == "connected", "geom": f"SRID={county.srid};POINT(500100 3200050)"}
            connection.execute(sa.insert(weighed).values(row))
        table = county.schema.table(layers.one(Use.RUN))
        return str(connection.execute(sa.select(table.c.number).where(table.c.id == run)).scalar_one())


HOOKUPS = (("catering", 8_000.0), ("resident", 2_500.0))
RULES: dict[str, object] = {
    "pipe_cost.residential": {"amount": 260.0, "article": "", "verified": False},
    "clearance.low": {"amount": 0.7, "article": "GB 50028-2006 6.3.3", "verified": False},
}


def tables(content: bytes) -> list[list[list[str]]]:
    return [
        [[cell.text for cell in row.cells] for row in each.rows] for each in docx.Document(io.BytesIO(content)).tables
    ]


def words(content: bytes) -> str:
    return "".join("".join(each.extract_text() for each in pypdf.PdfReader(io.BytesIO(content)).pages).split())


def test_the_bill_counts_metres_by_size_and_class_of_road_alike_in_every_form(county: County) -> None:
    forms = written(county, planned(county, told=RULES)).forms
    bill = next(each for each in tables(forms[".docx"]) if each[0][0] == "类型")
    assert bill == [
        ["类型", "管径", "道路等级", "段数", "长度（m）", "造价（元，未核实）"],
        ["干支管", "PE100 dn110", "主干道", "1", "40.25", "32,200"],
        ["干支管", "PE100 dn63", "街巷", "2", "200.5", "52,130"],
        ["户线", "未定径", "—", "1", "12.5", "1,500"],
        ["合计", "", "", "4", "253.25", "85,830"],
    ]
    sheet = openpyxl.load_workbook(io.BytesIO(forms[".xlsx"]))["工程量清单"]
    assert [row[3:] for row in sheet.iter_rows(values_only=True)][-1] == (4, 253.25, 85_830)
    said = words(forms[".pdf"])
    assert all("".join(row).replace(" ", "") in said for row in bill[1:])


def test_phases_and_users_by_town_and_kind_add_up(county: County) -> None:
    found = tables(written(county, planned(county, told=RULES)).forms[".docx"])
    phases = next(each for each in found if each[0][0] == "分期")
    assert phases[1:] == [
        ["第 1 期", "160.25", "63,400", "1", "60,000", "45"],
        ["第 2 期", "93", "22,430", "1", "8,000", "15"],
        ["合计", "253.25", "85,830", "2", "68,000", "60"],
    ]
    users = next(each for each in found if each[0][0] == "镇街")
    assert users == [["镇街", "居民", "餐饮", "合计"], [HOSTILE, "1", "1", "2"], ["合计", "1", "1", "2"]]
    reasons = next(each for each in found if each[0][0] == "理由")
    assert dict(reasons[1:]) == {"接入": "2", "预算之外": "1", "合计": "3"}


def test_what_is_done_in_the_rooms_is_in_the_bill_the_phases_and_the_sentence(county: County) -> None:
    hookup = {f"pipe_hookup.{kind}": {"amount": yuan, "article": "", "verified": False} for kind, yuan in HOOKUPS}
    forms = written(county, planned(county, told=RULES | hookup)).forms
    bill = next(each for each in tables(forms[".docx"]) if each[0][0] == "类型")
    assert bill[-2:] == [
        ["户内与用户调压（按户）", "—", "—", "2", "0", "10,500"],
        ["合计", "", "", "6", "253.25", "96,330"],
    ]
    phases = next(each for each in tables(forms[".docx"]) if each[0][0] == "分期")
    assert [row[2] for row in phases[1:]] == ["71,400", "24,930", "96,330"]
    assert "造价96,330元（其中户内与用户调压10,500元）" in words(forms[".pdf"])


def test_lists_of_pipes_and_users_are_in_words(county: County) -> None:
    run = planned(county, told=RULES)
    pipes, users = (county.schema.table(layers.one(use)) for use in (Use.PIPE_PLAN, Use.CONNECTION_PLAN))
    with county.writing() as connection:
        connection.execute(sa.update(pipes).values(surface="asphalt", gas="low", pressure=2_000.0))
        connection.execute(sa.update(users).values(shares={"bottle": 4_500.0}))
    forms = written(county, run).forms
    book = openpyxl.load_workbook(io.BytesIO(forms[".xlsx"]))
    cells = {
        cell for name in ("管线明细", "用户明细") for row in book[name].iter_rows(values_only=True) for cell in row
    }
    assert {"沥青", "低压", "减少存瓶 4500"} <= cells
    assert not {"asphalt", "low"} & cells
    assert "低压管网最低末端压力2,000Pa" in words(forms[".pdf"])


def test_rules_are_told_with_articles_and_what_nobody_confirmed(county: County) -> None:
    forms = written(county, planned(county, told=RULES)).forms
    told = next(each for each in tables(forms[".docx"]) if each[0][0] == "规则")
    assert [row[0] for row in told[1:]] == sorted(RULES)
    assert told[1][3] == "GB 50028-2006 6.3.3"
    assert (told[2][1], told[2][2], told[2][5]) == ("260", "元/m", "未核实")
    assert "assumed" in told[2][4]
    older = tables(written(county, planned(county, told=None)).forms[".docx"])
    names = {row[0] for row in next(each for each in older if each[0][0] == "规则")[1:]}
    assert {name.split(".")[0] for name in names} == {"pipe_cost", "pipe_prize"}


@pytest.mark.parametrize(
    ("bound", "said"),
    [
        (7_200.0, "两者相差800元（占10.00%）：无论怎样改线、换用户，最多只能再改进这么多。"),
        (8_000.0, "两者相同，即已证明没有更好的方案。"),
        (None, "本次运算没有给出下界"),
    ],
)
def test_bound_and_gap_are_explained_in_words(county: County, bound: float | None, said: str) -> None:
    assert said in words(written(county, planned(county, told=RULES, bound=bound)).forms[".pdf"])


def test_a_plan_that_lays_nothing_still_has_its_report(county: County) -> None:
    forms = written(county, planned(county, told=RULES, pipes=False)).forms
    assert "本方案没有要敷设的管道" in words(forms[".pdf"])
    assert docx.Document(io.BytesIO(forms[".docx"])).inline_shapes.__len__() == 0
    assert openpyxl.load_workbook(io.BytesIO(forms[".xlsx"]))["工程量清单"].max_row == 1


def test_invented_data_are_marked_in_every_form_and_real_ones_are_not(county: County) -> None:
    run = planned(county, told=RULES)
    real = written(county, run)
    assert real.invented == ()
    assert "合成" not in words(real.forms[".pdf"])
    table = county.schema.table(layers.named("gas_user"))
    with county.writing() as connection:
        connection.execute(sa.update(table).values(invented=["kind"]).where(table.c.code == "U-1"))
    found = written(county, run)
    assert found.invented == ("燃气用户 1 / 3 行",)
    assert "合成数据（虚构）" in words(found.forms[".pdf"])
    paper = docx.Document(io.BytesIO(found.forms[".docx"]))
    assert any("合成数据（虚构）" in each.text for each in paper.paragraphs)
    assert "合成数据（虚构）" in paper.sections[0].footer.paragraphs[0].text
    assert len(paper.inline_shapes) == 1
    book = openpyxl.load_workbook(io.BytesIO(found.forms[".xlsx"]))
    assert all("合成数据" in str(sheet["A1"].value) for sheet in book)
    with county.writing() as connection:
        connection.execute(sa.update(table).values(invented=[]).where(table.c.code == "U-1"))


def test_the_command_writes_three_files_and_refuses_an_unknown_run(county: County, tmp_path: Path) -> None:
    run = planned(county, told=RULES)
    environment = {"WANGGE_STATE": str(county.settings.state), "WANGGE_DATABASE": DATABASE, "DATABASE_URL": None}
    result = CliRunner().invoke(main, ["pipes", "report", "--to", str(tmp_path)], env=environment)
    assert result.exit_code == 0, result.output
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        f"瓶改管方案_{run}{ending}" for ending in (".docx", ".pdf", ".xlsx")
    ]
    with pytest.raises(UnknownName, match="RUN pipes-0: 没有这次运算"):
        written(county, "pipes-0")
