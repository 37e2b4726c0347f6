"""Two plans of patrol areas on one map."""

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import sqlalchemy as sa

from gis import layers
from gis.crs import EXCHANGE, from_storage
from gis.layer import EVERYONE, Field, Geometry, Kind, Layer, Source, Style, Use
from gis.run.handover import PLAN, changed_ground, old_areas
from gis.run.record import named
from gis.store.county import County
from gis.store.fetch import features
from web_map.snapshot import Snapshot, page

CHANGED = Layer(
    name="changed_ground",
    title="换手的地块",
    title_en="Ground that changed hands",
    doc="Ground that another worker has in the later plan.",
    geometry=Geometry.POLYGON,
    source=Source(publisher="This database", licence="internal"),
    key="code",
    read=EVERYONE,
    fields=(
        Field("code", Kind.TEXT, "Number.", zh="编号", example="1", required=True),
        Field("before", Kind.TEXT, "Worker before.", zh="原网格员", example="W-1", popup=True),
        Field("after", Kind.TEXT, "Worker after.", zh="新网格员", example="W-2", popup=True),
        Field("area_m2", Kind.REAL, "Area.", zh="面积", example=1.0, unit="m2", popup=True),
    ),
    style=Style(colour="#d95f02", order=64),
)
"""What is drawn between two plans; nothing stores it."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The page, and how much ground changed hands between how many pairs of workers."""

    page: Snapshot
    changed_m2: float
    pairs: int


def compared(county: County, before: str, after: str) -> Compared:
    """Give the map of two runs of areas: before, after, and what changed hands. Refused where there is no such run."""
    with county.reading() as connection:
        changed = changed_ground(*(old_areas(connection, county, run, option="RUN") for run in (before, after)))
        frames = [
            *(
                (_named(title, order), _areas(connection, county, run))
                for title, order, run in (("原片区", 66, before), ("新片区", 65, after))
            ),
            *((layer, features(connection, county, layer, srid=EXCHANGE)) for layer in layers.using(Use.STREET)),
        ]
    shapes = from_storage(changed["geometry"].to_numpy(dtype=object), EXCHANGE, county.srid)
    shown = gpd.GeoDataFrame(changed.drop(columns="geometry"), geometry=shapes, crs=EXCHANGE)
    shown["code"] = np.arange(1, len(shown) + 1).astype(str)
    drawn = page([*frames, (CHANGED, shown)], title=f"{county.name} 片区前后对照 {before} → {after}")
    return Compared(drawn, float(changed["area_m2"].sum()), len(changed))


def _named(title: str, order: int) -> Layer:
    layer = layers.one(Use.PATROL_AREA)
    old = order > layer.style.order
    style = replace(layer.style, colour="#8c510a" if old else layer.style.colour, order=order)
    uses = frozenset() if old else layer.uses
    name = "patrol_area_before" if old else layer.name
    return replace(
        layer, name=name, title=title, title_en="Areas before" if old else "Areas after", style=style, uses=uses
    )


def _areas(connection: sa.Connection, county: County, run: str) -> gpd.GeoDataFrame:
    number = int(named(connection, county, PLAN, run).id)
    return features(connection, county, layers.one(Use.PATROL_AREA), where=f"run_id = {number}", srid=EXCHANGE)
