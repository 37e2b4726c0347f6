"""What the status rows answer is what the objects themselves say, and an index serves each main question."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain, combinations

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from gis import crs, layers
from gis.crs import Box
from gis.errors import Refused
from gis.find import live
from gis.find.states import Moment, State, Where, states
from gis.find.unchecked import Question, counts, live_states, moment_of, rows
from gis.layer import Use
from gis.store.county import County, engine_for, opened
from gis.store.server import DatabaseRole
from gis.store.settings import Settings
from gis.store.versions import known
from gis.work import rules
from gis.work.checks import record
from tests.builders import cloned, square, stored
from tests.conftest import SRID, at
from tests.events import rule, visit

BUILDING, CHECK, STATUS = layers.named("building"), layers.one(Use.CHECK), layers.one(Use.STATUS)
NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
OBJECTS = 240
EVERY = [
    frozenset(each) for each in chain.from_iterable(combinations(State, size) for size in range(1, len(State) + 1))
]
AREAS: dict[str, dict[str, object]] = {
    "county": {},
    "town": {"town": "t2"},
    "cell": {"cell": "990001000000001"},
    "both": {"town": "t1", "cell": "990001000000002"},
    "box": {"box": None},
}


@pytest.fixture(scope="module")
def county(template: Settings) -> Iterator[County]:
    """Two towns with a cell each, and buildings inside and outside in every state; of grade B no rule is known."""
    drawn = np.random.default_rng(3)
    with cloned(template, "test_live") as found:
        early = at(found, NOW - timedelta(days=60))
        towns: list[dict[str, object]] = [{"code": f"t{number}", "name": f"镇{number}"} for number in (1, 2)]
        shapes = [square(0, 0, 1000), square(1000, 0, 1000)]
        cell = {"code_scheme": "local", "valid_from": "2026-01-01"}
        stored(early, "town", towns, shapes)
        cells = [cell | {"code": f"99000100000000{number}", "town_code": f"t{number}"} for number in (1, 2)]
        stored(early, "grid_cell", cells, shapes)
        grades = drawn.choice(np.array(["A", "B", "C", None], dtype=object), OBJECTS)
        objects = [{"code": f"b{number:03}", "grade": grade} for number, grade in enumerate(grades)]
        stored(early, "building", objects, [square(*drawn.uniform(-150, 2100, 2)) for _ in objects])
        law = [
            rule("A", 30, notice_days=10),
            rule("C", 7, notice_days=2),
            rule("C", 9, jurisdiction="CN", notice_days=3),
        ]
        rules.apply(early, [*law, rule("A", 3, since=NOW.date() + timedelta(days=5), jurisdiction="CN-33")])
        ages = drawn.uniform(0.01, 55, 2 * OBJECTS)
        outcomes = drawn.choice(["done", "refused"], len(ages), p=[0.8, 0.2])
        seen = [
            visit(f"b{drawn.integers(OBJECTS):03}", NOW - timedelta(days=age), outcome, number=number)
            for number, (age, outcome) in enumerate(zip(ages, outcomes, strict=True), 1)
        ]
        assert record(at(found, NOW), pd.DataFrame(seen)).recorded == len(seen)
        engine = engine_for(found.settings, DatabaseRole.SUPERUSER)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
        engine.dispose()
        yield found


def question(area: str, **words: object) -> Question:
    """Ask about an area; the box holds the west half of both towns' border land."""
    said = dict(AREAS[area])
    if area == "box":
        outline = crs.from_storage(np.array([square(700, 100, 500)]), crs.EXCHANGE, SRID)[0]
        said["box"] = Box(*outline.bounds)
    return Question(BUILDING, **said, **words)  # type: ignore[arg-type] # named by the test


def slow(county: County, asked: Question) -> pd.DataFrame:
    """Give key, town, state and id of each object in a wanted state, all objects of the county looked at one by one."""
    moment = moment_of(county, asked, NOW)
    ids = {}
    with county.reading() as connection:
        for use, code in ((Use.TOWN, asked.town), (Use.CELL, asked.cell)):
            area = county.schema.table(layers.one(use))
            ids[use] = connection.scalar(sa.select(area.c.id).where(area.c.code == code)) if code else None
        where = Where(ids[Use.TOWN], ids[Use.CELL], asked.box)
        found = states(county.schema, BUILDING, moment, where)
        town = known(county.schema, layers.one(Use.TOWN), None)
        query = sa.select(found.c.key, found.c.state, found.c.id, town.c.code.label("town"))
        query = query.select_from(found.outerjoin(town, town.c.id == found.c.town_id)).order_by(found.c.key)
        names = ["key", "state", "id", "town"]
        frame = pd.DataFrame(connection.execute(query).all(), columns=names)
    return frame[frame["state"].isin([state.value for state in asked.states])]


@pytest.mark.parametrize("area", AREAS)
def test_counts_rows_and_pages_agree_for_every_choice_of_states(county: County, area: str) -> None:
    moment = moment_of(county, question(area), NOW)
    table = counts(county, question(area), moment)
    whole = slow(county, question(area))
    assert {state: (whole["state"] == state.value).sum() for state in State} == dict(table.total)
    assert all(table.total[state] for state in State) or area != "county", "every state is tried"
    for code, of_town in table.by_town.items():
        own = whole[whole["town"].fillna("（区外）") == code]
        assert {state: (own["state"] == state.value).sum() for state in State} == dict(of_town)
    for number, wanted in enumerate(EVERY[list(AREAS).index(area) % 2 :: 2]):
        asked = question(area, states=wanted)
        expected = list(slow(county, asked)["key"])
        assert list(rows(county, asked, moment)["key"]) == expected
        after = expected[number % len(expected)] if expected else "b1"
        page = replace(asked, after=after, limit=7)
        assert list(rows(county, page, moment)["key"]) == [key for key in expected if key > after][:7]


@pytest.mark.parametrize("area", ["county", "town", "cell", "both"])
def test_live_states_are_those_of_the_rows(county: County, area: str) -> None:
    for wanted in EVERY:
        asked = question(area, states=wanted)
        expected = slow(county, replace(asked, states=wanted - {State.NO_RULE}))
        found = live_states(county, asked, moment_of(county, asked, NOW))
        assert found == {
            identity: State(state) for identity, state in zip(expected["id"], expected["state"], strict=True)
        }


def test_live_states_are_refused_where_status_rows_do_not_know(county: County) -> None:
    for asked in (
        question("box"),
        Question(BUILDING, as_of=NOW.date()),
        Question(BUILDING, seen_by=NOW.date()),
    ):
        with pytest.raises(Refused, match="no box and no day"):
            live_states(county, asked, moment_of(county, asked, NOW))


def plan(county: County, query: sa.sql.expression.SelectBase) -> str:
    """Give the plan of a query where tables are read whole only if there is no other way."""
    with county.reading() as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        compiled = query.compile(connection, compile_kwargs={"render_postcompile": True})
        lines = connection.exec_driver_sql(f"EXPLAIN {compiled}", dict(compiled.params)).scalars()
        return "\n".join(lines)


def asked_queries(county: County) -> dict[str, tuple[sa.sql.expression.SelectBase, str]]:
    """Give the main questions by name, each with the index by which it must be answered."""
    table, check, past = (
        *(county.schema.table(each) for each in (BUILDING, CHECK)),
        county.schema.past(BUILDING),
    )
    moment = Moment(NOW.date(), NOW, str(county.timezone))
    box = question("box").box
    unchecked = frozenset({State.OVERDUE, State.NEVER})
    asked = (county.schema, BUILDING, moment)

    def page(where: Where) -> sa.Select[tuple[object, ...]]:
        chosen = live.page(*asked, where, unchecked, after="b010", limit=100)
        return sa.select(states(*asked, where, objects=chosen))

    past_moment = replace(moment, known_at=NOW)
    return {
        "a page of a town": (page(Where(town_id=1)), "building_town_id"),
        "a page of a cell": (page(Where(cell_id=1)), "building_cell_id"),
        "a page of the county": (page(Where()), "building_code_key"),
        "a page of a box": (page(Where(box=box)), "building_geom"),
        "the counts of a town": (sa.select(live.tally(*asked, Where(town_id=1))), "Index Only Scan using status_due"),
        "the counts of a cell": (sa.select(live.tally(*asked, Where(cell_id=1))), "status_cell_id"),
        "the counts of a box": (sa.select(live.tally(*asked, Where(box=box))), "building_geom"),
        "the states of a town": (live.ruled(*asked, Where(town_id=1), unchecked), "Index Only Scan using status_due"),
        "a town in the past": (
            sa.select(states(county.schema, BUILDING, past_moment, Where(town_id=1))),
            "check_object",
        ),
        "an object by its key": (sa.select(table).where(table.c.code == "b001"), "building_code_key"),
        "the checks of an object": (
            sa.select(check).where(check.c.object_id == 1).order_by(check.c.seen_at.desc()),
            "check_object",
        ),
        "the past of an object": (
            sa.select(past).where(past.c.id == 1).order_by(past.c.recorded_at.desc()),
            "building_past_version",
        ),
        "the objects in a box": (
            sa.select(sa.func.count()).where(table.c.geom.op("&&")(sa.func.ST_MakeEnvelope(0, 0, 1, 1, SRID))),
            "building_geom",
        ),
    }


def test_an_index_serves_each_main_question(county: County) -> None:
    whole = [f"Seq Scan on {name}" for name in ("building", "status", '"check"', "building_past")]
    for name, (query, index) in asked_queries(county).items():
        lines = plan(county, query)
        kept = [each for each in whole if each in lines and not ("past" in name and each.endswith("building_past"))]
        assert kept == [], f"{name}:\n{lines}"
        assert index in lines, f"{name}:\n{lines}"


def test_large_tables_are_swept_before_their_indexes_need_the_table(county: County) -> None:
    large = {layer.name for layer in layers.every() if layer.located} | {"check", "status"}
    query = "SELECT relname FROM pg_class WHERE reloptions::text LIKE '%%autovacuum_vacuum_scale_factor=0.005%%'"
    with county.reading() as connection:
        assert set(connection.exec_driver_sql(query).scalars()) == large


def test_a_recount_that_finds_nothing_new_writes_nothing(county: County) -> None:
    query = "SELECT object_id, rule_version_id, xmin::text, ctid::text FROM status ORDER BY 1, 2"
    with county.reading() as connection:
        before = connection.exec_driver_sql(query).all()
    engine = engine_for(county.settings, DatabaseRole.OWNER)
    with engine.begin() as connection:
        connection.exec_driver_sql("SELECT status_rebuild(array_agg(object_id)) FROM patrolled")
    engine.dispose()
    with county.reading() as connection:
        assert connection.exec_driver_sql(query).all() == before
    assert before


def test_a_county_that_is_served_keeps_its_connection_until_it_is_closed(county: County) -> None:
    served = opened(county.settings, compare=False, kept=True)
    pids = set()
    for _ in range(3):
        with served.reading() as connection:
            pids.add(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
            assert connection.exec_driver_sql("SHOW transaction_read_only").scalar_one() == "on"
    with served.writing() as connection:
        assert connection.exec_driver_sql("SHOW transaction_read_only").scalar_one() == "off"
    assert len(pids) == 1
    alive = sa.text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
    with county.reading() as connection:
        assert connection.execute(alive, {"pid": min(pids)}).scalar_one() == 1
    served.close()
    with county.reading() as connection:
        for _ in range(1000):
            connection.execute(sa.text("SELECT pg_stat_clear_snapshot()"))
            if connection.execute(alive, {"pid": min(pids)}).scalar_one() == 0:
                return
    raise AssertionError("the connection of a closed county still stands")
