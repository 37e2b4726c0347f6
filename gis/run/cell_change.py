"""A change of grid cells in one transaction: children begin, parents end, objects follow, the log says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from gis import layers
from gis.errors import Refused
from gis.layer import Use
from gis.run.record import Made, digest, record
from gis.run.visits import areas_on
from gis.store.copying import fill
from gis.store.county import County
from gis.store.schema import PLACES, quoted


@dataclass(frozen=True, slots=True)
class Order:
    """From which day a change holds, who ordered it and why."""

    on: date
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be done: cells that end, cells that begin, and which came out of which.

    `parents` has `id`, `code` and `valid_from`; `children` the fields of a cell and `geometry`; `pairs` are codes.
    """

    kind: str
    order: Order
    parents: pd.DataFrame
    children: pd.DataFrame
    pairs: Sequence[tuple[str | None, str]]
    parameters: Mapping[str, object]
    figures: Mapping[str, object] = field(default_factory=dict)
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Child:
    """A cell that began: its codes and what it carries."""

    code: str
    village_code: str | None
    professional_code: str | None
    load: float | None
    area_m2: float


@dataclass(frozen=True, slots=True)
class Changed:
    """What was done: the run, the codes that ended, the cells that began, the objects that moved, by layer.

    `areas` are those in force on that day, or the newest where none are, that hold a cell which ended, with its
    worker's code. `waiting`: the day lies ahead, and nothing moves before `wangge assign` runs on it.
    """

    run: int
    kind: str
    on: date
    parents: tuple[str, ...]
    children: tuple[Child, ...]
    objects: Mapping[str, int]
    areas: tuple[tuple[str, str | None], ...]
    waiting: bool


def held(connection: sa.Connection) -> None:
    """Keep others from writing towns, villages and cells until this transaction ends."""
    listed = ", ".join(quoted(layers.one(use).name) for use in PLACES.values())
    connection.exec_driver_sql(f"LOCK TABLE {listed} IN SHARE ROW EXCLUSIVE MODE")


def carried_out(connection: sa.Connection, county: County, change: Change) -> Changed:
    """Write a change. Refused where a cell that ends began after the day of the change.

    Children are stored before parents end, so that each object moves once. A parent that began on the day itself was in
    use for no whole day: its row goes to the past, where its code stays known.
    """
    _refuse_later(change)
    table = county.schema.table(layers.one(Use.CELL))
    shapes = np.asarray(change.children["geometry"], dtype=object)
    rows = change.children.drop(columns="geometry").assign(valid_from=change.order.on)
    fill(connection, table, rows.assign(geom=pd.Series(map(_multi, shapes), index=rows.index, dtype=object)))
    _ended(connection, table, change)
    codes = tuple(map(str, change.parents["code"]))
    inputs = shapes, np.array(codes, dtype=object)
    parameters = dict(change.parameters) | {"on": change.order.on.isoformat()}
    made = Made(f"grid-{change.kind}", parameters, digest(inputs), seed=change.seed, result=change.figures)
    run = record(connection, county, made)
    _logged(connection, county, change, run)
    return Changed(
        run,
        change.kind,
        change.order.on,
        codes,
        tuple(_child(row, shape) for row, shape in zip(rows.to_dict("records"), shapes, strict=True)),
        _objects(connection, county, list(rows["code"])),
        _areas(connection, county, codes, change.order.on),
        waiting=change.order.on > county.today(),
    )


def _refuse_later(change: Change) -> None:
    for code, first in zip(change.parents["code"], change.parents["valid_from"], strict=True):
        if first > change.order.on:
            raise Refused(
                f"网格 {code} 自 {first} 起启用，不能在 {change.order.on} 变更 · cell {code} began on {first}: "
                f"expected --on that day or later, got {change.order.on}"
            )


def _ended(connection: sa.Connection, table: sa.Table, change: Change) -> None:
    days = zip(change.parents["id"], change.parents["valid_from"], strict=True)
    fresh = [int(each) for each, first in days if first == change.order.on]
    older = [int(each) for each in change.parents["id"] if int(each) not in fresh]
    last = change.order.on - timedelta(days=1)
    if older:
        connection.execute(sa.update(table).where(table.c.id.in_(older)).values(valid_to=last))
    if fresh:
        connection.execute(sa.delete(table).where(table.c.id.in_(fresh)))


def _logged(connection: sa.Connection, county: County, change: Change, run: int) -> None:
    table = county.schema.table(layers.one(Use.CELL_CHANGE))
    rows = [
        {
            "number": f"{change.kind}-{run}-{place}",
            "kind": change.kind,
            "parent_code": parent,
            "child_code": child,
            "changed_on": change.order.on,
            "run_id": run,
            "made_by": change.order.by or None,
            "reason": change.order.reason or None,
        }
        for place, (parent, child) in enumerate(change.pairs, start=1)
    ]
    fill(connection, table, pd.DataFrame(rows))


def _child(row: Mapping[Any, Any], shape: BaseGeometry) -> Child:
    village, professional, load = (row.get(name) for name in ("village_code", "professional_code", "load"))
    return Child(row["code"], village, professional, None if load is None else float(load), float(shape.area))


def _objects(connection: sa.Connection, county: County, codes: Sequence[str]) -> dict[str, int]:
    """Give how many objects of each layer lie in these cells now; layers without any are left out."""
    cell = county.schema.table(layers.one(Use.CELL))
    found = {}
    for layer in layers.every():
        if layer.located:
            table = county.schema.table(layer)
            inside = sa.select(cell.c.id).where(cell.c.code.in_(codes))
            query = sa.select(sa.func.count()).select_from(table).where(table.c.cell_id.in_(inside))
            found[layer.name] = int(connection.execute(query).scalar_one())
    return {name: count for name, count in found.items() if count}


def _areas(
    connection: sa.Connection, county: County, codes: Sequence[str], on: date
) -> tuple[tuple[str, str | None], ...]:
    """Give the areas in force on a day, or the newest where none are, that hold one of the cells, with their worker."""
    area, run = county.schema.table(layers.one(Use.PATROL_AREA)), areas_on(connection, county, on)
    query = sa.select(area.c.code, area.c.worker_code, area.c.cell_codes).where(area.c.run_id == run)
    rows = connection.execute(query.order_by(area.c.code)).all()
    return tuple((row.code, row.worker_code) for row in rows if set(codes) & set(row.cell_codes["codes"]))


def _multi(shape: BaseGeometry) -> BaseGeometry:
    return MultiPolygon([shape]) if isinstance(shape, Polygon) else shape
