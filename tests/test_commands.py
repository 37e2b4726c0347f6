"""Every command as its user calls it: what it prints, what it writes, how it ends, and a sentence for every mistake."""

import json
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from click.testing import CliRunner, Result

from api.cli import main
from gis.synth import county as invented

TOWNS, BUILDINGS = 3, 1000
DAY = date(2026, 6, 1)
LOADED = (
    "town",
    "village",
    "road",
    "water",
    "building",
    "gas_pipeline",
    "gas_facility",
    "construction_site",
    "gas_user",
    "worker",
)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A state folder whose server ends with the tests of this file."""
    folder = tmp_path_factory.mktemp("commands") / "state"
    yield folder
    invoke(folder, "db", "down")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The deliveries of a small invented county, one GeoJSON file a layer."""
    folder = tmp_path_factory.mktemp("deliveries")
    frames = invented.county(3, today=DAY, scale=0.004)
    invented.write(folder, frames)
    frames["county"].to_crs(4326).to_file(folder / "county.gpkg")
    return folder


@pytest.fixture(scope="module")
def made(state: Path, files: Path) -> Path:
    """The state with the invented county, loaded layer by layer by the commands, with cells and checks."""
    done(state, "db", "init", "--county", str(files / "county.geojson"), "--name", "合成县", "--code", "990701")
    for layer in LOADED:
        found = done(state, "load", layer, str(files / f"{layer}.geojson"), "--synthetic")
        assert found["stored"] == found["delivered"]
    done(state, "synth", "fill")
    done(state, "grid", "make", "--target", "20")
    done(state, "assign")
    return state


def invoke(state: Path, *words: str) -> Result:
    given: dict[str, str | None] = {"WANGGE_STATE": str(state), "DATABASE_URL": None, "WANGGE_DATABASE": None}
    result = CliRunner().invoke(main, list(words), env=given)
    assert result.exception is None or isinstance(result.exception, SystemExit), (words, result.exception)
    assert "Traceback" not in result.output
    return result


def last(result: Result) -> dict[str, object]:
    """Give the JSON object of the last line of stdout."""
    found = json.loads(result.stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return found


def done(state: Path, *words: str) -> dict[str, object]:
    """Run a command that must succeed and give its facts."""
    result = invoke(state, *words, "--json")
    assert result.exit_code == 0, result.output
    return last(result)


def refused(state: Path, *words: str) -> str:
    """Run a command that must be refused and give its one sentence."""
    result = invoke(state, *words, "--json")
    assert result.exit_code == 1, result.output
    found = last(result)
    assert [*found] == ["error"]
    sentence = str(found["error"])
    assert result.stderr.splitlines()[-1] == sentence
    assert sentence == sentence.strip() != ""
    return sentence


def written(path: Path, shapes: Sequence[object], **columns: Sequence[object]) -> Path:
    """Write shapes in degrees with their columns, as the path's ending says."""
    gpd.GeoDataFrame(columns, geometry=shapes, crs=4326).to_file(path)
    return path


def place(column: int, row: int = 0) -> object:
    """Give a small house in the invented county."""
    return shapely.box(*(119.99 + column * 3e-4, 28.9 + row * 3e-4), *(119.9901 + column * 3e-4, 28.9001 + row * 3e-4))


def number(found: object) -> float:
    assert isinstance(found, (int, float))
    return found


class TestFounding:
    """`wangge db init` and `wangge db reset`."""

    def test_a_county_is_made_from_geopackage_with_all_it_can_be_told(self, state: Path, files: Path) -> None:
        words = ["--code", "330784", "--timezone", "Asia/Urumqi", "--jurisdiction", "CN-330784", "--srid", "4549"]
        outline = str(files / "county.gpkg")
        facts = done(state, "db", "init", "--county", outline, "--name", "永康市", *words, "--database", "told")
        assert {name: facts[name] for name in ("name", "code", "srid", "timezone", "jurisdiction", "database")} == {
            "name": "永康市",
            "code": "330784",
            "srid": 4549,
            "timezone": "Asia/Urumqi",
            "jurisdiction": "CN-330784",
            "database": "told",
        }
        assert number(facts["rules"]) > 0
        assert "holds a county already" in refused(
            state, "db", "init", "--county", outline, "--name", "again", *words, "--database", "told"
        )
        sentence = refused(state, "db", "reset", "--database", "told")
        assert "say --yes" in sentence
        assert done(state, "db", "reset", "--yes", "--database", "told") == {"removed": "told"}
        assert "no county in database told" in refused(state, "assign", "--database", "told")
        assert done(state, "db", "reset", "--yes", "--database", "told") == {"removed": "told"}

    def test_the_storage_system_is_chosen_from_the_place(self, made: Path, tmp_path: Path) -> None:
        assert '"EPSG:4549"' not in invoke(made, "db", "status").stdout
        vaduz = written(tmp_path / "vaduz.gpkg", [shapely.box(9.4, 47.0, 9.7, 47.3)])
        words = ["--county", str(vaduz), "--name", "LI", "--timezone", "Europe/Vaduz", "--database", "vaduz"]
        facts = done(made, "db", "init", *words)
        assert (facts["srid"], facts["jurisdiction"], facts["code"]) == (32632, "default", "900000")
        done(made, "db", "reset", "--yes", "--database", "vaduz")

    def test_an_outline_may_stand_beside_rows_without_a_shape(self, state: Path, tmp_path: Path) -> None:
        outline = written(tmp_path / "o.geojson", [None, shapely.box(119.9, 28.8, 120.1, 29.0)], name=["x", "y"])
        words = ["--county", str(outline), "--name", "县", "--jurisdiction", "CN", "--database", "beside"]
        assert done(state, "db", "init", *words)["srid"] == 4549
        done(state, "db", "reset", "--yes", "--database", "beside")

    @pytest.mark.parametrize(
        ("shapes", "words", "sentence"),
        [
            ([place(0), place(1)], [], "expected one polygon, got 2"),
            ([shapely.Point(120, 28.9)], [], "expected one valid polygon, got Point"),
            ([shapely.LineString([(120, 28.9), (120.1, 29)])], [], "expected one valid polygon, got LineString"),
            ([None], [], "expected one polygon, got 0"),
            ([shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 2)])], [], "Self-intersection"),
            ([place(0)], ["--timezone", "Mars/Olympus"], "no time zone 'Mars/Olympus'"),
            ([place(0)], ["--code", "33078"], "expected six digits (GB/T 2260), got '33078'"),
            ([place(0)], ["--code", "３３０７８４"], "expected six digits"),
            ([place(0)], ["--code", "33078a"], "expected six digits"),
            ([place(0)], ["--srid", "4326"], "expected a projected system in metres, got EPSG:4326"),
            ([place(0)], ["--srid", "4490"], "expected a projected system in metres"),
            ([place(0)], ["--srid", "4534"], "more than 1:2000"),
            ([place(0)], ["--srid", "3857"], "more than 1:2000"),
            ([place(0)], ["--srid", "2263"], "expected metres"),
            ([place(0)], ["--srid", "999999"], "expected a coordinate system"),
            ([shapely.box(60, 28, 140, 30)], [], "more than 1:2000"),
        ],
    )
    def test_a_county_that_cannot_be_is_refused_in_a_sentence(
        self, state: Path, tmp_path: Path, shapes: list[object], words: list[str], sentence: str
    ) -> None:
        outline = written(tmp_path / "outline.gpkg", shapes)
        given = ["--county", str(outline), "--name", "县", "--database", "never"]
        assert sentence in refused(state, "db", "init", *given, *words)
        assert "never" not in done(state, "db", "status")["databases"]  # type: ignore[operator]  # a list of names

    @pytest.mark.parametrize(
        ("path", "sentence"),
        [
            ("nowhere.geojson", "expected a readable file, got: No such file or directory"),
            (".", "expected a file or a File Geodatabase (.gdb), got another folder"),
            ("text.txt", "expected one polygon, got 0"),
            ("null.geojson", "expected a file that names its coordinate system, got none"),
            ("degrees.geojson", "longitude within ±180"),
        ],
    )
    def test_a_file_that_is_no_outline_is_refused_in_a_sentence(
        self, state: Path, tmp_path: Path, path: str, sentence: str
    ) -> None:
        (tmp_path / "text.txt").write_text("县界")
        polygon = shapely.geometry.mapping(shapely.box(0, 0, 1, 1))
        for name, crs, shape in (
            ("null", None, polygon),
            ("degrees", ..., {"type": "Point", "coordinates": [5e5, 3e6]}),
        ):
            row = {"type": "Feature", "properties": {}, "geometry": shape}
            document = {"type": "FeatureCollection", "features": [row]} | ({} if crs is ... else {"crs": crs})
            (tmp_path / f"{name}.geojson").write_text(json.dumps(document))
        given = ["--county", str(tmp_path / path), "--name", "县", "--database", "never"]
        assert sentence in refused(state, "db", "init", *given)


class TestLoading:
    """`wangge load` and `wangge load-osm`."""

    def test_columns_named_by_hand_a_sublayer_and_a_second_delivery(self, made: Path, tmp_path: Path) -> None:
        path = tmp_path / "two.gpkg"
        written(path, [shapely.Point(120, 28.9)], nr=["p"])
        houses = gpd.GeoDataFrame({"nr": ["x-1", "x-2"], "层": [2, 3]}, geometry=[place(0), place(1)], crs=4490)
        houses.to_file(path, layer="houses", mode="a")
        assert "expected one sublayer, got 2" in refused(made, "load", "building", str(path))
        assert "expected one of the sublayers" in refused(made, "load", "building", str(path), "--sublayer", "nix")
        words = ["load", "building", str(path), "--sublayer", "houses", "--map", "code=nr", "--map", "floors=层"]
        facts = done(made, *words)
        assert (facts["new"], facts["crs"], facts["fields"]) == (2, "EPSG:4490", ["code", "floors"])
        assert facts["ignored"] == ["fid"]
        facts = done(made, *words)
        assert (facts["new"], facts["changed"], facts["unchanged"]) == (0, 0, 2)
        plain = invoke(made, *words)
        _, _, line = plain.stdout.splitlines()[0].partition(" ")  # the delivery's number stands before it
        assert line == "building: 交付 2 = 新增 0 + 变更 0 + 未变 2 + 退回 0；修复 0"
        assert "未用的列 · columns not used: fid" in plain.stdout

    @pytest.mark.parametrize("ending", ["gpkg", "geojson"])
    def test_rejected_rows_come_back_with_their_reasons_and_load_when_mended(
        self, made: Path, tmp_path: Path, ending: str
    ) -> None:
        codes = [f"{ending}-{row}" for row in range(4)]
        shapes = [place(5), place(6), shapely.Point(120, 28.9), place(7)]
        path = written(
            tmp_path / f"d.{ending}", shapes, code=codes, floors=["2", "三", "4", "900"], grade=["A", "E", "B", "C"]
        )
        back = tmp_path / "back" / f"rejects.{ending}"
        result = invoke(made, "load", "building", str(path), "--rejects", str(back), "--json")
        facts = last(result)
        assert result.exit_code == 1
        assert (facts["delivered"], facts["stored"], facts["rejected"]) == (4, 1, 3)
        assert result.stderr.splitlines()[-1] == f"退回 3 行 · 3 rows rejected: {back}"
        rejects = pyogrio.read_dataframe(back)
        assert rejects.crs.to_epsg() == 4326
        assert rejects["行号"].tolist() == [2, 3, 4]
        assert rejects["code"].tolist() == codes[1:]
        assert rejects["约束"].tolist() == ["可读", "图形", "上限"]
        assert rejects["实为"].tolist() == ['"三"', "点", "900"]
        rejects["floors"], rejects["grade"] = ["3", "4", "9"], ["D", "B", "C"]
        rejects.loc[1, "geometry"] = place(8)
        mended = tmp_path / f"mended.{ending}"
        rejects.to_file(mended)
        facts = done(made, "load", "building", str(mended))
        assert (facts["new"], facts["rejected"]) == (3, 0)
        facts = done(made, "load", "building", str(mended), "--rejects", str(tmp_path / "none.gpkg"))
        assert facts["unchanged"] == 3
        assert not (tmp_path / "none.gpkg").exists()

    def test_a_row_with_several_faults_comes_back_once_with_all_of_them(self, made: Path, tmp_path: Path) -> None:
        path = written(tmp_path / "d.geojson", [place(9)], code=["m"], floors=["三"], built_year=["x"])
        back = tmp_path / "rejects.geojson"
        assert invoke(made, "load", "building", str(path), "--rejects", str(back)).exit_code == 1
        rows = json.loads(back.read_text(encoding="utf-8"))["features"]
        assert len(rows) == 1
        told = rows[0]["properties"]
        assert (told["字段"], told["应为"]) == ("1. 建成年份；2. 层数", "1. 整数；2. 整数")

    @pytest.mark.parametrize(
        ("words", "status", "sentence"),
        [
            (["load", "nix", "FILE"], 1, "no layer 'nix'; there are: absence, area_adoption, building,"),
            (["load", "building", "nowhere.gpkg"], 1, "expected a readable file, got: No such file or directory"),
            (["load", "building", "."], 1, "expected a file or a File Geodatabase (.gdb), got another folder"),
            (["load", "building", "FILE", "--map", "colour=code"], 1, "layer building: no field 'colour'"),
            (["load", "building", "FILE", "--map", "code=nix"], 1, "no column 'nix'; there are: fid, code"),
            (["load", "building", "FILE", "--map", "code"], 2, "expected FIELD=COLUMN, got code"),
            (["load", "building", "FILE", "--map", "=code"], 2, "expected FIELD=COLUMN"),
            (["load", "building", "FILE", "--crs", "EPSG:4490"], 1, "the file names EPSG:4326, --crs says EPSG:4490"),
            (["load", "building", "FILE", "--crs", "moon"], 1, "got 'moon'"),
            (["load", "building", "FILE", "--rejects", "back.docx"], 1, "expected a file ending in one of .gpkg"),
            (["load", "building", "FILE", "--rejects", "FILE"], 1, "会覆盖交付的文件"),
            (["load", "status", "FILE"], 1, "status: this layer is not loaded from files"),
            (["load", "county", "FILE"], 1, "county: this layer is not loaded from files"),
            (["load", "building", "FILE", "--database", "nix"], 1, "no county in database nix"),
            (["load", "building"], 2, "Missing argument"),
            (["load", "building", "FILE", "--nonsense"], 2, "No such option"),
            (["load-osm", "FILE"], 1, "expected an OpenStreetMap extract (.osm.pbf)"),
            (["load-osm", "nowhere.pbf"], 1, "expected an OpenStreetMap extract"),
            (["load-osm", "FILE", "--admin-level", "99"], 2, "99 is not in the range"),
        ],
    )
    def test_a_mistake_is_answered_in_a_sentence(
        self, made: Path, tmp_path: Path, words: list[str], status: int, sentence: str
    ) -> None:
        path = written(tmp_path / "d.gpkg", [place(0)], code=["a"])
        result = invoke(made, *(str(path) if word == "FILE" else word for word in words))
        assert result.exit_code == status
        assert sentence in result.stderr
        assert result.stdout == ""

    def test_an_extract_is_loaded_and_accounted_for(self, state: Path, tmp_path: Path, shared: Path) -> None:
        extract = shared / "osm" / "liechtenstein-20240304.osm.pbf"
        if not extract.exists():
            pytest.skip("the extract of Liechtenstein is not on this machine")
        outline = written(tmp_path / "li.geojson", [shapely.box(9.4, 47.0, 9.7, 47.3)])
        done(
            state,
            "db",
            "init",
            "--county",
            str(outline),
            "--name",
            "LI",
            "--timezone",
            "Europe/Vaduz",
            "--database",
            "li",
        )
        facts = done(state, "load-osm", str(extract), "--database", "li")
        delivered, stored, rejected = facts["delivered"], facts["stored"], facts["rejected"]
        assert isinstance(delivered, dict)
        assert isinstance(stored, dict)
        assert isinstance(rejected, dict)
        assert (delivered["building"], delivered["town"], facts["admin_level"]) == (17_717, 11, 8)
        assert all(stored[name] + rejected[name] == delivered[name] for name in delivered)
        again = invoke(state, "load-osm", str(extract), "--database", "li")
        assert again.exit_code == 0
        assert "building: 交付 17717 = 新增 0 + 变更 0 + 未变 17717 + 退回 0" in again.stdout
        assert "镇街取自行政级别 8" in again.stdout
        assert "level" in refused(state, "load-osm", str(extract), "--admin-level", "11", "--database", "li")
        done(state, "db", "reset", "--yes", "--database", "li")


class TestAsking:
    """Questions and plans on the invented county."""

    def test_cells_tile_the_towns_and_hold_every_building(self, made: Path) -> None:
        assert done(made, "grid", "check")["faults"] == []
        again = done(made, "assign")
        total, in_cell = again["total"], again["in_cell"]
        assert isinstance(total, dict)
        assert isinstance(in_cell, dict)
        assert total["building"] == in_cell["building"] >= BUILDINGS
        assert again["moved"] == dict.fromkeys(total, 0)

    def test_the_law_is_applied_once(self, made: Path) -> None:
        facts = done(made, "law", "apply")
        assert (facts["written"], facts["withdrawn"]) == (0, 0)
        assert number(facts["unchanged"]) > 0
        assert "nowhere.toml" in refused(made, "law", "apply", "--rules", "nowhere.toml")

    def test_what_is_there_is_not_invented_again(self, made: Path) -> None:
        assert done(made, "synth", "fill") == {"stored": {}, "checks": 0}

    def test_the_unchecked_are_counted_listed_and_written_so_that_others_can_read_them(
        self, made: Path, tmp_path: Path
    ) -> None:
        facts = done(made, "unchecked")
        states = ("current", "due", "overdue", "never", "no_rule")
        counts = {state: number(facts[state]) for state in states}
        by_town = facts["by_town"]
        assert isinstance(by_town, dict)
        assert sum(counts.values()) == facts["stock"]
        assert {state: sum(each[state] for each in by_town.values()) for state in states} == counts
        listed = sum(counts[state] for state in states[1:])
        path = tmp_path / "deep" / "unchecked.geojson"
        assert done(made, "unchecked", "--format", "geojson", "-o", str(path))["rows"] == listed
        frame = pyogrio.read_dataframe(path)
        assert frame.crs.to_epsg() == 4326
        assert frame["state"].value_counts().to_dict() == {
            state: n for state, n in counts.items() if n and state != "current"
        }
        assert frame.geometry.within(shapely.box(119, 28, 121, 30)).all()
        table = tmp_path / "unchecked.csv"
        words = ["unchecked", "--format", "csv", "-o", str(table), "--state", "never", "--state", "current", "--why"]
        assert done(made, *words)["rows"] == counts["never"] + counts["current"]
        read = pd.read_csv(table, skiprows=1)
        assert table.read_text(encoding="utf-8-sig").startswith("# 合成县 建筑 ")
        assert set(read["state"]) == {"never", "current"}
        assert read["lon"].between(119, 121).all()
        assert read["lat"].between(28, 30).all()
        assert read["why"].notna().all()

    def test_an_area_narrows_the_question_and_the_parts_sum_to_the_whole(self, made: Path) -> None:
        whole = done(made, "unchecked")
        by_town = whole["by_town"]
        assert isinstance(by_town, dict)
        assert len(by_town) == TOWNS
        parts = {code: done(made, "unchecked", "--town", code)["stock"] for code in by_town}
        assert parts == {code: sum(each.values()) for code, each in by_town.items()}
        assert done(made, "unchecked", "--bbox", "119,28,121,30")["stock"] == whole["stock"]
        assert done(made, "unchecked", "--bbox", "0,0,1,1")["stock"] == 0
        assert done(made, "unchecked", "--layer", "gas_user", "--limit", "3")["rows"] == 3
        assert done(made, "unchecked", "--limit", "0")["rows"] == 0
        printed = invoke(made, "unchecked").stdout
        assert len(printed.splitlines()) == 1 + 1 + TOWNS + 1 + 20
        assert f"分母 {whole['stock']}" in printed.splitlines()[0]

    def test_areas_and_a_pipe_plan_are_made(self, made: Path) -> None:
        areas = done(made, "patrol", "areas", "--workers", "4")
        assert (areas["workers"], areas["extra_pieces"]) == (4, 0)
        assert number(areas["max_over_mean"]) >= 1
        free = done(made, "pipes", "plan")
        assert number(free["bound"]) <= number(free["objective"])
        assert 0 < number(free["users"]) <= number(free["candidates"])
        budget = number(free["cost"]) / 2
        tight = done(made, "pipes", "plan", "--budget", str(budget))
        assert number(tight["cost"]) <= budget
        assert number(tight["users"]) <= number(free["users"])
        assert "接入" in invoke(made, "pipes", "plan").stdout

    def test_the_map_is_one_file(self, made: Path, tmp_path: Path) -> None:
        path = tmp_path / "deep" / "map.html"
        facts = done(made, "map", "-o", str(path))
        assert facts["bytes"] == path.stat().st_size < 5_000_000
        text = path.read_text(encoding="utf-8")
        assert text.lstrip().lower().startswith("<!doctype html>")
        assert "合成县" in text
        assert [each.name for each in path.parent.iterdir()] == ["map.html"]

    @pytest.mark.parametrize(
        ("words", "status", "sentence"),
        [
            (["unchecked", "--layer", "nix"], 1, "no layer 'nix'"),
            (["unchecked", "--layer", "road"], 1, "road: this layer declares no patrol"),
            (["unchecked", "--town", "没有"], 1, "镇街 没有: expected one town"),
            (["unchecked", "--cell", "1"], 1, "网格 1: expected one cell"),
            (["unchecked", "--as-of", "2999-01-01"], 1, "as_of: expected a day up to today"),
            (["unchecked", "--seen-by", "9999-12-31"], 1, "seen_by: expected a day up to today"),
            (["unchecked", "--as-of", "2020-01-01", "--seen-by", "2021-01-01"], 1, "is before seen_by"),
            (["unchecked", "--as-of", "soon"], 2, "does not match the format"),
            (["unchecked", "--as-of", "2026-02-30"], 2, "does not match the format"),
            (["unchecked", "--bbox", "1,2,3"], 2, "expected W,S,E,N in degrees, got 1,2,3"),
            (["unchecked", "--bbox", "a,b,c,d"], 2, "expected W,S,E,N"),
            (["unchecked", "--bbox", "nan,0,1,1"], 2, "expected west < east"),
            (["unchecked", "--bbox", "5,0,1,1"], 2, "expected west < east"),
            (["unchecked", "--bbox", "500000,3200000,500100,3200100"], 2, "in degrees"),
            (["unchecked", "--format", "csv"], 2, "--format csv needs -o FILE"),
            (["unchecked", "--format", "xlsx"], 2, "is not one of"),
            (["unchecked", "--state", "lost"], 2, "is not one of"),
            (["unchecked", "--limit", "-1"], 2, "is not in the range"),
            (["unchecked", "--format", "csv", "-o", "FOLDER"], 1, "expected a file to write, got a folder"),
            (["unchecked", "--format", "csv", "-o", "FILE/below.csv"], 1, "cannot be written"),
            (["map", "-o", "FOLDER"], 1, "expected a file to write, got a folder"),
            (["map", "-o", "FILE/below.html"], 1, "cannot be written"),
            (["map"], 2, "Missing option"),
            (["patrol", "areas"], 2, "Missing option"),
            (["patrol", "areas", "--workers", "0"], 2, "is not in the range"),
            (["pipes", "plan", "--budget", "-1"], 2, "is not in the range"),
            (["pipes", "plan", "--budget", "much"], 2, "is not a valid float"),
            (["pipes", "plan", "--phases", "2"], 1, "--phases 需要 --budget"),
            (["pipes", "plan", "--stable-from", "nix"], 1, "--stable-from nix: 没有这次运算"),
            (["pipes", "plan", "--built", "2"], 2, "--built 需要 --stable-from"),
            (["pipes", "frontier", "--figure", "f.gif"], 1, "f.gif: 应为 .png .svg"),
            (["pipes", "explain", "nobody", "--run", "nix"], 1, "--run nix: 没有这次运算"),
            (["grid", "make", "--target", "0"], 2, "is not in the range"),
            (["grid"], 2, "Usage"),
            (["nonsense"], 2, "No such command"),
            (["db", "reset"], 1, "say --yes to do it"),
            (["db", "init", "--name", "县"], 2, "Missing option '--county'"),
            (["db", "init", "--county", "x.gpkg", "--name", "县", "--srid", "abc"], 2, "is not a valid integer"),
            (["describe", "nix"], 1, "no layer 'nix'"),
        ],
    )
    def test_a_mistake_is_answered_in_a_sentence(
        self, made: Path, tmp_path: Path, words: list[str], status: int, sentence: str
    ) -> None:
        (tmp_path / "file").write_text("x")
        given = [word.replace("FOLDER", str(tmp_path)).replace("FILE", str(tmp_path / "file")) for word in words]
        result = invoke(made, *given)
        assert result.exit_code == status, result.output
        assert sentence in result.stderr
        assert sorted(each.name for each in tmp_path.iterdir()) == ["file"]


def test_the_machine_and_the_server_are_described(made: Path) -> None:
    facts = done(made, "db", "status")
    assert (facts["running"], facts["private"], "wangge" in str(facts["databases"])) == (True, True, True)
    assert "?host=" in str(done(made, "db", "url")["url"]) or "host=" in str(done(made, "db", "url")["url"])
    doctor = invoke(made, "doctor", "--json")
    findings = last(doctor)["findings"]
    assert isinstance(findings, list)
    assert {each["name"]: each["ok"] for each in findings}["server"] is True
    assert doctor.exit_code == (0 if all(each["ok"] for each in findings) else 1)
    assert done(made, "db", "up")["started"] is False
    assert "建筑" in invoke(made, "describe", "building").stdout
