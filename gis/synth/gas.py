"""The invented county's gas: a transmission line, mains along main roads, and low pressure in lanes and compounds."""

from typing import NamedTuple

import numpy as np
import shapely
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from gis.synth.arrays import NO_SHAPES, Flags, Floats, Integers, Shapes, multilines
from gis.synth.land import Land, spread
from gis.synth.patches import CORE
from gis.synth.streets import THROUGH, Streets
from gis.synth.ways import ties

MAIN_OFF_M, LOW_OFF_M, TOWN_PAST_M, WELL_M = 4.5, 1.5, 350.0, 1200.0
STATION_KM2, STATION_REACH_M, STATION_DEPTH, TOWN_REACH_M, CABINET_M = 0.6, 470.0, 0.9, 380.0, 150.0
SERVED_TOWNS, YARD_M = 0.3, 2.0
COURSE = ((0.18, 1.0), (0.2, 0.82), (0.27, 0.73), (0.24, 0.55), (0.1, 0.4), (-0.1, 0.35))


class Pipe(NamedTuple):
    """A pipeline: its line, law, pressure class, material and outer diameter in mm."""

    line: BaseGeometry
    regime: str
    pressure: str
    material: str
    diameter_mm: float


class Facility(NamedTuple):
    """A facility: its place, kind and pressure classes before and after it."""

    place: BaseGeometry
    kind: str
    inlet: str | None
    outlet: str | None


class Network(NamedTuple):
    """Pipelines and facilities."""

    pipes: list[Pipe]
    facilities: list[Facility]


def network(ground: Land, net: Streets, compounds: Shapes) -> Network:
    """Give the gas network of the core and of the towns nearest to it on the river road.

    Mains run at medium pressure; regulator stations on them feed low pressure in the lanes around, and a cabinet each
    compound beside a main. The rest of the county has bottles.
    """
    towns = _served(ground)
    mains = _mains(ground, net, towns)
    stations, reach_m = _stations(ground, mains, towns)
    trunk, gate, feeder = _transmission(ground, mains)
    cabinets, fed = _cabinets(mains, compounds)
    low = np.concatenate([_low(net, stations, reach_m), _yards(cabinets, compounds[fed])])
    pipes = [
        Pipe(trunk, "transmission", "high_a", "L415M", 508.0),
        Pipe(feeder, "town", "medium_a", "L245", 219.0),
        *(Pipe(each, "town", "medium_a", "PE100", 200.0) for each in mains),
        *(Pipe(each, "town", "low", "PE100", 110.0) for each in low),
    ]
    facilities = [
        Facility(gate, "gate_station", "high_a", "medium_a"),
        *(Facility(each, "regulator_station", "medium_a", "low") for each in stations),
        *(Facility(each, "regulator_cabinet", "medium_a", "low") for each in cabinets),
        *(Facility(each, "valve_well", "medium_a", "medium_a") for each in _wells(mains)),
    ]
    return Network(pipes, facilities)


def _served(ground: Land) -> Integers:
    """Give the seats of the outer towns with gas: those on the river road that are nearest to the core."""
    seats = ground.seats
    along = np.flatnonzero((seats.kind == "seat") & (seats.valley == 0))
    order = np.argsort(ground.core.depth(seats.place[along]), kind="stable")
    return along[order][: max(1, round(SERVED_TOWNS * (int(seats.town.max()) + 1)))]


def _mains(ground: Land, net: Streets, towns: Integers) -> Shapes:
    """Give the mains: beside the core's main roads, and the river road from the first to the last served town."""
    road = ground.valleys[0].road
    core_m = road.project(shapely.Point(ground.core.place))
    ends = np.r_[core_m + np.array([-1, 1]) * ground.core.half_m[0], ground.seats.along_m[towns]]
    first, last = max(ends.min() - TOWN_PAST_M, 0.0), min(ends.max() + TOWN_PAST_M, road.length)
    river = substring(road, first, last)
    wanted = (net.drawn.seat[net.street] == CORE) & (net.road_class == "secondary")
    lines = _offset(np.concatenate([[river], _merged(net, wanted)]), MAIN_OFF_M)
    lines = np.concatenate([lines, ties(lines, NO_SHAPES)])
    return np.asarray(shapely.get_parts(shapely.union_all(lines, grid_size=0.01)), dtype=object)


def _merged(net: Streets, wanted: Flags) -> Shapes:
    """Give the wanted pieces, those of a street that follow each other as one line."""
    pieces = np.flatnonzero(wanted)
    if not len(pieces):
        return NO_SHAPES
    pieces = pieces[np.argsort(net.street[pieces], kind="stable")]
    number = np.unique(net.street[pieces], return_inverse=True)[1]
    merged = shapely.line_merge(multilines(net.lines[pieces], number))
    return np.asarray(shapely.get_parts(merged), dtype=object)


def _offset(lines: Shapes, off_m: float) -> Shapes:
    moved = shapely.get_parts(shapely.simplify(shapely.offset_curve(lines, off_m, join_style="round"), 0.2))
    return np.asarray(moved[shapely.length(moved) > 5], dtype=object)


def _stations(ground: Land, mains: Shapes, towns: Integers) -> tuple[Shapes, Floats]:
    """Give regulator stations on the mains, over the core from its middle and one a served town, and their reaches."""
    places = shapely.get_coordinates(shapely.segmentize(mains, 60.0))
    inner = places[ground.core.depth(places) < STATION_DEPTH]
    area_km2 = np.pi * ground.core.half_m[0] * ground.core.half_m[1] * STATION_DEPTH**2 / 1e6
    count = max(2, round(float(area_km2) / STATION_KM2))
    middle = inner[[ground.core.depth(inner).argmin()]]
    chosen = np.vstack([middle, inner[spread(np.ones(len(inner)), inner, middle, count - 1)]])
    seats = shapely.points(ground.seats.place[towns])
    whole = shapely.multilinestrings(mains)
    on_main = shapely.get_coordinates(shapely.shortest_line(whole, seats)).reshape(-1, 2, 2)[:, 0]
    reach_m = np.r_[np.full(len(chosen), STATION_REACH_M), np.full(len(on_main), TOWN_REACH_M)]
    return np.asarray(shapely.points(np.vstack([chosen, on_main])), dtype=object), reach_m


def _low(net: Streets, stations: Shapes, reach_m: Floats) -> Shapes:
    """Give the low-pressure lines: beside the lanes that lie within reach of a station, joined to it."""
    lane = (net.drawn.seat[net.street] != THROUGH) & np.isin(net.road_class, ["residential", "service"]) & ~net.bridge
    middle = np.asarray(shapely.line_interpolate_point(net.lines, 0.5, normalized=True), dtype=object)
    near = np.zeros(len(lane), dtype=bool)
    near[shapely.STRtree(middle).query(stations, predicate="dwithin", distance=reach_m)[1]] = True
    lines = _offset(_merged(net, lane & near), LOW_OFF_M)
    tree = shapely.STRtree(lines)
    found = [lines]
    (station, line), away_m = tree.query_nearest(stations, return_distance=True, all_matches=False)
    close = away_m > 0
    found.append(shapely.shortest_line(stations[station[close]], lines[line[close]]))
    return np.asarray(shapely.get_parts(shapely.union_all(np.concatenate(found), grid_size=0.01)), dtype=object)


def _transmission(ground: Land, mains: Shapes) -> tuple[BaseGeometry, BaseGeometry, BaseGeometry]:
    """Give the line that crosses the county in the north-west, the gate station on it and the feeder to the mains."""
    west, south, east, north = ground.outline.bounds
    whole = LineString([(west + a * (east - west), south + b * (north - south)) for a, b in COURSE])
    parts = shapely.get_parts(shapely.intersection(whole, ground.outline))
    trunk = parts[shapely.length(parts).argmax()]
    gate = trunk.interpolate(0.45, normalized=True)
    return trunk, gate, LineString(shapely.shortest_line(gate, shapely.multilinestrings(mains)))


def _cabinets(mains: Shapes, compounds: Shapes) -> tuple[Shapes, Integers]:
    """Give a place on the mains for each compound near them, and which compounds these are."""
    if not len(compounds):
        return NO_SHAPES, np.zeros(0, dtype=np.int64)
    compound, main = shapely.STRtree(mains).query_nearest(compounds, max_distance=CABINET_M, all_matches=False)
    lines = shapely.shortest_line(mains[main], compounds[compound])
    return np.asarray(shapely.get_point(lines, 0), dtype=object), compound.astype(np.int64)


def _yards(cabinets: Shapes, compounds: Shapes) -> Shapes:
    """Give the low-pressure rings inside the compounds' fences and the lines that join them to their cabinets."""
    rings = shapely.boundary(shapely.buffer(compounds, -YARD_M, join_style="mitre"))
    return np.concatenate([rings, shapely.shortest_line(cabinets, rings)])


def _wells(mains: Shapes) -> Shapes:
    """Give places on the mains about every 1,200 m."""
    ahead_m = np.cumsum(shapely.length(mains))
    along_m = np.arange(WELL_M / 4, ahead_m[-1], WELL_M)
    main = np.searchsorted(ahead_m, along_m)
    rest_m = along_m - np.r_[0.0, ahead_m][main]
    return np.asarray(shapely.line_interpolate_point(mains[main], rest_m), dtype=object)
