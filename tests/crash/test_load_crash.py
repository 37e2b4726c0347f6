"""The private server is killed in the middle of a load: the layer is as before, and the same load then succeeds."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gis import crs, law
from gis.store import county as counties
from gis.store import server
from gis.store.county import Founding
from gis.store.server import DatabaseRole, cluster
from gis.store.settings import Settings
from gis.work import rules
from tests.conftest import SRID, X, Y

ROWS, ACROSS, STEP_M = 50_000, 250, 15.0
WANGGE = Path(sys.executable).with_name("wangge")
COPYING = "SELECT 1 FROM pg_stat_progress_copy WHERE tuples_processed > 10000"
MERGING = "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'INSERT INTO building %'"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a county of its own; fsync guards against power cuts, which a kill is not."""
    settings = Settings(tmp_path_factory.mktemp("crash") / "state", durable=False)
    square = shapely.box(X, Y, X + 4_000, Y + 4_000)
    outline = crs.from_storage(np.array([shapely.multipolygons([square])], dtype=object), crs.EXCHANGE, SRID)[0]
    try:
        county = counties.found(settings, Founding(outline, "试验县", jurisdiction="CN-33", code_scheme="local"))
        rules.apply(county, law.rules())
        county.close()
        yield settings
    finally:
        server.down(settings)


def houses(path: Path, count: int, side_m: float) -> Path:
    """Write houses of 8 by `side_m` metres in rows of 250."""
    place = np.arange(count)
    east, north = X + STEP_M * (place % ACROSS), Y + STEP_M * (place // ACROSS)
    shapes = shapely.box(east, north, east + 8, north + side_m)
    codes = [f"B-{number:06d}" for number in place]
    gpd.GeoDataFrame({"code": codes, "层数": place % 7}, geometry=shapes, crs=SRID).to_file(path)
    return path


def command(settings: Settings, path: Path) -> "subprocess.Popen[str]":
    own = {name: value for name, value in os.environ.items() if not name.startswith(("WANGGE", "DATABASE"))}
    line = [str(WANGGE), "load", "building", str(path), "--json"]
    own |= {"WANGGE_STATE": str(settings.state)}
    return subprocess.Popen(line, env=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def loaded(settings: Settings, path: Path) -> dict[str, object]:
    with command(settings, path) as process:
        stdout, stderr = process.communicate(timeout=300)
    assert process.returncode == 0, stderr
    found = json.loads(stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return found


def kill_at(settings: Settings, process: "subprocess.Popen[str]", moment: str) -> None:
    """Kill the server with all its processes as soon as the query `moment` finds a row."""
    with server.connect(settings, DatabaseRole.SUPERUSER) as connection:
        while connection.execute(moment).fetchone() is None:
            assert process.poll() is None, "the load ended before it was met in the middle"
        postmaster = cluster.postmaster(cluster.cluster_of(settings.state))
        assert postmaster is not None
        for pid in (postmaster, *children(postmaster)):
            os.kill(pid, signal.SIGKILL)


def children(parent: int) -> list[int]:
    """Give the processes that a process has started, by /proc."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[1]) == parent:
                found.append(int(folder.name))
    return found


def content(settings: Settings) -> object:
    """Give a digest of everything that a load touches."""
    parts = ", ".join(
        f"(SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t)"
        for table in ("building", "building_past", "delivery", "status")
    )
    with server.connect(settings, DatabaseRole.SUPERUSER) as connection:
        return connection.execute(f"SELECT (SELECT count(*) FROM building), {parts}").fetchone()


def test_a_load_cut_off_by_kill_9_leaves_the_layer_as_it_was_and_can_be_repeated(
    made: Settings, tmp_path: Path
) -> None:
    assert loaded(made, houses(tmp_path / "before.gpkg", 1_000, 8))["new"] == 1_000
    before = content(made)
    path = houses(tmp_path / "after.gpkg", ROWS, 9)
    for moment in (COPYING, MERGING):
        with command(made, path) as process:
            kill_at(made, process, moment)
            stdout, stderr = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "Traceback" not in stderr
        sentence = stderr.splitlines()[-1].strip()
        assert "the database server went away" in sentence
        assert json.loads(stdout) == {"error": sentence}
        assert server.up(made).started
        assert content(made) == before
    facts = loaded(made, path)
    counted = [facts[name] for name in ("delivered", "new", "changed", "unchanged", "rejected")]
    assert counted == [ROWS, ROWS - 1_000, 1_000, 0, 0]
