"""Invented data, always labelled: `wangge synth` makes a county, `synth load` loads it, `synth fill` completes one."""

from datetime import datetime
from pathlib import Path

import click

from gis.cli.door import DATABASE, DAY, county, day, settings, steps
from gis.cli.say import Answer, Group

SEED = click.option("--seed", type=int, default=7, show_default=True, help="随机种子 · seed")
FOLDER = click.Path(path_type=Path)
SHOWN = 5


class MadeByDefault(Group):
    """A group that makes where it is asked with options alone: `wangge synth --seed 7 -o DIR`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `make` before options that are not the group's own."""
        if args and args[0].startswith("-") and args[0] not in ctx.help_option_names:
            args = ["make", *args]
        return super().parse_args(ctx, args)


@click.group(cls=MadeByDefault)
def synth() -> None:
    """合成数据 · Invented data, always labelled; without a command: make the county."""


@synth.command("make")
@SEED
@click.option(
    "--scale", type=click.FloatRange(0.001, 10), default=1.0, show_default=True, help="规模 · 1: 250,000 houses"
)
@click.option("-o", "--output", type=FOLDER, required=True, help="输出文件夹 · DIR")
@click.option("--today", type=DAY, default=None, help="当天 · the day it is in that county")
@click.option("--workers", type=click.IntRange(1, 5000), default=None, help="网格员数 · workers [default: 300 × scale]")
def synth_make(seed: int, scale: float, output: Path, today: datetime | None, workers: int | None) -> Answer:
    """造县 · Make the invented county as a folder of messy deliveries; same seed, scale and day: same bytes."""
    from gis.run import invented
    from gis.synth.dress import Wanted

    wanted = Wanted(seed, scale, day(today) or invented.today_there())
    with steps("合成县", total=3) as progress:
        listed = invented.make(output, wanted, workers=workers, progress=progress)
    rows: dict[str, int] = {}
    for each in listed:
        rows[each.layer] = rows.get(each.layer, 0) + each.rows
    wrong = sum(len(each.wrong) for each in listed)
    facts = {
        "folder": output,
        "today": wanted.today,
        "scale": scale,
        "files": len(listed),
        "rows": rows,
        "wrong_on_purpose": wrong,
    }
    told = "，".join(f"{name} {count:,}" for name, count in rows.items())
    lines = [
        f"{output}：{len(listed)} 个交付文件（合成数据，虚构），故意的错行 {wrong}",
        told,
        f"下一步 · next: wangge synth load {output}",
    ]
    return Answer(facts, text="\n".join(lines))


@synth.command("load")
@click.argument("folder", type=FOLDER)
@DATABASE
def synth_load(folder: Path, database: str | None) -> Answer:
    """装入 · Load such a folder as deliveries, into the county it describes; every row is accounted for."""
    from gis.run import invented

    found = invented.manifest(folder)
    with steps("合成县", total=len(found.entries) + 2) as progress:
        loaded, voided = invented.load_into(settings(database), found, progress)
    layers = invented.by_layer(loaded)
    strange = [each for each in loaded if each.unexpected]
    lines = [
        f"{name}: 交付 {n['delivered']:,} = 新增 {n['new']:,} + 变更 {n['changed']:,} + 未变 {n['unchanged']:,}"
        f" + 退回 {n['rejected']:,}"
        for name, n in layers.items()
    ]
    rejected = sum(each.outcome.rejected for each in loaded)
    lines.append(f"共退回 {rejected} 行，都是故意的错行 · all rejected rows are wrong on purpose；作废检查 {voided}")
    sentence = ""
    if strange:
        lines.pop()
        told = "；".join(
            f"{each.file} 第 {', '.join(map(str, each.unexpected[:SHOWN]))} 行" for each in strange[:SHOWN]
        )
        sentence = f"不应如此的行：{told} · rows rejected that should be stored, or stored that should be rejected"
    facts = {
        "files": len(loaded),
        "layers": layers,
        "rejected": rejected,
        "voided": voided,
        "unexpected": {each.file: each.unexpected for each in strange},
    }
    return Answer(facts, text="\n".join(lines), sentence=sentence, complete=not strange)


@synth.command("fill")
@SEED
@click.option("--workers", type=click.IntRange(1, 5000), default=40, show_default=True, help="网格员数 · workers")
@DATABASE
def synth_fill(seed: int, workers: int, database: str | None) -> Answer:
    """补全 · Invent what a real place lacks: grades, users, stations, workers, checks."""
    from gis.run.fill import fill

    with county(database) as opened, steps("合成", total=5) as progress:
        filled = fill(opened, seed=seed, workers=workers, progress=progress)
    stored = {name: outcome.stored for name, outcome in filled.outcomes.items()}
    checks = filled.checks.recorded if filled.checks is not None else 0
    told = "，".join(f"{name} {count}" for name, count in stored.items()) or "无"
    return Answer({"stored": stored, "checks": checks}, text=f"合成（虚构）：{told}；检查记录 {checks}")
