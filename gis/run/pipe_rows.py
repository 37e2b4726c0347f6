"""The rows of a pipe plan: planned pipes and planned connections of one run."""

import math
from dataclasses import dataclass

import numpy as np
import shapely
import sqlalchemy as sa
from numpy.typing import NDArray

from gis import layers
from gis.layer import Use
from gis.plan.pipes import PipePlan
from gis.plan.streets import Floats, Integers
from gis.run.pipe_ground import Ground
from gis.run.pipe_prices import UNCLASSED, Priced
from gis.run.pipe_prizes import Prizes
from gis.run.pipe_sizes import SizedSite
from gis.store.county import County
from gis.store.fetch import shapes

Row = dict[str, object]


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """A plan with what its rows tell: its sizes, `kept` of each edge, phases of the plan's edges and of all users."""

    ground: Ground
    priced: Priced
    prizes: Prizes
    sizes: SizedSite
    kept: NDArray[np.bool_]
    edge_phase: Integers
    user_phase: Integers
    reasons: NDArray[np.object_]

    @property
    def plan(self) -> PipePlan:
        """The plan."""
        return self.sizes.plan

    @property
    def cost(self) -> Floats:
        """The cost of each edge, with its size."""
        return self.sizes.site.edge_cost


def store(connection: sa.Connection, county: County, run: int, laid: Laid) -> None:
    """Write the pipes, without those that a live main is in already, and a row for each user that was weighed."""
    for use, rows in ((Use.PIPE_PLAN, _pipes(laid)), (Use.CONNECTION_PLAN, _users(laid))):
        found = [
            row | {"run_id": run, "code": f"{number:06d}", "geom": f"SRID={county.srid};{row['geom']}"}
            for number, row in enumerate(rows, start=1)
        ]
        if found:
            connection.execute(sa.insert(county.schema.table(layers.one(use))), found)


def _pipes(laid: Laid) -> list[Row]:
    """Give a row per pipe: mains first, then service lines."""
    graph, plan, priced = laid.priced.graph, laid.plan, laid.priced
    streets = laid.ground.streets
    users = laid.ground.users["code"].to_numpy(dtype=object)
    first = dict(zip(priced.house[::-1].tolist(), users[::-1].tolist(), strict=True))
    mains: list[Row] = []
    services: list[Row] = []
    diameter, fitted = laid.sizes.diameter, laid.sizes.fitted
    for place, edge in enumerate(plan.edges.tolist()):
        if priced.live[edge]:
            continue
        line = int(graph.line[edge])
        row: Row = {
            "kind": "main" if line >= 0 else "service",
            "road_class": (streets["road_class"].iloc[line] or UNCLASSED) if line >= 0 else None,
            "surface": streets["surface"].iloc[line] if line >= 0 else None,
            "cover": float(priced.cover_m[edge]),
            "crossing": priced.crossing[edge] or None,
            "near": bool(priced.near[edge]),
            "length": float(graph.length_m[edge]),
            "cost": float(laid.cost[edge]),
            "user_code": first[int(graph.v[edge])] if line < 0 else None,
            "users": int(plan.served[place]),
            "phase": int(laid.edge_phase[place]),
            "kept": bool(laid.kept[edge]),
            "diameter": diameter[place],
            "flow": float(fitted.flow[place]),
            "pressure": float(fitted.pressure_pa[place]),
            "gas": laid.sizes.sizing.gas,
            "geom": shapely.to_wkt(shapely.multilinestrings([graph.geometry[edge]]), rounding_precision=-1),
        }
        (mains if line >= 0 else services).append(row)
    return mains + services


def _users(laid: Laid) -> list[Row]:
    """Give a row per user, in order of their keys."""
    plan, prizes, users = laid.plan, laid.prizes, laid.ground.users
    service_m = _service_m(laid)
    spots = shapely.to_wkt(shapes(users), rounding_precision=-1)
    rows = []
    for place, code in enumerate(users["code"].tolist()):
        inside = bool(plan.connected[place])
        reachable = not inside and math.isfinite(plan.extra[place]) and not prizes.barred[place]
        extra = float(plan.extra[place]) if reachable else None
        rows.append(
            {
                "user_code": code,
                "kind": users[laid.ground.by].iloc[place],
                "connected": inside,
                "reason": laid.reasons[place],
                "phase": int(laid.user_phase[place]) if inside else None,
                "prize": float(prizes.amount[place]),
                "shares": prizes.shares[place],
                "mass": float(prizes.mass_kg[place]),
                "share": float(plan.share[place]) if inside else None,
                "way": float(plan.way[place]) if inside else None,
                "extra": extra,
                "needed": extra * max(1.0, plan.exchange) if extra is not None else None,
                "service": service_m.get(int(laid.priced.house[place])) if inside else None,
                "flag": prizes.flag[place] or None,
                "geom": spots[place],
            }
        )
    return rows


def _service_m(laid: Laid) -> dict[int, float]:
    """Give the length of the service line of each house that has one in the plan."""
    graph, edges = laid.priced.graph, laid.plan.edges
    lines = edges[graph.line[edges] < 0]
    return dict(zip(graph.v[lines].tolist(), graph.length_m[lines].tolist(), strict=True))
