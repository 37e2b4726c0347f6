"""Layers whose places were never verified: what a map must say of them."""

from typing import NamedTuple

import sqlalchemy as sa

from gis import layers
from gis.layer import Layer, Use
from gis.store.county import County
from gis.store.load.datum.verdict import VERIFIED


class Unverified(NamedTuple):
    """A layer, and how many of its rows were brought by deliveries that were not found to lie right."""

    layer: Layer
    rows: int


def unverified(connection: sa.Connection, county: County) -> list[Unverified]:
    """Give the layers with rows whose delivery says that its datum was not verified or a shift accepted, by name.

    Rows that no delivery brought, and deliveries from before this was measured, are not among them.
    """
    log = county.schema.table(layers.one(Use.DELIVERY))
    found = []
    for layer in layers.every():
        if layer.geometry is None or not layer.historic:
            continue
        table = county.schema.table(layer)
        query = (
            sa.select(sa.func.count())
            .join_from(table, log, log.c.id == table.c.delivery_id)
            .where(log.c.datum.is_not(None), log.c.datum != VERIFIED)
        )
        if rows := int(connection.execute(query).scalar_one()):
            found.append(Unverified(layer, rows))
    return found
