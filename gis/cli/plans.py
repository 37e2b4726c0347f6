"""Rules and places: `wangge law | assign`."""

from dataclasses import asdict
from pathlib import Path

import click

from gis.cli.door import DATABASE, county, steps
from gis.cli.say import Answer, Command, Group
from gis.errors import some

SHOWN = 20


@click.group(cls=Group)
def law() -> None:
    """规则 · The law as data."""


@law.command("apply")
@click.option("--rules", type=click.Path(path_type=Path), default=None, help="本县规则 · a county's own file, TOML")
@click.option("--withdraw", is_flag=True, help="允许撤回 · let stored versions that are no longer said end")
@DATABASE
def law_apply(rules: Path | None, withdraw: bool, database: str | None) -> Answer:
    """应用规则 · Copy the rules into versions with periods; a changed rule is withdrawn and written anew."""
    from gis import law as statutes
    from gis.work.rules import apply

    with county(database) as opened:
        applied = apply(opened, statutes.rules(rules), withdraw=withdraw or rules is not None)
    text = (
        f"规则：新增 {applied.written}，撤回 {applied.withdrawn}，未变 {applied.unchanged}，未核实 {applied.unverified}"
    )
    return Answer(asdict(applied), text=f"{text}；法域 {' → '.join(applied.chain)}")


@click.command(cls=Command)
@DATABASE
def assign(database: str | None) -> Answer:
    """归格 · Place every object in its town, village and cell; what lies outside is listed."""
    from gis.run import grid as run

    with county(database) as opened, steps("归格", total=1) as progress:
        progress("assign")
        found = run.assign(opened)
    lines = []
    for name, total in found.total.items():
        outside = found.outside_towns[name]
        listed = f"：{some(outside, SHOWN)}" if outside else ""
        lines.append(
            f"{name}: 共 {total}，入格 {found.in_cell[name]}，移动 {found.moved[name]}，区外 {len(outside)}{listed}"
        )
    return Answer(asdict(found), text="\n".join(lines))
