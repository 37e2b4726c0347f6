"""Shifts: how many minutes each worker has on each day, and who goes in the place of who is away or has left."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from gis import layers
from gis.crs import is_chinese
from gis.find.duty import away_on, people_on
from gis.layer import Use
from gis.plan.cover import Answer, Person, Why, answering
from gis.plan.workdays import Workdays, workdays
from gis.run.skills import skills_of
from gis.run.visits import Span
from gis.store.county import County

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

NOBODY = -1


@dataclass(frozen=True, slots=True)
class Uncovered:
    """Working days on which nobody does a worker's work: why, of whom, and who was asked last (`cover`), if another."""

    worker: str
    days: tuple[date, ...]
    cover: str | None
    why: Why


@dataclass(frozen=True, slots=True, eq=False)
class Shifts:
    """Who works when. Rows are `people` (those who have areas, and those who go for them), columns days.

    `own` are the minutes that each has, `usual` those he, or who took over from him, would have were nobody absent.
    `goes` is who makes the visits of each (the number of a person, `NOBODY`: nobody answers). `unregistered` are those
    with areas of whom the register knows nothing: they count as full time and in service. `skills` is what each knows
    (None: nothing on record). `strangers` are codes of the absences in these days, of who is away or stands in, that
    are not on the register.
    """

    people: tuple[str, ...]
    own: Floats
    usual: Floats
    goes: Integers
    worked: Workdays
    uncovered: tuple[Uncovered, ...]
    unregistered: tuple[str, ...]
    skills: tuple[str | None, ...]
    strangers: tuple[str, ...]


class _Day(NamedTuple):
    """The register and the absences on a day, and who answers for each of those who have areas."""

    people: Mapping[str, Person]
    away: Mapping[str, str | None]
    answers: Mapping[str, Answer]


def shifts(
    connection: sa.Connection,
    county: County,
    span: Span,
    posts: Collection[str],
    *,
    minutes: float,
    off: Collection[date] = (),
    on: Collection[date] = (),
) -> Shifts:
    """Give the shifts of the workers who have areas (`posts`) and of those who go in their place.

    A full day has `minutes` times the worker's share, on working days of his service. Who goes is who answers on the
    day, as `gis.find.duty` has it: the worker, who stands in, or who took over.
    """
    days = [_day(connection, county, day, posts) for day in span.days]
    people = tuple(sorted({*posts, *(each.worker for day in days for each in day.answers.values() if each.worker)}))
    worked = workdays(span.first, span.last, off=off, on=on, china=is_chinese(county.jurisdiction))
    full = minutes * np.array([day in set(worked.days) for day in span.days])
    share, skills = _shares(connection, county), skills_of(connection, county)
    usual = np.array([[share.get(code, 1.0) * _serves(code, day) for day in days] for code in people])
    usual = usual.reshape(len(people), len(days)) * full
    absent = np.array([[code in day.away for day in days] for code in people]).reshape(usual.shape)
    own = np.where(absent, 0.0, usual)
    number = {code: each for each, code in enumerate(people)}
    goes = np.full(usual.shape, NOBODY)
    for code in posts:
        goes[number[code]] = [number.get(day.answers[code].worker or "", NOBODY) for day in days]
        heirs = [number.get(day.answers[code].chain[-1], number[code]) for day in days]
        left = [day.people.get(code, Person()).left for day in days]
        usual[number[code]] = np.where(left, usual[heirs, np.arange(len(days))], usual[number[code]])
    for code in set(people) - set(posts):
        goes[number[code]] = np.where(absent[number[code]], NOBODY, number[code])
    unknown = tuple(code for code in people if code not in share)
    uncovered = _uncovered(span, posts, days, worked)
    named = {code for day in days for pair in day.away.items() for code in pair if code is not None}
    known = tuple(skills.get(code) for code in people)
    return Shifts(people, own, usual, goes, worked, uncovered, unknown, known, tuple(sorted(named - share.keys())))


def _day(connection: sa.Connection, county: County, day: date, posts: Collection[str]) -> _Day:
    """Give a day; whom the register does not know is in service for an area of his own, but stands in for nobody."""
    people, away = people_on(connection, county, day), away_on(connection, county, day)
    answers = answering(posts, people, away)
    for code in set(posts) - people.keys():
        answers |= answering([code], {**people, code: Person()}, away)
    return _Day(people, away, answers)


def _shares(connection: sa.Connection, county: County) -> dict[str, float]:
    """Give the part of full time of everybody on the register."""
    table = county.schema.table(layers.one(Use.WORKER))
    rows = connection.execute(sa.select(table.c.code, table.c.share))
    return {str(code): 1.0 if share is None else float(share) for code, share in rows}


def _serves(code: str, day: _Day) -> bool:
    person = day.people.get(code, Person())
    return not (person.early or person.left)


def _uncovered(span: Span, posts: Collection[str], days: Sequence[_Day], worked: Workdays) -> tuple[Uncovered, ...]:
    """Give whose work nobody does on working days, apart by why and by who was asked last."""
    found: dict[tuple[str, str, Why], list[date]] = {}
    for date_, day in zip(span.days, days, strict=True):
        for code in posts if date_ in set(worked.days) else ():
            answer = day.answers[code]
            if answer.worker is None:
                found.setdefault((code, answer.chain[-1], answer.why), []).append(date_)
    return tuple(
        Uncovered(code, tuple(each), None if last == code else last, why)
        for (code, last, why), each in sorted(found.items())
    )


class Room:
    """The minutes that each worker's own visits have, so that nobody's day is given away twice.

    On a day on which somebody stands in, his day is shared among his own visits and those of whom he covers by their
    work; whoever is planned later gets what is left of it.
    """

    def __init__(self, given: Shifts, work: Floats) -> None:
        """Begin with nothing planned; `work` are the minutes of each person's visits."""
        self._given, self._used = given, np.zeros_like(given.own)
        self._own = given.own.copy()
        self._planned = np.zeros(len(given.people), dtype=np.bool_)
        place, days = np.arange(len(given.people))[:, None], np.arange(given.own.shape[1])
        self._stands = (given.goes != NOBODY) & (given.goes != place)
        goer = np.maximum(given.goes, 0)
        all_work = np.repeat(work[:, None], len(days), axis=1) * np.where(given.own > 0, 1.0, 0.0)
        for post in np.flatnonzero(self._stands.any(axis=1)).tolist():
            np.add.at(all_work, (goer[post], days), np.where(self._stands[post], work[post], 0.0))
        part = work[:, None] / np.maximum(all_work[goer, days[None]], 1e-9)
        self._slice = np.where(self._stands, given.own[goer, days[None]] * part, 0.0)

    def order(self) -> tuple[int, ...]:
        """Give the people, those first for whom somebody stands in."""
        covered = self._stands.any(axis=1)
        return tuple(np.lexsort((np.arange(len(covered)), ~covered)).tolist())

    def of(self, post: int) -> Floats:
        """Give the minutes that a person's visits have on each day, whoever makes them."""
        held = self._own[post].copy()
        for other in np.flatnonzero((self._stands & (self._given.goes == post)).any(axis=1)).tolist():
            days = self._stands[other] & (self._given.goes[other] == post)
            held[days] -= (self._used if self._planned[other] else self._slice)[other, days]
        return np.asarray(np.maximum(np.where(self._stands[post], self._slice[post], held), 0.0), dtype=np.float64)

    def spared(self, person: int, day: int, minutes: float) -> bool:
        """Take minutes from what is left of a person's day, if so many are; tell whether they were."""
        goes, own = self._given.goes[:, day] == person, np.arange(len(self._own)) == person
        used = np.where(self._planned, self._used[:, day], np.where(own, 0.0, self._slice[:, day]))
        if float(self._own[person, day] - used[goes].sum()) < minutes:
            return False
        self._own[person, day] -= minutes
        return True

    def use(self, post: int, minutes: Floats) -> None:
        """Say what a person's visits take of each day."""
        self._planned[post] = True
        self._used[post] = minutes
