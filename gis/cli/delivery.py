"""What was delivered, and taking it back: `wangge delivery list | show | undo`."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from gis.cli.door import DATABASE, county
from gis.cli.say import Answer, Group

if TYPE_CHECKING:
    from datetime import tzinfo

SHOWN = 20
COLUMNS = ("number", "layer", "recorded_at", "file", "mode")
COUNTS = ("delivered", "new", "changed", "unchanged", "rejected", "repaired", "gone", "matched")
WORDS = {"recorded_at": "时间", "standing": "现存"}


@click.group(cls=Group)
def delivery() -> None:
    """交付 · Deliveries: what came when, and taking one back."""


@delivery.command("list")
@click.option("--layer", default=None, help="图层 · only this layer")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="最多几次 · at most")
@DATABASE
def delivery_list(layer: str | None, limit: int, database: str | None) -> Answer:
    """交付列表 · List the deliveries, newest first."""
    from gis import layers
    from gis.store.load import deliveries

    wanted = layers.named(layer) if layer is not None else None
    with county(database) as opened:
        found = deliveries.listed(opened, wanted, limit=limit)
    rows = [{name: value for name, value in row.items() if name not in {"id", "columns"}} for row in found]
    head = "\t".join(_title(name) for name in (*COLUMNS, *COUNTS, "synthetic", "undone_at"))
    lines = [head, *(_row(row, opened.timezone) for row in rows)]
    return Answer({"deliveries": rows}, text="\n".join(lines) if rows else "没有交付 · nothing was delivered")


@delivery.command("show")
@click.argument("number")
@DATABASE
def delivery_show(number: str, database: str | None) -> Answer:
    """一次交付 · Show one delivery: what it brought, what became of it, and what of it still stands."""
    from gis.store.load import deliveries

    with county(database) as opened, opened.reading() as connection:
        row = deliveries.delivery_named(connection, opened, number)
        standing = deliveries.standing(connection, opened, row)
    found = dict(row._mapping)
    noticed = found.pop("columns")
    found.pop("id")
    facts = {**found, **noticed, "standing": standing}
    return Answer(facts, text="\n".join(_shown(found, noticed, standing, opened.timezone)))


@delivery.command("undo")
@click.argument("number")
@DATABASE
def delivery_undo(number: str, database: str | None) -> Answer:
    """撤销交付 · Undo a delivery while nothing depends on it; what was known on past days stays known."""
    from gis import layers
    from gis.store.load.undoing import undo

    with county(database) as opened:
        undone = undo(opened, number)
    told = f"新增的终止 {undone.ended}，变更的恢复 {undone.restored}，终止的回来 {undone.returned}"
    title = layers.named(undone.layer).title
    english = f"undone: {undone.ended} ended, {undone.restored} restored, {undone.returned} back"
    lines = [f"{undone.number} {title} 已撤销：{told} · {english}", *(f"  {note}" for note in undone.notes)]
    return Answer(asdict(undone), text="\n".join(lines))


def _title(name: str) -> str:
    from gis import layers
    from gis.layer import Use

    known = {field.name: field.title for field in layers.one(Use.DELIVERY).fields}
    return known.get(name) or WORDS[name]


def _row(row: Mapping[str, Any], zone: "tzinfo") -> str:
    synthetic = "合成" if row["synthetic"] else ""
    undone = _text(row["undone_at"], zone)
    return "\t".join([*(_spoken(name, row[name], zone) for name in (*COLUMNS, *COUNTS)), synthetic, undone])


def _spoken(name: str, value: object, zone: "tzinfo") -> str:
    """Give a value of the log as its title where it is a layer or a choice, with the value behind it."""
    from gis import layers
    from gis.layer import Use

    if name == "layer":
        return f"{layers.named(str(value)).title} {value}"
    field = next((each for each in layers.one(Use.DELIVERY).fields if each.name == name), None)
    choice = field.choice(value) if field is not None and field.choices else None
    return f"{choice.title} {value}" if choice is not None else _text(value, zone)


def _text(value: object, zone: "tzinfo") -> str:
    from datetime import datetime

    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, bool):
        return "是" if value else "否"
    return "" if value is None else str(value)


def _shown(found: Mapping[str, Any], noticed: Mapping[str, Any], standing: int, zone: "tzinfo") -> Iterator[str]:
    for name, value in found.items():
        if value is not None:
            yield f"{_title(name)}\t{_spoken(name, value, zone)}"
    yield f"{_title('standing')}\t{standing}"
    yield f"{_title('columns')}\t{', '.join(noticed['fields'])}"
    if noticed.get("ignored"):
        yield f"未用的列 · columns not used\t{', '.join(noticed['ignored'])}"
    for name, count in sorted(noticed.get("emptied", {}).items()):
        yield f"读不懂而留空 · left empty\t{name} {count}"
    yield from _faults(found["layer"], noticed.get("faults", []))
    for note in noticed.get("notes", []):
        yield f"说明 · note\t{note}"


def _faults(layer: str, faults: list[dict[str, Any]]) -> Iterator[str]:
    from gis import layers
    from gis.store.formats.delivered import Fault
    from gis.store.load.words import said

    for each in faults:
        zh = said(layers.named(layer), Fault(0, each["field"], each["constraint"], "", ""))
        yield f"退回 · rejected\t{zh.field}〔{zh.constraint}〕 {each['times']}（{each['field']} {each['constraint']}）"
