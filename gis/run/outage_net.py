"""The stored gas network made ready to be traced: pipes joined in each pressure class, with valves, regulators, users.

Pipes of two classes never meet but in a regulator. Every gate station counts as a source, and so does a regulator with
no pipe of its inlet class beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gis.crs import Geometries
from gis.errors import Refused
from gis.plan.outage import GasNet
from gis.plan.streets import StreetGraph, attach, street_graph
from gis.run.pipe_sources import BESIDE_M, LOW, TOUCH_M
from gis.store.fetch import shapes

Integers = NDArray[np.int64]

USER_REACH_M = 150.0
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class Traced:
    """A network with what lies on it.

    `pipe` is the row of the stored pipe that each piece is part of, `piece` its shape in storage metres. `at` is the
    node of each facility and user, -1 where none is near enough; `regulator` the row of the facility of each regulator.
    """

    net: GasNet
    pipe: Integers
    piece: Geometries
    facility_at: Integers
    user_at: Integers
    regulator: Integers


@dataclass(frozen=True, slots=True, eq=False)
class _Class:
    """The pipes of one pressure class as a graph, whose nodes are numbered from `first` in the whole network."""

    graph: StreetGraph
    rows: Integers
    first: int = 0


def traced(pipes: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, users: gpd.GeoDataFrame) -> Traced:
    """Give the network of town gas that pipes, facilities and users (as stored, in storage metres) make together.

    Reads `pressure` of pipes; `kind`, `inlet_pressure` and `outlet_pressure` of facilities. A facility lies on a pipe
    within 10 m; a user hangs on the nearest low-pressure pipe within 150 m, or else on the nearest other one there.
    Raises Refused where no source is found.
    """
    levels = pipes["pressure"].fillna(UNKNOWN).to_numpy(dtype=object)
    kind = facilities["kind"].to_numpy(dtype=object)
    inlet = facilities["inlet_pressure"].fillna(UNKNOWN).to_numpy(dtype=object)
    outlet = facilities["outlet_pressure"].fillna(UNKNOWN).to_numpy(dtype=object)
    spots, homes = shapes(facilities), shapes(users)
    names = sorted(set(levels.tolist()), key=lambda name: (name != LOW, name))
    chosen = _levels_of(homes, shapes(pipes), levels, names)
    enters, leaves = np.full(len(spots), -1, dtype=np.int64), np.full(len(spots), -1, dtype=np.int64)
    user_at = np.full(len(homes), -1, dtype=np.int64)
    classes: list[_Class] = []
    for place, name in enumerate(names):
        rows = np.flatnonzero(levels == name)
        graph = street_graph(shapes(pipes)[rows], touch_m=TOUCH_M)
        first = classes[-1].first + classes[-1].graph.node_count if classes else 0
        for at, level in ((enters, inlet), (leaves, outlet)):
            graph = _tied(graph, spots, np.flatnonzero(level == name), at, first=first, reach_m=BESIDE_M)
        graph = _tied(graph, homes, np.flatnonzero(chosen == place), user_at, first=first, reach_m=USER_REACH_M)
        classes.append(_Class(graph, rows, first))
    return _joined(classes, kind, enters, leaves, user_at)


def _levels_of(homes: Geometries, lines: Geometries, levels: NDArray[np.object_], names: Sequence[str]) -> Integers:
    """Give for each user the place in `names` of the class it hangs on; -1 where no pipe lies within reach.

    Of classes equally near the first counts.
    """
    chosen = np.full(len(homes), -1, dtype=np.int64)
    place = np.array([names.index(name) for name in levels.tolist()], dtype=np.int64)
    for rows in (np.flatnonzero(levels != LOW), np.flatnonzero(levels == LOW)):  # low pressure overrules the others
        user, near = shapely.STRtree(lines[rows]).query_nearest(homes, max_distance=USER_REACH_M)
        found = place[rows[near]]
        last_first = np.argsort(-found)
        chosen[user[last_first]] = found[last_first]
    return chosen


def _tied(
    graph: StreetGraph, points: Geometries, which: Integers, at: Integers, *, first: int, reach_m: float
) -> StreetGraph:
    """Tie some points to the graph, and write into `at` the nodes, numbered in the whole network."""
    tied = attach(graph, points[which], reach_m=reach_m, touch_m=TOUCH_M)
    at[which] = np.where(tied.node >= 0, tied.node + first, -1)
    return tied.graph


def _joined(
    classes: Sequence[_Class], kind: NDArray[np.object_], enters: Integers, leaves: Integers, user_at: Integers
) -> Traced:
    count = classes[-1].first + classes[-1].graph.node_count if classes else 0
    valve, source = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    wells = kind == "valve_well"
    valve[enters[wells & (enters >= 0)]] = True
    valve[leaves[wells & (leaves >= 0)]] = True
    regulates = np.isin(kind, ["regulator_station", "regulator_cabinet"]) & (leaves >= 0)
    fed = regulates & (enters >= 0)
    source[leaves[((kind == "gate_station") & (leaves >= 0)) | (regulates & ~fed)]] = True
    if not source.any():
        raise Refused(
            "gas_facility: 找不到气源（门站，或其进口旁没有管线的调压站）· expected a gate station, or a regulator "
            "with no pipe at its inlet, within 10 m of a pipe of its outlet class, got none"
        )
    whole = np.concatenate([each.graph.u + each.first for each in classes])
    net = GasNet(
        whole,
        np.concatenate([each.graph.v + each.first for each in classes]),
        valve,
        source,
        enters[fed],
        leaves[fed],
    )
    return Traced(
        net=net,
        pipe=np.concatenate([each.rows[each.graph.line] for each in classes]),
        piece=np.concatenate([each.graph.geometry for each in classes]),
        facility_at=np.where(leaves >= 0, leaves, enters),
        user_at=user_at,
        regulator=np.flatnonzero(fed),
    )
