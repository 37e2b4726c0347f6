"""The exclaves that towns bring with them: no division can make one area of what a town line parts."""

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

Shapes = NDArray[np.object_]


def exclaves(towns: Shapes) -> pd.DataFrame:
    """Give the pieces of each town beyond its largest: `town` (place in `towns`), `area_m2`, a point inside (`x`, `y`).

    Largest first within a town; empty if every town is in one piece.
    """
    parts, town = shapely.get_parts(towns, return_index=True)
    area_m2 = shapely.area(parts)
    order = np.lexsort((-area_m2, town))
    beyond = order[1:][town[order][1:] == town[order][:-1]]
    x, y = shapely.get_coordinates(shapely.point_on_surface(parts[beyond])).T
    return pd.DataFrame({"town": town[beyond].astype(np.int64), "area_m2": area_m2[beyond], "x": x, "y": y})
