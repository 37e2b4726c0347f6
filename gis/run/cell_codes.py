"""What a county's cell codes are given from: the codes that were ever used, and the digits of towns and villages."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa

from gis import layers
from gis.crs import Geometries
from gis.layer import Use
from gis.plan.cells import serial_order
from gis.plan.codes import Codes, digits, own_digits
from gis.store.county import County
from gis.store.fetch import features, shapes

REACH_M = 10.0
"""What reaches less far over a village line does not count as crossing it."""


@dataclass(frozen=True, slots=True)
class Villages:
    """The villages of a county: their rows, and the code of the town that each lies in; empty text outside all."""

    frame: gpd.GeoDataFrame
    town: Sequence[str]

    def of(self, cells: Geometries, towns: Sequence[str]) -> list[str | None]:
        """Give the village of its town that each cell lies in, by code; None where it crosses villages, or in none."""
        areas, codes = shapes(self.frame), list(self.frame["code"])
        tree = shapely.STRtree(areas)
        found: list[str | None] = []
        for cell, town in zip(cells, towns, strict=True):
            core = shapely.buffer(cell, -REACH_M / 2)
            core = cell if shapely.is_empty(core) else core
            near = [each for each in tree.query(core, predicate="intersects").tolist() if self.town[each] == town]
            inside = [each for each in near if shapely.covers(shapely.buffer(areas[each], REACH_M), cell)]
            best = max(inside, key=lambda each: shapely.area(shapely.intersection(areas[each], cell)), default=None)
            found.append(None if best is None else str(codes[best]))
        return found


def villages_of(connection: sa.Connection, county: County, towns: gpd.GeoDataFrame) -> Villages:
    """Give the stored villages with the town that each lies in, by its shape."""
    frame = features(connection, county, layers.one(Use.VILLAGE))
    spots = shapely.point_on_surface(shapes(frame))
    spot, town = shapely.STRtree(spots).query(shapes(towns), predicate="intersects")[::-1]
    home = np.full(len(frame), len(towns), dtype=np.int64)
    np.minimum.at(home, spot, town)
    codes = [*towns["code"], ""]
    return Villages(frame, [str(codes[each]) for each in home])


def used_codes(connection: sa.Connection, county: County) -> pd.DataFrame:
    """Give every code that was ever a cell's: `code`, `professional_code`, `town_code`, `village_code`."""
    names = ("code", "professional_code", "town_code", "village_code")
    now, past = county.schema.table(layers.one(Use.CELL)), county.schema.past(layers.one(Use.CELL))
    query = sa.union(*(sa.select(*(table.c[name] for name in names)) for table in (now, past)))
    return pd.DataFrame(connection.execute(query).all(), columns=list(names), dtype=object)


def codes_of(
    connection: sa.Connection, county: County, towns: gpd.GeoDataFrame, villages: Villages, *, professional: str = ""
) -> Codes:
    """Give the codes of a county, ready to give the next ones.

    The digits of a town or village are those that its cells have had; else the last three of its own code where that
    begins with its parent's; else the next free number, dealt from west to east in bands from north to south.
    """
    used = used_codes(connection, county)
    ours = used[used["code"].str.startswith(f"{county.code:0>6}")]
    of_town = _held(ours["town_code"], ours["code"].str[6:9])
    town_keys = _in_order(towns)
    town_digits = digits(town_keys, [own_digits(key, f"{county.code:0>6}") for key in town_keys], of_town)
    inside = ours[ours["village_code"].notna()]
    of_village = _held(inside["village_code"], inside["code"].str[9:12])
    village_digits: dict[str, str] = {}
    for town in town_keys:
        own = villages.frame[np.array(villages.town, dtype=object) == town] if len(villages.frame) else villages.frame
        keys = _in_order(own)
        known = {key: of_village[key] for key in keys if key in of_village}
        parent = f"{county.code:0>6}{town_digits[town]}"
        village_digits |= digits(keys, [own_digits(key, parent) for key in keys], known)
    codes = [*used["code"], *used["professional_code"].dropna()]
    return Codes(county.code, codes, town_digits, village_digits, professional=professional)


def _held(keys: "pd.Series[str]", parts: "pd.Series[str]") -> dict[str, str]:
    """Give the digits that most of the cells of each place have had."""
    found = parts.groupby(keys).agg(lambda each: each.mode().iloc[0])
    return {str(key): str(part) for key, part in found.items()}


def _in_order(areas: gpd.GeoDataFrame) -> list[str]:
    return [str(areas["code"].iloc[place]) for place in serial_order(shapes(areas))] if len(areas) else []
