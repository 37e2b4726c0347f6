"""Where pipe goes next (瓶改管): `wangge pipes plan | frontier | explain`."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gis.cli.door import DATABASE, Ending, Progress, county, ending, steps, whole
from gis.cli.say import Answer, Group
from gis.layer import PRESSURES

if TYPE_CHECKING:
    from gis.run.pipe_pace import Watch
    from gis.run.pipes import Pipes

Decorated = Callable[..., Any]
STEPS = click.option(
    "--steps", type=click.IntRange(0), default=60, show_default=True, help="搜索步数 · steps of the search"
)
SEED = click.option("--seed", type=int, default=7, show_default=True, help="随机种子 · seed")
ROOTS = {
    "spare": "有余量，可接",
    "spare_unknown": "余量不明，按可接计",
    "capacity": "没有余量",
    "inlet": "进口侧管线，余量不明，按可接计",
    "pressure": "压力级制不符",
}
FILE = click.Path(dir_okay=False, path_type=Path)
OPTIONS = (
    click.option("--area", default=None, metavar="TOWN", help="只接一个镇街的用户 · users of one town alone"),
    click.option("--rules", type=FILE, default=None, help="另一套单价与效益，TOML · prices and prizes of a file"),
    click.option(
        "--pressure",
        type=click.Choice([each.value for each in PRESSURES]),
        default=None,
        help="按此压力级制供气，缺省取可接的最高中低压级制 · the pressure class that gas is taken at",
    ),
    click.option(
        "--stable-from", default=None, metavar="RUN", help="沿用此方案已建的管线与用户 · keep what a run laid"
    ),
    click.option("--built", type=click.IntRange(1), default=None, help="该方案已建到第几期 · phases of it that stand"),
    STEPS,
    SEED,
    DATABASE,
)


def asked(command: Decorated) -> Decorated:
    """Give a command the options of every plan."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@click.group(cls=Group)
def pipes() -> None:
    """瓶改管 · Pipe plans."""


@pipes.command("plan")
@click.option("--budget", type=click.FloatRange(0), default=None, metavar="YUAN", help="预算（元） · budget")
@click.option("--phases", type=click.IntRange(1), default=1, show_default=True, help="分期数 · phases of equal money")
@click.option(
    "--seconds", type=click.FloatRange(0), default=None, help="约多少秒后停止搜索 · stop searching after about so long"
)
@click.option(
    "--rounds",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="方案与管径相互调整的轮数 · rounds in which plan and sizes are made to agree",
)
@asked
def pipes_plan(budget: float | None, seed: int, database: str | None, **how: Any) -> Answer:  # options of `How`
    """管线方案 · Choose streets to lay pipe on, from live roots to bottled users, with a proof."""
    from gis.run import pipes as run
    from gis.run.made_up import behind_pipes, labels

    _refuse(how)
    with county(database) as opened, steps("瓶改管") as progress, ending() as end:
        made = run.plan(opened, budget=budget, seed=seed, how=run.How(**how), watch=_watch(progress, end))
        with opened.reading() as connection:
            invented = behind_pipes(connection, opened)
    facts = asdict(made) | {"unverified": made.unverified, "invented": list(invented)}
    return Answer(facts, text="\n".join([*_told(made, how["phases"]), *labels(invented)]))


def _watch(progress: Progress, end: Ending) -> "Watch":
    """Give who hears of a plan's progress and may end it; its phases are ended on their own, storing is not."""
    from gis.run.pipe_pace import LAST, Watch

    def begin(name: str) -> None:
        end.closed = name == LAST
        if name == "phases":
            end.anew()
        progress(name)

    return Watch(begin, end)


def _refuse(how: Mapping[str, Any]) -> None:
    if how["built"] is not None and how["stable_from"] is None:
        raise click.UsageError("--built 需要 --stable-from · --built tells how far a run is built: name it, too")


def _told(made: "Pipes", phases: int) -> list[str]:
    from gis import layers
    from gis.layer import Use

    users = f"接入 {made.users} / {made.candidates} 户，减少存瓶 {made.mass_kg:,.0f} kg"
    lines = [
        f"方案 {made.run}：{users}；新管 {made.length_m / 1000:.1f} km；造价 {made.cost:,.0f} 元（单价未核实）",
        f"目标 {made.objective:,.0f}，下界 {made.bound:,.0f}，差距 {made.gap_pct:.2f}%",
    ]
    if made.lowest_pa is not None and made.checked_pa is not None:
        lines.append(
            f"管径增加造价 {made.size_cost:,.0f} 元；末端最低压力 {made.lowest_pa:,.0f} Pa，pandapipes 复核 "
            f"{made.checked_pa:,.0f} Pa（要求 {made.least_pa:,.0f} 以上，未核实）"
        )
    if made.budget is not None and made.most > 0:
        lines.append(f"效益 {made.won:,.0f}，上界 {made.most:,.0f}，{100 * made.won / made.most:.1f}%")
    lines += [
        f"第 {place} 期：累计造价 {each['cost']:,.0f}，{each['users']} 户，为同预算上界的 {100 * each['ratio']:.1f}%"
        for place, each in enumerate(made.phases, start=1)
    ]
    if made.ended:
        again = f"不用 --seconds，加 --steps {made.steps} --rounds {made.rounds}"
        undone = "；未分期 · not phased" if phases > 1 and not made.phases else ""
        lines.append(f"提前结束 · ended early{undone}；重做同一方案：{again}{'，不用 --phases' if undone else ''}")
    titles = layers.one(Use.CONNECTION_PLAN).field("reason").titles
    lines.append("，".join(f"{titles.get(reason, reason)} {count}" for reason, count in sorted(made.reasons.items())))
    level = {each.value: each.title for each in PRESSURES}[made.pressure]
    lines.append(
        f"{level}供气，调压设施："
        + "，".join(f"{ROOTS.get(why, why)} {n}" for why, n in sorted(made.left_roots.items()))
    )
    return [*lines, f"所用规则 {len(made.rules)} 条，其中未核实 {made.unverified} 条"]


@pipes.command("frontier")
@click.option("--points", type=click.IntRange(2, 100), default=8, show_default=True, help="预算点数 · budgets")
@click.option("--xlsx", type=FILE, default=None, help="写出表格 · write the table")
@click.option("--figure", type=FILE, default=None, help="写出图，.png 或 .svg · write the figure")
@asked
def pipes_frontier(
    points: int,
    xlsx: Path | None,
    figure: Path | None,
    seed: int,
    database: str | None,
    **how: Any,  # options of `How`
) -> Answer:
    """投入产出 · What more money would win: cost, users, and prizes with their upper bound, for rising budgets."""
    from gis.report import frontier as report
    from gis.report.workbook import Sheet, workbook
    from gis.run.pipe_frontier import curve
    from gis.run.pipes import How

    _refuse(how)
    form = report.form_of(figure, ("png", "svg")) if figure is not None else ""
    if xlsx is not None:
        report.form_of(xlsx, ("xlsx",))
    with county(database) as opened, steps("投入产出") as progress, ending() as end:
        found = curve(opened, points=points, seed=seed, how=How(**how), watch=_watch(progress, end))
        missing = "（提前结束，缺较小的预算）" if found.ended else ""
        title, today = f"{opened.name} 瓶改管 投入与效益{missing}", opened.today()
    shown = report.listed(found.rows)
    if xlsx is not None:
        above = (title, "单价与效益未核实", *(("合成数据（虚构）",) if found.invented else ()))
        with whole(xlsx) as part:
            part.write_bytes(workbook([Sheet("投入与效益", shown, above)], day=today))
    if figure is not None:
        with whole(figure) as part:
            part.write_bytes(report.figure(found.rows, title, form, invented=found.invented))
    lines = ["\t".join(shown.columns)]
    lines += ["\t".join(f"{value:,.4g}" if value < 2 else f"{value:,.0f}" for value in row) for row in shown.to_numpy()]
    if found.ended:
        lines.append("提前结束，缺较小的预算 · ended early: the smaller budgets are missing")
    return Answer(
        {"run": found.run, "points": found.rows.to_dict("records"), "ended": found.ended}, text="\n".join(lines)
    )


@pipes.command("explain")
@click.argument("user")
@click.option("--run", "number", default=None, help="方案编号，默认最新 · which plan, the newest where none is named")
@DATABASE
def pipes_explain(user: str, number: str | None, database: str | None) -> Answer:
    """为何接入或不接 · Why a user is in or out, and what would bring the user in."""
    from gis.run.pipe_explain import explain

    with county(database) as opened:
        why = explain(opened, user, number)
    facts = dict(why.row) | {
        "run": why.run,
        "sentence": why.sentence,
        "budget": why.budget,
        "exchange": why.exchange,
        "lacks": why.lacks,
        "rules": why.rules,
    }
    return Answer(facts, text="\n".join(why.lines()))
