"""What digging costs: streets by class, surface, cover, crossings and clearance; service lines likewise."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.crs import Geometries
from gis.plan.digging import clearance, crossed_at_ends, crossings, through
from gis.plan.services import ServiceLines, service_lines, with_houses
from gis.plan.streets import Floats, Integers, StreetGraph, attach, street_graph
from gis.run.pipe_ground import Ground
from gis.run.pipe_sources import LOW
from gis.store.fetch import shapes

UNCLASSED = "residential"
SERVICE = "service_line"
REACH_M = 300.0
BESIDE_M = 8.0
"""A live main within this distance of a street's line runs in that street."""
_SAMPLES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """A graph with a house for each place of users, and per edge its price and what it is made of.

    `cost` is infinite where nothing may be dug; `live` edges have a main already and cost nothing. `house` is the node
    of each user (-1: none), `blocked` says whether all lines of a user run through other houses.
    """

    graph: StreetGraph
    roots: Integers
    house: Integers
    blocked: NDArray[np.bool_]
    cost: Floats
    live: NDArray[np.bool_]
    near: NDArray[np.bool_]
    cover_m: Floats
    crossing: tuple[str, ...]


def priced(ground: Ground) -> Priced:
    """Give the graph of a ground with its prices; Refused where a rule is missing."""
    graph = street_graph(shapes(ground.streets))
    fed = attach(graph, shapes(ground.sources.roots), reach_m=REACH_M)
    spots, place = np.unique(shapely.get_coordinates(shapes(ground.users)), axis=0, return_inverse=True)
    points = np.asarray(shapely.points(spots), dtype=object)
    own = np.full(len(points), -1, dtype=np.int64)
    own[place.reshape(-1)] = ground.own
    lines = service_lines(fed.graph, points, reach_m=REACH_M)
    blocked = through(lines.geometry, shapes(ground.houses), own[lines.point])
    none = np.ones(len(points), dtype=bool)
    none[lines.point[~blocked]] = False
    tied = np.zeros(len(points), dtype=bool)
    tied[lines.point] = True
    clear = _kept(lines, ~blocked)
    whole, house = with_houses(clear, points)
    streets = _streets(ground, clear.graph)
    cost, crossing = _service(ground, clear)
    count, more = clear.graph.edge_count, len(clear.point)
    flags = [np.concatenate((each, np.zeros(more, dtype=bool))) for each in (streets.live, streets.near)]
    cover_m = np.concatenate((streets.cover_m, np.full(more, ground.tariff.of("pipe_cover", SERVICE))))
    return Priced(
        graph=whole,
        roots=np.unique(np.concatenate((fed.node[fed.node >= 0], _on_mains(ground, clear.graph, streets.live)))),
        house=house[place.reshape(-1)],
        blocked=(none & tied)[place.reshape(-1)],
        cost=np.concatenate((streets.cost[:count], cost)),
        live=flags[0],
        near=flags[1],
        cover_m=cover_m,
        crossing=(*streets.crossing, *crossing),
    )


def _on_mains(ground: Ground, graph: StreetGraph, live: NDArray[np.bool_]) -> Integers:
    """Give the nodes on live mains, which are sources themselves above low pressure."""
    edges = np.flatnonzero(live[: graph.edge_count] & (ground.sources.pressure != LOW))
    return np.concatenate((graph.u[edges], graph.v[edges]))


def _kept(lines: ServiceLines, keep: NDArray[np.bool_]) -> ServiceLines:
    return ServiceLines(lines.graph, lines.point[keep], lines.node[keep], lines.line[keep], lines.geometry[keep])


@dataclass(frozen=True, slots=True, eq=False)
class _Streets:
    cost: Floats
    live: NDArray[np.bool_]
    near: NDArray[np.bool_]
    cover_m: Floats
    crossing: tuple[str, ...]


def _streets(ground: Ground, graph: StreetGraph) -> _Streets:
    tariff, rows = ground.tariff, ground.streets
    classes = rows["road_class"].fillna(UNCLASSED).to_numpy(dtype=object)
    surfaces = rows["surface"].to_numpy(dtype=object)
    metre = np.array([tariff.of("pipe_cost", each) for each in classes], dtype=float)
    metre *= np.array([1.0 if each is None else tariff.of("pipe_surface", each) for each in surfaces], dtype=float)
    cover_m = np.array([tariff.of("pipe_cover", each) for each in classes], dtype=float)
    metre += tariff.of("pipe_trench", "cover") * cover_m
    least_m = tariff.of("pipe_clearance_least", ground.sources.pressure)
    wanted_m = tariff.of("pipe_clearance", ground.sources.pressure)
    away_m = clearance(graph.geometry, shapes(ground.houses), wanted_m)
    near = (away_m < wanted_m) & (away_m >= least_m)
    cost = metre[graph.line] * graph.length_m * np.where(near, tariff.of("pipe_protected", "near"), 1.0)
    crossed, crossing = _crossing(ground, graph)
    main = np.array([tariff.maybe("pipe_crossing", each) or 0.0 for each in classes], dtype=float)
    cost += crossed + crossed_at_ends(graph, main[graph.line])
    tunnel = rows["tunnel"].notna().to_numpy()
    cost[(away_m < least_m) | tunnel[graph.line]] = np.inf
    live = beside(graph.geometry, shapes(ground.sources.mains), BESIDE_M)
    return _Streets(np.where(live, 0.0, cost), live, near, cover_m[graph.line], crossing)


def beside(pipes: Geometries, lines: Geometries, away_m: float) -> NDArray[np.bool_]:
    """Give which pipes run within a distance of lines at all of three places along them."""
    found = np.ones(len(pipes), dtype=bool)
    tree = shapely.STRtree(lines)
    for share in _SAMPLES:
        spots = shapely.line_interpolate_point(pipes, share, normalized=True)
        close = np.zeros(len(pipes), dtype=bool)
        close[tree.query(spots, predicate="dwithin", distance=away_m)[0]] = True
        found &= close
    return found


def _crossing(ground: Ground, graph: StreetGraph) -> tuple[Floats, tuple[str, ...]]:
    """Give the price of the water and railways that each street crosses, on a bridge or not, and their names."""
    lines = ground.crossed[ground.crossed["street"] < 0]
    edge, line = crossings(graph.geometry, shapes(lines))
    bridge = ground.streets["bridge"].notna().to_numpy()[graph.line[edge]]
    kinds = np.where(bridge, "bridge", lines["class"].to_numpy(dtype=object)[line])
    return _charged(ground, graph.edge_count, edge, kinds)


def _charged(ground: Ground, count: int, pipe: Integers, kinds: NDArray[np.object_]) -> tuple[Floats, tuple[str, ...]]:
    price = np.array([ground.tariff.maybe("pipe_crossing", str(each)) or 0.0 for each in kinds], dtype=float)
    cost = np.zeros(count)
    np.add.at(cost, pipe, price)
    names: list[Counter[str]] = [Counter() for _ in range(count)]
    for each, kind, dear in zip(pipe.tolist(), kinds.tolist(), (price > 0).tolist(), strict=True):
        if dear:
            names[each][str(kind)] += 1
    return cost, tuple("、".join(f"{kind}×{times}" for kind, times in sorted(each.items())) for each in names)


def _service(ground: Ground, lines: ServiceLines) -> tuple[Floats, tuple[str, ...]]:
    """Give the price of each service line and what it crosses; the street where it ends is not crossed."""
    tariff = ground.tariff
    metre = tariff.of("pipe_cost", SERVICE) + tariff.of("pipe_trench", "cover") * tariff.of("pipe_cover", SERVICE)
    pipe, line = crossings(lines.geometry, shapes(ground.crossed))
    other = ground.crossed["street"].to_numpy(dtype=np.int64)[line] != lines.line[pipe]
    kinds = ground.crossed["class"].to_numpy(dtype=object)[line[other]]
    crossed, names = _charged(ground, len(lines.point), pipe[other], kinds)
    return metre * shapely.length(lines.geometry) + crossed, names
