"""The calendar of checks: `wangge patrol calendar`."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gis import layers
from gis.cli.door import DATABASE, DAY, county, day, steps, whole
from gis.cli.say import Answer, Command
from gis.cli.workers import skills_unknown
from gis.errors import some
from gis.layer import Use

if TYPE_CHECKING:
    import pandas as pd

    from gis.run.calendar import Asked, Planned

SHOWN = 20
DAYS_D = 28


class Stretch(click.ParamType[tuple[date, date]]):
    """A day, or its first and last day."""

    name = "DAY[:DAY]"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[date, date]:
        """Give both days."""
        first, _, last = str(value).partition(":")
        try:
            found = date.fromisoformat(first), date.fromisoformat(last or first)
        except ValueError:
            self.fail(f"expected a day such as 2026-08-01, or two: 2026-08-01:2026-08-03; got {value}", param, ctx)
        if found[1] < found[0]:
            self.fail(f"expected the first day before the last, got {value}", param, ctx)
        return found


@click.command("calendar", cls=Command)
@click.option("--from", "first", type=DAY, default=None, help="第一天，缺省今天 · first day; default: today")
@click.option("--to", "last", type=DAY, default=None, help="最后一天，缺省四周 · last day; default: four weeks")
@click.option(
    "--areas",
    default=None,
    metavar="RUN",
    help="按哪次运算的片区，缺省第一天启用的，没有则最近一次 · whose areas; default: those in force on the first day",
)
@click.option(
    "--typhoon", type=Stretch(), default=None, help="台风期间：C、D级房屋每日检查 · a typhoon's days: C/D houses daily"
)
@click.option(
    "--shift", type=click.FloatRange(1, 1440), default=480.0, show_default=True, help="每班分钟 · minutes of a shift"
)
@click.option(
    "--walk", type=click.FloatRange(0, 240), default=2.0, show_default=True, help="每次走路分钟 · minutes to each visit"
)
@click.option("--work-on", type=Stretch(), multiple=True, help="休息日加班，可多次 · days off that are worked")
@click.option("--day-off", type=Stretch(), multiple=True, help="工作日放假，可多次 · working days that are not")
@click.option(
    "--stable-from",
    default=None,
    metavar="RUN|none",
    help="沿用某次日历的日子，缺省最近一次；none 不沿用 · keep a run's days; default: the newest",
)
@click.option("--xlsx", type=click.Path(path_type=Path), default=None, help="写入工作簿 · FILE.xlsx")
@DATABASE
def patrol_calendar(
    first: datetime | None,
    last: datetime | None,
    areas: str | None,
    typhoon: tuple[date, date] | None,
    shift: float,
    walk: float,
    work_on: tuple[tuple[date, date], ...],
    day_off: tuple[tuple[date, date], ...],
    stable_from: str | None,
    xlsx: Path | None,
    database: str | None,
) -> Answer:
    """检查日历 · Give every due visit a day before its due date, near its neighbours' day, even over the days."""
    from gis.run import calendar as run
    from gis.run.calendar_figures import NAMES
    from gis.run.made_up import labels
    from gis.run.visits import Span

    with county(database) as opened:
        today = opened.today()
        begin = day(first) or today
        span = Span(begin, day(last) or begin + timedelta(days=DAYS_D - 1))
        asked = run.Asked(
            span,
            areas=areas,
            typhoon=Span(*typhoon) if typhoon else None,
            shift_minutes=shift,
            walk_minutes=walk,
            on=tuple(each for days in work_on for each in Span(*days).days),
            off=tuple(each for days in day_off for each in Span(*days).days),
            stable_from=stable_from,
        )
        with steps("检查日历", total=run.workers(opened, asked) + 2) as progress:
            made = run.plan(opened, asked, today=today, progress=progress)
    sheets, above = _sheets(made, asked), labels(made.invented)
    if xlsx is not None:
        from gis.report.workbook import Sheet, workbook

        words = _words()
        book = [Sheet(name, _worded(frame, words).rename(columns=dict(NAMES)), above) for name, frame in sheets.items()]
        with whole(xlsx) as part:
            part.write_bytes(workbook(book, day=today))
    text = "\n".join([*_lines(made, asked, sheets), *above])
    return Answer(_facts(made, asked, sheets) | {"file": xlsx, "invented": list(made.invented)}, text=text)


def _sheets(made: "Planned", asked: "Asked") -> "dict[str, pd.DataFrame]":
    from gis.run import calendar_figures as told

    columns = ["worker_code", "day", "area_code", "layer", "object_key", "kind", "category", "due_on", "minutes"]
    columns += ["outcome", "why", "was_on"]
    going = made.visits[made.visits["day"].notna()]
    left = made.visits[made.visits["day"].isna()]
    return {
        "每人每日": going[columns].sort_values(["worker_code", "day"], kind="stable"),
        "无法安排": left[["worker", "town", "area_code", *columns[3:9], "why"]].rename(
            columns={"worker": "worker_code"}
        ),
        "改期": told.moved(made.visits),
        "日工作量": told.by_day(made.visits, made.shifts.worked.days, walk_minutes=asked.walk_minutes),
        "人员": made.workers,
        "专长调剂": told.taken(made.taken),
        "无法安排汇总": told.unmet(made.visits, **asked.minutes),
    }


def _worded(frame: "pd.DataFrame", words: Mapping[str, Mapping[str, str]]) -> "pd.DataFrame":
    """Give the frame with words for the values that have some."""
    told = frame.copy()
    for name, of in words.items():
        if name in told:
            told[name] = [of.get(each, each) for each in told[name].tolist()]
    return told


def _words() -> Mapping[str, Mapping[str, str]]:
    """Give the Chinese words for the values of the columns that have choices, and for layers and kinds of visits."""
    layer = layers.one(Use.VISIT_PLAN)
    choices = {each.name: each.titles for each in layer.fields}
    kinds = {each.patrol.kind: f"{each.title}检查" for each in layers.every() if each.patrol is not None}
    skills = layers.one(Use.WORKER).field("skills").titles
    return choices | {"layer": {each.name: each.title for each in layers.every()}, "kind": kinds, "skill": skills}


def _facts(made: "Planned", asked: "Asked", sheets: "Mapping[str, pd.DataFrame]") -> dict[str, Any]:
    crew = made.shifts
    return {
        "run": made.run,
        "first": asked.span.first,
        "last": asked.span.last,
        "areas": made.areas,
        "areas_in_force": made.in_force,
        "stable_from": made.stable_from,
        "working_days": len(crew.worked.days),
        "unannounced_years": list(crew.worked.unannounced),
        **made.figures,
        "by_worker": made.workers.to_dict("records"),
        "unmet_by": sheets["无法安排汇总"].to_dict("records"),
        "moved_visits": sheets["改期"].head(SHOWN).astype(object).to_dict("records"),
        "uncovered": [
            {"worker": each.worker, "days": each.days, "cover": each.cover, "why": each.why.value}
            for each in crew.uncovered
        ],
        "unregistered": list(crew.unregistered),
        "absences_of_strangers": list(crew.strangers),
        "taken_by": [asdict(each) for each in made.taken],
        "skills_unknown": _unknown(made),
    }


def _lines(made: "Planned", asked: "Asked", sheets: "Mapping[str, pd.DataFrame]") -> list[str]:
    told, words, days = made.figures, _words(), len(made.shifts.worked.days)
    why = "，".join(f"{words['why'][name]} {count:,}" for name, count in _counts(told["why"]).items())
    held = (
        f"可用 {told['held_person_days']:,.1f} 人日（{told['workers']} 人），缺 {told['missing_person_days']:,.1f} 人日"
    )
    runs = f"运算 {made.run}，片区运算 {made.areas}"
    lines = [
        f"检查日历 {asked.span.first} 至 {asked.span.last}，工作日 {days} 天（{runs}）",
        f"检查 {told['visits']:,} 次：按期 {told['in_time']:,}，逾期补查 {told['late']:,}，无法安排 {told['unmet']:,}",
        f"工作量 {told['person_days']:,.1f} 人日，{held} · person-days of work, at hand, missing",
        f"每班 {asked.shift_minutes:g} 分钟，每次走路 {asked.walk_minutes:g} 分钟；每次用时为假定值 · assumed",
    ]
    lines += [f"未按期的原因 · why not in time: {why}"] if why else []
    lines += _moves(made, sheets["改期"], words["moved_for"]) if made.stable_from is not None else []
    groups = sheets["无法安排汇总"]
    kinds = words["kind"]
    lines += [
        f"  无法安排 {row.worker_code} {kinds[str(row.kind)]} {row.town}：{row.visits:,} 次，"
        f"{row.person_days:,.1f} 人日（{words['why'][str(row.why)]}）"
        for row in groups.head(SHOWN).itertuples()
    ]
    if len(groups) > SHOWN:
        lines.append(f"  …… 共 {len(groups)} 组，见 --xlsx 或 --json · the rest in the workbook")
    return lines + _skills(made) + _areas(made, asked) + _warnings(made, asked)


def _unknown(made: "Planned") -> list[str]:
    """Give who goes without any skill on record."""
    crew = made.shifts
    return sorted({code for code, skill in zip(crew.people, crew.skills, strict=True) if skill is None})


def _skills(made: "Planned") -> list[str]:
    """Say which work goes to colleagues who have its skill, and of whom no skill is known."""
    titles, lines = layers.one(Use.WORKER).field("skills").titles, []
    going = [each for each in made.taken if each.colleague is not None]
    if going:
        lines.append(
            f"本片区的人无此专长、由同事上门的对象 · objects that go to a colleague: {made.figures['taken']:,}"
        )
        lines += [
            f"  {each.worker} → {each.colleague} {titles[each.skill]}："
            f"{each.objects:,} 个，{each.minutes / 60:,.1f} 小时"
            for each in going[:SHOWN]
        ]
        if len(going) > SHOWN:
            lines.append(f"  …… 共 {len(going)} 组，见 --xlsx 或 --json · the rest in the workbook")
    lines += [
        f"有片区的人都无此专长 · nobody with an area has it: {each.worker} {titles[each.skill]} {each.objects:,} 个"
        for each in made.taken
        if each.colleague is None
    ]
    return lines + skills_unknown(_unknown(made), SHOWN)


def _areas(made: "Planned", asked: "Asked") -> list[str]:
    """Say that the areas are not those in force on the first day; nothing where they are."""
    if made.in_force == made.areas:
        return []
    day = asked.span.first
    if made.in_force is None:
        return [
            f"{day} 没有启用的片区，按运算 {made.areas} 的方案 · no areas are in force, a proposed run is planned on"
        ]
    return [f"{day} 启用的是片区运算 {made.in_force}，不是 {made.areas} · other areas are in force on the first day"]


def _moves(made: "Planned", moved: "pd.DataFrame", words: Mapping[str, str]) -> list[str]:
    """Say what left the days of the earlier calendar, and why."""
    by = "，".join(f"{words[name]} {count:,}" for name, count in _counts(made.figures["moved"]).items())
    first = f"沿用运算 {made.stable_from}：改期 {len(moved):,}{f'（{by}）' if by else ''}，不再到期 {made.dropped:,}"
    shown = moved.head(SHOWN).itertuples()
    listed = [
        (str(row.worker_code or "—"), str(row.object_key), row.was_on, row.day or "无", str(row.moved_for))
        for row in shown
    ]
    return [first, *(f"  {who} {key} {was!s} → {day!s}（{words[why]}）" for who, key, was, day, why in listed)]


def _counts(value: object) -> dict[str, int]:
    return dict(value) if isinstance(value, Mapping) else {}


def _warnings(made: "Planned", asked: "Asked") -> list[str]:
    """Say what the planner should know of the days and the people."""
    crew = made.shifts
    lines = [
        f"{year} 年的放假安排尚未公布，按周末推算 · holidays not announced yet" for year in crew.worked.unannounced
    ]
    if asked.typhoon is not None:
        lines.append(
            f"台风 {asked.typhoon.first} 至 {asked.typhoon.last}：C、D级房屋每日检查，过后再查一遍，期间全员上班"
            "（规则未核实 · not verified）"
        )
    lines += [
        f"无人上班 {each.worker}：{each.days[0]} 起 {len(each.days)} 个工作日"
        f"（{f'{each.cover} ' if each.cover else ''}{each.why.zh}）"
        for each in crew.uncovered[:SHOWN]
    ]
    if crew.unregistered:
        named = some(crew.unregistered, SHOWN)
        lines.append(f"不在网格员登记中，按全时计 · not in the register, taken as full time: {named}")
    if crew.strangers:
        named = some(crew.strangers, SHOWN)
        lines.append(f"请假替班里不在网格员名册的工号 · absences name codes that are not on the register: {named}")
    return lines
