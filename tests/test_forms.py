"""Files in the forms of offices: what is written is read back by the county's own readers."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from pyarrow import ArrowInvalid

from gis.crs import from_storage
from gis.store.formats.delivered import Asked
from gis.store.reading import read
from gis.synth import forms

DAY = date(2026, 6, 1)
SRID = 4549
ROWS = pd.DataFrame(
    {"建筑编号": ["B-1", "B-2"], "整治完成日期": ["20260102", None], "层数": [3, 4], "名称": [None, None]}, dtype=object
)


def squares(count: int) -> "np.ndarray[tuple[int], np.dtype[np.object_]]":
    at = [500_000.0 + 20 * place for place in range(count)]
    return np.array([shapely.box(x, 3_200_000, x + 9, 3_200_009) for x in at], dtype=object)


def test_a_shapefile_comes_back_with_its_chinese_and_an_empty_column(tmp_path: Path) -> None:
    forms.shapefile(tmp_path / "建筑.zip", ROWS, squares(2), srid=SRID, day=DAY)
    found = read(tmp_path / "建筑.zip", Asked())
    assert list(found.frame["建筑编号"]) == ["B-1", "B-2"]
    assert list(found.frame["整治完成日"]) == ["20260102", None]
    assert found.crs == f"EPSG:{SRID}"
    assert shapely.equals_exact(shapely.normalize(found.geometry), shapely.normalize(squares(2)), 1e-6).all()


def test_a_geopackage_comes_back_as_it_was(tmp_path: Path) -> None:
    forms.geopackage(tmp_path / "小区.gpkg", ROWS, squares(2), srid=SRID, day=DAY)
    found = read(tmp_path / "小区.gpkg", Asked())
    assert list(found.frame["层数"]) == [3, 4]
    assert shapely.equals_exact(shapely.normalize(found.geometry), shapely.normalize(squares(2)), 1e-9).all()


def test_points_in_gcj_02_lie_hundreds_of_metres_away_until_they_are_declared(tmp_path: Path) -> None:
    spots = np.array([shapely.Point(500_000, 3_200_000), shapely.Point(501_000, 3_201_000)], dtype=object)
    forms.shifted_points(tmp_path / "x.geojson", ROWS, spots, srid=SRID)
    taken = read(tmp_path / "x.geojson", Asked())
    plain = from_storage(spots, "EPSG:4326", SRID)
    apart_m = shapely.distance(plain, taken.geometry) * 111_000
    assert (apart_m > 200).all()
    assert read(tmp_path / "x.geojson", Asked(), crs="GCJ-02").crs == "GCJ-02"


def test_a_table_of_text_refuses_what_would_break_its_lines(tmp_path: Path) -> None:
    with pytest.raises(ArrowInvalid):
        forms.text(tmp_path / "x.csv", pd.DataFrame({"a": ["one,two"], "b": ["x"]}))


def test_rows_are_numbered_as_readers_count_them(tmp_path: Path) -> None:
    rows = pd.DataFrame({"用户编号": ["U-1", "U-2"], "户名": ["甲", "乙"]})
    for write, name in ((forms.text, "a.csv"), (lambda path, table: forms.sheet(path, table, day=DAY), "b.xlsx")):
        first = write(tmp_path / name, rows)
        found = read(tmp_path / name, Asked(names=("用户编号", "户名")))
        assert found.row.tolist() == [first, first + 1]
        assert list(found.frame["户名"]) == ["甲", "乙"]
