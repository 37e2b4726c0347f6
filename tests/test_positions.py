"""Positions from the columns of a table: read exactly, half ones named, and never turned round by a guess."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import DeliveryError
from gis.store.axes import settled
from gis.store.formats.cell_form import Cell
from gis.store.formats.degrees import angle
from gis.store.formats.delivered import Axes, Fault
from gis.store.formats.position import Positions, positions

EAST, NORTH = 120 + 1 / 60 + 12.5 / 3600, 28 + 54 / 60
PIPE = shapely.LineString([(120.1, 28.9), (120.2, 28.95)])


def placed(columns: Mapping[str, Sequence[Cell]], **named: str) -> Positions:
    return positions(columns, named, set())


def points(found: Positions) -> list[tuple[float, float] | None]:
    shapes = [None if each is None else shapely.from_wkb(each) for each in found.wkb]
    return [None if shape is None else (shapely.get_x(shape).item(), shapely.get_y(shape).item()) for shape in shapes]


@pytest.mark.parametrize(
    ("text", "degrees", "axis"),
    [
        ("120.0123", 120.0123, ""),
        ("-0.5", -0.5, ""),
        ("１２０．５", 120.5, ""),
        ("120.5°", 120.5, ""),
        ("120°01′12.5″E", EAST, "lon"),
        ("120°1'12.5\"E", EAST, "lon"),
        ("120°1'12.5''", EAST, ""),
        ("120º01’12.5”", EAST, ""),
        ("120 1 12.5", EAST, ""),
        ("120:01:12.5", EAST, ""),
        ("120度1分12.5秒", EAST, ""),
        ("１２０°０１′１２．５″", EAST, ""),
        ("东经120度1分12.5秒", EAST, "lon"),
        ("北纬28°54′", NORTH, "lat"),
        ("28°54′N", NORTH, "lat"),
        ("N28°54.0'", NORTH, "lat"),
        ("N 28.9", 28.9, "lat"),
        ("28.9S", -28.9, "lat"),
        ("W0.5", -0.5, "lon"),
    ],
)
def test_an_angle_is_read_in_every_usual_form(text: str, degrees: float, axis: str) -> None:
    found = angle(text)
    assert found is not None
    assert found[0] == pytest.approx(degrees, abs=1e-12)
    assert found[1] == axis


@pytest.mark.parametrize(
    "text",
    [
        "",
        "120,5",
        "120°60′",
        "120°1′60″",
        "E120E",
        "-120W",
        "120.5°1′",
        "一百二十",
        "1e2",
        "120°1′12.5″X",
        "1 2",
        "120-1-12",
        "0x10",
        "nan",
        "inf",
        "1200.5",
        "120°°",
    ],
)
def test_what_is_no_angle_is_none(text: str) -> None:
    assert angle(text) is None


@given(st.integers(-180 * 3600 * 100, 180 * 3600 * 100))
def test_degrees_minutes_and_seconds_come_back_as_what_they_were_written_from(hundredths: int) -> None:
    whole, rest = divmod(abs(hundredths), 360_000)
    minutes, rest = divmod(rest, 6000)
    written = f"{whole}°{minutes:02d}′{rest // 100:02d}.{rest % 100:02d}″{'W' if hundredths < 0 else 'E'}"
    found = angle(written)
    assert found is not None
    assert found[0] == pytest.approx(hundredths / 360_000, abs=1e-9)
    assert found[1] == "lon"


@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        ("lon", "lat"),
        ("LNG", "Lat"),
        ("经度", "纬度"),
        ("经度（°）", "纬度（°）"),
        ("东经", "北纬"),
        ("Longitude", "LATITUDE"),
    ],
)
def test_longitude_and_latitude_are_found_by_their_names(lon: str, lat: str) -> None:
    found = placed({lat: [28.9, "28°54′N", None], "名称": ["a", "b", "c"], lon: [120.5, "东经120度1分12.5秒", None]})
    assert points(found) == [(120.5, 28.9), (pytest.approx(EAST), pytest.approx(NORTH)), None]
    assert found.faults == []
    assert found.crs is None
    assert found.axes == Axes((lon, lat), degrees=True)
    assert found.notes == [f"位置取自列 {lon}、{lat}：2 行 · positions from these columns: 2 rows"]


def test_half_a_position_and_one_that_cannot_be_read_are_faults_of_their_rows() -> None:
    found = placed(
        {"经度": [120.1, None, "120°01′N", "12O.1", True, 120.2], "纬度": [None, 28.9, 28.9, 28.9, 28.9, "28,9"]}
    )
    degrees = "degrees such as 120.0123 or 120°01′12.5″"
    assert found.faults == [
        Fault(1, "纬度", "position", "both halves of the position", "120.1 alone"),
        Fault(2, "经度", "position", "both halves of the position", "28.9 alone"),
        Fault(3, "经度", "position", degrees, '"120°01′N"'),
        Fault(4, "经度", "position", degrees, '"12O.1"'),
        Fault(5, "经度", "position", degrees, "true"),
        Fault(6, "纬度", "position", degrees, '"28,9"'),
    ]
    assert found.wkb == [None] * 6


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("经度(GCJ02)", "GCJ-02"),
        ("高德经度", "GCJ-02"),
        ("gcj02_lng", "GCJ-02"),
        ("百度经度", "BD-09"),
        ("lng_bd09", "BD-09"),
        ("经度（WGS84）", "EPSG:4326"),
        ("经度(CGCS2000)", "EPSG:4490"),
    ],
)
def test_a_system_named_in_the_columns_name_is_the_files_own_word(name: str, system: str) -> None:
    assert placed({name: [120.1], "纬度": [28.9]}).crs == system


def test_two_systems_in_the_names_and_two_columns_of_one_half_are_refused() -> None:
    with pytest.raises(DeliveryError, match="one coordinate system"):
        placed({"高德经度": [120.1], "百度纬度": [28.9]})
    twice: dict[str, list[Cell]] = {"经度": [120.1], "lon": [120.1], "纬度": [28.9]}
    with pytest.raises(DeliveryError, match="got '经度' and 'lon'; name it, such as --map lon=lon"):
        placed(twice)
    assert points(placed(twice, lon="lon", lat="纬度")) == [(120.1, 28.9)]
    assert points(placed({**twice, "lon": [None]})) == [(120.1, 28.9)]


def test_metres_are_found_where_the_name_says_which_is_east() -> None:
    found = placed({"北坐标": [3_200_000.5, "3200001"], "东坐标": ["500000.25", 500_001]})
    assert points(found) == [(500_000.25, 3_200_000.5), (500_001.0, 3_200_001.0)]
    assert found.axes == Axes(("东坐标", "北坐标"))
    assert placed({"东坐标": ["120°1′"], "北坐标": ["3,200,000"]}).faults == [
        Fault(1, "东坐标", "position", "a number of metres", '"120°1′"'),
        Fault(1, "北坐标", "position", "a number of metres", '"3,200,000"'),
    ]


def test_x_and_y_are_left_open_for_the_declared_system_to_tell() -> None:
    found = placed({"X": [3_200_000], "Y": [500_000]})
    assert points(found) == [(3_200_000.0, 500_000.0)]
    assert found.axes == Axes(("X", "Y"), open=True)


def turned(axes: Axes, places: Sequence[tuple[float, float]], crs: str) -> list[tuple[float, float]]:
    geometry = np.array([shapely.Point(place) for place in places], dtype=object)
    return [(shape.x, shape.y) for shape in settled(axes, geometry, crs)]


OPEN = Axes(("X", "Y"), open=True)


@pytest.mark.parametrize(
    ("place", "crs"),
    [
        ((500_000.0, 3_200_000.0), "EPSG:4549"),
        ((40_500_000.0, 3_200_000.0), "EPSG:4528"),
        ((120.1, 28.9), "EPSG:4490"),
        ((120.1, 28.9), "EPSG:4326"),
        ((120.1, 28.9), "GCJ-02"),
        ((87.6, 43.8), "EPSG:4490"),
    ],
)
def test_open_axes_are_settled_where_the_systems_area_allows_one_order_only(
    place: tuple[float, float], crs: str
) -> None:
    assert turned(OPEN, [place], crs) == [place]
    assert turned(OPEN, [(place[1], place[0])], crs) == [place]


@pytest.mark.parametrize(
    ("places", "crs"),
    [
        ([(9.5, 47.1)], "EPSG:4326"),
        ([(1.0, 2.0)], "EPSG:4490"),
        ([(120.1, 28.9), (28.9, 120.1)], "EPSG:4490"),
        ([(1e9, 1e9)], "EPSG:4549"),
        ([(1.0, 2.0)], "+proj=tmerc +lon_0=120 +ellps=GRS80"),
    ],
)
def test_open_axes_that_fit_both_ways_or_neither_are_refused_with_what_to_say(
    places: list[tuple[float, float]], crs: str
) -> None:
    with pytest.raises(DeliveryError, match="got X and Y; name them with --map east=COLUMN --map north=COLUMN"):
        turned(OPEN, places, crs)


def test_columns_of_degrees_declared_in_metres_are_refused() -> None:
    with pytest.raises(DeliveryError, match=r"expected a system in degrees for the columns 经度、纬度, got EPSG:4549"):
        turned(Axes(("经度", "纬度"), degrees=True), [(120.1, 28.9)], "EPSG:4549")
    assert turned(Axes(("经度", "纬度"), degrees=True), [(120.1, 28.9)], "BD-09") == [(120.1, 28.9)]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("120.1,28.9", (120.1, 28.9)),
        ("120.1， 28.9", (120.1, 28.9)),
        ("(120.1;28.9)", (120.1, 28.9)),
        ("120.1 28.9", (120.1, 28.9)),
        ("E120.1,N28.9", (120.1, 28.9)),
        ("28.9N 120.1E", (120.1, 28.9)),
        ("北纬28.9 东经120.1", (120.1, 28.9)),
        ("120°06′E，28°54′N", (120.1, 28.9)),
        ("120.1", None),
        ("120.1,28.9,5", None),
        ("E120.1,E28.9", None),
        ("E120.1,28.9", None),
        ("某某路", None),
        (120.1, None),
    ],
)
def test_a_combined_column_is_read_or_named(text: Cell, place: tuple[float, float] | None) -> None:
    found = placed({"经纬度": [text]})
    assert points(found) == [place if place is None else pytest.approx(place)]
    assert [fault.constraint for fault in found.faults] == ([] if place else ["position"])


def test_a_combined_column_whose_name_tells_no_order_is_left_open_unless_letters_tell_it() -> None:
    assert placed({"坐标": ["28.9,120.1"]}).axes == Axes(("坐标",), open=True)
    assert points(placed({"纬经度": ["28.9,120.1"]})) == [(120.1, 28.9)]
    lettered = placed({"坐标": ["N28.9,E120.1", "E120.2 N28.8", None]})
    assert lettered.axes == Axes(("坐标",), degrees=True)
    assert points(lettered) == [(120.1, 28.9), (120.2, 28.8), None]
    with pytest.raises(DeliveryError, match="letters"):
        placed({"坐标": ["N28.9,E120.1", "120.2,28.8"]})


def test_wkt_and_its_forms_with_srid_and_in_hexadecimal_are_read() -> None:
    hexadecimal = shapely.to_wkb(shapely.set_srid(PIPE, 4490), hex=True, include_srid=True)
    found = placed({"wkt": [f"SRID=4490;{PIPE.wkt}", f" srid = 4490 ; {PIPE.wkt.lower()} ", hexadecimal, None]})
    assert [None if each is None else shapely.from_wkb(each) for each in found.wkb] == [PIPE, PIPE, PIPE, None]
    assert found.crs == "EPSG:4490"
    assert found.faults == []
    plain = placed({"图形": [PIPE.wkt], "经度": [1], "纬度": [2]})
    assert plain.crs is None
    assert shapely.from_wkb(plain.wkb[0]) == PIPE


def test_wkt_of_another_srid_than_most_rows_or_of_no_shape_is_a_fault() -> None:
    rows = ["SRID=4490;POINT(1 2)", "SRID=4490;POINT(1 2)", "SRID=4326;POINT(1 2)", "POINT(1 2)", "SRID=4490;POINT(1"]
    found = placed({"geom": [*rows, 5]})
    assert found.crs == "EPSG:4490"
    assert [fault._replace(field="") for fault in found.faults] == [
        Fault(3, "", "position", "SRID=4490 as in most rows", "SRID=4326"),
        Fault(4, "", "position", "SRID=4490 as in most rows", "no SRID"),
        Fault(5, "", "position", "a geometry as WKT", '"SRID=4490;POINT(1"'),
        Fault(6, "", "position", "a geometry as WKT", "5"),
    ]


def test_a_column_of_words_called_shape_is_no_position() -> None:
    assert placed({"shape": ["圆形", "方形"], "lon": [1.0, 2.0], "lat": [3.0, 4.0]}).wkb != []
    assert placed({"shape": ["圆形"], "形状": ["a"]}).wkb == []
    assert placed({"经度": [120.1], "名称": ["a"]}).wkb == []


def test_columns_named_by_hand_must_be_there_and_be_both() -> None:
    with pytest.raises(DeliveryError, match=r"--map lon=a: no column 'a'; there are: b, c"):
        placed({"b": [1], "c": [2]}, lon="a", lat="c")
    with pytest.raises(DeliveryError, match="both columns of the position, got 'b' alone"):
        placed({"b": [1], "c": [2]}, lon="b")
    assert points(placed({"b": [1], "c": [2]}, east="c", north="b")) == [(2.0, 1.0)]


CELL = st.one_of(
    st.none(),
    st.floats(),
    st.integers(-(10**15), 10**15),
    st.booleans(),
    st.text(alphabet="0123456789.°′″'\" EWNS东北度分秒-+,;POINT()", max_size=16),
    st.text(max_size=8),
)


@given(st.sampled_from(["经纬度", "坐标", "wkt"]), st.lists(st.tuples(CELL, CELL), min_size=1, max_size=6))
def test_whatever_stands_in_the_columns_each_row_has_a_shape_or_a_fault_or_nothing(
    single: str, cells: list[tuple[Cell, Cell]]
) -> None:
    pairs: dict[str, list[Cell]] = {"lon": [one for one, _ in cells], "lat": [two for _, two in cells]}
    for columns in (pairs, {single: pairs["lon"]}):
        try:
            found = placed(columns)
        except DeliveryError:
            continue
        faulty = {fault.row for fault in found.faults}
        for row, wkb in enumerate(found.wkb, 1):
            empty = all(values[row - 1] is None for values in columns.values())
            assert (wkb is None) == (row in faulty or empty) or single == "wkt"
            assert not (empty and row in faulty)
