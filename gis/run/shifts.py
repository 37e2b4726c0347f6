"""Shifts: how many minutes each worker has on each day, and who goes in whose place while one is away."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from gis import layers
from gis.crs import is_chinese
from gis.layer import Use
from gis.plan.workdays import Workdays, workdays
from gis.run.visits import Span
from gis.store.county import County
from gis.store.fetch import features

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

NOBODY = -1
AWAY = ("worker_code", "from_on", "to_on", "cover_code")


@dataclass(frozen=True, slots=True)
class Uncovered:
    """Working days on which a worker is away and nobody goes in his place: `cover` is who was named and is away too."""

    worker: str
    days: tuple[date, ...]
    cover: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Shifts:
    """Who works when. Rows are `people` (those who have areas, and those who stand in), columns days.

    `own` are the minutes that each has, `usual` those he, or who took over from him, would have were nobody absent.
    `goes` is who makes the visits of each (the number of a person, `NOBODY`: away without a cover). `unregistered` are
    those of whom the register knows nothing: they count as full time and in service.
    """

    people: tuple[str, ...]
    own: Floats
    usual: Floats
    goes: Integers
    worked: Workdays
    uncovered: tuple[Uncovered, ...]
    unregistered: tuple[str, ...]


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
    """Give the shifts of the workers who have areas (`posts`) and of those who stand in for them.

    A full day has `minutes` times the worker's share, on working days of his service. Of an absence the named cover
    goes, unless he is away or off himself; of absences that overlap, the first by number that names a cover counts.
    In the place of who has left goes the successor, and the successor's after him.
    """
    register = features(connection, county, layers.one(Use.WORKER)).set_index("code")
    every = features(connection, county, layers.one(Use.ABSENCE))
    away = every[every["worker_code"].isin(list(posts))]
    heirs = {post: found for post in posts if (found := _heirs(register, post))}
    covers = {str(code) for code in away["cover_code"] if code is not None}
    people = tuple(sorted({*posts, *covers, *(heir for found in heirs.values() for heir, _ in found)}))
    worked = workdays(span.first, span.last, off=off, on=on, china=is_chinese(county.jurisdiction))
    usual = np.array([_usual(register, code, span, worked) * minutes for code in people]).reshape(len(people), -1)
    number = {code: each for each, code in enumerate(people)}
    absent = np.zeros(usual.shape, dtype=np.bool_)
    for row in every.itertuples():
        if row.worker_code in number:
            absent[number[row.worker_code], _stretch(span, row.from_on, row.to_on)] = True
    own = np.where(absent, 0.0, usual)
    named = _named(span, away, heirs, number)
    usual = np.where(named.left, usual[np.maximum(named.who, 0), np.arange(usual.shape[1])[None]], usual)
    goes = np.where(absent | named.left, NOBODY, np.arange(len(people))[:, None])
    stands = (goes == NOBODY) & (named.who != NOBODY)
    stands &= own[np.maximum(named.who, 0), np.arange(usual.shape[1])[None]] > 0
    goes = np.where(stands, named.who, goes)
    lacking = (goes == NOBODY) & (usual > 0) & np.isin(people, list(posts))[:, None]
    unknown = tuple(code for code in people if code not in register.index)
    return Shifts(people, own, usual, goes, worked, _uncovered(span, people, lacking, named.who), unknown)


class _Named(NamedTuple):
    """Who is to go in the place of each person on each day (`NOBODY`: none is named), and whether that one has left."""

    who: Integers
    left: npt.NDArray[np.bool_]


def _named(
    span: Span, away: pd.DataFrame, heirs: Mapping[str, Sequence[tuple[str, date]]], number: Mapping[str, int]
) -> _Named:
    who = np.full((len(number), len(span.days)), NOBODY)
    left = np.zeros(who.shape, dtype=np.bool_)
    for code, first, last, cover in zip(*(away[name] for name in AWAY), strict=True):
        if cover is not None:
            days, post = _stretch(span, first, last), number[code]
            who[post, days] = np.where(who[post, days] == NOBODY, number[cover], who[post, days])
    for code, found in heirs.items():
        for heir, last in found:
            days = slice(max(span.number(last) + 1, 0), None)
            who[number[code], days], left[number[code], days] = number[heir], True
    return _Named(who, left)


def _heirs(register: pd.DataFrame, code: str) -> list[tuple[str, date]]:
    """Give who takes over from a worker one after the other, each with the last day of those before."""
    found: list[tuple[str, date]] = []
    known = {code}
    while code in register.index:
        person: Any = register.loc[code]  # a row, whose columns have no types
        last, heir = person["to_on"], person["successor_code"]
        if last is None or heir is None or heir in known:
            break
        code = str(heir)
        known.add(code)
        found.append((code, max(last, found[-1][1]) if found else last))
    return found


def _usual(register: pd.DataFrame, code: str, span: Span, worked: Workdays) -> Floats:
    """Give the part of a full day that a worker has on each day."""
    days = span.days
    on = np.isin(np.array(days, dtype=object), np.array(worked.days, dtype=object)).astype(float)
    if code not in register.index:
        return on
    person = register.loc[code]
    share = 1.0 if person["share"] is None else float(person["share"])
    here = [
        (person["from_on"] is None or person["from_on"] <= day) and (person["to_on"] is None or day <= person["to_on"])
        for day in days
    ]
    return np.asarray(on * share * np.array(here), dtype=np.float64)


def _stretch(span: Span, first: date, last: date) -> slice:
    return slice(max(span.number(first), 0), max(span.number(last) + 1, 0))


def _uncovered(
    span: Span, people: Sequence[str], lacking: npt.NDArray[np.bool_], named: Integers
) -> tuple[Uncovered, ...]:
    """Give whose work nobody does, and on which days, apart by who was named to stand in."""
    found = []
    for post in np.flatnonzero(lacking.any(axis=1)).tolist():
        for cover in np.unique(named[post, lacking[post]]).tolist():
            days = np.flatnonzero(lacking[post] & (named[post] == cover))
            name = None if cover == NOBODY else people[cover]
            found.append(Uncovered(people[post], tuple(span.days[day] for day in days.tolist()), name))
    return tuple(found)


class Room:
    """The minutes that each worker's own visits have, so that nobody's day is given away twice.

    On a day on which somebody stands in, his day is shared among his own visits and those of whom he covers by their
    work; whoever is planned later gets what is left of it.
    """

    def __init__(self, given: Shifts, work: Floats) -> None:
        """Begin with nothing planned; `work` are the minutes of each person's visits."""
        self._given, self._used = given, np.zeros_like(given.own)
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
        held = self._given.own[post].copy()
        for other in np.flatnonzero((self._stands & (self._given.goes == post)).any(axis=1)).tolist():
            days = self._stands[other] & (self._given.goes[other] == post)
            held[days] -= (self._used if self._planned[other] else self._slice)[other, days]
        return np.asarray(np.maximum(np.where(self._stands[post], self._slice[post], held), 0.0), dtype=np.float64)

    def use(self, post: int, minutes: Floats) -> None:
        """Say what a person's visits take of each day."""
        self._planned[post] = True
        self._used[post] = minutes
