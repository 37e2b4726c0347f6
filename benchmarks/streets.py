"""A pipe plan on a county's streets: how far from the best plan at most, and how fast the nearest main is found.

`python -m benchmarks.streets [--nodes 200000] [--users 8000] [--seconds 270]` makes a street-like planar graph from a
seed (a grid that is bent, thinned to 2.9 street ends a crossing, and crossed by a river with few bridges), plans pipes
from live mains, and prints one JSON line: `gap_pct` certified, `seconds` of the whole plan, `nearest_main_s` the median
of five searches for the nearest live main of every node along the streets.
"""

import argparse
import json
import statistics
import sys
import time

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

from gis.plan.network import Users, network
from gis.plan.pace import Pace
from gis.plan.pipes import plan_forest
from gis.plan.streets import Floats, Integers, StreetGraph

BLOCK_M = 70.0
KEPT = 0.45
YUAN_PER_M = 600.0
SERVICE_YUAN_PER_M = 300.0
BRIDGES = 0.08
USERS_AT = 0.25


def streets(nodes: int, seed: int) -> tuple[StreetGraph, Floats]:
    """Give a connected street graph of about so many nodes, and the price of each edge in yuan."""
    random, side = np.random.default_rng(seed), round(nodes**0.5)
    number = np.arange(side * side).reshape(side, side)
    place = np.stack(np.meshgrid(np.arange(side), np.arange(side), indexing="ij"), axis=-1).reshape(-1, 2) * BLOCK_M
    xy = place + random.uniform(-0.4, 0.4, place.shape) * BLOCK_M
    u = np.concatenate((number[:-1].ravel(), number[:, :-1].ravel()))
    v = np.concatenate((number[1:].ravel(), number[:, 1:].ravel()))
    wet = (u // side < side // 2) & (v // side >= side // 2) & (random.random(len(u)) > BRIDGES)
    u, v = u[~wet], v[~wet]
    weight = coo_array(
        (random.random(len(u)) + 1e-9, (u.astype(np.int32), v.astype(np.int32))), shape=(len(xy), len(xy))
    )
    tree = minimum_spanning_tree(weight).tocoo()
    needed = np.isin(u * len(xy) + v, np.asarray(tree.row, np.int64) * len(xy) + np.asarray(tree.col, np.int64))
    keep = needed | (random.random(len(u)) < KEPT)
    u, v = u[keep].astype(np.int64), v[keep].astype(np.int64)
    geometry = np.asarray(shapely.linestrings(np.stack((xy[u], xy[v]), axis=1)), dtype=object)
    length_m = np.hypot(*(xy[u] - xy[v]).T)
    _, component = connected_components(coo_array((np.ones(len(u)), (u, v)), shape=(len(xy), len(xy))), directed=False)
    graph = StreetGraph(xy, u, v, length_m, np.arange(len(u)), geometry, component.astype(np.int64))
    return graph, length_m * YUAN_PER_M * random.choice([1.0, 1.3, 2.0], len(u), p=[0.7, 0.2, 0.1])


def demand(graph: StreetGraph, count: int, seed: int) -> tuple[Integers, Users]:
    """Give live mains and users, clustered in villages and towns, with prizes of which about half are worth a pipe."""
    random = np.random.default_rng(seed + 1)
    roots = random.choice(graph.node_count, max(2, graph.node_count // 5000), replace=False)
    centres = graph.xy[random.choice(graph.node_count, max(1, count // 60), replace=False)]
    near = shapely.STRtree(np.asarray(shapely.points(graph.xy)))
    spots = centres[random.integers(0, len(centres), count)] + random.normal(0, 5 * BLOCK_M, (count, 2))
    alone = random.random(count) < USERS_AT
    spots[alone] = graph.xy[random.integers(0, graph.node_count, int(alone.sum()))]
    node = np.asarray(near.nearest(np.asarray(shapely.points(spots))), dtype=np.int64)
    prize = random.lognormal(np.log(200_000), 0.6, count)
    return np.sort(roots).astype(np.int64), Users(node, SERVICE_YUAN_PER_M * random.uniform(3, 40, count), prize)


def main() -> None:
    """Make the streets, plan, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=200_000)
    parser.add_argument("--users", type=int, default=8_000)
    parser.add_argument("--seconds", type=float, default=270)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    small, small_cost = streets(400, given.seed)
    plan_forest(small, *demand(small, 40, given.seed), edge_cost=small_cost)  # compiles the inner loops
    graph, cost = streets(given.nodes, given.seed)
    roots, users = demand(graph, given.users, given.seed)
    net, taken = network(graph, roots, users, cost), []
    for _ in range(5):
        began = time.perf_counter()
        net.ways(np.array([net.root]))
        taken.append(time.perf_counter() - began)
    began = time.perf_counter()
    plan = plan_forest(
        graph, roots, users, edge_cost=cost, pace=Pace(stop=lambda: time.perf_counter() - began > given.seconds)
    )
    found = {
        "nodes": graph.node_count,
        "edges": graph.edge_count,
        "users": len(users.node),
        "connected": int(plan.connected.sum()),
        "objective": plan.objective,
        "bound": plan.bound,
        "gap_pct": plan.gap_pct,
        "seconds": round(time.perf_counter() - began, 1),
        "steps": plan.steps,
        "nearest_main_s": round(statistics.median(taken), 4),
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
