"""A county into a file and back: `wangge db backup` and `wangge db restore`."""

from dataclasses import asdict
from pathlib import Path

import click

from gis.cli.door import DATABASE, county, settings, steps
from gis.cli.say import Answer, Command

FILE = click.Path(path_type=Path)


@click.command(cls=Command)
@click.argument("file", type=FILE)
@DATABASE
def backup(file: Path, database: str | None) -> Answer:
    """备份 · Write the county with its past to a new FILE; it holds personal data, keep it safe."""
    from gis.store.backup import backup as write

    with county(database) as opened, steps(f"备份 {file.name}", total=3) as progress:
        manifest = write(opened, file, progress)
    rows = sum(manifest.rows.values())
    size = file.stat().st_size
    told = f"已备份 {manifest.county_name} {rows:,} 行 · backed up {rows:,} rows: {file}（{size / 1e6:.1f} MB）"
    return Answer({"file": file, "bytes": size, **asdict(manifest)}, sentence=told)


@click.command(cls=Command)
@click.argument("file", type=FILE)
@click.option(
    "--any-version", is_flag=True, help="允许其他版本 · take a backup of another version with the same layers"
)
@DATABASE
def restore(file: Path, any_version: bool, database: str | None) -> Answer:
    """恢复 · Make the county's database from a backup FILE; nothing that stands is written over."""
    from gis.store.backup import read_manifest
    from gis.store.backup import restore as bring_back

    manifest = read_manifest(file)
    with steps(f"恢复 {file.name}", total=3) as progress:
        made = bring_back(settings(database), file, any_version=any_version, progress=progress)
    made.close()
    rows = sum(manifest.rows.values())
    told = f"已恢复 {manifest.county_name} {rows:,} 行（{manifest.made_at} 的备份） · restored {rows:,} rows"
    return Answer({"database": made.settings.database, **asdict(manifest)}, sentence=told)
