"""Cells are split, merged and renumbered: parts tile the whole, codes are new for ever, last year's report stays."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
import sqlalchemy as sa

from gis import layers
from gis.errors import Refused, UnknownName
from gis.find import unchecked as find
from gis.layer import Use
from gis.run import grid, patrol, reshape
from gis.run.cell_change import Order
from gis.run.drawn import Drawn, drawn
from gis.run.grid_check import check
from gis.store.county import County
from gis.store.fetch import features, shapes
from gis.store.settings import Settings
from gis.work import rules
from gis.work.checks import record
from tests.builders import cloned, line, point, square, stored
from tests.conftest import SRID, X, Y, at
from tests.events import emptied, rule, visit

LAST_YEAR = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)
THEN, LATER = date(2025, 6, 30), date(2026, 2, 1)
SIDE_M, BLOCK_M, PER_BLOCK = 800.0, 200.0, 5


@pytest.fixture(scope="module")
def clone(template: Settings) -> Iterator[County]:
    """One clone for all tests of this module."""
    with cloned(template, "test_reshape") as found:
        yield found


@pytest.fixture
def county(clone: County) -> County:
    """The module's clone without rows."""
    emptied(clone)
    return clone


def settled(county: County) -> None:
    """Store a town of two villages side by side, streets in 4 by 4 blocks, and as many houses in every block."""
    stored(county, "town", [{"code": "990001007", "name": "甲镇"}], [square(0, 0, SIDE_M)])
    halves = [shapely.box(X + e, Y, X + e + SIDE_M / 2, Y + SIDE_M) for e in (0, SIDE_M / 2)]
    codes = ("990001007201", "990001007202")
    stored(county, "village", [{"code": each, "name": f"村{each[-1]}"} for each in codes], halves)
    cuts = np.arange(BLOCK_M, SIDE_M, BLOCK_M)
    streets = [line((cut, 0), (cut, SIDE_M)) for cut in cuts] + [line((0, cut), (SIDE_M, cut)) for cut in cuts]
    stored(county, "road", [{"code": f"r{n}", "road_class": "residential"} for n in range(len(streets))], streets)
    west = np.arange(0, SIDE_M, BLOCK_M)
    places = [(e + 15 + 28 * n, s + 40 + 20 * (n % 3)) for e in west for s in west for n in range(PER_BLOCK)]
    stored(county, "building", [{"code": f"b{n}"} for n in range(len(places))], [square(*place) for place in places])
    pipe = shapely.LineString([(X + 5, Y + 390), (X + 795, Y + 390)])
    stored(county, "gas_pipeline", [{"code": "p", "regime": "distribution", "pressure": "low"}], [pipe])


def cells(county: County, on: date | None = None) -> gpd.GeoDataFrame:
    with county.reading() as connection:
        return features(connection, county, layers.one(Use.CELL), on=on)


def changes(county: County) -> list[tuple[str, str | None, str, date]]:
    with county.reading() as connection:
        return [
            tuple(row)
            for row in connection.execute(
                sa.text("SELECT kind, parent_code, child_code, changed_on FROM cell_change ORDER BY id")
            )
        ]


def held(county: County) -> dict[str, int]:
    """Give how many buildings lie in each cell, by its code."""
    with county.reading() as connection:
        query = "SELECT c.code, count(*) FROM building b JOIN grid_cell c ON c.id = b.cell_id GROUP BY 1"
        return {row.code: row.count for row in connection.execute(sa.text(query))}


def answer(county: County, moment: datetime, as_of: date, *, town: str | None = None, cell: str | None = None) -> object:
    question = find.Question(layers.named("building"), town=town, cell=cell, as_of=as_of)
    asked = find.moment_of(county, question, moment)
    counted = find.counts(county, question, asked)
    listed = find.rows(county, question, asked).drop(columns="geometry")
    return counted.stock, dict(counted.total), listed.to_csv(index=False)


def assert_tiles(parts: list[shapely.Geometry], whole: shapely.Geometry) -> None:
    """Worked out pair by pair, without an index: no common area, and together the whole."""
    for place, one in enumerate(parts):
        assert one.is_valid
        assert all(one.intersection(other).area < 1e-6 for other in parts[place + 1 :])
    assert sum(each.area for each in parts) == pytest.approx(whole.area, abs=1e-6)
    assert shapely.union_all(parts).symmetric_difference(whole).area < 1e-6


def test_a_split_leaves_last_years_report_as_it_was(county: County) -> None:
    past = at(county, LAST_YEAR)
    settled(past)
    grid.make(past, target=40, order=Order(date(2025, 3, 1)))
    rules.apply(past, (rule("A", 30),))
    record(past, [visit(f"b{n}", "2025-03-02T01:00:00Z", number=n + 1) for n in range(0, 80, 3)])
    old = sorted(cells(past, THEN)["code"])
    now = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)
    then = at(county, now)
    before = [answer(then, now, THEN, cell=each) for each in old]
    whole = answer(then, now, THEN, town="990001007")
    changed = reshape.split(then, old[0], Order(LATER, "张某某", "户数超过500"), parts=2)
    grid.assign(then)
    assert [answer(then, now, THEN, cell=each) for each in old] == before
    assert answer(then, now, THEN, town="990001007") == whole
    assert changed.objects == {"building": 40}
    assert sum(held(county).values()) == 80
    assert old[0] not in held(county)
    past.close()
    then.close()
