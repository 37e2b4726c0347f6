"""The doctor finds what is wrong with a county, and nothing where nothing is."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from api.cli import main
from gis import layers
from gis.find import health
from gis.find.health import gaps
from gis.run import grid, patrol
from gis.run.adopt import adopt
from gis.run.workload import kinds
from gis.store import server
from gis.store.county import County
from gis.store.server import DatabaseRole
from gis.store.settings import Settings
from gis.work import rules
from gis.work.checks import record
from tests.builders import cloned, instant, square, stored
from tests.events import rule, visit

BUILDING = layers.named("building")
NAME = "test_health"


@pytest.fixture
def county(template: Settings) -> Iterator[County]:
    """Six houses, five of them in the one town: four with a rule."""
    with cloned(template, NAME) as found:
        rules.apply(found, [rule("A", 30)])
        stored(found, "town", [{"code": "990001100", "name": "东镇"}], [square(0, 0, 2000)])
        grades = ["A", "A", "A", "A", "D", "A"]
        stored(
            found,
            "building",
            [{"code": f"b{place}", "grade": grade} for place, grade in enumerate(grades)],
            [square(east, 100) for east in (100, 200, 300, 400, 500, 3000)],
        )
        record(found, pd.DataFrame([visit("b1", instant("2026-01-31"), number=1)]))
        yield found


def examined(county: County) -> tuple[Result, dict[str, dict[str, object]]]:
    environment = {"WANGGE_STATE": str(county.settings.state), "DATABASE_URL": None}
    done = CliRunner().invoke(main, ["doctor", "--database", NAME, "--json"], env=environment)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done, {each["name"]: each for each in json.loads(done.stdout.splitlines()[-1])["findings"]}


def tampered(county: County, statement: str) -> None:
    """Write past the triggers, as only a superuser can."""
    with server.connect(county.settings, DatabaseRole.SUPERUSER) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement.encode())


def stale(county: County) -> int:
    with county.reading() as connection:
        return health.stale(connection, county)


def test_objects_without_rule_cell_or_worker_are_counted_against_the_stock(county: County) -> None:
    def building() -> tuple[int, int, int, int]:
        found = next(each for each in gaps(county) if each.layer == BUILDING)
        return found.stock, found.without_rule, found.without_cell, found.without_worker

    assert building() == (6, 1, 6, 6)
    grid.make(county, target=1)
    grid.assign(county)
    assert building() == (6, 1, 1, 6)
    stored(county, "worker", [{"code": "W-1", "name": "王小明"}])
    how = patrol.How(minutes=dict.fromkeys(kinds(), 10.0))
    proposed = patrol.areas(county, workers=1, how=how)
    assert building() == (6, 1, 1, 6)
    adopt(county, str(proposed.run), county.today())
    assert building() == (6, 1, 1, 1)
    how = replace(how, from_on=county.today())
    patrol.areas(county, workers=2, how=how)  # the second area has no worker yet
    assert 1 < building()[3] < 6


def test_a_status_that_is_no_recount_is_stale(county: County) -> None:
    assert stale(county) == 0
    tampered(county, "UPDATE status SET last_try = 'refused' WHERE last_try IS NOT NULL")
    assert stale(county) == 1
    tampered(county, "DELETE FROM status")
    assert stale(county) == 5
    tampered(
        county,
        "INSERT INTO status (object_id, layer, rule_version_id) SELECT -1, 'building', min(id) FROM rule_version",
    )
    assert stale(county) == 6


def test_the_doctor_finds_a_county_in_order_and_tells_its_gaps(county: County) -> None:
    done, found = examined(county)
    assert done.exit_code == 0, done.stdout
    assert all(each["ok"] for each in found.values())
    assert {"schema", "CRS", "time zone", "clock", "status", f"county {NAME}"} <= found.keys()
    assert found["building rule"]["found"] == "1 / 6 建筑没有规则 rule"
    assert (found["building cell"]["notice"], found["gas_user cell"]["notice"]) == (True, False)


def test_the_doctor_ends_with_one_where_status_or_schema_are_wrong(county: County) -> None:
    tampered(county, "DELETE FROM status")
    done, found = examined(county)
    assert (done.exit_code, found["status"]["ok"], found["schema"]["ok"]) == (1, False, True)
    tampered(county, "UPDATE building SET town_id = NULL WHERE code IN ('b1', 'b2')")
    done, found = examined(county)
    assert (found["places"]["ok"], found["lengths"]["ok"]) == (False, True)
    assert str(found["places"]["found"]).startswith("2 ")
    tampered(county, "ALTER TABLE building ADD COLUMN extra text")
    done, found = examined(county)
    assert (done.exit_code, found["schema"]["ok"]) == (1, False)
    assert "extra" in str(found["schema"]["advice"])
    assert "status" not in found
    tampered(county, "UPDATE alembic_version SET version_num = '0001'")
    done, found = examined(county)
    assert (done.exit_code, found["schema"]["ok"]) == (1, False)
    assert "wangge db upgrade" in str(found["schema"]["advice"])
