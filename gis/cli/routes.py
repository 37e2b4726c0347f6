"""Routes of a day: `wangge patrol routes`."""

from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gis import layers
from gis.cli.door import DATABASE, DAY, county, day, steps
from gis.cli.say import Answer, Command
from gis.layer import Role, Use

if TYPE_CHECKING:
    from gis.run.routes import Figures

SHOWN = 20


def seconds_of(text: str) -> int:
    """Give the seconds of the day of HH:MM; ValueError where it is none."""
    hours, _, minutes = text.partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2 and int(minutes) < 60):
        raise ValueError(text)
    if int(hours) * 60 + int(minutes) > 24 * 60:
        raise ValueError(text)
    return int(hours) * 3600 + int(minutes) * 60


class Clock(click.ParamType[int]):
    """A time of day."""

    name = "HH:MM"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Give its seconds of the day."""
        try:
            return value if isinstance(value, int) else seconds_of(str(value))
        except ValueError:
            self.fail(f"时刻应为 08:30 这样 · expected a time of day as 08:30, got {value}", param, ctx)


class Hours(click.ParamType[tuple[str, tuple[int, int]]]):
    """A class of objects and when it is open."""

    name = "CLASS=HH:MM-HH:MM"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, tuple[int, int]]:
        """Give the class and its seconds of the day."""
        kind, _, span = str(value).partition("=")
        first, _, last = span.partition("-")
        try:
            opens, closes = seconds_of(first), seconds_of(last)
        except ValueError:
            opens = closes = 0
        if not kind or opens >= closes:
            self.fail(f"应为 类别=开门-关门 · expected CLASS=09:00-20:00, got {value}", param, ctx)
        return kind, (opens, closes)


@click.command("routes", cls=Command)
@click.option("--date", "on", type=DAY, required=True, help="哪一天 · day of the calendar")
@click.option("--worker", default=None, metavar="CODE", help="只做一名网格员的 · of one worker, by 工号")
@click.option("--calendar", type=click.IntRange(1), default=None, metavar="RUN", help="哪次日历 · default: the newest")
@click.option("--mode", type=click.Choice(["walk", "ebike"]), default="walk", show_default=True, help="步行或电动车")
@click.option("--start", type=Clock(), default="08:30", show_default=True, help="上班时刻 · when the shift begins")
@click.option("--hours", type=click.FloatRange(0.25, 24), default=8.0, show_default=True, help="班次小时数 · shift")
@click.option(
    "--open", "opened", type=Hours(), multiple=True, help="某类对象的营业时间（默认为假定值） · may be repeated"
)
@click.option("--early-days", type=click.IntRange(0, 31), default=3, show_default=True, help="可提前几天 · 0: none")
@click.option(
    "--early-metres", type=click.FloatRange(0), default=150.0, show_default=True, help="为一次提前检查最多绕行 · detour"
)
@click.option(
    "--apart", type=click.FloatRange(0.05, 100), default=10.0, show_default=True, help="同一停靠点的门距（米）"
)
@click.option(
    "--starts",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=None,
    metavar="FILE.csv",
    help="起讫点：工号、经度、纬度，缺省片区中心 · where each begins and ends; default: the middle of the area",
)
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=7, show_default=True, help="随机种子 · seed")
@click.option("--steps", "count", type=click.IntRange(1, 10_000_000), default=None, help="每条路线的搜索步数 · steps")
@click.option("--seconds", type=click.FloatRange(0.01, 86_400), default=None, help="每条约多少秒（换算成步数）")
@click.option(
    "--to", "folder", type=click.Path(path_type=Path, file_okay=False), default=None, metavar="DIR", help="GPX XLSX PDF"
)
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.WORKER.value,
    show_default=True,
    help="路线单给谁看 · for whom: others get masked addresses",
)
@DATABASE
def patrol_routes(
    on: datetime,
    worker: str | None,
    calendar: int | None,
    mode: str,
    start: int,
    hours: float,
    opened: tuple[tuple[str, tuple[int, int]], ...],
    early_days: int,
    early_metres: float,
    apart: float,
    starts: Path | None,
    seed: int,
    count: int | None,
    seconds: float | None,
    folder: Path | None,
    role: str,
    database: str | None,
) -> Answer:
    """巡查路线 · Order each worker's visits of a day along the streets, with times; sheets, lists and GPX with --to."""
    from gis.run import route_files as files
    from gis.run import routes as run
    from gis.run.route_days import How

    if count is not None and seconds is not None:
        raise click.UsageError("--steps 与 --seconds 只能给一个 · give --steps or --seconds, not both")
    if start + hours * 3600 > 24 * 3600:
        raise click.UsageError(f"--hours {hours:g}: 班次须在当日结束 · expected a shift that ends on its day")
    how = How(mode, start, hours, dict(opened), early_days, worth_m=early_metres, apart_m=apart)
    how = replace(how, steps=count or how.steps, seconds=seconds)
    which = day(on)
    if which is None:
        raise click.UsageError("--date")
    with county(database) as here, steps("路线", total=None) as progress:
        progress("routes")
        made = run.routes(
            here, which, worker=worker, calendar=calendar, how=how, starts_in=starts, seed=seed, role=Role(role)
        )
        written = files.write(here, made, folder, progress) if folder is not None else ()
    lines = [*_lines(made.figures), *([f"文件 · files: {len(written)} → {folder}"] if folder else [])]
    return Answer(asdict(made.figures) | {"files": list(written)}, text="\n".join(lines))


def _lines(made: "Figures") -> list[str]:
    starts = layers.one(Use.ROUTE).field("start_from").titles
    why = layers.one(Use.ROUTE_STOP).field("outcome").titles
    begun = "，".join(f"{starts[kind]} {number}" for kind, number in made.starts.items())
    kept = f"已排 {made.made}，时间不够 {made.no_time}，无路可达 {made.unreachable}，缺专长 {made.no_skill}"
    lines = [
        f"{made.day} 路线 {made.routes} 条，停靠 {made.stops} 处（日历 {made.calendar}，运算 {made.run}）",
        f"当日检查 {made.planned}（分母）：{kept}；另提前 {made.early}",
        f"路程 {made.length_m / 1000:,.1f} km，下界 {made.bound_m / 1000:,.1f} km，差距至多 {made.gap_pct:.1f}%",
        f"最长一条 {made.longest_min:,.0f} 分钟；起讫点：{begun}；每次用时、步速为假定值 · times are assumed",
    ]
    if made.assumed_open:
        lines.append(f"按假定营业时间安排的类别 · held to assumed opening hours: {'、'.join(made.assumed_open)}")
    if made.without_worker:
        lines.append(f"没有指名网格员的路线 · routes nobody is named for: {made.without_worker}")
    if made.due_left:
        lines.append(f"未排入且当日到期或已逾期 · left out though due: {made.due_left}")
    lines += [
        f"  未排 {each.worker} {each.layer} {each.key}（到期 {each.due_on or '—'}）：{why[each.why]}"
        for each in made.left[:SHOWN]
    ]
    if len(made.left) > SHOWN:
        lines.append(f"  …… 共 {len(made.left)} 项，全部在图层 route_stop 里 · all are in the layer route_stop")
    return lines
