"""The private server is killed without warning, and the next `up` serves what was committed."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from gis.store import server
from gis.store.server import DatabaseRole, cluster
from gis.store.settings import Settings

COUNT = "SELECT count(*) FROM kept"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a cluster with the county's database; fsync guards against power cuts, which a kill is not."""
    settings = Settings(tmp_path_factory.mktemp("crash") / "state", durable=False)
    try:
        server.up(settings)
        server.create_database(settings, "wangge")
        yield settings
    finally:
        server.down(settings)


@pytest.fixture
def stored(made: Settings) -> Settings:
    """The same settings, the server running with one committed row."""
    server.up(made)
    with server.connect(made, DatabaseRole.OWNER) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept AS SELECT 1 AS value")
    return made


def kill(settings: Settings) -> int:
    pid = cluster.postmaster(cluster.cluster_of(settings.state))
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    return pid


def alive(pid: int) -> bool:
    """Whether a process runs: a zombie, whose command line is empty, does not."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except (FileNotFoundError, ProcessLookupError):
        return False


def rows(settings: Settings) -> object:
    with server.connect(settings, DatabaseRole.OWNER) as connection:
        row = connection.execute(COUNT).fetchone()
    return row[0] if row else None


def test_after_kill_9_the_next_up_serves_what_was_committed(stored: Settings) -> None:
    for _ in range(3):
        kill(stored)
        assert server.up(stored).started
        assert rows(stored) == 1


def test_a_load_that_was_cut_off_leaves_the_table_as_before_and_then_succeeds(stored: Settings) -> None:
    lines = [f"{value}\n" for value in range(100_000)]
    with pytest.raises(psycopg.OperationalError), server.connect(stored, DatabaseRole.OWNER) as connection:
        load(connection, lines, stored)
    assert server.up(stored).started
    assert rows(stored) == 1
    with server.connect(stored, DatabaseRole.OWNER) as connection:
        load(connection, lines, None)
    assert rows(stored) == 100_001


def load(connection: server.Connection, lines: list[str], victim: Settings | None) -> None:
    with connection.transaction(), connection.cursor().copy("COPY kept FROM STDIN") as copy:
        copy.write("".join(lines[:50_000]))
        if victim is not None:
            kill(victim)
            while alive(connection.info.backend_pid):
                pass  # it waits for our rows and sees that its server is gone
        copy.write("".join(lines[50_000:]))


def test_a_session_that_outlives_its_server_does_not_hold_up_the_next(stored: Settings) -> None:
    endless = "SELECT sum(sqrt(n)) FROM generate_series(1, 1000000000000) AS n"
    busy = ["psql", server.libpq_url(stored, DatabaseRole.OWNER), "-c", endless]
    with subprocess.Popen(busy, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as session:
        with server.connect(stored, DatabaseRole.OWNER) as connection:
            begun = "SELECT count(*) FROM pg_stat_activity WHERE query = %s AND state = 'active'"
            while connection.execute(begun, [endless]).fetchone() == (0,):
                assert session.poll() is None
        kill(stored)
        assert server.up(stored).started
        assert rows(stored) == 1
        assert session.wait(timeout=30) != 0


def test_a_number_that_a_zombie_still_holds_does_not_hold_up_the_start(stored: Settings) -> None:
    zombie = subprocess.Popen(["true"])
    while alive(zombie.pid):
        pass
    take_over(stored, zombie.pid)
    assert server.up(stored).started
    assert rows(stored) == 1
    zombie.wait()


def test_a_number_that_another_process_was_given_does_not_hold_up_the_start(stored: Settings) -> None:
    account = cluster.cluster_of(stored.state).account
    other = subprocess.Popen(["sleep", "60"], user=account.uid if os.geteuid() == 0 else None)
    try:
        take_over(stored, other.pid)
        assert server.up(stored).started
        assert rows(stored) == 1
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def take_over(settings: Settings, pid: int) -> None:
    """Kill the server and let its number in postmaster.pid be another process's."""
    file = cluster.cluster_of(settings.state).data / "postmaster.pid"
    old = str(kill(settings))
    text = file.read_text()
    assert text.startswith(old)
    file.write_text(text.replace(old, str(pid), 1))
