"""The towns and villages of a county by every name they bear, bore, or are given by other tables."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gis import layers
from gis.find.address import Address
from gis.find.gazetteer import Gazetteer, Kind
from gis.find.numerals import plain
from gis.layer import Layer, Use
from gis.store.county import County

NAME = "name"
IDS = Mapping[str, frozenset[int]]


@dataclass(frozen=True)
class Places:
    """Names found in texts, and what they name: ids of towns and villages, and of the town of each village."""

    gazetteer: Gazetteer
    towns: IDS
    villages: IDS
    town_of: Mapping[int, int]

    def within(self, towns: frozenset[int]) -> tuple[tuple[str, frozenset[int]], ...]:
        """Give the villages of these towns, by name; all where none is given."""
        chosen = (
            (name, frozenset(each for each in ids if not towns or self.town_of.get(each) in towns))
            for name, ids in self.villages.items()
        )
        return tuple((name, ids) for name, ids in chosen if ids)


def places(connection: sa.Connection, county: County) -> Places:
    """Give the places of a county by their stored names, their former ones, and those of the table of place codes.

    Streets and compounds are known by the names that their layers hold.
    """
    town, village = layers.one(Use.TOWN), layers.one(Use.VILLAGE)
    towns = _named(connection, county, town)
    villages = _named(connection, county, village)
    names = [(Kind.TOWN, name) for name in towns] + [(Kind.VILLAGE, name) for name in villages]
    for kind, use in ((Kind.STREET, Use.STREET), (Kind.COMPOUND, Use.COMPOUND)):
        for layer in layers.using(use):
            column = county.schema.table(layer).c[NAME]
            query = sa.select(column).distinct().where(column.is_not(None)).order_by(column)
            names += [(kind, plain(name)) for name in connection.scalars(query)]
    table = county.schema.table(village)
    spot = sa.func.ST_PointOnSurface(table.c.geom)
    lies = sa.select(table.c.id, sa.func.area_at(Use.TOWN.value, spot).label("town"))
    town_of = {row.id: row.town for row in connection.execute(lies) if row.town is not None}
    return Places(Gazetteer(names), towns, villages, town_of)


def with_names_of(known: Places, addresses: Iterable[Address]) -> Places:
    """Give the places with the streets and compounds that stored addresses name, as they spell them."""
    names = {(Kind.TOWN, name) for name in known.towns} | {(Kind.VILLAGE, name) for name in known.villages}
    for each in addresses:
        names |= {(Kind.STREET, each.street), (Kind.COMPOUND, each.compound)}
    return Places(Gazetteer([*names, *known.gazetteer.names]), known.towns, known.villages, known.town_of)


def _named(connection: sa.Connection, county: County, layer: Layer) -> dict[str, frozenset[int]]:
    table, past = county.schema.table(layer), county.schema.past(layer)
    now = sa.select(table.c.id, table.c[NAME])
    before = sa.select(past.c.id, past.c[NAME]).where(past.c.id.in_(sa.select(table.c.id)))
    found: dict[str, set[int]] = defaultdict(set)
    for query in (now, before, *_elsewhere(county, layer)):
        for identity, name in connection.execute(query):
            found[plain(name)].add(identity)
    return {name: frozenset(ids) for name, ids in sorted(found.items()) if name}


def _elsewhere(county: County, layer: Layer) -> list[sa.Select[tuple[Any, ...]]]:
    """Give what other tables (NBS, MCA, a list of former names) call the places that they stand for.

    A code alone is not followed: two tables give one code to different towns.
    """
    codes, table = county.schema.table(layers.one(Use.PLACE_CODE)), county.schema.table(layer)
    level = next(use for use in (Use.TOWN, Use.VILLAGE) if use in layer.uses)
    joined = codes.join(table, table.c[layer.key] == codes.c.stands_for)
    return [sa.select(table.c.id, codes.c[NAME]).select_from(joined).where(codes.c.level == level.value)]
