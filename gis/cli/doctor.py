"""What this machine has and lacks: one line a question, with what to do where something is bad."""

import os
import platform
import shutil
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from gis.cli.say import Answer, Command
from gis.errors import GisError
from gis.store import server
from gis.store.server.cluster import cluster_of
from gis.store.server.installation import installation, memory_mib
from gis.store.settings import Settings, settings_from

LEAST_FREE_GIB = 2.0
LEAST_MEMORY_MIB = 1500
GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One question about the machine, what was found, and what to do where it is bad."""

    name: str
    ok: bool
    found: str
    advice: str = ""


@click.command(cls=Command)
def doctor() -> Answer:
    """体检 · Check versions, paths, disk and server; ends with 1 where something is bad."""
    settings = settings_from(os.environ)
    findings = [*_python(), *_geometry(), *_postgres(settings), *_places(settings)]
    bad = [each for each in findings if not each.ok]
    sentence = f"{len(bad)} 项有问题 · bad: {', '.join(each.name for each in bad)}" if bad else "一切正常 · all is well"
    return Answer(
        {"ok": not bad, "findings": [_facts(each) for each in findings]},
        text="\n".join(_line(each) for each in findings),
        sentence=sentence,
        complete=not bad,
    )


def _facts(finding: Finding) -> dict[str, object]:
    return asdict(finding) | {"advice": "" if finding.ok else finding.advice}


def _line(finding: Finding) -> str:
    advice = "" if finding.ok or not finding.advice else f"  → {finding.advice}"
    return f"{'正常 ok ' if finding.ok else '异常 bad'} {finding.name}: {finding.found}{advice}"


def _python() -> list[Finding]:
    found = platform.python_version()
    try:
        ours, known = version("wangge"), True
    except PackageNotFoundError:
        ours, known = "not installed", False
    return [
        Finding("Python", sys.version_info >= (3, 11), found, "use Python 3.11 or newer: make setup PYTHON=python3.11"),
        Finding("wangge", known, ours, "run `make setup`"),
    ]


def _geometry() -> list[Finding]:
    import pyogrio
    import pyproj
    import shapely

    gdal = ".".join(str(part) for part in pyogrio.__gdal_version__)
    grid = Path(pyproj.datadir.get_data_dir()) / "proj.db"
    return [
        Finding("GDAL", pyogrio.__gdal_version__ >= (3, 6), gdal, "run `make setup`"),
        Finding("GEOS", shapely.geos_version >= (3, 11), shapely.geos_version_string, "run `make setup`"),
        Finding("PROJ", grid.exists(), pyproj.proj_version_str, f"{grid} is missing: run `make setup`"),
    ]


def _postgres(settings: Settings) -> list[Finding]:
    if settings.database_url is not None:
        try:
            running = server.up(settings)
        except GisError as error:
            return [Finding("DATABASE_URL", ok=False, found="unusable", advice=str(error))]
        return [Finding("DATABASE_URL", ok=True, found=f"PostgreSQL {running.version}, PostGIS {running.postgis}")]
    try:
        programs = installation()
        packages = Finding("PostgreSQL", ok=True, found=f"{programs.version} ({programs.bin}), PostGIS")
    except GisError as error:
        packages = Finding("PostgreSQL", ok=False, found="missing", advice=str(error))
    found = server.status(settings)
    words = f"running, {found.version}, PostGIS {found.postgis}" if found.running else "not running"
    return [packages, Finding("server", found.running, words, found.problem or "run `wangge db up`")]


def _places(settings: Settings) -> list[Finding]:
    there = next(folder for folder in (settings.state, *settings.state.parents) if os.path.exists(folder))
    free_gib = shutil.disk_usage(there).free / GIB
    writable = os.access(there, os.W_OK)
    memory = memory_mib()
    places = [
        Finding("state", writable, str(settings.state), "set WANGGE_STATE to a folder that you may write"),
        Finding(
            "disk", free_gib >= LEAST_FREE_GIB, f"{free_gib:.1f} GiB free", f"free {LEAST_FREE_GIB} GiB at {there}"
        ),
        Finding("memory", memory >= LEAST_MEMORY_MIB, f"{memory} MiB", "2 GiB are the least for a county"),
    ]
    if settings.database_url is not None:
        return places
    try:
        return [*places, Finding("sockets", ok=True, found=str(cluster_of(settings.state).sockets))]
    except GisError as error:
        return [*places, Finding("sockets", ok=False, found="none", advice=str(error))]
