"""Taking files in: `wangge load` and `wangge load-osm`."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gis.cli.door import DATABASE, county, settings, steps, whole
from gis.cli.say import Answer, Command

if TYPE_CHECKING:
    from gis.store.load import Outcome
    from gis.store.reading import Reading

FILE = click.Path(path_type=Path)
SHOWN = 20


@click.command(cls=Command)
@click.argument("layer")
@click.argument("file", type=FILE)
@click.option("--sublayer", default=None, help="文件内图层或工作表 · layer or sheet within the file")
@click.option("--encoding", default=None, help="文字编码 · such as GB18030, where the file does not tell")
@click.option("--header-row", type=click.IntRange(min=1), default=None, help="表头行 · the row that names the columns")
@click.option("--crs", default=None, help="声明坐标系 · such as EPSG:4490, where the file names none")
@click.option("--map", "mapping", multiple=True, metavar="FIELD=COLUMN", help="字段对应 · read a field from a column")
@click.option("--synthetic", is_flag=True, help="合成数据 · everything in the file is invented")
@click.option("--dry-run", is_flag=True, help="只检查 · judge the file, store nothing; needs no county")
@click.option("--rejects", type=FILE, default=None, help="退回文件 · where rejected rows go, with their reasons")
@DATABASE
def load(
    layer: str,
    file: Path,
    sublayer: str | None,
    encoding: str | None,
    header_row: int | None,
    crs: str | None,
    mapping: tuple[str, ...],
    synthetic: bool,
    dry_run: bool,
    rejects: Path | None,
    database: str | None,
) -> Answer:
    """入库 · Load FILE into LAYER: good rows are stored, the others come back with the reason."""
    from gis import layers
    from gis.run import deliver
    from gis.store.formats.delivered import Asked

    wanted = layers.named(layer)
    if rejects is not None:
        deliver.rejects_form(rejects)
    delivery = deliver.Delivery(file, Asked(sublayer, encoding, header_row), crs, _mapping(mapping), synthetic)
    with steps(f"{wanted.title} {file.name}", total=3) as progress:
        if dry_run:
            outcome, reading = deliver.judge_file(settings(database), wanted, delivery)
        else:
            with county(database) as opened:
                outcome, reading = deliver.load_file(opened, wanted, delivery, progress)
    if rejects is not None and outcome.faults:
        with whole(rejects) as part:
            deliver.write_rejects(part, reading, outcome)
    return _answer(outcome, reading, rejects, dry_run=dry_run)


@click.command("load-osm", cls=Command)
@click.argument("file", type=FILE)
@click.option("--admin-level", type=click.IntRange(1, 12), default=None, help="镇街级别 · take towns from this level")
@DATABASE
def load_osm(file: Path, admin_level: int | None, database: str | None) -> Answer:
    """载入OSM · Load an OpenStreetMap extract (.osm.pbf): towns, roads, water, buildings, pipelines, sites."""
    from gis.run import deliver

    with county(database) as opened, steps(file.name) as progress:
        found = deliver.extract(file, admin_level=admin_level)
        outcomes = deliver.load_extract(opened, file, found, progress)
    lines = []
    for outcome in outcomes.values():
        lines += [_line(outcome), *_told(outcome)]
    lines.append(deliver.said_of(found))
    facts = {
        "admin_level": found.place.admin_level,
        "broken": [asdict(each) for each in found.broken],
        "delivered": {name: each.delivered for name, each in outcomes.items()},
        "stored": {name: each.stored for name, each in outcomes.items()},
        "rejected": {name: each.rejected for name, each in outcomes.items()},
        "emptied": {name: dict(each.emptied) for name, each in outcomes.items()},
        "faults": {name: [fault._asdict() for fault in each.faults[:1000]] for name, each in outcomes.items()},
    }
    rejected = sum(each.rejected for each in outcomes.values())
    sentence = f"退回 {rejected} 行 · {rejected} rows rejected" if rejected else ""
    return Answer(facts, text="\n".join(lines), sentence=sentence, complete=not rejected)


def _mapping(given: tuple[str, ...]) -> dict[str, str]:
    pairs = [each.partition("=") for each in given]
    for name, equals, column in pairs:
        if not (name and equals and column):
            raise click.BadParameter(f"expected FIELD=COLUMN, got {name}{equals}{column}", param_hint="--map")
    return {name: column for name, _, column in pairs}


def _answer(outcome: "Outcome", reading: "Reading", rejects: Path | None, *, dry_run: bool) -> Answer:
    facts = {
        name: getattr(outcome, name)
        for name in ("layer", "delivered", "stored", "new", "changed", "unchanged", "rejected", "repaired")
    }
    facts |= {
        "dry_run": dry_run,
        "crs": reading.crs,
        "notes": list(reading.notes),
        "fields": list(outcome.fields),
        "ignored": list(outcome.ignored),
        "emptied": dict(outcome.emptied),
        "keyed_by_geometry": outcome.keyed_by_geometry,
        "faults": [fault._asdict() for fault in outcome.faults[:1000]],
        "repairs": [{"row": row, "what": what} for row, what in outcome.repairs[:1000]],
    }
    lines = [_line(outcome), *(f"  {note}" for note in reading.notes), *_told(outcome)]
    if outcome.keyed_by_geometry:
        lines.append(f"  {outcome.keyed_by_geometry} 行没有编号，以图形为准 · rows keyed by their shape")
    if outcome.ignored:
        lines.append(f"  未用的列 · columns not used: {', '.join(outcome.ignored)}")
    sentence = f"退回 {outcome.rejected} 行 · {outcome.rejected} rows rejected" if outcome.rejected else ""
    if rejects is not None and outcome.faults:
        sentence += f": {rejects}"
    return Answer(facts, text="\n".join(lines), sentence=sentence, complete=not outcome.rejected)


def _told(outcome: "Outcome") -> list[str]:
    """Say why rows were rejected and which values were left empty because they could not be read."""
    lines = [
        f"  第{each.row}行 {each.field} {each.constraint}: {each.expected} ← {each.actual}"
        for each in outcome.faults[:SHOWN]
    ]
    if len(outcome.faults) > SHOWN:
        lines.append(f"  …… 另有 {len(outcome.faults) - SHOWN} 处（--rejects FILE 写出全部）")
    if outcome.emptied:
        emptied = "，".join(f"{name} {count}" for name, count in sorted(outcome.emptied.items()))
        lines.append(f"  读不懂而留空的值 · values left empty: {emptied}")
    return lines


def _line(outcome: "Outcome") -> str:
    kept = f"新增 {outcome.new} + 变更 {outcome.changed} + 未变 {outcome.unchanged}"
    return f"{outcome.layer}: 交付 {outcome.delivered} = {kept} + 退回 {outcome.rejected}；修复 {outcome.repaired}"
