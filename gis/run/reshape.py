"""Grid cells split, merged and renumbered: the old ones end, new ones begin, and what lies in them follows."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from gis import layers
from gis.crs import Geometries
from gis.errors import Refused, UnknownName
from gis.layer import Use
from gis.plan.blocks import first_touched
from gis.plan.cells import part_cell, serial_order
from gis.plan.cutting import cut_along, fitted, made_one, narrow
from gis.plan.tiling import faults
from gis.run.cell_change import Change, Changed, Order, carried_out, held
from gis.run.cell_codes import codes_of, villages_of
from gis.run.cell_load import carried, ground_of
from gis.run.drawn import Drawn
from gis.store.county import County
from gis.store.fetch import features, shapes
from gis.store.repeat import retried
from gis.store.town import town_named

NARROW_M = 2.0
"""A part that is nowhere so wide is a sliver, and no cell."""


def split(
    county: County,
    code: str,
    order: Order,
    *,
    parts: int | None = None,
    line: Drawn | None = None,
    pieces: Drawn | None = None,
    seed: int = 0,
) -> Changed:
    """Split a cell into `parts` of even load along streets, along a drawn line, or into drawn polygons.

    The parts tile the cell exactly. A line that ends within the drawing's tolerance of the border is led on to it;
    polygons may leave the cell, lack parts of it or overlap where that is narrower than the tolerance. Refused where
    that fails, where other than `parts` parts come out, and where one would be a sliver.
    """

    def write(connection: sa.Connection) -> Changed:
        held(connection)
        cell = _cells(connection, county, [code], order)
        shape = cell.geometry.iloc[0]
        if line is not None:
            found = _along(shape, line)
        elif pieces is not None:
            found = _into(shape, pieces)
        else:
            found = _evenly(connection, county, cell, parts or 2, seed=seed)
        _refuse_poor(code, found)
        town = str(cell["town_code"].iloc[0])
        children = _children(connection, county, [(town, each) for each in found], cell)
        drawing = line or pieces
        parameters: dict[str, object] = {"cell": code, "parts": len(found), "file": drawing.name if drawing else None}
        pairs = [(code, child) for child in children["code"]]
        return carried_out(connection, county, Change("split", order, cell, children, pairs, parameters, seed=seed))

    return retried(county, write)


def merge(county: County, codes: Sequence[str], order: Order, *, tolerance_m: float = 0.01) -> Changed:
    """Merge cells of one town that touch into one. Refused where they do not hang together by a metre of border."""
    if len(set(codes)) < 2 or len(set(codes)) < len(codes):
        raise Refused(f"merge: 需要两个或更多不同的网格 · expected two or more different cells, got {' '.join(codes)}")

    def write(connection: sa.Connection) -> Changed:
        held(connection)
        cells = _cells(connection, county, codes, order)
        towns = sorted(set(cells["town_code"]))
        if len(towns) > 1:
            raise Refused(f"网格属于不同镇街，不能合并 · cells of one town are merged, got towns {', '.join(towns)}")
        whole = made_one(shapes(cells), tolerance_m=tolerance_m)
        if whole is None:
            raise Refused(
                f"网格不相连 · cells {' '.join(codes)}: expected a common border of 1 m or more, got cells that do not "
                f"touch (gaps up to {tolerance_m:g} m count as none)"
            )
        children = _children(connection, county, [(towns[0], whole)], cells)
        pairs = [(str(code), str(children["code"].iloc[0])) for code in cells["code"]]
        return carried_out(connection, county, Change("merge", order, cells, children, pairs, {"cells": sorted(codes)}))

    return retried(county, write)


def renumber(county: County, order: Order, *, village: str | None = None, town: str | None = None) -> Changed:
    """Give the cells of a village or town new codes, west to east in bands from north to south; shapes stay.

    The old codes end and are not used again, so the new serials follow those used before. Refused where no cell is in
    use there.
    """

    def write(connection: sa.Connection) -> Changed:
        held(connection)
        every = _in_use(connection, county, order)
        if town is not None:
            cells = every[every["town_code"] == town_named(connection, county, town).code]
        else:
            cells = every[every["village_code"] == village]
        if cells.empty:
            raise Refused(f"没有在用的网格 · no cell is in use in {town or village}")
        groups = cells.groupby("village_code", dropna=False, sort=True)
        cells = pd.concat([each.iloc[serial_order(shapes(each))] for _, each in groups])
        keys = list(zip(cells["town_code"].astype(str), shapes(cells), strict=True))
        children = _children(connection, county, keys, cells)
        pairs = list(zip(cells["code"].astype(str), children["code"].astype(str), strict=True))
        parameters = {"village": village, "town": town}
        return carried_out(connection, county, Change("renumber", order, cells, children, pairs, parameters))

    return retried(county, write)


def _in_use(connection: sa.Connection, county: County, order: Order) -> gpd.GeoDataFrame:
    """Give the cells that are in use on the day of a change and have no end after it."""
    return features(connection, county, layers.one(Use.CELL), on=order.on)


def _cells(connection: sa.Connection, county: County, codes: Sequence[str], order: Order) -> gpd.GeoDataFrame:
    """Give these cells; UnknownName where one was never there, Refused where it is not in use on the day."""
    every = _in_use(connection, county, order)
    found = every[every["code"].isin(codes)]
    missing = sorted(set(codes) - set(found["code"]))
    if not missing:
        return found
    table = county.schema.table(layers.one(Use.CELL))
    query = sa.select(table.c.code, table.c.valid_from, table.c.valid_to).where(table.c.code == missing[0])
    row = connection.execute(query).first()
    if row is None:
        raise UnknownName(f"没有网格 {missing[0]} · no cell {missing[0]}: expected the code of a cell in use")
    until = row.valid_to or ""
    raise Refused(
        f"网格 {row.code} 在 {order.on} 不在用 · cell {row.code} is in use from {row.valid_from} to {until}, "
        f"not on {order.on}"
    )


def _children(
    connection: sa.Connection, county: County, parts: Sequence[tuple[str, BaseGeometry]], parents: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Give new cells with codes of the villages that they lie in, numbered W→E in bands N→S, and what they carry."""
    towns = features(connection, county, layers.one(Use.TOWN))
    villages = villages_of(connection, county, towns)
    areas = np.array([shape for _, shape in parts], dtype=object)
    of_town = [town for town, _ in parts]
    of_village = villages.of(areas, of_town)
    old = [str(each)[:6] for each in parents["professional_code"].dropna()]
    codes = codes_of(connection, county, towns, villages, professional=old[0] if old else "")
    ids = [int(each) for each in parents["id"]]
    load = carried(connection, county, cells=ids, kind=parents["load_kind"].iloc[0])
    counts = np.zeros(len(areas), dtype=np.int64)
    home = first_touched(areas, load.points)
    np.add.at(counts, home[home >= 0], 1)
    frame = pd.DataFrame(
        {
            "town_code": of_town,
            "village_code": pd.Series(of_village, dtype=object),
            "load": counts.astype(float),
            "geometry": areas,
        }
    )
    if len(parents) == 1:
        frame = frame.iloc[serial_order(areas)].reset_index(drop=True)
    keys = list(zip(frame["town_code"], frame["village_code"], strict=True))
    return frame.assign(
        code=[codes.given(*each) for each in keys],
        professional_code=pd.Series([codes.professional(*each, alone=False) for each in keys], dtype=object),
        code_scheme="local",
        load_kind=load.kind,
    )


def _evenly(connection: sa.Connection, county: County, cell: gpd.GeoDataFrame, parts: int, *, seed: int) -> Geometries:
    load = carried(connection, county, cells=[int(cell["id"].iloc[0])], kind=cell["load_kind"].iloc[0])
    shape = cell.geometry.iloc[0]
    areas = shapes(features(connection, county, layers.one(Use.VILLAGE)))
    ground = ground_of(connection, county)
    pieces, _ = part_cell(shape, ground, load.points, load.load, parts, villages=areas, seed=seed)
    if len(pieces) != parts:
        code = cell["code"].iloc[0]
        raise Refused(
            f"网格 {code} 只能分成{len(pieces)}份，要求{parts}份 · cell {code}: expected {parts} parts, got "
            f"{len(pieces)}; draw a line and use --line"
        )
    return fitted(shape, pieces)


def _along(cell: BaseGeometry, line: Drawn) -> Geometries:
    lines, file, reach_m = line.shapes, line, line.tolerance_m
    wrong = [each.geom_type for each in lines if shapely.get_dimensions(each) != 1]
    if wrong or not len(lines):
        raise Refused(f"{file.name}: 应为线 · expected lines, got {wrong[0] if wrong else 'no row'}")
    found = cut_along(cell, shapely.union_all(lines), reach_m=reach_m)
    if len(found) < 2:
        raise Refused(
            f"{file.name}: 线没有切开网格 · the line does not cut the cell: expected both ends on its border or "
            f"beyond, or within {reach_m:g} m of it"
        )
    return found


def _into(cell: BaseGeometry, drawing: Drawn) -> Geometries:
    pieces, file, tolerance_m = drawing.shapes, drawing, drawing.tolerance_m
    wrong = [each.geom_type for each in pieces if shapely.get_dimensions(each) != 2]
    if wrong or len(pieces) < 2:
        got = wrong[0] if wrong else f"{len(pieces)} rows"
        raise Refused(f"{file.name}: 应为两个以上的面 · expected two or more polygons, got {got}")
    frame = gpd.GeoDataFrame({"town": np.zeros(len(pieces), dtype=int)}, geometry=pieces)
    found = faults(frame, np.array([cell], dtype=object), tolerance_m)
    if len(found):
        worst = found.sort_values("area_m2", ascending=False, kind="stable").iloc[0]
        rows = ", ".join(str(each + 1) for each in worst["cells"])
        raise Refused(
            f"{file.name}: 面没有铺满网格：{len(found)}处，最大 {worst['area_m2']:.2f} m² · the polygons do not tile "
            f"the cell: {worst['kind']} of {worst['area_m2']:.2f} m², {worst['width_m']:.3f} m wide, at rows {rows}; "
            f"--tolerance allows {tolerance_m:g} m"
        )
    return fitted(cell, pieces)


def _refuse_poor(code: str, parts: Geometries) -> None:
    thin = narrow(parts, NARROW_M)
    if thin.any():
        area = float(shapely.area(parts[thin]).min())
        raise Refused(
            f"网格 {code} 会切出不足 {NARROW_M:g} 米宽的碎块 · cell {code}: a part of {area:.2f} m² would be nowhere "
            f"{NARROW_M:g} m wide"
        )
