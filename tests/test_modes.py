"""What a delivery does to what is stored: rows come and change, and in the mode replace those that are gone end."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from gis import layers
from gis.errors import Refused, UnknownName
from gis.layer import Layer
from gis.store.county import County
from gis.store.fetch import reading_of
from gis.store.load import Mode, Origin, Outcome, Terms, load, rehearse
from gis.store.settings import Settings
from tests.builders import cloned, line, point, square, swept
from tests.conftest import SRID

BUILDING = layers.named("building")
Row = dict[str, object]


@pytest.fixture(scope="module")
def kept(template: Settings) -> Iterator[County]:
    """A county that the tests of this file share; what they count they clear first."""
    with cloned(template, "test_modes") as county:
        yield county


def cleared(county: County, count: int = 0) -> County:
    """Empty the county, and store so many buildings in it: h0, h1, …, 20 m apart in rows of 50."""
    swept(county, "building", "town", "road")
    if count:
        assert loaded(county, *houses(range(count))).new == count
    return county


def houses(numbers: Sequence[int]) -> tuple[list[Row], list[BaseGeometry]]:
    """Give buildings by their numbers."""
    return [{"code": f"h{n}", "grade": "A"} for n in numbers], [square(20 * (n % 50), 20 * (n // 50)) for n in numbers]


def arguments(
    rows: Sequence[Row], shapes: Sequence[BaseGeometry | None] | None, columns: Sequence[str] = ()
) -> tuple[Any, Origin]:
    geometry = None
    if shapes is not None:
        geometry = np.empty(len(shapes), dtype=object)
        geometry[:] = shapes
    frame = pd.DataFrame(list(rows), columns=list(columns) or None, dtype=object)
    return reading_of(frame, geometry, f"EPSG:{SRID}"), Origin("rows", crs=f"EPSG:{SRID}")


def loaded(
    county: County,
    rows: Sequence[Row],
    shapes: Sequence[BaseGeometry | None] | None,
    terms: Terms | None = None,
    *,
    layer: Layer = BUILDING,
    columns: Sequence[str] = (),
) -> Outcome:
    return load(county, layer, *arguments(rows, shapes, columns), terms=terms or Terms())


def table_of(county: County, text: str) -> list[tuple[Any, ...]]:
    with county.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.text(text))]


def codes(county: County) -> set[str]:
    return {code for (code,) in table_of(county, "SELECT code FROM building")}


REPLACE = Terms(mode=Mode.REPLACE)
SURE = Terms(mode=Mode.REPLACE, sure=True)


def test_rows_that_are_gone_end_and_come_back_with_their_id(kept: County) -> None:
    cleared(kept, 100)
    before = dict(table_of(kept, "SELECT code, id FROM building"))
    outcome = loaded(kept, *houses(range(5, 103)), REPLACE)
    assert (outcome.new, outcome.changed, outcome.unchanged, outcome.gone) == (3, 0, 95, 5)
    assert codes(kept) == {f"h{n}" for n in range(5, 103)}
    ended = "SELECT p.code, d.number FROM building_past p JOIN delivery d ON d.id = p.ended_by ORDER BY 1"
    assert table_of(kept, ended) == [(f"h{n}", outcome.number) for n in range(5)]
    again = loaded(kept, *houses(range(5)))
    assert again.new == 5
    after = dict(table_of(kept, "SELECT code, id FROM building"))
    assert {code: after[code] for code in before} == before
    log = "SELECT mode, gone, town, number FROM delivery ORDER BY id DESC LIMIT 2"
    assert table_of(kept, log) == [("upsert", 0, None, again.number), ("replace", 5, None, outcome.number)]


def test_the_same_file_again_ends_nothing(kept: County) -> None:
    cleared(kept, 40)
    outcome = loaded(kept, *houses(range(40)), REPLACE)
    assert (outcome.unchanged, outcome.gone) == (40, 0)
    assert table_of(kept, "SELECT count(*) FROM building_past") == [(0,)]


@pytest.mark.parametrize(("left", "asks"), [(95, False), (94, True), (0, True)])
def test_more_than_five_percent_end_only_when_asked(kept: County, left: int, asks: bool) -> None:  # noqa: FBT001
    cleared(kept, 100)
    rows, shapes = houses(range(left))
    if asks:
        share = f"{100 - left} of 100 stored rows are not in the delivery and would end, more than 5 %"
        with pytest.raises(Refused, match=rf"将终止建筑在库100行中的{100 - left}行.*--yes.*{share}"):
            loaded(kept, rows, shapes, REPLACE, columns=["code", "grade"])
        assert len(codes(kept)) == 100
        assert table_of(kept, "SELECT count(*) FROM delivery") == [(1,)]
    outcome = loaded(kept, rows, shapes, SURE, columns=["code", "grade"])
    assert (outcome.gone, len(codes(kept))) == (100 - left, left)


def test_rejected_rows_do_not_end_what_is_stored_of_them(kept: County) -> None:
    cleared(kept, 60)
    rows, shapes = houses(range(58))
    rows[3] |= {"grade": "X"}  # judged
    rows[4] |= {"built_year": "long ago"}  # not readable
    rows[6] |= {"code": "h5"}  # two rows with one key that differ
    none: list[BaseGeometry | None] = [*shapes]
    none[7] = None  # no shape
    outcome = loaded(kept, rows, none, REPLACE)
    assert {fault.row for fault in outcome.faults} == {4, 5, 6, 7, 8}
    assert (outcome.rejected, outcome.gone) == (5, 3)  # h6, h58 and h59 are not in the delivery
    assert {f"h{n}" for n in range(60)} - codes(kept) == {"h6", "h58", "h59"}


def test_a_rejected_row_without_a_key_may_be_any_row_so_nothing_ends_unasked(kept: County) -> None:
    cleared(kept, 100)
    rows, shapes = houses(range(99))
    rows[0]["code"], shapes[0] = None, point(0, 0)  # a house without either is not known by its shape
    with pytest.raises(Refused, match=r"退回的行中有1行读不出编号.*1 rejected rows have no key.*among the 2 stored"):
        loaded(kept, rows, shapes, REPLACE)
    assert len(codes(kept)) == 100
    assert loaded(kept, rows, shapes, SURE).gone == 2


def test_a_rejected_row_without_a_key_asks_nothing_where_nothing_ends(kept: County) -> None:
    cleared(kept, 10)
    rows, shapes = houses(range(11))
    rows[10]["code"], shapes[10] = None, point(0, 0)
    outcome = loaded(kept, rows, shapes, REPLACE)
    assert (outcome.rejected, outcome.gone) == (1, 0)


def test_checked_objects_may_end_and_their_checks_stay(kept: County) -> None:
    from datetime import UTC, datetime

    from gis.work import rules
    from gis.work.checks import record
    from tests.events import rule, visit
    from tests.recount import agrees

    rules.apply(cleared(kept, 3), (rule("A"),))
    record(kept, pd.DataFrame([visit("h0", datetime(2026, 1, 1, tzinfo=UTC), number=9)]))
    assert loaded(kept, *houses([1, 2]), SURE).gone == 1
    agrees(kept)
    assert loaded(kept, *houses([0])).new == 1
    agrees(kept)
    assert table_of(kept, "SELECT count(*) FROM status WHERE last_done_at IS NOT NULL") == [(1,)]


def towns(county: County) -> None:
    """Store two towns that meet 500 m east of the corner, and one more of the first one's name."""
    rows: list[Row] = [{"code": "t1", "name": "东镇"}, {"code": "t2", "name": "西镇"}, {"code": "t3", "name": "西镇"}]
    shapes = [square(-10, -10, 505), square(495, -10, 800), square(2000, 2000)]
    assert loaded(county, rows, shapes, layer=layers.named("town")).new == 3


def test_a_town_limits_what_ends_and_what_comes(kept: County) -> None:
    towns(cleared(kept))
    loaded(kept, *houses(range(50)))  # h0–h24 in t1, h25–h49 in t2, as squares of 10 m every 20 m
    assert table_of(kept, "SELECT count(*) FROM building b JOIN town t ON t.id = town_id WHERE t.code = 't1'") == [
        (25,)
    ]
    rows, shapes = houses([*range(1, 25), 30, 60])
    terms = Terms(mode=Mode.REPLACE, town="东镇")
    outcome = loaded(kept, rows, shapes, terms)
    assert [tuple(fault) for fault in outcome.faults] == [(25, "geom", "within_town", "a place in 东镇", "西镇")]
    assert (outcome.new, outcome.unchanged, outcome.gone) == (1, 24, 1)  # one of 25 is less than 5 %
    assert table_of(kept, "SELECT code FROM building_past") == [("h0",)]
    assert table_of(kept, "SELECT town FROM delivery ORDER BY id DESC LIMIT 1") == [("t1",)]
    with pytest.raises(Refused, match=r"在库25行中的3行（12.0%）"):
        loaded(kept, *houses(range(3, 25)), terms)
    without_shape = loaded(kept, [{"code": "h2", "grade": "B"}, {"code": "h40", "grade": "B"}], None, Terms(town="t1"))
    assert (without_shape.changed, [fault.row for fault in without_shape.faults]) == (1, [2])


def test_a_town_must_be_known_by_one_code_or_name_and_the_layer_lie_in_towns(kept: County) -> None:
    towns(cleared(kept))
    with pytest.raises(UnknownName, match="没有镇街 南镇"):
        loaded(kept, *houses([1]), Terms(town="南镇"))
    with pytest.raises(Refused, match=r"有2个镇街名为 西镇.*t2, t3"):
        loaded(kept, *houses([1]), Terms(town="西镇"))
    with pytest.raises(Refused, match="道路不按镇街归属"):
        loaded(kept, [{"code": "r"}], [line((0, 0), (9, 0))], Terms(town="t1"), layer=layers.named("road"))


def test_a_rehearsal_says_what_would_happen_and_stores_nothing(kept: County) -> None:
    cleared(kept, 40)
    rows, shapes = houses(range(10, 42))
    rows[0]["grade"] = "B"
    rows[1]["grade"] = "X"
    before = table_of(kept, "SELECT id, recorded_at FROM building ORDER BY 1")
    outcome = rehearse(kept, BUILDING, *arguments(rows, shapes), terms=REPLACE)
    counts = (outcome.new, outcome.changed, outcome.unchanged, outcome.rejected, outcome.gone, outcome.number)
    assert counts == (2, 1, 28, 1, 10, "")
    assert "将终止建筑在库40行中的10行" in outcome.notes[0]
    assert table_of(kept, "SELECT id, recorded_at FROM building ORDER BY 1") == before
    assert table_of(kept, "SELECT count(*) FROM delivery") == [(1,)]
    stored = loaded(kept, rows, shapes, SURE)
    assert (stored.new, stored.changed, stored.unchanged, stored.rejected, stored.gone) == counts[:5]
    assert stored.notes == ()


def test_replacing_loads_at_once_come_one_after_the_other(kept: County) -> None:
    cleared(kept, 30)
    batches = [range(20), range(10, 30), range(5, 25)]
    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(lambda numbers: loaded(kept, *houses(numbers), SURE), batches))
    wanted = [{f"h{n}" for n in numbers} for numbers in batches]
    assert codes(kept) in wanted
    order = [int(number) for (number,) in table_of(kept, "SELECT id FROM delivery ORDER BY id")]
    assert len(order) == 4
    [(spells,)] = table_of(kept, "SELECT count(*) FROM building_past WHERE ended_by > 0")
    assert spells == sum(outcome.gone for outcome in outcomes)
    [(now,)] = table_of(kept, "SELECT count(*) FROM building")
    assert 30 + sum(outcome.new - outcome.gone for outcome in outcomes) == now


def test_what_ends_by_hand_is_told_apart_from_what_a_delivery_ends(kept: County) -> None:
    cleared(kept, 2)
    with kept.writing() as connection:
        connection.execute(sa.text("DELETE FROM building WHERE code = 'h0'"))
        connection.execute(sa.text("UPDATE building SET grade = 'B' WHERE code = 'h1'"))
    assert table_of(kept, "SELECT code, ended_by FROM building_past ORDER BY 1") == [("h0", 0), ("h1", None)]


def test_the_log_keeps_what_was_noticed(kept: County) -> None:
    cleared(kept)
    rows: list[Row] = [{"code": "a", "grade": "X", "colour": "red"}, {"code": "b", "grade": "Y", "colour": "blue"}]
    outcome = loaded(kept, rows, [square(0, 0), square(20, 0)])
    [(noticed,)] = table_of(kept, "SELECT columns FROM delivery")
    assert noticed == {
        "fields": ["code", "grade"],
        "ignored": ["colour"],
        "faults": [{"field": "grade", "constraint": "grade_choices", "times": 2}],
    }
    assert outcome.ignored == ("colour",)


def test_what_is_replaced_and_stored_with_a_partial_delivery_keeps_its_other_values(kept: County) -> None:
    cleared(kept, 30)
    rows: list[Row] = [{"code": f"h{n}", "floors": 3} for n in range(29)]
    outcome = loaded(kept, rows, None, REPLACE)
    assert (outcome.changed, outcome.gone) == (29, 1)
    assert table_of(kept, "SELECT DISTINCT grade, floors FROM building") == [("A", 3)]
