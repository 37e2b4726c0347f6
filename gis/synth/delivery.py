"""Invented frames in the shape of a layer, and the files they are delivered as; every file says 合成数据."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gis.crs import from_storage
from gis.errors import DefinitionError
from gis.layer import Layer

LABEL = "合成"
NOTICE = "合成数据：本文件全部内容均为虚构，仅供演示和测试。Invented data, for demonstration and tests only."
CGCS2000 = 4490

if TYPE_CHECKING:
    Column = pd.Series[Any]  # a column of any field: pandas names no type for one
else:
    Column = pd.Series


def shaped(
    layer: Layer,
    columns: Mapping[str, object],
    geometry: NDArray[np.object_] | None = None,
    *,
    srid: int | None = None,
) -> gpd.GeoDataFrame:
    """Give columns as a delivery of a layer: its fields in their order, empty where nothing is given.

    The geometry is in `srid`; a register or log comes without one. DefinitionError names a column the layer lacks.
    """
    names = [each.name for each in layer.fields]
    strange = [name for name in columns if name not in names]
    if strange:
        raise DefinitionError(f"layer {layer.name}: no field {strange[0]!r} to invent")
    rows = len(geometry) if geometry is not None else max(map(_length, columns.values()), default=0)
    frame = pd.DataFrame({name: _column(columns.get(name), rows) for name in names})
    places = geometry if geometry is not None else np.full(rows, None, dtype=object)
    crs = f"EPSG:{srid}" if srid is not None else None
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(places, crs=crs))


def _length(values: object) -> int:
    return len(values) if isinstance(values, (list, np.ndarray, pd.Series)) else 0


def _column(values: object, rows: int) -> Column:
    """Give values as a column of plain Python ones, None for every kind of nothing."""
    if not isinstance(values, (list, np.ndarray, pd.Series)):
        return pd.Series([_plain(values)] * rows, dtype=object)
    plain = list(values.tolist() if isinstance(values, np.ndarray) else values)
    empty = pd.isna(pd.Series(plain, dtype=object)).to_numpy()
    if empty.any():
        plain = [None if gone else value for value, gone in zip(plain, empty.tolist(), strict=True)]
    if any(issubclass(kind, np.generic) for kind in set(map(type, plain))):
        plain = [_plain(value) for value in plain]
    return pd.Series(plain, dtype=object)


def _plain(value: object) -> object:
    """Give a value without numpy's types."""
    return value.item() if isinstance(value, np.generic) else value


def write(folder: Path, frames: Mapping[str, gpd.GeoDataFrame]) -> list[Path]:
    """Write each frame as `<name>.geojson` in CGCS2000 degrees and give the paths; equal frames give equal bytes.

    Degrees have nine decimals (0.1 mm). Rows without geometry (registers, logs) are features with a null geometry.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [_written(folder / f"{name}.geojson", name, frame) for name, frame in frames.items()]


def _written(path: Path, name: str, frame: gpd.GeoDataFrame) -> Path:
    fields = [column for column in frame.columns if column != frame.geometry.name]
    shapes = _degrees(frame)
    rows = frame[fields].to_dict("records")
    head = {
        "type": "FeatureCollection",
        "name": name,
        "description": NOTICE,
        "crs": {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{CGCS2000}"}},
    }
    lines = [
        f'{{"type": "Feature", "properties": {_json(row)}, "geometry": {shape}}}'
        for row, shape in zip(rows, shapes, strict=True)
    ]
    body = ",\n".join(lines)
    path.write_text(f'{_json(head)[:-1]}, "features": [\n{body}\n]}}\n', encoding="utf-8", newline="\n")
    return path


def _json(row: Mapping[str, object]) -> str:
    return json.dumps(row, ensure_ascii=False, default=_text)


def _text(value: object) -> str:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


def _degrees(frame: gpd.GeoDataFrame) -> list[str]:
    geometry = np.asarray(frame.geometry.array, dtype=object)
    if frame.crs is None:
        return ["null"] * len(geometry)
    moved = from_storage(geometry, CGCS2000, frame.crs.to_epsg())
    rounded = shapely.transform(moved, lambda places: np.round(places, 9))
    return [text or "null" for text in shapely.to_geojson(rounded)]
