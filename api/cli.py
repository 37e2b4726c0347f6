"""The `wangge` command: the commands of `gis.cli`, and those that need the web or the map."""

import socket
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gis.cli.backup import backup, restore
from gis.cli.counties import init, reset, upgrade
from gis.cli.db import db
from gis.cli.delivery import delivery
from gis.cli.describe import describe
from gis.cli.doctor import doctor
from gis.cli.door import DATABASE, county, settings, steps, whole, write_rows
from gis.cli.export import export, qgis
from gis.cli.grid import grid
from gis.cli.load import load, load_osm
from gis.cli.match import match
from gis.cli.outage import outage
from gis.cli.patrol import patrol
from gis.cli.pipes import pipes
from gis.cli.plans import assign, law
from gis.cli.questions import unchecked
from gis.cli.say import Answer, Command, Group
from gis.cli.synth import synth
from gis.errors import Refused

if TYPE_CHECKING:
    from gis.run import demo as job

LOOPBACK = "127.0.0.1"


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wangge")
def main() -> None:
    """网格 Wangge：县域燃气与房屋安全网格平台 · a county's spatial risk platform."""


@main.command("map", cls=Command)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="输出文件 · FILE.html")
@DATABASE
def draw_map(output: Path, database: str | None) -> Answer:
    """地图 · Write one page with all layers that needs no network."""
    from api import maps

    with county(database) as opened, steps("地图", total=1) as progress:
        progress("map")
        with whole(output) as part:
            drawn = maps.write(opened, part)
    size = output.stat().st_size
    facts = {"file": output, "bytes": size, "left_out": list(drawn.left_out)}
    lines = [f"{output}（{size / 1_000_000:.1f} MB）", *drawn.left_out]
    return Answer(facts, text="\n".join(lines))


@main.command(cls=Command)
@click.option("--port", type=click.IntRange(1, 65535), default=8640, show_default=True, help="端口 · port")
@DATABASE
def serve(port: int, database: str | None) -> Answer:
    """网页 · Serve the map at / and /unchecked on this machine alone (loopback)."""
    import uvicorn

    from api import maps
    from api.answers import UncheckedAnswer
    from api.main import create_app
    from gis.find import unchecked as find
    from gis.store.county import now

    with county(database, kept=True) as opened:
        _require_free(port)

        def answer(asked: find.Question) -> UncheckedAnswer:
            moment = find.moment_of(opened, asked, now())
            return UncheckedAnswer.of(asked, find.counts(opened, asked, moment), find.rows(opened, asked, moment))

        app = create_app(lambda: maps.snapshot(opened).html, answer)
        click.echo(f"http://{LOOPBACK}:{port}/ （Ctrl-C 停止 · stops）", err=True)
        uvicorn.run(app, host=LOOPBACK, port=port, log_level="warning")
    return Answer({"port": port}, sentence="已停止 · stopped")


def _require_free(port: int) -> None:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((LOOPBACK, port))
        except OSError as error:
            raise Refused(f"port {port} cannot be served: {error.strerror}; choose another with --port") from None


@main.command(cls=Command)
@click.option("--osm", type=click.Path(path_type=Path), default=None, help="OSM文件 · FILE.osm.pbf of a real place")
@click.option("--workers", type=click.IntRange(1, 5000), default=40, show_default=True, help="网格员数 · workers")
def demo(osm: Path | None, workers: int) -> Answer:
    """演示 · Do the main job on an invented county, or on an OpenStreetMap extract, in a database of its own."""
    from api import maps
    from gis import layers
    from gis.find import unchecked as find
    from gis.find.states import State
    from gis.layer import Use
    from gis.run import demo as job
    from gis.store.county import now

    own = settings()
    with steps("演示") as progress:
        done = job.run(own, osm=osm, workers=workers, progress=progress)
        folder = own.state / "demo" / done.county.settings.database
        progress("map")
        drawn = maps.write(done.county, folder / "map.html")
        asked = find.Question(layers.one(Use.LOAD), states=frozenset(State) - {State.CURRENT})
        listed = find.rows(done.county, asked, find.moment_of(done.county, asked, now()))
        note = f"{done.place}：{asked.layer.title}未查清单，含合成数据（虚构）"
        write_rows(listed, folder / "unchecked.csv", "csv", note)
        write_rows(listed, folder / "unchecked.geojson", "geojson", note)
        with done.county.reading() as connection:
            for use in (Use.CELL, Use.PATROL_AREA, Use.PIPE_PLAN):
                layer = layers.one(use)
                write_rows(
                    maps.frame(connection, done.county, layer), folder / f"{layer.name}.geojson", "geojson", note
                )
        done.county.close()
    files = sorted(path for path in folder.iterdir() if path.suffix in {".html", ".csv", ".geojson"})
    return Answer(done.facts | {"files": files}, text=_told(done, files, drawn.left_out))


def _told(done: "job.Demo", files: list[Path], left_out: tuple[str, ...]) -> str:
    """Say what the main job found, each figure with its denominator, and what to do next."""
    facts, states = done.facts, done.facts["unchecked"]
    outside = "，".join(f"{name} {count}" for name, count in facts["outside"].items() if count) or "无"
    rejected, wrong = sum(facts["rejected"].values()), facts["wrong_on_purpose"]
    counted = (
        f"正常 {states['current']:,}，到期 {states['due']:,}，逾期 {states['overdue']:,}，"
        f"从未检查 {states['never']:,}，无规则 {states['no_rule']:,}"
    )
    brought, kept = sum(facts["delivered"].values()), sum(facts["stored"].values())
    areas, laid = facts["patrol"], facts["pipes"]
    even = f"最大/平均 {areas['max_over_mean']:.3f}，多余块 {areas['extra_pieces']}"
    lines = [
        f"{done.place}（用户、检查、网格员、等级等为合成数据 · users, checks, workers and grades are invented）",
        f"交付 {brought:,} 行，入库 {kept:,}，退回 {rejected}（故意的错行 {wrong}）；区外：{outside}",
        f"网格 {facts['cells']['count']}，入格建筑 {facts['cells']['building_in_one']:,} / {states['stock']:,}",
        f"建筑 {states['stock']:,}（分母）：{counted}",
        f"巡查片区 {areas['workers']}，{even}",
        f"瓶改管 接入 {laid['users']:,} / {laid['candidates']:,} 户，与下界差距 {laid['gap_pct']:.2f}%（单价未核实）",
        *(f"地图略去：{each}" for each in left_out),
        "文件 · files:",
        *(f"  {file}" for file in files),
        f"下一步 · next: .venv/bin/wangge serve --database {done.county.settings.database}",
    ]
    return "\n".join(lines)


for command in (
    db,
    describe,
    doctor,
    load,
    load_osm,
    delivery,
    synth,
    grid,
    assign,
    unchecked,
    law,
    patrol,
    pipes,
    match,
    export,
    qgis,
):
    main.add_command(command)
db.add_command(init)
db.add_command(reset)
db.add_command(upgrade)
db.add_command(backup)
db.add_command(restore)
pipes.add_command(outage)
