"""Rules, cells, areas and pipes: `wangge law | synth | grid | assign | patrol | pipes`."""

from dataclasses import asdict
from pathlib import Path

import click

from gis.cli.door import DATABASE, county, steps
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


@click.group(cls=Group)
def synth() -> None:
    """合成数据 · Invented data, always labelled."""


@synth.command("fill")
@SEED
@click.option("--workers", type=click.IntRange(1, 5000), default=40, show_default=True, help="网格员数 · workers")
@DATABASE
def synth_fill(seed: int, workers: int, database: str | None) -> Answer:
    """补全 · Invent what the place lacks: grades, users, stations, workers, checks."""
    from gis.run.fill import fill

    with county(database) as opened, steps("合成", total=5) as progress:
        filled = fill(opened, seed=seed, workers=workers, progress=progress)
    stored = {name: outcome.stored for name, outcome in filled.outcomes.items()}
    checks = filled.checks.recorded if filled.checks is not None else 0
    told = "，".join(f"{name} {count}" for name, count in stored.items()) or "无"
    return Answer({"stored": stored, "checks": checks}, text=f"合成（虚构）：{told}；检查记录 {checks}")


@click.group(cls=Group)
def grid() -> None:
    """网格 · Grid cells."""


@grid.command("make")
@click.option("--target", type=click.FloatRange(1, 100_000), default=60.0, show_default=True, help="每格对象数 · load")
@click.option("--code-scheme", default="local", show_default=True, help="编码体系 · code scheme")
@DATABASE
def grid_make(target: float, code_scheme: str, database: str | None) -> Answer:
    """划分网格 · Make cells along streets, water and town lines."""
    from gis.run import grid as run

    with county(database) as opened, steps("网格", total=1) as progress:
        progress("grid")
        made = run.make(opened, target=target, code_scheme=code_scheme)
    text = f"网格 {made.count} 个，对象数中位 {made.median_load:g}（目标 {target:g}），最大 {made.largest_load:g}"
    return Answer(asdict(made), text=text)


@grid.command("check")
@DATABASE
def grid_check(database: str | None) -> Answer:
    """检查网格 · Name each gap and overlap of the cells wider than 1 cm."""
    from gis.run import grid as run

    with county(database) as opened:
        found = run.check(opened)
    rows = found.drop(columns=[name for name in found.columns if name == "geometry"]).to_dict("records")
    lines = [" ".join(f"{name}={value}" for name, value in row.items()) for row in rows[:SHOWN]]
    sentence = f"缝隙或重叠 {len(rows)} 处 · faults" if rows else "网格无缝隙、无重叠 · cells tile their towns"
    return Answer({"faults": rows}, text="\n".join(lines), sentence=sentence, complete=not rows)


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


@click.group(cls=Group)
def pipes() -> None:
    """瓶改管 · Pipe plans."""


@pipes.command("plan")
@click.option("--budget", type=click.FloatRange(0), default=None, metavar="YUAN", help="预算（元） · budget")
@click.option(
    "--steps", "at_most", type=click.IntRange(1), default=60, show_default=True, help="搜索步数 · steps of the search"
)
@click.option("--seconds", type=click.FloatRange(0), default=None, help="秒数上限 · stop after so many seconds")
@SEED
@DATABASE
def pipes_plan(budget: float | None, at_most: int, seconds: float | None, seed: int, database: str | None) -> Answer:
    """管线方案 · Choose streets to lay pipe on, from live roots to bottled users, with a proof."""
    from gis.run import pipes as run

    with county(database) as opened, steps("瓶改管", total=1) as progress:
        progress("pipes")
        made = run.plan(opened, budget=budget, seed=seed, steps=at_most, seconds=seconds)
    worth = f"管长 {made.length_m / 1000:.1f} km；造价 {made.cost:,.0f} 元（单价未核实）"
    lines = [
        f"接入 {made.users} / {made.candidates} 户；{worth}",
        f"目标 {made.objective:,.0f}，下界 {made.bound:,.0f}，差距 {made.gap_pct:.2f}%",
        "，".join(f"{reason} {count}" for reason, count in sorted(made.reasons.items())),
    ]
    return Answer(asdict(made), text="\n".join(lines))
