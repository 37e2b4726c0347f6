"""Stored rows as frames, in storage metres or in the exchange system; and frames as readings, on their way back in."""

from collections.abc import Sequence
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa

from gis.crs import Geometries
from gis.layer import Layer, Use
from gis.store.county import County
from gis.store.reading import Reading
from gis.store.versions import in_use
from gis.store.views import spot_column

PLACED = ("spot_x", "spot_y")


def features(
    connection: sa.Connection,
    county: County,
    layer: Layer,
    *,
    where: str = "",
    srid: int | None = None,
    on: date | None = None,
) -> gpd.GeoDataFrame:
    """Give the rows of a layer that are in use, in order of their key: `id`, its fields, places and `invented`.

    Cells are those in use on a day, today where none is named. `where` is SQL from the layer's own definition. Geometry
    is in storage metres, or in EPSG:4326 if `srid` says so; a located layer has `spot_x, spot_y` in storage metres. A
    register has empty geometry.
    """
    table = county.schema.table(layer)
    names = ["id", *(field.name for field in layer.fields)]
    names += [name for name in ("town_id", "village_id", "cell_id", "invented") if name in table.c]
    columns: list[sa.ColumnElement[object]] = [table.c[name] for name in names]
    if layer.located:
        point = table.c[spot_column(layer)]
        columns += [sa.func.ST_X(point).label(PLACED[0]), sa.func.ST_Y(point).label(PLACED[1])]
    if layer.geometry is not None:
        shape = table.c.geom if srid in {None, county.srid} else sa.func.ST_Transform(table.c.geom, srid)
        columns.append(sa.func.ST_AsBinary(shape).label("geometry"))
    query = sa.select(*columns).order_by(table.c[layer.key], table.c.id)
    if where:
        query = query.where(sa.literal_column(f"({where})", sa.Boolean()))
    if Use.CELL in layer.uses:
        query = query.where(in_use(table, on or county.today()))
    result = connection.execute(query)
    frame = pd.DataFrame(result.all(), columns=list(result.keys()), dtype=object)
    return gpd.GeoDataFrame(frame, geometry=_shapes(frame), crs=srid or county.srid)


def _shapes(frame: pd.DataFrame) -> Geometries:
    if "geometry" not in frame:
        return np.full(len(frame), None, dtype=object)
    wkb = np.array([None if each is None else bytes(each) for each in frame.pop("geometry")], dtype=object)
    return np.asarray(shapely.from_wkb(wkb), dtype=object)


def shapes(frame: gpd.GeoDataFrame) -> Geometries:
    """Give the geometries of a frame as the array that plans take."""
    return np.asarray(frame.geometry.to_numpy(), dtype=object)


def reading_of(
    frame: pd.DataFrame, geometry: Geometries | None, crs: str | None, *, columns: Sequence[str] = ()
) -> Reading:
    """Give rows made here as a delivery, numbered from 1; without geometry they update stored rows by key."""
    count = len(frame)
    plain = pd.DataFrame(frame[list(columns or frame.columns)]).reset_index(drop=True)
    empty = np.full(count, None, dtype=object)
    return Reading(
        frame=plain,
        geometry=empty if geometry is None else geometry,
        row=np.arange(1, count + 1, dtype=np.int64),
        rejected=plain.iloc[:0],
        faults=(),
        repairs=(),
        crs=crs,
        crs_declared=True,
        delivered=count,
        sublayer="",
        sublayers=(),
    )
