"""Recording checks and voiding them: events that are added, never rewritten."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import sqlalchemy as sa
from psycopg.errors import ForeignKeyViolation
from sqlalchemy.dialects.postgresql import insert

from gis import layers
from gis.errors import Refused, UnknownName
from gis.layer import Use
from gis.store.copying import temporary
from gis.store.county import County
from gis.store.formats.delivered import Fault
from gis.store.load.staging import broken
from gis.store.repeat import retried
from gis.store.schema import TYPES

CHUNK = 50_000
NAMED = 3
NEEDED = ("uid", "layer", "kind", "outcome", "seen_at")
BROUGHT = ("uid", "layer", "object_id", "kind", "outcome", "seen_at", "worker_code", "note", "source", "synthetic")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a batch: recorded now, known already by their uid, and rows of `unknown` objects, by index."""

    recorded: int
    known: int
    unknown: tuple[int, ...]


def record(county: County, checks: pd.DataFrame) -> Recorded:
    """Record a batch of checks in one transaction; a uid that is known already is left as it is.

    Reads `uid, layer, object_key, kind, outcome, seen_at` and, where there are, `worker_code, note, source, synthetic`.
    Objects are named by their layer's key; rows whose object is not stored are given back, not recorded. Refused where
    a row is no check (a kind that is not its layer's, an outcome that does not exist, sight in the future), naming it.
    """
    rows = checks.reset_index(drop=True)
    _refuse_strange(checks.index, rows)

    def write(connection: sa.Connection) -> Recorded:
        ids = _object_ids(connection, county, rows)
        known = rows.assign(object_id=ids)[ids.notna().to_numpy()]
        added = sum(
            _inserted(connection, county, known.iloc[start : start + CHUNK], checks.index)
            for start in range(0, len(known), CHUNK)
        )
        unknown = checks.index[ids.isna().to_numpy()]
        return Recorded(added, len(known) - added, tuple(int(each) for each in unknown))

    return retried(county, write, also=(ForeignKeyViolation,))  # an object may end between its lookup and its check


def void(county: County, uid: UUID, reason: str) -> None:
    """Void a check: it no longer counts, and stays on record. Refused where it is voided already or has no reason."""
    table = county.schema.table(layers.one(Use.CHECK))
    if not reason.strip():
        raise Refused("a void needs a reason")
    wanted = sa.select(table.c.id, table.c.voided_at).where(table.c.uid == uid).with_for_update()

    def write(connection: sa.Connection) -> None:
        row = connection.execute(wanted).first()
        if row is None:
            raise UnknownName(f"no check {uid}")
        if row.voided_at is not None:
            raise Refused(f"check {uid} was voided at {row.voided_at.isoformat()} already")
        values = {"voided_at": sa.func.now(), "void_reason": reason}
        connection.execute(sa.update(table).where(table.c.id == row.id).values(values))

    retried(county, write)


def _refuse_strange(labels: "pd.Index[int]", rows: pd.DataFrame) -> None:
    """Refuse what no constraint of the table can judge: empty fields, kinds of another layer, instants without zone."""
    for name in NEEDED:
        empty = np.flatnonzero(rows[name].isna())
        if len(empty):
            raise Refused(f"check row {_listed(labels, empty)}: {name} is empty")
    for name, kind in sorted(set(zip(rows["layer"], rows["kind"], strict=True))):
        patrol = layers.named(name).patrol
        if patrol is None or patrol.kind != kind:
            wrong = np.flatnonzero((rows["layer"] == name) & (rows["kind"] == kind))
            expected = "a layer that is patrolled" if patrol is None else f"{name} to be visited as {patrol.kind}"
            raise Refused(f"check row {_listed(labels, wrong)}: expected {expected}, got {name} visited as {kind}")
    naive = np.flatnonzero([pd.Timestamp(each).tzinfo is None for each in rows["seen_at"]])
    if len(naive):
        raise Refused(f"check row {_listed(labels, naive)}: seen_at: expected an instant with its zone")


def _object_ids(connection: sa.Connection, county: County, keys: pd.DataFrame) -> "pd.Series[float]":
    """Give the internal ids of objects named by `layer` and `object_key`, in the frame's order; NA where not stored."""
    found: dict[tuple[object, object], int] = {}
    for name, own in keys.groupby("layer")["object_key"]:
        layer = layers.named(str(name))
        table = county.schema.table(layer)
        wanted = table.c[layer.key] == sa.any_(sa.literal(sorted(set(own.dropna())), sa.ARRAY(sa.Text())))
        for key, identity in connection.execute(sa.select(table.c[layer.key], table.c.id).where(wanted)):
            found[name, key] = identity
    pairs = zip(keys["layer"], keys["object_key"], strict=True)
    return pd.Series([found.get(pair, pd.NA) for pair in pairs], index=keys.index, dtype="Int64").astype(object)


def _inserted(connection: sa.Connection, county: County, rows: pd.DataFrame, labels: "pd.Index[int]") -> int:
    """Copy rows into a temporary table, judge them there and insert them by one statement: the triggers run once."""
    layer = layers.one(Use.CHECK)
    table = county.schema.table(layer)
    names = [name for name in BROUGHT if name in rows]
    columns: list[sa.Column[Any]] = [sa.Column("row_no", sa.BigInteger())]
    columns += [sa.Column(field.name, TYPES[field.kind]) for field in layer.fields]
    columns.append(sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.func.recorded_now()))
    staged = temporary(connection, "checks_in", columns, rows[names].rename_axis("row_no").reset_index())
    _refuse_broken(broken(connection, layer, staged), labels)
    chosen = sa.select(*(staged.c[name] for name in names)).order_by(staged.c.seen_at, staged.c.uid)
    statement = insert(table).from_select(names, chosen, include_defaults=False)
    known_is_kept = statement.on_conflict_do_nothing(index_elements=["uid"])
    return connection.execute(known_is_kept, execution_options={"preserve_rowcount": True}).rowcount


def _refuse_broken(faults: Iterable[Fault], labels: "pd.Index[int]") -> None:
    found = sorted(faults)
    if found:
        told = "; ".join(f"row {labels[each.row]}: {each.expected}, got {each.actual}" for each in found[:NAMED])
        more = f"; and {len(found) - NAMED} more" if len(found) > NAMED else ""
        raise Refused(f"check {told}{more}")


def _listed(labels: "pd.Index[int]", places: "np.ndarray[tuple[int], np.dtype[np.intp]]") -> str:
    return ", ".join(str(labels[place]) for place in places[:NAMED]) + (", …" if len(places) > NAMED else "")
