"""Destroyed and unreadable values: in a column that is used they cost the row, in one that is not they are told."""

import json
from pathlib import Path

import pytest
import shapely

from gis import layers
from gis.crs import Geometries
from gis.store.formats.delivered import Fault
from gis.store.load.conform import Conformed, Terms, conform
from gis.store.load.unused import TOLD
from gis.store.reading import Reading, read
from tests.shapefile_bytes import dbf, squares, written

BUILDING = layers.named("building")


def stays(shapes: Geometries) -> tuple[Geometries, list[Fault]]:
    return shapes, []


def conformed(reading: Reading, **terms: str) -> Conformed:
    return conform(BUILDING, reading, Terms(mapping=terms), stays)


def shapefile(folder: Path, names: list[bytes], remarks: list[bytes], *, kind: str = "C") -> Path:
    """Write houses with a name, and a remark that no field takes, in GBK as the language byte says."""
    rows = [
        [f"B-{place}".encode(), name, remark]
        for place, (name, remark) in enumerate(zip(names, remarks, strict=True), 1)
    ]
    table = dbf([(b"code", "C", 8), (b"NAME", "C", 20), (b"REMARK", kind, 20)], rows, language=0x4D)
    return written(folder, table, squares(len(rows)))


def coded(*texts: str) -> list[bytes]:
    return [text.encode("gbk") for text in texts]


@pytest.mark.parametrize("lost", ["锟斤拷锟斤拷", "????", "烫烫烫烫"])
def test_destroyed_text_costs_the_row_only_where_its_column_is_used(tmp_path: Path, lost: str) -> None:
    good = coded("永康市", "方岩镇", "古山镇")
    found = conformed(read(shapefile(tmp_path / "used", coded("永康市", lost, "古山镇"), good)))
    assert [fault[:4] for fault in found.faults] == [(2, "name", "readable", "intact text")]
    assert found.frame["row_no"].tolist() == [1, 3]
    spared = conformed(read(shapefile(tmp_path / "unused", good, coded(lost, "好", lost))))
    assert spared.faults == []
    assert spared.frame["name"].tolist() == ["永康市", "方岩镇", "古山镇"]
    assert spared.ignored == ("REMARK",)
    (note,) = spared.notes
    assert note.startswith(
        "未用的列 REMARK 有 2 行文字已损坏，不作猜测 · 2 rows hold destroyed text in the column REMARK"
    )


def test_a_column_named_by_hand_is_used(tmp_path: Path) -> None:
    reading = read(shapefile(tmp_path, coded("永康市", "方岩镇"), coded("解放街", "锟斤拷")))
    assert conformed(reading).faults == []
    named = conformed(reading, address="REMARK")
    assert [fault[:4] for fault in named.faults] == [(2, "address", "readable", "intact text")]
    assert named.notes == ()


def test_bytes_that_are_no_text_cost_the_row_only_where_their_column_is_used(tmp_path: Path) -> None:
    good = coded("永康市", "方岩镇", "象珠镇", "唐先镇")
    broken = [*good[:3], b"\xff\xff"]
    used = conformed(read(shapefile(tmp_path / "used", broken, good)))
    assert [(fault.row, fault.field, fault.constraint) for fault in used.faults] == [(4, "NAME", "text")]
    spared = conformed(read(shapefile(tmp_path / "unused", good, broken)))
    assert (spared.faults, spared.frame["row_no"].tolist()) == ([], [1, 2, 3, 4])
    assert spared.frame["code"].tolist() == ["B-1", "B-2", "B-3", "B-4"]
    assert spared.geometry is not None
    assert shapely.bounds(spared.geometry)[:, 0].tolist() == [500_000, 500_020, 500_040, 500_060]
    assert "未用的列 REMARK 有 1 行的值读不懂" in spared.notes[0]


def test_a_number_that_is_none_is_told_where_its_column_is_not_used(tmp_path: Path) -> None:
    names = coded("永康市", "方岩镇")
    found = conformed(read(shapefile(tmp_path, names, [b"12x", b"12"], kind="N")))
    assert found.faults == []
    assert "未用的列 REMARK 有 1 行的值读不懂" in found.notes[0]


def test_a_row_with_another_fault_comes_back_whatever_is_not_used(tmp_path: Path) -> None:
    square = {"type": "Polygon", "coordinates": [[[120, 29], [120.1, 29], [120.1, 29.1], [120, 29]]]}
    features = [
        {"type": "Feature", "geometry": square, "properties": {"code": "a", "extra": "x"}},
        {"type": "Feature", "geometry": {"type": "Polygon"}, "properties": {"code": "b", "extra": "\x00"}},
        {"type": "Feature", "geometry": square, "properties": {"code": "c", "extra": "\x00"}},
    ]
    path = tmp_path / "d.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    found = conformed(read(path))
    assert [(fault.row, fault.field) for fault in found.faults] == [(2, "geometry")]
    assert found.frame["code"].tolist() == ["a", "c"]
    assert "未用的列 extra 有 2 行的值读不懂" in found.notes[0]


def test_the_reasons_of_rows_that_came_back_are_nothing_to_tell_of(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    heading = ",".join(["code", "WKT", "REMARK", *TOLD])
    shape = '"SRID=4490;POLYGON((120 29,120.1 29,120.1 29.1,120 29))"'
    path.write_text(f"{heading}\na,{shape},x,2,名称,可读,未损坏的文字,????\n", encoding="utf-8")
    found = conformed(read(path))
    assert (found.ignored, found.notes, found.faults) == (("REMARK",), (), [])
