"""Grid cells: `wangge grid make | check | split | merge | renumber`."""

import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gis.cli.door import DATABASE, DAY, county, day, steps, whole, write_rows
from gis.cli.say import Answer, Group

if TYPE_CHECKING:
    import geopandas as gpd

    from gis.run.cell_change import Changed, Order
    from gis.run.drawn import Drawn
    from gis.store.county import County

SHOWN = 20
UNITS = {"household": "户", "object": "对象"}
FILE = click.Path(path_type=Path)
Decorated = Callable[..., Any]


def _order_options(command: Decorated) -> Decorated:
    """Give a command the options of a change: its day, who ordered it and why."""
    options = (
        click.option(
            "--on", "on", type=DAY, default=None, help="生效日期 · first day of the new cells; default: today"
        ),
        click.option("--by", "by", default="", metavar="NAME", help="经办人 · who ordered it"),
        click.option("--reason", default="", metavar="TEXT", help="原因 · why"),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group(cls=Group)
def grid() -> None:
    """网格 · Grid cells and their history."""


@grid.command("make")
@click.option(
    "--target",
    type=click.FloatRange(1, 100_000),
    default=None,
    help="每格户数，户数未知时为对象数 · households (objects where none is known); default 400 or 60",
)
@click.option(
    "--count", "counted", type=click.Choice(["household", "object"]), default=None, help="计数单位 · what is counted"
)
@click.option(
    "--smallest",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="并村线 · a village of less than this share of the target joins a neighbour",
)
@click.option("--service-class", default="", metavar="NNNNNN", help="服务对象类别 · 6 digits: give 20-digit codes too")
@_order_options
@DATABASE
def grid_make(
    target: float | None,
    counted: str | None,
    smallest: float,
    service_class: str,
    on: datetime | None,
    by: str,
    reason: str,
    database: str | None,
) -> Answer:
    """划分网格 · Make cells along streets and water, inside towns and, where large enough, inside villages."""
    from gis.run import grid as run

    if service_class and not re.fullmatch("[0-9]{6}", service_class):
        raise click.BadParameter(f"应为6位数字 · expected 6 digits, got {service_class}", param_hint="--service-class")
    with county(database) as opened, steps("网格", total=1) as progress:
        progress("grid")
        made = run.make(
            opened,
            target=target,
            counted=counted,
            smallest=smallest,
            service_class=service_class,
            order=_order(opened, on, by, reason),
        )
    unit = UNITS[made.counted]
    habit = [round(share * made.target) for share in run.HABIT]
    spread = f"最少 {made.least_load:g}，中位 {made.median_load:g}，最多 {made.largest_load:g}"
    text = (
        f"网格 {made.count} 个（按{unit}计，目标 {made.target:g}）：{spread}；{habit[0]}–{habit[1]} {unit}的占 "
        f"{made.within:.1%}；跨村社 {made.across} 个"
    )
    return Answer(asdict(made), text=text)


@grid.command("split")
@click.argument("cell")
@click.option("--parts", type=click.IntRange(2, 99), default=None, help="份数 · parts of even load along streets")
@click.option("--line", type=FILE, default=None, help="切割线 · a file with the line to cut along")
@click.option("--by-file", type=FILE, default=None, help="新网格 · a file with polygons that tile the cell")
@click.option("--crs", default=None, help="声明坐标系 · of the file, where it names none")
@click.option(
    "--tolerance",
    type=click.FloatRange(0, 50),
    default=None,
    help="容差（米） · metres: a line is led on so far (default 1), polygons may be off by so much (default 0.01)",
)
@_order_options
@DATABASE
@click.pass_context
def grid_split(
    ctx: click.Context,
    cell: str,
    parts: int | None,
    line: Path | None,
    by_file: Path | None,
    crs: str | None,
    tolerance: float | None,
    on: datetime | None,
    by: str,
    reason: str,
    database: str | None,
) -> Answer:
    """拆分 · Split CELL: into even parts (two where nothing is said), along a line, or into delivered polygons."""
    from gis.run import reshape

    if sum(each is not None for each in (parts, line, by_file)) > 1:
        raise click.UsageError(
            "--parts、--line、--by-file 只能用一个 · expected one of --parts, --line, --by-file", ctx
        )
    with county(database) as opened, steps("拆分", total=1) as progress:
        progress("grid")
        drawing = _drawn(opened, line, crs, 1.0 if tolerance is None else tolerance)
        pieces = _drawn(opened, by_file, crs, 0.01 if tolerance is None else tolerance)
        order = _order(opened, on, by, reason)
        changed = reshape.split(opened, cell, order, parts=parts, line=drawing, pieces=pieces)
    return _told("拆分", changed)


@grid.command("merge")
@click.argument("cells", nargs=-1, required=True)
@click.option(
    "--tolerance",
    type=click.FloatRange(0, 1),
    default=0.01,
    show_default=True,
    help="容差（米） · metres: gaps between the cells up to this width are closed",
)
@_order_options
@DATABASE
def grid_merge(
    cells: tuple[str, ...], tolerance: float, on: datetime | None, by: str, reason: str, database: str | None
) -> Answer:
    """合并 · Merge CELLS of one town that touch into one."""
    from gis.run import reshape

    with county(database) as opened:
        changed = reshape.merge(opened, cells, _order(opened, on, by, reason), tolerance_m=tolerance)
    return _told("合并", changed)


@grid.command("renumber")
@click.option("--village", default=None, help="村社代码 · code of a village")
@click.option("--town", default=None, help="镇街代码或名称 · town, by code or name")
@_order_options
@DATABASE
@click.pass_context
def grid_renumber(
    ctx: click.Context,
    village: str | None,
    town: str | None,
    on: datetime | None,
    by: str,
    reason: str,
    database: str | None,
) -> Answer:
    """重编 · Give the cells of a village or town new codes, west to east from north to south; shapes stay."""
    from gis.run import reshape

    if (village is None) == (town is None):
        raise click.UsageError("须写明 --village 或 --town · expected --village or --town", ctx)
    with county(database) as opened:
        changed = reshape.renumber(opened, _order(opened, on, by, reason), village=village, town=town)
    return _told("重编", changed)


@grid.command("check")
@click.option(
    "--width",
    type=click.FloatRange(0.001, 100),
    default=0.01,
    show_default=True,
    help="最小宽度（米） · metres: what is nowhere so wide is no fault",
)
@click.option(
    "--area",
    type=click.FloatRange(0),
    default=0.0,
    show_default=True,
    help="最小面积（平方米） · m²: a smaller part is no fault",
)
@click.option(
    "--length",
    type=click.FloatRange(0),
    default=0.1,
    show_default=True,
    help="最小长度（米） · metres of a line outside all cells that are told",
)
@click.option("-o", "--output", type=FILE, default=None, help="输出 · FILE.geojson, .gpkg or .csv with every fault")
@DATABASE
def grid_check(width: float, area: float, length: float, output: Path | None, database: str | None) -> Answer:
    """检查网格 · Name each gap and overlap, each feature in no or two cells, each code that does not fit."""
    from gis.run import grid_check as run

    with county(database) as opened:
        found = run.check(opened, run.Thresholds(width, area, length))
        told = run.on_the_map(found)
        if output is not None:
            _write(told, output, f"{opened.name} 网格检查 {opened.today()}")
    counts = {kind: int((told["kind"] == kind).sum()) for kind in run.KINDS if (told["kind"] == kind).any()}
    rows = told.drop(columns="geometry").to_dict("records")
    plain = [{name: value for name, value in row.items() if value is not None and value == value} for row in rows]  # noqa: PLR0124 - NaN
    faults = [row for row in plain if row["kind"] != run.BEYOND]
    lines = [" ".join(f"{name}={_short(value)}" for name, value in row.items()) for row in faults[:SHOWN]]
    listed = "，".join(f"{run.KINDS[kind]} {count}" for kind, count in counts.items() if kind != run.BEYOND)
    more = f"；其余 {len(faults) - SHOWN} 处用 -o 导出" if len(faults) > SHOWN and output is None else ""
    sentence = f"{len(faults)} 处：{listed}{more} · faults" if faults else "网格无缝隙、无重叠 · cells tile their towns"
    if run.BEYOND in counts:
        sentence += f"；所有镇街之外的要素 {counts[run.BEYOND]} 个 · features outside every town"
    facts = {"faults": faults, "counts": counts, "file": output}
    return Answer(facts, text="\n".join(lines), sentence=sentence, complete=not faults)


def _order(opened: "County", on: datetime | None, by: str, reason: str) -> "Order":
    from gis.run.cell_change import Order

    return Order(day(on) or opened.today(), by, reason)


def _drawn(opened: "County", file: Path | None, crs: str | None, tolerance_m: float) -> "Drawn | None":
    from gis.run.drawn import drawn

    return None if file is None else drawn(file, opened.srid, tolerance_m=tolerance_m, crs=crs)


def _told(word: str, changed: "Changed") -> Answer:
    """Say which cells ended and began, what each carries, what moved, and whose areas are to be planned anew."""
    lines = [f"{word}：{' '.join(changed.parents)} 于 {changed.on} 起停用"]
    lines += [
        f"  {each.code}{f'（{each.professional_code}）' if each.professional_code else ''} "
        f"{'' if each.load is None else f'{each.load:g}'} {each.area_m2 / 10_000:.2f} 公顷"
        for each in changed.children
    ]
    if changed.waiting:
        lines.append(
            f"生效日未到：{changed.on} 当天运行 wangge assign · objects move when `wangge assign` runs that day"
        )
    else:
        lines.append("对象 · objects: " + ("，".join(f"{name} {n}" for name, n in changed.objects.items()) or "无"))
    for area, worker in changed.areas:
        lines.append(f"巡查片区 {area}（网格员 {worker or '无'}）含停用网格，请重新划片 · plan the patrol areas anew")
    return Answer(asdict(changed), text="\n".join(lines))


def _write(found: "gpd.GeoDataFrame", path: Path, note: str) -> None:
    if path.suffix.lower() == ".gpkg":
        with whole(path) as part:
            found.assign(note_=note).to_file(part, driver="GPKG", layer="grid_check")
        return
    write_rows(found, path, path.suffix.lower().lstrip("."), note)


def _short(value: object) -> object:
    return f"{value:.3f}" if isinstance(value, float) else value
