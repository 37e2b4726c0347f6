"""Tying rows to houses: `wangge match LAYER`, `wangge match decide`, `wangge match list`."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gis.cli.door import DATABASE, county, steps
from gis.cli.export import FILE, ROLE
from gis.cli.say import Answer, Command, Group
from gis.layer import Role

if TYPE_CHECKING:
    import geopandas as gpd

    from gis.find.links import Asked
    from gis.layer import Field
    from gis.store.county import County

SHOWN = 20
MATCH = "run"
TO = click.option("--to", default="building", show_default=True, help="房屋图层 · layer of the houses")
HEADINGS = {
    "layer": "图层",
    "key": "编号",
    "town": "镇街",
    "village": "村社",
    "state": "结论",
    "reason": "理由",
    "candidates": "候选房屋",
    "invented": "含合成值",
}


class Matching(Group):
    """A group in which what is no command of its own is the layer of `match`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command first where the words begin with a layer."""
        own = args and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if own or not args else [MATCH, *args])


@click.group(cls=Matching)
def match() -> None:
    """归户 · Tie users, licences and sales to houses, storeys and units: `wangge match LAYER --to building`."""


@match.command(MATCH, cls=Command, hidden=True)
@click.argument("layer")
@TO
@click.option(
    "--reach", type=click.FloatRange(0.1, 200), default=15.0, show_default=True, help="位置可及（米） · metres"
)
@click.option(
    "--far", type=click.FloatRange(1, 20_000), default=500.0, show_default=True, help="位置与地址相悖（米） · metres"
)
@click.option("-o", "--output", type=FILE, default=None, help="输出文件 · every link, in the form of the ending")
@ROLE
@DATABASE
def run(
    layer: str, to: str, reach: float, far: float, output: Path | None, roles: tuple[str, ...], database: str | None
) -> Answer:
    """归户 · Tie every row of LAYER to a house, or say why not; what was decided by hand stays."""
    from gis import layers
    from gis.find.match_evidence import Limits
    from gis.layer import Use
    from gis.run import export
    from gis.run.links import require
    from gis.run.match import match as tie

    rows, houses = layers.named(layer), layers.named(to)
    require(rows, houses)
    with county(database) as opened, steps("归户", total=1) as progress:
        progress("match")
        made = tie(opened, rows, houses, Limits(reach, far))
        if output is not None:
            export.export(opened, export.Wanted(layers.one(Use.LINK), roles=frozenset(map(Role, roles))), output)
    by = "，".join(f"{name} {count}" for name, count in made.evidence.items())
    lines = [
        f"{layer} {made.rows} 行：已归户 {made.matched}，待定 {made.ambiguous}，未归户 {made.unmatched}",
        f"依据：{by or '无'}",
        f"新增 {made.new}，变更 {made.changed}，未变 {made.unchanged}，终止 {made.ended}",
        f"人工判定保留 {made.kept}，其中与证据不符 {made.contrary}",
        _trust(made.position_inside, made.position_beside),
    ]
    return Answer(asdict(made) | {"file": output}, text="\n".join(lines))


def _trust(inside: float | None, beside: float | None) -> str:
    told = [f"{where} {share:.1%}" for where, share in (("房屋内", inside), ("房屋旁", beside)) if share is not None]
    return f"位置与明确地址一致：{'，'.join(told) or '无从核对'} · positions that agree with clear addresses"


@match.command("decide", cls=Command)
@click.argument("layer")
@click.argument("key")
@click.argument("house")
@click.option("--reason", required=True, help="理由 · why")
@TO
@DATABASE
def decide(layer: str, key: str, house: str, reason: str, to: str, database: str | None) -> Answer:
    """人工判定 · Tie the row KEY of LAYER to HOUSE, to `none`, or back to the runs with `auto`; no run overrules it."""
    from gis import layers
    from gis.run import links

    pair = links.Pair(layers.named(layer), layers.named(to))
    links.require(*pair)
    with county(database) as opened:
        done = links.decide(opened, pair, key, house, reason)
    now = done.house or ("待下次归户" if done.decided_by == links.RUN else "不属于任何房屋")
    return Answer(asdict(done), text=f"{layer} {key}：{done.before or '无'} → {now}（{done.reason}）")


@match.command("list", cls=Command)
@click.argument("wanted", type=click.Choice(["house", "record", "user"]))
@TO
@click.option("--layer", "names", multiple=True, help="只看这些图层 · only these layers; default: all that can be tied")
@click.option("--town", default=None, help="镇街代码或名称 · town, by code or name")
@click.option("-o", "--output", type=FILE, default=None, help="输出文件 · .geojson .gpkg .xlsx .csv …")
@click.option("--limit", type=click.IntRange(0), default=SHOWN, show_default=True, help="显示行数 · rows shown")
@ROLE
@DATABASE
def listing(
    wanted: str,
    to: str,
    names: tuple[str, ...],
    town: str | None,
    output: Path | None,
    limit: int,
    roles: tuple[str, ...],
    database: str | None,
) -> Answer:
    """清单 · List houses without a record, records without a house, or users without a house."""
    from gis import layers
    from gis.find import links as find
    from gis.run.links import require
    from gis.store import writing

    houses, chosen = layers.named(to), tuple(map(layers.named, names))
    for each in chosen or (next(layer for layer in layers.every() if layer.match is not None),):
        require(each, houses)
    asked = find.Asked(find.Wanted(wanted), houses, chosen, town, frozenset(map(Role, roles)))
    if output is not None:
        writing.form_of(output)  # refused before anything is fetched
    with county(database) as opened:
        with opened.reading() as connection:
            rows = find.listed(connection, opened, asked)
            open_layers = find.not_tied(connection, opened, asked)
        if output is not None:
            _write(opened, rows, output, asked)
    told = f"尚未归户的图层 · layers that `wangge match` has not seen: {', '.join(open_layers)}" if open_layers else ""
    by_town = dict(sorted(Counter(str(each) if each is not None else "区外" for each in rows["town"]).items()))
    lines = [f"{find.ZH[asked.wanted]} {len(rows)} 行 · {wanted}", *(f"  {name}\t{n}" for name, n in by_town.items())]
    if output is None:
        lines += ["\t".join(map(_said, row)) for row in _table(rows, asked)[:limit].itertuples(index=False)]
    facts = {"list": wanted, "rows": len(rows), "by_town": by_town, "not_tied": list(open_layers), "file": output}
    return Answer(facts, text="\n".join(lines), sentence=told)


def _table(rows: "gpd.GeoDataFrame", asked: "Asked") -> "gpd.GeoDataFrame":
    """Give the rows under Chinese headings and in Chinese words, candidates as a line; `invented` where any is."""
    from gis import layers
    from gis.find.links import tied
    from gis.layer import Use

    frame, about = rows.drop(columns="geometry"), (asked.to, *tied(asked))
    if "candidates" in frame:
        frame["candidates"] = [" ".join(each["houses"]) if each else None for each in frame["candidates"]]
        state = layers.one(Use.LINK).field("state")
        frame["state"] = [_titled(state, each) for each in frame["state"]]
    if "invented" in frame and not frame["invented"].any():
        frame = frame.drop(columns="invented")
    for layer in about:
        mine = frame["layer"] == layer.name
        for field in layer.fields:
            if field.choices and field.name in frame and field.name != "state":
                frame.loc[mine, field.name] = [_titled(field, each) for each in frame.loc[mine, field.name]]
        frame.loc[mine, "layer"] = layer.title
    titles = {each.name: each.title for layer in about for each in layer.fields} | HEADINGS
    return frame.rename(columns=titles)


def _titled(field: "Field", value: object) -> object:
    choice = field.choice(value)
    return value if choice is None else choice.title


def _said(value: object) -> str:
    return "" if value is None or value != value else str(value)  # noqa: PLR0124 - only NaN differs from itself


def _write(opened: "County", rows: "gpd.GeoDataFrame", output: Path, asked: "Asked") -> None:
    """Write the rows with their shapes in the form of the file's ending, in degrees where the form asks for it."""
    from gis import crs
    from gis.find.links import ZH
    from gis.store import writing

    own = f"EPSG:{opened.srid}"
    system = f"EPSG:{crs.EXCHANGE}" if writing.form_of(output).degrees else own
    shapes = rows.geometry.to_numpy(dtype=object)
    moved = shapes if system == own else crs.from_storage(shapes, system, opened.srid)
    title = ZH[asked.wanted]
    writing.write(output, _table(rows, asked), moved, system, name=asked.wanted.value, title=title, key=HEADINGS["key"])
