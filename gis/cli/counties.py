"""Making and removing a county's database: `wangge db init` and `wangge db reset`."""

from pathlib import Path

import click

from gis.cli.door import DATABASE, settings
from gis.cli.say import Answer, Command
from gis.errors import Refused

FILE = click.Path(path_type=Path)


@click.command(cls=Command)
@click.option("--county", "outline", type=FILE, required=True, help="县界文件 · one polygon, GeoPackage or GeoJSON")
@click.option("--name", required=True, help="县名 · name of the county")
@click.option("--code", default="", help="县代码 · GB/T 2260 code; without one the codes are local")
@click.option("--timezone", default="Asia/Shanghai", show_default=True, help="时区 · where days end")
@click.option("--jurisdiction", default=None, help="法域 · such as CN-330784; default: from the code, else `default`")
@click.option("--srid", type=int, default=None, help="存储坐标系 · EPSG code, chosen from the place where not given")
@DATABASE
def init(
    outline: Path, name: str, code: str, timezone: str, jurisdiction: str | None, srid: int | None, database: str | None
) -> Answer:
    """建县 · Make the county's database from its outline."""
    from gis import law
    from gis.run import deliver
    from gis.store.county import Founding, found
    from gis.work import rules

    if code and not (code.isascii() and code.isdigit() and len(code) == 6):
        raise Refused(f"--code: expected six digits (GB/T 2260), got {code!r}")
    place = jurisdiction or (f"CN-{code}" if code else "default")
    founding = Founding(deliver.outline(outline), name, code, timezone, place, srid)
    made = found(settings(database), founding)
    applied = rules.apply(made, law.rules())
    facts = {
        "name": made.name,
        "code": made.code,
        "srid": made.srid,
        "timezone": str(made.timezone),
        "jurisdiction": made.jurisdiction,
        "rules": applied.written,
        "unverified": applied.unverified,
        "database": made.settings.database,
    }
    made.close()
    text = f"已建县 {made.name}：EPSG:{made.srid}，{made.timezone}，法域 {place}，规则 {applied.written} 条"
    return Answer(facts, text=f"{text}（未核实 {applied.unverified}） · county made")


@click.command(cls=Command)
@click.option("--yes", is_flag=True, help="确认删除 · really remove everything")
@DATABASE
def reset(yes: bool, database: str | None) -> Answer:
    """删库 · Remove the county's database with all it holds."""
    from gis.store.county import reset as remove

    chosen = settings(database)
    if not yes:
        raise Refused(f"this removes database {chosen.database} with all it holds: say --yes to do it")
    remove(chosen)
    return Answer({"removed": chosen.database}, sentence=f"已删除 {chosen.database} · removed")


@click.command(cls=Command)
@DATABASE
def upgrade(database: str | None) -> Answer:
    """升级 · Bring the county's tables to this version's layers; nothing that is stored is lost."""
    from gis.store.county import upgraded

    chosen = settings(database)
    before, after = upgraded(chosen)
    told = f"已是最新 {after} · up to date" if before == after else f"{before} → {after} · upgraded"
    return Answer({"database": chosen.database, "before": before, "after": after}, sentence=told)
