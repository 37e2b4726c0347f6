"""Rules, places, areas and pipes: `wangge law | assign | patrol | pipes`."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from gis.cli.door import DATABASE, DAY, county, day, steps, whole
from gis.cli.say import Answer, Command, Group

SEED = click.option("--seed", type=int, default=7, show_default=True, help="随机种子 · seed")
SHOWN = 20


@click.group(cls=Group)
def law() -> None:
    """规则 · The law as data."""


@law.command("apply")
@click.option("--rules", type=click.Path(path_type=Path), default=None, help="本县规则 · a county's own file, TOML")
@click.option("--withdraw", is_flag=True, help="允许撤回 · let stored versions that are no longer said end")
@DATABASE
def law_apply(rules: Path | None, withdraw: bool, database: str | None) -> Answer:
    """应用规则 · Copy the rules into versions with periods; a changed rule is withdrawn and written anew."""
    from gis import law as statutes
    from gis.work.rules import apply

    with county(database) as opened:
        applied = apply(opened, statutes.rules(rules), withdraw=withdraw or rules is not None)
    text = (
        f"规则：新增 {applied.written}，撤回 {applied.withdrawn}，未变 {applied.unchanged}，未核实 {applied.unverified}"
    )
    return Answer(asdict(applied), text=f"{text}；法域 {' → '.join(applied.chain)}")


@click.command(cls=Command)
@DATABASE
def assign(database: str | None) -> Answer:
    """归格 · Place every object in its town, village and cell; what lies outside is listed."""
    from gis.run import grid as run

    with county(database) as opened, steps("归格", total=1) as progress:
        progress("assign")
        found = run.assign(opened)
    lines = []
    for name, total in found.total.items():
        outside = found.outside_towns[name]
        listed = f"：{', '.join(outside[:SHOWN])}{' ……' if len(outside) > SHOWN else ''}" if outside else ""
        lines.append(
            f"{name}: 共 {total}，入格 {found.in_cell[name]}，移动 {found.moved[name]}，区外 {len(outside)}{listed}"
        )
    return Answer(asdict(found), text="\n".join(lines))


@click.group(cls=Group)
def patrol() -> None:
    """巡查 · Patrols."""


@patrol.command("areas")
@click.option("--workers", type=click.IntRange(1, 5000), required=True, help="网格员数 · workers")
@SEED
@DATABASE
def patrol_areas(workers: int, seed: int, database: str | None) -> Answer:
    """巡查片区 · Join whole cells into one contiguous area per worker."""
    from gis.run import patrol as run

    with county(database) as opened, steps("片区", total=1) as progress:
        progress("patrol")
        made = run.areas(opened, workers=workers, seed=seed)
    even = f"最大/平均 {made.max_over_mean:.3f}（下界 {made.bound:.3f}）"
    text = f"片区 {made.workers} 个，{even}，多余块 {made.extra_pieces}"
    lines = [text, *(f"镇街飞地：{name} {area_m2 / 10_000:.2f} 公顷" for name, area_m2 in made.exclaves)]
    if made.without_worker:
        lines.append(f"网格员登记不足，无人负责的片区 · areas nobody is named for: {made.without_worker}")
    if made.empty:
        lines.append(f"没有网格的片区 · areas without cells: {len(made.empty)}")
    return Answer(asdict(made), text="\n".join(lines))


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


@click.group(cls=Group)
def pipes() -> None:
    """瓶改管 · Pipe plans."""


@pipes.command("plan")
@click.option("--budget", type=click.FloatRange(0), default=None, metavar="YUAN", help="预算（元） · budget")
@SEED
@DATABASE
def pipes_plan(budget: float | None, seed: int, database: str | None) -> Answer:
    """管线方案 · Choose streets to lay pipe on, from live roots to bottled users, with a proof."""
    from gis.run import pipes as run

    with county(database) as opened, steps("瓶改管", total=1) as progress:
        progress("pipes")
        made = run.plan(opened, budget=budget, seed=seed)
    worth = f"管长 {made.length_m / 1000:.1f} km；造价 {made.cost:,.0f} 元（单价未核实）"
    lines = [
        f"接入 {made.users} / {made.candidates} 户；{worth}",
        f"目标 {made.objective:,.0f}，下界 {made.bound:,.0f}，差距 {made.gap_pct:.2f}%",
        "，".join(f"{reason} {count}" for reason, count in sorted(made.reasons.items())),
    ]
    return Answer(asdict(made), text="\n".join(lines))
