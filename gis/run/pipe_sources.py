"""Where a pipe plan can take gas from: live facilities of one pressure class with gas to spare, and live mains.

A plan runs at one pressure. At low pressure its pipes begin at regulators, and live mains cost nothing once reached. At
medium pressure every main that is fed is a source, and each user has a regulator of the user's own, at a price.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from gis.plan.streets import Integers, attach, street_graph
from gis.store.fetch import shapes

LOW = "low"
DISTRIBUTION = (LOW, "medium", "medium_b", "medium_a")
"""Classes that streets are laid with, from the lowest."""
TOUCH_M = 0.1
BESIDE_M = 10.0
"""A facility lies on a main within this distance."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """Roots and live mains, as stored, of one `pressure` class; `left` counts facilities by why they are roots or not.

    Of mains above low pressure only those that a root feeds are here.

    `spare` and `spare_unknown`: it hands gas of this class on; `inlet`: it takes gas of this class from a main that
    nobody says is full; `capacity`: no gas to spare, there or from all that feed its main; `pressure`: another class.
    """

    pressure: str
    roots: gpd.GeoDataFrame
    mains: gpd.GeoDataFrame
    left: Mapping[str, int]


def sources(live: gpd.GeoDataFrame, mains: gpd.GeoDataFrame, pressure: str | None) -> Sources:
    """Give the sources among live facilities and live mains, of a class or of the highest that one gives or takes.

    Reads `outlet_pressure` (unknown: low), `inlet_pressure`, `capacity`, `peak` (m³/h) of facilities and `pressure` of
    mains. No root: none fits.
    """
    outlet = live["outlet_pressure"].fillna(LOW).to_numpy(dtype=object)
    inlet = live["inlet_pressure"].to_numpy(dtype=object)
    there = [each for each in DISTRIBUTION if each in {*outlet.tolist(), *inlet.tolist()}]
    wanted = pressure or (there[-1] if there else LOW)
    own = mains[mains["pressure"] == wanted].reset_index(drop=True)
    gives, takes = outlet == wanted, (inlet == wanted) & (outlet != wanted)
    spare = live["capacity"].astype(float) - live["peak"].astype(float).fillna(0.0)
    full = (spare <= 0).to_numpy()
    of_main, of_facility = _nets(own, live, gives | takes)
    open_net = _open(
        of_facility, gives, full, count=int(max([*of_main.tolist(), *of_facility.tolist()], default=-1)) + 1
    )
    root = (gives & ~full) | (takes & ((of_facility < 0) | open_net[of_facility]))
    fed = np.isin(of_main, of_facility[root & (of_facility >= 0)]) | (wanted == LOW)
    why = np.select(
        [~(gives | takes), ~root, takes, spare.isna().to_numpy()],
        ["pressure", "capacity", "inlet", "spare_unknown"],
        "spare",
    )
    return Sources(
        wanted, live[root].reset_index(drop=True), own[fed].reset_index(drop=True), dict(Counter(why.tolist()))
    )


def _nets(mains: gpd.GeoDataFrame, live: gpd.GeoDataFrame, fits: Flags) -> tuple[Integers, Integers]:
    """Give the connected net of each main, and of each fitting facility on one (-1: none)."""
    graph = street_graph(shapes(mains), touch_m=TOUCH_M)
    tied = attach(graph, shapes(live)[fits], reach_m=BESIDE_M, touch_m=TOUCH_M)
    cut = tied.graph
    links = csr_array((np.ones(cut.edge_count), (cut.u, cut.v)), shape=(cut.node_count, cut.node_count))
    net = connected_components(links, directed=False)[1].astype(np.int64)
    of_main = np.full(len(mains), -1, dtype=np.int64)
    of_main[cut.line] = net[cut.u]
    of_facility = np.full(len(live), -1, dtype=np.int64)
    of_facility[fits] = np.append(net, -1)[tied.node]  # the last for those on no main
    return of_main, of_facility


def _open(of_facility: Integers, gives: Flags, full: Flags, *, count: int) -> Flags:
    """Give which nets have gas to spare: one of those that feed it has, or nobody says who feeds it."""
    fed, fed_well = (np.zeros(count + 1, dtype=bool) for _ in range(2))
    fed[of_facility[gives]] = True
    fed_well[of_facility[gives & ~full]] = True
    return ~fed | fed_well
