"""Shapes on their way to metres: what a county's system, or a local one, cannot hold becomes a fault."""

import numpy as np
import shapely

from gis import crs
from gis.crs import Geometries
from gis.store.formats.delivered import Fault


def to_storage(shapes: Geometries, origin: str | None, srid: int) -> tuple[Geometries, list[Fault]]:
    """Give shapes in storage metres, None where the county's system is off by more than 1:2000, with the faults."""
    far = crs.out_of_reach(shapes, origin, srid)
    near = shapes.copy()
    near[far] = None
    faults = [
        Fault(
            int(place),
            "geom",
            "within_reach",
            f"a place that EPSG:{srid} measures truer than 1:2000",
            _centre(shapes[place]),
        )
        for place in np.flatnonzero(far)
    ]
    return crs.to_storage(near, origin, srid), faults


def to_local(shapes: Geometries, origin: str | None) -> tuple[Geometries, list[Fault]]:
    """Give shapes in metres of an equal-area system about themselves, with the faults of those it cannot hold."""
    moved = crs.local_metres(shapes, origin)
    lost = shapely.is_missing(moved) & ~shapely.is_missing(shapes)
    faults = [
        Fault(int(place), "geom", "within_reach", "a place on the earth", _centre(shapes[place]))
        for place in np.flatnonzero(lost)
    ]
    return moved, faults


def _centre(shape: shapely.Geometry) -> str:
    bounds = shapely.bounds(shape)
    return f"{(bounds[0] + bounds[2]) / 2:g}, {(bounds[1] + bounds[3]) / 2:g}"
