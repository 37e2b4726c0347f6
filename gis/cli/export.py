"""Giving files out: `wangge export` and `wangge qgis`."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from tqdm import tqdm

from gis.cli.door import DATABASE, DAY, county, day
from gis.cli.say import Answer, Command
from gis.layer import Role

if TYPE_CHECKING:
    from gis.run.export import Exported

FILE = click.Path(path_type=Path)
ALL = "all"
ROLE = click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice([role.value for role in Role]),
    default=[Role.STEWARD.value],
    show_default=True,
    help="角色 · for whom: others get masked or missing personal fields",
)
NAMES = click.option(
    "--names", type=click.Choice(["zh", "code"]), default="zh", show_default=True, help="列名和取值 · Chinese or coded"
)


@click.command(cls=Command)
@click.argument("layer")
@click.argument("file", type=FILE)
@NAMES
@click.option("--crs", default=None, help="坐标系 · such as EPSG:4490; default: the county's metres, GeoJSON EPSG:4326")
@click.option("--town", default=None, help="镇街代码或名称 · only rows of this town, by code or name")
@click.option("--as-of", type=DAY, default=None, help="截至该日已记录的 · what was recorded by the end of this day")
@ROLE
@DATABASE
def export(
    layer: str,
    file: Path,
    names: str,
    crs: str | None,
    town: str | None,
    as_of: datetime | None,
    roles: tuple[str, ...],
    database: str | None,
) -> Answer:
    """导出 · Write LAYER (or `all`, into one .gpkg) to FILE, in the form of its ending; loading it changes nothing."""
    from gis import layers
    from gis.run import export as run

    held = frozenset(map(Role, roles))
    chosen = run.readable(held) if layer == ALL else [layers.named(layer)]
    wanted = [run.Wanted(each, names == "zh", held, crs, town, day(as_of)) for each in chosen]
    with county(database) as opened, tqdm(desc="导出 exporting", unit="行", leave=False) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        if layer == ALL:
            told = run.export_all(opened, wanted, file, progress)
        else:
            told = [run.export(opened, wanted[0], file, progress)]
    return _answer(file, told)


def _answer(file: Path, told: "list[Exported]") -> Answer:
    lines = []
    for each in told:
        system = f"，{each.crs}" if each.crs else ""
        lines.append(f"{each.layer}: {each.rows} 行，{len(each.columns)} 列{system} → {file}")
        lines += [f"  {note}" for note in each.notes]
    if len(told) == 1:
        return Answer(asdict(told[0]) | {"file": file}, text="\n".join(lines))
    facts = {"file": file, "rows": {each.layer: each.rows for each in told}, "layers": [asdict(each) for each in told]}
    return Answer(facts, text="\n".join(lines))


@click.command(cls=Command)
@click.argument("file", type=FILE)
@click.option("--postgis", is_flag=True, help="直连数据库 · read the database itself, without a password in the file")
@ROLE
@DATABASE
def qgis(file: Path, postgis: bool, roles: tuple[str, ...], database: str | None) -> Answer:
    """QGIS工程 · Write FILE.qgz with all layers in their colours, and beside it the GeoPackage that it reads."""
    from gis.run import qgis as run

    with county(database) as opened:
        made = run.project(opened, file, frozenset(map(Role, roles)), postgis=postgis)
    beside = f"，数据 {made.data}" if made.data else ""
    lines = [f"{file}：{len(made.layers)} 个图层{beside}", *(f"  {note}" for note in made.notes)]
    return Answer(asdict(made) | {"file": file}, text="\n".join(lines))
