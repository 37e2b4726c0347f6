"""What is unchecked: every number adds up, opens its rows, and is the same tomorrow."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gis import law, layers
from gis.crs import Box, from_storage
from gis.errors import Refused, UnknownName
from gis.find.states import State
from gis.find.unchecked import OUTSIDE, Question, counts, moment_of, rows, why
from gis.layer import Layer, Use
from gis.run import grid
from gis.store import county as counties
from gis.store.county import County
from gis.store.fetch import reading_of, shapes
from gis.store.load import Origin, load
from gis.store.load.conform import Terms
from gis.store.repeat import retried
from gis.store.server import DatabaseRole
from gis.store.settings import Settings
from gis.synth import county as invented
from gis.work import rules
from gis.work.checks import record, void
from tests.builders import cloned, instant, square, stored
from tests.conftest import SRID, X, Y, at
from tests.events import (
    Delivered,
    Ended,
    Event,
    Law,
    Life,
    Seen,
    Voided,
    emptied,
    events,
    pooled,
    rule,
    uid,
    visit,
    waits,
)
from tests.recount import exported, records, recounted_states

BUILDING = layers.named("building")
MOMENT = timedelta(milliseconds=1)
NOW = timedelta(0)


@pytest.fixture(scope="module")
def clone(template: Settings) -> Iterator[County]:
    """One clone for all tests of this module."""
    with cloned(template, "test_unchecked_rows") as found:
        yield found


@pytest.fixture
def county(clone: County) -> County:
    """The module's clone without rows."""
    emptied(clone)
    return clone


@pytest.fixture(scope="module")
def living(template: Settings) -> Iterator[Life]:
    with cloned(template, "test_unchecked") as county:
        life = Life(county)
        yield life
        life.close()


def asked(county: County, now: datetime, **words: Any) -> gpd.GeoDataFrame:
    question = Question(words.pop("layer", BUILDING), **words)
    return rows(county, question, moment_of(county, question, now))


def found(county: County, now: datetime, **words: Any) -> dict[str, str]:
    """Give the state of each key."""
    frame = asked(county, now, **words)
    return dict(zip(frame["key"], frame["state"], strict=True))


def counted(county: County, now: datetime, **words: Any) -> dict[str, int]:
    """Give the non-zero counts of a question, after seeing that the cross table sums to the stock."""
    question = Question(words.pop("layer", BUILDING), **words)
    answer = counts(county, question, moment_of(county, question, now))
    for state in State:
        assert sum(each[state] for each in answer.by_town.values()) == answer.total[state]
    assert sum(answer.total.values()) == answer.stock
    assert answer.by_town.keys() == answer.town_names.keys()
    return {state.value: number for state, number in answer.total.items() if number}


# Any order of events: every question has the answer of a recount, and a day that is over keeps its answer.

Told = list[tuple[object, ...]]


def told(county: County, now: datetime, **words: Any) -> Told:
    frame = asked(county, now, **words)
    places = [[each if isinstance(each, str) else None for each in frame[name]] for name in ("town", "cell")]
    return list(zip(frame["key"], *places, frame["state"], frame["due_at"], frame["last_try"], strict=True))


def retold(county: County, frames: dict[str, pd.DataFrame], day: date, **known: datetime | None) -> Told:
    wanted = recounted_states(frames, county.timezone, "building", day, **known)
    names = ("town_past", "town", "grid_cell_past", "grid_cell")
    codes = {row["id"]: row["code"] for name in names for row in records(frames[name])}
    places = [[codes.get(each) for each in wanted[name]] for name in ("town_id", "cell_id")]
    return list(zip(wanted["key"], *places, wanted["state"], wanted["due_at"], wanted["last_try"], strict=True))


@settings(max_examples=12, deadline=None)
@given(happened=events())
@example([(NOW, Ended("b1")), (timedelta(days=1), Delivered("b1", 3, 1500.0)), (timedelta(days=1), Voided(1))])
@example([(NOW, Seen((("b1", "done", NOW, 1),))), (timedelta(days=1), Voided(1)), (timedelta(days=1), Law(2))])
def test_a_day_that_is_over_keeps_its_answer_and_every_answer_is_a_recount(
    living: Life, happened: list[tuple[timedelta, Event]]
) -> None:
    living.begin()
    county, kept = living.county, dict[date, Told]()
    for step, event in happened:
        for day in {living.today, (living.clock + step).astimezone(county.timezone).date() - timedelta(days=1)}:
            if living.today <= day < (living.clock + step).astimezone(county.timezone).date():
                kept[day] = told(county, county.day_end(day) + MOMENT, as_of=day)
        living.happen(step, event)
    now, today, frames = living.clock + MOMENT, living.today, exported(county)
    live = told(county, now)
    assert live == told(county, now, as_of=today) == retold(county, frames, today)
    for day, answer in kept.items():
        end = county.day_end(day)
        assert told(county, now, as_of=day) == answer == retold(county, frames, day, known_at=end)
        assert told(county, now, seen_by=day) == retold(county, frames, day, seen_before=end)
        both = retold(county, frames, day, seen_before=end, known_at=now)
        assert told(county, now, seen_by=day, as_of=today) == both


# One county, its clock in the first days of March 2026 in Shanghai (UTC+8).

START = instant("2026-01-05T09:00")
LAW = (rule("A", 30, notice_days=10), rule("C", 7, notice_days=2))
TOWNS: list[dict[str, object]] = [{"code": "t1", "name": "东镇"}, {"code": "t2", "name": "西镇"}]
CELLS = [f"99000100000000{number}" for number in (1, 2)]


def begun(county: County) -> None:
    """Store two towns of 1 km, a cell in each, six buildings (one outside) and the law, all on 5 January."""
    early = at(county, START)
    stored(early, "town", TOWNS, [square(0, 0, 1000), square(1000, 0, 1000)])
    cells: list[dict[str, object]] = [
        {"code": code, "code_scheme": "local", "town_code": town["code"], "valid_from": "2026-01-01"}
        for code, town in zip(CELLS, TOWNS, strict=True)
    ]
    stored(early, "grid_cell", cells, [square(0, 0, 1000), square(1000, 0, 1000)])
    grades = {"a1": "A", "a2": None, "b1": "B", "c1": "C", "c2": "C", "out": "A"}
    shapes = [
        square(100, 100),
        square(1100, 100),
        square(200, 100),
        square(300, 100),
        square(1300, 100),
        square(5e3, 0),
    ]
    stored(early, "building", [{"code": code, "grade": grade} for code, grade in grades.items()], shapes)
    rules.apply(early, LAW)


def seen(county: County, recorded_at: str, *visits: tuple[str, str, str, int]) -> None:
    """Record visits (key, instant, outcome, number) at an instant."""
    made = [visit(key, instant(seen_at), outcome, number=number) for key, seen_at, outcome, number in visits]
    assert record(at(county, instant(recorded_at)), pd.DataFrame(made)).recorded == len(visits)


def test_each_object_is_in_one_state_and_its_last_try_stands_beside_it(county: County) -> None:
    begun(county)
    seen(county, "2026-03-02T10:00", ("a1", "2026-03-01", "done", 1), ("a1", "2026-03-02T05:00", "no_answer", 2))
    seen(county, "2026-03-02T10:00", ("a2", "2026-02-05", "done", 3), ("c1", "2026-02-20", "done", 4))
    seen(county, "2026-03-02T10:00", ("c2", "2026-03-02T01:00", "refused", 5), ("b1", "2026-03-02", "done", 6))
    now = instant("2026-03-02T11:00")
    frame = asked(county, now).set_index("key")
    states = {"a1": "current", "a2": "due", "b1": "no_rule", "c1": "overdue", "c2": "never", "out": "never"}
    assert dict(frame["state"]) == states
    tries = {"a1": "no_answer", "a2": "done", "b1": "done", "c1": "done", "c2": "refused", "out": None}
    assert dict(frame["last_try"]) == tries
    assert frame.loc["a1", "last_done_at"] == instant("2026-03-01")
    assert frame.loc["a1", "due_at"] == instant("2026-03-31T16:00")
    assert frame.loc["a1", "notice_at"] == instant("2026-03-21T16:00")
    assert frame["due_at"].isna().tolist() == [key in {"b1", "c2", "out"} for key in frame.index]
    assert (frame.loc["out", "town"], frame.loc["out", "cell"]) == (None, None)
    assert frame.loc[["a1", "a2"], "cell"].tolist() == CELLS
    assert counted(county, now) == {"current": 1, "due": 1, "overdue": 1, "never": 2, "no_rule": 1}
    question = Question(BUILDING)
    table = counts(county, question, moment_of(county, question, now))
    assert {town: sum(each.values()) for town, each in table.by_town.items()} == {"t1": 3, "t2": 2, OUTSIDE: 1}
    assert table.town_names == {"t1": "东镇", "t2": "西镇", OUTSIDE: OUTSIDE}


@pytest.mark.parametrize(
    ("now", "state"),
    [
        ("2026-03-20T15:59:59.999999", "current"),  # the last moment of 20 March in Shanghai
        ("2026-03-20T16:00", "due"),  # 31 March is the due day, and notice is given eleven days before its end
        ("2026-03-31T15:59:59.999999", "due"),
        ("2026-03-31T16:00", "overdue"),
    ],
)
def test_an_object_is_due_on_its_due_day_until_midnight_and_overdue_after(county: County, now: str, state: str) -> None:
    begun(county)
    rules.apply(at(county, START), [rule("A", 30, notice_days=11)])
    seen(county, "2026-03-02", ("a1", "2026-03-01T15:59:59", "done", 1))
    assert found(county, instant(now))["a1"] == state
    day = instant(now).astimezone(county.timezone).date()
    assert found(county, instant("2026-06-01"), as_of=day)["a1"] == state
    assert found(county, instant("2026-06-01"), seen_by=day)["a1"] == state


def test_a_sight_after_midnight_is_due_a_day_later(county: County) -> None:
    begun(county)
    seen(county, "2026-03-02", ("a1", "2026-03-01T16:00", "done", 1), ("a2", "2026-03-01T15:59:59", "done", 2))
    due = asked(county, instant("2026-03-02T01:00")).set_index("key")["due_at"]
    assert due["a1"] - due["a2"] == timedelta(days=1)
    assert due["a2"] == instant("2026-03-31T16:00")


def test_the_past_stays_as_it_was_known_whatever_is_recorded_later(county: County) -> None:
    begun(county)
    seen(county, "2026-02-01", ("a1", "2026-01-31", "done", 1), ("c1", "2026-01-31", "done", 2))
    day, next_day = date(2026, 2, 3), instant("2026-02-03T16:00:00.000001")
    before = asked(county, next_day, as_of=day)
    assert dict(zip(before["key"], before["state"], strict=True)) == {
        "a1": "current",
        "a2": "never",
        "b1": "no_rule",
        "c1": "current",
        "c2": "never",
        "out": "never",
    }
    seen(county, "2026-02-03T16:00", ("a2", "2026-02-01", "done", 3))  # seen before, recorded with the next day's start
    seen(county, "2026-02-20", ("c2", "2026-02-02", "done", 4), ("out", "2026-02-03T15:00", "vacant", 5))
    midnight = at(county, instant("2026-02-03T16:00"))  # the first instant that is not of the day
    void(midnight, uid(1), "another house")
    stored(midnight, "building", [{"code": "c1", "grade": "D"}], [square(1700, 100)])
    rules.apply(at(county, instant("2026-02-10")), [rule("A", 2), rule("B", 5), rule("C", 1, since=date(2026, 2, 1))])
    later = at(county, instant("2026-02-12"))
    stored(later, "building", [{"code": "new", "grade": "A"}], [square(1800, 100)])
    stored(later, "town", [{"code": "t1", "name": "新东镇"}], [square(0, 0, 1001)])
    with later.writing() as connection:
        connection.exec_driver_sql("DELETE FROM building WHERE code = 'b1'")
        connection.exec_driver_sql("DELETE FROM town WHERE code = 't2'")
    end = instant("2026-03-05")
    after = asked(county, end, as_of=day)
    pd.testing.assert_frame_equal(pd.DataFrame(before), pd.DataFrame(after))
    question = Question(BUILDING, as_of=day)
    table = counts(county, question, moment_of(county, question, end))
    assert table.town_names == {"t1": "东镇", "t2": "西镇", OUTSIDE: OUTSIDE}
    now_known = found(county, end, seen_by=day)
    assert now_known == {
        "a1": "never",  # voided since
        "a2": "current",  # recorded since: seen on the 1st, and the rule of now is 2 days, of which the 3rd is the last
        "c1": "no_rule",  # grade D since
        "c2": "current",
        "new": "never",
        "out": "never",
    }
    assert found(county, end, seen_by=date(2026, 2, 4))["a2"] == "overdue"


def test_knowledge_and_sight_can_be_asked_together(county: County) -> None:
    begun(county)
    seen(county, "2026-02-01", ("c1", "2026-01-31", "done", 1))
    seen(county, "2026-02-10", ("c1", "2026-02-09", "done", 2), ("c2", "2026-02-02", "done", 3))
    seen(county, "2026-02-20", ("a1", "2026-02-02", "done", 4))
    end = instant("2026-03-05")
    asked_on = {"as_of": date(2026, 2, 12), "seen_by": date(2026, 2, 5)}
    both = found(county, end, **asked_on)
    assert (both["c1"], both["c2"], both["a1"]) == ("current", "current", "never")
    assert asked(county, end, **asked_on).set_index("key").loc["c1", "last_done_at"] == instant("2026-01-31")
    assert found(county, end, as_of=date(2026, 2, 5))["c2"] == "never"
    assert found(county, end, seen_by=date(2026, 2, 5))["a1"] == "current"
    with pytest.raises(Refused, match="nothing was known about a day ahead"):
        asked(county, end, as_of=date(2026, 2, 5), seen_by=date(2026, 2, 12))


def test_a_rule_dated_ahead_changes_due_dates_on_its_day_without_a_write(county: County) -> None:
    begun(county)
    seen(county, "2026-03-01T10:00", ("a1", "2026-03-01T01:00", "done", 1), ("b1", "2026-03-01T01:00", "done", 2))
    ahead = date(2026, 3, 11)
    law = [rule("A", 30, until=ahead), rule("A", 5, since=ahead), rule("B", 20, since=ahead, until=date(2026, 3, 13))]
    rules.apply(at(county, instant("2026-03-02")), law)
    with county.reading() as connection:
        written = connection.execute(sa.text("SELECT max(recorded_at) FROM rule_version")).scalar_one()
    answers = {
        now: (found(county, instant(now))["a1"], found(county, instant(now))["b1"])
        for now in ("2026-03-02T01:00", "2026-03-10T15:59:59", "2026-03-10T16:00", "2026-03-12T16:00")
    }
    assert answers == {
        "2026-03-02T01:00": ("current", "no_rule"),
        "2026-03-10T15:59:59": ("current", "no_rule"),
        "2026-03-10T16:00": ("overdue", "current"),
        "2026-03-12T16:00": ("overdue", "no_rule"),
    }
    assert asked(county, instant("2026-03-10T16:00")).set_index("key").loc["a1", "due_at"] == instant(
        "2026-03-06T16:00"
    )
    for day, expected in ((10, "current"), (11, "overdue")):
        assert found(county, instant("2026-04-01"), as_of=date(2026, 3, day))["a1"] == expected
        assert found(county, instant("2026-04-01"), seen_by=date(2026, 3, day))["a1"] == expected
    with county.reading() as connection:
        assert connection.execute(sa.text("SELECT max(recorded_at) FROM rule_version")).scalar_one() == written


def test_the_most_specific_jurisdiction_holds_and_its_end_gives_way_to_the_next(county: County) -> None:
    begun(county)
    own = rule("A", 3, jurisdiction="CN-33", since=date(2026, 3, 1), until=date(2026, 3, 8))
    rules.apply(at(county, START), [rule("A", 30), rule("A", 1, jurisdiction="CN-44"), own])
    seen(county, "2026-03-01T10:00", ("a1", "2026-03-01T01:00", "done", 1))
    frames = {day: asked(county, instant(f"2026-03-0{day}T10:00")).set_index("key").loc["a1"] for day in (4, 5, 7, 8)}
    assert {day: (row["state"], row["jurisdiction"]) for day, row in frames.items()} == {
        4: ("current", "CN-33"),
        5: ("overdue", "CN-33"),
        7: ("overdue", "CN-33"),
        8: ("current", "default"),
    }


def test_days_ahead_are_refused_and_unknown_names_are_named(county: County) -> None:
    begun(county)
    now = instant("2026-03-02T16:00")  # 3 March begins in Shanghai
    assert len(asked(county, now, as_of=date(2026, 3, 3))) == 6
    for word in ("as_of", "seen_by"):
        with pytest.raises(Refused, match=rf"{word}: expected a day up to today \(2026-03-03\), got 2026-03-04"):
            asked(county, now, **{word: date(2026, 3, 4)})
    with pytest.raises(UnknownName, match="镇街 北镇: expected one town of that code or name, got none"):
        asked(county, now, town="北镇")
    with pytest.raises(UnknownName, match="网格 1: expected one cell of that code or name, got none"):
        counted(county, now, cell="1")
    with pytest.raises(UnknownName, match="东镇: expected one town of that code or name, got none"):
        asked(county, now, town="东镇", as_of=date(2026, 1, 4))  # the town was stored on the 5th
    stored(county, "town", [{"code": "东镇", "name": "又一镇"}], [square(2000, 0, 1000)])
    with pytest.raises(UnknownName, match="more than one"):
        asked(county, now, town="东镇")
    with pytest.raises(Refused, match="road: this layer declares no patrol"):
        asked(county, now, layer=layers.named("road"))


def test_an_empty_county_has_a_stock_of_nothing(county: County) -> None:
    now = instant("2026-03-02")
    assert counted(county, now) == {}
    frame = asked(county, now, as_of=date(2026, 3, 1))
    assert (len(frame), frame.crs.to_epsg()) == (0, 4326)


def test_filters_agree_with_the_rows(county: County) -> None:
    begun(county)
    seen(county, "2026-03-02", ("a1", "2026-03-01", "done", 1), ("c1", "2026-02-10", "done", 2))
    now = instant("2026-03-02T01:00")
    assert found(county, now, town="t1") == found(county, now, town="东镇") == found(county, now, cell=CELLS[0])
    assert found(county, now, town="t1") == {"a1": "current", "b1": "no_rule", "c1": "overdue"}
    assert found(county, now, town="西镇", cell=CELLS[0]) == {}
    assert counted(county, now, town="t2") == {"never": 2}
    some = frozenset({State.OVERDUE, State.NEVER})
    assert found(county, now, states=some) == {"a2": "never", "c1": "overdue", "c2": "never", "out": "never"}
    assert counted(county, now, states=some) == {"current": 1, "overdue": 1, "never": 3, "no_rule": 1}


# The invented county over three months: everything is recorded on its day, and every answer is recounted.

FIRST, LAST = date(2025, 12, 1), date(2026, 3, 1)
PATROLLED = [layers.named(name) for name in ("building", "construction_site", "gas_facility", "gas_user")]
"""What the invented county holds of the patrolled layers."""


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def lived(county: County) -> None:
    """Store the invented county on its first day, and what happened to it on the days on which it was recorded."""
    frames = invented.county(7, today=LAST, scale=0.004)
    first = at(county, noon(FIRST))
    for layer in (layers.one(Use.TOWN), *PATROLLED):
        frame = frames[layer.name]
        names = [name for name in frame.columns if name != "geometry" and frame[name].notna().any()]
        reading = reading_of(frame, shapes(frame), f"EPSG:{SRID}", columns=names)
        assert load(first, layer, reading, Origin("rows", crs=f"EPSG:{SRID}"), terms=Terms()).rejected == 0
    rules.apply(first, law.rules())
    grid.make(at(county, noon(FIRST + timedelta(days=2))), target=20)
    grid.assign(at(county, noon(FIRST + timedelta(days=5))))
    checks = frames["check"].drop(columns="geometry")
    checks = checks[checks["layer"].isin([each.name for each in PATROLLED])]
    week = ((checks["recorded_at"] - pd.Timestamp(noon(FIRST))) // pd.Timedelta(days=7)).clip(lower=0)
    for number, made in checks.groupby(week):
        record(at(county, noon(FIRST + timedelta(days=7 * (int(number) + 1)))), made)
    drawn = np.random.default_rng(3)
    for check in checks.sample(30, random_state=5).itertuples():
        void(at(county, noon(LAST + timedelta(days=int(drawn.integers(0, 20))))), check.uid, "wrong house")
    chosen = frames["building"].sample(40, random_state=6)
    grades = [{"code": code, "grade": str(drawn.choice(list("ABCD")))} for code in chosen["code"]]
    stored(at(county, noon(date(2026, 2, 3))), "building", grades[:30])
    stored(at(county, noon(date(2026, 2, 20))), "building", grades[20:], list(chosen.geometry[20:]))
    own = [*law.rules(), rule("A", 100, jurisdiction="CN-33", since=date(2026, 2, 25), notice_days=20)]
    rules.apply(at(county, noon(date(2026, 2, 12))), own)


@pytest.fixture(scope="module")
def demo(template: Settings) -> Iterator[County]:
    with cloned(template, "test_unchecked_demo") as county:
        lived(county)
        kept = pooled(county)
        yield kept
        kept.close()


@pytest.mark.parametrize("layer", PATROLLED, ids=lambda layer: layer.name)
def test_a_recount_of_the_exported_events_gives_the_same_rows_and_counts(demo: County, layer: Layer) -> None:
    frames, now = exported(demo), noon(LAST + timedelta(days=20))
    codes = {row["id"]: row["code"] for row in records(frames["town"])}
    every = set()
    for day in (FIRST, date(2026, 1, 10), date(2026, 2, 12), date(2026, 2, 28), LAST, LAST + timedelta(days=20)):
        end = demo.day_end(day)
        known: dict[str, tuple[dict[str, Any], dict[str, datetime]]] = {
            "as_of": ({"as_of": day}, {"known_at": end}),
            "seen_by": ({"seen_by": day}, {"seen_before": end}),
            "both": ({"seen_by": FIRST, "as_of": day}, {"seen_before": demo.day_end(FIRST), "known_at": end}),
        }
        for words, held in known.values():
            wanted = recounted_states(frames, demo.timezone, layer.name, words.get("seen_by", day), **held)
            rows_ = asked(demo, now, layer=layer, **words)
            columns = ["key", "state", "due_at", "last_try"]
            told_, retold_ = (list(each[columns].itertuples(index=False, name=None)) for each in (rows_, wanted))
            assert sorted(told_, key=str) == sorted(retold_, key=str)
            assert rows_["town"].notna().sum() == wanted["town_id"].notna().sum()
            assert rows_["cell"].notna().sum() == wanted["cell_id"].notna().sum()
            question = Question(layer, **words)
            answer = counts(demo, question, moment_of(demo, question, now))
            towns = [codes.get(each, OUTSIDE) for each in wanted["town_id"]]
            table = wanted.groupby([towns, "state"]).size().to_dict()
            assert {
                (town, state.value): n for town, row in answer.by_town.items() for state, n in row.items() if n
            } == table
            assert answer.stock == len(wanted)
            every |= set(wanted["state"])
    live, today = asked(demo, now, layer=layer), asked(demo, now, layer=layer, as_of=LAST + timedelta(days=20))
    pd.testing.assert_frame_equal(pd.DataFrame(live), pd.DataFrame(today))
    if layer is BUILDING:
        assert every == {"current", "due", "overdue", "never"}


def test_pages_by_key_cover_every_row_once(demo: County) -> None:
    now = noon(LAST + timedelta(days=20))
    whole = asked(demo, now)["key"].tolist()
    assert len(whole) == len(set(whole)) > 250
    wanted = frozenset({State.NEVER, State.OVERDUE})
    for size, states in ((1_000, frozenset(State)), (47, frozenset(State)), (7, wanted)):
        listed: list[str] = []
        while True:
            page = asked(demo, now, states=states, limit=size, after=listed[-1] if listed else None)
            assert len(page) <= size
            listed += page["key"].tolist()
            if len(page) < size:
                break
        assert listed == asked(demo, now, states=states)["key"].tolist()


def test_pages_keep_their_order_whatever_the_keys_are(county: County) -> None:
    keys = ["way/9", "way/10", "way/ 10", "Way/9", "b", "B", "ä", "号", "中2", "中10", "", " ", "_", "-1", "a'b", "%"]
    keys = [key for key in keys if key.strip()]
    stored(county, "building", [{"code": key} for key in keys], [square(20 * n, 0) for n in range(len(keys))])
    now, listed = instant("2026-12-01"), list[str]()
    while page := asked(county, now, limit=1, after=listed[-1] if listed else None)["key"].tolist():
        listed += page
    assert sorted(listed) == sorted(keys)


@settings(max_examples=25, deadline=None)
@example(corners=[(0.5, 0.5), (0.5, 0.5)], words={})
@example(corners=[(0.5, 0.0), (0.5, 1.0)], words={})
@given(
    corners=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=2),
    words=st.sampled_from([{}, {"as_of": date(2026, 1, 10)}, {"seen_by": date(2026, 1, 10)}]),
)
def test_a_box_gives_what_shapely_finds_in_degrees(
    demo: County, corners: list[tuple[float, float]], words: dict[str, Any]
) -> None:
    now = noon(LAST + timedelta(days=20))
    whole = asked(demo, now, **words)
    west, south, east, north = whole.total_bounds
    (x, y), (u, v) = corners
    spots = [(west + (east - west) * a, south + (north - south) * b) for a, b in ((x, y), (u, v))]
    (left, right), (low, high) = (sorted(each) for each in zip(*spots, strict=True))
    extent = shapely.envelope(shapely.multipoints([(left, low), (right, high)]))  # a point or line where it has no area
    inside = whole[shapely.intersects(whole.geometry.to_numpy(), extent)]
    box = Box(left, low, right, high)
    assert asked(demo, now, box=box, **words)["key"].tolist() == inside["key"].tolist()
    assert sum(counted(demo, now, box=box, **words).values()) == len(inside)


@pytest.mark.parametrize("shape", ["point", "upright", "level"])
def test_a_box_without_width_or_height_is_a_line_or_a_point(county: County, shape: str) -> None:
    stored(county, "building", [{"code": "in"}, {"code": "out"}], [square(0, 0, 20), square(500, 500, 20)])
    spot = from_storage(np.array([shapely.Point(X + 5, Y + 5)], dtype=object), 4326, SRID)[0]
    far = {"point": (0.0, 0.0), "upright": (0.0, 1e-3), "level": (1e-3, 0.0)}[shape]
    now = instant("2026-12-01")
    assert set(found(county, now, box=Box(spot.x, spot.y, spot.x + far[0], spot.y + far[1]))) == {"in"}
    beside = Box(spot.x - 1e-3, spot.y - 1e-3, spot.x - 1e-3 + far[0] / 4, spot.y - 1e-3 + far[1] / 4)
    assert found(county, now, box=beside) == {}


def test_a_box_keeps_to_its_parallels_over_a_wide_county(county: County) -> None:
    # 60 km along a parallel at 28.9°N, the chord in storage metres runs 39 m south of it in the middle
    spot = from_storage(np.array([shapely.Point(X, Y)], dtype=object), 4326, SRID)[0]
    stored(county, "building", [{"code": "in"}, {"code": "out"}], [square(0, -30, 5), square(0, 10, 5)])
    north, south = spot.y, spot.y - 0.01
    box = Box(spot.x - 0.3, south, spot.x + 0.3, north)
    assert found(county, instant("2026-12-01"), box=box) == {"in": "no_rule"}
    below = Box(spot.x - 0.3, south - 0.01, spot.x + 0.3, spot.y - 40 / 111_000)
    assert found(county, instant("2026-12-01"), box=below) == {}


def test_a_box_around_the_world_holds_everything(demo: County) -> None:
    now = noon(LAST + timedelta(days=20))
    assert found(demo, now, box=Box(-180, -90, 180, 90)) == found(demo, now)
    assert found(demo, now, box=Box(-180, -90, 0, 90)) == {}
    assert found(demo, now, box=Box(100, 0, 180, 90)) == found(demo, now)


def test_the_reason_names_rule_visits_and_due_day(county: County) -> None:
    begun(county)
    seen(county, "2026-03-02", ("a1", "2026-03-01", "done", 1), ("a1", "2026-03-01T09:00", "refused", 2))
    reasons = {
        row["key"]: why(row, county.timezone) for _, row in asked(county, instant("2026-03-02T01:00")).iterrows()
    }
    assert reasons["a1"] == (
        "规则 house_check.A@default 每30天，未核实；上次检查 2026-03-01，到期 2026-03-31；"
        "最近一次未查成：refused 2026-03-01"
    )
    assert reasons["b1"] == "类别“B”没有适用规则"
    assert reasons["c1"] == "规则 house_check.C@default 每7天，未核实；从未有效检查"


# A day that is over waits for its last writers, and refuses those that come too late.


def test_a_day_that_is_over_waits_for_its_last_writer(county: County) -> None:
    begun(county)
    day = date(2026, 3, 2)
    question = Question(BUILDING, as_of=day)
    late = at(county, instant("2026-03-02T15:59:59"))
    moment = moment_of(county, question, instant("2026-03-02T16:00:01"))
    with ThreadPoolExecutor(1) as pool:
        with late.writing() as connection:
            connection.exec_driver_sql("UPDATE building SET grade = 'D' WHERE code = 'a1'")
            answer = pool.submit(rows, county, question, moment)
            while not waits(county):
                assert not answer.done()
        frame = answer.result(60).set_index("key")
    assert frame.loc["a1", "category"] == "D"


def test_two_who_ask_about_one_day_do_not_wait_for_each_other(county: County) -> None:
    query = sa.select(sa.func.day_is_closed(date(2026, 3, 2)))
    with county.reading() as one, county.reading() as two:
        assert one.execute(query).scalar_one() is True
        two.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
        assert two.execute(query).scalar_one() is True


def test_a_first_write_after_midnight_is_refused_and_tried_again_on_the_new_day(county: County) -> None:
    stored(county, "building", [{"code": "b1"}], [square(0, 0)])
    days: list[date] = []

    def write(connection: sa.Connection) -> None:
        days.append(day_of(connection, "now()"))
        while days == [old] and day_of(connection, "clock_timestamp()") == old:
            continue
        connection.exec_driver_sql("UPDATE building SET grade = 'C'")

    for seconds in (1, 4, 16, 64):  # a busy machine may be late for midnight
        days.clear()
        zone, old = before_midnight(seconds)
        with moved(county, zone):
            retried(county, write)
            with county.reading() as connection:
                recorded = day_of(connection, "(SELECT recorded_at FROM building)")
        if days[0] == old:
            break
    assert days == [old, recorded]
    assert recorded == old + timedelta(days=1)


def before_midnight(seconds: int) -> tuple[str, date]:
    """Give a time zone in which the day ends in so many seconds or one less, and that day."""
    utc = counties.now()
    to_midnight_s = 86_400 - seconds - (utc.hour * 3600 + utc.minute * 60 + utc.second)
    east_s = to_midnight_s if to_midnight_s < 43_200 else to_midnight_s - 86_400
    hours, rest = divmod(abs(east_s), 3600)
    zone = f"AAA{'-' if east_s > 0 else '+'}{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"  # POSIX counts to the west
    return zone, (utc + timedelta(seconds=east_s)).date()


def day_of(connection: sa.Connection, moment: str) -> date:
    found: date = connection.execute(sa.text(f"SELECT county_day({moment})")).scalar_one()
    return found


@contextmanager
def moved(county: County, zone: str) -> Iterator[None]:
    """Put the county's database into another time zone for a while, past the trigger that keeps it."""
    superuser = counties.engine_for(county.settings, DatabaseRole.SUPERUSER)

    def move(name: str) -> None:
        with superuser.begin() as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            connection.exec_driver_sql(f"UPDATE county SET timezone = '{name}'")

    move(zone)
    try:
        yield
    finally:
        move(str(county.timezone))
