"""Whether a delivered shape is the stored one: by its bytes, and where they differ by its vertices within a micrometre.

A shape that went out in degrees or on the grid of a geodatabase comes back a few nanometres off. That is the same
shape; without this every export in EPSG:4326 would come back as a change of every row. No survey measures a micrometre.
"""

from typing import Any

import sqlalchemy as sa

SAME_WITHIN_M = 1e-6


def differ(old: sa.ColumnElement[Any], new: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Tell whether two shapes in storage metres differ: in their parts and rings, or in a vertex beyond a micrometre.

    Vertices are compared one by one in their order, x and y each, and only where the bytes differ. Two empty values are
    the same, one is not.
    """
    was, came = sa.func.ST_AsBinary(old), sa.func.ST_AsBinary(new)
    return sa.case(
        (was.is_not_distinct_from(came), sa.false()),
        (sa.func.ST_NPoints(old).is_distinct_from(sa.func.ST_NPoints(new)), sa.true()),
        else_=_moved(old, new),
    )


def _moved(old: sa.ColumnElement[Any], new: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    one = sa.func.ST_DumpPoints(old).table_valued("path", "geom", name="vertex_was")
    other = sa.func.ST_DumpPoints(new).table_valued("path", "geom", name="vertex_came")
    far = [
        sa.func.abs(axis(one.c.geom, type_=sa.Double()) - axis(other.c.geom, type_=sa.Double())) > SAME_WITHIN_M
        for axis in (sa.func.ST_X, sa.func.ST_Y)
    ]
    pairs = one.outerjoin(other, one.c.path == other.c.path)
    return sa.exists(sa.select(sa.literal(1)).select_from(pairs).where(sa.or_(other.c.path.is_(None), *far)))
