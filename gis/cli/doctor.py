"""What this machine and its county have and lack: one line a question, with what to do where something is bad."""

import os
import platform
import shutil
import sys
import time
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gis.cli import door
from gis.cli.door import DATABASE
from gis.cli.say import Answer, Command
from gis.errors import GisError
from gis.store import server
from gis.store.server.cluster import cluster_of
from gis.store.server.installation import installation, memory_mib
from gis.store.settings import Settings

if TYPE_CHECKING:
    from gis.store.county import County

LEAST_FREE_GIB = 2.0
LEAST_MEMORY_MIB = 1500
GIB = 1 << 30
CLOCK_S = 5.0
STALE = "something wrote past the triggers: restore a backup, and report this"
ASSIGN = "`wangge assign` places and measures anew: needed on the day on which a cell comes into use"
ADVICE = {
    "rule": "`wangge law apply` stores the rules; `wangge unchecked {layer} --state no_rule` lists the objects",
    "cell": "`wangge grid make`, `wangge assign`; what lies outside every cell stays without one",
    "worker": "`wangge patrol areas … --from D` puts areas in force; `wangge patrol duty --layer {layer}` lists",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One question, what was found, and what to do where it is bad; `notice` where it is no fault but a gap to know."""

    name: str
    ok: bool
    found: str
    advice: str = ""
    notice: bool = False


@click.command(cls=Command)
@DATABASE
def doctor(database: str | None) -> Answer:
    """体检 · Check versions, paths, disk, server and county; ends with 1 where something is bad."""
    settings = door.settings(database)
    findings = [*_python(), *_geometry(), *_postgres(settings), *_places(settings)]
    if server.status(settings).running:
        findings += _county(settings)
    bad = [each for each in findings if not each.ok]
    sentence = f"{len(bad)} 项有问题 · bad: {', '.join(each.name for each in bad)}" if bad else "一切正常 · all is well"
    return Answer(
        {"ok": not bad, "findings": [_facts(each) for each in findings]},
        text="\n".join(_line(each) for each in findings),
        sentence=sentence,
        complete=not bad,
    )


def _facts(finding: Finding) -> dict[str, object]:
    return asdict(finding) | {"advice": finding.advice if finding.notice or not finding.ok else ""}


def _line(finding: Finding) -> str:
    shown = finding.advice and (finding.notice or not finding.ok)
    advice = f"  → {finding.advice}" if shown else ""
    word = "异常 bad" if not finding.ok else "注意 see" if finding.notice else "正常 ok "
    return f"{word} {finding.name}: {finding.found}{advice}"


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


def _county(settings: Settings) -> list[Finding]:
    """Examine the county of the database; a database without one is no fault."""
    from gis.store.county import exists, opened

    name = f"county {settings.database}"
    if not exists(settings):
        return [Finding(name, ok=True, found="县未建 · none yet", advice="run `wangge db init`", notice=True)]
    try:
        county = opened(settings)
    except GisError as error:
        return [Finding("schema", ok=False, found="无法打开 · cannot be opened", advice=str(error))]
    try:
        head = Finding(name, ok=True, found=f"{county.name} {county.code}，EPSG:{county.srid}，{county.timezone}")
        return [head, Finding("schema", ok=True, found="equals the layers"), *_measures(county), *_gaps(county)]
    finally:
        county.close()


def _measures(county: "County") -> list[Finding]:
    import sqlalchemy as sa

    from gis.crs import DISTORTION_LIMIT
    from gis.find import cells, health

    with county.reading() as connection:
        error = health.scale_error(connection, county)
        zone = str(connection.execute(sa.text("SELECT county_timezone()")).scalar_one())
        behind_s = float(connection.execute(sa.text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())
        stale = health.stale(connection, county)
        astray = dict.fromkeys((False, True), 0)
        for wrong in cells.wrong(connection):
            astray[wrong.by_length] += len(wrong.objects)
    drift_s = abs(behind_s - time.time())
    return [
        Finding(
            "CRS", error <= DISTORTION_LIMIT, f"EPSG:{county.srid}, scale error {error:.6f} (limit 1:2000)", "split it"
        ),
        Finding("time zone", zone == str(county.timezone), zone, f"the county counts days in {county.timezone}"),
        Finding("clock", drift_s < CLOCK_S, f"{drift_s:.1f} s between server and here", "set both clocks (NTP)"),
        Finding("status", stale == 0, f"{stale} 个对象的状态不等于重算 · objects whose status is stale", STALE),
        Finding("places", not astray[False], f"{astray[False]} 个对象不在所记的镇村格 · objects lie elsewhere", ASSIGN),
        Finding("lengths", not astray[True], f"{astray[True]} 条线的分格长度不符 · lines measure otherwise", ASSIGN),
    ]


def _gaps(county: "County") -> list[Finding]:
    from gis.find import health

    findings = []
    for gap in health.gaps(county):
        lacking = {"规则 rule": gap.without_rule, "网格 cell": gap.without_cell, "责任人 worker": gap.without_worker}
        for what, count in lacking.items():
            advice = ADVICE[what.split()[1]].format(layer=gap.layer.name) if count else ""
            found = f"{count:,} / {gap.stock:,} {gap.layer.title}没有{what}"
            findings.append(
                Finding(f"{gap.layer.name} {what.split()[1]}", ok=True, found=found, advice=advice, notice=count > 0)
            )
    return findings
