"""Three lists that follow from the links: houses without a record, records without a house, users without a house.

A user is a row of a layer that demands gas or the like (`Layer.demands`); every other row that can be tied is a record.
Houses that no register knows are how objects that nobody checks are found at all (Firebird, KDD 2016).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa

from gis import layers
from gis.crs import Geometries
from gis.find.match_evidence import State
from gis.layer import Field, Layer, Role, Use
from gis.store.county import County
from gis.store.town import town_named
from gis.store.views import spot_column

FIRST = ("layer", "key", "town", "village", "state", "reason", "candidates")
NOT_TIED = "尚未归户"
STEWARD = frozenset({Role.STEWARD})


class Wanted(Enum):
    """Which list."""

    HOUSE = "house"
    RECORD = "record"
    USER = "user"


ZH = {Wanted.HOUSE: "有房无档", Wanted.RECORD: "有档无房", Wanted.USER: "有户无房"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is listed: which list, against which houses and layers (empty: all that were tied), where, for whom."""

    wanted: Wanted
    to: Layer
    layers: tuple[Layer, ...] = ()
    town: str | None = None
    roles: frozenset[Role] = STEWARD


def tied(asked: Asked) -> tuple[Layer, ...]:
    """Give the layers whose rows the list is about, or whose rows make a house known."""
    chosen = asked.layers or tuple(each for each in layers.every() if each.match is not None)
    if asked.wanted is Wanted.HOUSE:
        return chosen
    return tuple(each for each in chosen if (each.demands is not None) is (asked.wanted is Wanted.USER))


def listed(connection: sa.Connection, county: County, asked: Asked) -> gpd.GeoDataFrame:
    """Give the list, a row each in order of layer and key, in storage metres; empty where nothing is missing.

    Columns: `layer`, `key`, `town`, `village`, then those a reader with these roles may see, masked where they are; of
    records and users also `state`, `reason`, `candidates`; a row that no run has seen has no state. A layer that these
    roles may not read gives no rows.
    """
    if asked.wanted is Wanted.HOUSE:
        parts = [_houses(connection, county, asked)]
    else:
        parts = [_rows(connection, county, asked, layer) for layer in tied(asked)]
    full = [each for each in parts if len(each)]
    found = pd.concat(full, ignore_index=True) if full else parts[0] if parts else _empty()
    return found.set_crs(county.srid)


def not_tied(connection: sa.Connection, county: County, asked: Asked) -> tuple[str, ...]:
    """Give the layers that hold rows and have no link: what a list says of them only tells that nobody asked."""
    link = county.schema.table(layers.one(Use.LINK))
    found = []
    for layer in tied(asked):
        links = sa.exists().where(link.c.layer == layer.name, link.c.houses == asked.to.name)
        rows = sa.exists().select_from(county.schema.table(layer))
        if connection.execute(sa.select(rows & ~links)).scalar_one():
            found.append(layer.name)
    return tuple(found)


def _houses(connection: sa.Connection, county: County, asked: Asked) -> gpd.GeoDataFrame:
    """Give the houses to which no row of the layers is tied."""
    table, link = county.schema.table(asked.to), county.schema.table(layers.one(Use.LINK))
    known = sa.exists().where(
        link.c.houses == asked.to.name,
        link.c.house == sa.cast(table.c[asked.to.key], sa.Text()),
        link.c.layer.in_([each.name for each in tied(asked)]),
    )
    return _fetched(connection, county, asked, asked.to, sa.select().where(~known).select_from(table))


def _rows(connection: sa.Connection, county: County, asked: Asked, layer: Layer) -> gpd.GeoDataFrame:
    """Give the rows of a layer that were asked for and are in no house for certain."""
    table, link = county.schema.table(layer), county.schema.table(layers.one(Use.LINK))
    same = (link.c.layer == layer.name) & (link.c.subject == sa.cast(table.c[layer.key], sa.Text()))
    joined = table.outerjoin(link, same & (link.c.houses == asked.to.name))
    open_ones = link.c.state.is_distinct_from(State.MATCHED.value)
    reason = sa.func.coalesce(link.c.reason, sa.case((link.c.id.is_(None), NOT_TIED))).label("reason")
    query = sa.select(link.c.state, reason, link.c.candidates).select_from(joined).where(open_ones)
    return _fetched(connection, county, asked, layer, query)


def _fetched(
    connection: sa.Connection, county: County, asked: Asked, layer: Layer, query: sa.Select[Any]
) -> gpd.GeoDataFrame:
    view = layer.visible(asked.roles)
    if not view.readable:
        return _empty()
    table = county.schema.table(layer)
    shown = _shown(layer)
    plain = [each for each in shown if each in view.plain]
    masked = [each for each in shown if each in view.masked]
    columns: list[sa.ColumnElement[Any]] = [sa.cast(table.c[layer.key], sa.Text()).label("key")]
    columns += [table.c[each.name].label(f"its_{each.name}") for each in (*plain, *masked)]
    columns += [_place(county, table, use).label(use.value) for use in (Use.TOWN, Use.VILLAGE)]
    columns.append((sa.func.cardinality(table.c.invented) > 0).label("invented"))
    spot = table.c[spot_column(layer)] if asked.wanted is not Wanted.HOUSE and layer.located else table.c.get("geom")
    columns.append((sa.func.ST_AsBinary(spot) if spot is not None else sa.null()).label("geometry"))
    if asked.town is not None:
        query = query.where(table.c.town_id == town_named(connection, county, asked.town).id)
    rows = connection.execute(query.add_columns(*columns).order_by(table.c[layer.key]))
    frame = pd.DataFrame(rows.all(), columns=list(rows.keys()), dtype=object)
    for each in masked:
        if each.mask is not None:
            frame[f"its_{each.name}"] = [each.mask.apply(value) for value in frame[f"its_{each.name}"]]
    frame = frame.rename(columns={f"its_{each.name}": each.name for each in shown})
    frame.insert(0, "layer", layer.name)
    first = [name for name in FIRST if name in frame]
    frame = frame[[*first, *(name for name in frame.columns if name not in first)]]
    return gpd.GeoDataFrame(frame, geometry=_shapes(frame.pop("geometry")))


def _shown(layer: Layer) -> Sequence[Field]:
    """Give the fields that a list shows of a row: what its popup shows, and its address."""
    declared = {part.address for part in (layer.match, layer.footprint) if part is not None}
    return [each for each in layer.fields if each.name != layer.key and (each.popup or each.name in declared)]


def _place(county: County, table: sa.Table, use: Use) -> sa.ColumnElement[Any]:
    column = f"{use.value}_id"
    if column not in table.c:
        return sa.null()
    places = county.schema.table(layers.one(use))
    return sa.select(places.c.name).where(places.c.id == table.c[column]).scalar_subquery()


def _shapes(stored: Iterable[Any]) -> Geometries:
    return np.asarray(shapely.from_wkb([None if each is None else bytes(each) for each in stored]), dtype=object)


def _empty() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"layer": [], "key": [], "town": [], "village": []}, geometry=[])
