"""What a map shows of plans: of every layer that plans fill only the rows of one run."""

from collections.abc import Iterator

import pytest

from api import maps
from gis import layers
from gis.layer import Layer, Use
from gis.run.adopt import adopt
from gis.run.record import Made, record
from gis.store.county import County
from gis.store.settings import Settings
from tests.builders import cloned, inserted

PLANNED = [each for each in layers.every() if each.geometry is not None and ("run_id", "code") in each.unique]


@pytest.fixture(scope="module")
def county(template: Settings) -> Iterator[County]:
    """An empty county."""
    with cloned(template, "test_maps") as found:
        yield found


@pytest.mark.parametrize("layer", PLANNED, ids=lambda layer: str(layer.name))
def test_of_a_layer_that_plans_fill_the_newest_run_alone_is_drawn(county: County, layer: Layer) -> None:
    plan = next((maps.PLANS[use] for use in layer.uses if use in maps.PLANS), "patrol")
    with county.writing() as connection:
        runs = [record(connection, county, Made(plan, {}, "0" * 64)) for _ in range(2)]
        for run in runs:
            inserted(connection, county, layer, {"run_id": run})
        assert set(maps.frame(connection, county, layer)["run_id"]) == {runs[1]}


def test_areas_in_force_are_drawn_though_newer_ones_are_proposed(county: County) -> None:
    areas = layers.one(Use.PATROL_AREA)
    with county.writing() as connection:
        runs = [record(connection, county, Made("patrol", {}, "0" * 64)) for _ in range(2)]
        for run in runs:
            inserted(connection, county, areas, {"run_id": run})
    told = "no areas are in force, proposed ones are shown"
    assert told in maps.snapshot(county).html
    adopt(county, str(runs[0]), county.today())
    with county.reading() as connection:
        assert set(maps.frame(connection, county, areas)["run_id"]) == {runs[0]}
    assert told not in maps.snapshot(county).html
