import pytest
import sqlalchemy as sa

from gis.errors import SchemaError
from gis.store import build, server
from gis.store.county import County, engine_for, opened
from gis.store.server import DatabaseRole
from tests.builders import square, stored


def test_migrations_from_empty_give_what_the_layers_say(county: County) -> None:
    owner = engine_for(county.settings, DatabaseRole.OWNER)
    with owner.connect() as connection:
        wanted = build.expected(connection, county.schema)
        assert build.differences(build.catalogue(connection), wanted) == []
        assert len(wanted) > 700
    owner.dispose()


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("ALTER TABLE building ADD COLUMN strange text", "column building.strange"),
        ("ALTER TABLE building DROP CONSTRAINT building_grade_choices", "constraint building.building_grade_choices"),
        ("ALTER TABLE building ALTER COLUMN grade SET NOT NULL", "column building.grade"),
        ("DROP TRIGGER building_past_of_changed ON building", "trigger building.building_past_of_changed"),
        ("GRANT SELECT ON gas_user TO wangge_reader", "grants gas_user"),
        ("COMMENT ON TABLE road IS 'other'", "table road"),
        ("DROP INDEX building_geom", "index building_geom"),
        ("ALTER TABLE building DISABLE TRIGGER building_past_of_changed", "trigger building.building_past_of_changed"),
        ("CREATE RULE quiet AS ON DELETE TO building DO INSTEAD NOTHING", "rule building.quiet"),
        ("ALTER TABLE building ENABLE ROW LEVEL SECURITY", "table building"),
        ("CREATE POLICY all_of_it ON building USING (true)", "policy building.all_of_it"),
        ("ALTER SEQUENCE object_id CYCLE", "sequence object_id"),
        ("CREATE MATERIALIZED VIEW copied AS SELECT * FROM gas_user", "relation copied"),
        ("GRANT EXECUTE ON FUNCTION keep_past() TO wangge_app", "function keep_past()"),
        ("ALTER TABLE road SET UNLOGGED", "table road"),
        (
            (
                "CREATE OR REPLACE VIEW patrolled AS SELECT id object_id, code layer, code kind, code category,"
                " id town_id, id cell_id FROM road"
            ),
            "view patrolled",
        ),
        (
            "CREATE OR REPLACE FUNCTION recorded_now() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'",
            "function recorded_now()",
        ),
    ],
)
def test_a_database_that_differs_from_the_layers_is_refused_by_name(county: County, statement: str, named: str) -> None:
    owner = engine_for(county.settings, DatabaseRole.OWNER)
    with owner.begin() as connection:
        connection.exec_driver_sql(statement)
    owner.dispose()
    with pytest.raises(SchemaError) as caught:
        opened(county.settings)
    assert named in str(caught.value)


def test_the_app_can_neither_own_nor_read_through_row_security(county: County) -> None:
    with county.reading() as connection:
        role = connection.execute(
            sa.text(
                "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
            )
        ).one()
        owned = connection.execute(
            sa.text("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user")
        ).scalar_one()
    assert tuple(role) == (False, False, False, False)
    assert owned == 0


def test_the_reader_gets_no_personal_column(county: County) -> None:
    stored(county, "building", [{"code": "b1", "owner_name": "王小明"}], [square(0, 0)])
    reader = engine_for(county.settings, DatabaseRole.READER)
    with reader.connect() as connection:
        assert connection.execute(sa.text("SELECT code, grade FROM building")).one() == ("b1", None)
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            connection.execute(sa.text("SELECT owner_name FROM building"))
    reader.dispose()


def test_every_connection_is_in_the_countys_time_zone(county: County) -> None:
    with county.reading() as connection:
        assert connection.execute(sa.text("SHOW TimeZone")).scalar_one() == "Asia/Shanghai"
    with server.connect(county.settings) as connection:
        zone = connection.execute("SELECT county_timezone()").fetchone()
    assert zone == ("Asia/Shanghai",)


def test_with_the_owners_rights_the_application_only_has_places_and_lengths_worked_out_anew(county: County) -> None:
    query = """
        SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
          AND (has_function_privilege('wangge_app', p.oid, 'EXECUTE')
               OR has_function_privilege('wangge_reader', p.oid, 'EXECUTE'))
          AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    """
    with county.reading() as connection:
        assert sorted(connection.scalars(sa.text(query))) == ["lengths_rebuild", "places_rebuild", "refresh_statistics"]
    with county.writing() as connection:
        connection.execute(sa.text("CREATE TEMPORARY TABLE mine (id bigint)"))
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied for function keep_past"):
            connection.execute(
                sa.text(
                    "CREATE TRIGGER climb AFTER DELETE ON mine REFERENCING OLD TABLE AS old_rows "
                    "FOR EACH STATEMENT EXECUTE FUNCTION keep_past('id')"
                )
            )
