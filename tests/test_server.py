"""The private server: made, started, stopped, addressed, and refused in one sentence where it cannot be."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text

from gis.cli.db import db
from gis.cli.doctor import doctor
from gis.errors import Refused, ServerError
from gis.store import server
from gis.store.server import DatabaseRole, cluster
from gis.store.server.cluster_files import configuration
from gis.store.server.installation import installation, memory_mib, shared_folder_mib
from gis.store.settings import Settings, settings_from

UP = "import sys; from pathlib import Path; from gis.store import server, settings; \
print(server.up(settings.Settings(Path(sys.argv[1]), durable=False)).started)"


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Settings]:
    """Settings of a state folder without a server; whatever was started there is stopped afterwards."""
    settings = Settings(tmp_path / "state", durable=False)
    yield settings
    server.down(settings)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a running server with the county's database."""
    settings = Settings(tmp_path_factory.mktemp("server") / "state", durable=False)
    try:
        server.up(settings)
        server.create_database(settings, "wangge")
        yield settings
    finally:
        server.down(settings)


def test_the_second_up_finds_the_server_of_the_first(fresh: Settings) -> None:
    first, second = server.up(fresh), server.up(fresh)
    assert (first.started, second.started) == (True, False)
    assert int(first.version.split(".")[0]) >= 15
    assert first.postgis >= "3.3"


def test_two_ups_at_once_give_one_server(fresh: Settings) -> None:
    command = [sys.executable, "-c", UP, str(fresh.state)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    words = sorted(each.communicate(timeout=60)[0].strip() for each in both)
    assert words == ["False", "True"]
    assert [each.returncode for each in both] == [0, 0]
    label = f"cluster_name={cluster.cluster_of(fresh.state).label}".encode()
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert sum(label in line for line in lines) == 1


def test_down_stops_and_status_says_so(fresh: Settings) -> None:
    server.up(fresh)
    assert server.status(fresh).running
    assert server.down(fresh)
    assert not server.down(fresh)
    stopped = server.status(fresh)
    assert (stopped.running, stopped.pid, stopped.problem) == (False, None, "")
    assert not cluster.cluster_of(fresh.state).sockets.exists()


def test_a_server_that_was_never_made_is_simply_not_running(fresh: Settings) -> None:
    assert not server.status(fresh).running
    assert not server.down(fresh)
    assert not fresh.state.exists()
    with pytest.raises(ServerError, match="wangge db up"):
        server.connect(fresh)


def test_a_state_path_of_two_hundred_characters_works(tmp_path: Path) -> None:
    settings = Settings(tmp_path / ("长" * 30) / ("x" * 200), durable=False)
    try:
        assert server.up(settings).started
        assert len(os.fsencode(cluster.cluster_of(settings.state).sockets)) < 60
    finally:
        server.down(settings)


def test_a_state_folder_that_the_servers_user_cannot_enter_works(tmp_path: Path) -> None:
    locked_up = tmp_path / "home"
    locked_up.mkdir(mode=0o700)
    settings = Settings(locked_up / "state", durable=False)
    try:
        server.up(settings)
        account = cluster.cluster_of(settings.state).account
        assert account.uid != 0
        server.create_database(settings, "wangge")
        with server.connect(settings) as connection:
            row = connection.execute("SELECT ST_Length('LINESTRING(0 0, 3 4)'::geometry)").fetchone()
        assert row == (5.0,)
        assert locked_up.stat().st_mode & 0o777 == 0o700
    finally:
        server.down(settings)


def test_a_creation_cut_off_half_way_starts_afresh(fresh: Settings) -> None:
    half = fresh.state / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("15\n")
    assert server.up(fresh).started


def test_the_servers_processes_do_not_hold_the_lock(running: Settings) -> None:
    with cluster.locked(running.state, patience_s=0):
        assert server.up(running).started is False


def test_a_lock_that_is_held_too_long_is_said(fresh: Settings) -> None:
    with cluster.locked(fresh.state), pytest.raises(ServerError, match="another wangge command"):
        cluster.locked(fresh.state, patience_s=0).__enter__()


@pytest.mark.parametrize("made", ["open to all", "a link"])
def test_a_socket_folder_that_somebody_else_may_enter_is_refused(fresh: Settings, tmp_path: Path, made: str) -> None:
    sockets = cluster.cluster_of(fresh.state).sockets
    if made == "a link":
        sockets.symlink_to(tmp_path)
    else:
        sockets.mkdir()
        sockets.chmod(0o777)
    try:
        with pytest.raises(ServerError, match="not a private folder"):
            server.up(fresh)
    finally:
        if made == "a link":
            sockets.unlink()
        else:
            sockets.rmdir()


def test_a_state_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ServerError, match="set WANGGE_STATE"):
        server.up(Settings(tmp_path / "file" / "state"))


def test_a_link_in_the_place_of_the_servers_folder_is_refused(fresh: Settings, tmp_path: Path) -> None:
    fresh.state.mkdir()
    (tmp_path / "elsewhere").mkdir()
    cluster.cluster_of(fresh.state).log.parent.mkdir()
    cluster.cluster_of(fresh.state).log.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ServerError, match="found a link"):
        server.up(fresh)
    cluster.cluster_of(fresh.state).sockets.rmdir()


def test_a_server_whose_socket_was_cleaned_away_is_started_again(fresh: Settings) -> None:
    server.up(fresh)
    (cluster.cluster_of(fresh.state).sockets / ".s.PGSQL.5432").unlink()
    assert server.up(fresh).started


def test_only_the_superuser_may_do_everything(running: Settings) -> None:
    with server.connect(running, DatabaseRole.SUPERUSER) as connection:
        rows = connection.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles"
            " WHERE rolname LIKE 'wangge%' ORDER BY rolname"
        ).fetchall()
    assert rows == [
        ("wangge", True, True, True, True),
        ("wangge_app", False, False, False, False),
        ("wangge_owner", False, False, False, False),
        ("wangge_reader", False, False, False, False),
    ]


def test_a_role_that_was_given_too_much_is_put_right(running: Settings) -> None:
    with server.connect(running, DatabaseRole.SUPERUSER) as connection:
        connection.execute("ALTER ROLE wangge_app BYPASSRLS")
        server.ensure_roles(connection)
        row = connection.execute("SELECT rolbypassrls FROM pg_roles WHERE rolname = 'wangge_app'").fetchone()
    assert row == (False,)


@pytest.mark.parametrize("role", DatabaseRole)
def test_each_role_enters_by_its_address(running: Settings, role: DatabaseRole) -> None:
    with psycopg.connect(server.libpq_url(running, role)) as connection:
        assert connection.execute("SELECT current_user, current_database()").fetchone() == (role.value, "wangge")
    engine = create_engine(server.sqlalchemy_url(running, role))
    with engine.connect() as session:
        assert session.execute(text("SELECT session_user")).scalar_one() == role.value
    engine.dispose()


@pytest.mark.parametrize(("role", "may"), [("OWNER", True), ("APP", False), ("READER", False)])
def test_only_the_owner_makes_tables(running: Settings, role: str, may: bool) -> None:  # noqa: FBT001 - a column of the table
    with server.connect(running, DatabaseRole[role]) as connection:
        row = connection.execute(
            "SELECT has_schema_privilege('public', 'CREATE'), has_schema_privilege('public', 'USAGE')"
        ).fetchone()
    assert row == (may, True)


def test_a_new_database_has_its_extensions_and_lets_no_stranger_in(running: Settings) -> None:
    with server.connect(running) as connection:
        names = {row[0] for row in connection.execute("SELECT extname FROM pg_extension")}
        grants = connection.execute(
            "SELECT count(*) FROM pg_database, aclexplode(datacl) WHERE datname = current_database() AND grantee = 0"
        ).fetchone()
    assert {"postgis", "btree_gist"} <= names
    assert grants == (0,)


def test_a_database_made_half_way_is_made_good(running: Settings) -> None:
    with server.connect(running, DatabaseRole.SUPERUSER, "postgres") as connection:
        connection.execute("CREATE DATABASE half OWNER wangge_owner TEMPLATE template0")
        connection.execute("CREATE DATABASE cut OWNER wangge_owner TEMPLATE template0")
        connection.execute("UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'cut'")
    for name in ("half", "cut"):
        server.create_database(running, name)
        server.create_database(running, name)
        with server.connect(running, DatabaseRole.APP, name) as connection:
            assert connection.execute("SELECT ST_SRID('SRID=4549;POINT(0 0)'::geometry)").fetchone() == (4549,)
        server.drop_database(running, name)
    server.drop_database(running, "half")
    assert server.databases(running) == ("wangge",)


def test_a_database_is_cloned_with_its_tables(running: Settings) -> None:
    server.create_database(running, "mother")
    with server.connect(running, DatabaseRole.OWNER, "mother") as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
    server.create_database(running, "daughter", template="mother")
    with server.connect(running, DatabaseRole.OWNER, "daughter") as connection:
        assert connection.execute("SELECT value FROM kept").fetchone() == (7,)
    for name in ("mother", "daughter"):
        server.drop_database(running, name)


def test_the_server_is_durable_checked_and_closed_to_the_network(fresh: Settings) -> None:
    server.up(replace(fresh, durable=True))
    wanted = {
        "listen_addresses": "",
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "data_checksums": "on",
        "jit": "off",
        "TimeZone": "UTC",
        "server_encoding": "UTF8",
    }
    with server.connect(fresh, database="postgres") as connection:
        found = {name: connection.execute("SELECT current_setting(%s)", [name]).fetchone() for name in wanted}
    assert found == {name: (value,) for name, value in wanted.items()}


@pytest.mark.parametrize(
    ("memory", "shm", "buffers", "kind"), [(2048, 64, "256MB", "sysv"), (24105, 24105, "2048MB", "posix")]
)
def test_the_settings_follow_the_machine(memory: int, shm: int, buffers: str, kind: str) -> None:
    lines = configuration(Path("/s"), memory, shm).splitlines()
    assert f"shared_buffers = {buffers}" in lines
    assert f"dynamic_shared_memory_type = {kind}" in lines


def test_a_containers_limit_counts_as_its_memory(tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text("536870912\n")
    assert memory_mib(limit) == 512
    limit.write_text("max\n")
    assert memory_mib(limit) == memory_mib(tmp_path / "absent") > 512


def test_shared_memory_that_only_root_may_write_does_not_count(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    assert shared_folder_mib(tmp_path) == shutil.disk_usage(tmp_path).total // (1 << 20) > 0
    tmp_path.chmod(0o755)
    assert shared_folder_mib(tmp_path) == shared_folder_mib(tmp_path / "absent") == 0


def test_missing_packages_are_said_with_what_to_do(tmp_path: Path) -> None:
    for version, postgis in ((14, True), (16, False)):
        programs = tmp_path / f"lib/postgresql/{version}/bin"
        programs.mkdir(parents=True)
        for name in ("initdb", "pg_ctl", "postgres"):
            (programs / name).touch()
        shared = tmp_path / f"share/postgresql/{version}/extension"
        shared.mkdir(parents=True)
        if postgis:
            (shared / "postgis.control").touch()
    with pytest.raises(ServerError, match="make setup"):
        installation(root=tmp_path)
    (tmp_path / "share/postgresql/16/extension/postgis.control").touch()
    assert installation(root=tmp_path).version == 16
    with pytest.raises(ServerError, match="PostgreSQL 15 with PostGIS"):
        installation(15, root=tmp_path)


def test_a_server_of_somebody_else_is_used_through_its_address(running: Settings, tmp_path: Path) -> None:
    address = server.libpq_url(running, DatabaseRole.SUPERUSER)
    theirs = settings_from({"DATABASE_URL": address, "WANGGE_STATE": str(tmp_path / "none")})
    assert theirs.database == "wangge"
    assert server.up(theirs).started is False
    for role in (DatabaseRole.OWNER, DatabaseRole.APP, DatabaseRole.READER):
        with psycopg.connect(server.libpq_url(theirs, role)) as connection:
            assert connection.execute("SELECT current_user").fetchone() == (role.value,)
        engine = create_engine(server.sqlalchemy_url(theirs, role))
        with engine.connect() as session:
            assert session.execute(text("SELECT current_user")).scalar_one() == role.value
        engine.dispose()
    server.create_database(replace(theirs, database="second"), "second")
    assert "second" in server.status(theirs).databases
    server.drop_database(theirs, "second")
    with pytest.raises(Refused, match="not ours"):
        server.down(theirs)
    assert not theirs.state.exists()


def test_an_address_without_postgis_or_without_a_server_is_said(running: Settings, tmp_path: Path) -> None:
    bare = Settings(tmp_path, server.libpq_url(running, DatabaseRole.SUPERUSER, "postgres"), "postgres")
    with pytest.raises(ServerError, match="CREATE EXTENSION postgis"):
        server.up(bare)
    absent = settings_from({"DATABASE_URL": "postgresql+psycopg://u:secret@127.0.0.1:1/x"})
    with pytest.raises(ServerError, match="does not let us in") as caught:
        server.up(absent)
    assert "secret" not in str(caught.value)
    with pytest.raises(ServerError, match="not a PostgreSQL address"):
        settings_from({"DATABASE_URL": "nonsense"})


def test_an_address_keeps_its_own_options_and_password() -> None:
    theirs = settings_from({"DATABASE_URL": "postgres://u:p%40%20ss@host:6543/d?options=-cjit%3Doff&sslmode=require"})
    given = psycopg.conninfo.conninfo_to_dict(server.libpq_url(theirs, DatabaseRole.APP, "e"))
    assert given == {
        "user": "u",
        "password": "p@ ss",
        "host": "host",
        "port": "6543",
        "dbname": "e",
        "options": "-cjit=off -crole=wangge_app",
        "sslmode": "require",
    }
    assert "p@ ss" not in str(server.sqlalchemy_url(theirs))


def test_the_state_folder_is_the_environments_or_the_users(tmp_path: Path) -> None:
    assert settings_from({"WANGGE_STATE": str(tmp_path)}) == Settings(tmp_path)
    default = Path("/var/lib/wangge") if os.geteuid() == 0 else Path.home() / ".local/state/wangge"
    assert settings_from({}).state == default


def test_each_command_of_the_server_ends_with_one_json_object(fresh: Settings) -> None:
    environment = {"WANGGE_STATE": str(fresh.state), "DATABASE_URL": ""}
    said = {}
    for line in ("up", "status", "url --role owner", "psql --role superuser --database postgres", "down"):
        arguments = [*line.split(), "--json", *(["--", "-c", "SELECT 1"] if line.startswith("psql") else [])]
        result = CliRunner().invoke(db, arguments, env=environment)
        assert result.exit_code == 0, result.stderr
        said[line.split()[0]] = json.loads(result.stdout.splitlines()[-1])
    assert said["up"]["started"] is said["status"]["running"] is said["down"]["stopped"] is True
    assert said["url"]["role"] == "wangge_owner"
    assert said["psql"] == {"status": 0}


def test_the_doctor_ends_with_json_and_with_one_where_something_is_bad(fresh: Settings) -> None:
    environment = {"WANGGE_STATE": str(fresh.state), "DATABASE_URL": ""}
    before = CliRunner().invoke(doctor, ["--json"], env=environment)
    found = json.loads(before.stdout.splitlines()[-1])
    assert before.exit_code == 1
    assert [each["name"] for each in found["findings"] if not each["ok"]] == ["server"]
    assert "wangge db up" in CliRunner().invoke(doctor, env=environment).stdout
    server.up(fresh)
    after = CliRunner().invoke(doctor, ["--json"], env=environment)
    assert (after.exit_code, json.loads(after.stdout.splitlines()[-1])["ok"]) == (0, True)


def test_the_server_of_an_address_is_not_stopped_by_the_command() -> None:
    result = CliRunner().invoke(db, ["down", "--json"], env={"DATABASE_URL": "postgresql://u@127.0.0.1:1/x"})
    assert result.exit_code == 1
    assert "not ours" in json.loads(result.stdout)["error"]
    assert "not ours" in result.stderr
