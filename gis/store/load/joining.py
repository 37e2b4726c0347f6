"""Places taken from another layer: a row without a shape lies on the object whose key it holds."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import sqlalchemy as sa

from gis import layers
from gis.layer import Field, Layer
from gis.store.county import County
from gis.store.formats.delivered import Fault, shown
from gis.store.load.conform import Conformed
from gis.store.schema import PLACED_AS_DELIVERED

APART_M = 200.0
"""How far a delivered position may lie from the object that the row says it is on."""
SAME_M = 0.01
"""How far a place moves at most on its way through a file and back."""
CANDIDATES = 3
ASKED = 100
AROUND = 50


def placed(layer: Layer, rows: Conformed) -> Conformed:
    """Give the rows with a column that says where their place is from, empty where it is still to be found.

    Rows that bring neither a shape nor a code that could place them are left as they are.
    """
    if not layer.placed_by_code:
        return rows
    if rows.geometry is None and not any(each.name in rows.fields for each in layer.joining):
        return rows
    count = len(rows.frame)
    shapes = rows.geometry if rows.geometry is not None else np.full(count, None, dtype=object)
    told = np.array([None if shape is None else PLACED_AS_DELIVERED for shape in shapes], dtype=object)
    frame = rows.frame.assign(placed_by=told)
    return replace(rows, frame=frame, geometry=shapes, worked=(*rows.worked, "placed_by"))


def place(connection: sa.Connection, county: County, layer: Layer, table: sa.Table) -> None:
    """Give staged rows without a shape their place.

    What was stored with a delivered position keeps it, then the first code that names a stored object decides; a stored
    row that names none keeps the place it has. A place that a code gave and that comes back with it, as in an export,
    is still the code's.
    """
    if "placed_by" not in table.c:
        return
    stored = county.schema.table(layer)
    open_rows = table.c.geom.is_(None)
    same = open_rows & (stored.c[layer.key] == table.c[layer.key])
    kept = {"geom": stored.c.geom, "placed_by": stored.c.placed_by}
    for field in layer.joining:
        known = (stored.c[layer.key] == table.c[layer.key]) & (stored.c[field.name] == table.c[field.name])
        back = known & sa.func.ST_DWithin(stored.c.geom, table.c.geom, SAME_M)
        connection.execute(sa.update(table).values(kept).where(back, stored.c.placed_by == field.name))
    connection.execute(sa.update(table).values(kept).where(same, stored.c.placed_by == PLACED_AS_DELIVERED))
    for field in layer.joining:
        target = layers.named(field.joins)
        other = county.schema.table(target).alias()
        point = other.c.spot if "spot" in other.c else sa.func.ST_PointOnSurface(other.c.geom)
        values = {"geom": point, "placed_by": sa.literal(field.name)}
        connection.execute(sa.update(table).values(values).where(open_rows, other.c[target.key] == table.c[field.name]))
    no_code = sa.and_(*(table.c[field.name].is_(None) for field in layer.joining))
    connection.execute(sa.update(table).values(kept).where(same, no_code))


def misplaced(connection: sa.Connection, county: County, layer: Layer, table: sa.Table) -> list[Fault]:
    """Give the rows that no code places, and those delivered farther than 200 m from what they say they are on."""
    faults: list[Fault] = []
    if "placed_by" not in table.c:
        return faults
    for field in layer.joining:
        target = layers.named(field.joins)
        other = county.schema.table(target)
        code = table.c[field.name]
        lost = sa.select(table.c.row_no, code.label("code")).where(table.c.geom.is_(None), code.is_not(None))
        rows = [(row.row_no, str(row.code)) for row in connection.execute(lost.order_by(table.c.row_no))]
        faults += unknown(connection, other, target, rows, field=field.name)
        faults += _apart(connection, table, other, field, target)
    return faults


def _apart(connection: sa.Connection, table: sa.Table, other: sa.Table, field: Field, target: Layer) -> list[Fault]:
    same = other.c[target.key] == table.c[field.name]
    far = sa.not_(sa.func.ST_DWithin(other.c.geom, table.c.geom, APART_M))
    distance = sa.func.ST_Distance(other.c.geom, table.c.geom)
    query = sa.select(table.c.row_no, table.c[field.name], distance).where(
        same, table.c.placed_by == PLACED_AS_DELIVERED, far
    )
    return [
        Fault(
            row,
            field.name,
            "near_joined",
            f"距{target.title} {shown(code)} 不超过 {APART_M:g} m · within {APART_M:g} m of {shown(code)}",
            f"{distance_m:,.0f} m",
        )
        for row, code, distance_m in connection.execute(query.order_by(table.c.row_no))
    ]


def unknown(
    connection: sa.Connection, other: sa.Table, target: Layer, rows: list[tuple[int, str]], *, field: str
) -> list[Fault]:
    """Give the faults of rows that name keys which `target` does not hold, each with the stored keys most like it."""
    codes = list(dict.fromkeys(code for _, code in rows))
    like = alike(connection, other.c[target.key], codes[:ASKED])
    expected = f"已入库的{target.title} · a stored {target.name}"
    faults = []
    for row, code in rows:
        near = "，".join(shown(each) for each in like.get(code, ()))
        told = f"没有{target.title} {shown(code)} · no {target.name} {shown(code)}"
        faults.append(Fault(row, field, "joins", expected, told + (f"；相近 · like it: {near}" if near else "")))
    return faults


def alike(connection: sa.Connection, key: sa.Column[object], codes: Sequence[str]) -> dict[str, list[str]]:
    """Give per code the stored keys most like it: of its neighbours in order, and those of the same letters.

    The latter are looked for once for all codes, since no index serves.
    """
    if not codes:
        return {}
    bare = sa.func.lower(sa.func.regexp_replace(key, r"[\W_]+", "", "g"))
    asked = sa.any_(sa.literal([_bare(code) for code in codes], sa.ARRAY(sa.Text())))
    same = [str(each) for each in connection.scalars(sa.select(key).where(bare == asked).order_by(key))]
    return {code: _most_alike(connection, key, code, same) for code in codes}


def _most_alike(connection: sa.Connection, key: sa.Column[object], code: str, same: Sequence[str]) -> list[str]:
    before = sa.select(key.label("k")).where(key <= code).order_by(key.desc()).limit(AROUND)
    after = sa.select(key.label("k")).where(key > code).order_by(key).limit(AROUND)
    parts = sa.union(*(each.subquery().select() for each in (before, after)))
    exact = [each for each in same if _bare(each) == _bare(code)][:AROUND]
    found = sorted({*exact, *(str(each) for each in connection.scalars(parts))})
    close = difflib.get_close_matches(code, found, CANDIDATES, 0.7)
    return list(dict.fromkeys([*exact, *close]))[:CANDIDATES]


def _bare(code: str) -> str:
    return re.sub(r"[\W_]+", "", code).lower()
