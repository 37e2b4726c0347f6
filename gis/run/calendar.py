"""The calendar of checks (检查日历): every due visit gets a day and a worker, or the reason why it has none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import sqlalchemy as sa

from gis import layers
from gis.errors import Refused
from gis.find.duty import patrolled
from gis.layer import Use
from gis.plan.calendar import NEVER
from gis.run.calendar_figures import by_worker, figures
from gis.run.colleagues import Colleagues, Taken
from gis.run.made_up import made_up
from gis.run.post import NEVER_DUE, Booking, post
from gis.run.record import Made, digest, named, record
from gis.run.shifts import NOBODY, Room, Shifts, shifts
from gis.run.visits import Due, Span, areas_of, due_visits
from gis.store.copying import fill
from gis.store.county import County

Floats = npt.NDArray[np.float64]
Progress = Callable[[str], None]

PLAN = "calendar"
LONGEST_D = 92
FRESH = "none"
WALK_MIN = 2.0
"""Of the 16 minutes that a door takes where 30 a day are reported, what is left beside the 14 of `visit_minutes`."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: the days, whose areas, the typhoon's days, minutes of a shift and of the way to each visit.

    `areas` is a run; None: that in force on the first day, the newest where none is.
    `on` are days off that are worked, `off` working days that are not. `stable_from` is the run whose days are kept:
    the newest that shares days where None, no run where `FRESH`.
    """

    span: Span
    areas: str | None = None
    typhoon: Span | None = None
    shift_minutes: float = 480.0
    walk_minutes: float = WALK_MIN
    on: tuple[date, ...] = ()
    off: tuple[date, ...] = ()
    stable_from: str | None = None

    @property
    def minutes(self) -> dict[str, float]:
        """The minutes of a shift and of the way to a visit, as figures are reckoned with."""
        return {"shift_minutes": self.shift_minutes, "walk_minutes": self.walk_minutes}


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """A calendar that was made.

    `visits` has a row for each visit as it is stored, with town and category, and as `worker` whose it is: of the area
    it lies in, or a colleague who has the skill (`taken`: from whom to whom); `workers` is a row for each of these, as
    `by_worker` gives it. `areas` and `stable_from` are the runs it was made from, `in_force` is the run of the areas in
    force on the first day (None: none are); `dropped` counts objects that had a day in that calendar and are no longer
    due; `invented` names what of the data is.
    """

    run: int
    figures: Mapping[str, object]
    visits: pd.DataFrame
    workers: pd.DataFrame
    shifts: Shifts
    taken: tuple[Taken, ...]
    areas: int
    in_force: int | None
    stable_from: int | None
    dropped: int
    invented: tuple[str, ...]


def plan(county: County, asked: Asked, *, today: date, progress: Progress = lambda _: None) -> Planned:
    """Give a day to every visit that falls due in the days asked for, and store the calendar with its run.

    A visit belongs to the worker of the area it lies in, or to a colleague if it needs a skill that who goes there
    lacks; who answers on a day goes, or a colleague if he lacks it (`gis.run.colleagues`). Each worker's days are
    planned by themselves (`gis.run.post`), those first for whom somebody else goes. Objects that are due again within
    the calendar have a visit for each time, reckoned from the day of the one before. In a typhoon its days, and those
    within which all must be seen again after it, are worked by everybody. Overdue and never checked objects come first.
    Made again from the same county it is the same calendar: a booked day stays while it can. Refused where the days are
    past, too many, or no areas are made.
    """
    _refuse(asked, today)
    span = asked.span
    with county.reading() as connection:
        progress("due")
        due = due_visits(connection, county, span, areas=asked.areas, typhoon=asked.typhoon)
        earlier, bookings, known = _earlier(connection, county, asked)
        on = (*asked.on, *_storm_days(due, span))
        crew = shifts(connection, county, span, due.workers, minutes=asked.shift_minutes, off=asked.off, on=on)
        invented = made_up(connection, county, (*patrolled(), layers.one(Use.WORKER)))
    people = " ".join(crew.people), repr(crew.skills), crew.own, crew.goes
    inputs = digest((due.frame, *people, repr(sorted(bookings.items()))))
    able = Colleagues(crew, due.middles)
    frame, taken = able.dealt(due, walk_minutes=asked.walk_minutes)
    due = replace(due, frame=frame)
    rows, workers = _planned(due, able, bookings, asked, progress)
    visits = _visits(rows, due, crew, span)
    dropped = len(known - set(visits["object_id"].tolist()))
    progress("store")
    told = figures(visits, workers, **asked.minutes) | {"dropped": dropped}
    told |= {"taken": sum(each.objects for each in taken if each.colleague is not None)}
    with county.writing() as connection:
        run = record(connection, county, Made(PLAN, _parameters(asked, due, earlier), inputs, result=told))
        _store(connection, county, run, visits)
    each = by_worker(visits, workers, **asked.minutes)
    return Planned(run, told, visits, each, crew, taken, due.areas, due.in_force, earlier, dropped, invented)


def workers(county: County, asked: Asked) -> int:
    """Give how many workers have areas in the run that a calendar is made from. Refused where there is none."""
    table = county.schema.table(layers.one(Use.PATROL_AREA))
    with county.reading() as connection:
        run = areas_of(connection, county, asked.areas, asked.span.first)
        query = sa.select(sa.func.count(table.c.worker_code.distinct())).where(table.c.run_id == run)
        return int(connection.execute(query).scalar_one())


def _refuse(asked: Asked, today: date) -> None:
    first, last = asked.span.first, asked.span.last
    if last < first:
        raise Refused(f"--to {last}: 早于 --from · expected a day from {first} on, got {last}")
    if first < today:
        raise Refused(f"--from {first}: 已经过去 · expected a day from today ({today}) on, got {first}")
    if len(asked.span.days) > LONGEST_D:
        raise Refused(
            f"--to {last}: 日历最多 {LONGEST_D} 天 · expected at most {LONGEST_D} days, got {len(asked.span.days)}; "
            "`wangge patrol staffing` tells of a year"
        )
    storm = asked.typhoon
    if storm is not None and (storm.last < first or storm.first > last):
        raise Refused(f"--typhoon {storm.first}:{storm.last}: 不在日历内 · expected days within {first} to {last}")


def _storm_days(due: Due, span: Span) -> tuple[date, ...]:
    if due.storm is None:
        return ()
    first, last = due.storm.first, due.storm.last + due.storm.after
    return tuple(day for number, day in enumerate(span.days) if first <= number <= last)


def _earlier(
    connection: sa.Connection, county: County, asked: Asked
) -> tuple[int | None, dict[int, Booking], set[int]]:
    """Give the run whose days are kept, what it had for each object from the first day on, and whose visits it had.

    The last are objects with a day in the span asked for, which are dropped where they are no longer due.
    """
    run = _stable(connection, county, asked)
    if run is None:
        return None, {}, set()
    table = county.schema.table(layers.one(Use.VISIT_PLAN))
    query = sa.select(table.c.object_id, table.c.day, table.c.due_on).where(table.c.run_id == run)
    found: dict[int, Booking] = {}
    known: set[int] = set()
    for row in connection.execute(query.order_by(table.c.object_id, table.c.due_on.asc().nulls_first(), table.c.day)):
        due = NEVER_DUE if row.due_on is None else asked.span.number(row.due_on)
        number = NEVER if row.day is None else asked.span.number(row.day)
        before = found.get(row.object_id)
        kept = (number,) if number >= 0 else ()
        found[row.object_id] = Booking(kept, due) if before is None else Booking(before.days + kept, before.due)
        if 0 <= number < len(asked.span.days):
            known.add(row.object_id)
    return run, found, known


def days_of(run: sa.Table) -> tuple[sa.ColumnElement[date], sa.ColumnElement[date]]:
    """Give the first and the last day that a calendar plans, as columns of the run log."""
    first, last = (sa.cast(run.c.parameters[name].astext, sa.Date) for name in ("first", "last"))
    return first, last


def _stable(connection: sa.Connection, county: County, asked: Asked) -> int | None:
    if asked.stable_from == FRESH:
        return None
    if asked.stable_from is not None:
        return int(named(connection, county, PLAN, asked.stable_from, option="--stable-from").id)
    table = county.schema.table(layers.one(Use.RUN))
    first, last = days_of(table)
    shared = (first <= asked.span.last) & (last >= asked.span.first)
    query = sa.select(table.c.id).where(table.c.plan == PLAN, shared).order_by(table.c.id.desc()).limit(1)
    return connection.scalars(query).first()


def _planned(
    due: Due, able: Colleagues, bookings: Mapping[int, Booking], asked: Asked, progress: Progress
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the visits of all workers (rows as in `Post.rows`, and who goes), and what each has and lacks."""
    crew = able.crew
    spent = due.frame["minutes"] + asked.walk_minutes
    work = spent.groupby(due.frame["worker"]).sum().reindex(list(crew.people)).fillna(0.0).to_numpy(dtype=float)
    room, groups = Room(crew, work), due.frame.groupby("worker", sort=True).groups
    parts, workers = [], []
    for number in room.order():
        code, capacity = crew.people[number], room.of(number)
        if code not in due.workers:  # one who only goes in the place of others
            continue
        progress(code)
        frame = due.frame.loc[groups.get(code, [])]
        found = post(frame, capacity, crew.usual[number], bookings, walk_minutes=asked.walk_minutes, storm=due.storm)
        rows = able.replaced(found.rows, due.frame, spent.to_numpy(dtype=float), number, room)
        minutes = spent[rows["row"]].to_numpy(dtype=float)
        own = rows["goer"].to_numpy() == np.where(rows["day"] == NEVER, NOBODY, crew.goes[number][rows["day"]])
        room.use(number, np.bincount(rows["day"][own], minutes[own], minlength=len(capacity)).astype(float))
        missing = found.missing_minutes + float(minutes[(rows["why"] == "no_skill").to_numpy()].sum())
        parts.append(rows)
        workers.append((code, float(capacity.sum()), float(found.used.max(initial=0.0)), missing))
    parts.append(_nobodys(due.frame[due.frame["worker"].isna()]))
    made = pd.DataFrame(workers, columns=["worker", "held", "fullest", "missing"])
    return pd.concat(parts, ignore_index=True), made


def _nobodys(frame: pd.DataFrame) -> pd.DataFrame:
    """Give the visits of objects that nobody is named for."""
    why = np.select([frame["area"].isna(), frame["unable"]], ["no_area", "no_skill"], "no_worker")
    found = pd.DataFrame({"row": frame.index.to_numpy(), "due": frame["due"].to_numpy(), "why": why})
    return found.assign(opens=0, day=NEVER, booked=NEVER, moved_for=None, goer=NOBODY)


def _visits(rows: pd.DataFrame, due: Due, crew: Shifts, span: Span) -> pd.DataFrame:
    """Give the visits as they are stored, in order of layer, key and day, with town and category."""
    days = (*span.days, None)
    frame = due.frame.loc[rows["row"]].reset_index(drop=True)
    late = rows["why"].notna()
    people = np.array([*crew.people, None], dtype=object)
    made = frame.assign(
        worker_code=people[rows["goer"]],
        area_code=frame["area"],
        day=np.array(days, dtype=object)[rows["day"]],
        due_on=np.array([span.day(int(each)) for each in rows["due"]], dtype=object),
        outcome=np.where(rows["day"] == NEVER, "unmet", np.where(late, "late", "in_time")),
        why=rows["why"],
        was_on=np.array(days, dtype=object)[np.where(rows["moved_for"].notna(), rows["booked"], NEVER)],
        moved_for=rows["moved_for"],
        number=rows["due"],
    )
    made = made.sort_values(["layer", "object_key", "number"], kind="stable").reset_index(drop=True)
    made["code"] = [f"{number:07d}" for number in range(1, len(made) + 1)]
    return made.drop(columns=["area", "due", "every", "notice", "brisk", "number", "skill", "unable"])


def _parameters(asked: Asked, due: Due, earlier: int | None) -> dict[str, object]:
    storm = asked.typhoon
    return {
        "first": asked.span.first.isoformat(),
        "last": asked.span.last.isoformat(),
        "areas": due.areas,
        "typhoon": None if storm is None else [storm.first.isoformat(), storm.last.isoformat()],
        "shift_minutes": asked.shift_minutes,
        "walk_minutes": asked.walk_minutes,
        "on": sorted(day.isoformat() for day in asked.on),
        "off": sorted(day.isoformat() for day in asked.off),
        "stable_from": earlier,
        "minutes": due.minutes,
    }


def _store(connection: sa.Connection, county: County, run: int, visits: pd.DataFrame) -> None:
    table = county.schema.table(layers.one(Use.VISIT_PLAN))
    rows = visits.drop(columns=["category", "town", "worker", "x", "y"]).assign(run_id=run)
    rows["geom"] = np.asarray(shapely.points(visits[["x", "y"]].to_numpy(dtype=float)), dtype=object)
    fill(connection, table, rows)
