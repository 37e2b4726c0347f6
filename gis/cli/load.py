"""Taking files in: `wangge load` and `wangge load-osm`."""

from dataclasses import asdict
from pathlib import Path

import click

from gis.cli import outcomes
from gis.cli.door import DATABASE, county, settings, steps
from gis.cli.say import Answer, Command

FILE = click.Path(path_type=Path)
MODE_HELP = "方式 · replace: stored rows that the file lacks end (nothing is deleted)"
MATCH_HELP = "配对 · overlap: areas without a key are paired with the stored ones that they overlap by half"
SHIFT_HELP = "接受偏移的理由 · why rows are taken that lie shifted against what is stored; kept in the log"
REJECTS_HELP = "退回文件 · where rejected rows go with their reasons; alone: beside FILE, in its form"


@click.command(cls=Command)
@click.argument("layer")
@click.argument("file", type=FILE)
@click.option("--sublayer", default=None, help="文件内图层或工作表 · layer or sheet within the file")
@click.option("--encoding", default=None, help="文字编码 · such as GB18030, where the file does not tell")
@click.option("--header-row", type=click.IntRange(min=1), default=None, help="表头行 · the row that names the columns")
@click.option("--crs", default=None, help="声明坐标系 · such as EPSG:4490, GCJ-02 or BD-09")
@click.option("--map", "mapping", multiple=True, metavar="FIELD=COLUMN", help="字段对应 · read a field from a column")
@click.option("--synthetic", is_flag=True, help="合成数据 · everything in the file is invented")
@click.option(
    "--source", default="", metavar="NAME", help="来源系统 · the system the rows are from, where they do not say"
)
@click.option("--mode", type=click.Choice(["upsert", "replace"]), default="upsert", show_default=True, help=MODE_HELP)
@click.option("--match", type=click.Choice(["key", "overlap"]), default="key", show_default=True, help=MATCH_HELP)
@click.option("--town", default=None, help="限于镇街 · only rows of this town, by code or name, come and end")
@click.option("--yes", is_flag=True, help="确认终止 · let more than 5 % of the stored rows end")
@click.option("--accept-shift", default=None, metavar="REASON", help=SHIFT_HELP)
@click.option("--dry-run", is_flag=True, help="只检查 · say what would happen, store nothing; needs no county")
@click.option("--rejects", is_flag=False, flag_value="", default=None, metavar="[FILE|FOLDER]", help=REJECTS_HELP)
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
    source: str,
    mode: str,
    match: str,
    town: str | None,
    yes: bool,
    accept_shift: str | None,
    dry_run: bool,
    rejects: str | None,
    database: str | None,
) -> Answer:
    """入库 · Load FILE into LAYER: good rows are stored, the others come back with the reason."""
    from gis import layers
    from gis.errors import Refused
    from gis.run import deliver
    from gis.run.rejects import rejects_path, write_rejects
    from gis.store.formats.delivered import Asked
    from gis.store.load import Match, Mode

    wanted = layers.named(layer)
    if accept_shift is not None and not accept_shift.strip():
        raise Refused("--accept-shift 须写明理由 · expected the reason why rows are taken shifted, got none")
    back = rejects_path(file, rejects) if rejects is not None else None
    delivery = deliver.Delivery(
        file,
        Asked(sublayer, encoding, header_row),
        crs,
        _mapping(mapping),
        synthetic,
        source,
        mode=Mode(mode),
        match=Match(match),
        town=town,
        sure=yes,
        accept_shift=accept_shift or "",
    )
    against = None
    with steps(f"{wanted.title} {file.name}", total=4) as progress:
        if dry_run:
            outcome, reading, against = deliver.rehearse_file(settings(database), wanted, delivery, progress)
        else:
            with county(database) as opened:
                outcome, reading = deliver.load_file(opened, wanted, delivery, progress)
    if back is not None:
        back = write_rejects(back, file, wanted, reading, outcome) if outcome.faults else None
    facts = {**outcomes.facts(wanted, outcome, reading), "dry_run": dry_run, "against": against, "rejects": back}
    lines = [*_rehearsed(against), *outcomes.lines(wanted, outcome, reading)]
    sentence = outcomes.returned(outcome, back)
    return Answer(facts, text="\n".join(lines), sentence=sentence, complete=not outcome.rejected)


def _rehearsed(against: str | None) -> list[str]:
    """Say what a dry run was judged against; nothing where rows were stored."""
    if against is None:
        return []
    if not against:
        return ["只检查：没有县库，按空图层 · dry run: no county stands, judged against an empty layer"]
    return [f"只检查：对照{against}在库数据，未入库 · dry run against what {against} stores; nothing was stored"]


@click.command("load-osm", cls=Command)
@click.argument("file", type=FILE)
@click.option("--admin-level", type=click.IntRange(1, 12), default=None, help="镇街级别 · take towns from this level")
@DATABASE
def load_osm(file: Path, admin_level: int | None, database: str | None) -> Answer:
    """载入OSM · Load an OpenStreetMap extract (.osm.pbf): towns, roads, water, buildings, pipelines, sites."""
    from gis import layers
    from gis.run import deliver

    with county(database) as opened, steps(file.name) as progress:
        found = deliver.extract(file, admin_level=admin_level)
        loaded = deliver.load_extract(opened, file, found, progress)
    lines = []
    for outcome in loaded.values():
        lines += [outcomes.line(outcome), *outcomes.told(layers.named(outcome.layer), outcome)]
    lines.append(deliver.said_of(found))
    facts = {
        "admin_level": found.place.admin_level,
        "broken": [asdict(each) for each in found.broken],
        "delivered": {name: each.delivered for name, each in loaded.items()},
        "stored": {name: each.stored for name, each in loaded.items()},
        "rejected": {name: each.rejected for name, each in loaded.items()},
        "emptied": {name: dict(each.emptied) for name, each in loaded.items()},
        "faults": {name: [fault._asdict() for fault in each.faults[:1000]] for name, each in loaded.items()},
    }
    rejected = sum(each.rejected for each in loaded.values())
    sentence = f"退回 {rejected} 行 · {rejected} rows rejected" if rejected else ""
    return Answer(facts, text="\n".join(lines), sentence=sentence, complete=not rejected)


def _mapping(given: tuple[str, ...]) -> dict[str, str]:
    pairs = [each.partition("=") for each in given]
    for name, equals, column in pairs:
        if not (name and equals and column):
            raise click.BadParameter(f"expected FIELD=COLUMN, got {name}{equals}{column}", param_hint="--map")
    return {name: column for name, _, column in pairs}
