"""Cells are split, merged and renumbered: parts tile the whole, codes are new for ever, last year's report stays."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from gis import layers
from gis.errors import Refused, UnknownName
from gis.find import unchecked as find
from gis.layer import Use
from gis.run import grid, patrol, reshape
from gis.run.adopt import adopt
from gis.run.cell_change import Order
from gis.run.drawn import Drawn, drawn
from gis.run.grid_check import check
from gis.run.workload import kinds
from gis.store.county import County
from gis.store.fetch import features, shapes
from gis.store.settings import Settings
from gis.store.versions import in_use, known
from gis.work import rules
from gis.work.checks import record
from tests.builders import cloned, line, square, stored
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
        return {str(code): int(count) for code, count in connection.execute(sa.text(query))}


def answer(
    county: County, moment: datetime, as_of: date, *, town: str | None = None, cell: str | None = None
) -> object:
    question = find.Question(layers.named("building"), town=town, cell=cell, as_of=as_of)
    asked = find.moment_of(county, question, moment)
    counted = find.counts(county, question, asked)
    listed = find.rows(county, question, asked).drop(columns="geometry")
    return counted.stock, dict(counted.total), listed.to_csv(index=False)


def assert_tiles(parts: Sequence[BaseGeometry], whole: BaseGeometry) -> None:
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
    seen = datetime(2025, 3, 2, 1, 0, tzinfo=UTC)
    record(past, pd.DataFrame([visit(f"b{n}", seen, number=n + 1) for n in range(0, 80, 3)]))
    old = sorted(cells(past, THEN)["code"])
    now = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)
    then = at(county, now)
    before = [answer(then, now, THEN, cell=each) for each in old]
    whole = answer(then, now, THEN, town="990001007")
    changed = reshape.split(then, old[0], Order(LATER, "张某某", "户数超过500"), parts=2)
    grid.assign(then)
    assert [answer(then, now, THEN, cell=each) for each in old] == before
    assert answer(then, now, THEN, town="990001007") == whole
    children = ", ".join(each.code for each in changed.children)
    live = find.Question(layers.named("building"), cell=old[0])
    today = find.moment_of(then, live, now)
    with pytest.raises(Refused, match=f"ended on 2026-01-31 and became {children}: ask for those, or with --as-of"):
        find.counts(then, live, today)
    assert changed.objects == {"building": 40}
    assert sum(held(county).values()) == 80
    assert old[0] not in held(county)
    past.close()
    then.close()


def test_as_of_any_day_the_cells_sum_to_the_town(county: County) -> None:
    past, now = at(county, LAST_YEAR), datetime(2026, 2, 2, 9, 0, tzinfo=UTC)
    settled(past)
    grid.make(past, target=20, order=Order(date(2025, 3, 1)))
    rules.apply(past, (rule("A", 30),))
    then = at(county, now - timedelta(days=1))
    first, second = sorted(cells(past, THEN)["code"])[:2]
    reshape.merge(then, [first, second], Order(LATER))
    later = at(county, now)
    reshape.split(later, sorted(cells(later, LATER)["code"])[-1], Order(now.date()), parts=3)
    for day in (THEN, LATER, now.date()):
        question = find.Question(layers.named("building"), as_of=day)
        moment = find.moment_of(later, question, now)
        with later.reading() as connection:
            cell = known(later.schema, layers.one(Use.CELL), moment.known_at)
            codes = list(connection.scalars(sa.select(cell.c.code).where(in_use(cell, day))))
        parts = [find.counts(later, find.Question(question.layer, cell=each, as_of=day), moment) for each in codes]
        whole = find.counts(later, find.Question(question.layer, town="990001007", as_of=day), moment)
        assert sum(each.stock for each in parts) == whole.stock == 80
        for state, number in whole.total.items():
            assert sum(each.total[state] for each in parts) == number
    for each in (past, then, later):
        each.engine.dispose()


def test_a_split_takes_the_next_serials_and_is_on_record(county: County) -> None:
    settled(county)
    before = Order(county.today() - timedelta(days=10))
    grid.make(county, target=40, order=before)
    assert sorted(cells(county)["code"]) == ["990001007201001", "990001007202001"]
    whole = cells(county).set_index("code").geometry["990001007201001"]
    today = county.today()
    changed = reshape.split(county, "990001007201001", Order(today, "张某某", "户数超过500"), parts=2)
    children = [each.code for each in changed.children]
    assert children == ["990001007201002", "990001007201003"]
    assert sorted(each.load for each in changed.children if each.load is not None) == [20, 20]
    with county.reading() as connection:
        ended = connection.execute(
            sa.text("SELECT valid_to FROM grid_cell WHERE code = '990001007201001'")
        ).scalar_one()
    assert ended == today - timedelta(days=1)
    now = cells(county).set_index("code")
    assert_tiles([now.geometry[each] for each in children], whole)
    assert set(now.loc[children, "valid_from"]) == {today}
    made = [("make", None, "990001007201001", before.on), ("make", None, "990001007202001", before.on)]
    split = [("split", "990001007201001", each, today) for each in children]
    assert changes(county) == made + split
    assert check(county).empty
    with county.reading() as connection:
        told = connection.execute(
            sa.text("SELECT DISTINCT made_by, reason FROM cell_change WHERE kind = 'split'")
        ).all()
        orphans = connection.execute(
            sa.text(
                "SELECT count(*) FROM line_cell l LEFT JOIN grid_cell c ON c.id = l.lies_in WHERE c.code NOT IN "
                "(SELECT child_code FROM cell_change) OR c.valid_to IS NOT NULL"
            )
        ).scalar_one()
        metres = connection.execute(sa.text("SELECT sum(length) FROM line_cell WHERE lies_in IS NOT NULL")).scalar_one()
    assert [tuple(each) for each in told] == [("张某某", "户数超过500")]
    assert orphans == 0
    assert metres == pytest.approx(790 + 6 * SIDE_M, abs=1e-6)  # the pipe and the streets


def test_a_split_follows_the_streets(county: County) -> None:
    settled(county)
    grid.make(county, target=40)
    changed = reshape.split(county, "990001007201001", Order(county.today()), parts=4)
    now = cells(county).set_index("code")
    parts = [now.geometry[each.code] for each in changed.children]
    assert [each.load for each in changed.children] == [10, 10, 10, 10]
    inner = shapely.union_all([each.boundary for each in parts]).difference(
        shapely.union_all(parts).boundary.buffer(0.01)
    )
    grid_lines = [line((0, cut), (SIDE_M, cut)) for cut in (200, 400, 600)] + [line((200, 0), (200, SIDE_M))]
    assert inner.length > 400
    assert inner.difference(shapely.union_all(grid_lines).buffer(0.001)).length < 1e-6


def drawing(*drawn_shapes: BaseGeometry, tolerance_m: float = 1.0) -> Drawn:
    found = np.empty(len(drawn_shapes), dtype=object)
    found[:] = drawn_shapes
    return Drawn("drawn.geojson", found, tolerance_m)


def test_a_drawn_line_that_ends_just_short_cuts_the_cell_exactly(county: County) -> None:
    settled(county)
    grid.make(county, target=40)
    whole = cells(county).set_index("code").geometry["990001007201001"]
    stroke = drawing(line((0.6, 333), (150, 300), (399.5, 350)))
    changed = reshape.split(county, "990001007201001", Order(county.today()), line=stroke)
    now = cells(county).set_index("code")
    parts = [now.geometry[each.code] for each in changed.children]
    assert len(parts) == 2
    assert_tiles(parts, whole)
    assert check(county).empty
    with pytest.raises(Refused, match="the line does not cut the cell"):
        reshape.split(county, "990001007202001", Order(county.today()), line=drawing(line((410, 300), (600, 300))))
    with pytest.raises(Refused, match="nowhere 2 m wide"):
        reshape.split(county, "990001007202001", Order(county.today()), line=drawing(line((390, 1), (810, 1))))
    with pytest.raises(Refused, match="expected lines, got Polygon"):
        reshape.split(county, "990001007202001", Order(county.today()), line=drawing(square(0, 0)))


def test_delivered_polygons_become_cells_only_where_they_tile_the_cell(county: County, tmp_path: Path) -> None:
    settled(county)
    grid.make(county, target=40)
    whole = cells(county).set_index("code").geometry["990001007201001"]
    west, south, east, north = whole.bounds
    pieces = [shapely.box(west - 0.004, south, west + 180.0, north), shapely.box(west + 180.003, south, east, north)]
    file = tmp_path / "新网格.geojson"
    gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=pieces, crs=SRID).to_crs(4490).to_file(file)
    changed = reshape.split(
        county, "990001007201001", Order(county.today()), pieces=drawn(file, county.srid, tolerance_m=0.01)
    )
    now = cells(county).set_index("code")
    assert_tiles([now.geometry[each.code] for each in changed.children], whole)
    assert [round(each.area_m2 / 800) for each in changed.children] == [180, 220]
    short = drawing(
        shapely.box(X + 400, Y, X + 600, Y + 799), shapely.box(X + 600, Y, X + 800, Y + 800), tolerance_m=0.01
    )
    with pytest.raises(Refused, match=r"do not tile the cell: gap of 200.00 m², 1.000 m wide"):
        reshape.split(county, "990001007202001", Order(county.today()), pieces=short)
    with pytest.raises(Refused, match="expected two or more polygons, got 1 rows"):
        reshape.split(county, "990001007202001", Order(county.today()), pieces=drawing(square(0, 0)))


def test_cells_that_touch_become_one_across_villages(county: County) -> None:
    settled(county)
    grid.make(county, target=40)
    changed = reshape.merge(county, ["990001007201001", "990001007202001"], Order(county.today()))
    assert [each.code for each in changed.children] == ["990001007000001"]
    frame = cells(county)
    assert frame["code"].tolist() == ["990001007000001"]
    assert frame["village_code"].tolist() == [None]
    assert frame.area.iloc[0] == pytest.approx(SIDE_M**2, abs=1e-6)
    assert held(county) == {"990001007000001": 80}
    for seen_by in (None, county.today()):
        question = find.Question(layers.named("building"), cell="990001007201001", seen_by=seen_by)
        moment = find.moment_of(county, question, datetime.now(UTC))
        with pytest.raises(Refused, match="became 990001007000001"):
            find.counts(county, question, moment)
    again = reshape.split(county, "990001007000001", Order(county.today()), parts=2)
    assert [each.code for each in again.children] == ["990001007201002", "990001007202002"]


def test_cells_that_only_meet_in_a_corner_are_not_merged(county: County) -> None:
    settled(county)
    grid.make(county, target=5)
    frame = cells(county)
    corner = shapely.Point(X + 200, Y + 200)
    around = frame[frame.geometry.distance(corner) < 0.001].sort_values("code")
    opposite = [
        (one, other)
        for one in around.index
        for other in around.index
        if one < other and around.geometry[one].intersection(around.geometry[other]).length < 0.01
    ]
    one, other = opposite[0]
    with pytest.raises(Refused, match="expected a common border of 1 m or more"):
        reshape.merge(county, [str(frame["code"][one]), str(frame["code"][other])], Order(county.today()))
    with pytest.raises(Refused, match="two or more different cells"):
        reshape.merge(county, [str(frame["code"][one])] * 2, Order(county.today()))


def test_new_numbers_run_west_to_east_from_north_to_south_and_none_is_used_twice(county: County) -> None:
    settled(county)
    grid.make(county, target=10)
    first = sorted(cells(county)["code"])
    reshape.split(county, first[0], Order(county.today()), parts=2)
    old = {str(shape.wkb): code for code, shape in zip(cells(county)["code"], cells(county).geometry, strict=True)}
    changed = reshape.renumber(county, Order(county.today()), village="990001007201")
    new = cells(county)
    mine = new[new["village_code"] == "990001007201"].sort_values("code")
    assert len(mine) == 5
    assert not set(mine["code"]) & (set(first) | {each.code for each in changed.children if each.code in old.values()})
    numbers = [int(code[-3:]) for code in mine["code"]]
    assert numbers == list(range(numbers[0], numbers[0] + 5))
    north = shapely.get_y(shapely.centroid(shapes(gpd.GeoDataFrame(mine))))
    assert north[0] > north[-1]
    pairs = {child: parent for kind, parent, child, _ in changes(county) if kind == "renumber"}
    assert {code: old[str(shape.wkb)] for code, shape in zip(mine["code"], mine.geometry, strict=True)} == pairs
    assert check(county).empty
    with pytest.raises(Refused, match="no cell is in use in 990001007999"):
        reshape.renumber(county, Order(county.today()), village="990001007999")


def test_a_code_is_never_used_twice_whatever_is_done(county: County) -> None:
    settled(county)
    grid.make(county, target=20, service_class="010203")
    rng = np.random.default_rng(4)
    for _ in range(6):
        now = sorted(cells(county)["code"])
        reshape.split(county, now[rng.integers(len(now))], Order(county.today()), parts=2)
        reshape.renumber(county, Order(county.today()), town="甲镇")
        now = cells(county)
        one = now.geometry.iloc[0]
        beside = now[now.geometry.intersection(one).length > 1].iloc[1]
        reshape.merge(county, [str(now["code"].iloc[0]), str(beside["code"])], Order(county.today()))
    with county.reading() as connection:
        every = connection.execute(
            sa.text(
                "SELECT code, professional_code, min(id) AS first, max(id) AS last "
                "FROM (SELECT code, professional_code, id "
                "FROM grid_cell UNION SELECT code, professional_code, id FROM grid_cell_past) g GROUP BY 1, 2"
            )
        ).all()
        children = [row.child_code for row in connection.execute(sa.text("SELECT child_code FROM cell_change"))]
    assert all(row.first == row.last for row in every)
    assert len({row.professional_code for row in every}) == len(every)
    assert all(row.professional_code.startswith("010203990001007") for row in every)
    assert set(children) == {row.code for row in every}
    assert check(county).empty


def test_workers_whose_area_holds_a_split_cell_are_told_of(county: County) -> None:
    settled(county)
    stored(county, "worker", [{"code": "W-1", "name": "甲"}, {"code": "W-2", "name": "乙"}])
    grid.make(county, target=10)
    how = patrol.How(minutes=dict.fromkeys(kinds(), 10.0))
    first = patrol.areas(county, workers=2, how=how)
    with county.reading() as connection:
        query = "SELECT code, worker_code, cell_codes -> 'codes' AS codes FROM patrol_area"
        areas = {row.code: (row.worker_code, row.codes) for row in connection.execute(sa.text(query))}
    area, (worker, codes) = max(areas.items())
    changed = reshape.split(county, codes[0], Order(county.today()), parts=2)
    assert changed.areas == ((area, worker),)
    adopt(county, str(first.run), county.today())
    proposed = patrol.areas(county, workers=1, how=how)
    assert proposed.run > first.run
    assert reshape.split(county, codes[1], Order(county.today()), parts=2).areas == ((area, worker),)


def test_a_change_from_a_later_day_waits_for_it(county: County) -> None:
    settled(county)
    grid.make(county, target=40)
    tomorrow = county.today() + timedelta(days=1)
    changed = reshape.split(county, "990001007201001", Order(tomorrow), parts=2)
    assert changed.waiting
    assert held(county)["990001007201001"] == 40
    assert len(cells(county)) == 2
    assert len(cells(county, tomorrow)) == 3
    later = at(county, datetime.combine(tomorrow, datetime.min.time(), county.timezone) + timedelta(hours=9))
    grid.assign(later)
    assert held(county) == {each.code: 20 for each in changed.children} | {"990001007202001": 40}
    later.engine.dispose()


def test_what_cannot_be_changed_is_said_in_words(county: County) -> None:
    settled(county)
    grid.make(county, target=40)
    today = county.today()
    with pytest.raises(UnknownName, match="no cell 990001007201099"):
        reshape.split(county, "990001007201099", Order(today))
    reshape.split(county, "990001007201001", Order(today), parts=2)
    with pytest.raises(UnknownName, match="no cell 990001007201001"):
        reshape.split(county, "990001007201001", Order(today))
    with pytest.raises(Refused, match=r"is in use from .* not on"):
        reshape.split(county, "990001007202001", Order(today - timedelta(days=3)))
    before = cells(county)
    with pytest.raises(Refused, match="grid cells are in use already"):
        grid.make(county)
    assert cells(county).equals(before)
