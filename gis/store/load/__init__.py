"""Loading a delivery: staged, judged, merged by key and recorded, in one transaction.

new + changed + unchanged + rejected = delivered; repaired counts within the first three. Only delivered columns are
written: a delivery without a column leaves what is stored in it, and one without geometry updates stored rows by key.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import sqlalchemy as sa

from gis.errors import Refused
from gis.layer import Layer
from gis.store.county import County
from gis.store.formats.delivered import Fault
from gis.store.load import datum, linking, merging, pairing, records, replacing, staging
from gis.store.load.conform import Conformed, Match, Mode, Terms, conform
from gis.store.load.merging import Merge, Writing
from gis.store.load.moving import to_local, to_storage
from gis.store.load.outcome import Effects, Origin, Outcome, outcome_of, recorded
from gis.store.load.placing import MANY, Shapes
from gis.store.load.replacing import Ending
from gis.store.load.upkeep import refreshed
from gis.store.reading import Reading
from gis.store.repeat import retried
from gis.store.town import Town, town_named

__all__ = ["Match", "Mode", "Origin", "Outcome", "Progress", "Terms", "judge", "load", "rehearse"]

Progress = Callable[[str], None]
ROOM = sa.text(
    "SELECT set_config('work_mem', 4 * setting::bigint || unit, true) FROM pg_settings WHERE name = 'work_mem'"
)
"""Lets the sorts and joins of one large load use four times the memory that the server gives each of sixty sessions."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A staged delivery of which only good rows are left, what it would do, and why the others were taken out."""

    merge: Merge
    rows: Conformed
    faults: tuple[Fault, ...]
    effects: Effects
    writing: Writing
    town: Town | None = None
    ending: Ending | None = None


def load(
    county: County,
    layer: Layer,
    reading: Reading,
    origin: Origin,
    *,
    terms: Terms,
    progress: Progress = lambda _: None,
) -> Outcome:
    """Load a delivery into its layer; good rows are stored, the others come back as faults.

    Refused where the layer is not delivered but written by runs, or is the county itself; where more rows would end
    than go without asking; where rows are to be paired by an overlap that they cannot have; and where the rows lie
    shifted against what is stored, unless `terms.accept_shift` says why they are to be taken so.
    """
    rows = _conformed(county, layer, reading, origin, terms)
    if layer.records:
        taken = records.take(county, layer, rows, origin, terms, delivered=reading.delivered)
        refreshed(county, layer, taken.new)
        return taken

    def write(connection: sa.Connection) -> Outcome:
        judged = _judged(connection, county, rows, (layer, origin, terms), progress)
        if judged.ending is not None and judged.ending.doubt and not terms.sure:
            raise Refused(judged.ending.doubt)
        progress("merge")
        return _stored(connection, judged, origin, terms, delivered=reading.delivered)

    outcome = retried(county, write)
    refreshed(county, layer, outcome.new + outcome.changed + outcome.gone)
    return outcome


def rehearse(
    county: County,
    layer: Layer,
    reading: Reading,
    origin: Origin,
    *,
    terms: Terms,
    progress: Progress = lambda _: None,
) -> Outcome:
    """Give what a delivery would do to the county, and store nothing; where `load` would ask, a note says so."""
    rows = _conformed(county, layer, reading, origin, terms)
    if layer.records:
        return records.rehearsed(county, layer, rows, terms, delivered=reading.delivered)
    with county.engine.connect() as connection:
        judged = _judged(connection, county, rows, (layer, origin, terms), progress)
        connection.rollback()
    effects = judged.effects
    if judged.ending is not None and judged.ending.doubt and not terms.sure:
        effects = replace(effects, notes=(*effects.notes, judged.ending.doubt))
    return outcome_of(layer, rows, judged.faults, reading.delivered, effects)


def judge(connection: sa.Connection, layer: Layer, reading: Reading, origin: Origin, terms: Terms) -> Outcome:
    """Give what a delivery would come to in an empty layer, without a county: a dry run that stores nothing.

    Sizes are measured in a local equal-area projection. Refused as `load` does.
    """
    _refuse_not_delivered(layer)
    rows = conform(layer, reading, terms, lambda shapes: to_local(shapes, origin.crs))
    table = staging.staged(connection, layer, rows, 0)
    rows, found = linking.judged_alone(connection, layer, table, rows)
    faults = [*rows.faults, *found]
    rejected = {fault.row for fault in faults}
    return outcome_of(layer, rows, faults, reading.delivered, Effects(new=reading.delivered - len(rejected)))


def _many(judged: Judged) -> Shapes | None:
    """Give the numbers and shapes of a delivery that writes most of its rows; of few the database is asked."""
    rows, writing = judged.rows, judged.writing
    if rows.geometry is None or 2 * (writing.new + writing.changed) < len(rows.frame):
        return None
    return rows.frame["row_no"].to_numpy(dtype=np.int64), rows.geometry


def _refuse_not_delivered(layer: Layer) -> None:
    if layer.derived or layer.single or not (layer.historic or layer.records):
        raise Refused(f"{layer.name}: this layer is not loaded from files")


def _conformed(county: County, layer: Layer, reading: Reading, origin: Origin, terms: Terms) -> Conformed:
    _refuse_not_delivered(layer)
    rows = conform(layer, reading, terms, lambda shapes: to_storage(shapes, origin.crs, county.srid))
    if terms.match is Match.OVERLAP:
        pairing.refuse_unpaired(layer, located=rows.geometry is not None)
    return rows


def _judged(
    connection: sa.Connection,
    county: County,
    rows: Conformed,
    said: tuple[Layer, Origin, Terms],
    progress: Progress,
) -> Judged:
    """Stage a delivery, lock its layer, pair and judge its rows, and count what it does."""
    layer, origin, terms = said
    progress("stage")
    town = None
    if terms.town is not None:
        replacing.refuse_without_town(layer)
        town = town_named(connection, county, terms.town)
    if len(rows.frame) >= MANY:
        connection.execute(ROOM)
    rows, links = linking.linked(connection, county, layer, rows)
    table = staging.staged(connection, layer, rows, county.srid)
    progress("judge")
    connection.execute(sa.text(f'LOCK TABLE "{layer.name}" IN SHARE ROW EXCLUSIVE MODE'))
    brought = (*rows.fields, *rows.worked, *(["geom"] if rows.geometry is not None else []))
    merge = Merge(county, layer, table, brought, origin.synthetic)
    paired = pairing.pair(connection, merge) if terms.match is Match.OVERLAP else pairing.Paired()
    staging.without(connection, table, paired.faults)
    staging.complete(connection, layer, table, rows, merge.stored)
    found = linking.judged(connection, county, layer, table, links)
    if town is not None:
        found += replacing.outside(connection, merge, town)
    rejected = [*rows.faults, *found]
    keys = {**rows.faulty_keys, **staging.keys(connection, layer, table, rejected)}
    staging.without(connection, table, rejected)
    ends = None
    if terms.mode is Mode.REPLACE:
        known = {key for key in keys.values() if key is not None} | paired.candidates
        unknown = sum(key is None for key in keys.values())
        ends = replacing.ending(connection, merge, rejected=known, unknown=unknown, town=town)
    place = datum.guarded(connection, merge, rows, [*rejected, *paired.faults], accepted=terms.accept_shift)
    writing = merging.to_write(connection, merge)
    gone = ends.count if ends is not None else 0
    effects = Effects(writing.new, writing.changed, gone, paired.matched, datum=place)
    return Judged(merge, rows, (*rows.faults, *paired.faults, *found), effects, writing, town, ends)


def _stored(connection: sa.Connection, judged: Judged, origin: Origin, terms: Terms, *, delivered: int) -> Outcome:
    """Record the delivery and carry it out."""
    merge = judged.merge
    outcome = outcome_of(merge.layer, judged.rows, judged.faults, delivered, judged.effects)
    town = judged.town.code if judged.town is not None else None
    identity, number = recorded(connection, merge.county, outcome, origin, mode=terms.mode, town=town)
    if judged.ending is not None and judged.ending.count:
        replacing.end(connection, merge.stored, judged.ending.where, identity)
    if outcome.new or outcome.changed:
        merging.write(connection, merge, judged.writing.rows, identity, shapes=_many(judged))
    return replace(outcome, number=number)
