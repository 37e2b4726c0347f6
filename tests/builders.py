"""Rows and shapes for tests: small, good, with one thing changed."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from gis import layers
from gis.store.conform import Terms
from gis.store.county import County
from gis.store.fetch import reading_of
from gis.store.load import Origin, Outcome, load
from tests.conftest import SRID, X, Y


def square(east_m: float, north_m: float, side_m: float = 10.0) -> BaseGeometry:
    """Give a square whose south-west corner lies so far from the county's."""
    return shapely.box(X + east_m, Y + north_m, X + east_m + side_m, Y + north_m + side_m)


def point(east_m: float, north_m: float) -> BaseGeometry:
    """Give a point so far from the county's south-west corner."""
    return shapely.Point(X + east_m, Y + north_m)


def line(*places: tuple[float, float]) -> BaseGeometry:
    """Give a line through places so far from the county's south-west corner."""
    return shapely.LineString([(X + east_m, Y + north_m) for east_m, north_m in places])


def stored(
    county: County, layer: str, rows: Sequence[dict[str, object]], shapes: Sequence[BaseGeometry] | None = None
) -> Outcome:
    """Load rows into a layer of the county as one delivery in storage metres."""
    geometry = None
    if shapes is not None:
        geometry = np.empty(len(shapes), dtype=object)
        geometry[:] = shapes
    reading = reading_of(pd.DataFrame(list(rows)), geometry, f"EPSG:{SRID}")
    return load(county, layers.named(layer), reading, Origin("rows", crs=f"EPSG:{SRID}"), terms=Terms())


def instant(text: str) -> datetime:
    """Give an instant of ISO text, UTC where it names no zone."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
