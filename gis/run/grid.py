"""Making grid cells, and placing every object in its cell."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import sqlalchemy as sa

from gis import layers
from gis.errors import Refused
from gis.find import cells as finder
from gis.layer import Use
from gis.plan import cells as planner
from gis.plan.codes import Codes
from gis.run.cell_change import Change, Changed, Order, carried_out, held
from gis.run.cell_codes import Villages, codes_of, villages_of
from gis.run.cell_load import HOUSEHOLD, OBJECT, Carried, carried, ground_of
from gis.store.county import County
from gis.store.fetch import features, shapes
from gis.store.repeat import retried

TARGETS = {HOUSEHOLD: 400.0, OBJECT: 60.0}
HABIT = (0.75, 1.25)
"""300–500 households a cell where the target is 400: the habit that GB/T 34300-2017 is said to set; not verified."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells that were made: how many, what they count, and how what they carry is spread.

    `within` is the share of cells from 0.75 to 1.25 targets, `across` the cells that cross villages or lie in none.
    """

    run: int
    counted: str
    target: float
    count: int
    least_load: float
    median_load: float
    largest_load: float
    over_twice: int
    within: float
    across: int


class Plan(NamedTuple):
    """The arguments of `make`."""

    target: float | None
    counted: str | None
    smallest: float
    service_class: str
    seed: int


def make(
    county: County,
    *,
    target: float | None = None,
    counted: str | None = None,
    smallest: float = 0.5,
    service_class: str = "",
    order: Order | None = None,
    seed: int = 0,
) -> Grid:
    """Make cells in every town and store them, in one transaction; the change is on record.

    `target` is how much a cell carries: 400 households or 60 objects where it is not said. `counted` names what is
    counted, `household` or `object`: households where they are known, if it is not said. A village of less than
    `smallest` targets joins a neighbour. A `service_class` of six digits gives cells 20-digit codes too. Refused where
    cells are in use, or will be: they are split, merged and renumbered instead, for codes carry history.
    """
    plan, told = Plan(target, counted, smallest, service_class, seed), order or Order(county.today())
    return retried(county, lambda connection: _made(connection, county, plan, told))


def assign(county: County) -> finder.Assigned:
    """Place every object in its town, village and cell."""
    return finder.assign(county)


def _made(connection: sa.Connection, county: County, plan: Plan, order: Order) -> Grid:
    held(connection)
    _refuse_standing(connection, county, order)
    towns = features(connection, county, layers.one(Use.TOWN))
    if towns.empty:
        raise Refused("没有镇街，请先入库 · no town is stored: cells are made inside towns, so load those first")
    villages = villages_of(connection, county, towns)
    found = _carried(connection, county, plan.counted)
    target = plan.target if plan.target is not None else TARGETS[found.kind]
    wanted = planner.Wanted(target, plan.smallest, plan.seed)
    ground = ground_of(connection, county)
    areas = shapes(villages.frame) if len(villages.frame) else None
    made = planner.make_cells(shapes(towns), ground, found.points, found.load, wanted, villages=areas)
    codes = codes_of(connection, county, towns, villages, professional=plan.service_class)
    frame = _coded(made, towns, villages, codes).assign(load_kind=found.kind)
    parameters = {
        "target": target,
        "counted": found.kind,
        "smallest": plan.smallest,
        "service_class": plan.service_class,
    }
    figures = _figures(made, target)
    pairs = [(None, code) for code in frame["code"]]
    nobody = pd.DataFrame({"id": [], "code": [], "valid_from": []})
    change = Change("make", order, nobody, frame, pairs, parameters, figures, seed=plan.seed)
    done: Changed = carried_out(connection, county, change)
    return Grid(done.run, found.kind, target, *figures.values())


def _refuse_standing(connection: sa.Connection, county: County, order: Order) -> None:
    table = county.schema.table(layers.one(Use.CELL))
    open_cells = sa.select(sa.func.count()).select_from(table)
    count = connection.execute(
        open_cells.where(table.c.valid_to.is_(None) | (table.c.valid_to >= order.on))
    ).scalar_one()
    if count:
        raise Refused(
            f"已有{count}个网格在用，编码带有沿革，请用 split、merge、renumber · {count} grid cells are in use "
            "already: they are kept, for their codes carry history; split, merge or renumber them"
        )


def _carried(connection: sa.Connection, county: County, counted: str | None) -> Carried:
    found = carried(connection, county, kind=counted)
    if counted == HOUSEHOLD and not len(found.points):
        raise Refused("--count household: 没有已知的居民户 · no household is known; expected users of kind resident")
    return found


def _coded(made: gpd.GeoDataFrame, towns: gpd.GeoDataFrame, villages: Villages, codes: Codes) -> pd.DataFrame:
    """Give made cells their codes, in the order in which they come: town by town, village by village, by serial."""
    town_keys = [str(towns["code"].iloc[each]) for each in made["town"]]
    village_keys = [str(villages.frame["code"].iloc[each]) if each >= 0 else None for each in made["village"]]
    alone = ~made.duplicated(["town", "village"], keep=False).to_numpy()
    keys = list(zip(town_keys, village_keys, strict=True))
    return pd.DataFrame(
        {
            "code": [codes.given(*each) for each in keys],
            "code_scheme": "local",
            "professional_code": [
                codes.professional(*each, alone=bool(one)) for each, one in zip(keys, alone, strict=True)
            ],
            "town_code": town_keys,
            "village_code": village_keys,
            "load": made["load"].to_numpy(float),
            "geometry": shapes(made),
        }
    )


def _figures(made: gpd.GeoDataFrame, target: float) -> dict[str, Any]:  # whole numbers and shares
    loads = made["load"].to_numpy(float)
    within = (loads >= HABIT[0] * target) & (loads <= HABIT[1] * target)
    return {
        "count": len(made),
        "least_load": float(loads.min()) if len(loads) else 0.0,
        "median_load": float(np.median(loads)) if len(loads) else 0.0,
        "largest_load": float(loads.max(initial=0)),
        "over_twice": int((loads > 2 * target).sum()),
        "within": float(within.mean()) if len(loads) else 0.0,
        "across": int((made["village"] < 0).sum()),
    }
