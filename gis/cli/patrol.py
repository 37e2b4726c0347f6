"""Patrols: `wangge patrol areas | staffing`, and the commands of other files."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gis.cli.calendar import patrol_calendar
from gis.cli.door import DATABASE, DAY, county, day, steps, whole
from gis.cli.duty import adopt, duty, leave
from gis.cli.routes import patrol_routes
from gis.cli.say import Answer, Group
from gis.cli.supervision import supervision
from gis.cli.workers import Workers, skills_unknown
from gis.errors import some

if TYPE_CHECKING:
    from gis.run.patrol import Patrol

SHOWN = 20


class Minutes(click.ParamType[tuple[str, float]]):
    """A kind of visit and its minutes."""

    name = "KIND=MIN"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float]:
        """Give the kind and the minutes."""
        kind, _, text = str(value).partition("=")
        try:
            minutes = float(text)
        except ValueError:
            minutes = -1.0
        if not 0 <= minutes <= 1440:
            self.fail(f"expected KIND=MINUTES with 0 to 1440 minutes, got {value}", param, ctx)
        return kind, minutes


@click.group(cls=Group)
def patrol() -> None:
    """巡查 · Patrols."""


@patrol.command("areas")
@click.option("--workers", type=Workers(), required=True, help="网格员数，或名单 CSV · workers, or a file of them")
@click.option("--keep-cells", is_flag=True, help="不拆网格 · keep cells whole")
@click.option(
    "--respect",
    type=click.Choice(["none", "town", "village"]),
    default="none",
    show_default=True,
    help="town：不跨镇街；village：一人能查的村也不拆 · areas stay inside towns; villages stay whole",
)
@click.option(
    "--stable-from", default=None, metavar="RUN", help="在某次运算的片区上少改 · change little of a run's areas"
)
@click.option(
    "--minutes", type=Minutes(), multiple=True, help="某种检查每次分钟数 · minutes of a visit, e.g. home_check=12"
)
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=7, show_default=True, help="随机种子 · seed")
@click.option(
    "--steps", "count", type=click.IntRange(1, 1_000_000), default=None, help="搜索步数 · steps of the search"
)
@click.option(
    "--seconds", type=click.FloatRange(0.1, 86_400), default=None, help="约多少秒（换算成步数） · sets the steps"
)
@click.option("--from", "first", type=DAY, default=None, help="自该日启用；不给则只是方案 · in force from this day on")
@DATABASE
def patrol_areas(
    workers: int | Path,
    keep_cells: bool,
    respect: str,
    stable_from: str | None,
    minutes: tuple[tuple[str, float], ...],
    seed: int,
    count: int | None,
    seconds: float | None,
    first: datetime | None,
    database: str | None,
) -> Answer:
    """巡查片区 · Divide the work among workers: even, compact, contiguous areas."""
    from gis.run import patrol as run
    from gis.run.division import Respect

    if count is not None and seconds is not None:
        raise click.UsageError("--steps 与 --seconds 只能给一个 · give --steps or --seconds, not both")
    how = run.How(
        keep_cells=keep_cells,
        respect=Respect(respect),
        stable_from=stable_from,
        steps=count,
        seconds=seconds,
        minutes=dict(minutes),
        from_on=day(first),
    )
    with county(database) as opened, steps("片区", total=1) as progress:
        progress("patrol")
        made = run.areas(opened, workers=workers, seed=seed, how=how)
    lines = _lines(made, stable=stable_from is not None)
    lines.append(
        f"自 {how.from_on} 启用 · in force from {how.from_on}"
        if how.from_on is not None
        else f"尚未启用 · proposed only: `wangge patrol adopt {made.run} --from D`"
    )
    return Answer(asdict(made) | {"from_on": how.from_on}, text="\n".join(lines))


def _lines(made: "Patrol", *, stable: bool) -> list[str]:
    even = f"最大/平均 {made.max_over_mean:.3f}，最小/平均 {made.min_over_mean:.3f}（下界 {made.bound:.3f}）"
    hours = made.total_load / 60 / max(made.workers, 1)
    lines = [
        f"片区 {made.workers} 个，{even}，多余块 {made.extra_pieces}",
        f"工作单元 {made.units} 个，最重者为人均的 {made.heaviest_unit:.1%}",
        f"人均 {hours:,.0f} 小时/年 · hours a year each（每次用时为假定值 · minutes of a visit are assumed）",
        f"运算 {made.run}，步数 {made.steps}，离片区中心均方根距离 {made.rms_m:,.0f} m",
        *(f"镇街飞地：{name} {area_m2 / 10_000:.2f} 公顷" for name, area_m2 in made.exclaves),
    ]
    if made.joined:
        lines.append(f"无路相通、并入最近片区的网格 · joined from afar: {some(made.joined, SHOWN)}")
    if made.without_worker:
        lines.append(f"网格员登记不足，无人负责的片区 · areas nobody is named for: {made.without_worker}")
    lines += skills_unknown(made.skills_unknown, SHOWN)
    if made.lacking:
        minutes = sum(each.minutes for each in made.lacking)
        lines.append(f"专长不足的工作 · work whose worker lacks the skill: {minutes:,.0f} 分钟")
        lines += [f"  {each.worker} {each.skill} {each.minutes:,.0f} 分钟" for each in made.lacking[:SHOWN]]
    if made.empty:
        lines.append(f"没有工作的片区 · areas without work: {len(made.empty)}")
    if made.outside or made.without_rule:
        lines.append(
            f"不在任何网格内 · in no cell: {made.outside}；无规则、不计工时 · without a rule: {made.without_rule}"
        )
    if stable:
        lines.append(f"换手的工作单元 · units that changed hands: {len(made.moved)} / {made.units}")
        lines += [
            f"  {each.cell} {each.minutes:,.0f} 分钟：{each.before or '—'} → {each.after}（{each.why}）"
            for each in made.moved[:SHOWN]
        ]
    return lines


@patrol.command("staffing")
@click.option(
    "--rules",
    "given",
    multiple=True,
    type=click.Path(path_type=Path),
    help="拟发布的规则，可多次 · rules to compare, TOML; may be given again",
)
@click.option(
    "--from", "first", type=DAY, default=None, help="起始月内任一日 · a day in the first month; default: today"
)
@click.option("--months", type=click.IntRange(1, 60), default=12, show_default=True, help="月数 · months")
@click.option("--day-minutes", type=click.FloatRange(1, 1440), default=480.0, show_default=True, help="每日分钟")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=None, help="按镇街、月、类别的明细 · FILE.csv")
@DATABASE
def patrol_staffing(
    given: tuple[Path, ...],
    first: datetime | None,
    months: int,
    day_minutes: float,
    output: Path | None,
    database: str | None,
) -> Answer:
    """人力测算 · Visits and person-days by town, month and kind, under one or several sets of rules side by side."""
    from gis.run import staffing as run
    from gis.store.county import now

    with county(database) as opened, steps("人力", total=1) as progress:
        progress("unchecked")
        start = day(first) or opened.today()
        period = run.Period(start, months=months, day_minutes=day_minutes)
        found = run.staffing(opened, run.rule_sets(given), period, now=now())
    if output is not None:
        with whole(output) as part:
            part.write_text(found.table(opened.name), encoding="utf-8-sig")
    return Answer(found.facts() | {"file": output}, text=found.told())


for each in (adopt, duty, leave, supervision, patrol_calendar, patrol_routes):
    patrol.add_command(each)
