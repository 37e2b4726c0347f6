"""The work that patrols have: visits due in a period, minutes for each, and the way to walk to it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import sqlalchemy as sa

from gis import layers
from gis.crs import Geometries
from gis.errors import Refused
from gis.layer import Layer
from gis.store.county import County
from gis.store.versions import in_force
from gis.store.views import spot_column

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

PERIOD_D = 365.0
PACE = 4000 / 60  # metres a minute on foot
MINUTES = "visit_minutes"  # the rule that says how long a visit of each kind takes


@dataclass(frozen=True, slots=True)
class Work:
    """What is patrolled: places (n, 2) in storage metres, and minutes in the period.

    `home` is the cell of each object (row of the cells, -1: none), `street` its nearest street, `skill` what a worker
    must know to visit it (empty: nothing); `outside` counts those in no cell, `without_rule` those that no rule has
    visited.
    """

    spots: Floats
    minutes: Floats
    home: Integers
    street: Integers
    skill: Geometries
    outside: int
    without_rule: int


def kinds() -> tuple[str, ...]:
    """Give the kinds of visit that the layers declare."""
    return tuple(sorted({layer.patrol.kind for layer in layers.every() if layer.patrol}))


def minutes_of(connection: sa.Connection, county: County, given: Mapping[str, float]) -> dict[str, float]:
    """Give the minutes of each kind of visit: those given, else those of the rule in force today.

    Refused for an unknown kind, and where no rule says how long a visit takes.
    """
    unknown = sorted(set(given) - set(kinds()))
    if unknown:
        raise Refused(f"--minutes {unknown[0]}: 没有这种检查 · expected one of {', '.join(kinds())}")
    rules = in_force(county.schema, MINUTES, county.today(), None, unit="min")
    ruled = {str(row.category): float(row.amount) for row in connection.execute(sa.select(rules))}
    missing = sorted(set(kinds()) - set(ruled) - set(given))
    if missing:
        raise Refused(
            f"{missing[0]}：没有规则说明每次用时 · expected a rule {MINUTES}.{missing[0]}, got none: `wangge law "
            f"apply` brings the shipped ones, or give --minutes {missing[0]}=…"
        )
    return {kind: given.get(kind, ruled.get(kind, 0.0)) for kind in kinds()}


def work(
    connection: sa.Connection,
    county: County,
    cells: pd.DataFrame,
    streets: Geometries,
    *,
    minutes: Mapping[str, float],
    period_d: float = PERIOD_D,
) -> Work:
    """Give the work of a period of so many days, by the rules in force today.

    An object is visited period / interval times; a visit takes the minutes of its kind and the way: the streets of its
    cell, walked once for all objects in it, at 4 km an hour.
    """
    parts = [_visits(connection, county, layer, period_d) for layer in layers.every() if layer.patrol]
    rows = (
        pd.concat(parts, ignore_index=True)
        if parts
        else pd.DataFrame(columns=["cell", "x", "y", "visits", "kind", "skill"])
    )
    place = pd.Series(np.arange(len(cells)), index=cells["id"].astype("int64"))
    home = place.reindex(pd.to_numeric(rows["cell"])).fillna(-1).to_numpy(dtype=np.int64)
    spots = rows[["x", "y"]].to_numpy(dtype=float)
    walk_m = _streets_m(np.asarray(cells.geometry.to_numpy(), dtype=object), streets)
    each_m = np.append(walk_m / np.maximum(np.bincount(home[home >= 0], minlength=len(cells)), 1), 0.0)
    visits = rows["visits"].to_numpy(dtype=float)
    spent = np.nan_to_num(visits) * (rows["kind"].map(minutes).to_numpy(dtype=float) + each_m[home] / PACE)
    lacking = int((home < 0).sum()), int(np.isnan(visits).sum())
    return Work(spots, spent, home, _nearest(spots, streets), rows["skill"].to_numpy(dtype=object), *lacking)


def _visits(connection: sa.Connection, county: County, layer: Layer, period_d: float) -> pd.DataFrame:
    """Give the objects of a layer: cell id, place, visits in the period (NaN without a rule), kind and skill."""
    patrol = layer.patrol
    if patrol is None:
        raise ValueError(f"layer {layer.name}: expected a layer with a patrol")
    rules = in_force(county.schema, patrol.kind, county.today(), None)
    interval_d = {row.category: row.amount for row in connection.execute(sa.select(rules.c.category, rules.c.amount))}
    table = county.schema.table(layer)
    point = table.c[spot_column(layer)]
    by = sa.cast(table.c[patrol.by], sa.Text) if patrol.by else sa.cast(sa.null(), sa.Text)
    category = sa.func.coalesce(by, patrol.unknown)
    query = sa.select(table.c.cell_id, sa.func.ST_X(point), sa.func.ST_Y(point), category).order_by(table.c[layer.key])
    frame = pd.DataFrame(connection.execute(query).all(), columns=["cell", "x", "y", "category"], dtype=object)
    every = frame["category"].map(interval_d).astype(float)
    return frame.assign(visits=period_d / every, kind=patrol.kind, skill=patrol.skill).drop(columns="category")


def _streets_m(cells: Geometries, streets: Geometries) -> Floats:
    cell, street = shapely.STRtree(streets).query(cells, predicate="intersects")
    length = shapely.length(shapely.intersection(streets[street], cells[cell]))
    return np.bincount(cell, length, minlength=len(cells)).astype(np.float64)


def _nearest(spots: Floats, streets: Geometries) -> Integers:
    """Give the nearest street of each object, 0 where there are none."""
    if not len(streets) or not len(spots):
        return np.zeros(len(spots), dtype=np.int64)
    found = shapely.STRtree(streets).query_nearest(shapely.points(spots), all_matches=False)
    return np.asarray(found[1], dtype=np.int64)
