"""Who is responsible: `wangge patrol adopt | duty | leave`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gis.cli.door import DATABASE, DAY, county, day, steps
from gis.cli.say import Answer, Command

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from gis.find.duty import Duty
    from gis.layer import Layer
    from gis.run.leaving import Left

SHOWN = 20
FILE = click.Path(path_type=Path)
TO = "--to"
HEADINGS = {
    "layer": "图层",
    "key": "对象编号",
    "town": "镇街代码",
    "cell": "网格编码",
    "area": "片区",
    "worker": "责任人工号",
    "why": "依据",
    "invented": "含合成值",
}
OPEN = {
    "kind": "事项",
    "layer": "图层",
    "key": "编号",
    "state": "状态",
    "due_on": "日期",
    "area": "片区",
    "after": "接手工号",
    "why": "依据",
}
KINDS = {"visit": "待检查", "hazard": "未销号隐患", "planned": "已排检查"}


@click.command("adopt", cls=Command)
@click.argument("run")
@click.option("--from", "first", type=DAY, required=True, help="启用日期 · first day in force")
@click.option("--reason", default="", help="原因 · why")
@DATABASE
def adopt(run: str, first: datetime, reason: str, database: str | None) -> Answer:
    """启用片区 · Put the areas of RUN in force from a day on; earlier decisions stay on record."""
    from gis.run import adopt as decision

    with county(database) as opened:
        made = decision.adopt(opened, run, first.date(), reason=reason)
    text = f"运算 {made.run} 的 {made.areas} 个片区自 {made.from_on} 启用 · in force"
    lacking = f"；其中 {made.without_worker} 个没有网格员 · without a worker" if made.without_worker else ""
    return Answer(asdict(made), text=text + lacking)


@click.command("duty", cls=Command)
@click.option("--on", "asked", type=DAY, default=None, help="哪一天（可为将来） · the day; default: today")
@click.option("--as-of", type=DAY, default=None, help="截至该日已记录的 · what was recorded by the end of this day")
@click.option("--layer", "wanted", multiple=True, help="只问这些图层 · only these patrolled layers")
@click.option("--worker", default=None, help="列出此人负责的对象 · list what this worker answers for")
@click.option(
    TO, "output", type=FILE, default=None, help="清单文件 · the list, in the form of the ending: .xlsx .gpkg …"
)
@DATABASE
def duty(
    asked: datetime | None,
    as_of: datetime | None,
    wanted: tuple[str, ...],
    worker: str | None,
    output: Path | None,
    database: str | None,
) -> Answer:
    """岗责 · Who is responsible for every object on a day; lists what nobody is named for."""
    from gis.find import duty as find

    with county(database) as opened, steps("岗责", total=1) as progress:
        progress("count")
        on, known_on = day(asked) or day(as_of) or opened.today(), day(as_of)
        known_at = opened.day_end(known_on) if known_on is not None else None
        of = _layers(wanted)
        found = find.duty(opened, on, of=of, known_at=known_at)
        ask = partial(find.objects, opened, found, worker=worker, known_at=known_at)
        rows = _joined([ask(layer, limit=None if output else SHOWN) for layer in of])
        if output is not None:
            _write(output, rows, f"{opened.name} 岗责 {on}")
    facts = {
        "day": on,
        "run": found.run,
        "stock": found.stock,
        "unnamed": found.unnamed,
        "by_layer": _by_layer(found),
        "areas": {code: asdict(answer) for code, answer in found.answers.items()},
        "rows": found.held(worker),
        "file": output,
    }
    who = [f"{worker} 负责 {found.held(worker):,} 个对象"] if worker is not None else []
    listed = [f"清单 {len(rows):,} 行 → {output}"] if output is not None else _listed(rows, found.held(worker))
    return Answer(facts, text="\n".join([*_lines(found), *who, *listed]))


@click.command("leave", cls=Command)
@click.argument("worker")
@click.option("--on", "last", type=DAY, required=True, help="最后在岗日 · last day of service")
@click.option(TO, "successor", default=None, metavar="WORKER", help="接手工号 · who takes over")
@click.option("--list", "output", type=FILE, default=None, help="交接清单文件 · the list, in the form of the ending")
@DATABASE
def leave(worker: str, last: datetime, successor: str | None, output: Path | None, database: str | None) -> Answer:
    """离岗交接 · Record a worker's last day and who takes over; counts and lists what is open."""
    from gis.run import leaving
    from gis.run.made_up import labels

    with county(database) as opened, steps("交接", total=1) as progress:
        progress("unchecked")
        made = leaving.leave(opened, worker, last.date(), to=successor)
        if output is not None:
            _write_open(
                output, made.open, f"{opened.name} {worker} 交接清单{'（含合成数据）' if made.invented else ''}"
            )
    kinds = {str(kind): int(rows) for kind, rows in made.open["kind"].value_counts().items()}
    facts = {name: getattr(made, name) for name in ("run", "worker", "on", "successor", "objects", "unnamed")}
    sentence = f"{made.unnamed} 项无人接手 · {made.unnamed} open things go to nobody" if made.unnamed else ""
    return Answer(
        facts | {"open": len(made.open), "by_kind": kinds, "file": output},
        text="\n".join([*_left(made), *labels(made.invented)]),
        sentence=sentence,
    )


def _layers(wanted: Sequence[str]) -> "tuple[Layer, ...]":
    from gis import layers
    from gis.find.duty import patrolled
    from gis.find.states import patrolled as require

    found = tuple(layers.named(name) for name in wanted) or patrolled()
    for layer in found:
        require(layer)
    return found


def _joined(parts: "Sequence[gpd.GeoDataFrame]") -> "gpd.GeoDataFrame":
    import pandas as pd

    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _by_layer(found: "Duty") -> dict[str, dict[str, int]]:
    return {name: {"stock": stock, "unnamed": unnamed} for name, (stock, unnamed) in found.by_layer().items()}


def _lines(found: "Duty") -> list[str]:
    from gis import layers

    run = "没有启用的片区 · no areas are in force" if found.run is None else f"片区运算 {found.run}"
    lines = [f"{found.day}（{run}）：没有责任人的对象 · without a named person {found.unnamed:,} / {found.stock:,}"]
    lines += [
        f"  {layers.named(name).title} {each['unnamed']:,} / {each['stock']:,}"
        for name, each in _by_layer(found).items()
    ]
    other = {code: answer for code, answer in found.answers.items() if answer.why.value != "own"}
    for code, answer in list(other.items())[:SHOWN]:
        lines.append(f"  片区 {code}：{found.why(code)}" + (f"，由 {answer.worker} 负责" if answer.worker else ""))
    if len(other) > SHOWN:
        lines.append(f"  …… 另有 {len(other) - SHOWN} 个片区由他人负责或无人负责 · more areas")
    return lines


def _listed(rows: "gpd.GeoDataFrame", count: int) -> list[str]:
    names = ["layer", "key", "town", "cell", "area", "why"]
    shown = _titled(rows)[names].head(SHOWN).fillna("").to_numpy(dtype=object).tolist()
    lines = ["\t".join(map(str, row)) for row in shown]
    more = [f"…… 共 {count:,} 行，--to FILE 得全部 · all with --to"] if count > SHOWN else []
    return ["\t".join(HEADINGS[name] for name in names), *lines, *more] if lines else []


def _titled(rows: "pd.DataFrame") -> "pd.DataFrame":
    """Give the rows with the titles of their layers."""
    from gis import layers

    return rows.assign(layer=rows["layer"].map({each.name: each.title for each in layers.every()}))


def _states() -> dict[str, str]:
    """Give the Chinese words for how an open thing stands: a visit, a hazard, or a planned visit."""
    from gis import layers
    from gis.find.states import State
    from gis.layer import Use

    fields = layers.one(Use.HAZARD).field("state"), layers.one(Use.VISIT_PLAN).field("outcome")
    words = {choice.value: choice.title for field in fields for choice in field.choices}
    return {each.value: each.zh for each in State} | words


def _left(made: "Left") -> list[str]:
    to = f"，由 {made.successor} 接手" if made.successor else ""
    lines = [f"{made.worker} {made.on} 离岗{to}；负责对象 {made.objects:,}，未了事项 {len(made.open):,} · open"]
    counted = Counter(zip(made.open["kind"], made.open["after"].fillna("—"), strict=True))
    lines += [f"  {KINDS[kind]} {count:,} → {after}" for (kind, after), count in sorted(counted.items())]
    return lines


def _write(path: Path, rows: "gpd.GeoDataFrame", title: str) -> None:
    import numpy as np

    from gis.crs import EXCHANGE
    from gis.store.writing import write

    shapes = np.asarray(rows.geometry.to_numpy(), dtype=object)
    table = _titled(rows.drop(columns="geometry")).rename(columns=HEADINGS)
    write(path, table, shapes, f"EPSG:{EXCHANGE}", name="duty", title=title)


def _write_open(path: Path, rows: "pd.DataFrame", title: str) -> None:
    from gis.store.writing import write

    states = rows["state"].map(_states())
    table = _titled(rows.assign(kind=rows["kind"].map(KINDS), state=states)).rename(columns=OPEN)
    write(path, table, None, None, name="handover", title=title)
