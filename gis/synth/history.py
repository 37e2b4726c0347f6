"""Invented histories of checks: a seeded process over the years before a given day."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from gis.errors import DefinitionError
from gis.law import Force, ruling
from gis.layer import Layer
from gis.synth.delivery import LABEL

OUTCOMES = ("done", "no_answer", "refused", "vacant", "not_found")
SHARES = (0.86, 0.08, 0.02, 0.03, 0.01)
DONE = SHARES[0]
NEVER, LAPSED, LATE = 0.10, 0.18, 0.03
RECENT_D, COARSE_D = 45.0, 30.0

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def patrolled(layer: Layer, frame: pd.DataFrame, force: Force) -> pd.DataFrame:
    """Give the objects of a patrolled layer with the interval that the rules in force give each.

    Reads the layer's key and class columns, and `id` and `geometry` where there are. Columns: `layer`, `object_key`,
    `object_id` (empty without `id`), `kind`, `category`, `interval_d` (NaN without a rule), `x` (0 without geometry).
    """
    if layer.patrol is None:
        raise DefinitionError(f"layer {layer.name}: declares no patrol, so there is nothing to check")
    patrol = layer.patrol
    classes = frame[patrol.by] if patrol.by else pd.Series([None] * len(frame), index=frame.index)
    category = [patrol.unknown if pd.isna(each) else str(each) for each in classes]
    found = {each: ruling(force, patrol.kind, each) for each in sorted(set(category))}
    interval_d = {each: rule.amount for each, rule in found.items() if rule is not None and rule.unit == "d"}
    return pd.DataFrame(
        {
            "layer": layer.name,
            "object_key": frame[layer.key].to_numpy(),
            "object_id": frame["id"].to_numpy() if "id" in frame else None,
            "kind": patrol.kind,
            "category": category,
            "interval_d": [interval_d.get(each, np.nan) for each in category],
            "x": frame.geometry.centroid.x.to_numpy() if isinstance(frame, gpd.GeoDataFrame) else 0.0,
        }
    )


def checks(
    objects: pd.DataFrame,
    workers: Sequence[str],
    *,
    seed: int,
    today: date,
    timezone: str = "Asia/Shanghai",
    days: int = 730,
) -> pd.DataFrame:
    """Give invented checks of the `days` before `today`, by time.

    Reads the columns that `patrolled` gives; gives those of the check layer, `object_key` beside `object_id`, and
    `recorded_at`. An object without an interval is not visited, one in ten is never reached. Instants are in UTC, the
    last before today's midnight in `timezone`; 3 % are recorded late. Equal inputs give equal rows in any order.
    """
    visited = objects[objects["interval_d"].notna()].sort_values(["layer", "object_key"]).reset_index(drop=True)
    rng = np.random.default_rng([seed, 4])
    count = len(visited)
    never = rng.random(count) < NEVER
    rounds = Rounds(visited["interval_d"].to_numpy(float), np.zeros(count), np.where(never, 0.0, DONE))
    found = visits(rounds, days, rng)
    midnight = datetime.combine(today, datetime.min.time(), ZoneInfo(timezone))
    seen = _instants(found.day - days, midnight, rng)
    late = rng.random(len(seen)) < LATE
    chosen = visited.iloc[found.row].reset_index(drop=True)
    names = _workers(visited["x"].to_numpy(float), list(workers))
    told = pd.DataFrame(
        {
            "uid": version_seven(seen, rng),
            **{name: chosen[name] for name in ("layer", "object_id", "object_key", "kind")},
            "outcome": np.array(OUTCOMES)[found.outcome],
            "seen_at": seen,
            "recorded_at": recorded(seen, late, pd.Timestamp(midnight), rng),
            "worker_code": names[found.row],
            "note": f"{LABEL}数据",
            "source": "synth",
            "synthetic": True,
        }
    )
    return told.sort_values(["seen_at", "uid"], ignore_index=True)


def recorded(
    seen: "pd.Series[pd.Timestamp]", late: NDArray[np.bool_], end: pd.Timestamp, rng: Generator
) -> "pd.Series[pd.Timestamp]":
    """Give when visits were recorded: about an hour after they were made, the late ones up to 20 days, all by `end`."""
    after_s = np.where(late, rng.uniform(0, 20 * 86_400, len(seen)), rng.exponential(3600, len(seen)))
    found = seen + pd.to_timedelta(after_s.round(), unit="s")
    return found.where(found < end, end.tz_convert("UTC"))


class Rounds(NamedTuple):
    """How each object is visited: every how many days, from which day on, and how often a visit succeeds (0: never)."""

    interval_d: Floats
    begin_d: Floats
    done: Floats


class Visits(NamedTuple):
    """Visits round by round: the object's place, the day counted from 0, the place of the outcome in `OUTCOMES`."""

    row: Integers
    day: Floats
    outcome: Integers


def visits(rounds: Rounds, days: int, rng: Generator) -> Visits:
    """Give the visits of `days` days: a little before or after each is due, again within three weeks without success.

    About one object in five falls out of the rounds at some time. Before the last 45 days an interval under 30 days is
    drawn as 30, so that daily rounds do not fill the table.
    """
    interval_d, begin_d, done = rounds
    count = len(interval_d)
    never = done == 0
    last = np.where(rng.random(count) < LAPSED, rng.uniform(begin_d, days, count), float(days))
    at = begin_d + rng.uniform(0, np.clip(interval_d, COARSE_D, days - begin_d), count)
    found: list[tuple[Integers, Floats, Integers]] = []
    active = np.flatnonzero(at < last)
    while active.size:
        failed = rng.choice(np.arange(1, len(OUTCOMES)), active.size, p=np.array(SHARES[1:]) / sum(SHARES[1:]))
        outcome = np.where(rng.random(active.size) < done[active], 0, failed).astype(np.int64)
        found.append((active, at[active].copy(), outcome))
        pace = interval_d[active]
        pace = np.where((pace < COARSE_D) & (at[active] < days - RECENT_D), COARSE_D, pace)
        step = pace * rng.uniform(0.78, 1.06, active.size)
        again = (outcome != 0) & ~never[active] & (rng.random(active.size) < 0.7)
        at[active] += np.where(again, np.minimum(step, rng.uniform(3, 20, active.size)), step)
        at[active] += np.where(never[active], 90.0, 0.0)
        active = active[at[active] < last[active]]
    if not found:
        return Visits(np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64))
    row, day, outcome = (np.concatenate(each) for each in zip(*found, strict=True))
    return Visits(row.astype(np.int64), day, outcome.astype(np.int64))


def local_instants(day: Floats, today: date, rng: Generator) -> "NDArray[np.datetime64]":
    """Give instants without zone, to the second, between 8 and 18 o'clock of days counted from `today` (negative)."""
    dates = np.datetime64(today, "s") + (np.floor(day).astype(np.int64) * 86_400).astype("timedelta64[s]")
    clock = rng.integers(8 * 3600, 18 * 3600, len(day)).astype("timedelta64[s]")
    return np.asarray(dates + clock, dtype="datetime64[s]")


def _instants(day: Floats, midnight: datetime, rng: Generator) -> "pd.Series[pd.Timestamp]":
    """Give such instants in UTC, in the zone of `midnight`, which begins today."""
    local = pd.Series(local_instants(day, midnight.date(), rng).astype("datetime64[ns]"))
    return local.dt.tz_localize(midnight.tzinfo).dt.tz_convert("UTC")


def _workers(x: Floats, workers: list[str]) -> NDArray[np.object_]:
    """Give each object a worker: equal shares from west to east."""
    if not workers:
        return np.full(len(x), None, dtype=object)
    place = np.empty(len(x), dtype=np.int64)
    place[np.argsort(x, kind="stable")] = np.arange(len(x))
    return np.array(workers, dtype=object)[place * len(workers) // max(len(x), 1)]


def version_seven(instants: "pd.Series[pd.Timestamp]", rng: Generator) -> list[UUID]:
    """Give a UUID of version 7 (RFC 9562) for each instant: its milliseconds, then bits from `rng`."""
    stamps = instants.astype("int64") // 1_000_000
    high, low = rng.integers(0, 1 << 12, len(stamps)), rng.integers(0, 1 << 62, len(stamps))
    return [
        UUID(int=(int(ms) & ((1 << 48) - 1)) << 80 | 0x7 << 76 | int(a) << 64 | 0b10 << 62 | int(b))
        for ms, a, b in zip(stamps, high, low, strict=True)
    ]
