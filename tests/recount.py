"""A recount of states and status in plain pandas and Python, from exported rows alone."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

import pandas as pd
import sqlalchemy as sa

from gis import layers
from gis.layer import Layer, Use
from gis.store.county import County

Instant = datetime


def exported(county: County) -> dict[str, pd.DataFrame]:
    """Give every row of features, checks and rules, past versions too, as plain frames without geometry."""
    wanted = {layer.name for layer in layers.every() if layer.patrol or layer.uses & {Use.CHECK, Use.RULE, Use.STATUS}}
    wanted |= {layers.one(use).name for use in (Use.TOWN, Use.CELL)}
    tables = {name: county.schema.tables[name] for name in sorted(wanted)}
    tables |= {f"{name}_past": county.schema.pasts[name] for name in sorted(wanted & county.schema.pasts.keys())}
    found = {}
    with county.reading() as connection:
        for name, table in tables.items():
            columns = [column for column in table.columns if column.name not in {"geom", "spot"}]
            rows = connection.execute(sa.select(*columns)).all()
            found[name] = pd.DataFrame(rows, columns=[column.name for column in columns], dtype=object)
    return found


def midnight_after(moment: Instant, days: float, zone: tzinfo) -> Instant:
    """Give the midnight that ends the day so many days after the day of `moment`."""
    day = moment.astimezone(zone).date() + timedelta(days=int(days) + 1)
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Give the rows of a frame."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def category(layer: Layer, row: Mapping[str, Any]) -> str | None:
    """Give the class of a row."""
    assert layer.patrol is not None
    found = row[layer.patrol.by]
    return str(found) if found is not None else layer.patrol.unknown or None


def visits(checks: pd.DataFrame, kind: str) -> dict[int, tuple[Instant | None, Instant, str]]:
    """Give per object the last done, the last try and its outcome of the checks of a kind."""
    found: dict[int, tuple[Instant | None, Instant, str]] = {}
    columns = ("object_id", "seen_at", "outcome")
    for identity, seen_at, result in zip(*(checks.loc[checks["kind"] == kind, each] for each in columns), strict=True):
        done, tried, outcome = found.get(identity, (None, seen_at, result))
        if result == "done":
            done = seen_at if done is None else max(done, seen_at)
        found[identity] = done, *max((tried, outcome), (seen_at, result))
    return found


Row = tuple[Any, ...]


def recounted_status(frames: Mapping[str, pd.DataFrame], zone: tzinfo) -> set[Row]:
    """Give what the status rows must be, from exported rows alone."""
    checks = frames["check"]
    standing = checks[checks["voided_at"].isna()]
    versions = frames["rule_version"]
    versions = versions[versions["withdrawn_at"].isna() & (versions["unit"] == "d")]
    found: set[Row] = set()
    for layer in layers.every():
        if layer.patrol is None:
            continue
        seen = visits(standing, layer.patrol.kind)
        for row in records(frames[layer.name]):
            own = versions[(versions["subject"] == layer.patrol.kind) & (versions["category"] == category(layer, row))]
            done, tried, outcome = seen.get(row["id"], (None, None, None))
            for version in records(own):
                due = notice = None
                if done is not None:
                    due = midnight_after(done, version["amount"], zone)
                    notice = midnight_after(done, version["amount"] - version["notice_days"], zone)
                places = row["town_id"], row["cell_id"]
                found.add((row["id"], layer.name, version["id"], done, tried, outcome, notice, due, *places))
    return found


def stored_status(county: County) -> tuple[set[Row], set[Row]]:
    """Give the status rows, and what `status_wanted` counts for all objects; instants in UTC."""
    names = (
        "object_id, layer, rule_version_id, last_done_at, last_try_at, last_try, notice_at, due_at, town_id, cell_id"
    )
    wanted = f"SELECT {names} FROM status_wanted((SELECT array_agg(object_id) FROM patrolled))"
    with county.reading() as connection:
        rows = connection.execute(sa.text(f"SELECT {names} FROM status")).all()
        recount = connection.execute(sa.text(wanted)).all()
    assert len(rows) == len({row[:3] for row in rows})
    return {tuple(row) for row in rows}, {tuple(row) for row in recount}


def agrees(county: County) -> None:
    """See that the status rows are what the database counts for all objects, and what pandas counts from exports."""
    rows, wanted = stored_status(county)
    assert rows == wanted
    assert rows == recounted_status(exported(county), county.timezone)


def known_rows(frames: Mapping[str, pd.DataFrame], name: str, known_at: Instant | None) -> pd.DataFrame:
    """Give the versions of a feature layer that held at an instant; None is now."""
    now = frames[name]
    if known_at is None:
        return now
    past = frames[f"{name}_past"]
    then = past[(past["recorded_at"] < known_at) & (past["recorded_until"] >= known_at)]
    parts = [
        each
        for each in (now[now["recorded_at"] < known_at], then.drop(columns=["recorded_until", "ended_by"]))
        if len(each)
    ]
    return pd.concat(parts, ignore_index=True) if parts else now.iloc[:0]


def recounted_states(
    frames: Mapping[str, pd.DataFrame],
    zone: tzinfo,
    name: str,
    day: date,
    *,
    known_at: Instant | None = None,
    seen_before: Instant | None = None,
) -> pd.DataFrame:
    """Give `key, town_id, cell_id, state, due_at, last_try` of every object of a layer on a day, from exported rows."""
    layer = layers.named(name)
    assert layer.patrol is not None
    checks, versions = frames["check"], frames["rule_version"]
    checks = checks[_held(checks, "voided_at", known_at)]
    if seen_before is not None:
        checks = checks[checks["seen_at"] < seen_before]
    versions = versions[_held(versions, "withdrawn_at", known_at)]
    versions = versions[(versions["subject"] == layer.patrol.kind) & (versions["valid_from"] <= day)]
    versions = versions[versions["valid_to"].isna() | (versions["valid_to"] > day)]
    seen = visits(checks, layer.patrol.kind)
    ordered = records(versions.sort_values("rank"))
    in_force = {row["category"]: (int(row["amount"]), int(row["notice_days"])) for row in ordered}
    found = []
    for row in records(known_rows(frames, name, known_at)):
        done, _, outcome = seen.get(row["id"], (None, None, None))
        days = in_force.get(category(layer, row))
        state, due = ("no_rule", None) if days is None else _state(done, *days, day=day, zone=zone)
        found.append((row[layer.key], row["town_id"], row["cell_id"], state, due, outcome))
    columns = ["key", "town_id", "cell_id", "state", "due_at", "last_try"]
    return pd.DataFrame(found, columns=columns, dtype=object).sort_values("key", ignore_index=True)


def _held(frame: pd.DataFrame, ended: str, known_at: Instant | None) -> "pd.Series[bool]":
    if known_at is None:
        return frame[ended].isna()
    return (frame["recorded_at"] < known_at) & (frame[ended].isna() | ~(frame[ended] < known_at))


def _state(
    done: Instant | None, amount: int, notice_days: int, *, day: date, zone: tzinfo
) -> tuple[str, Instant | None]:
    if done is None:
        return "never", None
    last_day = done.astimezone(zone).date() + timedelta(days=amount)
    due = midnight_after(done, amount, zone)
    if day > last_day:
        return "overdue", due
    return ("due" if day > last_day - timedelta(days=notice_days) else "current"), due


def days_between(first: date, last: date) -> Sequence[date]:
    """Give every day from the first to the last."""
    return [first + timedelta(days=each) for each in range((last - first).days + 1)]
