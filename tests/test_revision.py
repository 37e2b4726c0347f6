"""A migration is written from the layers: a database at the revision before comes out equal to one built from them."""

import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from gis import layers
from gis.errors import Refused
from gis.layer import Choice, Constraint, Exclude, Field, Geometry, Kind, Layer, Mask, Patrol, Role, Source, Style
from gis.store import build, migrate, revision, server
from gis.store.county import County, engine_for, opened
from gis.store.schema import Schema
from gis.store.server import DatabaseRole
from gis.store.settings import Settings
from tests.builders import square, stored

BUILDING = layers.named("building")
NEWEST = str(migrate.head())
NEXT = f"{int(NEWEST) + 1:04}"
STEWARD = frozenset({Role.STEWARD})
SOURCE = Source("Office", "internal")
CODE = Field("code", Kind.TEXT, "Number.", zh="编号", example="1", required=True)
BOILER = Layer(
    name="boiler",
    title="锅炉房",
    title_en="Boilers",
    doc="Rooms with a boiler, 100 % of them announced.",
    key="code",
    geometry=Geometry.POINT,
    located=True,
    patrol=Patrol("boiler_check", by="grade", unknown="1"),
    fields=(
        CODE,
        Field("grade", Kind.TEXT, "Grade.", zh="等级", choices=(Choice("1", "一级", "#67000d"),)),
        Field("owner", Kind.TEXT, "Owner.", zh="业主", read=STEWARD, mask=Mask.NAME),
        Field("building_id", Kind.INTEGER, "Building.", zh="建筑", refers="building"),
    ),
    constraints=(Constraint("owner_not_blank", "owner <> ''", "an owner's name is not blank", "业主不应为空白"),),
    unique=(("building_id", "owner"),),
    source=SOURCE,
    style=Style(by="grade"),
)
AREA = replace(
    BOILER, name="boiler_yard", geometry=Geometry.POLYGON, patrol=Patrol("boiler_yard_check"), constraints=()
)
STOKER = Layer("stoker", "司炉工", "Stokers", "Register of stokers.", "code", (CODE,), SOURCE)
EVENT = Layer(
    name="weld",
    title="焊接记录",
    title_en="Welds",
    doc="A log.",
    key="code",
    fields=(CODE, Field("ended_at", Kind.INSTANT, "End.", zh="结束", once=True)),
    source=SOURCE,
    log=True,
    excludes=(Exclude("one_at_a_time", (("code", "="),), "ended_at IS NULL", "one at a time"),),
)


def altered(layer: Layer, *fields: Field, **changed: object) -> Layer:
    """Give a layer with fields in the place of those of the same name, or after all others."""
    names = {each.name: each for each in fields}
    kept = tuple(names.pop(each.name, each) for each in layer.fields)
    return replace(layer, **{"fields": (*kept, *names.values()), **changed})  # type: ignore[arg-type] # named by the test


def without(layer: Layer, *names: str) -> Layer:
    return replace(layer, fields=tuple(each for each in layer.fields if each.name not in names))


@dataclass(frozen=True)
class Workshop:
    """A folder of migrations to add to, a database at the newest shipped one, and the layers, which can be changed."""

    folder: Path
    connection: sa.Connection
    monkeypatch: pytest.MonkeyPatch

    def lay(self, *changed: Layer, gone: str = "") -> None:
        """Put layers in the place of those of the same name, or beside them."""
        found = {each.name: each for each in layers.every() if each.name != gone}
        found |= {each.name: each for each in changed}
        every = tuple(found[name] for name in sorted(found))
        self.monkeypatch.setattr(layers, "every", lambda: every)

    def write(self, message: str = "A change") -> tuple[str, str]:
        """Write the next migration; give its SQL and its Python."""
        sql, python = revision.write(self.connection, NEXT, message)
        return (self.folder / sql).read_text(encoding="utf-8"), (self.folder / python).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def shipped(settings: Settings) -> Iterator[sa.Engine]:
    """A database from which revisions are written, as their command makes it."""
    own = replace(settings, database="test_revision")
    server.create_database(own, own.database)
    engine = engine_for(own, DatabaseRole.OWNER)
    with engine.begin() as connection:
        migrate.upgrade(connection, revision.SRID)
    yield engine
    engine.dispose()
    server.drop_database(own, own.database)


@pytest.fixture
def workshop(shipped: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    """A copy of the migrations to add to; the layers and the database are put back after the test."""
    shutil.copytree(migrate.folder().parent, tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    folder = tmp_path / "migrations" / "versions"
    monkeypatch.setattr(migrate, "folder", lambda: folder)
    monkeypatch.setattr(revision, "folder", lambda: folder)
    with shipped.connect() as connection:
        yield Workshop(folder, connection, monkeypatch)
        connection.rollback()


def differences_once_upgraded(county: County, before: str = "") -> list[str]:
    """Upgrade a county in which `before` was run; name what differs from the changed layers, in its own SRID."""
    owner = engine_for(county.settings, DatabaseRole.OWNER)
    with owner.begin() as connection:
        connection.exec_driver_sql(before)
    with owner.begin() as connection:
        migrate.upgrade(connection, county.srid)
    with owner.connect() as connection:
        found = build.differences(build.catalogue(connection), build.expected(connection, Schema.of(county.srid)))
    owner.dispose()
    return found


def operations(python: str) -> list[str]:
    """Give the operations of a migration, each with its table."""
    return [f"{name} {table}" for name, table in re.findall(r"\bop\.(\w+)\(\s*[\"'](\w+)[\"']", python)]


USER, SITE, FACILITY = (layers.named(name) for name in ("gas_user", "construction_site", "gas_facility"))
GRADE, FLOORS = BUILDING.field("grade"), BUILDING.field("floors")
CHANGES: dict[str, tuple[Layer, ...]] = {
    "fields come, go and change": (
        altered(
            without(BUILDING, "vacated", "owner_name"),
            Field("lift", Kind.BOOLEAN, "Whether it has a lift; 100 %.", zh="电梯"),
            Field("tenant", Kind.TEXT, "The tenant's name.", zh="租客", read=STEWARD, mask=Mask.NAME),
            replace(BUILDING.field("name"), read=STEWARD, mask=Mask.NAME),
            replace(BUILDING.field("use"), required=True),
            replace(BUILDING.field("built_year"), fixed=True),
            replace(FLOORS, doc="Storeys; it's 100 % above ground."),
            title="房屋",
            doc="Houses.",
        ),
        altered(USER, replace(USER.field("supply"), required=False)),
        altered(layers.named("delivery"), Field("undo_reason", Kind.TEXT, "Why.", zh="原因", once=True)),
    ),
    "limits, choices, constraints, patrols and places change": (
        altered(
            BUILDING,
            replace(GRADE, choices=(*GRADE.choices, Choice("E", "E级", "#000000"))),
            replace(FLOORS, high=None, low=-5),
            constraints=(Constraint("named", "name <> '%'", "a name's not a sign"),),
        ),
        altered(SITE, patrol=None),
        altered(FACILITY, patrol=Patrol("facility_check", unknown="gate_station")),
        altered(layers.named("village"), located=True),
        altered(layers.named("rule_version"), excludes=()),
    ),
    "layers of every sort are new": (BOILER, AREA, STOKER, EVENT),
}


@pytest.mark.parametrize("changed", CHANGES.values(), ids=CHANGES.keys())
def test_an_upgrade_comes_out_equal_to_a_build_from_the_changed_layers(
    workshop: Workshop, county: County, changed: tuple[Layer, ...]
) -> None:
    workshop.lay(*changed)
    workshop.write()
    assert differences_once_upgraded(county) == []


def test_a_migration_for_one_field_touches_its_table_and_its_past_alone(workshop: Workshop) -> None:
    workshop.lay(altered(BUILDING, Field("lift", Kind.BOOLEAN, "Whether it has a lift.", zh="电梯")))
    sql, python = workshop.write("A lift is recorded")
    assert operations(python) == ["add_column building", "add_column building_past"]
    assert [name for section, name, _ in migrate.sections(sql) if section == "after"] == [
        "trigger building.building_past_of_changed",
        "trigger building.building_past_of_ended",
        "grants building",
        "grants building_past",
    ]
    assert f'revision = "{NEXT}"' in python
    assert f'down_revision = "{NEWEST}"' in python
    assert sorted(path.name for path in workshop.folder.glob(f"{NEXT}*")) == [
        f"{NEXT}_a_lift_is_recorded.py",
        f"{NEXT}_a_lift_is_recorded.sql",
    ]


def test_a_migration_for_a_choice_touches_one_constraint(workshop: Workshop) -> None:
    workshop.lay(altered(BUILDING, replace(GRADE, choices=(*GRADE.choices, Choice("E", "E级", "#000000")))))
    sql, python = workshop.write()
    assert operations(python) == []
    assert [(section, name) for section, name, _ in migrate.sections(sql)] == [
        ("drop", "constraint building.building_grade_choices"),
        ("after", "values building.grade"),
        ("after", "constraint building.building_grade_choices"),
    ]
    assert "'A', 'B', 'C', 'D', 'E'" in sql


OLDER = """
CREATE OR REPLACE FUNCTION stamp_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
DROP FUNCTION county_day(timestamptz);
CREATE FUNCTION county_day(instant timestamptz) RETURNS text LANGUAGE sql AS $$ SELECT '2026-03-01' $$;
CREATE FUNCTION old_guard() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER check_old_guard BEFORE INSERT ON "check" FOR EACH ROW EXECUTE FUNCTION old_guard();
CREATE VIEW old_view AS SELECT code FROM building;
GRANT SELECT ON old_view TO wangge_reader;
ALTER TABLE "check" ADD CONSTRAINT check_old CHECK (outcome <> 'never');
ALTER TABLE building DROP CONSTRAINT building_floors_low;
REVOKE SELECT ON town FROM wangge_reader;
COMMENT ON CONSTRAINT building_floors_high ON building IS 'other';
DROP INDEX building_geom
"""


def test_what_an_older_revision_made_otherwise_is_replaced_and_what_it_made_besides_is_dropped(
    workshop: Workshop, county: County
) -> None:
    workshop.connection.exec_driver_sql(OLDER)
    workshop.write()
    assert differences_once_upgraded(county, OLDER) == []


def test_rows_outlive_an_upgrade_and_go_on_keeping_their_past(workshop: Workshop, county: County) -> None:
    stored(county, "building", [{"code": "b1", "grade": "A", "owner_name": "王小明"}], [square(0, 0)])
    stored(county, "building", [{"code": "b1", "grade": "B", "owner_name": "王小明"}], [square(0, 0)])
    workshop.lay(altered(BUILDING, Field("lift", Kind.BOOLEAN, "Whether it has a lift.", zh="电梯")))
    workshop.write()
    assert differences_once_upgraded(county) == []
    found = opened(county.settings, compare=False)
    for grade, lift in (("B", True), ("C", False)):
        stored(found, "building", [{"code": "b1", "grade": grade, "lift": lift}], [square(0, 0)])
    layer = layers.named("building")
    with found.reading() as connection:
        past = found.schema.past(layer)
        kept = connection.execute(sa.select(past.c.grade, past.c.lift).order_by(past.c.recorded_at)).all()
        now = connection.execute(sa.select(*(found.schema.table(layer).c[name] for name in ("grade", "lift"))))
        assert kept == [("A", None), ("B", None), ("B", True)]
        assert now.all() == [("C", False)]
    found.close()


def test_a_layer_is_not_taken_away_by_a_generated_migration(workshop: Workshop) -> None:
    workshop.lay(gone="water")
    with pytest.raises(Refused, match=r"by hand what becomes of these and their rows: .*table water, table water_past"):
        workshop.write()
    assert not list(workshop.folder.glob(f"{NEXT}*"))


def test_equal_tables_need_no_migration(workshop: Workshop) -> None:
    with pytest.raises(Refused, match="nothing to migrate"):
        workshop.write()


def test_the_command_writes_from_an_empty_database_and_leaves_none_behind(
    workshop: Workshop, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["revision", NEXT, "Boiler is recorded."])
    monkeypatch.setenv("WANGGE_STATE", str(settings.state))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    workshop.lay(BOILER)
    revision.main()
    assert capsys.readouterr().out == f"{NEXT}_boiler_is_recorded.sql\n{NEXT}_boiler_is_recorded.py\n"
    assert revision.DATABASE not in server.databases(settings)
    written = (workshop.folder / f"{NEXT}_boiler_is_recorded.py").read_text(encoding="utf-8")
    assert operations(written)[:2] == ["create_table boiler_past", "create_index boiler_past_key"]
    assert 'sa.UniqueConstraint("building_id", "owner", name="boiler_building_id_owner_key")' in re.sub(
        r"'", '"', written
    )
    assert str(revision.SRID) not in written
