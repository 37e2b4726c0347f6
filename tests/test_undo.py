"""A delivery is undone while nothing depends on it; a plain model of stacks says what must stand after any events."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from gis import layers
from gis.errors import GisError, Refused, UnknownName
from gis.layer import Layer
from gis.store.county import County
from gis.store.fetch import reading_of
from gis.store.load import Mode, Origin, Outcome, Terms, load
from gis.store.load.undoing import Undone, undo
from gis.store.settings import Settings
from gis.store.versions import known
from gis.work import rules
from gis.work.checks import record, void
from tests.builders import cloned, inserted, point, square, stored, swept
from tests.conftest import SRID, at
from tests.events import rule, uid, visit
from tests.recount import agrees

BUILDING = layers.named("building")
PLACES = {"here": (0.0, 0.0), "there": (500.0, 0.0)}
KEYS = ("a", "b", "c")
Row = dict[str, object]


@pytest.fixture(scope="module")
def kept(template: Settings) -> Iterator[County]:
    """A county that the tests of this file share; what they count they clear first."""
    with cloned(template, "test_undo") as county:
        rules.apply(county, (rule("A"), rule("B", 30), rule("C", 7)))
        yield county


def cleared(county: County) -> County:
    """Empty the county of everything that is delivered and recorded."""
    return swept(county, "building", "town", "gas_user", "enterprise")


def loaded(
    county: County,
    rows: Sequence[Row],
    shapes: Sequence[BaseGeometry] | None,
    *,
    mode: Mode = Mode.UPSERT,
    layer: Layer = BUILDING,
    columns: Sequence[str] = (),
) -> Outcome:
    """Load rows in storage metres; whatever is to end may end."""
    geometry = None
    if shapes is not None:
        geometry = np.empty(len(shapes), dtype=object)
        geometry[:] = shapes
    frame = pd.DataFrame(list(rows), columns=list(columns) or None, dtype=object)
    reading = reading_of(frame, geometry, f"EPSG:{SRID}")
    return load(county, layer, reading, Origin("rows", crs=f"EPSG:{SRID}"), terms=Terms(mode=mode, sure=True))


def table_of(county: County, text: str) -> list[tuple[Any, ...]]:
    with county.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.text(text))]


def execute(county: County, text: str) -> None:
    with county.writing() as connection:
        connection.execute(sa.text(text))


# A model


Value = tuple[str | None, str]
"""A row of the model: its grade and its place."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """Rows are delivered: per key the grade, None where the row is to be rejected, and the place."""

    rows: tuple[tuple[str, str | None, str], ...]
    mode: Mode


@dataclass(frozen=True, slots=True)
class Taken:
    """The delivery with that number, counted from the first, is undone."""

    which: int


@dataclass(frozen=True, slots=True)
class Edited:
    """A row gets a value by hand that no delivery brings, or ends by hand."""

    key: str
    ends: bool


Event = Delivered | Taken | Edited
ROWS = st.lists(
    st.tuples(st.sampled_from(KEYS), st.sampled_from(["A", "B", "B", None]), st.sampled_from(list(PLACES))),
    max_size=3,
    unique_by=lambda row: row[0],
).map(tuple)
EVENT: st.SearchStrategy[Event] = st.one_of(
    st.builds(Delivered, ROWS, st.sampled_from(Mode)),
    st.builds(Delivered, ROWS, st.just(Mode.REPLACE)),
    st.builds(Taken, st.integers(0, 5)),
    st.builds(Taken, st.integers(-3, -1)),
    st.builds(Edited, st.sampled_from(KEYS), st.booleans()),
)


@dataclass
class Model:
    """Per key what became of it, newest last: by which delivery (0: by hand) and what it was then, None where ended."""

    stacks: dict[str, list[tuple[int, Value | None]]] = field(default_factory=lambda: {key: [] for key in KEYS})
    undone: set[int] = field(default_factory=set)
    deliveries: int = 0
    edits: int = 0

    def now(self, key: str) -> Value | None:
        return self.stacks[key][-1][1] if self.stacks[key] else None

    def deliver(self, event: Delivered) -> tuple[int, int, int, int, int]:
        """Give new, changed, unchanged, rejected and gone."""
        self.deliveries += 1
        counts = [0, 0, 0, 0, 0]
        for key, grade, place in event.rows:
            if grade is None:
                counts[3] += 1
                continue
            kind = 0 if self.now(key) is None else 1 if self.now(key) != (grade, place) else 2
            counts[kind] += 1
            if kind < 2:
                self.stacks[key].append((self.deliveries, (grade, place)))
        if event.mode is Mode.REPLACE:
            for key in {key for key in KEYS if self.now(key) is not None} - {key for key, _, _ in event.rows}:
                counts[4] += 1
                self.stacks[key].append((self.deliveries, None))
        return counts[0], counts[1], counts[2], counts[3], counts[4]

    def take(self, number: int) -> bool:
        """Undo a delivery and tell whether it could be."""
        touched = [stack for stack in self.stacks.values() if any(by == number for by, _ in stack)]
        if number in self.undone or any(stack[-1][0] != number for stack in touched):
            return False
        for stack in touched:
            stack.pop()
        self.undone.add(number)
        return True

    def edit(self, event: Edited) -> str:
        """Give the SQL of an edit by hand."""
        before = self.now(event.key)
        if before is None:
            return "SELECT 1"
        self.edits += 1
        self.stacks[event.key].append((0, None if event.ends else (f"C{self.edits}", before[1])))
        if event.ends:
            return f"DELETE FROM building WHERE code = '{event.key}'"
        return f"UPDATE building SET grade = 'C', name = 'C{self.edits}' WHERE code = '{event.key}'"


def happen(county: County, model: Model, numbers: list[str], event: Event) -> None:
    """Let an event happen in the county and in the model, and see that both tell the same of it."""
    if isinstance(event, Delivered):
        rows: list[Row] = [{"code": key, "grade": grade or "X", "name": None} for key, grade, _ in event.rows]
        shapes = [square(*PLACES[place]) for _, _, place in event.rows]
        wanted = model.deliver(event)
        outcome = loaded(county, rows, shapes if rows else None, mode=event.mode, columns=["code", "grade", "name"])
        assert (outcome.new, outcome.changed, outcome.unchanged, outcome.rejected, outcome.gone) == wanted
        numbers.append(outcome.number)
    elif isinstance(event, Edited):
        execute(county, model.edit(event))
    elif numbers:
        which = event.which % len(numbers)
        stacks = {key: list(stack) for key, stack in model.stacks.items()}
        before = everything(county)
        if model.take(which + 1):
            done = undo(county, numbers[which])
            pairs = [(stacks[key], model.stacks[key]) for key in KEYS if stacks[key] != model.stacks[key]]
            found = [(was[-1][1], now[-1][1] if now else None) for was, now in pairs]
            assert (done.ended, done.restored, done.returned) == (
                sum(now is None for was, now in found if was is not None),
                sum(was is not None and now is not None for was, now in found),
                sum(was is None for was, now in found),
            )
        else:
            with pytest.raises(Refused, match=r"不能撤销：之后又改动|已于 .* 撤销"):
                undo(county, numbers[which])
            assert everything(county) == before


def everything(county: County) -> list[list[tuple[Any, ...]]]:
    """Give all rows of a layer, its past and the log."""
    orders = {"building": "id", "building_past": "id, recorded_at", "delivery": "id", "status": "object_id"}
    return [table_of(county, f"SELECT * FROM {name} ORDER BY {order}") for name, order in orders.items()]


def held(county: County, moment: datetime | None) -> set[tuple[Any, ...]]:
    """Give the rows of the layer as known at an instant; None is now."""
    rows = known(county.schema, BUILDING, moment)
    names = ("id", "code", "grade", "name", "town_id", "delivery_id")
    with county.reading() as connection:
        columns = [*(rows.c[name] for name in names), sa.func.ST_AsEWKB(rows.c.geom)]
        return {(*row[:-1], bytes(row[-1])) for row in connection.execute(sa.select(*columns))}


def test_any_deliveries_edits_and_undos_leave_what_the_model_says(kept: County) -> None:
    @settings(max_examples=15, deadline=None)
    @given(st.lists(EVENT, min_size=2, max_size=9))
    def holds(events: list[Event]) -> None:
        county = cleared(kept)
        stored(
            county,
            "town",
            [{"code": "t1", "name": "东镇"}, {"code": "t2", "name": "西镇"}],
            [square(-50, -50, 200), square(450, -50, 200)],
        )
        model = Model()
        numbers: list[str] = []
        ids: dict[str, int] = {}
        seen: list[tuple[datetime, set[tuple[Any, ...]]]] = []
        for event in events:
            happen(county, model, numbers, event)
            compare(county, model, numbers, ids)
            [(moment,)] = table_of(county, "SELECT clock_timestamp()")
            seen.append((moment, held(county, None)))
        for moment, rows in seen:
            assert held(county, moment) == rows
        agrees(county)

    holds()


def compare(county: County, model: Model, numbers: list[str], ids: dict[str, int]) -> None:
    """See that the layer holds what the model says, by whom, where, and that ids are for life."""
    query = """
        SELECT b.code, b.id, coalesce(b.name, b.grade), t.code, d.number FROM building b
        LEFT JOIN town t ON t.id = b.town_id LEFT JOIN delivery d ON d.id = b.delivery_id
    """
    found = {code: (identity, value, town, number) for code, identity, value, town, number in table_of(county, query)}
    towns = {"here": "t1", "there": "t2"}
    for key in KEYS:
        value = model.now(key)
        assert (value is None) == (key not in found)
        if value is not None:
            identity, grade, town, number = found[key]
            assert (grade, town) == (value[0], towns[value[1]])
            assert ids.setdefault(key, identity) == identity
            by = next(by for by, _ in reversed(model.stacks[key]) if by)
            assert number == numbers[by - 1]
    taken = {number for number, at in table_of(county, "SELECT number, undone_at FROM delivery") if at is not None}
    assert taken == {numbers[number - 1] for number in model.undone}


# One thing at a time


def first_and_second(county: County, mode: Mode = Mode.UPSERT) -> tuple[Outcome, Outcome]:
    """Deliver a and b, then a changed and c."""
    shapes = [square(0, 0), square(500, 0)]
    one = loaded(cleared(county), [{"code": "a", "grade": "A"}, {"code": "b", "grade": "B"}], shapes)
    two = loaded(county, [{"code": "a", "grade": "D"}, {"code": "c", "grade": "C"}], [square(500, 0)] * 2, mode=mode)
    return one, two


CONTENT = "SELECT code, grade, ST_XMin(geom) - 500000 FROM building ORDER BY code"


def test_new_rows_end_and_changed_rows_have_their_old_values(kept: County) -> None:
    one, two = first_and_second(kept)
    assert (two.new, two.changed, two.gone) == (1, 1, 0)
    before = table_of(kept, "SELECT id, code FROM building ORDER BY 2")
    assert undo(kept, two.number) == Undone(two.number, "building", ended=1, restored=1, returned=0)
    assert table_of(kept, CONTENT) == [("a", "A", 0.0), ("b", "B", 500.0)]
    assert table_of(kept, "SELECT id, code FROM building ORDER BY 2") == before[:2]
    assert undo(kept, one.number.removeprefix("D-")).ended == 2
    assert table_of(kept, "SELECT count(*) FROM building") == [(0,)]
    assert table_of(kept, "SELECT count(*) FROM delivery WHERE undone_at IS NOT NULL") == [(2,)]


def test_rows_that_a_replacing_delivery_ended_come_back_with_their_id(kept: County) -> None:
    _, two = first_and_second(kept, Mode.REPLACE)
    assert (two.new, two.changed, two.gone) == (1, 1, 1)
    assert table_of(kept, CONTENT) == [("a", "D", 500.0), ("c", "C", 500.0)]
    [(identity, ender)] = table_of(kept, "SELECT id, ended_by FROM building_past WHERE code = 'b'")
    assert table_of(kept, f"SELECT number FROM delivery WHERE id = {ender}") == [(two.number,)]
    done = undo(kept, two.number)
    assert (done.ended, done.restored, done.returned) == (1, 1, 1)
    assert table_of(kept, "SELECT id FROM building WHERE code = 'b'") == [(identity,)]
    assert table_of(kept, CONTENT) == [("a", "A", 0.0), ("b", "B", 500.0)]


def test_a_file_delivered_again_after_its_undoing_is_stored_with_the_same_ids(kept: County) -> None:
    _, two = first_and_second(kept)
    [(identity,)] = table_of(kept, "SELECT id FROM building WHERE code = 'c'")
    undo(kept, two.number)
    again = loaded(kept, [{"code": "c", "grade": "C"}], [square(500, 0)])
    assert (again.new, table_of(kept, "SELECT id FROM building WHERE code = 'c'")) == (1, [(identity,)])


def test_a_later_delivery_of_the_same_rows_is_named(kept: County) -> None:
    one, two = first_and_second(kept)
    with pytest.raises(Refused, match=rf"{one.number} 不能撤销.*交付 {two.number} 1"):
        undo(kept, one.number)
    undo(kept, two.number)
    assert undo(kept, one.number).ended == 2


def test_an_edit_by_hand_stands_in_the_way(kept: County) -> None:
    one, _ = first_and_second(kept)
    execute(kept, "UPDATE building SET grade = 'C' WHERE code = 'b'")
    with pytest.raises(Refused, match="逐行修改 1"):
        undo(kept, one.number)


def test_a_delivery_is_undone_once_and_an_unknown_one_not_at_all(kept: County) -> None:
    _, two = first_and_second(kept)
    undo(kept, two.number)
    with pytest.raises(Refused, match=r"已于 \d{4}-.* 撤销"):
        undo(kept, two.number)
    with pytest.raises(UnknownName, match="没有交付 D-999999999"):
        undo(kept, "D-999999999")


def test_checks_on_rows_that_would_end_stand_in_the_way_until_they_are_voided(kept: County) -> None:
    county = cleared(kept)
    delivered = loaded(county, [{"code": "a", "grade": "A"}], [square(0, 0)])
    record(county, pd.DataFrame([visit("a", datetime(2026, 1, 1, tzinfo=UTC), number=1)]))
    with pytest.raises(Refused, match="它带来的行已被引用（检查记录 1 条）"):
        undo(county, delivered.number)
    changed = loaded(county, [{"code": "a", "grade": "B"}], None)
    assert undo(county, changed.number).restored == 1  # the object stays, and so do its checks
    void(county, uid(1), "a slip")
    assert undo(county, delivered.number).ended == 1
    agrees(county)


def test_a_user_of_a_building_and_an_enterprise_of_a_town_stand_in_the_way(kept: County) -> None:
    county = cleared(kept)
    town = loaded(county, [{"code": "t1", "name": "东镇"}], [square(0, 0, 1000)], layer=layers.named("town"))
    house = loaded(county, [{"code": "h"}], [square(10, 10)])
    user: Row = {"code": "u", "kind": "resident", "supply": "bottled", "building_code": "h"}
    lives = loaded(county, [user], [point(12, 12)], layer=layers.named("gas_user"))
    [(identity,)] = table_of(county, "SELECT id FROM town")
    with county.writing() as connection:
        inserted(connection, county, layers.named("enterprise"), {"town_id": identity})
    with pytest.raises(Refused, match="它带来的行已被引用（企业 1 条）"):
        undo(county, town.number)
    with pytest.raises(Refused, match="燃气用户 1 条"):
        undo(county, house.number)
    execute(county, "DELETE FROM enterprise")
    for number in (lives.number, house.number):
        assert undo(county, number).ended == 1


def test_what_lay_in_a_town_that_is_undone_lies_in_none(kept: County) -> None:
    county = cleared(kept)
    town = loaded(county, [{"code": "t1", "name": "东镇"}], [square(0, 0, 1000)], layer=layers.named("town"))
    house = loaded(county, [{"code": "h"}], [square(10, 10)])
    assert undo(county, town.number).ended == 1
    assert table_of(county, "SELECT code, town_id FROM building") == [("h", None)]
    assert undo(county, house.number).ended == 1


def test_what_may_have_been_meant_again_and_what_was_planned_since_is_told(kept: County) -> None:
    county = cleared(kept)
    rows: list[Row] = [{"code": "a"}]
    first = loaded(county, rows, [square(0, 0)])
    again = loaded(county, rows, [square(0, 0)])
    with county.writing() as connection:
        inserted(connection, county, layers.named("run"), {"number": "patrol-7"})
    notes = undo(county, first.number).notes
    assert len(notes) == 2
    assert "patrol-7" in notes[0]
    assert again.number in notes[1]


def test_what_comes_back_must_not_contradict_what_is_stored(kept: County) -> None:
    loaded(cleared(kept), [{"code": "a"}, {"code": "b"}], [square(0, 0), square(50, 0)])
    gone = loaded(kept, [{"code": "b"}], None, mode=Mode.REPLACE)
    execute(kept, "UPDATE building SET code = 'a' WHERE code = 'b'")
    with pytest.raises(Refused, match=r"building_code_key"):
        undo(kept, gone.number)
    assert table_of(kept, "SELECT code FROM building") == [("a",)]
    assert table_of(kept, "SELECT undone_at FROM delivery ORDER BY id DESC LIMIT 1") == [(None,)]


def test_past_days_stay_as_they_were_known(kept: County) -> None:
    county = cleared(kept)
    monday, tuesday, friday = (datetime(2026, 3, day, 4, tzinfo=UTC) for day in (2, 3, 6))
    stored(at(county, monday), "building", [{"code": "a", "grade": "A"}], [square(0, 0)])
    stored(at(county, tuesday), "building", [{"code": "a", "grade": "D"}, {"code": "b"}], [square(0, 0)] * 2)
    ends = [county.day_end(date(2026, 3, day)) for day in (2, 3, 5)]
    before = [held(county, end) for end in ends]
    [(number,)] = table_of(county, "SELECT number FROM delivery ORDER BY id DESC LIMIT 1")
    undo(at(county, friday), number)
    assert [held(county, end) for end in ends] == before
    assert {row[1:3] for row in held(county, county.day_end(date(2026, 3, 6)))} == {("a", "A")}
    assert [{row[1:3] for row in rows} for rows in before] == [{("a", "A")}, *[{("a", "D"), ("b", None)}] * 2]


def test_two_undos_at_once_undo_once(kept: County) -> None:
    _, two = first_and_second(kept)

    def attempt(_: int) -> str:
        try:
            return str(undo(kept, two.number).ended)
        except GisError as error:
            return str(error)

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(attempt, range(4)))
    assert answers[0] == "1"
    assert all("撤销" in answer for answer in answers[1:])


def test_an_undo_and_a_load_at_once_come_one_after_the_other(kept: County) -> None:
    _, two = first_and_second(kept)
    rows: list[Row] = [{"code": "a", "grade": "B"}]

    def attempt(undoes: bool) -> str:  # noqa: FBT001 - mapped
        try:
            return str(undo(kept, two.number).restored) if undoes else str(loaded(kept, rows, None).changed)
        except Refused:
            return "refused"

    with ThreadPoolExecutor(2) as pool:
        undone, delivered = pool.map(attempt, (True, False))
    assert delivered == "1"
    assert table_of(kept, "SELECT grade FROM building WHERE code = 'a'") == [("B",)]
    assert undone in {"1", "refused"}


def test_records_are_not_taken_back(kept: County) -> None:
    county = cleared(kept)
    loaded(county, [{"code": "a", "grade": "A"}], [square(0, 0)])
    with county.writing() as connection:
        inserted(connection, county, layers.named("delivery"), {"number": "D-77", "layer": "check"})
    with pytest.raises(Refused, match="只增不改"):
        undo(county, "D-77")
