"""What is wrong with a county's cells: gaps, overlaps, features in no cell or in two, codes that do not fit."""

from collections.abc import Sequence
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from gis import layers
from gis.crs import EXCHANGE, from_storage
from gis.errors import Refused
from gis.layer import Layer, Use
from gis.plan.codes import ACROSS, own_digits
from gis.plan.tiling import faults
from gis.run.cell_codes import Villages, villages_of
from gis.store.county import County
from gis.store.fetch import features, shapes
from gis.store.views import spot_column

COLUMNS = ("kind", "town", "cells", "layer", "object", "area_m2", "width_m", "length_m", "note", "geometry")
BEYOND = "beyond"
KINDS = {
    "gap": "缝隙",
    "overlap": "重叠",
    "stray": "出镇",
    "in_none": "不在任何网格",
    "in_several": "在多个网格",
    "outside": "部分在网格外",
    "code": "编码",
    BEYOND: "镇外",
}


class Thresholds(NamedTuple):
    """What is too little to be told: narrower parts (m), smaller ones (m²), shorter lengths outside all cells (m)."""

    width_m: float = 0.01
    area_m2: float = 0.0
    length_m: float = 0.1


def check(county: County, thresholds: Thresholds | None = None) -> gpd.GeoDataFrame:
    """Name each fault of the cells in use: `COLUMNS`, geometry in storage metres; empty where there is none.

    Refused where no cell is in use. `gap`, `overlap`, `stray`: parts of a town in no cell, of two cells, of a cell
    outside its town. `in_none`, `in_several`: features whose spot lies in no cell, or inside several. `outside`: lines
    with a length of their part inside towns in no cell. `code`: digits that do not fit the town or village, and codes
    that ended and came back. `beyond` is no fault of the cells: features, and lengths of lines, outside every town.
    """
    limits = thresholds or Thresholds()
    with county.reading() as connection:
        cells = features(connection, county, layers.one(Use.CELL))
        if cells.empty:
            raise Refused(
                "没有在用的网格 · no grid cells are in use: `wangge grid make` makes them, and there is nothing to "
                "check"
            )
        towns = features(connection, county, layers.one(Use.TOWN))
        villages = villages_of(connection, county, towns)
        found = [_tiling(cells, towns, limits)]
        land = shapely.union_all(shapes(towns))
        shapely.prepare(land)
        found += [_features(connection, county, layer, cells, land) for layer in layers.every() if layer.located]
        found += [_lines(connection, county, layer, limits, land) for layer in layers.every() if layer.by_length]
        found += [_misfits(cells, towns, villages, county), _returned(connection, county, cells)]
    whole = pd.concat([each for each in found if len(each)] or [_frame([])], ignore_index=True)
    return gpd.GeoDataFrame(whole, geometry="geometry", crs=county.srid)


def _frame(rows: Sequence[dict[str, object]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)


def _tiling(cells: gpd.GeoDataFrame, towns: gpd.GeoDataFrame, limits: Thresholds) -> pd.DataFrame:
    """Give the faults by area; a cell of an unknown town strays as a whole."""
    places = {code: place for place, code in enumerate(towns["code"])}
    known = cells.assign(town=[places.get(code, -1) for code in cells["town_code"]])
    found = faults(known, shapes(towns), limits.width_m)
    found = found[found["area_m2"].astype(float) >= limits.area_m2]
    codes = cells["code"].to_numpy(object)
    names = [*towns["code"], ""]
    rows: list[dict[str, object]] = [
        {
            **{name: row[name] for name in ("kind", "area_m2", "width_m", "geometry")},
            "town": names[int(row["town"])],
            "cells": " ".join(codes[list(row["cells"])]),
        }
        for row in found.to_dict("records")
    ]
    return _frame(rows)


def _features(
    connection: sa.Connection, county: County, layer: Layer, cells: gpd.GeoDataFrame, land: BaseGeometry
) -> pd.DataFrame:
    """Give the features whose spot lies in no cell, or inside more than one; on a common border is in one."""
    table = county.schema.table(layer)
    point = table.c[spot_column(layer)]
    query = sa.select(table.c[layer.key], sa.func.ST_X(point), sa.func.ST_Y(point)).order_by(table.c[layer.key])
    rows = connection.execute(query).all()
    if not rows:
        return _frame([])
    keys = [str(row[0]) for row in rows]
    spots = np.asarray(shapely.points([row[1] for row in rows], [row[2] for row in rows]), dtype=object)
    areas, codes = shapes(cells), cells["code"].to_numpy(object)
    tree = shapely.STRtree(spots)
    touched = np.unique(tree.query(areas, predicate="intersects")[1])
    cell, spot = tree.query(areas, predicate="contains_properly")
    times = np.bincount(spot, minlength=len(spots))
    lost = np.setdiff1d(np.arange(len(spots)), touched)
    inland = shapely.intersects(land, spots[lost])
    found: list[dict[str, object]] = [
        {"kind": kind, "layer": layer.name, "object": keys[each], "geometry": spots[each]}
        for each, kind in zip(lost, np.where(inland, "in_none", BEYOND).tolist(), strict=True)
    ]
    for each in np.flatnonzero(times > 1):
        inside = " ".join(sorted(codes[cell[spot == each]]))
        row = {"kind": "in_several", "layer": layer.name, "object": keys[each], "geometry": spots[each]}
        found.append(row | {"cells": inside})
    return _frame(found)


def _lines(
    connection: sa.Connection, county: County, layer: Layer, limits: Thresholds, land: BaseGeometry
) -> pd.DataFrame:
    """Give the lines of which a length lies in no cell, and say whether any of that is inside a town."""
    table, length = county.schema.table(layer), county.schema.table(layers.one(Use.LINE_CELL))
    shape = sa.func.ST_AsBinary(table.c.geom)
    query = (
        sa.select(table.c[layer.key], length.c.length, shape)
        .join(length, length.c.object_id == table.c.id)
        .where(length.c.lies_in.is_(None), length.c.length >= limits.length_m)
        .order_by(table.c[layer.key])
    )
    rows = []
    for key, metres, wkb in connection.execute(query):
        line = shapely.from_wkb(bytes(wkb))
        inside_m = float(metres) - shapely.length(shapely.difference(line, land))
        kind, length_m = ("outside", inside_m) if inside_m >= limits.length_m else (BEYOND, float(metres))
        rows.append({"kind": kind, "layer": layer.name, "object": str(key), "length_m": length_m, "geometry": line})
    return _frame(rows)


def _misfits(cells: gpd.GeoDataFrame, towns: gpd.GeoDataFrame, villages: Villages, county: County) -> pd.DataFrame:
    """Give the cells whose code does not fit the county, the town or the village that they lie in."""
    by_town = cells.groupby("town_code")["code"].agg(lambda codes: codes.str[6:9].mode().iloc[0]).to_dict()
    doubled = {digits for digits in by_town.values() if list(by_town.values()).count(digits) > 1}
    lies = villages.of(shapes(cells), [str(each) for each in cells["town_code"]])
    parts = _village_digits(cells, lies)
    rows: list[dict[str, object]] = []
    known = set(towns["code"])
    for row, village in zip(cells.itertuples(), lies, strict=True):
        notes = []
        if row.code[:6] != f"{county.code:0>6}":
            notes.append(f"前6位应为 {county.code} · digits 1–6: expected {county.code}, got {row.code[:6]}")
        if row.town_code not in known:
            notes.append(f"没有镇街 {row.town_code} · no town {row.town_code} is stored")
        elif row.code[6:9] != by_town[row.town_code] or row.code[6:9] in doubled:
            notes.append(
                f"7–9位与镇街 {row.town_code} 不符 · digits 7–9: expected those of its town alone, got {row.code[6:9]}"
            )
        notes += _village_notes(row.code, row.village_code, village, parts) if len(villages.frame) else []
        rows += [
            {"kind": "code", "town": row.town_code, "cells": row.code, "note": note, "geometry": row.geometry}
            for note in notes
        ]
    return _frame(rows)


def _village_digits(cells: gpd.GeoDataFrame, lies: Sequence[str | None]) -> dict[str, str]:
    """Give the three digits that each village's cells should have: its own official ones, else those that most have."""
    parts = pd.DataFrame({"village": lies, "prefix": cells["code"].str[:9], "part": cells["code"].str[9:12]})
    named = parts[(parts["part"] != ACROSS) & parts["village"].notna()]
    found = named.groupby("village")["part"].agg(lambda part: part.mode().iloc[0]).to_dict()
    for village, prefix in zip(named["village"], named["prefix"], strict=True):
        found[village] = own_digits(village, prefix) or found[village]
    return {str(village): str(part) for village, part in found.items()}


def _village_notes(code: str, said: str | None, village: str | None, parts: dict[str, str]) -> list[str]:
    """Give what is wrong with the village part of a code, and with the village that the row names."""
    part, notes = code[9:12], []
    if part == ACROSS and village is not None:
        notes.append(f"10–12位为000但整格在村社 {village} 内 · digits 10–12 are 000, but it lies in village {village}")
    elif part != ACROSS and village is None:
        notes.append(f"10–12位为{part}但跨村社 · digits 10–12: expected 000 for a cell across villages, got {part}")
    elif village is not None and part != parts[village]:
        notes.append(
            f"10–12位应为 {parts[village]} · digits 10–12: expected {parts[village]} of village {village}, got {part}"
        )
    if said is not None and said != village:
        notes.append(f"村社代码应为 {village or '空'} · village_code: expected {village or 'none'}, got {said}")
    return notes


def _returned(connection: sa.Connection, county: County, cells: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give the cells in use whose code had ended before: a code that came back is used twice."""
    past = county.schema.past(layers.one(Use.CELL))
    now = county.schema.table(layers.one(Use.CELL))
    ended = past.c.valid_to.is_not(None) & (now.c.valid_to.is_(None) | (now.c.valid_to > past.c.valid_to))
    query = sa.select(now.c.code).join(past, past.c.code == now.c.code).where(ended | past.c.ended_by.is_not(None))
    codes = set(connection.scalars(query))
    back = cells[cells["code"].isin(codes)]
    note = "编码曾停用又启用 · the code ended before and came back: codes are never used twice"
    return _frame(
        [
            {"kind": "code", "town": row.town_code, "cells": row.code, "note": note, "geometry": row.geometry}
            for row in back.itertuples()
        ]
    )


def on_the_map(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give faults in EPSG:4326, each with the longitude and latitude of a point in it."""
    moved = from_storage(shapes(found), EXCHANGE, found.crs.to_epsg())
    spots = shapely.point_on_surface(moved)
    plain = pd.DataFrame(found.drop(columns="geometry")).assign(
        lon=shapely.get_x(spots).round(7), lat=shapely.get_y(spots).round(7)
    )
    return gpd.GeoDataFrame(plain, geometry=moved, crs=EXCHANGE)
