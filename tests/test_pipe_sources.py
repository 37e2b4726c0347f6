from typing import Any

import geopandas as gpd
import pytest
import shapely

from gis.run.pipe_sources import Sources, sources

SRID = 32651


def facilities(*rows: tuple[float, str | None, str | None, float | None, float | None]) -> gpd.GeoDataFrame:
    """Facilities along a line of y = 3: place in m, class before and after, m3/h at most and today."""
    names = ("inlet_pressure", "outlet_pressure", "capacity", "peak")
    columns: dict[str, list[Any]] = {name: [row[place] for row in rows] for place, name in enumerate(names, start=1)}
    points = [shapely.Point(row[0], 3) for row in rows]
    return gpd.GeoDataFrame({"code": [f"F{n}" for n in range(len(rows))]} | columns, geometry=points, crs=SRID)


def mains(*rows: tuple[float, float, str]) -> gpd.GeoDataFrame:
    """Mains along y = 0 from a place to another, of a class."""
    lines = [shapely.LineString([(start, 0), (end, 0)]) for start, end, _ in rows]
    columns = {"code": [f"M{n}" for n in range(len(rows))], "pressure": [row[2] for row in rows]}
    return gpd.GeoDataFrame(columns, geometry=lines, crs=SRID)


def told(found: Sources) -> tuple[str, list[str], list[str], dict[str, int]]:
    return found.pressure, found.roots["code"].tolist(), found.mains["code"].tolist(), dict(found.left)


def test_a_plan_takes_gas_at_the_highest_pressure_of_streets_that_a_facility_gives_or_takes() -> None:
    live = facilities((0, "high_a", "medium_a", 900, 400), (50, "medium_a", "low", 300, 100))
    pipes = mains((0, 60, "medium_a"), (50, 90, "low"), (0, 60, "high_a"))
    assert told(sources(live, pipes, None)) == ("medium_a", ["F0", "F1"], ["M0"], {"spare": 1, "inlet": 1})


def test_a_plan_at_a_named_pressure_begins_at_what_gives_it() -> None:
    live = facilities((0, "high_a", "medium_a", 900, 400), (50, "medium_a", "low", None, None))
    pipes = mains((0, 60, "medium_a"), (50, 90, "low"))
    assert told(sources(live, pipes, "low")) == ("low", ["F1"], ["M1"], {"pressure": 1, "spare_unknown": 1})


def test_a_facility_of_unknown_outlet_gives_low_pressure() -> None:
    assert told(sources(facilities((0, None, None, None, None)), mains(), None)) == (
        *("low", ["F0"], []),
        {"spare_unknown": 1},
    )


def test_no_root_is_found_where_only_transmission_pressure_is() -> None:
    found = sources(facilities((0, "high_a", "high_b", None, None)), mains((0, 60, "high_b")), None)
    assert told(found) == ("low", [], [], {"pressure": 1})


def test_mains_above_low_pressure_count_where_a_root_feeds_them_through_others() -> None:
    live = facilities((0, "high_a", "medium_b", None, None))
    pipes = mains((0, 60, "medium_b"), (60, 90, "medium_b"), (90.5, 140, "medium_b"))
    assert told(sources(live, pipes, None))[2] == ["M0", "M1"]


def test_low_pressure_mains_count_even_where_no_drawing_joins_them_to_a_root() -> None:
    live = facilities((0, "medium_a", "low", None, None))
    assert told(sources(live, mains((0, 60, "low"), (90, 140, "low")), "low"))[2] == ["M0", "M1"]


@pytest.mark.parametrize(("second", "roots"), [((900, 900), []), ((900, 400), ["F1", "F2"])])
def test_a_main_has_gas_to_spare_where_one_that_feeds_it_has(second: tuple[float, float], roots: list[str]) -> None:
    live = facilities(
        (0, "high_a", "medium_a", 900, 950), (20, "high_a", "medium_a", *second), (50, "medium_a", "low", 9, 1)
    )
    found = sources(live, mains((0, 60, "medium_a")), "medium_a")
    assert (found.roots["code"].tolist(), len(found.mains)) == (roots, min(len(roots), 1))
    assert found.left["capacity"] == 3 - len(roots)


def test_a_regulator_on_no_main_takes_gas_from_what_nobody_drew() -> None:
    live = facilities((0, "high_a", "medium_a", 900, 950), (50, "medium_a", "low", None, None))
    assert told(sources(live, mains((0, 10, "medium_a")), None)) == (
        *("medium_a", ["F1"], []),
        {"capacity": 1, "inlet": 1},
    )
