"""A page keeps its limit in the stated order and says what that cost."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gis import layers
from gis.errors import Refused
from gis.find.states import State
from tests.map_pages import data_of, houses, legend_counts, map_of, popup, unpacked

LIECHTENSTEIN = Path(__file__).parents[2] / "shared" / "data" / "osm" / "liechtenstein_layers_4326.gpkg"
BUILDING = layers.named("building")


def detailed(count: int) -> gpd.GeoDataFrame:
    """Give round houses of ever greater size with long names; every tenth is overdue."""
    states = ["overdue" if place % 10 == 0 else "current" for place in range(count)]
    frame = houses(count, name=[f"名称很长的建筑物第{place}号" for place in range(count)], grade="A", state=states)
    centres = shapely.centroid(frame.geometry.to_numpy())
    frame["geometry"] = shapely.buffer(centres, np.linspace(0.0001, 0.0003, count), quad_segs=20)
    return frame


def test_a_limit_is_kept_in_the_stated_order() -> None:
    frame = detailed(2000)
    whole = len(map_of((BUILDING, frame)).html.encode())
    said: list[tuple[str, ...]] = []
    for limit in (whole + 10_000, whole - 20_000, 490_000, 260_000):
        found = map_of((BUILDING, frame), max_bytes=limit)
        assert len(found.html.encode()) <= limit
        assert all(each in found.html for each in found.left_out)
        said.append(tuple(each.split("：")[0] for each in found.left_out))
    names, rows = "弹窗省略", "图上未画"
    assert said == [
        (),
        ("轮廓简化至 0.3 m",),
        ("轮廓简化至 0.3 m", names),
        ("轮廓简化至 0.3 m", names, names, names, rows),
    ]


def test_the_most_urgent_rows_are_left_out_last() -> None:
    found = map_of((BUILDING, detailed(2000)), max_bytes=260_000)
    drawn = popup(data_of(found.html)[0], "检查状态")
    assert 200 < len(drawn) < 2000
    assert drawn.count("逾期") == 200
    assert (
        f"图上未画：建筑 {2000 - len(drawn):,} / 2,000 个 (not drawn; small and checked ones first)" in found.left_out
    )
    assert legend_counts(found.html, "建筑检查状态")["正常"] == 1800
    assert f"图上 {len(drawn):,} / 共 2,000" in found.html


def test_a_limit_below_any_map_is_refused() -> None:
    with pytest.raises(Refused, match="hold no map"):
        map_of((BUILDING, houses()), max_bytes=10_000)


def test_liechtensteins_houses_and_streets_stay_under_the_limit() -> None:
    if not LIECHTENSTEIN.exists():
        pytest.skip("shared/data is not beside the checkout")
    buildings = gpd.read_file(LIECHTENSTEIN, layer="buildings")
    roads = gpd.read_file(LIECHTENSTEIN, layer="roads")
    random = np.random.default_rng(3)
    drawn = buildings[["geometry", "name"]].assign(
        code=[f"way/{number}" for number in range(len(buildings))],
        grade=random.choice(["A", "B", "C", "D"], len(buildings)),
        state=random.choice([each.value for each in State], len(buildings)),
        invented=[["grade"]] * len(buildings),
    )
    streets = roads[["geometry", "name"]].assign(road_class="residential", code=roads["osm_id"])
    found = map_of((BUILDING, drawn), (layers.named("road"), streets))
    assert found.left_out == ()
    assert len(found.html.encode()) < 2_500_000
    assert [len(unpacked(each["rings"])) for each in data_of(found.html)] == [17_717, 8_253]
