"""Outages of the gas network: `wangge pipes outage`."""

from datetime import datetime
from pathlib import Path

import click

from gis.cli.door import DATABASE, county, steps, whole
from gis.cli.export import ROLE
from gis.cli.say import Answer, Command
from gis.errors import some
from gis.layer import Role

START = click.DateTime(formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"])
SHOWN = 10


@click.command("outage", cls=Command)
@click.argument("pipe", required=False, metavar="[PIPE_CODE]")
@click.option("--at", default=None, metavar="LON,LAT", help="经纬度 · the live pipe nearest to this place, EPSG:4326")
@click.option("--hours", type=click.FloatRange(0), default=None, help="提前小时数 · notice; default: what the law says")
@click.option("--start", type=START, default=None, help="停气时间 · when gas is cut, such as 2026-12-01T08:00")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=None, help="通知名单 · FILE.xlsx")
@ROLE
@DATABASE
def outage(
    pipe: str | None,
    at: str | None,
    hours: float | None,
    start: datetime | None,
    output: Path | None,
    roles: tuple[str, ...],
    database: str | None,
) -> Answer:
    """停气 · Which valves to close for a gas pipe, which users lose gas, and the list of whom to notify."""
    from gis import layers
    from gis.run import outage as run

    if (pipe is None) == (at is None):
        raise click.UsageError("请给管线编号或 --at 之一 · expected either PIPE_CODE or --at")
    if output is not None and output.suffix.lower() != ".xlsx":
        raise click.BadParameter(f"expected a name that ends in .xlsx, got {output.name}", param_hint="--output")
    asked = run.Asked(pipe, _place(at), hours, start, frozenset(map(Role, roles)))
    with county(database) as opened, steps("停气", total=1) as progress:
        progress("outage")
        found = run.trace(opened, asked)
        if output is not None:
            with whole(output) as part:
                part.write_bytes(run.notice(found, str(pipe or at), day=opened.today()))
    titles = {
        choice.value: choice.title
        for layer in layers.every()
        if layer.demands is not None
        for choice in layer.field(layer.demands.by).choices
    }
    codes = [str(code) for code in found.close["设施编号"]]
    kinds = "，".join(f"{titles.get(kind, kind)} {count}" for kind, count in sorted(found.kinds.items()))
    rule = f"（{found.rule}{'' if found.verified else '，未核实'}）" if found.rule else ""
    lines = [
        f"关闭 {len(codes)} 处：{some(codes, SHOWN)}",
        f"停气管线 {len(found.pipes)} 条 {found.length_m / 1000:.2f} km；停气 {len(found.users)} 户"
        + (f"（{kinds}）" if kinds else ""),
        f"提前 {found.hours:g} 小时通知{rule}"
        + (f"，最迟 {found.notify_by:%Y-%m-%d %H:%M}" if found.notify_by else ""),
        f"管道用户 {found.piped}：{found.untied} 户附近没有管线，{found.unfed} 户所在管线没有气源，不在推算之内",
    ]
    facts = {
        "close": found.close.to_dict("records"),
        "spare": found.spare.to_dict("records"),
        "pipes": list(found.pipes),
        "length_m": found.length_m,
        "users": len(found.users),
        "kinds": found.kinds,
        "piped": found.piped,
        "untied": found.untied,
        "unfed": found.unfed,
        "unplaced": found.unplaced,
        "hours": found.hours,
        "verified": found.verified,
        "notify_by": found.notify_by.isoformat() if found.notify_by else None,
        "invented": found.invented,
        "file": output,
    }
    return Answer(facts, text="\n".join(lines + ["含合成数据"] * found.invented))


def _place(given: str | None) -> tuple[float, float] | None:
    if given is None:
        return None
    try:
        lon, lat = (float(part) for part in given.split(","))
    except ValueError:
        raise click.BadParameter(f"expected LON,LAT in degrees, got {given}", param_hint="--at") from None
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise click.BadParameter(f"expected LON,LAT in degrees, got {given}", param_hint="--at")
    return lon, lat
