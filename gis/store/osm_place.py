"""Which place an extract shows: its towns, from the administrative areas that are whole in it, and its outline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon

from gis.errors import DeliveryError

COVERED = 0.95
"""The share of the buildings that towns, and the outline of the county, must hold."""


@dataclass(frozen=True, slots=True)
class Area:
    """An administrative area that is whole in the extract, in EPSG:4326."""

    osm_id: str
    admin_level: int
    tags: Mapping[str, str]
    geometry: MultiPolygon

    @property
    def names(self) -> dict[str, str]:
        """The name tags: `name`, and `name:zh` and the like."""
        return {key: value for key, value in self.tags.items() if key == "name" or key.startswith("name:")}


@dataclass(frozen=True, slots=True)
class Level:
    """One administrative level: how many areas are whole, and how many of all buildings they hold."""

    admin_level: int
    areas: int
    covered: int
    buildings: int

    @property
    def share(self) -> float:
        """The share of the buildings, 0 where there are none."""
        return self.covered / self.buildings if self.buildings else 0.0


@dataclass(frozen=True, slots=True)
class County:
    """The outline of the place in EPSG:4326, its names, and `origin`: which area it is, or that it is the towns' union.

    `osm_id` and `admin_level` are None for a union.
    """

    geometry: MultiPolygon
    names: dict[str, str]
    origin: str
    osm_id: str | None = None
    admin_level: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The levels from the outermost, the one the towns were taken from, the towns, and the county.

    `admin_level` is None and `towns` are empty where no level holds enough of the buildings. `outside` is the number of
    buildings that lie in no town.
    """

    levels: tuple[Level, ...]
    admin_level: int | None
    towns: tuple[Area, ...]
    county: County | None
    outside: int


def place(areas: Sequence[Area], spots: NDArray[np.object_], *, admin_level: int | None = None) -> Place:
    """Give the towns, the deepest level that holds 95 % of the `spots` unless one is forced, and the county.

    `spots` are the buildings' representative points. The county is the outermost single area that holds 95 % of them,
    else the union of the towns. Towns outside the county, of neighbours that happen to be whole, are left out.
    DeliveryError where the forced level has no area.
    """
    holds = _holds(areas, spots)
    numbers = sorted({area.admin_level for area in areas})
    levels = tuple(_level(number, areas, holds) for number in numbers)
    if admin_level is not None and admin_level not in numbers:
        came = ", ".join(map(str, numbers)) or "none"
        raise DeliveryError(f"expected areas of the administrative level {admin_level}, got levels: {came}")
    enough = [level.admin_level for level in levels if level.share >= COVERED]
    chosen = admin_level if admin_level is not None else max(enough, default=None)
    county = _one_area(areas, holds, level=chosen)
    of_level = [(area, held) for area, held in zip(areas, holds, strict=True) if area.admin_level == chosen]
    if county is not None:
        shapely.prepare(county.geometry)
        towns = [area for area, _ in of_level if county.geometry.intersects(area.geometry.representative_point())]
    else:
        towns = [area for area, held in of_level if held.any()]
        county = _union(towns)
    within = np.zeros(len(spots), dtype=bool)
    for area, held in of_level:
        if area in towns:
            within |= held
    return Place(levels, chosen, tuple(towns), county, int((~within).sum()))


def _holds(areas: Sequence[Area], spots: NDArray[np.object_]) -> list[NDArray[np.bool_]]:
    """Give for each area which spots it holds, its border included."""
    tree = shapely.STRtree(spots)
    holds = []
    for area in areas:
        held = np.zeros(len(spots), dtype=bool)
        held[tree.query(area.geometry, predicate="intersects")] = True
        holds.append(held)
    return holds


def _level(number: int, areas: Sequence[Area], holds: Sequence[NDArray[np.bool_]]) -> Level:
    mine = [held for area, held in zip(areas, holds, strict=True) if area.admin_level == number]
    together = np.logical_or.reduce(mine)
    return Level(number, len(mine), int(together.sum()), len(together))


def _one_area(areas: Sequence[Area], holds: Sequence[NDArray[np.bool_]], *, level: int | None) -> County | None:
    """Give the outermost area, the towns' level included, that holds enough by itself."""
    fitting = [
        area
        for area, held in zip(areas, holds, strict=True)
        if len(held) and held.mean() >= COVERED and (level is None or area.admin_level <= level)
    ]
    if not fitting:
        return None
    area = min(fitting, key=lambda each: each.admin_level)
    origin = f"{area.osm_id}, administrative level {area.admin_level}"
    return County(area.geometry, area.names, origin, osm_id=area.osm_id, admin_level=area.admin_level)


def _union(towns: Sequence[Area]) -> County | None:
    if not towns:
        return None
    whole = shapely.union_all([town.geometry for town in towns])
    parts = [part for part in shapely.get_parts(whole) if part.geom_type == "Polygon"]
    return County(MultiPolygon(parts), {}, f"the union of {len(towns)} towns")
