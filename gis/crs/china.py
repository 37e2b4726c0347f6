"""The two shifted systems of Chinese web maps, GCJ-02 and BD-09: applied to WGS 84 degrees, and undone.

GCJ-02 adds a smooth bend of some hundred metres to WGS 84 (a distance in metres, turned into degrees on the Krasovsky
ellipsoid); BD-09 adds another to GCJ-02. Neither is published by its authority: this is the formula that became public
in 2013 and that open libraries share (github.com/wandergis/coordtransform, MIT, and github.com/googollee/eviltransform,
MIT; the latter's later versions use the WGS 84 radius, which differs by 0.02 m). It says nothing outside a rectangle
around China, where it leaves coordinates as they are, so at the rectangle's edge it jumps.
"""

import re
from collections.abc import Callable
from enum import Enum

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.float64]
Bend = Callable[[Places], Places]

WEST, SOUTH, EAST, NORTH = 72.004, 0.8293, 137.8347, 55.8271
"""The rectangle outside which the public formula does nothing; China with all its islands lies a degree within."""
SEMI_MAJOR_M = 6378245.0
ECCENTRICITY2 = 0.00669342162296594323
MOST_STEPS = 30
STILL_DEGREES = 1e-12
_REACH_DEGREES = 0.1
_DOUBT_DEGREES = 1e-9
_WAVE = np.pi * 3000 / 180
_NAMES = re.compile(r"(GCJ|BD)[-_ ]?0([29])(LL)?", re.IGNORECASE)


class Shifted(Enum):
    """A system that lies deliberately shifted; it counts in degrees and stands in no registry."""

    GCJ_02 = "GCJ-02"
    BD_09 = "BD-09"

    def applied(self, places: Places) -> Places:
        """Give WGS 84 degrees (x, y in rows) as this system shows them."""
        gcj = places + np.where(_inside(places)[:, None], _gcj_bend(places), 0.0)
        return gcj if self is Shifted.GCJ_02 else gcj + _bd_bend(gcj)

    def undone(self, places: Places) -> Places:
        """Give the WGS 84 degrees that this system shows at `places` (x, y in rows).

        The public formula is inverted by fixed-point iteration (it contracts by 0.02 or better) until nothing moves.
        Within a kilometre of the formula's rectangle some places are shown for two originals or for none: they become
        infinite, which no later step takes for a place.
        """
        found = np.array(places, dtype=np.float64, copy=True)
        near = _inside(found, margin=_REACH_DEGREES)
        if self is Shifted.BD_09:
            found[near] = _solved(found[near], _bd_bend)
            near &= np.isfinite(found).all(axis=1)
        shown = found[near]
        original = _solved(shown, _gcj_bend)
        bent = _inside(original, margin=-_DOUBT_DEGREES) & _inside(shown, margin=-_DOUBT_DEGREES)
        untouched = ~_inside(original, margin=_DOUBT_DEGREES) & ~_inside(shown, margin=_DOUBT_DEGREES)
        one = np.where(bent[:, None], original, shown)
        found[near] = np.where((bent | untouched)[:, None], one, np.inf)
        return found


def shifted(name: object) -> Shifted | None:
    """Give the shifted system of that name (`GCJ-02`, `GCJ02`, `BD-09`, `BD09`, case ignored), or None."""
    told = _NAMES.fullmatch(name.strip()) if isinstance(name, str) else None
    return {("GCJ", "2"): Shifted.GCJ_02, ("BD", "9"): Shifted.BD_09}.get((told[1].upper(), told[2])) if told else None


def _inside(places: Places, *, margin: float = 0.0) -> npt.NDArray[np.bool_]:
    x, y = places[:, 0], places[:, 1]
    inside = (x >= WEST - margin) & (x <= EAST + margin) & (y >= SOUTH - margin) & (y <= NORTH + margin)
    return np.asarray(inside, dtype=np.bool_)


def _solved(shown: Places, bend: Bend) -> Places:
    """Give the places p with p + bend(p) = shown."""
    found = shown.copy()
    for _ in range(MOST_STEPS):
        step = shown - bend(found) - found
        found += step
        if np.abs(step).max(initial=0.0) <= STILL_DEGREES:
            break
    return found


def _gcj_bend(places: Places) -> Places:
    """Give what GCJ-02 adds in degrees, without asking for the rectangle; far outside it means nothing."""
    x, y = places[:, 0] - 105, places[:, 1] - 35
    both = 20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)
    east_m = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    east_m += (both + _waves(x, ((20, 1), (40, 3), (150, 12), (300, 30)))) * 2 / 3
    north_m = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    north_m += (both + _waves(y, ((20, 1), (40, 3), (160, 12), (320, 30)))) * 2 / 3
    latitude = np.radians(places[:, 1])
    narrow = 1 - ECCENTRICITY2 * np.sin(latitude) ** 2
    meridian_m = SEMI_MAJOR_M * (1 - ECCENTRICITY2) / narrow**1.5
    parallel_m = SEMI_MAJOR_M / np.sqrt(narrow) * np.cos(latitude)
    return np.degrees(np.column_stack([east_m / parallel_m, north_m / meridian_m]))


def _waves(along: npt.NDArray[np.float64], heights: tuple[tuple[int, int], ...]) -> npt.NDArray[np.float64]:
    found = np.zeros_like(along)
    for height, length in heights:
        found += height * np.sin(along * np.pi / length)
    return found


def _bd_bend(places: Places) -> Places:
    """Give what BD-09 adds to GCJ-02 in degrees."""
    x, y = places[:, 0], places[:, 1]
    reach = np.hypot(x, y) + 0.00002 * np.sin(y * _WAVE)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _WAVE)
    return np.column_stack([reach * np.cos(angle) + 0.0065 - x, reach * np.sin(angle) + 0.006 - y])
