"""Whole numbers and shapes as short text, so that a county fits in one page; map.js holds the way back."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

Geometries = npt.NDArray[np.object_]
Integers = npt.NDArray[np.int64]

STEPS_PER_DEGREE = 1_000_000
_FIRST_CHARACTER = 63
_CONTINUES = 32
_METRES_PER_DEGREE = 111_320.0


class Shapes(NamedTuple):
    """Shapes as text: positions as steps from one to the next, points per ring, rings per feature."""

    positions: str
    sizes: str
    rings: str


def packed(numbers: npt.ArrayLike) -> str:
    """Give whole numbers as text, the small ones short: five bits a character, as in Google's encoded polylines."""
    values = np.asarray(numbers, dtype=np.int64).ravel()
    if not len(values):
        return ""
    folded = (values << 1) ^ (values >> 63)
    width = max(1, -(-int(folded.max()).bit_length() // 5))
    rest = folded[:, None] >> (5 * np.arange(width + 1))
    continues = rest[:, 1:] > 0
    characters = (rest[:, :-1] & 31) + np.where(continues, _CONTINUES, 0) + _FIRST_CHARACTER
    wanted = np.column_stack((np.ones(len(values), dtype=bool), continues[:, :-1]))
    return bytes(characters[wanted].astype(np.uint8)).decode("ascii")


def shapes(geometries: Geometries) -> Shapes:
    """Give points, lines or polygons in EPSG:4326 as text, rounded to a millionth of a degree (0.11 m).

    Outer rings turn one way and holes the other, so that a map can fill many overlapping houses as one path. The
    closing point of a ring is left out.
    """
    singles, owner = shapely.get_parts(geometries, return_index=True)
    areal = len(singles) > 0 and shapely.get_dimensions(singles[0]) == 2
    if areal:
        singles, place = shapely.get_rings(shapely.orient_polygons(singles), return_index=True)
        owner = owner[place]
    points, ring = shapely.get_coordinates(singles, return_index=True)
    if areal:
        closing = np.append(ring[1:] != ring[:-1], True)
        points, ring = points[~closing], ring[~closing]
    steps = np.rint(points * STEPS_PER_DEGREE).astype(np.int64)
    return Shapes(
        positions=packed(np.diff(steps, axis=0, prepend=0)),
        sizes=packed(np.bincount(ring, minlength=len(singles))),
        rings=packed(np.bincount(owner, minlength=len(geometries))),
    )


def simplified(geometries: Geometries, *, within_m: float) -> Geometries:
    """Give the shapes with fewer points, each within `within_m` of the old outline; for drawing only.

    Degrees are stretched to about metres at the shapes' middle latitude first, then shrunk back.
    """
    if not len(geometries):
        return geometries
    _, south, _, north = shapely.total_bounds(geometries)
    stretch = _METRES_PER_DEGREE * np.array([np.cos(np.radians((south + north) / 2)), 1.0])
    metres = shapely.transform(geometries, lambda points: points * stretch)
    return shapely.transform(shapely.simplify(metres, within_m), lambda points: points / stretch)
