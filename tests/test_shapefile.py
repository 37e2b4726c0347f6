"""A Shapefile is read with every record accounted for, whatever is missing, cut off or wrong in its parts."""

import struct
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import DeliveryError
from gis.store.formats import dbf as dbf_reader
from gis.store.formats import prj, shapefile, shapefile_index
from gis.store.formats.delivered import Asked
from gis.store.load import cut_names
from gis.store.reading import Reading, assembled, read
from tests.shapefile_bytes import CGCS2000_120E, NULL_SHAPE, dbf, shp, square, squares, written

CODE = [(b"code", "C", 10)]


def codes(count: int) -> list[list[bytes]]:
    return [[f"b{number}".encode()] for number in range(1, count + 1)]


def here(path: Path) -> Reading:
    """Read in this process; once per folder."""
    return assembled(shapefile.read(str(path), Asked()))


def test_a_whole_shapefile_is_read(tmp_path: Path) -> None:
    reading = read(written(tmp_path, dbf(CODE, codes(3)), squares(3)))
    assert (reading.delivered, list(reading.row), reading.faults, reading.notes) == (3, [1, 2, 3], (), ())
    assert reading.frame["code"].tolist() == ["b1", "b2", "b3"]
    assert (reading.crs, reading.crs_declared, reading.sublayer) == ("EPSG:4549", True, "delivery")
    assert shapely.area(reading.geometry).tolist() == [100, 100, 100]


def test_nothing_is_written_beside_the_source(tmp_path: Path) -> None:
    path = written(tmp_path / "source", dbf(CODE, codes(2)), squares(2))
    path.with_suffix(".shx").unlink()
    before = sorted(path.parent.iterdir())
    reading = read(path)
    assert reading.notes == ("缺 .shx，已由 .shp 重建 · the .shx is missing; the index was made anew from the .shp",)
    assert (reading.frame["code"].tolist(), sorted(path.parent.iterdir())) == (["b1", "b2"], before)


def test_a_wrong_index_is_made_anew(tmp_path: Path) -> None:
    path = written(tmp_path, dbf(CODE, codes(3)), squares(3))
    path.with_suffix(".shx").write_bytes(shp(squares(2))[1])
    with pytest.raises(DeliveryError, match="as many records"):
        here(path)
    spoilt = bytearray(shp(squares(3))[1])
    spoilt[108:112] = struct.pack(">i", 7)
    path.with_suffix(".shx").write_bytes(spoilt)
    reading = here(path)
    assert (len(reading.row), ".shx 不对" in reading.notes[0]) == (3, True)


def test_endings_in_capitals_belong_to_it(tmp_path: Path) -> None:
    path = written(tmp_path, dbf(CODE, codes(1)), squares(1))
    for ending in (".shp", ".shx", ".dbf", ".prj"):
        path.with_suffix(ending).rename(path.with_suffix(ending.upper()))
    reading = read(path.with_suffix(".SHP"))
    assert (reading.frame["code"].tolist(), reading.crs) == (["b1"], "EPSG:4549")


def test_without_a_table_the_shapes_alone_are_read(tmp_path: Path) -> None:
    reading = here(written(tmp_path, None, squares(2)))
    assert (reading.delivered, list(reading.frame), len(reading.geometry)) == (2, [], 2)
    assert "缺 .dbf" in reading.notes[0]


def test_without_a_prj_the_system_is_unknown(tmp_path: Path) -> None:
    path = written(tmp_path, dbf(CODE, codes(1)), squares(1), prj=None)
    assert (read(path).crs, read(path, crs="EPSG:4549").crs) == (None, "EPSG:4549")


def test_a_null_shape_is_a_row_without_geometry(tmp_path: Path) -> None:
    reading = here(written(tmp_path, dbf(CODE, codes(3)), [square(), NULL_SHAPE, square(500_020)]))
    assert (list(reading.row), reading.faults) == ([1, 2, 3], ())
    assert [shape is None for shape in reading.geometry] == [False, True, False]


def test_a_deleted_record_is_accounted_for_and_hides_nothing(tmp_path: Path) -> None:
    reading = here(written(tmp_path, dbf(CODE, codes(3), deleted=[2]), squares(3)))
    assert (reading.delivered, list(reading.row)) == (3, [1, 3])
    assert [(fault.row, fault.constraint) for fault in reading.faults] == [(2, "deleted")]
    assert reading.rejected["code"].tolist() == ["b2"]
    assert [shape.bounds[0] for shape in reading.geometry] == [500_000, 500_040]


@pytest.mark.parametrize(("rows", "shapes"), [(3, 2), (2, 3), (0, 1)])
def test_parts_that_count_differently_are_refused(tmp_path: Path, rows: int, shapes: int) -> None:
    path = written(tmp_path, dbf(CODE, codes(rows)), squares(shapes))
    with pytest.raises(DeliveryError, match=f"got {rows} and {shapes}: which belongs to which cannot be told"):
        here(path)


def test_a_table_cut_off_costs_the_rows_that_are_gone(tmp_path: Path) -> None:
    path = written(tmp_path, dbf(CODE, codes(4))[: 33 + 32 + 2 * 11 + 5], squares(4))
    reading = here(path)
    assert (reading.delivered, reading.frame["code"].tolist()) == (4, ["b1", "b2"])
    assert [(fault.row, fault.constraint) for fault in reading.faults] == [(3, "record"), (4, "record")]


@pytest.mark.parametrize("index", [True, False])
def test_shapes_cut_off_cost_the_rows_that_are_gone(tmp_path: Path, *, index: bool) -> None:
    path = written(tmp_path, dbf(CODE, codes(4)), squares(4))
    whole = path.read_bytes()
    path.write_bytes(whole[: 100 + 2 * (8 + len(square())) + 30])
    if not index:
        path.with_suffix(".shx").unlink()
    reading = here(path)
    assert (reading.delivered, reading.frame["code"].tolist()) == (4, ["b1", "b2"])
    assert {fault.row for fault in reading.faults} == {3, 4}


def test_a_record_that_contradicts_itself_costs_its_own_row(tmp_path: Path) -> None:
    broken = bytearray(square())
    broken[40:44] = struct.pack("<i", 10**6)  # more points than bytes
    multipatch = struct.pack("<i4d4i", 31, 0, 0, 1, 1, 1, 4, 0, 0) + struct.pack("<8d", 0, 0, 0, 1, 1, 1, 0, 0)
    reading = here(written(tmp_path, dbf(CODE, codes(4)), [square(), bytes(broken), multipatch, square(500_020)]))
    assert (list(reading.row), reading.delivered) == ([1, 4], 4)
    came = [(fault.row, fault.constraint, fault.actual) for fault in reading.faults]
    assert came == [(2, "geometry", "a record too short for its points"), (3, "geometry", "a MultiPatch")]


def test_heights_and_measures_come_through(tmp_path: Path) -> None:
    shapes = [shapely.Polygon([(0, 0, 1), (0, 9, 2), (9, 9, 3), (9, 0, 4)])]
    gpd.GeoDataFrame({"a": ["x"]}, geometry=shapes, crs="EPSG:4549").to_file(tmp_path / "z.shp")
    reading = read(tmp_path / "z.shp")
    assert (reading.geometry[0].has_z, reading.geometry[0].area) == (True, 81)


def test_numbers_are_read_exactly_or_not_at_all(tmp_path: Path) -> None:
    columns = [(b"floors", "N", 5), (b"area", "N", 12), (b"card", "N", 20), (b"mixed", "F", 12)]
    rows = [
        [b"    3", b"     12.50", b"330784198001011234", b"1e3"],
        [b"", b"****", b"99999999999999999999", b"-.5"],
        [b"0x10", b"12a", b"7", b"nan"],
        [b"1,5", b"1 2", b"", b"1e999"],
    ]
    reading = here(written(tmp_path, dbf(columns, rows), squares(4)))
    assert list(reading.row) == [1, 2]
    assert reading.frame["floors"].tolist() == [3, None]
    assert reading.frame["area"].iloc[0] == 12.5
    assert np.isnan(reading.frame["area"].iloc[1])
    assert reading.frame["card"].tolist() == ["330784198001011234", "99999999999999999999"]
    assert reading.frame["mixed"].tolist() == [1000, -0.5]
    came = [(fault.row, fault.field, fault.constraint) for fault in reading.faults]
    assert came == [(row, name, "number") for row in (3, 4) for name in ("area", "floors", "mixed")]


def test_dates_and_truths_are_read_exactly_or_not_at_all(tmp_path: Path) -> None:
    columns = [(b"built", "D", 8), (b"vacant", "L", 1)]
    rows = [[b"20240229", b"T"], [b"00000000", b"?"], [b"", b"n"], [b"20230229", b"x"]]
    reading = here(written(tmp_path, dbf(columns, rows), squares(4)))
    assert reading.frame["built"].tolist() == ["2024-02-29", None, None]
    assert reading.frame["vacant"].tolist() == [True, None, False]
    came = [(fault.row, fault.field, fault.actual) for fault in reading.faults]
    assert came == [(4, "built", '"20230229"'), (4, "vacant", '"x"')]


def test_a_text_cut_in_mid_character_is_said_and_never_garbage(tmp_path: Path) -> None:
    columns = [(b"remark", "C", 254)]
    long = ("方" * 200).encode()  # 254 bytes hold 84 characters and two thirds
    reading = here(written(tmp_path, dbf(columns, [[long[:254]], ["短".encode()]]), squares(2), cpg="UTF-8"))
    assert reading.frame["remark"].tolist() == ["方" * 84, "短"]
    assert "列 remark 有 1 个值写满 254 字节被截断（行 1）" in reading.notes[1]


def test_text_ends_at_the_first_nul_as_in_every_program_that_writes_it(tmp_path: Path) -> None:
    reading = here(written(tmp_path, dbf(CODE, [[b"ab\x00cd"], [b"\x00\x00"], [b" x "]]), squares(3)))
    assert reading.frame["code"].tolist() == ["ab", None, " x"]


def test_a_name_cut_in_mid_character_keeps_its_whole_ones(tmp_path: Path) -> None:
    names = ["建筑物名称".encode()[:10], "建筑物的名称".encode("gbk")[:10], "建筑物地址".encode()[:10]]
    utf8 = written(tmp_path / "utf8", dbf([(names[0], "C", 9)], [["永康市".encode()]]), squares(1), cpg="UTF-8")
    gbk = written(tmp_path / "gbk", dbf([(names[1], "C", 9)], [["永康市".encode("gbk")]]), squares(1))
    assert list(here(utf8).frame) == ["建筑物"]
    assert list(here(gbk).frame) == ["建筑物的名"]
    twice = dbf([(names[0], "C", 9), (names[2], "C", 9)], [["永康市".encode(), b"x"]])
    assert list(here(written(tmp_path / "twice", twice, squares(1), cpg="UTF-8")).frame) == ["建筑物", "建筑物_2"]


def test_cut_names_find_their_field_where_only_one_can_be_meant() -> None:
    names = {"name": ["建筑物的名称"], "address": ["建筑物地址"], "built_on": ["construction_year"], "grade": ["grade"]}
    assert cut_names.matched(["constructi"], names) == {"built_on": ("constructi",)}
    assert cut_names.matched(["建筑物名称"[:3]], names) == {}  # two fields begin so
    assert cut_names.matched(["建筑物的名"], names) == {"name": ("建筑物的名",)}  # ten bytes of GBK
    assert cut_names.matched(["CONSTRUCTI", "grad"], names) == {"built_on": ("CONSTRUCTI",)}


def test_of_two_fields_whose_names_were_cut_alike_the_one_with_that_title_is_meant() -> None:
    titles = {"code": ["建筑编号"], "scheme": ["编号类型"]}
    names = {"code": ["code", "建筑编号"], "scheme": ["scheme", "建筑编码体系", "编号类型"]}
    assert cut_names.matched(["建筑编"], names) == {}
    assert cut_names.matched(["建筑编"], titles, names) == {"code": ("建筑编",)}
    assert cut_names.matched(["建筑编码体"], titles, names) == {"scheme": ("建筑编码体",)}  # ten bytes of GBK


def degrees(name: str, datum: str, ellipsoid: str) -> str:
    units = 'PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]'
    return f'GEOGCS["{name}",DATUM["{datum}",SPHEROID["x",{ellipsoid}]],{units}]'


@pytest.mark.parametrize(
    ("text", "system"),
    [
        (CGCS2000_120E, "EPSG:4549"),
        (CGCS2000_120E.replace("CGCS2000_3_Degree_GK_CM_120E", "国家2000 3度带 120E"), "EPSG:4549"),
        (CGCS2000_120E.replace("CGCS2000_3_Degree_GK_CM_120E", "40带").replace("500000.0", "40500000.0"), "EPSG:4528"),
        (CGCS2000_120E.replace("Gauss_Kruger", "Transverse_Mercator"), "EPSG:4549"),
        (CGCS2000_120E.replace("D_China_2000", "2000国家大地坐标系"), "EPSG:4549"),
        (degrees("x", "D_CGCS_2000", "6378137,298.257222101"), "EPSG:4490"),
        (degrees("GCS_WGS_1984", "D_WGS_1984", "6378137,298.257223563"), "EPSG:4326"),
        (degrees("西安80", "西安80坐标系", "6378140,298.257"), "EPSG:4610"),
        (degrees("北京54", "Beijing 1954", "6378245,298.3"), "EPSG:4214"),
        ('LOCAL_CS["Unknown",UNIT["Meter",1]]', None),
        ("a letter", None),
    ],
)
@pytest.mark.parametrize("codec", ["utf-8", "gbk"])
def test_a_prj_is_known_under_whatever_spelling(tmp_path: Path, text: str, system: str | None, codec: str) -> None:
    path = tmp_path / "d.prj"
    path.write_bytes(text.encode(codec))
    found, notes = prj.named(path)
    assert (found, bool(notes)) == (system, system is None)


def test_a_datum_of_ones_own_is_not_taken_for_a_known_one(tmp_path: Path) -> None:
    path = tmp_path / "d.prj"
    path.write_text(CGCS2000_120E.replace("D_China_2000", "独立坐标系"), encoding="utf-8")
    assert prj.named(path) == (path.read_text(encoding="utf-8"), [])


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_any_change_of_a_table_leaves_every_record_accounted_for(data: st.DataObject) -> None:
    table = dbf([(b"code", "C", 10), (b"n", "N", 6), (b"d", "D", 8)], [[b"b1", b"12", b"20240101"]] * 3, language=0x4D)
    start, cut = data.draw(st.integers(0, len(table))), data.draw(st.integers(0, 9))
    changed = table[:start] + data.draw(st.binary(max_size=9)) + table[start + cut :]
    try:
        promised, _, columns, records = dbf_reader.opened(changed)
        found = dbf_reader.judged(changed, None, None)
    except DeliveryError:
        return
    assert found.count == len(records) <= promised
    assert all(len(column) == found.count for column in found.columns.values())
    assert len(found.columns) == len(columns)
    assert all(1 <= fault.row <= found.count for fault in found.faults)


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_any_change_of_the_shapes_leaves_an_index_inside_the_file(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shapes, index = shp([*squares(3), NULL_SHAPE])
    start, cut = data.draw(st.integers(0, len(shapes))), data.draw(st.integers(0, 60))
    changed = shapes[:start] + data.draw(st.binary(max_size=12)) + shapes[start + cut :]
    folder = tmp_path_factory.mktemp("shapes")
    (folder / "d.shp").write_bytes(changed)
    (folder / "d.shx").write_bytes(index)
    for shx in (folder / "d.shx", None):
        try:
            found = shapefile_index.read(folder / "d.shp", shx)
        except DeliveryError:
            continue
        for place in range(len(found.start)):
            inside = found.start[place] >= 100 and found.start[place] + 8 + found.length[place] <= len(changed)
            assert inside or place in found.broken


@settings(deadline=None, max_examples=12)
@given(data=st.data())
def test_any_change_of_any_part_is_read_or_refused(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = written(tmp_path_factory.mktemp("whole"), dbf(CODE, codes(3)), squares(3), cpg="GBK")
    part = path.with_suffix(data.draw(st.sampled_from([".shp", ".shx", ".dbf", ".prj", ".cpg"])))
    whole = part.read_bytes()
    start, cut = data.draw(st.integers(0, len(whole))), data.draw(st.integers(0, 60))
    part.write_bytes(whole[:start] + data.draw(st.binary(max_size=12)) + whole[start + cut :])
    try:
        reading = read(path)
    except DeliveryError:
        return
    rejected = {fault.row for fault in reading.faults}
    assert sorted([*reading.row, *rejected]) == list(range(1, reading.delivered + 1))
    assert reading.delivered == len(reading.frame) + len(reading.rejected)
