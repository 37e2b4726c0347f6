"""The invented county's settlements as bent lattices: where the lanes of the core, towns and villages may run."""

from typing import NamedTuple

import numpy as np
import shapely
from numpy.random import Generator
from shapely.geometry import LineString

from gis.synth.arrays import Flags, Floats, two_nearest
from gis.synth.land import Core, Land

CORE = -1
SPACING_M = {"core": (92.0, 62.0), "seat": (86.0, 54.0), "lanes": (82.0, 50.0), "strip": (95.0, 48.0)}
ASPECT = {"seat": (1.3, 1.9), "lanes": (1.2, 2.2), "strip": (4.0, 8.0)}
PER_CELL, CHORD_M, MARGIN_M = 3.8, 250.0, 35.0
BIG_COLUMN, BIG_ROW = 6, 8


class Patch(NamedTuple):
    """A settlement's lattice: `place` (columns, rows, 2), whether each node is `inside`, and which lines are main.

    `seat` is the village's number, CORE for the core; `axis_row` is the row that the valley road already is (-1: none).
    """

    place: Floats
    inside: Flags
    main_column: Flags
    main_row: Flags
    seat: int
    axis_row: int


def patches(rng: Generator, ground: Land, *, roomy: float = 1.0) -> list[Patch]:
    """Give the core's lattice first, then each other village's, no node in another village's land or in the core.

    `roomy` stretches the area of the villages' lattices.
    """
    core = _core(rng, ground.core)
    outer = np.flatnonzero(ground.seats.valley >= 0).tolist()
    return [core, *_apart(ground, [_village(rng, ground, seat, roomy) for seat in outer])]


def _core(rng: Generator, core: Core) -> Patch:
    wide_m, high_m = core.half_m
    dx, dy = SPACING_M["core"]
    columns, rows = 2 * int(wide_m / dx) + 1, 2 * int(high_m / dy) + 1
    x, y = _steps(rng, columns, dx), _steps(rng, rows, dy)
    grid = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1)
    bent = grid + _wobble(rng, grid, high_m=min(30.0, wide_m / 40), wide_m=1400) + rng.normal(0, 2.0, grid.shape)
    place = core.place + bent @ _turned(core.bearing)
    inside = core.depth(place) < _rim(rng, np.arctan2(grid[..., 1], grid[..., 0]), 0.08)
    column, row = np.arange(columns) - columns // 2, np.arange(rows) - rows // 2
    return Patch(
        np.round(place, 2), inside, column % BIG_COLUMN == 0, row % BIG_ROW == BIG_ROW // 2, seat=CORE, axis_row=-1
    )


def _turned(bearing: float) -> Floats:
    return np.array([[np.cos(bearing), np.sin(bearing)], [-np.sin(bearing), np.cos(bearing)]])


def _steps(rng: Generator, count: int, step_m: float) -> Floats:
    """Give `count` places along a line, about evenly spaced, the middle one at 0."""
    places = np.cumsum(step_m * rng.uniform(0.78, 1.22, count))
    shifted: Floats = places - places[count // 2]
    return shifted


def _wobble(rng: Generator, grid: Floats, *, high_m: float, wide_m: float) -> Floats:
    """Give a smooth displacement of a lattice's nodes."""
    phase = rng.uniform(0, 2 * np.pi, 4)
    x, y = 2 * np.pi * grid[..., 0] / wide_m, 2 * np.pi * grid[..., 1] / wide_m
    return high_m * np.stack(
        [np.sin(0.4 * x + y + phase[0]) + np.sin(x + phase[1]), np.sin(x - 0.3 * y + phase[2]) + np.sin(y + phase[3])],
        axis=-1,
    )


def _rim(rng: Generator, turn: Floats, rough: float) -> Floats:
    waves = [rough * np.cos(n * turn + rng.uniform(0, 2 * np.pi)) / np.sqrt(n) for n in (2, 3, 5, 7)]
    rim: Floats = 1 + np.sum(waves, axis=0)
    return rim


def _village(rng: Generator, ground: Land, seat: int, roomy: float) -> Patch:
    """Give a village's lattice, bent along its valley road; its middle row is the road."""
    kind = str(ground.seats.kind[seat])
    dx, dy = SPACING_M[kind]
    area_m2 = roomy * max(ground.seats.houses[seat], 12) / PER_CELL * dx * dy
    aspect = float(rng.uniform(*ASPECT[kind]))
    high_m = max(float(np.sqrt(area_m2 / np.pi / aspect)), 0.9 * dy)
    wide_m = area_m2 / np.pi / high_m
    road = ground.valleys[int(ground.seats.valley[seat])].road
    columns, rows = 2 * int(np.ceil(wide_m / dx)) + 1, 2 * int(np.ceil(high_m / dy)) + 1
    along_m = ground.seats.along_m[seat] + _steps(rng, columns, dx)
    y = _steps(rng, rows, dy)
    grid = np.stack(np.meshgrid(along_m - ground.seats.along_m[seat], y, indexing="ij"), axis=-1)
    moved = _wobble(rng, grid, high_m=6.0, wide_m=420) + rng.normal(0, 1.5, grid.shape)
    moved *= np.minimum(np.abs(grid[..., 1:]) / 50, 1)
    place = _along(road, along_m, y, moved)
    depth = np.hypot(grid[..., 0] / wide_m, grid[..., 1] / high_m)
    inside = depth < _rim(rng, np.arctan2(grid[..., 1], grid[..., 0]), 0.16)
    inside &= ((along_m > 60) & (along_m < road.length - 10))[:, None]
    main = np.zeros(columns, dtype=bool)
    main[columns // 2] = kind == "seat"
    return Patch(np.round(place, 2), inside, main, np.zeros(rows, dtype=bool), seat=seat, axis_row=rows // 2)


def _along(road: LineString, along_m: Floats, y: Floats, moved: Floats) -> Floats:
    """Give the places beside a road at metres along it and off it; square to its course over half a kilometre."""
    before, here, after = (shapely.get_coordinates(road.interpolate(along_m + off)) for off in (-CHORD_M, 0, CHORD_M))
    ahead = (after - before) / np.maximum(np.hypot(*(after - before).T), 1e-9)[:, None]
    left = np.column_stack([-ahead[:, 1], ahead[:, 0]])
    off = y[None, :, None] * left[:, None, :]
    bend = moved[..., :1] * ahead[:, None, :] + moved[..., 1:] * left[:, None, :]
    found: Floats = here[:, None, :] + off + bend
    return found


def _apart(ground: Land, found: list[Patch]) -> list[Patch]:
    """Give the lattices without nodes that lie nearer to another seat, in the core or beyond the county."""
    if not found:
        return []
    places = np.vstack([each.place.reshape(-1, 2) for each in found])
    sizes = np.array([each.inside.size for each in found])
    owner = np.repeat([each.seat for each in found], sizes)
    away_m, nearest = two_nearest(ground.seats.place, places)
    own = (nearest[:, 0] == owner) & (away_m[:, 1] - away_m[:, 0] > MARGIN_M)
    own &= (ground.core.depth(places) > 1.1) & shapely.contains_xy(ground.outline.buffer(-60), places)
    parts = np.split(own, np.cumsum(sizes)[:-1])
    return [
        each._replace(inside=each.inside & part.reshape(each.inside.shape))
        for each, part in zip(found, parts, strict=True)
    ]
