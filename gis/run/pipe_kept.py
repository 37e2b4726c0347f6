"""What an earlier pipe plan has laid already: its pipes cost nothing more, and its users need no hook-up."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
import sqlalchemy as sa
from numpy.typing import NDArray

from gis import layers
from gis.crs import Geometries
from gis.errors import Refused
from gis.layer import Use
from gis.plan.streets import StreetGraph
from gis.run.pipe_prices import beside
from gis.run.record import named
from gis.store.county import County

PLAN = "pipes"
SAME_M = 0.2
"""A pipe within this distance of an old one all along lies where it lay: streets are cut elsewhere for other users."""


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """Which edges and users an earlier run has laid and connected, and the size of each edge's pipe ("": none)."""

    edge: NDArray[np.bool_]
    user: NDArray[np.bool_]
    diameter: NDArray[np.object_]


def kept(
    connection: sa.Connection,
    county: County,
    number: str | None,
    built: int | None,
    *,
    graph: StreetGraph,
    users: gpd.GeoDataFrame,
) -> Kept:
    """Give what the run of that number laid up to phase `built`; nothing where none is named.

    UnknownName where there is no such run, Refused where it has no such phase.
    """
    edge, diameter = np.zeros(graph.edge_count, dtype=bool), np.full(graph.edge_count, "", dtype=object)
    if number is None:
        return Kept(edge, np.zeros(len(users), dtype=bool), diameter)
    run = int(named(connection, county, PLAN, number, option="--stable-from").id)
    pipes = county.schema.table(layers.one(Use.PIPE_PLAN))
    people = county.schema.table(layers.one(Use.CONNECTION_PLAN))
    phases = connection.execute(sa.select(sa.func.max(pipes.c.phase)).where(pipes.c.run_id == run)).scalar() or 0
    if built is not None and built > phases:
        raise Refused(f"--built {built}: 该方案共 {phases} 期 · expected at most {phases}, the phases of run {number}")
    upto = [] if built is None else [pipes.c.phase <= built]
    rows = connection.execute(
        sa.select(sa.func.ST_AsBinary(pipes.c.geom), pipes.c.diameter)
        .where(pipes.c.run_id == run, *upto)
        .order_by(pipes.c.code)
    ).all()
    old: Geometries = np.asarray(shapely.from_wkb([bytes(wkb) for wkb, _ in rows]), dtype=object)
    edge = beside(graph.geometry, old, SAME_M)
    middle = shapely.line_interpolate_point(graph.geometry[edge], 0.5, normalized=True)
    diameter[edge] = np.array([size or "" for _, size in rows], dtype=object)[shapely.STRtree(old).nearest(middle)]
    upto = [] if built is None else [people.c.phase <= built]
    query = sa.select(people.c.user_code).where(people.c.run_id == run, people.c.connected, *upto)
    codes = set(connection.execute(query).scalars())
    return Kept(edge, users["code"].isin(codes).to_numpy(dtype=bool), diameter)
