"""First pipe plans (瓶改管): from live roots along the streets to chosen users, stored with their run and proof."""

import math
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import sqlalchemy as sa

from gis import layers
from gis.crs import Geometries
from gis.errors import Refused
from gis.layer import Demand, Layer, Use
from gis.plan.pace import Pace
from gis.plan.pipes import STEPS, PipePlan, Users, plan_forest
from gis.plan.streets import Attachment, attach, street_graph
from gis.run.record import Made, digest, record
from gis.store.county import County
from gis.store.fetch import features, shapes
from gis.store.versions import standing

MEDIUM = "gas"
REACH_M = 300.0
UNPAVED = "residential"
COST, PRIZE, SERVICE = "pipe_cost", "pipe_prize", "service_line"


@dataclass(frozen=True, slots=True)
class Pipes:
    """What a plan comes to, in yuan at unverified unit costs: objective, bound and gap, and users of candidates.

    `reasons` counts why users are in or out; `length_m` is of mains and service lines together.
    """

    run: int
    objective: float
    bound: float
    gap_pct: float
    users: int
    candidates: int
    cost: float
    missed: float
    length_m: float
    roots: int
    budget: float | None
    steps: int
    reasons: Mapping[str, int]


@dataclass(frozen=True)
class _Question:
    """What a plan is made from: streets, roots and users in storage metres, and unit prices by class."""

    streets: gpd.GeoDataFrame
    roots: Geometries
    users: gpd.GeoDataFrame
    kind: npt.NDArray[np.object_]
    prices: Mapping[tuple[str, str], float]


def plan(
    county: County,
    *,
    budget: float | None = None,
    seed: int = 0,
    steps: int = STEPS,
    seconds: float | None = None,
) -> Pipes:
    """Plan pipes to bottled users and store the plan; without a budget, cost + prizes missed is made small.

    It ends after so many steps, or after `seconds` (checked before each step); the record holds the steps done, and a
    run with as many gives the same plan.
    Refused where no live root or no street is stored, or the law holds no unit costs.
    """
    with county.reading() as connection:
        asked = _question(connection, county)
    graph = street_graph(shapes(asked.streets))
    at_roots = attach(graph, asked.roots, reach_m=REACH_M)
    tied = attach(at_roots.graph, shapes(asked.users), reach_m=REACH_M)
    roots = np.unique(at_roots.node[at_roots.node >= 0])
    classes = asked.streets["road_class"].fillna(UNPAVED).to_numpy(dtype=object)[tied.graph.line]
    metre = np.array([_price(asked, COST, name) for name in classes], dtype=float)
    prize = np.array([_price(asked, PRIZE, str(kind)) for kind in asked.kind], dtype=float)
    service = tied.service_m * _price(asked, COST, SERVICE)
    users = Users(tied.node, service, prize)
    cost = metre * tied.graph.length_m
    found = plan_forest(tied.graph, roots, users, edge_cost=cost, budget=budget, seed=seed, pace=_pace(steps, seconds))
    main_m = float(tied.graph.length_m[found.edges].sum())
    length_m = main_m + float(tied.service_m[found.connected].sum())
    reasons = dict(Counter(reason.value for reason in found.reason))
    figures = {"users": int(found.connected.sum()), "candidates": len(prize), "cost": found.cost, "reasons": reasons}
    made = Made(
        "pipes",
        {"budget": budget, "reach_m": REACH_M},
        digest((shapes(asked.streets), asked.roots, shapes(asked.users), prize, cost)),
        seed=seed,
        steps=found.steps,
        objective=found.objective,
        bound=found.bound,
        result=figures,
    )
    with county.writing() as connection:
        run = record(connection, county, made)
        _store(connection, county, run, asked, tied, found=found, classes=classes, cost=cost)
    return Pipes(
        run=run,
        objective=found.objective,
        bound=found.bound,
        gap_pct=found.gap_pct,
        users=int(found.connected.sum()),
        candidates=len(prize),
        cost=found.cost,
        missed=found.missed,
        length_m=length_m,
        roots=len(roots),
        budget=budget,
        steps=found.steps,
        reasons=reasons,
    )


def _pace(steps: int, seconds: float | None) -> Pace:
    until = math.inf if seconds is None else time.monotonic() + seconds
    return Pace(steps, stop=lambda: time.monotonic() > until)


def _question(connection: sa.Connection, county: County) -> _Question:
    streets = pd.concat([features(connection, county, layer) for layer in layers.using(Use.STREET)], ignore_index=True)
    roots = [
        shapes(features(connection, county, layer, where=layer.supplies.where))
        for layer in layers.every()
        if layer.supplies is not None and layer.supplies.medium == MEDIUM
    ]
    layer, demand = _demanding()
    users = features(connection, county, layer, where=demand.where)
    prices = _prices(connection, county)
    if streets.empty or not any(len(each) for each in roots):
        missing = "street" if streets.empty else "live root (a regulator station)"
        raise Refused(f"no {missing} is stored, so no pipe can be planned")
    return _Question(streets, np.concatenate(roots), users, users[demand.by].to_numpy(dtype=object), prices)


def _demanding() -> tuple[Layer, Demand]:
    found = [(layer, layer.demands) for layer in layers.every() if layer.demands and layer.demands.medium == MEDIUM]
    if len(found) != 1:
        raise Refused(f"expected one layer of users who could get {MEDIUM}, got {[layer.name for layer, _ in found]}")
    return found[0]


def _prices(connection: sa.Connection, county: County) -> dict[tuple[str, str], float]:
    table = county.schema.table(layers.one(Use.RULE))
    query = sa.select(table.c.subject, table.c.category, table.c.amount).where(
        table.c.subject.in_([COST, PRIZE]),
        table.c.valid_from <= county.today(),
        table.c.valid_to.is_(None) | (table.c.valid_to > county.today()),
        *standing(table.c.recorded_at, table.c.withdrawn_at, None),
    )
    rows = connection.execute(query.order_by(table.c.rank, table.c.valid_from))
    return {(row.subject, row.category): row.amount for row in rows}


def _price(asked: _Question, subject: str, category: str) -> float:
    found = asked.prices.get((subject, category))
    if found is None:
        raise Refused(f"no rule {subject}.{category}: `wangge law apply` brings unit costs and prizes")
    return found


def _store(
    connection: sa.Connection,
    county: County,
    run: int,
    asked: _Question,
    tied: Attachment,
    *,
    found: PipePlan,
    classes: npt.NDArray[np.object_],
    cost: npt.NDArray[np.float64],
) -> None:
    mains = [
        _row(county, run, "main", tied.graph.geometry[edge], cost=float(cost[edge]), road_class=str(classes[edge]))
        for edge in found.edges.tolist()
    ]
    users = asked.users.reset_index(drop=True)
    services = []
    for place in np.flatnonzero(found.connected).tolist():
        spot = users.geometry.iloc[place]
        line = shapely.linestrings([(spot.x, spot.y), tuple(tied.graph.xy[tied.node[place]])])
        if line.length > 0:
            price = float(line.length * _price(asked, COST, SERVICE))
            services.append(_row(county, run, "service", line, cost=price, user_code=str(users["code"].iloc[place])))
    rows = [row | {"code": f"{number:06d}"} for number, row in enumerate(mains + services, start=1)]
    if rows:
        connection.execute(sa.insert(county.schema.table(layers.one(Use.PIPE_PLAN))), rows)


def _row(
    county: County,
    run: int,
    kind: str,
    line: shapely.LineString,
    *,
    cost: float,
    road_class: str | None = None,
    user_code: str | None = None,
) -> dict[str, object]:
    wkt = shapely.to_wkt(shapely.multilinestrings([line]), rounding_precision=-1)
    return {
        "run_id": run,
        "kind": kind,
        "road_class": road_class,
        "length": float(line.length),
        "cost": cost,
        "user_code": user_code,
        "geom": f"SRID={county.srid};{wkt}",
    }
