"""Loading a delivery: staged, judged, merged by key and recorded, in one transaction.

new + changed + unchanged + rejected = delivered; repaired counts within the first three. Only delivered columns are
written: a delivery without a column leaves what is stored in it, and one without geometry updates stored rows by key.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from gis import crs, layers
from gis.crs import Geometries
from gis.errors import Refused
from gis.layer import Layer, Use
from gis.store.county import County
from gis.store.formats.delivered import Fault
from gis.store.load import staging
from gis.store.load.conform import Conformed, Terms, conform
from gis.store.reading import Reading
from gis.store.repeat import retried
from gis.store.schema import PLACES
from gis.store.versions import in_use

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a delivery comes from: the file's name and digest, its system, and whether its content is invented."""

    file: str
    sha256: str = ""
    crs: str | None = None
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a delivery's rows; `stored` = new + changed + unchanged. `faults` name each reason to reject."""

    layer: str
    delivered: int
    new: int
    changed: int
    unchanged: int
    rejected: int
    repaired: int
    faults: tuple[Fault, ...] = ()
    repairs: tuple[tuple[int, str], ...] = ()
    fields: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    emptied: Mapping[str, int] = field(default_factory=dict)
    keyed_by_geometry: int = 0

    @property
    def stored(self) -> int:
        """Give the rows that are in the database now, or in a dry run would be."""
        return self.new + self.changed + self.unchanged


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

    Refused where the layer is not delivered but written by runs, or is the county itself.
    """
    _refuse_not_delivered(layer)
    rows = conform(layer, reading, terms, lambda shapes: _to_storage(shapes, origin.crs, county.srid))

    def write(connection: sa.Connection) -> Outcome:
        progress("stage")
        table = staging.staged(connection, layer, rows, county.srid)
        connection.execute(sa.text(f'LOCK TABLE "{layer.name}" IN SHARE ROW EXCLUSIVE MODE'))
        staging.complete(connection, layer, table, rows, county.schema.table(layer))
        faults = [*rows.faults, *staging.judged(connection, layer, table)]
        staging.without(connection, table, faults)
        progress("merge")
        return _merged(connection, county, layer, table, rows, faults, origin=origin, delivered=reading.delivered)

    return retried(county, write)


def judge(connection: sa.Connection, layer: Layer, reading: Reading, origin: Origin, terms: Terms) -> Outcome:
    """Give what a delivery would come to in an empty layer, without a county: a dry run that stores nothing.

    Sizes are measured in a local equal-area projection. Refused as `load` does.
    """
    _refuse_not_delivered(layer)
    rows = conform(layer, reading, terms, lambda shapes: _to_local(shapes, origin.crs))
    table = staging.staged(connection, layer, rows, 0)
    faults = [*rows.faults, *staging.judged(connection, layer, table)]
    rejected = {fault.row for fault in faults}
    return _outcome(layer, rows, faults, reading.delivered, new=reading.delivered - len(rejected), changed=0)


def _refuse_not_delivered(layer: Layer) -> None:
    if layer.derived or layer.single or not layer.historic:
        raise Refused(f"{layer.name}: this layer is not loaded from files")


def _to_storage(shapes: Geometries, origin: str | None, srid: int) -> tuple[Geometries, list[Fault]]:
    far = crs.out_of_reach(shapes, origin, srid)
    near = shapes.copy()
    near[far] = None
    faults = [
        Fault(
            int(place),
            "geom",
            "within_reach",
            f"a place that EPSG:{srid} measures truer than 1:2000",
            _centre(shapes[place]),
        )
        for place in np.flatnonzero(far)
    ]
    return crs.to_storage(near, origin, srid), faults


def _to_local(shapes: Geometries, origin: str | None) -> tuple[Geometries, list[Fault]]:
    moved = crs.local_metres(shapes, origin)
    lost = shapely.is_missing(moved) & ~shapely.is_missing(shapes)
    faults = [
        Fault(int(place), "geom", "within_reach", "a place on the earth", _centre(shapes[place]))
        for place in np.flatnonzero(lost)
    ]
    return moved, faults


def _centre(shape: shapely.Geometry) -> str:
    bounds = shapely.bounds(shape)
    return f"{(bounds[0] + bounds[2]) / 2:g}, {(bounds[1] + bounds[3]) / 2:g}"


def _merged(
    connection: sa.Connection,
    county: County,
    layer: Layer,
    table: sa.Table,
    rows: Conformed,
    faults: list[Fault],
    *,
    origin: Origin,
    delivered: int,
) -> Outcome:
    stored = county.schema.table(layer)
    same_key = stored.c[layer.key] == table.c[layer.key]
    brought = [*rows.fields, *(["geom"] if rows.geometry is not None else [])]
    differs = _differs(stored, table, brought, synthetic=origin.synthetic)
    counted = sa.select(
        sa.func.count().filter(stored.c.id.is_(None)), sa.func.count().filter(stored.c.id.is_not(None) & differs)
    ).select_from(table.outerjoin(stored, same_key))
    new, changed = connection.execute(counted).one()
    outcome = _outcome(layer, rows, faults, delivered, new=new, changed=changed)
    values: dict[str, Any] = {name: table.c[name] for name in brought}
    values["delivery_id"] = sa.literal(_recorded(connection, county, outcome, origin))
    values["invented"] = _invented(stored, table, brought, synthetic=origin.synthetic)
    if layer.located and rows.geometry is not None:
        values |= _places(county, layer, table)
    changing = sa.select(stored.c.id).where(same_key, differs).order_by(stored.c.id)
    connection.execute(changing.with_for_update(of=stored))  # in the order in which checks lock their objects
    connection.execute(sa.update(stored).values(values).where(same_key, differs))
    fresh = values | {"invented": sa.literal(brought if origin.synthetic else [], stored.c.invented.type)}
    fresh["id"] = _identity(county, layer, table)
    rows_new = (
        sa.select(*(value.label(name) for name, value in fresh.items()))
        .select_from(table)
        .where(~sa.exists().where(same_key))
        .order_by(table.c.row_no)
    )
    connection.execute(sa.insert(stored).from_select(list(fresh), rows_new, include_defaults=False))
    return outcome


def _identity(county: County, layer: Layer, table: sa.Table) -> sa.ColumnElement[Any]:
    """Give the id of a new row: the one that its key had before where it comes back, else the next."""
    past, present = county.schema.past(layer), county.schema.table(layer).alias()
    known = (
        sa.select(past.c.id)
        .where(past.c[layer.key] == table.c[layer.key], ~sa.exists().where(present.c.id == past.c.id))
        .order_by(past.c.recorded_until.desc())
        .limit(1)
    )
    return sa.func.coalesce(known.scalar_subquery(), sa.func.nextval("object_id"))


def _differs(stored: sa.Table, table: sa.Table, brought: list[str], *, synthetic: bool) -> sa.ColumnElement[bool]:
    """Tell whether a row changes what is stored: a value, or that a value is no longer an invented one."""
    parts = [_distinct(stored, table, name) for name in brought]
    if not synthetic:
        parts.append(stored.c.invented.overlap(sa.literal(brought, stored.c.invented.type)))
    return sa.or_(*parts)


def _distinct(stored: sa.Table, table: sa.Table, name: str) -> sa.ColumnElement[bool]:
    old, new = stored.c[name], table.c[name]
    if name == "geom":
        return sa.func.ST_AsBinary(old).is_distinct_from(sa.func.ST_AsBinary(new))
    return old.is_distinct_from(new)


def _invented(stored: sa.Table, table: sa.Table, brought: list[str], *, synthetic: bool) -> sa.ColumnElement[Any]:
    """Give which values of a stored row are invented now.

    A real delivery takes its columns off the list; an invented one adds those in which it differs from what was stored.
    """
    kind = stored.c.invented.type
    names = sa.func.unnest(stored.c.invented).column_valued("name")
    if not synthetic:
        return sa.func.array(sa.select(names).where(names.not_in(brought)).scalar_subquery(), type_=kind)
    added = [sa.case((_distinct(stored, table, name), name)) for name in brought]
    listed = sa.func.array_remove(postgresql.array(added), sa.null(), type_=kind)
    kept = sa.func.array(sa.select(names).where(names != sa.func.all(listed)).scalar_subquery(), type_=kind)
    return sa.func.array_cat(kept, listed, type_=kind)


def _places(county: County, layer: Layer, table: sa.Table) -> dict[str, Any]:
    """Give the town, village and cell of each staged row: what its spot intersects, the lowest code where several."""
    point = (
        table.c.geom
        if layer.geometry is not None and layer.geometry.value == "Point"
        else sa.func.ST_PointOnSurface(table.c.geom)
    )
    found = {}
    for column, use in PLACES.items():
        area_layer = layers.one(use)
        area = county.schema.table(area_layer).alias()
        inside: sa.ColumnElement[bool] = sa.func.ST_Intersects(area.c.geom, point)
        if use is Use.CELL:
            inside = sa.and_(inside, in_use(area, county.today()))
        nearest = sa.select(area.c.id).where(area.c.geom.op("&&")(point), inside)
        found[column] = nearest.order_by(area.c[area_layer.key]).limit(1).scalar_subquery()
    return found


def _recorded(connection: sa.Connection, county: County, outcome: Outcome, origin: Origin) -> int:
    table = county.schema.table(layers.one(Use.DELIVERY))
    number = sa.func.concat("D-", sa.func.nextval("object_id"))
    inserted = sa.insert(table).values(
        number=number,
        layer=outcome.layer,
        file=origin.file,
        sha256=origin.sha256 or None,
        crs=origin.crs,
        synthetic=origin.synthetic,
        columns={"fields": list(outcome.fields)},
        delivered=outcome.delivered,
        new=outcome.new,
        changed=outcome.changed,
        unchanged=outcome.unchanged,
        rejected=outcome.rejected,
        repaired=outcome.repaired,
    )
    return int(connection.execute(inserted.returning(table.c.id)).scalar_one())


def _outcome(layer: Layer, rows: Conformed, faults: list[Fault], delivered: int, *, new: int, changed: int) -> Outcome:
    rejected = {fault.row for fault in faults}
    repairs = tuple(sorted((row, what) for row, what in rows.repaired.items() if row not in rejected))
    return Outcome(
        layer=layer.name,
        delivered=delivered,
        new=new,
        changed=changed,
        unchanged=delivered - len(rejected) - new - changed,
        rejected=len(rejected),
        repaired=len(repairs),
        faults=tuple(sorted(faults)),
        repairs=repairs,
        fields=rows.fields,
        ignored=rows.ignored,
        emptied=dict(rows.emptied),
        keyed_by_geometry=rows.keyed_by_geometry,
    )
