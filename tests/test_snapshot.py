"""The offline map: nothing is fetched, nothing personal leaves, no text is run, and what is left out is said."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

import web_map
from gis import layers
from gis.errors import CrsError, Refused
from gis.find.states import State
from gis.layer import Field, Geometry, Kind, Layer, Mask, Role
from tests.map_pages import data_of, houses, legend_counts, map_of, parsed, popup, square, unpacked
from web_map.columns import written

VENDOR = Path(web_map.__file__).parent / "vendor"
BUILDING = layers.named("building")
HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "<!-- <script>",
    "\"quotes\" 'single' `ticks` \\back\\slash\\",
    "line\u2028and\u2029paragraph\nnew\x00nul",
    "{{ 7*191 }} {% for x in y %} {# note #} ${7*191}",
    "[[data]] [[leaflet_js]] [[nothing]]",
    "&amp; & &#60;",
)


def spot(layer: Layer) -> BaseGeometry:
    """Give a shape that the layer may hold."""
    shape: dict[Geometry | None, BaseGeometry] = {
        Geometry.POINT: shapely.Point(120.01, 28.91),
        Geometry.LINE: shapely.MultiLineString([[(120.0, 28.9), (120.01, 28.91)]]),
        Geometry.POLYGON: shapely.MultiPolygon([square(7)]),
    }
    return shape[layer.geometry]


def test_what_is_vendored_is_what_leaflet_published() -> None:
    sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in VENDOR.iterdir()}
    assert sums == {
        "LICENSE": "53e8dc25862014e4324741ca18fbe3611e11d42ef69f59f86ea8c5389647d4cb",
        "leaflet.css": "652db25ba73a950c59e63c6fd4c974fc6920a9f2f95ff5bbb7ad4a017ce78743",
        "leaflet.js": "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a",
    }


def test_only_the_images_of_leaflets_styles_were_put_inside() -> None:
    images = {
        "1dbbe9d028e292f36fcba8f8b3a28d5e8932754fc2215b9ac69e4cdecf5107c6": "images/layers.png",
        "066daca850d8ffbef007af00b06eac0015728dee279c51f3cb6c716df7c42edf": "images/layers-2x.png",
        "574c3a5cca85f4114085b6841596d62f00d7c892c7b03f28cbfa301deb1dc437": "images/marker-icon.png",
    }
    styles = re.sub(
        r"data:image/png;base64,([\w+/=]+)",
        lambda found: images[hashlib.sha256(base64.b64decode(found[1])).hexdigest()],
        (VENDOR / "leaflet.css").read_bytes().decode(),
    )
    published = "a7837102824184820dfa198d1ebcd109ff6d0ff9a2672a074b9a1b4d147d04c6"
    assert hashlib.sha256(styles.encode()).hexdigest() == published


def test_the_page_names_nothing_to_fetch() -> None:
    html = map_of((BUILDING, houses(state="never"))).html
    tags = parsed(html).tags
    fetching = {"src", "href", "action", "data", "poster", "srcset", "formaction", "background", "xlink:href"}
    named = [value for _, attrs in tags for name, value in attrs.items() if name in fetching]
    assert named == ["data:,"]
    styles = re.findall(r"<style>(.*?)</style>", html, re.S)
    assert not [
        url for style in styles for url in re.findall(r"url\(([^)]*)\)", style) if not url.startswith(("data:", "#"))
    ]
    assert "@import" not in "".join(styles)
    assert "sourceMappingURL" not in html


def test_the_page_forbids_itself_the_network_before_any_script() -> None:
    tags = parsed(map_of((BUILDING, houses())).html).tags
    policy = next(
        place for place, (_, attrs) in enumerate(tags) if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    assert "default-src 'none'" in str(tags[policy][1]["content"])
    assert "connect-src 'none'" in str(tags[policy][1]["content"])
    assert policy < next(place for place, (tag, _) in enumerate(tags) if tag in {"script", "style"})


def test_personal_data_of_gas_users_never_enters_the_page() -> None:
    user = layers.named("gas_user")
    frame = gpd.GeoDataFrame(
        {"code": ["U-1"], "kind": ["resident"], "supply": ["bottled"], "name": ["欧阳某某"], "phone": ["13812345678"]}
        | {"address": ["解放街12号3楼"], "building_code": ["way/3"], "state": ["never"]},
        geometry=[shapely.Point(120.0, 28.9)],
        crs=4326,
    )
    html = map_of((user, frame)).html
    assert not [text for text in ("欧阳", "1381", "5678", "解放街", "way/3") if text in html]
    assert popup(data_of(html)[0], "用户编号") == ["U-1"]
    assert popup(data_of(html)[0], "供气方式") == ["瓶装"]


def test_a_masked_popup_line_holds_the_masked_text_alone() -> None:
    keeper = frozenset({Role.STEWARD})
    owner = Field("owner", Kind.TEXT, "Owner.", zh="户主", popup=True, read=keeper, mask=Mask.NAME)
    hidden = Field("note", Kind.TEXT, "Note.", zh="备注", popup=True, read=keeper)
    layer = replace(
        BUILDING,
        name="house",
        fields=(BUILDING.field("code"), owner, hidden),
        patrol=None,
        footprint=None,
        style=replace(BUILDING.style, by=""),
    )
    html = map_of((layer, houses(owner=["王小明", "王大明", None], note="不可外传"))).html
    assert "小明" not in html
    assert "不可外传" not in html
    assert sorted(popup(data_of(html)[0], "户主"), key=str) == [None, "王**", "王**"]
    assert next(each for each in data_of(html)[0]["columns"] if each["label"] == "户主")["texts"] == ["王**"]


def test_a_layer_closed_to_planners_is_left_out_and_said() -> None:
    closed = replace(BUILDING, name="closed", title="密层", read=frozenset({Role.WORKER}))
    found = map_of((closed, houses(name="暗")), (BUILDING, houses()))
    assert [each["title"] for each in data_of(found.html)] == ["建筑"]
    assert found.left_out == ("不对规划人员开放：密层 (not for planners)",)
    assert "暗" not in found.html


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_data_stays_text(text: str) -> None:
    plain = parsed(map_of((BUILDING, houses(1, name="plain")), title="plain", notes=["plain"]).html)
    html = map_of((BUILDING, houses(1, name=text)), title=text, notes=[text]).html
    assert [tag for tag, _ in parsed(html).tags] == [tag for tag, _ in plain.tags]
    assert popup(data_of(html)[0], "名称") == [text]
    assert "1337" not in html
    assert html.count("L.version") == map_of((BUILDING, houses(1))).html.count("L.version")
    block = html[html.index('id="wangge-data"') :]
    assert not set(block[block.index(">") + 1 : block.index("</script>")]) & set("<>&\u2028\u2029")


def test_a_half_character_is_replaced_not_fatal() -> None:
    assert popup(data_of(map_of((BUILDING, houses(1, name="half\ud83c"))).html)[0], "名称") == ["half?"]


def test_the_legend_counts_each_choice_and_what_is_not_given() -> None:
    html = map_of((BUILDING, houses(6, grade=["A", "A", "D", None, "Z", "C"]))).html
    assert legend_counts(html, "建筑") == {
        "A级 安全": 2, "B级 基本安全": 0, "C级 局部危房": 1, "D级 整幢危房": 1, "其他值": 1, "未填": 1
    }  # fmt: skip


def test_colours_come_from_the_choices() -> None:
    layer = data_of(map_of((BUILDING, houses(3, grade=["D", "A", "D"]))).html)[0]
    colours = [layer["views"][0]["colours"][place] for place in unpacked(layer["views"][0]["at"])]
    assert sorted(colours) == ["#7fb37f", "#b5271f", "#b5271f"]


def test_check_states_are_an_overlay_with_counts_of_its_own() -> None:
    states = ["current", "due", "overdue", "never", "never"]
    html = map_of((BUILDING, houses(5, state=states)), overlays=["building"]).html
    counts = {"正常": 1, "到期": 1, "逾期": 1, "从未检查": 2, "无规则": 0}
    assert legend_counts(html, "建筑检查状态") == counts
    assert "建筑检查状态 · Buildings: check state" in [
        json.loads(f'"{name}"') for name in re.findall(r'"((?:[^"\\]|\\.)*)" : view_', html)
    ]
    assert "view_0_1.addTo(map_wangge)" in html
    assert "view_0_1.addTo(map_wangge)" not in map_of((BUILDING, houses(5, state=states))).html
    layer = data_of(html)[0]
    assert sorted(str(each) for each in popup(layer, "检查状态")) == sorted(State(each).zh for each in states)


def test_an_unknown_state_is_refused() -> None:
    with pytest.raises(Refused, match="building: state is one of"):
        map_of((BUILDING, houses(state="late")))


def test_invented_fields_are_named_with_their_rows() -> None:
    found = houses(4, grade="A", invented=[["grade", "built_year"], ["grade"], [], ["grade"]])
    html = map_of((BUILDING, found)).html
    assert '<p class="invented">危险等级 3/4，建成年份 1/4 行 (invented rows)</p>' in html
    assert sorted(str(each) for each in popup(data_of(html)[0], "合成")) == [
        "None",
        "危险等级",
        "危险等级",
        "危险等级、建成年份",
    ]
    assert 'class="invented"' not in map_of((BUILDING, houses(4, invented=[[], [], [], []]))).html


def test_patrol_areas_are_shaded_and_labelled_by_load() -> None:
    area = layers.named("patrol_area")
    frame = houses(3, code=["01", "02", "03"], load=[100.0, 150.0, 200.0])
    layer = data_of(map_of((area, frame)).html)[0]
    shade = next(view for view in layer["views"] if view["quiet"])
    assert sorted(layer["labels"]) == ["100", "150", "200"]
    assert dict(zip(layer["labels"], unpacked(shade["at"]), strict=True)) == {
        "100": 0,
        "150": 2,
        "200": 4,
    }
    assert shade["order"] < BUILDING.style.order


def test_equal_loads_make_one_shade() -> None:
    html = map_of((layers.named("patrol_area"), houses(3, load=5.0))).html
    assert "5–5" in html
    assert data_of(html)[0]["labels"] == ["5", "5", "5"]


def test_stops_of_routes_carry_their_numbers_and_what_is_left_out_carries_none() -> None:
    stop, places = layers.named("route_stop"), [shapely.Point(120 + n / 1000, 28.9) for n in range(3)]
    rows = {"code": ["a", "b", "c"], "number": [1, 2, None], "outcome": ["made", "early", "no_time"]}
    frame = gpd.GeoDataFrame(rows, geometry=places, crs=4326).astype({"number": object})
    layer = data_of(map_of((stop, frame)).html)[0]
    assert sorted(layer["labels"]) == ["", "1", "2"]
    assert [view["quiet"] for view in layer["views"]] == [False]


def test_header_tells_title_date_denominators_and_notes() -> None:
    html = map_of(
        (BUILDING, houses()), title="永康", dated="2026-03-04", denominators=["3 = 1 + 2"], notes=["基准未核实"]
    ).html
    head = html[html.index("<header>") : html.index("</header>")]
    assert all(text in head for text in ("永康", "2026-03-04", "3 = 1 + 2", "基准未核实"))
    assert BUILDING.source.publisher in html
    assert BUILDING.source.licence in html


def test_same_frames_same_bytes() -> None:
    frames = ((BUILDING, houses(20, grade="A", state="due")), (layers.named("town"), houses(2, name="镇")))
    assert map_of(*frames).html == map_of(*frames).html


@pytest.mark.parametrize("layer", [each for each in layers.every() if each.geometry], ids=lambda each: each.name)
def test_every_layer_is_drawn_from_its_own_example(layer: Layer) -> None:
    rows = [{each.name: each.example for each in layer.fields}, {each.name: None for each in layer.fields}]
    frame = gpd.GeoDataFrame(pd.DataFrame(rows, dtype=object), geometry=[spot(layer)] * 2, crs=4326)
    found = map_of((layer, frame))
    drawn = data_of(found.html)[0]
    assert found.left_out == ()
    assert f"{layer.title} · {layer.title_en}" in found.html
    assert drawn["views"][0]["order"] == layer.style.order
    told = {each.title for each in layer.visible({Role.PLANNER}).plain if each.popup and each.example is not None}
    assert {each["label"] for each in drawn["columns"]} == told


def test_rows_without_a_shape_are_counted_and_said() -> None:
    frame = houses(3, grade="A")
    frame.loc[1, "geometry"] = None
    frame.loc[2, "geometry"] = shapely.Point(120, 28)
    found = map_of((BUILDING, frame))
    assert found.left_out == ("无图形：建筑 2/3 行 (rows without a shape)",)
    assert found.left_out[0] in found.html
    assert legend_counts(found.html, "建筑")["A级 安全"] == 3


def test_no_rows_make_an_empty_map() -> None:
    empty = houses(0).set_geometry(gpd.GeoSeries([], crs=4326))
    assert data_of(map_of((BUILDING, empty)).html)[0]["positions"] == ""
    assert data_of(map_of().html) == []


def test_metres_and_registers_are_refused() -> None:
    with pytest.raises(CrsError, match="building: expected EPSG:4326"):
        map_of((BUILDING, houses().to_crs(4549)))
    with pytest.raises(Refused, match="worker has no geometry"):
        map_of((layers.named("worker"), houses()))


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (Kind.REAL, 96400.0, "96,400"),
        (Kind.REAL, 120.5, "120.5"),
        (Kind.REAL, 0.0001, "0.0001"),
        (Kind.REAL, float("inf"), "inf"),
        (Kind.INTEGER, 1996.0, "1996"),
        (Kind.BOOLEAN, False, "否"),
        (Kind.TEXT, "0012", "0012"),
    ],
)
def test_values_are_written_as_a_planner_reads_them(kind: Kind, value: object, text: str) -> None:
    assert written(Field("x", kind, "X."), value) == text
