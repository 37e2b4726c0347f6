"""Recording checks and voiding them: events that are added, never rewritten."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import pandas as pd
import sqlalchemy as sa
from psycopg.errors import DeadlockDetected, SerializationFailure
from sqlalchemy.dialects.postgresql import insert

from gis import layers
from gis.errors import Refused, UnknownName
from gis.layer import Use
from gis.store.copying import temporary
from gis.store.county import County

TRIES = 5
CHUNK = 50_000
Given = TypeVar("Given")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a batch: recorded now, known already by their uid, and rows of `unknown` objects, by index."""

    recorded: int
    known: int
    unknown: tuple[int, ...]


def record(county: County, checks: pd.DataFrame) -> Recorded:
    """Record a batch of checks in one transaction; a uid that is known already is left as it is.

    Reads `uid, layer, object_key, kind, outcome, seen_at` and, where there are, `worker_code, note, source, synthetic`.
    Objects are named by their layer's key; rows whose object is not stored are given back, not recorded.
    """
    table = county.schema.table(layers.one(Use.CHECK))
    ids = object_ids(county, checks[["layer", "object_key"]])
    known = checks.assign(object_id=ids)[ids.notna().to_numpy()]
    names = ("uid", "layer", "object_id", "kind", "outcome", "seen_at", "worker_code", "note", "source", "synthetic")
    rows = known[[name for name in names if name in known]]

    def write(connection: sa.Connection) -> int:
        added = 0
        for start in range(0, len(rows), CHUNK):
            added += _inserted(connection, table, rows.iloc[start : start + CHUNK])
        return added

    recorded = retried(county, write)
    return Recorded(recorded, len(rows) - recorded, tuple(int(each) for each in checks.index[ids.isna().to_numpy()]))


def void(county: County, uid: UUID, reason: str) -> None:
    """Void a check: it no longer counts, and stays on record. Refused where it is voided already or has no reason."""
    table = county.schema.table(layers.one(Use.CHECK))
    if not reason.strip():
        raise Refused("a void needs a reason")

    def write(connection: sa.Connection) -> None:
        row = connection.execute(sa.select(table.c.id, table.c.voided_at).where(table.c.uid == uid)).first()
        if row is None:
            raise UnknownName(f"no check {uid}")
        if row.voided_at is not None:
            raise Refused(f"check {uid} was voided at {row.voided_at.isoformat()} already")
        values = {"voided_at": sa.func.now(), "void_reason": reason}
        connection.execute(sa.update(table).where(table.c.id == row.id).values(values))

    retried(county, write)


def object_ids(county: County, keys: pd.DataFrame) -> "pd.Series[Any]":
    """Give the internal ids of objects named by `layer` and `object_key`, in the frame's order; NA where not stored."""
    found: dict[tuple[str, str], int] = {}
    with county.reading() as connection:
        for name in sorted(set(keys["layer"])):
            layer = layers.named(name)
            table = county.schema.table(layer)
            for key, identity in connection.execute(sa.select(table.c[layer.key], table.c.id)):
                found[name, key] = identity
    pairs = zip(keys["layer"], keys["object_key"], strict=True)
    return pd.Series([found.get(pair, pd.NA) for pair in pairs], index=keys.index, dtype="Int64").astype(object)


def retried(county: County, write: Callable[[sa.Connection], Given]) -> Given:
    """Run a transaction again where the database asks for it: a deadlock, or a day that ended in between."""
    for attempt in range(TRIES):
        try:
            with county.writing() as connection:
                return write(connection)
        except sa.exc.OperationalError as error:
            if not isinstance(error.orig, (DeadlockDetected, SerializationFailure)) or attempt == TRIES - 1:
                raise
            time.sleep(0.05 * 2**attempt)
    raise AssertionError("unreachable: the last attempt returns or raises")


def _inserted(connection: sa.Connection, table: sa.Table, rows: pd.DataFrame) -> int:
    """Copy rows into a temporary table and insert them by one statement, so that the triggers run once."""
    names = list(rows.columns)
    columns = [sa.Column(name, table.c[name].type) for name in names]
    staged = temporary(connection, "checks_in", columns, map(_plain, rows.itertuples(index=False, name=None)))
    chosen = sa.select(*(staged.c[name] for name in names)).order_by(staged.c.seen_at, staged.c.uid)
    statement = insert(table).from_select(names, chosen, include_defaults=False)
    known_is_kept = statement.on_conflict_do_nothing(index_elements=["uid"])
    return connection.execute(known_is_kept, execution_options={"preserve_rowcount": True}).rowcount


def _plain(row: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(None if value is pd.NA or value is pd.NaT or value != value else value for value in row)  # noqa: PLR0124 - only NaN differs from itself
