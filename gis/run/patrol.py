"""Patrol areas: units of work divided among workers, stored with their run."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
import sqlalchemy as sa

from gis import layers
from gis.crs import Geometries
from gis.errors import Refused
from gis.layer import Use
from gis.plan.districts import divide, sweeps
from gis.plan.evenness import Districts, Units
from gis.plan.exclaves import exclaves
from gis.plan.kept import Before
from gis.plan.units import WorkUnits, next_to, seeds, work_units
from gis.run.crew import Crew, listed, registered
from gis.run.handover import Move, Old, handed, moves, old_areas
from gis.run.record import Made, digest, record
from gis.run.workload import PERIOD_D, Floats, Integers, Work, minutes_of, work
from gis.store.county import County
from gis.store.fetch import features, shapes

FINEST = 0.03  # of a worker's load: what no unit should exceed where it can be cut


@dataclass(frozen=True, slots=True)
class How:
    """How areas are made: whole cells or parts of them, towns as walls or not, kept from which run, and how long for.

    `minutes` are those of a visit by kind, instead of ours; `seconds` only sets the steps of the search.
    """

    keep_cells: bool = False
    respect_towns: bool = False
    stable_from: str | None = None
    steps: int | None = None
    seconds: float | None = None
    minutes: Mapping[str, float] = field(default_factory=dict)
    period_d: float = PERIOD_D


@dataclass(frozen=True, slots=True)
class Patrol:
    """The areas that were made, how even they are, each town's own exclaves (name, m²), and areas without a worker.

    `total_load` is in minutes in the period; `heaviest_unit` in shares of a mean area; `joined` names the cells of
    parts that no street or border ties to the rest and that were too light for a worker of their own; `moved` tells
    which units changed hands, and why.
    """

    run: int
    workers: int
    units: int
    steps: int
    extra_pieces: int
    max_over_mean: float
    min_over_mean: float
    bound: float
    heaviest_unit: float
    rms_m: float
    total_load: float
    outside: int
    without_rule: int
    empty: tuple[int, ...]
    joined: tuple[str, ...]
    exclaves: tuple[tuple[str, float], ...]
    without_worker: int
    moved: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the plan is made from."""

    cells: gpd.GeoDataFrame
    towns: gpd.GeoDataFrame
    streets: Geometries
    barriers: Geometries
    crew: Crew
    work: Work
    minutes: Mapping[str, float]
    old: Old | None


def areas(county: County, *, workers: int | Path, seed: int = 0, how: How | None = None) -> Patrol:
    """Make one area per worker, or per row of a file of workers, and store them.

    Refused where there are no cells, fewer than one worker, or fewer workers than towns that are walls.
    """
    asked = how or How()
    ground = _ground(county, workers, asked)
    most = None if asked.keep_cells else _finest(ground)
    units = _units(ground, most)
    near = next_to(units.polygon, ground.streets, ground.barriers)
    given = Units(near.indptr.astype(np.int64), near.indices.astype(np.int32), units.load, units.xy)
    walls = _walls(ground, units) if asked.respect_towns else None
    if walls is not None and len(np.unique(walls)) > len(ground.crew.shares):
        towns, people = len(np.unique(walls)), len(ground.crew.shares)
        raise Refused(
            f"--respect town: 每个镇街至少一名网格员 · expected a worker for each of {towns} towns, got {people}"
        )
    before = None if ground.old is None else handed(ground.old, given, units, ground.crew)
    steps = asked.steps if asked.seconds is None else _steps_in(asked.seconds, given, ground.crew, walls, before)
    homes = ground.crew.homes
    found = divide(given, ground.crew.shares, homes=homes, seed=seed, steps=steps, walls=walls, before=before)
    moved = () if ground.old is None else moves(ground.old, units, found, ground.crew, ground.cells)
    made = Made(
        "patrol",
        {
            "workers": len(ground.crew.shares),
            "keep_cells": asked.keep_cells,
            "unit_minutes": most,
            "respect": "town" if asked.respect_towns else "none",
            "stable_from": asked.stable_from,
            "period_d": asked.period_d,
            "minutes": ground.minutes,
        },
        digest((shapes(ground.cells), units.load, units.xy, near.indptr, near.indices, ground.crew.shares)),
        seed=seed,
        steps=found.steps,
        objective=found.max_over_mean,
        bound=found.bound,
        result=_figures(ground, units, found) | {"moved": len(moved)},
    )
    with county.writing() as connection:
        run = record(connection, county, made)
        _store(connection, county, run, ground, units, found)
    return _told(run, ground, units, found, moved)


def _ground(county: County, workers: int | Path, asked: How) -> _Ground:
    if isinstance(workers, int) and workers < 1:
        raise Refused(f"--workers: expected at least 1, got {workers}")
    with county.reading() as connection:
        minutes = minutes_of(connection, county, asked.minutes)
        cells = features(connection, county, layers.one(Use.CELL))
        if cells.empty:
            raise Refused("no grid cells are stored: `wangge grid make` makes them")
        lines = {
            use: np.concatenate(
                [
                    np.empty(0, dtype=object),
                    *(shapes(features(connection, county, each)) for each in layers.using(use)),
                ]
            )
            for use in (Use.STREET, Use.BARRIER)
        }
        crew = registered(connection, county, workers) if isinstance(workers, int) else listed(county, workers)
        return _Ground(
            cells=cells,
            towns=features(connection, county, layers.one(Use.TOWN)),
            streets=lines[Use.STREET],
            barriers=lines[Use.BARRIER],
            crew=crew,
            minutes=minutes,
            work=work(connection, county, cells, lines[Use.STREET], minutes=minutes, period_d=asked.period_d),
            old=old_areas(connection, county, asked.stable_from) if asked.stable_from else None,
        )


def _finest(ground: _Ground) -> float:
    """Give the minutes that no unit should exceed: those of the run that is kept from, so that its units come again."""
    if ground.old is not None and ground.old.unit_minutes is not None:
        return ground.old.unit_minutes
    return FINEST * float(ground.work.minutes[ground.work.home >= 0].sum()) / len(ground.crew.shares)


def _units(ground: _Ground, most: float | None) -> WorkUnits:
    """Give the units: the streets of each cell, or whole cells where nothing says how much is too much."""
    spots, load, home = ground.work.spots, ground.work.minutes, ground.work.home
    if most is None:
        middles, of_cell = np.empty((0, 2)), np.empty(0, dtype=np.int64)
    else:
        middles, of_cell = seeds(spots, load, home, ground.work.street, most=most)
    return work_units(shapes(ground.cells), middles, of_cell, (spots, load, home))


def _walls(ground: _Ground, units: WorkUnits) -> Integers:
    """Give the number of the town of each unit, by the code of its cell."""
    return np.unique(ground.cells["town_code"].astype(str), return_inverse=True)[1].astype(np.int64)[units.cell]


def _steps_in(seconds: float, units: Units, crew: Crew, walls: Integers | None, before: Before | None) -> int:
    """Give how many steps fit into about so many seconds on this machine, from the time that a few take."""
    few = max(sweeps(len(units.indices)) // 20, 1)
    divide(units, crew.shares, homes=crew.homes, steps=1, walls=walls, before=before)  # compiles
    began = time.perf_counter()
    divide(units, crew.shares, homes=crew.homes, steps=few, walls=walls, before=before)
    return max(1, int(few * seconds / max(time.perf_counter() - began, 1e-6)))


def _figures(ground: _Ground, units: WorkUnits, found: Districts) -> dict[str, object]:
    mean = float(units.load.sum()) / len(found.load)
    return {
        "workers": len(found.load),
        "units": len(units.load),
        "extra_pieces": found.extra_pieces,
        "max_over_mean": found.max_over_mean,
        "min_over_mean": found.min_over_mean,
        "bound": found.bound,
        "heaviest_unit": float(units.load.max(initial=0.0)) / mean if mean else 0.0,
        "rms_m": found.rms_m,
        "total_load": float(units.load.sum()),
        "outside": ground.work.outside,
        "without_rule": ground.work.without_rule,
    }


def _told(run: int, ground: _Ground, units: WorkUnits, found: Districts, moved: tuple[Move, ...]) -> Patrol:
    outlying = exclaves(shapes(ground.towns))
    names = ground.towns["name"].to_numpy(dtype=object)[outlying["town"].to_numpy(int)]
    codes = ground.cells["code"].to_numpy(dtype=object)
    figures = _figures(ground, units, found)
    return Patrol(
        run=run,
        workers=len(found.load),
        units=len(units.load),
        steps=found.steps,
        extra_pieces=found.extra_pieces,
        max_over_mean=found.max_over_mean,
        min_over_mean=found.min_over_mean,
        bound=found.bound,
        heaviest_unit=float(str(figures["heaviest_unit"])),
        rms_m=found.rms_m,
        total_load=float(units.load.sum()),
        outside=ground.work.outside,
        without_rule=ground.work.without_rule,
        empty=found.empty,
        joined=tuple(sorted({str(codes[units.cell[each]]) for each in found.joined})),
        exclaves=tuple(zip(map(str, names), outlying["area_m2"].to_numpy(float).tolist(), strict=True)),
        without_worker=sum(code is None for code in ground.crew.codes),
        moved=moved,
    )


def _store(
    connection: sa.Connection, county: County, run: int, ground: _Ground, units: WorkUnits, found: Districts
) -> None:
    objects = np.bincount(found.label[units.unit[units.unit >= 0]], minlength=len(found.load))
    codes: Floats | Geometries = ground.cells["code"].to_numpy(dtype=object)
    rows = []
    for area in np.unique(found.label).tolist():
        inside = found.label == area
        shape = shapely.coverage_union_all(units.polygon[inside])
        multi = shape if shape.geom_type == "MultiPolygon" else shapely.multipolygons([shape])
        cells = np.unique(units.cell[inside])
        rows.append(
            {
                "code": f"{area + 1:03d}",
                "run_id": run,
                "worker_code": ground.crew.codes[area],
                "load": float(found.load[area]),
                "objects": int(objects[area]),
                "cells": len(cells),
                "pieces": int(shapely.get_num_geometries(multi)),
                "cell_codes": {"codes": codes[cells].tolist()},
                "geom": f"SRID={county.srid};{shapely.to_wkt(multi, rounding_precision=-1)}",
            }
        )
    connection.execute(sa.insert(county.schema.table(layers.one(Use.PATROL_AREA))), rows)
