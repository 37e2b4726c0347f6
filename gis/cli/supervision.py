"""Supervision: `wangge patrol supervision`."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gis.cli.door import DATABASE, DAY, county, day, steps, whole
from gis.cli.say import Answer, Command
from gis.cli.workers import Workers

if TYPE_CHECKING:
    from gis.report.workbook import Sheet
    from gis.run.supervision import Supervision


@click.command("supervision", cls=Command)
@click.option("--groups", type=Workers(), required=True, help="督导组数，或名单 CSV（督导组,镇街） · groups, or a file")
@click.option("--rounds", type=click.IntRange(1, 60), required=True, help="轮数 · rounds")
@click.option("--from", "first", type=DAY, default=None, help="首轮首日 · first day; default: today")
@click.option("--days", type=click.IntRange(1, 366), default=60, show_default=True, help="每轮天数 · days of a round")
@click.option(
    "--experts",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=None,
    help="专家名单 CSV（专家,经度,纬度,镇街,专长） · experts to post",
)
@click.option(
    "--experts-per-town", "each", type=click.IntRange(1, 20), default=2, show_default=True, help="每镇专家 · experts"
)
@click.option(
    "--able", type=click.IntRange(0, 20), default=0, show_default=True, help="其中懂结构的至少几名 · who know structure"
)
@click.option("--layer", "wanted", multiple=True, help="以哪些图层的对象数为工作量 · layers counted as work")
@click.option(
    "--steps", "count", type=click.IntRange(1, 10_000_000), default=1000, show_default=True, help="搜索步数 · nodes"
)
@click.option("--xlsx", type=click.Path(path_type=Path), default=None, help="表格文件 · FILE.xlsx")
@DATABASE
def supervision(
    groups: int | Path,
    rounds: int,
    first: datetime | None,
    days: int,
    experts: Path | None,
    each: int,
    able: int,
    wanted: tuple[str, ...],
    count: int,
    xlsx: Path | None,
    database: str | None,
) -> Answer:
    """督导 · Post experts to towns and rotate groups: none in its own town, different ones in turn, even load."""
    from gis import layers
    from gis.find.states import patrolled
    from gis.report.workbook import workbook
    from gis.run import supervision as run

    of = tuple(layers.named(name) for name in wanted)
    for layer in of:
        patrolled(layer)
    with county(database) as opened, steps("督导", total=1) as progress:
        progress("patrol")
        start = day(first) or opened.today()
        how = run.How(rounds, start, round_d=days, each=each, able_each=able, steps=count, of=of or None)
        made = run.supervise(opened, groups, how, experts=experts)
    if xlsx is not None:
        with whole(xlsx) as part:
            part.write_bytes(workbook(_sheets(made), day=start))
    return Answer(_facts(made) | {"file": xlsx}, text="\n".join(_lines(made)))


def _facts(made: "Supervision") -> dict[str, object]:
    codes = made.towns["code"].tolist()
    posted = made.posted
    return {
        "run": made.run,
        "heaviest": made.rotated.heaviest,
        "bound": made.rotated.bound,
        "proved": made.rotated.proved,
        "load": dict(zip(made.groups, made.rotated.load.tolist(), strict=True)),
        "towns": {code: [made.groups[group] for group in made.rotated.group[row]] for row, code in enumerate(codes)},
        "experts": None if posted is None else _posted(made),
        "experts_m": None if posted is None else posted.cost,
        "experts_bound_m": None if posted is None else posted.bound,
    }


def _posted(made: "Supervision") -> dict[str, str]:
    codes = made.towns["code"].tolist()
    pairs = [] if made.posted is None else zip(made.experts, made.posted.town.tolist(), strict=True)
    return {expert: str(codes[town]) for expert, town in pairs if town >= 0}


def _lines(made: "Supervision") -> list[str]:
    from gis.run.made_up import labels

    proof = "已证最优 · proved optimal" if made.rotated.proved else f"下界 · bound {made.rotated.bound:,.0f}"
    lines = [
        f"运算 {made.run}：{len(made.groups)} 组 × {len(made.rounds)} 轮，{len(made.towns)} 个镇街",
        f"最重的组 {made.rotated.heaviest:,.0f} 个对象，为平均的 {made.rotated.max_over_mean:.3f}（{proof}）",
        "\t".join(["镇街", *(f"第{turn + 1}轮" for turn in range(len(made.rounds)))]),
    ]
    lines += ["\t".join(map(str, row[1:])) for row in _table(made)]
    if made.posted is not None:
        best = "已证最优 · proved optimal" if made.posted.proved else f"下界 · bound {made.posted.bound / 1000:,.1f} km"
        lines.append(f"专家派驻 {len(_posted(made))} 人，路程合计 {made.posted.cost / 1000:,.1f} km（{best}）")
    return [*lines, *labels(made.invented)]


def _table(made: "Supervision") -> list[list[str]]:
    """Give code and name of each town with its group in each round."""
    pairs = zip(made.towns["code"], made.towns["name"], made.rotated.group, strict=True)
    return [[str(code), str(name), *(made.groups[group] for group in row)] for code, name, row in pairs]


def _sheets(made: "Supervision") -> "list[Sheet]":
    import pandas as pd

    from gis.report.workbook import Sheet
    from gis.run.made_up import labels

    above = labels(made.invented)
    heads = [f"第{turn}轮 {first:%m-%d}至{last:%m-%d}" for turn, (first, last) in enumerate(made.rounds, start=1)]
    names = dict(zip(made.towns["code"], made.towns["name"], strict=True))
    loads = zip(made.groups, made.homes, made.rotated.load.tolist(), strict=True)
    rotated, posted = made.rotated, made.posted
    proof: list[list[object]] = [
        ["运算", made.run],
        ["最重的组（对象数）", rotated.heaviest],
        ["下界", rotated.bound],
        ["已证最优", "是" if rotated.proved else "否"],
    ]
    if posted is not None:
        proof += [["专家路程合计（m）", posted.cost], ["专家路程下界（m）", posted.bound]]
    return [
        Sheet("督导轮次", pd.DataFrame(_table(made), columns=["镇街代码", "镇街", *heads]), above),
        Sheet(
            "各组工作量",
            pd.DataFrame(
                [[code, names.get(home, home), load] for code, home, load in loads],
                columns=["督导组", "本镇街", "对象数"],
            ),
            above,
        ),
        Sheet(
            "专家派驻",
            pd.DataFrame(
                [[who, code, names[code]] for who, code in _posted(made).items()], columns=["专家", "镇街代码", "镇街"]
            ),
            above,
        ),
        Sheet("依据", pd.DataFrame(proof, columns=["项目", "值"]), above),
    ]
