"""Risers moved outdoors (内改外): `wangge risers plan | progress`."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gis.cli.door import DATABASE, county, steps, whole
from gis.cli.say import Answer, Group

if TYPE_CHECKING:
    from gis.run.riser_progress import Progress
    from gis.run.risers import Risers

SHOWN = 10


@click.group(cls=Group)
def risers() -> None:
    """内改外 · Risers moved outdoors."""


@risers.command("plan")
@click.option("--budget", type=click.FloatRange(0, 1e12), required=True, metavar="YUAN", help="预算（元） · budget")
@click.option("--phases", type=click.IntRange(1, 20), default=1, show_default=True, help="分期，每期预算相等 · phases")
@click.option("--whole", "entire", is_flag=True, help="小区整体改造或不改 · a compound as a whole, or not at all")
@click.option("--signed-only", is_flag=True, help="只改已签约的楼栋 · leave buildings whose households have not signed")
@click.option("--steps", "nodes", type=click.IntRange(1, 10_000_000), default=None, help="搜索步数 · nodes of a search")
@click.option(
    "--seconds", type=click.FloatRange(0.1, 86_400), default=None, help="约多少秒（换算成步数） · sets the steps"
)
@click.option("--xlsx", type=click.Path(path_type=Path), default=None, help="清单工作簿 · FILE.xlsx of the lists")
@DATABASE
def risers_plan(
    budget: float,
    phases: int,
    entire: bool,
    signed_only: bool,
    nodes: int | None,
    seconds: float | None,
    xlsx: Path | None,
    database: str | None,
) -> Answer:
    """内改外方案 · Choose whose risers move outdoors for the money there is, by phase, with a bound on any choice."""
    from gis.run import risers as run
    from gis.run.riser_book import book

    if nodes is not None and seconds is not None:
        raise click.UsageError("--steps 与 --seconds 只能给一个 · give --steps or --seconds, not both")
    if xlsx is not None and xlsx.suffix.lower() != ".xlsx":
        raise click.UsageError(f"--xlsx {xlsx}: 需要 .xlsx 文件 · expected a file that ends in .xlsx")
    searched = nodes or (run.nodes_in(seconds) if seconds is not None else run.How().nodes)
    with county(database) as opened, steps("内改外", total=1) as progress:
        progress("risers")
        how = run.How(phases=phases, nodes=searched, whole=entire, signed_only=signed_only)
        made = run.plan(opened, budget=budget, how=how)
        if xlsx is not None:
            with whole(xlsx) as part:
                part.write_bytes(book(opened, str(made.run)))
    return Answer(asdict(made) | {"file": xlsx}, text="\n".join(_lines(made, xlsx)))


def _lines(made: "Risers", xlsx: Path | None) -> Iterator[str]:
    from gis import layers
    from gis.layer import Use

    outcome = layers.one(Use.RISER_PLAN).field("outcome")
    yield f"列入 {made.buildings} 栋 {made.households} 户，{made.compounds} 个小区；造价 {made.cost:,} 元（单价未核实）"
    proof = "已证明最优" if made.proved else f"任何同预算的组合至多高 {made.gap_pct:.2f}%"
    yield f"效益 {made.prize:,} 元，上界 {made.bound:,} 元，{proof}"
    for each in made.phases if len(made.phases) > 1 else ():
        yield (
            f"至第 {each.phase} 期：{each.buildings} 栋 {each.households} 户，"
            f"造价 {each.cost:,} / {each.allowed:,} 元，距上界 {each.gap_pct:.2f}%"
        )
    titles = outcome.titles
    yield "，".join(f"{titles[name]} {count}" for name, count in made.outcomes.items())
    for name, count in made.blocked.items():
        yield f"  {titles[name]}：{count} 户"
    yield f"数据由推算补足的楼栋 {made.estimated}；含合成数据的楼栋 {made.invented}；未核实的规则 {made.unverified}"
    if xlsx is not None:
        yield str(xlsx)


@risers.command("progress")
@click.argument("run", required=False)
@DATABASE
def risers_progress(run: str | None, database: str | None) -> Answer:
    """进度 · Tell what of a plan (RUN; default: the newest) the ledger shows as done now, and what keeps the rest."""
    from gis.run.riser_progress import progress as told

    with county(database) as opened:
        found = told(opened, run)
    return Answer(asdict(found), text="\n".join(_told(found)))


def _told(found: "Progress") -> Iterator[str]:
    yield f"运算 {found.run}（{found.planned_on}）：计划 {found.buildings} 栋，已完成 {found.done} 栋"
    for each in found.phases:
        yield (
            f"第 {each.phase} 期：{each.done} / {each.buildings} 栋，{each.done_households} / {each.households} 户，"
            f"楼栋造价 {each.done_cost:,.0f} / {each.cost:,.0f} 元"
        )
    yield f"计划外完成 {found.elsewhere} 栋；计划内现已受阻 {len(found.stuck)} 栋"
    for stuck in found.stuck[:SHOWN]:
        yield f"  {stuck.code} {stuck.compound or ''} {stuck.name or ''}：{stuck.reason}"
