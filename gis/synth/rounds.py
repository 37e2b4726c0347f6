"""Two years of checks in the invented county, as the systems of departments recorded them (合成)."""

from collections.abc import Mapping
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from gis import law, layers
from gis.synth import history
from gis.synth.history import OUTCOMES, Rounds
from gis.synth.kitchens import only
from gis.synth.settled import Settled

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Texts = NDArray[np.object_]

DAYS = 730
DONE = {"home_check": 0.85, "house_check": 0.95, "site_check": 0.97, "hot_work_check": 0.93}
"""How often a visit succeeds; nearly always elsewhere."""
NEVER = {"home_check": 0.09, "house_check": 0.12}
HOUSES_SINCE_D = 330.0
"""Patrols of houses began later than the visits of homes; sheds and garages are seldom looked at."""
SHEDS = 0.12
VOIDED = 0.0005
REASONS = np.array(["误录", "重复录入", "地址填错"], dtype=object)
ONE_DAY = "hot_work_check"


def stock(frames: Mapping[str, gpd.GeoDataFrame], jurisdiction: str, today: date) -> pd.DataFrame:
    """Give every patrolled object of the county with its interval, as `history.patrolled`, one after the other."""
    force = law.in_force(law.applicable(law.rules(), jurisdiction), today)
    patrolled = [layer for layer in layers.every() if layer.patrol is not None and layer.name in frames]
    found = [history.patrolled(layer, frames[layer.name], force) for layer in patrolled]
    return pd.concat(found, ignore_index=True)


def checks(objects: pd.DataFrame, workers: pd.DataFrame, *, seed: int, today: date) -> pd.DataFrame:
    """Give the checks of two years by time: `row` in `objects`, `outcome`, `seen` (local, no zone), `worker_code`.

    Reads `kind`, `interval_d`, `town` (code), `x`, `vacant`, `shed`, `since_d` (days before today from which an object
    is there) of the objects and `code`, `town_code` of the workers. `late` rows come in a later file; those with
    a `void_reason` do not count. A hot-work point is visited on its day or not at all.
    """
    rng = np.random.default_rng([seed, 40])
    kind = objects["kind"].to_numpy(object)
    points = np.flatnonzero(kind == ONE_DAY)
    other = np.flatnonzero((kind != ONE_DAY) & objects["interval_d"].notna() & ~_left_out(objects, rng))
    found = history.visits(_rounds(objects.iloc[other], rng), DAYS, rng)
    seen_points = points[rng.random(len(points)) < DONE[ONE_DAY]]
    row = np.concatenate([other[found.row], seen_points])
    day = np.concatenate([found.day - DAYS, -objects["since_d"].to_numpy(float)[seen_points]])
    outcome = np.concatenate([found.outcome, np.zeros(len(seen_points), np.int64)])
    empty = objects["vacant"].to_numpy(bool)[row] & (rng.random(len(row)) < 0.75)
    outcome[empty] = OUTCOMES.index("vacant")
    seen = history.local_instants(np.minimum(day, -1.0), today, rng)
    told = pd.DataFrame(
        {
            "row": row,
            "outcome": np.array(OUTCOMES, dtype=object)[outcome],
            "seen": seen,
            "worker_code": _workers(objects, workers)[row],
            "late": rng.random(len(row)) < history.LATE,
            "void_reason": only(rng.choice(REASONS, len(row)), rng.random(len(row)) < VOIDED),
        }
    )
    return told.sort_values(["seen", "row"], kind="stable", ignore_index=True)


def _left_out(objects: pd.DataFrame, rng: Generator) -> "NDArray[np.bool_]":
    return objects["shed"].to_numpy(bool) & (rng.random(len(objects)) > SHEDS)


def _rounds(objects: pd.DataFrame, rng: Generator) -> Rounds:
    kind = objects["kind"]
    done = np.array(kind.map(DONE).fillna(0.98), dtype=np.float64)
    done[rng.random(len(objects)) < kind.map(NEVER).fillna(0.01).to_numpy(float)] = 0.0
    since_d = np.minimum(objects["since_d"].to_numpy(float), DAYS - 0.5)
    late_start = np.where(kind == "house_check", HOUSES_SINCE_D + rng.uniform(-60, 60, len(objects)), DAYS)
    begin_d = np.asarray(DAYS - np.minimum(since_d, late_start), dtype=np.float64)
    return Rounds(objects["interval_d"].to_numpy(float), begin_d, done)


def _workers(objects: pd.DataFrame, workers: pd.DataFrame) -> Texts:
    """Give each object a worker of its town: equal shares from west to east; any worker where the town has none."""
    found = np.full(len(objects), None, dtype=object)
    every = workers["code"].to_numpy(object)
    if not len(every):
        return found
    order = np.lexsort((objects["x"].to_numpy(float), objects["town"].astype(str).to_numpy()))
    town = objects["town"].astype(str).to_numpy()[order]
    starts = np.flatnonzero(np.r_[True, town[1:] != town[:-1]])
    for first, end in zip(starts, [*starts[1:], len(town)], strict=True):
        own = workers.loc[workers["town_code"] == town[first], "code"].to_numpy(object)
        names = own if len(own) else every
        found[order[first:end]] = names[np.arange(end - first) * len(names) // (end - first)]
    return found


def towns_of(shapes: Texts, place: Settled) -> Texts:
    """Give the code of the town that each shape lies in, the nearest where it lies in none."""
    tree = shapely.STRtree(place.towns.geometry.to_numpy())
    nearest = tree.nearest(shapely.centroid(shapes))
    return np.asarray(place.towns["code"].to_numpy(object)[nearest], dtype=object)
