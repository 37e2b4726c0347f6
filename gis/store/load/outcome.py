"""What a delivery comes to: where it is from, what became of its rows, and the record of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from gis import layers
from gis.layer import Layer, Use
from gis.store.county import County
from gis.store.formats.delivered import Fault
from gis.store.load.conform import Conformed, Mode
from gis.store.load.datum import Datum

AMBIGUOUS = "one_match"
"""The constraint of rows without a key that may be one of several stored rows."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a delivery comes from: the file's name and digest, its system, and whether its content is invented.

    `notes` are the sentences that reading it left.
    """

    file: str
    sha256: str = ""
    crs: str | None = None
    synthetic: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Effects:
    """What a delivery does to stored rows: how many it adds, changes and ends, and how many were paired by overlap.

    `notes` are sentences in Chinese and English about it.
    """

    new: int = 0
    changed: int = 0
    gone: int = 0
    matched: int = 0
    notes: tuple[str, ...] = ()
    datum: Datum | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a delivery's rows; `stored` = new + changed + unchanged. `faults` name each reason to reject.

    `gone` counts stored rows that it ended. `matched` lies within changed and unchanged, `ambiguous` within rejected.
    `number` names the delivery in the log; empty where nothing was stored. `datum` is None where no shape came.
    """

    layer: str
    delivered: int
    new: int
    changed: int
    unchanged: int
    rejected: int
    repaired: int
    gone: int = 0
    matched: int = 0
    ambiguous: int = 0
    number: str = ""
    faults: tuple[Fault, ...] = ()
    repairs: tuple[tuple[int, str], ...] = ()
    fields: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    emptied: Mapping[str, int] = field(default_factory=dict)
    keyed_by_geometry: int = 0
    notes: tuple[str, ...] = ()
    datum: Datum | None = None

    @property
    def stored(self) -> int:
        """Give the rows that are in the database now, or in a dry run would be."""
        return self.new + self.changed + self.unchanged


def outcome_of(layer: Layer, rows: Conformed, faults: Sequence[Fault], delivered: int, effects: Effects) -> Outcome:
    """Give what became of the rows: who is not new, changed or rejected is unchanged."""
    rejected = {fault.row for fault in faults}
    repairs = tuple(sorted((row, what) for row, what in rows.repaired.items() if row not in rejected))
    return Outcome(
        layer=layer.name,
        delivered=delivered,
        new=effects.new,
        changed=effects.changed,
        unchanged=delivered - len(rejected) - effects.new - effects.changed,
        rejected=len(rejected),
        repaired=len(repairs),
        gone=effects.gone,
        matched=effects.matched,
        ambiguous=sum(fault.constraint == AMBIGUOUS for fault in faults),
        faults=tuple(sorted(faults)),
        repairs=repairs,
        fields=rows.fields,
        ignored=rows.ignored,
        emptied=dict(rows.emptied),
        keyed_by_geometry=rows.keyed_by_geometry,
        notes=(*rows.notes, *effects.notes),
        datum=effects.datum,
    )


def recorded(
    connection: sa.Connection, county: County, outcome: Outcome, origin: Origin, *, mode: Mode, town: str | None
) -> tuple[int, str]:
    """Write a delivery into the log and give its id and number; `town` is the code of the town it was limited to."""
    table = county.schema.table(layers.one(Use.DELIVERY))
    number = sa.func.concat("D-", sa.func.nextval("object_id"))
    inserted = sa.insert(table).values(
        number=number,
        layer=outcome.layer,
        file=origin.file,
        sha256=origin.sha256 or None,
        crs=origin.crs,
        synthetic=origin.synthetic,
        mode=mode.value,
        town=town,
        columns=noticed(outcome, origin),
        delivered=outcome.delivered,
        new=outcome.new,
        changed=outcome.changed,
        unchanged=outcome.unchanged,
        rejected=outcome.rejected,
        repaired=outcome.repaired,
        gone=outcome.gone,
        matched=outcome.matched,
        **(outcome.datum.logged() if outcome.datum is not None else {}),
    )
    row = connection.execute(inserted.returning(table.c.id, table.c.number)).one()
    return int(row.id), str(row.number)


def noticed(outcome: Outcome, origin: Origin) -> dict[str, object]:
    """Give what the log keeps of a delivery besides counts; what is empty is left out, but for the fields."""
    faults = Counter((fault.field, fault.constraint) for fault in outcome.faults)
    found: dict[str, object] = {
        "ignored": list(outcome.ignored),
        "emptied": dict(outcome.emptied),
        "faults": [{"field": name, "constraint": which, "times": n} for (name, which), n in sorted(faults.items())],
        "keyed_by_geometry": outcome.keyed_by_geometry,
        "ambiguous": outcome.ambiguous,
        "notes": [*origin.notes, *outcome.notes],
    }
    return {"fields": list(outcome.fields), **{name: value for name, value in found.items() if value}}
