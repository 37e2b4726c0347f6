"""A worker leaves: the register says until when and who takes over, and what is open is handed over and listed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

import pandas as pd
import sqlalchemy as sa

from gis import layers
from gis.errors import Refused
from gis.find.duty import Duty, away_on, duty, in_areas, patrolled, people_on, require_worker
from gis.find.states import Moment, State, Where, states
from gis.layer import Layer, Use
from gis.plan.cover import Person, Why, answering
from gis.run.calendar import PLAN, days_of
from gis.run.made_up import made_up
from gis.run.record import Made, digest, record
from gis.run.skills import knows, skills_of
from gis.store.county import County, now
from gis.store.fetch import reading_of
from gis.store.load import Origin, Terms, load

OPEN = (State.DUE.value, State.OVERDUE.value, State.NEVER.value)
COLUMNS = ["kind", "layer", "key", "state", "due_on", "area", "after", "why"]


@dataclass(frozen=True, slots=True, eq=False)
class Left:
    """Who left, on which last day, and what was handed over, to whom.

    `objects` are those the worker answered for on the last day. `open` has a row per thing to do: kind (visit, hazard,
    planned), layer, key, state, due_on, area, after (who answers from the next day on; None: nobody) and why.
    `invented` names what of the data is.
    """

    run: int
    worker: str
    on: date
    successor: str | None
    objects: int
    open: pd.DataFrame
    invented: tuple[str, ...]

    @property
    def unnamed(self) -> int:
        """How much of what is open goes to nobody."""
        return int(self.open["after"].isna().sum())


class Told(NamedTuple):
    """Who does each of some things, None where nobody does, and why."""

    who: list[str | None]
    why: list[str]


def leave(county: County, worker: str, on: date, *, to: str | None = None) -> Left:
    """Record a worker's last day and successor in the register, and give what is handed over.

    Nothing is deleted: the register keeps its earlier version, and the run's record says how much was open. Refused
    where either is not on the register, the worker left on another day or began later, or the successor is not in
    service on the next day, or will leave to somebody who leads back: then nobody would answer in the end.
    """
    _checked(county, worker, on, to)
    before = duty(county, on)
    _written(county, worker, on, to)
    after = duty(county, on + timedelta(days=1), of=())
    mine = tuple(code for code, answer in before.answers.items() if answer.worker == worker)
    found = _open(county, before, mine, worker, after.run)
    told = _after(county, worker, after, found, found.pop("later").tolist())
    found["after"], found["why"] = told
    objects = int(before.counts.loc[before.counts["area"].isin(mine), "objects"].sum())
    figures = {"objects": objects, "open": len(found), "unnamed": int(found["after"].isna().sum())}
    figures |= {str(kind): int(rows) for kind, rows in found["kind"].value_counts().items()}
    made = Made(
        "leave",
        {"worker": worker, "on": on.isoformat(), "to": to, "areas_run": before.run},
        digest((found.astype(str),)),
        result=figures,
    )
    with county.writing() as connection:
        run = record(connection, county, made)
        invented = made_up(connection, county, (*patrolled(), layers.one(Use.HAZARD)))
    return Left(run, worker, on, to, objects, found, invented)


def _after(county: County, worker: str, after: Duty, found: pd.DataFrame, later: Sequence[str | None]) -> Told:
    """Give who does each thing that is open, and why: who answers for the area in which it lies `later`.

    A planned visit whose skill that person lacks goes to who answers for the worker; to nobody who lacks it too.
    """
    with county.reading() as connection:
        skills = skills_of(connection, county)
        people, away = people_on(connection, county, after.day), away_on(connection, county, after.day)
    heir, told = answering([worker], people, away)[worker], Told([], [])
    for kind, layer, area in zip(found["kind"], found["layer"], later, strict=True):
        patrol = layers.named(layer).patrol if kind == "planned" else None
        skill = patrol.skill if patrol is not None else ""
        who, why = after.worker(area), after.why(area)
        if who is not None and not knows(skills.get(who), skill):
            able = heir.worker is not None and knows(skills.get(heir.worker), skill)
            who, why = (heir.worker, heir.zh) if able else (None, "片区的人无此专长，须重排日历")
        told.who.append(who)
        told.why.append(why)
    return told


def _checked(county: County, worker: str, on: date, to: str | None) -> None:
    table = county.schema.table(layers.one(Use.WORKER))
    codes = [worker, *([] if to is None else [to])]
    with county.reading() as connection:
        require_worker(connection, county, *codes)
        people = {str(row.code): row for row in connection.execute(sa.select(table))}
    gone = people[worker]
    if gone.to_on is not None and gone.to_on != on:
        raise Refused(f"{worker} 已于 {gone.to_on} 离岗 · {worker} left on {gone.to_on}: expected that day, got {on}")
    if gone.from_on is not None and gone.from_on > on:
        raise Refused(
            f"{worker} {gone.from_on} 才到岗 · {worker} begins on {gone.from_on}: expected --on later, got {on}"
        )
    if to is None:
        return
    if to == worker:
        raise Refused("--to: 接手不能是本人 · expected another worker than the one who leaves")
    taker, following = people[to], on + timedelta(days=1)
    begun = taker.from_on is None or taker.from_on <= following
    if not begun or (taker.to_on is not None and taker.to_on < following):
        raise Refused(f"--to {to}: {following} 不在岗 · expected a worker in service on {following}")
    leaving = {code: Person(left=row.to_on is not None, successor=row.successor_code) for code, row in people.items()}
    after = answering([worker], {**leaving, worker: Person(left=True, successor=to)}, {})[worker]
    if after.why is Why.LOOP:
        raise Refused(
            f"--to {to}: 接手成环 {' → '.join(after.chain)} · expected one who does not lead back to who left"
        )


def _written(county: County, worker: str, on: date, to: str | None) -> None:
    row = {"code": worker, "to_on": on} | ({"successor_code": to} if to is not None else {})
    outcome = load(
        county,
        layers.one(Use.WORKER),
        reading_of(pd.DataFrame([row], dtype=object), None, None),
        Origin("wangge patrol leave"),
        terms=Terms(),
    )
    if outcome.rejected:
        fault = outcome.faults[0]
        raise Refused(f"{worker}: expected {fault.expected}, got {fault.actual}")


def _open(county: County, before: Duty, areas: tuple[str, ...], worker: str, following: int | None) -> pd.DataFrame:
    """Give what is open in some areas: visits due, overdue or never made, hazards not closed, visits planned later.

    `later` is the area of the run `following`, which is in force on the next day and may be another.
    """
    parts, planned = [], []
    with county.reading() as connection:
        for layer in patrolled():
            now_in = in_areas(county, layer, before.run, areas=areas).subquery()
            then_in = in_areas(county, layer, following).subquery()
            parts.append(_visits(connection, county, layer, now_in, then_in))
            parts.append(_hazards(connection, county, layer, now_in, then_in))
            planned.append(_planned(connection, county, layer, worker, before.day, then_in))
    rows = [row for part in (*parts, *planned) for row in part]
    return pd.DataFrame(rows, columns=[*COLUMNS[:6], "later"], dtype=object)


def _visits(
    connection: sa.Connection, county: County, layer: Layer, placed: sa.Subquery, later: sa.Subquery
) -> list[tuple[object, ...]]:
    table, moment = county.schema.table(layer), now()
    rows = sa.select(table).where(table.c.id.in_(sa.select(placed.c.id))).subquery()
    asked = Moment(moment.astimezone(county.timezone).date(), moment, str(county.timezone))
    found = states(county.schema, layer, asked, Where(), objects=rows)
    query = (
        sa.select(found.c.key, found.c.state, found.c.due_at, placed.c.area, later.c.area)
        .select_from(found.join(placed, placed.c.id == found.c.id).outerjoin(later, later.c.id == found.c.id))
        .where(found.c.state.in_(OPEN))
        .order_by(found.c.key)
    )
    midnight = timedelta(seconds=1)
    return [
        (
            "visit",
            layer.name,
            key,
            state,
            None if due_at is None else (due_at - midnight).astimezone(county.timezone).date(),
            *areas,
        )
        for key, state, due_at, *areas in connection.execute(query)
    ]


def _hazards(
    connection: sa.Connection, county: County, layer: Layer, placed: sa.Subquery, later: sa.Subquery
) -> list[tuple[object, ...]]:
    hazard = county.schema.table(layers.one(Use.HAZARD))
    query = (
        sa.select(hazard.c.code, hazard.c.state, hazard.c.deadline_on, placed.c.area, later.c.area)
        .select_from(hazard.join(placed, placed.c.id == hazard.c.object_id).outerjoin(later, later.c.id == placed.c.id))
        .where(hazard.c.layer == layer.name, hazard.c.state.is_distinct_from("closed"))
        .order_by(hazard.c.code)
    )
    return [("hazard", layer.name, *row) for row in connection.execute(query)]


def _planned(
    connection: sa.Connection, county: County, layer: Layer, worker: str, on: date, later: sa.Subquery
) -> list[tuple[object, ...]]:
    """Give the visits that this worker is to make after the last day, each by the newest calendar of its day."""
    visit, run = county.schema.table(layers.one(Use.VISIT_PLAN)), county.schema.table(layers.one(Use.RUN))
    first, last = days_of(run)
    over = (run.c.plan == PLAN) & (first <= visit.c.day) & (visit.c.day <= last)
    newest = sa.select(sa.func.max(run.c.id)).where(over).correlate(visit).scalar_subquery()
    mine = (visit.c.layer == layer.name) & (visit.c.worker_code == worker) & (visit.c.day > on)
    query = (
        sa.select(visit.c.layer, visit.c.object_key, visit.c.outcome, visit.c.day, visit.c.area_code, later.c.area)
        .select_from(visit.outerjoin(later, later.c.id == visit.c.object_id))
        .where(mine, visit.c.run_id == newest)
        .order_by(visit.c.day, visit.c.code)
    )
    return [("planned", *row) for row in connection.execute(query)]
