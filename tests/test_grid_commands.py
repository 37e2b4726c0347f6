"""`wangge grid make | check | split | merge | renumber` as a planner uses them, over a small county."""

import json
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from click.testing import CliRunner, Result

from api.cli import main
from gis.store.county import County
from gis.store.settings import Settings
from tests.builders import cloned, line, square, stored
from tests.conftest import SRID
from tests.events import emptied

DATABASE = "test_grid_commands"


@pytest.fixture(scope="module")
def kept(template: Settings) -> Iterator[County]:
    with cloned(template, DATABASE) as county:
        yield county


@pytest.fixture
def county(kept: County) -> County:
    """A town of four blocks with six houses each."""
    emptied(kept)
    stored(kept, "town", [{"code": "990001007", "name": "甲镇"}], [square(0, 0, 400)])
    streets = [line((200, 0), (200, 400)), line((0, 200), (400, 200))]
    stored(kept, "road", [{"code": f"r{n}", "road_class": "residential"} for n in range(2)], streets)
    places = [(e + 10 + 30 * n, s + 50) for e in (0, 200) for s in (0, 200) for n in range(6)]
    stored(kept, "building", [{"code": f"b{n}"} for n in range(24)], [square(*place) for place in places])
    return kept


def invoke(county: County, *words: str) -> Result:
    environment = {"WANGGE_STATE": str(county.settings.state), "WANGGE_DATABASE": DATABASE, "DATABASE_URL": None}
    result = CliRunner().invoke(main, ["grid", *words], env=environment)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def said(county: County, *words: str) -> str:
    result = invoke(county, *words)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(county: County, *words: str) -> str:
    result = invoke(county, *words)
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    return result.stderr.splitlines()[-1]


def test_cells_are_made_split_merged_and_renumbered_from_the_command_line(county: County, tmp_path: Path) -> None:
    made = said(county, "make", "--target", "24")
    assert made == "网格 1 个（按对象计，目标 24）：最少 24，中位 24，最多 24；18–30 对象的占 100.0%；跨村社 1 个\n"
    drawing = tmp_path / "线.geojson"
    gpd.GeoDataFrame(geometry=[line((0, 200), (400, 200))], crs=SRID).to_crs(4326).to_file(drawing)
    split = said(
        county, "split", "990001007000001", "--line", str(drawing), "--by", "张某某", "--reason", "试"
    ).splitlines()
    assert split[0].startswith("拆分：990001007000001 于 ")
    assert split[1:] == [
        "  990001007000002 12 8.00 公顷",
        "  990001007000003 12 8.00 公顷",
        "对象 · objects: building 24",
    ]
    halved = json.loads(said(county, "split", "990001007000002", "--json").splitlines()[-1])
    assert [(each["code"][-3:], each["load"]) for each in halved["children"]] == [("004", 6), ("005", 6)]
    merged = said(county, "merge", "990001007000004", "990001007000003").splitlines()
    assert merged[1] == "  990001007000006 18 12.00 公顷"
    renumbered = said(county, "renumber", "--town", "甲镇").splitlines()
    assert renumbered[0].startswith("重编：990001007000005 990001007000006 于 ")
    assert "cells tile their towns" in invoke(county, "check").stderr


@pytest.mark.parametrize("ending", ["geojson", "gpkg", "csv"])
def test_faults_go_into_a_file_for_the_map(county: County, tmp_path: Path, ending: str) -> None:
    said(county, "make", "--target", "12")
    stored(county, "grid_cell", [{"code": "990001007000001"}], [square(0, 200, 150)])
    file = tmp_path / f"faults.{ending}"
    result = invoke(county, "check", "-o", str(file), "--json")
    assert result.exit_code == 1
    facts = json.loads(result.stdout.splitlines()[-1])
    gap = next(each for each in facts["faults"] if each["kind"] == "gap")
    assert gap["cells"] == "990001007000001 990001007000002"
    assert gap["area_m2"] == pytest.approx(400 * 200 - 150 * 150, abs=0.01)
    assert "缝隙 1" in result.stderr
    if ending == "csv":
        assert file.read_text(encoding="utf-8-sig").startswith("# 试验县 网格检查")
        return
    frame = gpd.read_file(file)
    assert len(frame) == len(facts["faults"])
    drawn = frame.to_crs(SRID).set_index("kind").geometry["gap"]
    assert shapely.area(drawn) == pytest.approx(gap["area_m2"], rel=1e-4)


def test_what_cannot_be_done_is_said_in_one_sentence(county: County, tmp_path: Path) -> None:
    assert "no cell 990001007000001" in refused(county, "split", "990001007000001")
    said(county, "make", "--target", "12")
    assert "grid cells are in use already" in refused(county, "make")
    missing = tmp_path / "没有.geojson"
    assert "文件打不开 · expected a readable file" in refused(
        county, "split", "990001007000001", "--line", str(missing)
    )
    nowhere = tmp_path / "点.geojson"
    gpd.GeoDataFrame(geometry=[square(0, 0)], crs=SRID).to_crs(4326).to_file(nowhere)
    assert "点.geojson: 应为线 · expected lines, got Polygon" in refused(
        county, "split", "990001007000001", "--line", str(nowhere)
    )
    assert "two or more different cells" in refused(county, "merge", "990001007000001", "990001007000001")
    assert "在 2020-01-01 不在用" in refused(
        county, "merge", "990001007000001", "990001007000002", "--on", "2020-01-01"
    )
    for words in (["renumber"], ["split", "1", "--parts", "2", "--line", "x"], ["make", "--service-class", "1"]):
        assert invoke(county, *words).exit_code == 2
