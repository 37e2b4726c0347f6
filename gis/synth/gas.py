"""The invented county's gas: a transmission line with its gate station, mains along the main road, town networks."""

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry

from gis.synth.land import Land
from gis.synth.streets import Streets

Shapes = NDArray[np.object_]
SERVED_TOWNS, TOWN_REACH, MAIN_PAST = 3, 0.19, 0.25


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


def network(ground: Land, net: Streets) -> tuple[list[Pipe], list[Facility]]:
    """Give pipelines and facilities: a main through three of the four towns, and low pressure around their seats."""
    main = _main(ground, net)
    trunk, gate, feeder = _transmission(ground, main)
    pipes = [
        Pipe(trunk, "transmission", "high_a", "L415M", 508.0),
        Pipe(feeder, "town", "medium_a", "L245", 219.0),
        *(Pipe(each, "town", "medium_a", "PE100", 200.0) for each in shapely.get_parts(main)),
    ]
    facilities = [Facility(gate, "gate_station", "high_a", "medium_a")]
    for town in range(SERVED_TOWNS):
        seat = next(each for each in ground.seats if each.town == town and each.rank == 0)
        line = shapely.shortest_line(main, Point(seat.place))
        station = Point(line.coords[0])
        facilities.append(Facility(station, "regulator_station", "medium_a", "low"))
        pipes += [
            Pipe(each, "town", "low", "PE100", 110.0)
            for each in _town(net, seat.place, reach_m=TOWN_REACH * ground.size_m * (1.0, 0.8, 0.35)[town])
        ]
    wells = np.arange(300.0, main.length, 900.0)
    facilities += [Facility(main.interpolate(each), "valve_well", "medium_a", "medium_a") for each in wells]
    cabinet = main.interpolate(0.55, normalized=True)
    return pipes, [*facilities, Facility(cabinet, "regulator_cabinet", "medium_a", "low")]


def _main(ground: Land, net: Streets) -> BaseGeometry:
    """Give the main: the main road from the first to the last served town, 2.5 m beside its middle."""
    seats = [each for each in ground.seats if each.rank == 0][:SERVED_TOWNS]
    west, east = (
        seats[0].place[0] - MAIN_PAST * ground.size_m,
        seats[-1].place[0] + MAIN_PAST * ground.size_m,
    )
    primary = net.lines[net.road_class == "primary"]
    middle = shapely.get_x(shapely.line_interpolate_point(primary, 0.5, normalized=True))
    road = shapely.line_merge(shapely.union_all(primary[(middle > west) & (middle < east)]))
    longest = max(shapely.get_parts(road), key=lambda part: float(part.length))
    main: BaseGeometry = shapely.simplify(shapely.offset_curve(longest, 2.5, join_style="round"), 0.2)
    return main


def _transmission(ground: Land, main: BaseGeometry) -> tuple[BaseGeometry, BaseGeometry, BaseGeometry]:
    """Give the line that crosses the county in the north-west, the gate station on it and the feeder to the main."""
    west, south, east, north = ground.outline.bounds
    width_m, height_m = east - west, north - south
    course = [(0.18, 1.0), (0.2, 0.82), (0.27, 0.73), (0.24, 0.55), (0.1, 0.4), (-0.1, 0.35)]
    whole = LineString([(west + a * width_m, south + b * height_m) for a, b in course])
    trunk = shapely.intersection(whole, ground.outline)
    gate = trunk.interpolate(0.45, normalized=True)
    return trunk, gate, shapely.shortest_line(gate, main)


def _town(net: Streets, seat: tuple[float, float], *, reach_m: float) -> Shapes:
    """Give the low-pressure lines of a town: 1.5 m beside the lanes around its seat."""
    lane = np.isin(net.road_class, ["residential", "secondary"])
    near = shapely.distance(net.lines, Point(seat)) < reach_m
    lines: Shapes = np.asarray(shapely.offset_curve(net.lines[lane & near], 1.5), dtype=object)
    return lines[shapely.length(lines) > 5]
