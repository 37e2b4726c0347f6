"""What stands in an exported file, read by other programs than ours, is what is stored: values and shapes."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from gis import layers
from gis.layer import Field, Kind
from gis.run import export as run
from gis.store.county import County
from gis.store.formats.apostrophe import guarded
from tests.conftest import SRID
from tests.exchange import rows_of

ASKED = ("gas_user", "gas_pipeline", "building", "enterprise")
"""Points, lines, areas and a register."""
NONE_OF = {("enterprise", ".shp")}
"""A shapefile holds no register."""
Table = list[dict[str, Any]]


def by_geopandas(path: Path) -> Table:
    pyogrio.set_gdal_config_options({"OGR_FLATGEOBUF_STREAM_BASE_IMPL": "YES"})
    layer = path.stem if path.suffix in {".gpkg", ".gdb"} else None
    frame = pyogrio.read_dataframe(path, layer=layer, datetime_as_string=True)
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def by_pandas(path: Path) -> Table:
    frame = pd.read_parquet(path)
    if "geometry" in frame:
        frame["geometry"] = shapely.from_wkb(frame["geometry"].to_numpy())
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def by_json(path: Path) -> Table:
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    return [
        each["properties"] | {"geometry": shapely.from_geojson(json.dumps(each["geometry"]))}
        if each["geometry"]
        else each["properties"]
        for each in features
    ]


def by_csv(path: Path) -> Table:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [dict(row) for row in csv.DictReader(file)]


def by_openpyxl(path: Path) -> Table:
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


READERS: dict[str, Callable[[Path], Table]] = {
    ".gpkg": by_geopandas,
    ".gdb": by_geopandas,
    ".fgb": by_geopandas,
    ".shp": by_geopandas,
    ".parquet": by_pandas,
    ".geojson": by_json,
    ".csv": by_csv,
    ".xlsx": by_openpyxl,
}


def plain(field: Field, value: Any, *, text: bool) -> Any:  # whatever a reader gives
    """Give a value as it compares: numbers as numbers, days and truth in one spelling, all kinds of nothing as None."""
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)) or value == "":
        return None
    if field.kind in {Kind.INTEGER, Kind.REAL}:
        return float(value)
    if field.kind is Kind.BOOLEAN:
        return {"true": True, "false": False}.get(str(value).lower(), value in {1})
    if field.kind is Kind.DATE:
        return (value if isinstance(value, date) else date.fromisoformat(str(value)[:10])).isoformat()[:10]
    if field.kind is Kind.INSTANT:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return found.astimezone(UTC)
    return guarded(str(value)) if text else str(value)


@pytest.mark.parametrize(("name", "ending"), [each for each in product(ASKED, READERS) if each not in NONE_OF])
def test_other_programs_read_the_values_and_shapes_that_are_stored(
    filled: County, tmp_path: Path, name: str, ending: str
) -> None:
    layer = layers.named(name)
    path = tmp_path / f"{name}{ending}"
    columns = run.export(filled, run.Wanted(layer, chinese=False), path).columns
    stored, found = rows_of(filled, layer), READERS[ending](path)
    assert len(found) == len(stored) == 5
    there = list(found[0])[: len(columns)] if ending == ".shp" else list(columns)  # names are cut, the order is not
    text = ending == ".csv"
    for was, came in zip(stored, found, strict=True):
        for column, called in zip(columns, there, strict=True):
            field = layer.field(column)
            expected = plain(field, was[column], text=text)
            assert plain(field, came[called], text=False) == expected, (column, was)
        if layer.geometry is not None:
            same_place(was["geom"], came, degrees=ending == ".geojson")


def same_place(stored: Any, came: dict[str, Any], *, degrees: bool) -> None:
    """Assert that a row has the stored shape: to the last digit, or to a micrometre where it went through degrees."""
    shape = came["geometry"] if "geometry" in came else shapely.from_wkt(str(came["WKT"]).removeprefix("SRID=4549;"))
    moved = gpd.GeoSeries([shape], crs=4326).to_crs(SRID)[0] if degrees else shape
    rounded = [shapely.transform(each, lambda places: np.round(places, 6)).normalize() for each in (stored, moved)]
    parts = [shapely.get_parts(each).tolist() for each in rounded]
    assert len(parts[0]) == len(parts[1])
    for one, other in zip(*parts, strict=True):
        assert shapely.equals_exact(one.normalize(), other.normalize(), 2e-6)
