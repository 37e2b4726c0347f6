import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner, Result
from python_calamine import CalamineWorkbook

from api.cli import main
from gis import crs, law
from gis.errors import Refused, UnknownName
from gis.layer import Role
from gis.plan.outage import GasNet, outage
from gis.run.outage import Asked, trace
from gis.run.outage_net import traced
from gis.store.county import County
from gis.store.settings import Settings
from gis.work.rules import apply
from tests.builders import cloned, line, point, stored
from tests.conftest import SRID

# A main from a gate in the west, a valve on it, stations in its middle and at its end; three streets at low pressure.
MAINS = {"M-1": [(0, 0), (400, 0)], "M-2": [(400, 0), (800, 0)]}
STREETS = {"L-1": [(400, 0), (400, 300)], "L-2": [(800, 0), (800, 300)], "L-3": [(400, 300), (800, 300)]}


def pipe(code: str, pressure: str, *, regime: str = "town", phase: str | None = None) -> Mapping[str, object]:
    return {"code": code, "pressure": pressure, "regime": regime, "phase": phase}


def facility(code: str, kind: str, inlet: str | None, outlet: str | None) -> Mapping[str, object]:
    return {"code": code, "kind": kind, "live": True, "inlet_pressure": inlet, "outlet_pressure": outlet}


@pytest.fixture(scope="module")
def town(template: Settings) -> Iterator[County]:
    """Give a county, left as it is, with a gate, mains, stations, valves and five users, one far from every pipe."""
    with cloned(template, "test_outage") as found:
        apply(found, law.rules())
        _laid(found)
        yield found


def _laid(county: County) -> None:
    lines = [line(*MAINS[code]) for code in MAINS] + [line(*STREETS[code]) for code in STREETS]
    rows = [pipe(code, "medium_a") for code in MAINS] + [pipe(code, "low") for code in STREETS]
    rows += [pipe("T-1", "high_a", regime="transmission"), pipe("P-1", "low", phase="planned")]
    stored(county, "gas_pipeline", rows, [*lines, line((-500, 0), (0, 0)), line((0, 900), (100, 900))])
    stored(
        county,
        "gas_facility",
        [
            facility("G-1", "gate_station", "high_a", "medium_a"),
            facility("V-1", "valve_well", "medium_a", "medium_a"),
            facility("S-1", "regulator_station", "medium_a", "low"),
            facility("S-2", "regulator_station", "medium_a", "low"),
            facility("V-2", "valve_well", "low", "low"),
        ],
        [point(0, 0), point(600, 0), point(400, 0), point(800, 0), point(600, 300)],
    )
    users = [("U-1", 405, 150), ("U-2", 805, 150), ("U-3", 500, 310), ("U-4", 700, 310), ("U-9", 3000, 3000)]
    stored(
        county,
        "gas_user",
        [
            {"code": code, "kind": "resident", "supply": "piped", "name": "王小明", "phone": "13812345678"}
            for code, *_ in users
        ],
        [point(east, north) for _, east, north in users],
    )


def codes(frame: pd.DataFrame, column: str) -> list[str]:
    return [str(each) for each in frame[column]]


def test_a_street_is_parted_from_its_station_and_the_next_valve(town: County) -> None:
    found = trace(town, Asked("L-1"))
    assert codes(found.close, "设施编号") == ["V-2", "S-1"]
    assert codes(found.close, "操作") == ["关阀", "关闭出口"]
    assert codes(found.users, "用户编号") == ["U-1", "U-3"]
    assert found.pipes == ("L-1", "L-3")
    assert found.length_m == pytest.approx(300 + 200)
    assert (found.piped, found.untied, found.unfed) == (5, 1, 0)
    assert (found.hours, found.verified) == (48, True)


def test_a_main_with_a_station_takes_its_gas_but_not_that_of_a_second_feed(town: County) -> None:
    found = trace(town, Asked("M-2"))
    # M-1 and M-2 meet at the station without a valve, so the gate must be shut and all gas fails
    assert codes(found.close, "设施编号") == ["G-1"]
    assert codes(found.spare, "设施编号") == ["V-1"]
    assert codes(found.users, "用户编号") == ["U-1", "U-2", "U-3", "U-4"]


def test_a_place_behind_the_valve_leaves_the_others_their_gas(town: County) -> None:
    spot = crs.from_storage(np.array([point(700, 3)], dtype=object), crs.EXCHANGE, SRID)[0]
    found = trace(town, Asked(at=(spot.x, spot.y)))
    assert codes(found.close, "设施编号") == ["V-1"]
    assert codes(found.users, "用户编号") == []  # the second street is fed from the first
    assert found.pipes == ("M-2",)


def test_what_cannot_be_traced_is_refused_in_words(town: County) -> None:
    with pytest.raises(UnknownName, match="没有编号为 X-1 的管线"):
        trace(town, Asked("X-1"))
    with pytest.raises(Refused, match="T-1 不是在用的城镇燃气管线（管理体系：长输"):
        trace(town, Asked("T-1"))
    with pytest.raises(Refused, match="P-1 不是在用"):
        trace(town, Asked("P-1"))
    with pytest.raises(Refused, match="50 米内没有"):
        trace(town, Asked(at=(0.0, 0.0)))


@pytest.mark.parametrize("nearer", ["medium_a", "medium_b", None])
@pytest.mark.parametrize("low_m", [140.0, 160.0])
def test_a_user_hangs_on_low_pressure_within_reach_and_else_on_the_nearest_pipe(
    nearer: str | None, low_m: float
) -> None:
    lines = {"medium_a": 100.0, "medium_b": 100.0, "low": low_m} | ({nearer: 20.0} if nearer else {})
    pipes = gpd.GeoDataFrame(
        {"pressure": list(lines)}, geometry=[line((-200, away), (200, away)) for away in lines.values()], crs=SRID
    )
    gate = gpd.GeoDataFrame([facility("G-1", "gate_station", "high_a", "low")], geometry=[point(0, low_m)], crs=SRID)
    network = traced(pipes, gate, gpd.GeoDataFrame(geometry=[point(0, 0)], crs=SRID))
    ties = (network.net.u == network.user_at[0]) | (network.net.v == network.user_at[0])
    hangs = pipes["pressure"].iloc[network.pipe[ties & (network.pipe >= 0)]]
    assert set(hangs) == {"low" if low_m <= 150 else nearer or "medium_a"}


def test_without_a_source_nothing_is_traced(county: County) -> None:
    stored(county, "gas_pipeline", [pipe("L-1", "low")], [line(*STREETS["L-1"])])
    with pytest.raises(Refused, match="找不到气源"):
        trace(county, Asked("L-1", hours=48))


def test_without_the_rule_the_hours_must_be_given(county: County) -> None:
    stored(county, "gas_pipeline", [pipe("L-1", "low")], [line(*STREETS["L-1"])])
    stored(county, "gas_facility", [facility("S-1", "regulator_station", None, "low")], [point(400, 0)])
    with pytest.raises(Refused, match="wangge law apply"):
        trace(county, Asked("L-1"))
    found = trace(county, Asked("L-1", hours=24))
    assert (found.hours, codes(found.close, "设施编号")) == (24, ["S-1"])
    assert codes(found.close, "操作") == ["气源停供或关闭出口"]


def test_a_reader_who_may_not_see_names_gets_them_masked(town: County) -> None:
    assert codes(trace(town, Asked("L-1")).users, "户名") == ["王小明", "王小明"]
    assert codes(trace(town, Asked("L-1", roles=frozenset({Role.PLANNER}))).users, "户名") == ["王**", "王**"]


def invoke(county: County, *words: str) -> Result:
    environment = {"WANGGE_STATE": str(county.settings.state), "WANGGE_DATABASE": county.settings.database}
    return CliRunner().invoke(main, ["pipes", "outage", *words], env=environment)


def test_the_command_writes_whom_to_notify_and_by_when(town: County, tmp_path: Path) -> None:
    path = tmp_path / "停气.xlsx"
    done = invoke(town, "L-1", "--start", "2026-12-03T08:00", "-o", str(path), "--json")
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout.splitlines()[-1])
    assert (facts["users"], facts["notify_by"]) == (2, "2026-12-01T08:00:00")
    book = CalamineWorkbook.from_path(str(path))
    rows = book.get_sheet_by_name("停气通知").to_python()
    assert "提前 48 小时通知（浙江省燃气管理条例 第二十四条），最迟 2026-12-01 08:00 通知" in str(rows[0][0])
    assert [row[rows[2].index("用户编号")] for row in rows[3:]] == ["U-1", "U-3"]
    assert len(book.get_sheet_by_name("关阀清单").to_python()) == 4
    said = invoke(town, "L-1").stdout
    assert "关闭 2 处：V-2、S-1" in said
    assert "停气 2 户（居民 2）" in said


def test_the_command_says_wrong_usage(town: County, tmp_path: Path) -> None:
    for words, status, sentence in (
        ((), 2, "expected either PIPE_CODE or --at"),
        (("L-1", "--at", "1,2"), 2, "expected either PIPE_CODE or --at"),
        (("--at", "here"), 2, "expected LON,LAT in degrees, got here"),
        (("--at", "200,0"), 2, "expected LON,LAT in degrees"),
        (("L-1", "-o", str(tmp_path / "x.pdf")), 2, "ends in .xlsx"),
        (("X-1",), 1, "没有编号为 X-1"),
    ):
        done = invoke(town, *words)
        assert (done.exit_code, sentence in done.output) == (status, True), done.output


def test_an_outage_in_schutterwald_with_invented_valves_agrees_with_a_search_for_gas(shared: Path) -> None:
    path = shared / "gas" / "schutterwald_pipes_4326.gpkg"
    pipes = gpd.read_file(path, layer="pipes").to_crs(25832)
    junctions = gpd.read_file(path, layer="junctions").to_crs(25832)
    draw = np.random.default_rng(7)
    chosen = draw.choice(len(junctions), 60, replace=False)  # the network ships without valves: these are invented
    spots = [*junctions.geometry.iloc[chosen], junctions.geometry.iloc[168]]
    rows = [facility(f"合成-V{place}", "valve_well", "medium_b", "medium_b") for place in range(60)]
    rows += [facility("G", "gate_station", "high_a", "medium_b")]
    stations = gpd.GeoDataFrame(rows, geometry=spots, crs=25832)
    network = traced(pipes.assign(pressure="medium_b"), stations, gpd.GeoDataFrame(geometry=junctions.geometry))
    assert (network.facility_at >= 0).all()
    assert (network.user_at >= 0).all()
    u, v = pipes["from_junction"].to_numpy(), pipes["to_junction"].to_numpy()
    own = GasNet(
        u.astype(np.int64),
        v.astype(np.int64),
        np.isin(np.arange(len(junctions)), chosen),
        np.arange(len(junctions)) == 168,
        *(np.zeros(0, dtype=np.int64) for _ in range(2)),
    )
    sizes = []
    for broken in draw.choice(len(pipes), 25, replace=False).tolist():
        drawn = outage(network.net, np.flatnonzero(network.pipe == broken).tolist())
        stated = outage(own, [broken])
        length_m = float(shapely.length(network.piece[drawn.zone]).sum())
        assert length_m == pytest.approx(float(pipes.length.to_numpy()[stated.zone].sum()), abs=0.5)
        plain = ~own.valve & ~own.source
        assert (np.append(drawn.dry, False)[network.user_at] == stated.dry)[plain].all()
        sizes.append(int(stated.dry.sum()))
    assert 0 < min(sizes) < max(sizes) < len(junctions)
