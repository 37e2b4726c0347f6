"""Asking what is unchecked: `wangge unchecked`."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gis.cli.door import DATABASE, DAY, county, day, write_rows
from gis.cli.say import Answer, Command

if TYPE_CHECKING:
    import geopandas as gpd

    from gis.crs import Box
    from gis.find.unchecked import Counts, Question
    from gis.store.county import County

SHOWN = 20
NOTED = ("current", "due", "overdue", "never", "no_rule")


@click.command(cls=Command)
@click.option("--layer", default="building", show_default=True, help="图层 · layer with a patrol")
@click.option("--town", default=None, help="镇街代码或名称 · town, by code or name")
@click.option("--cell", default=None, help="网格编码 · cell code")
@click.option("--bbox", default=None, metavar="W,S,E,N", help="经纬度范围 · box in EPSG:4326")
@click.option("--as-of", type=DAY, default=None, help="截至该日已记录的 · what was recorded by the end of this day")
@click.option("--seen-by", type=DAY, default=None, help="现在所知的该日情况 · what is known now about this day")
@click.option("--state", "wanted", multiple=True, type=click.Choice(NOTED), help="只列这些状态 · only these states")
@click.option("--why", is_flag=True, help="说明理由 · the rule and the visits behind each row")
@click.option("--format", "form", type=click.Choice(["table", "geojson", "csv"]), default="table", show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), default=None, help="输出文件 · file")
@click.option("--limit", type=click.IntRange(0, 1_000_000), default=None, help="最多行数 · rows at most")
@DATABASE
@click.pass_context
def unchecked(
    ctx: click.Context,
    layer: str,
    town: str | None,
    cell: str | None,
    bbox: str | None,
    as_of: datetime | None,
    seen_by: datetime | None,
    wanted: tuple[str, ...],
    why: bool,
    form: str,
    output: Path | None,
    limit: int | None,
    database: str | None,
) -> Answer:
    """未查 · Count and list what is current, due, overdue, never checked or without a rule."""
    from gis import layers
    from gis.find import unchecked as find
    from gis.find.states import State
    from gis.store.county import now

    if form != "table" and output is None:
        raise click.UsageError(f"--format {form} needs -o FILE", ctx)
    states = frozenset(map(State, wanted or NOTED[1:]))
    question = find.Question(
        layers.named(layer),
        town,
        cell,
        _box(bbox),
        day(as_of),
        day(seen_by),
        states,
        limit=SHOWN if limit is None and output is None else limit,
    )
    with county(database) as opened:
        moment = find.moment_of(opened, question, now())
        counted = find.counts(opened, question, moment)
        rows = find.rows(opened, question, moment)
        if why:
            rows["why"] = [find.why(row, opened.timezone) for _, row in rows.iterrows()]
        note = _note(opened, question, counted)
        if output is not None:
            write_rows(rows, output, "csv" if form == "table" else form, note)
    facts = {
        "layer": layer,
        "day": counted.day,
        "stock": counted.stock,
        **{state.value: number for state, number in counted.total.items()},
        "by_town": {code: {state.value: n for state, n in each.items()} for code, each in counted.by_town.items()},
        "rows": len(rows),
        "file": output,
    }
    listed = "" if output is not None else "\n" + _listed(rows, why=why)
    return Answer(facts, text=_cross_table(counted, note) + listed)


def _box(given: str | None) -> "Box | None":
    from gis.crs import Box

    if given is None:
        return None
    try:
        west, south, east, north = map(float, given.split(","))
    except ValueError:
        raise click.BadParameter(f"expected W,S,E,N in degrees, got {given}", param_hint="--bbox") from None
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise click.BadParameter(f"expected west < east and south < north in degrees, got {given}", param_hint="--bbox")
    return Box(west, south, east, north)


def _note(opened: "County", question: "Question", counted: "Counts") -> str:
    known = f"截至 {question.as_of} 已记录" if question.as_of else "现在所知"
    return f"{opened.name} {question.layer.title} {counted.day}（{known}），分母 {counted.stock}；规则未核实者见 --why"


def _cross_table(counted: "Counts", note: str) -> str:
    head = ["镇街", *(state.zh for state in counted.total), "合计"]
    rows = [
        [counted.town_names[code], *map(str, each.values()), str(sum(each.values()))]
        for code, each in counted.by_town.items()
    ]
    total = ["合计", *map(str, counted.total.values()), str(counted.stock)]
    return "\n".join([note, *("\t".join(row) for row in (head, *rows, total))])


def _listed(rows: "gpd.GeoDataFrame", *, why: bool) -> str:
    from gis.find.states import State

    lines = [
        "\t".join(
            [
                str(row.key),
                State(row.state).zh,
                str(row.town or "区外"),
                str(row.cell or ""),
                str(row.why) if why else "",
            ]
        )
        for row in rows.itertuples()
    ]
    return "\n".join(lines)
