"""Patrol areas: units of work divided among workers, stored with their run."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
import sqlalchemy as sa

from gis import layers
from gis.crs import Geometries
from gis.errors import Refused
from gis.layer import Use
from gis.plan.evenness import Districts, Units
from gis.plan.exclaves import exclaves
from gis.plan.units import WorkUnits, next_to, seeds, work_units
from gis.run.adopt import adopted
from gis.run.crew import Crew, listed, registered
from gis.run.division import Respect, solved, task
from gis.run.handover import PLAN, Move, Old, moves, old_areas
from gis.run.record import Made, digest, record
from gis.run.skills import Lack, dealt, lacks
from gis.run.workload import PERIOD_D, Floats, Work, minutes_of, work
from gis.store.county import County
from gis.store.fetch import features, shapes

SKILLS = tuple(sorted({layer.patrol.skill for layer in layers.every() if layer.patrol and layer.patrol.skill}))
FINEST = 0.03  # of a worker's load: what no unit should exceed where it can be cut


@dataclass(frozen=True, slots=True)
class How:
    """How areas are made: of whole cells or parts, what they respect, kept from which run, and how long for.

    `minutes` are those of a visit by kind, instead of ours; `seconds` only sets the steps of the search. From `from_on`
    on the areas are in force; without it they are only proposed.
    """

    keep_cells: bool = False
    respect: Respect = Respect.NONE
    stable_from: str | None = None
    steps: int | None = None
    seconds: float | None = None
    minutes: Mapping[str, float] = field(default_factory=dict)
    period_d: float = PERIOD_D
    from_on: date | None = None


@dataclass(frozen=True, slots=True)
class Patrol:
    """The areas that were made, how even they are, each town's own exclaves (name, m²), and areas without a worker.

    `total_load` is in minutes in the period; `heaviest_unit` in shares of a mean area; `joined` names the cells of
    parts that no street or border ties to the rest and that were too light for a worker of their own; `moved` tells
    which units changed hands, and why, `lacking` which workers do not know what some of their work needs;
    `skills_unknown` are those whose skills are not on record: they count as knowing everything.
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
    lacking: tuple[Lack, ...]
    skills_unknown: tuple[str, ...]


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
    wanted = task(given, units, ground.cells, ground.crew, respect=asked.respect, old=ground.old)
    found = solved(wanted, ground.crew, seed=seed, steps=asked.steps, seconds=asked.seconds)
    needs = _needs(ground, units, found)
    people = ground.crew.inputs()
    if ground.old is None:
        ground = replace(ground, crew=dealt(ground.crew, SKILLS, needs))
    moved = () if ground.old is None else moves(ground.old, units, found, ground.crew, ground.cells)
    made = Made(
        PLAN,
        _parameters(asked, ground, most),
        digest((shapes(ground.cells), units.load, units.xy, near.indptr, near.indices, *people)),
        seed=seed,
        steps=found.steps,
        objective=found.max_over_mean,
        bound=found.bound,
        result=_figures(ground, units, found) | {"moved": len(moved)},
    )
    with county.writing() as connection:
        run = record(connection, county, made)
        _store(connection, county, run, ground, units, found)
        if asked.from_on is not None:
            adopted(connection, county, run, asked.from_on)
    return _told(run, ground, units, found, moved=moved, lacking=lacks(ground.crew, SKILLS, needs))


def _parameters(asked: How, ground: _Ground, unit_minutes: float | None) -> dict[str, object]:
    return {
        "workers": len(ground.crew.shares),
        "keep_cells": asked.keep_cells,
        "unit_minutes": unit_minutes,
        "respect": asked.respect.value,
        "stable_from": asked.stable_from,
        "period_d": asked.period_d,
        "minutes": ground.minutes,
    }


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
        day = asked.from_on or county.today()
        if isinstance(workers, int):
            crew = registered(connection, county, workers, day)
        else:
            crew = listed(connection, county, workers, day)
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


def _needs(ground: _Ground, units: WorkUnits, found: Districts) -> Floats:
    """Give the minutes of each district's work that need each of the skills."""
    held = units.unit >= 0
    area, minutes, skill = found.label[units.unit[held]], ground.work.minutes[held], ground.work.skill[held]
    return np.stack(
        [np.bincount(area, minutes * (skill == each), minlength=len(found.load)) for each in SKILLS], axis=1
    ).astype(np.float64)


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


def _told(
    run: int, ground: _Ground, units: WorkUnits, found: Districts, *, moved: tuple[Move, ...], lacking: tuple[Lack, ...]
) -> Patrol:
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
        lacking=lacking,
        skills_unknown=ground.crew.unknown,
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
