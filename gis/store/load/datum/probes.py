"""Delivered and stored shapes as points that can be held against each other: middles, points along lines, fillings."""

from typing import NamedTuple

import numpy as np
import shapely

from gis.crs import Geometries
from gis.store.load.datum.evidence import Numbers, Places

LIKE_M = 25.0
"""One unit of the logarithm of an area or a length weighs as much as so many metres: 8 m are 38 %."""
PARALLEL_M = 12.0
"""A right angle between two lines weighs as much as twice so many metres."""
STREET_STEP_M = 6.0
PROBE_STEP_M = 40.0
FILL_STEP_M = 4.0
CELL_M = 10.0


class Probes(NamedTuple):
    """Points with the place of the row that each is of."""

    row: Numbers
    at: Places


def middles(shapes: Geometries, *, alike: bool) -> Places:
    """Give the middle of each shape, with the logarithm of its size as a third coordinate where `alike` asks for it."""
    middle = shapely.centroid(shapes)
    at = np.column_stack([shapely.get_x(middle), shapely.get_y(middle)])
    return np.column_stack([at, LIKE_M * np.log(np.maximum(sizes(shapes), 0.1))]) if alike else at


def sizes(shapes: Geometries) -> Places:
    """Give the area of each area and the length of each line; points have none."""
    area: Places = shapely.area(shapes)
    return np.where(area > 0, area, shapely.length(shapes))


def along(lines: Geometries, step_m: float) -> Probes:
    """Give points at most `step_m` apart along lines, each with the direction as two more coordinates.

    The direction is doubled, so that a line drawn the other way lies the same.
    """
    parts, of_part = shapely.get_parts(lines, return_index=True)
    cut = shapely.segmentize(parts, step_m)
    at, part = shapely.get_coordinates(cut, return_index=True)
    same = part[1:] == part[:-1]
    ahead = (at[1:] - at[:-1])[same]
    middle = ((at[1:] + at[:-1]) / 2)[same]
    angle = 2 * np.arctan2(ahead[:, 1], ahead[:, 0])
    directed = np.column_stack([middle, PARALLEL_M * np.cos(angle), PARALLEL_M * np.sin(angle)])
    return Probes(of_part[part[1:][same]].astype(np.int64), directed)


def filled(boxes: Places, area_m2: Places) -> Places:
    """Give points FILL_STEP_M apart that fill areas, from their boxes (west, south, east, north) and sizes.

    A box is drawn in about its middle to the size of its area; every area has at least its middle.
    """
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    side = boxes[:, 2:] - boxes[:, :2]
    drawn = side * np.sqrt(np.clip(area_m2 / np.maximum(side.prod(axis=1), 0.01), 0, 1))[:, None]
    counts = np.clip(np.ceil(drawn / FILL_STEP_M), 1, 40).astype(np.int64)
    which = np.repeat(np.arange(len(boxes)), counts.prod(axis=1))
    starts = np.cumsum(counts.prod(axis=1)) - counts.prod(axis=1)
    number = np.arange(len(which)) - starts[which]
    column, line = number % counts[which, 0], number // counts[which, 0]
    share = (np.column_stack([column, line]) + 0.5) / counts[which] - 0.5
    found: Places = middle[which] + share * drawn[which]
    return found


def units_by_place(at: Places, cell_m: float = CELL_M) -> Numbers:
    """Number probes so that those in one square count once: a hundred users of one tower are one witness."""
    return _numbered(np.floor(at[:, :2] / cell_m))


def units_by_shape(shapes: Geometries) -> Numbers:
    """Number shapes so that copies count once: a new estate may repeat an old one house by house."""
    size = np.log(np.maximum(shapely.area(shapes), 0.1))
    slender = np.log(np.maximum(shapely.length(shapes), 0.1)) - size / 2
    return _numbered(np.floor(np.column_stack([size / 0.02, slender / 0.01])))


def _numbered(pairs: Places) -> Numbers:
    """Number pairs of whole numbers, equal ones alike."""
    whole = pairs.astype(np.int64)
    return np.asarray(np.unique(whole[:, 0] << 32 ^ whole[:, 1], return_inverse=True)[1], dtype=np.int64)


def spread(found: Probes, most: int) -> Probes:
    """Give at most so many probes of each row, evenly along it: neighbours on one line are no independent witnesses."""
    _, first, counts = np.unique(found.row, return_index=True, return_counts=True)
    number = np.arange(len(found.row)) - np.repeat(first, counts)
    share = np.repeat(np.minimum(most / counts, 1.0), counts)
    chosen = np.floor((number + 1) * share + 1e-9) > np.floor(number * share + 1e-9)
    return Probes(found.row[chosen], found.at[chosen])
