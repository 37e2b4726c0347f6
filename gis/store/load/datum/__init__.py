"""The datum guard: whether a delivery lies where what is stored says that it should, or shifted, and by how much.

Verified means that it lies by independent evidence where it was delivered, to within 25 m; it does not speak of metres.
What is stored is taken as it is: where that lies shifted, a right delivery is refused, and the sentence says so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import shapely
import sqlalchemy as sa

from gis import layers
from gis.crs import Geometries
from gis.errors import Refused
from gis.layer import Use
from gis.store.county import County
from gis.store.formats.delivered import Fault
from gis.store.load.conform import Conformed
from gis.store.load.datum.causes import cause, named_shifts
from gis.store.load.datum.decide import Bounds, Found, decided
from gis.store.load.datum.evidence import Held, Numbers, Places
from gis.store.load.datum.parts import Block, shifted_parts
from gis.store.load.datum.surroundings import Sample, moved, unmoved
from gis.store.load.datum.verdict import ACCEPTED, NOT_VERIFIED, SHIFTED, VERIFIED, Datum
from gis.store.load.datum.witnesses import witnesses
from gis.store.load.merging import Merge

__all__ = ["Datum", "guarded", "measured"]

MOST_ROWS = 20_000
WHOLE_PROBES = 2_500
FEWEST_ROWS = 4
MOST_OTHERS = 0.05
"""Where no more rows than this share lie elsewhere than before, and too few for a part, the others tell enough."""


def guarded(
    connection: sa.Connection, merge: Merge, rows: Conformed, faults: Iterable[Fault], *, accepted: str = ""
) -> Datum | None:
    """Measure a delivery's good rows, those without `faults`, as `measured` does.

    Refused where they lie shifted and no reason to accept that is given.
    """
    if rows.geometry is None:
        return _as_stored(connection, merge)
    row_no = rows.frame["row_no"].to_numpy(dtype=np.int64)
    good = ~np.isin(row_no, [fault.row for fault in faults])
    found = measured(connection, merge, (row_no[good], rows.geometry[good]))
    if found is None or found.state != SHIFTED:
        return found
    if accepted.strip():
        return replace(found, state=ACCEPTED, reason=accepted.strip())
    raise Refused(
        f"{merge.layer.title}（{merge.layer.name}）{found.sentence()}；确属如此则 · if it is right nevertheless: "
        "--accept-shift REASON"
    )


def _as_stored(connection: sa.Connection, merge: Merge) -> Datum | None:
    """Say of a delivery without shapes that it leaves places as they are, where those were not verified."""
    if merge.layer.geometry is None:
        return None
    log = merge.county.schema.table(layers.one(Use.DELIVERY))
    query = (
        sa.select(log.c.id)
        .join_from(merge.table, merge.stored, merge.same_key)
        .join(log, log.c.id == merge.stored.c.delivery_id)
        .where(log.c.datum != VERIFIED)
        .limit(1)
    )
    if connection.execute(query).first() is None:
        return None
    return Datum(NOT_VERIFIED, "没有图形，在库位置未核实 · no shapes came, and the stored places were not verified")


def measured(
    connection: sa.Connection,
    merge: Merge,
    rows: tuple[Numbers, Geometries],
    *,
    bounds: Bounds | None = None,
) -> Datum | None:
    """Measure staged rows (their numbers and their shapes in storage metres) against what is stored; writes nothing.

    None where there are no shapes.
    """
    bounds = bounds or Bounds()
    row_no, shapes = rows
    here = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if not here.any():
        return None
    delivered = Sample(np.asarray(row_no[here], dtype=np.int64), shapes[here])
    count = len(delivered.row_no)
    kept = unmoved(connection, merge)
    if count - kept <= min(bounds.part_units - 1, count * MOST_OTHERS):
        return Datum(VERIFIED, f"{kept} 行仍在已核实的原处 · {kept} rows lie where they were verified before")
    if count < FEWEST_ROWS:
        return Datum(NOT_VERIFIED, f"只有 {count} 行 · only {count} rows")
    sample = _sampled(connection, merge, delivered)
    found = [each for each in witnesses(connection, merge, sample) if len(each.at)]
    if not found:
        return Datum(NOT_VERIFIED, "周围没有可比的已存数据 · nothing stored nearby to compare with")
    return _weighed(connection, merge, sample, [_known(Held(each)) for each in found], bounds, count)


def _weighed(
    connection: sa.Connection, merge: Merge, sample: Sample, held: Sequence[Held], bounds: Bounds, count: int
) -> Datum:
    """Decide for a delivery of `count` rows as a whole, then for its parts."""
    named = named_shifts(merge.county)
    decision = decided([_whole(each) for each in held], named, bounds, chance=bounds.refuse)
    if decision.refused:
        return _shifted(decision, rows=count)
    parts = shifted_parts(held, named, bounds)
    scale = count / len(sample.row_no)
    if refused := [each for each in parts if each[1].refused]:
        return _part(connection, merge, refused, held, sample, scale=scale)
    if decision.moved:
        return _doubted(_shifted(decision, rows=count))
    if parts:
        return _doubted(_part(connection, merge, parts, held, sample, scale=scale))
    return _unmoved(decision)


def _sampled(connection: sa.Connection, merge: Merge, delivered: Sample) -> Sample:
    """Give at most MOST_ROWS rows drawn at random, and those that left the place of their key."""
    count = len(delivered.row_no)
    if count <= MOST_ROWS:
        return delivered
    chosen = np.zeros(count, dtype=np.bool_)
    chosen[np.random.default_rng(0).choice(count, MOST_ROWS, replace=False)] = True
    return delivered.chosen(chosen | np.isin(delivered.row_no, moved(connection, merge)))


def _known(held: Held) -> Held:
    """Give the evidence of probes of which something is known where they were delivered."""
    return held.part(np.isfinite(held.agreement(None)))


def _whole(held: Held) -> Held:
    """Give the evidence thinned to what tells of a delivery as a whole."""
    count = len(held.evidence.at)
    if count <= WHOLE_PROBES:
        return held
    chosen = np.zeros(count, dtype=np.bool_)
    chosen[np.random.default_rng(1).choice(count, WHOLE_PROBES, replace=False)] = True
    return held.part(chosen)


def _because(found: Found) -> str:
    zh, en = "、".join(each[0] for each in found.titles[:3]), ", ".join(each[1] for each in found.titles[:3])
    share = 100 / max(found.units, 1)
    counted = f"{found.delivered * share:.0f}%"
    if found.moved:
        counted += f" → {found.agreeing * share:.0f}%"
    return f"{zh}相符 {counted} · {counted} of {found.units} agree with {en}"


def _shifted(found: Found, *, rows: int) -> Datum:
    east, north = (float(each) for each in found.shift.vector) if found.shift is not None else (0.0, 0.0)
    return Datum(SHIFTED, _because(found), east, north, cause(found), rows)


def _part(
    connection: sa.Connection,
    merge: Merge,
    parts: Sequence[tuple[Block, Found]],
    held: Sequence[Held],
    sample: Sample,
    *,
    scale: float,
) -> Datum:
    """Give the surest part: its rows are those in the box of what agrees only when moved."""
    block, found = max(parts, key=lambda each: each[1].agreeing - each[1].delivered)
    if found.shift is None or found.shift.move is None:
        return _unmoved(found)
    corners = []
    for each in held:
        inside = block.holds(each.evidence.at)
        near = each.part(inside)
        corners.append(each.evidence.at[inside, :2][near.agreement(found.shift.move) > near.agreement(None)])
    witnesses_at = np.vstack(corners)
    low, high = np.percentile(witnesses_at, 2, axis=0) - 15, np.percentile(witnesses_at, 98, axis=0) + 15
    rows = int(((sample.at >= low) & (sample.at <= high)).all(axis=1).sum() * scale)
    place = found.shift.move(np.median(witnesses_at, axis=0)[None, :])[0]
    east, north = found.shift.vector.tolist()
    part = _place(connection, merge.county, place)
    others = f"（另有 {len(parts) - 1} 处 · {len(parts) - 1} more parts）" if len(parts) > 1 else ""
    return Datum(SHIFTED, _because(found), east, north, cause(found), rows, part + others)


def _place(connection: sa.Connection, county: County, at: Places) -> str:
    """Give the name of the village or town at a place, else its coordinates in storage metres."""
    point = sa.func.ST_SetSRID(sa.func.ST_MakePoint(float(at[0]), float(at[1])), county.srid)
    for use in (Use.VILLAGE, Use.TOWN):
        area = county.schema.table(layers.one(use))
        query = sa.select(area.c.name).where(sa.func.ST_Intersects(area.c.geom, point)).order_by(area.c.id).limit(1)
        if (name := connection.execute(query).scalar_one_or_none()) is not None:
            return str(name)
    return f"x {at[0]:.0f} y {at[1]:.0f}"


def _doubted(found: Datum) -> Datum:
    """Say that a shift is possible: by what is usual alone it is not sure enough to refuse."""
    return Datum(NOT_VERIFIED, f"可能 · perhaps {found.sentence()}")


def _unmoved(found: Found) -> Datum:
    if found.shift is not None:
        return Datum(VERIFIED, _because(found))
    if not found.titles:
        return Datum(NOT_VERIFIED, "可比的证据太少 · too little to compare with")
    return Datum(NOT_VERIFIED, f"证据不足以排除偏移 · too little evidence to rule out a shift：{_because(found)}")
