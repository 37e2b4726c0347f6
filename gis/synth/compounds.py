"""The invented county's residential compounds (小区): closed blocks of the core's lattice, and the slabs in them."""

from typing import NamedTuple

import numpy as np
import shapely
from numpy.random import Generator
from shapely import affinity
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from gis.synth.arrays import NO_SHAPES, Flags, Floats, Integers, Shapes
from gis.synth.edges import Block
from gis.synth.land import Land
from gis.synth.patches import Patch

FENCE_M, CLEAR_OF_FENCE_M, CLEAR_M, TRIES = 8.0, 4.0, 40.0, 12
EPOCHS = np.array([1988, 1998, 2006, 2014])
STYLES = ((6, 3, 48.0, 12.5, 27.0), (6, 4, 60.0, 13.0, 30.0), (11, 2, 40.0, 15.0, 38.0), (18, 1, 27.0, 18.0, 46.0))


class Slabs(NamedTuple):
    """Blocks of flats: footprints, the compound of each (from 0), its number there (幢), floors and homes."""

    footprints: Shapes
    compound: Integers
    block: Integers
    floors: Integers
    dwellings: Integers


def blocks(rng: Generator, ground: Land, core: Patch, count: int) -> list[Block]:
    """Give up to `count` blocks of the core's lattice, none overlapping, clear of water and main roads."""
    columns, rows = core.inside.shape
    taken = np.zeros((columns - 1, rows - 1), dtype=bool)
    barriers = shapely.union_all([line for each in ground.valleys for line in (each.water, each.road)])
    shapely.prepare(barriers)
    found: list[Block] = []
    for _ in range(max(300, 12 * count)):
        if len(found) == count:
            break
        wide, high = int(rng.integers(2, 4)), int(rng.integers(2, 5))
        west, south = int(rng.integers(0, max(columns - wide, 1))), int(rng.integers(0, max(rows - high, 1)))
        block = (west, west + wide, south, south + high)
        if _free(core, taken, block) and not shapely.dwithin(ring(core, block), barriers, CLEAR_M):
            taken[west : west + wide, south : south + high] = True
            found.append(block)
    return sorted(found)


def _free(core: Patch, taken: Flags, block: Block) -> bool:
    west, east, south, north = block
    inside = core.inside[west : east + 1, south : north + 1]
    through = core.main_column[west + 1 : east].any() or core.main_row[south + 1 : north].any()
    return bool(inside.shape == (east - west + 1, north - south + 1) and inside.all() and not through) and not bool(
        taken[west:east, south:north].any()
    )


def ring(core: Patch, block: Block) -> Polygon:
    """Give a block's outline along the lattice."""
    west, east, south, north = block
    place = core.place
    sides = [place[west:east, south], place[east, south:north], place[east:west:-1, north], place[west, north:south:-1]]
    return Polygon(np.vstack(sides))


def grounds(core: Patch, found: list[Block]) -> Shapes:
    """Give the compounds' areas: the blocks without the streets around them."""
    rings = np.array([ring(core, each) for each in found], dtype=object)
    return np.asarray(shapely.set_precision(shapely.buffer(rings, -FENCE_M, join_style="mitre"), 0.01), dtype=object)


def built_years(rng: Generator, count: int, latest: int) -> Integers:
    """Give the years of compounds: four waves of building."""
    wave = rng.choice(len(EPOCHS), count, p=[0.2, 0.3, 0.28, 0.22])
    return np.minimum(EPOCHS[wave] + rng.integers(0, 8, count), latest).astype(np.int64)


def slabs(rng: Generator, areas: Shapes, years: Integers, bearing: float) -> Slabs:
    """Give parallel slabs in each compound, facing south as far as the streets let them; later ones are taller.

    Blocks are numbered from the north-west, row by row. An area too small for one slab gets none.
    """
    parts = []
    for compound, (area, year) in enumerate(zip(areas, years.tolist(), strict=True)):
        style = STYLES[int(np.searchsorted(EPOCHS[1:], year, side="right"))]
        floors, units, wide_m, deep_m, apart_m = style
        tries = [_rows(rng, area, bearing, wide_m=wide_m, deep_m=deep_m, apart_m=apart_m) for _ in range(TRIES)]
        shapes = max(tries, key=len)
        count = len(shapes)
        high = floors + rng.integers(0, 1 + floors // 3, count)
        homes = high * units * (4 if floors >= 18 else 2)
        parts.append((shapes, np.full(count, compound), np.arange(1, count + 1), high, homes))
    if not parts:
        nothing = np.zeros(0, dtype=np.int64)
        return Slabs(NO_SHAPES, nothing, nothing, nothing, nothing)
    return Slabs(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _rows(
    rng: Generator, area: BaseGeometry, bearing: float, *, wide_m: float, deep_m: float, apart_m: float
) -> Shapes:
    """Give the rectangles of a compound in rows across it, north-west first, from a corner drawn at random."""
    flat = affinity.rotate(area, -bearing, origin=area.centroid, use_radians=True)
    west, south, east, north = flat.bounds
    x = np.arange(west + wide_m / 2 + rng.uniform(0, wide_m), east - wide_m / 2, wide_m + 9)
    y = np.arange(north - deep_m / 2 - rng.uniform(0, apart_m), south + deep_m / 2, -apart_m)
    middle: Floats = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2) + rng.uniform(-1.5, 1.5, (len(x) * len(y), 2))
    half = np.array([wide_m, deep_m]) / 2
    shapes = np.asarray(shapely.box(*(middle - half).T, *(middle + half).T), dtype=object)
    within = shapes[shapely.within(shapes, flat.buffer(-CLEAR_OF_FENCE_M)) & (rng.random(len(shapes)) < 0.94)]
    turned = [affinity.rotate(each, bearing, origin=area.centroid, use_radians=True) for each in within]
    return np.asarray(shapely.set_precision(np.array(turned, dtype=object), 0.01), dtype=object)
