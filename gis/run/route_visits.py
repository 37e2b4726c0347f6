"""The visits that a calendar has planned around a day: where, how long, in which house, and their words on a sheet."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd
import sqlalchemy as sa

from gis import layers
from gis.errors import Refused, some
from gis.layer import Layer, Role, Use
from gis.run.calendar import PLAN, days_of
from gis.run.skills import knows, skills_of
from gis.store.county import County
from gis.store.views import spot_column

OWN = ("code", "layer", "object_id", "object_key", "kind", "area_code", "worker_code", "day", "due_on", "minutes")
PLACE = ("x", "y", "house", "house_x", "house_y")
WORDS = ["object_id", "category", "address", "invented"]
SHOWN = 10


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """A calendar run and its visits of a day and the days after it, one row per visit, in order of their codes.

    Columns: those of `planned_visit`; `x`, `y` of the object and `house_x`, `house_y` of the house it is in (itself
    where it is in none), in storage metres; `house`, its number (below 0: no house); `category`, the object's class;
    `address` as the role may see it; `invented`, whether any of the object's values is; `able`, whether the worker has
    the skill that the visit needs, as the register has it now.
    """

    calendar: int
    rows: pd.DataFrame


def planned(
    connection: sa.Connection,
    county: County,
    day: date,
    *,
    calendar: int | None = None,
    worker: str | None = None,
    ahead_d: int = 0,
    role: Role = Role.WORKER,
) -> Planned:
    """Give the visits of a day and `ahead_d` days after, by the calendar named, or the newest that covers the day.

    Refused where no calendar covers the day, and where nothing is planned on it, or nothing for the worker.
    """
    run = _covering(connection, county, day, calendar)
    rows = _rows(connection, county, run, day, day + timedelta(days=ahead_d))
    today = rows[rows["day"] == day]
    if today.empty:
        raise Refused(f"{day}: 日历 {run} 当日没有检查 · calendar {run} plans no visit on this day")
    if worker is not None:
        _refuse_stranger(today, run, day, worker)
        rows = rows[rows["worker_code"] == worker]
    rows = rows.reset_index(drop=True)
    words = pd.concat([pd.DataFrame(columns=["layer", *WORDS]), *_words(connection, county, rows, role)])
    rows = rows.assign(able=_able(connection, county, rows))
    return Planned(run, rows.merge(words, how="left", on=["layer", "object_id"]))


def _covering(connection: sa.Connection, county: County, day: date, calendar: int | None) -> int:
    run = county.schema.table(layers.one(Use.RUN))
    first, last = days_of(run)
    query = sa.select(run.c.id, first, last).where(run.c.plan == PLAN).order_by(run.c.id.desc())
    if calendar is not None:
        query = query.where(run.c.id == calendar)
    found = connection.execute(query).all()
    for number, begins, ends in found:
        if begins <= day <= ends:
            return int(number)
    if calendar is not None:
        told = f"{found[0][1]} to {found[0][2]}" if found else "no such calendar"
        raise Refused(f"--calendar {calendar}: 该日历不含 {day} · expected a calendar that covers {day}, got {told}")
    raise Refused(
        f"{day}: 没有包含该日的检查日历 · no calendar covers this day: "
        "`wangge patrol calendar --from DAY --to DAY` makes one"
    )


def _rows(connection: sa.Connection, county: County, run: int, first: date, last: date) -> pd.DataFrame:
    visit = county.schema.table(layers.one(Use.VISIT_PLAN))
    x, y = sa.func.ST_X(visit.c.geom), sa.func.ST_Y(visit.c.geom)
    house = _house(county, visit)
    query = (
        sa.select(
            *(visit.c[name] for name in OWN),
            x,
            y,
            sa.func.coalesce(house.c.id, -visit.c.id),
            sa.func.coalesce(house.c.x, x),
            sa.func.coalesce(house.c.y, y),
        )
        .select_from(visit.outerjoin(house, sa.true()))
        .where(visit.c.run_id == run, visit.c.day.between(first, last))
        .order_by(visit.c.code)
    )
    return pd.DataFrame(connection.execute(query).all(), columns=[*OWN, *PLACE], dtype=object)


def _house(county: County, visit: sa.Table) -> Any:  # a lateral, whose columns SQLAlchemy cannot type
    """Give the house that each visit's point lies in: of several the one with the smallest id."""
    layer = next(each for each in layers.every() if each.footprint is not None)
    table = county.schema.table(layer)
    spot = table.c[spot_column(layer)]
    inside = table.c.geom.op("&&")(visit.c.geom) & sa.func.ST_Intersects(table.c.geom, visit.c.geom)
    found = sa.select(table.c.id, sa.func.ST_X(spot).label("x"), sa.func.ST_Y(spot).label("y"))
    return found.where(inside).order_by(table.c.id).limit(1).lateral("house")


def _refuse_stranger(today: pd.DataFrame, run: int, day: date, worker: str) -> None:
    known = sorted(set(today["worker_code"].dropna()))
    if worker not in known:
        raise Refused(
            f"--worker {worker}: 日历 {run} 在 {day} 没有该网格员的检查 · expected one of the workers of that day, "
            f"got {worker}; there are: {some(known, SHOWN) or '—'}"
        )


def _able(connection: sa.Connection, county: County, rows: pd.DataFrame) -> list[bool]:
    known = skills_of(connection, county)
    wanted = {layer.name: layer.patrol.skill for layer in layers.every() if layer.patrol is not None}
    pairs = zip(rows["worker_code"], rows["layer"], strict=True)
    return [knows(known.get(worker), wanted[layer]) for worker, layer in pairs]


def _words(connection: sa.Connection, county: County, rows: pd.DataFrame, role: Role) -> Iterator[pd.DataFrame]:
    """Give the class, address and inventedness of the objects of each layer, as far as the role sees them."""
    for name, part in rows.groupby("layer", sort=True):
        layer = layers.named(str(name))
        table = county.schema.table(layer)
        by = sa.cast(table.c[layer.patrol.by], sa.Text) if layer.patrol and layer.patrol.by else sa.null()
        unknown = layer.patrol.unknown if layer.patrol else ""
        address = _address(layer)
        query = sa.select(
            table.c.id,
            sa.func.coalesce(by, unknown),
            table.c[address] if address else sa.cast(sa.null(), sa.Text),
            sa.func.cardinality(table.c.invented) > 0,
        ).where(table.c.id == sa.any_(sa.literal(_ids(part), sa.ARRAY(sa.BigInteger()))))
        found = pd.DataFrame(connection.execute(query).all(), columns=WORDS, dtype=object)
        found["address"] = [_seen(layer, address, role, each) for each in found["address"]]
        yield found.assign(layer=layer.name)


def _ids(part: pd.DataFrame) -> list[int]:
    return sorted({int(each) for each in part["object_id"]})


def _address(layer: Layer) -> str:
    """Give the field that holds a layer's address; empty where it declares none."""
    part = layer.match or layer.footprint
    return part.address if part is not None else ""


def _seen(layer: Layer, name: str, role: Role, value: str | None) -> str | None:
    """Give an address as the role may see it: plain, masked, or not at all."""
    view = layer.visible({role})
    if not name or value is None or layer.field(name) in view.plain:
        return value
    field = layer.field(name)
    return field.mask.apply(value) if field in view.masked and field.mask is not None else None
