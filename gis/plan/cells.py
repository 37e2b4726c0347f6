"""Grid cells (网格): made from street blocks inside towns and villages, and a cell parted into smaller ones."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil, sqrt
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from gis.plan.blocks import BARRIER, GRID_M, Blocks, Ground, bits, blocks_of, cuts, first_touched, noded
from gis.plan.communities import FULL, joined, parts_of
from gis.plan.parts import Web, parted, smoothed

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Shapes = NDArray[np.object_]

COARSE = 0.4  # blocks above so much of a cell are cut where a cell cannot be made of whole ones
FINE = 0.25  # into pieces of about so much
SLIVER_M = 20.0  # a block so near to a village belongs to it, where outlines of towns and villages disagree
COLUMNS = {"town": int, "village": int, "serial": int, "load": float}


@dataclass(frozen=True, slots=True)
class Wanted:
    """How large cells are: the target, the share of it under which a village joins a neighbour, the seed of cuts."""

    target: float = 400.0
    smallest: float = 0.5
    seed: int = 0


def make_cells(
    towns: Shapes, ground: Ground, points: Floats, load: Floats, wanted: Wanted, *, villages: Shapes | None = None
) -> gpd.GeoDataFrame:
    """Give the grid cells of all towns: `town`, `village`, `serial`, `load`, `geometry`, in storage metres.

    `town` and `village` are places in the arrays given; `village` is -1 where a cell crosses villages, or lies in none.
    Each village is parted into as many cells as bring them nearest to the target, along streets and water; a village
    of less than `smallest` targets first joins the neighbour in its town with which it makes the roundest whole of
    which no cell is over 1.25 targets. Blocks too large for that are cut straight across the main direction of their
    points. The cells of a town tile it; pieces of a town that share no border stay cells of their own, however light. A
    point counts in the first town and block that touches it; a point outside every town counts nowhere.

    `serial` runs 1, 2, … within a town and village: centroids are dealt from north to south into bands of about √n
    cells, and each band is numbered from west to east (Beijing's unit grids: W→E, N→S inside a community). The method
    is greedy and seeded; it promises tiling and connection, not balance.
    """
    areas = np.empty(0, dtype=object) if villages is None else villages
    own = first_touched(towns, shapely.get_coordinates(shapely.point_on_surface(areas)))
    home = first_touched(towns, points)
    found = []
    for town, outline in enumerate(towns):
        here = home == town
        inside = np.flatnonzero(own == town)
        made = _of_town(outline, areas[inside], ground, (points[here], load[here]), wanted)
        made["village"] = [int(inside[each]) if each >= 0 else -1 for each in made["village"]]
        made["serial"] = _serials(made)
        found.append(made.assign(town=town))
    frame = (
        pd.concat(found, ignore_index=True) if found else pd.DataFrame({name: [] for name in (*COLUMNS, "geometry")})
    )
    frame = frame.sort_values(["town", "village", "serial"], ignore_index=True)[[*COLUMNS, "geometry"]]
    return gpd.GeoDataFrame(frame.astype(COLUMNS), geometry="geometry")


def part_cell(
    cell: BaseGeometry,
    ground: Ground,
    points: Floats,
    load: Floats,
    parts: int,
    *,
    villages: Shapes | None = None,
    seed: int = 0,
) -> tuple[Shapes, Floats]:
    """Give a cell in so many connected parts of even load along streets, water and village lines; and their loads.

    The parts tile the cell but for the noding grid; `gis.plan.cutting.fitted` takes them to its very border. Fewer
    come out where the cell cannot be cut, more where it lies in more pieces: each has at least one part.
    """

    def shared(blocks: Blocks) -> _Groups:
        piece = _web(blocks).pieces()
        carried = np.bincount(piece, blocks.load)
        each = np.ones(len(carried), dtype=np.int64)
        for _ in range(parts - len(each)):
            each[np.argmax(carried / each)] += 1
        return _Groups(piece, each, _village_of(blocks.shapes, areas))

    areas = np.empty(0, dtype=object) if villages is None else villages[shapely.intersects(cell, villages)]
    rng = np.random.default_rng(seed)
    blocks, _, part = _cut_and_parted(cell, _lines(cell, areas, ground), (ground, points, load), shared, rng)
    shapes = _unions(blocks.shapes, part)
    return shapes, np.bincount(part, blocks.load, minlength=len(shapes)).astype(np.float64)


class _Groups(NamedTuple):
    """Blocks that are parted together: the group of each block, the parts of each group, the village of each block."""

    group: Integers
    parts: Integers
    village: Integers


def _of_town(
    town: BaseGeometry, villages: Shapes, ground: Ground, carried: tuple[Floats, Floats], wanted: Wanted
) -> pd.DataFrame:
    """Give the cells of one town: `village` (place in `villages`, -1 across), `load`, `geometry`."""

    def communities(blocks: Blocks) -> _Groups:
        village = _village_of(blocks.shapes, villages)
        unit = _web(blocks, village, apart=True).pieces()
        group = joined(blocks, unit, target=wanted.target, smallest=wanted.smallest)
        loads = np.bincount(group, blocks.load)
        return _Groups(
            group, np.array([parts_of(load, wanted.target) for load in loads.tolist()], dtype=np.int64), village
        )

    rng = np.random.default_rng(wanted.seed)
    blocks, village, part = _cut_and_parted(town, _lines(town, villages, ground), (ground, *carried), communities, rng)
    shapes = _unions(blocks.shapes, part)
    low, high = np.full(len(shapes), len(villages)), np.full(len(shapes), -1)
    np.minimum.at(low, part, village)
    np.maximum.at(high, part, village)
    loads = np.bincount(part, blocks.load, minlength=len(shapes))
    return pd.DataFrame({"village": np.where(low == high, low, -1), "load": loads, "geometry": shapes})


def _cut_and_parted(
    area: BaseGeometry,
    lines: Shapes,
    carried: tuple[Ground, Floats, Floats],
    groups: Callable[[Blocks], _Groups],
    rng: Generator,
) -> tuple[Blocks, Integers, Integers]:
    """Give the blocks of an area, the village of each and its part; blocks too heavy for even parts are cut first."""
    edges = noded(area, lines)
    blocks = blocks_of(area, edges, *carried)
    found = groups(blocks)
    part = _parted(blocks, found, rng)
    _, points, load = carried
    cut: list[BaseGeometry] = []
    for block, piece in _too_heavy(blocks, found, part):
        mine = blocks.home == block
        cut += cuts(blocks.shapes[block], points[mine], load[mine], piece)
    if cut:
        edges = shapely.unary_union([edges, *cut], grid_size=GRID_M)
        fresh = blocks_of(area, edges, *carried)
        inside = shapely.get_coordinates(shapely.point_on_surface(fresh.shapes))
        of = first_touched(blocks.shapes, inside)
        found = _Groups(found.group[of], found.parts, found.village[of])
        blocks, part = fresh, _parted(fresh, found, rng)
    return blocks, found.village, part


def _lines(area: BaseGeometry, villages: Shapes, ground: Ground) -> Shapes:
    """Give the bits of streets, water and village lines that meet an area."""
    borders = bits(shapely.get_parts(shapely.boundary(villages)))
    return np.concatenate((ground.near(area), borders[shapely.dwithin(area, borders, GRID_M)]))


def _web(blocks: Blocks, village: Integers | None = None, *, apart: bool = False) -> Web:
    """Give the web of blocks; a border between villages is as good as water, or none at all if they are kept apart."""
    first, second, metres, _ = blocks.borders
    cost = metres * blocks.cost
    if village is not None:
        across = village[first] != village[second]
        cost = np.where(across, metres * BARRIER, cost)
        if apart:
            first, second, metres, cost = (each[~across] for each in (first, second, metres, cost))
    size = max(len(blocks.load), 1)
    pair, inverse = np.unique(first * size + second, return_inverse=True)
    summed = [np.bincount(inverse, each, minlength=len(pair)).astype(np.float64) for each in (metres, cost)]
    return Web(blocks.load, shapely.area(blocks.shapes), pair // size, pair % size, summed[0], summed[1])


def _parted(blocks: Blocks, groups: _Groups, rng: Generator) -> Integers:
    """Give the part of each block, numbered through all groups."""
    web = _web(blocks, groups.village)
    part = np.zeros(len(blocks.load), dtype=np.int64)
    for group, parts in enumerate(groups.parts.tolist()):
        members = np.flatnonzero(groups.group == group)
        own = web.of(members)
        part[members] = part.max() + 1 if group else 0
        if parts > 1:
            part[members] += smoothed(own, parted(own, parts, rng))
    return part


def _too_heavy(blocks: Blocks, groups: _Groups, part: Integers) -> Iterator[tuple[int, float]]:
    """Give the blocks to be cut and the load of the pieces: those above a share of a cell, where parts are uneven."""
    loads = np.bincount(part, blocks.load)
    whole = np.bincount(groups.group, blocks.load, minlength=len(groups.parts)) / groups.parts
    wanted = whole[groups.group]
    uneven = (groups.parts[groups.group] > 1) & (np.abs(loads[part] - wanted) > (FULL - 1) * wanted)
    bad = np.isin(groups.group, groups.group[uneven])
    for block in np.flatnonzero(bad & (blocks.load > COARSE * wanted)).tolist():
        yield block, FINE * float(wanted[block])


def _village_of(blocks: Shapes, villages: Shapes) -> Integers:
    """Give the village in which each block lies, or the nearest within `SLIVER_M`; -1 where there is none."""
    inside = np.asarray(shapely.point_on_surface(blocks), dtype=object)
    village = first_touched(villages, shapely.get_coordinates(inside))
    lost = np.flatnonzero(village < 0)
    if len(lost) and len(villages):
        near = STRtree(villages).query_nearest(inside[lost], max_distance=SLIVER_M, all_matches=False)
        village[lost[near[0]]] = near[1]
    return village


def _unions(blocks: Shapes, part: Integers) -> Shapes:
    return np.array([shapely.coverage_union_all(blocks[part == each]) for each in range(part.max(initial=-1) + 1)])


def _serials(cells: pd.DataFrame) -> Integers:
    """Give the number of each cell within its village."""
    serial = np.zeros(len(cells), dtype=np.int64)
    village = cells["village"].to_numpy(int)
    shapes = cells["geometry"].to_numpy(object)
    for each in np.unique(village):
        mine = np.flatnonzero(village == each)
        serial[mine[serial_order(shapes[mine])]] = np.arange(1, len(mine) + 1)
    return serial


def serial_order(shapes: Shapes) -> Integers:
    """Give the places of shapes in the order of their numbers: bands from north to south, each from west to east."""
    x, y = shapely.get_coordinates(shapely.centroid(shapes)).T
    southward = np.lexsort((x, -y))
    bands = ceil(sqrt(len(shapes)))
    band = np.empty(len(shapes), dtype=np.int64)
    band[southward] = np.arange(len(shapes)) * bands // max(len(shapes), 1)
    return np.lexsort((-y, x, band)).astype(np.int64)
