"""The faults of a tiling of cells: gaps, overlaps and parts outside their town."""

from math import pi

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely import Polygon, STRtree
from shapely.geometry.base import BaseGeometry

Shapes = NDArray[np.object_]


def faults(cells: gpd.GeoDataFrame, towns: Shapes, tolerance_m: float = 0.01) -> pd.DataFrame:
    """Give each fault of a tiling: `kind`, `town`, `cells` (rows that touch it), `area_m2`, `width_m`, `geometry`.

    Empty if clean. Reads `town` (place in `towns`, -1 for none) and `geometry`. A gap is a part of a town in no cell,
    an overlap a part of two cells, a stray part a part of a cell outside its town. What is narrower than `tolerance_m`
    everywhere, so that it vanishes when shrunk by half of that, is no fault; the width is that of the largest circle
    inside.
    """
    shapes, home = cells.geometry.to_numpy(), cells["town"].to_numpy(dtype=np.int64)
    tree = STRtree(shapes)
    rows: list[tuple[str, int, list[int], Polygon]] = []
    for town, outline in enumerate(towns):
        near = shapes[np.sort(tree.query(outline, predicate="intersects"))]
        for part in _wide(shapely.difference(outline, shapely.union_all(near)), tolerance_m):
            beside = np.sort(tree.query(part, predicate="dwithin", distance=tolerance_m))
            rows.append(("gap", town, beside.tolist(), part))
    first, second = tree.query(shapes, predicate="intersects")
    for one, other in sorted(zip(first[first < second].tolist(), second[first < second].tolist(), strict=True)):
        common = shapely.intersection(shapes[one], shapes[other])
        rows += [("overlap", int(home[one]), [one, other], part) for part in _wide(common, tolerance_m)]
    own = [towns[town] if town >= 0 else Polygon() for town in home]
    for each, beyond in enumerate(shapely.difference(shapes, np.array(own, dtype=object))):
        rows += [("stray", int(home[each]), [each], part) for part in _wide(beyond, tolerance_m)]
    return pd.DataFrame(
        [(kind, town, beside, part.area, _width(part, tolerance_m), part) for kind, town, beside, part in rows],
        columns=["kind", "town", "cells", "area_m2", "width_m", "geometry"],
    )


def _wide(shape: BaseGeometry, tolerance_m: float) -> list[Polygon]:
    parts = shapely.get_parts(shape)
    parts = parts[shapely.area(parts) >= pi * tolerance_m**2 / 4]
    return list(parts[~shapely.is_empty(shapely.buffer(parts, -tolerance_m / 2))])


def _width(part: Polygon, tolerance_m: float) -> float:
    return 2 * shapely.maximum_inscribed_circle(part, tolerance=tolerance_m / 10).length
