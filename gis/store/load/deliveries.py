"""The log of deliveries: which there were, and what of one still stands."""

from typing import Any

import sqlalchemy as sa

from gis import layers
from gis.errors import UnknownName
from gis.layer import Layer, Use
from gis.store.county import County

BEFORE_NUMBER = "D-"


def listed(county: County, layer: Layer | None = None, *, limit: int) -> list[dict[str, Any]]:
    """Give the log's rows, newest first, of one layer where one is named; `layer`'s title stands beside them."""
    table = county.schema.table(layers.one(Use.DELIVERY))
    query = sa.select(table).order_by(table.c.id.desc()).limit(limit)
    if layer is not None:
        query = query.where(table.c.layer == layer.name)
    with county.reading() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def delivery_named(connection: sa.Connection, county: County, number: str, *, lock: bool = False) -> sa.Row[Any]:
    """Give the log's row of a delivery by its number, `D-12` or `12`; UnknownName where there is none."""
    table = county.schema.table(layers.one(Use.DELIVERY))
    wanted = BEFORE_NUMBER + number.strip().upper().removeprefix(BEFORE_NUMBER)
    query = sa.select(table).where(table.c.number == wanted)
    found = connection.execute(query.with_for_update() if lock else query).first()
    if found is None:
        raise UnknownName(f"没有交付 {number} · no delivery {number!r}: `wangge delivery list` names them")
    return found


def standing(connection: sa.Connection, county: County, delivery: sa.Row[Any]) -> int:
    """Count the rows whose stored version a delivery brought."""
    table = county.schema.table(layers.named(delivery.layer))
    query = sa.select(sa.func.count()).select_from(table).where(table.c.delivery_id == delivery.id)
    return int(connection.execute(query).scalar_one())
