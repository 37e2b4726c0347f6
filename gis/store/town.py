"""The town that a word names: by its code, or by its name where one town alone has it."""

from dataclasses import dataclass

import sqlalchemy as sa

from gis import layers
from gis.errors import Refused, UnknownName
from gis.layer import Use
from gis.store.county import County


@dataclass(frozen=True, slots=True)
class Town:
    """A stored town: its internal id, its code and its name."""

    id: int
    code: str
    name: str


def town_named(connection: sa.Connection, county: County, wanted: str) -> Town:
    """Give the town of that code or name; a code goes before a name.

    UnknownName where none has it, Refused where several towns have the name.
    """
    layer = layers.one(Use.TOWN)
    table = county.schema.table(layer)
    code = table.c[layer.key]
    query = sa.select(table.c.id, code.label("code"), table.c.name).order_by(code)
    found = connection.execute(query.where((code == wanted) | (table.c.name == wanted))).all()
    exact = [row for row in found if row.code == wanted] or found
    if not exact:
        raise UnknownName(f"没有镇街 {wanted} · no town {wanted!r} is stored")
    if len(exact) > 1:
        codes = ", ".join(row.code for row in exact)
        raise Refused(f"有{len(exact)}个镇街名为 {wanted}，请用代码 · several towns are named {wanted!r}: {codes}")
    return Town(*exact[0])
