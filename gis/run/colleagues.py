"""Visits that need a skill go to who has it: to a colleague where the area's worker lacks it, or for some days."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gis.plan.calendar import NEVER
from gis.run.shifts import NOBODY, Room, Shifts
from gis.run.skills import knows
from gis.run.visits import Due

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Taken:
    """Objects of a worker's areas whose visits need a skill that who goes there lacks, and who makes them instead.

    `colleague` None: nobody who has an area has the skill. `minutes` are those of the visits, with the ways.
    """

    worker: str
    colleague: str | None
    skill: str
    objects: int
    minutes: float


class Colleagues:
    """Who of those who have areas can do what, and how far it is to the middle of his areas."""

    def __init__(self, crew: Shifts, middles: Mapping[str, tuple[float, float]]) -> None:
        """Take the shifts, and the middle of each worker's areas in storage metres; other people take nothing."""
        self.crew, self.number = crew, {code: each for each, code in enumerate(crew.people)}
        self.middle = {self.number[code]: np.array(place) for code, place in middles.items()}

    def able(self, person: int, skill: str) -> bool:
        """Tell whether a person has a skill; who has nothing on record knows everything."""
        return knows(self.crew.skills[person], skill)

    def near(self, skill: str, spot: Floats) -> list[int]:
        """Give who has an area, a skill and any minutes, the nearest to a place first."""
        found = [each for each in self.middle if self.able(each, skill) and self.crew.own[each].any()]
        return sorted(found, key=lambda each: (float(np.hypot(*(self.middle[each] - spot))), each))

    def works(self, person: int) -> Flags:
        """Give on which days somebody goes for a person, and works."""
        goes = self.crew.goes[person]
        return np.asarray((goes != NOBODY) & (self.crew.own[goes, np.arange(len(goes))] > 0))

    def lacks(self, person: int, skill: str) -> bool:
        """Tell whether who goes for a person lacks a skill on most of the days on which somebody does."""
        goers = self.crew.goes[person][self.works(person)]
        return sum(not self.able(goer, skill) for goer in goers.tolist()) * 2 > len(goers)

    def dealt(self, due: Due, *, walk_minutes: float) -> tuple[pd.DataFrame, tuple[Taken, ...]]:
        """Give the objects of a calendar with as `worker` who is to make their visits, and who takes what.

        What needs a skill that who goes for the area's worker lacks on most days goes to colleagues: the nearest first,
        each what is nearest to him and as much as he has room for (his minutes, times the work of all over the minutes
        of all where that is above 1). Where nobody has the skill `worker` is None and `unable` true. Without a lack all
        stays as it is.
        """
        frame, taken = due.frame, list[Taken]()
        groups: Mapping[Any, Any] = frame.groupby(["worker", "skill"], sort=True).indices
        lots = {
            (worker, skill): np.asarray(rows, dtype=np.int64)
            for (worker, skill), rows in groups.items()
            if self.lacks(self.number[worker], skill)
        }
        if not lots:
            return frame.assign(unable=False), ()
        spent = self._work(due, walk_minutes)
        mine = np.array([self.number.get(each, NOBODY) for each in frame["worker"]], dtype=np.int64)
        room = self._room(spent, mine, np.concatenate(list(lots.values())))
        xy = frame[["x", "y"]].to_numpy(dtype=float)
        for worker, skill in sorted(lots, key=lambda each: (-spent[lots[each]].sum(), each)):
            rows = lots[worker, skill]
            mine[rows] = to = self._spread(rows, xy, spent, skill, room)
            for colleague in np.unique(to).tolist():
                part = rows[to == colleague]
                code = None if colleague == NOBODY else self.crew.people[colleague]
                taken.append(Taken(worker, code, skill, len(part), float(spent[part].sum())))
        unable = frame["worker"].notna() & (mine == NOBODY)
        return frame.assign(worker=np.array([*self.crew.people, None], dtype=object)[mine], unable=unable), tuple(taken)

    def _work(self, due: Due, walk_minutes: float) -> Floats:
        """Give the minutes that each object takes in the days of the calendar, about: what comes again counts again."""
        days, storm = self.crew.own.shape[1], due.storm
        every = due.frame["every"].to_numpy(dtype=float)
        times = np.maximum(1.0, days // np.maximum(every, 1.0))
        if storm is not None:
            brisk = due.frame["brisk"].to_numpy(dtype=float)
            length = storm.last - storm.first + 1
            times = np.where(brisk > 0, np.maximum(times, length // np.maximum(brisk, 1.0)), times)
        return np.asarray((due.frame["minutes"].to_numpy(dtype=float) + walk_minutes) * times, dtype=np.float64)

    def _room(self, spent: Floats, mine: Integers, away: Integers) -> Floats:
        """Give the minutes that each person has left beside what stays with him and those he goes for."""
        held = self.crew.own.sum(axis=1)
        stays = mine != NOBODY
        stays[away] = False
        work = np.bincount(mine[stays], spent[stays], minlength=len(held))
        room = held * max(1.0, float(spent.sum() / max(held.sum(), 1e-9)))
        for person in np.flatnonzero(work).tolist():
            works = self.works(person)
            if works.any():
                np.subtract.at(room, self.crew.goes[person][works], work[person] / works.sum())
        return np.asarray(room, dtype=np.float64)

    def _spread(self, rows: Integers, xy: Floats, spent: Floats, skill: str, room: Floats) -> Integers:
        """Give who takes each of some objects, and use up their room; who has most takes what nobody has room for."""
        near = self.near(skill, np.median(xy[rows], axis=0))
        to = np.full(len(rows), NOBODY)
        for each in near:
            left = np.flatnonzero(to == NOBODY)
            order = left[np.argsort(np.hypot(*(xy[rows[left]] - self.middle[each]).T), kind="stable")]
            fits = order[np.cumsum(spent[rows[order]]) <= room[each]]
            to[fits] = each
            room[each] -= spent[rows[fits]].sum()
        left = np.flatnonzero(to == NOBODY)
        if near and len(left):
            to[left] = max(near, key=lambda each: room[each])
            room[to[left[0]]] -= spent[rows[left]].sum()
        return to

    def replaced(self, rows: pd.DataFrame, frame: pd.DataFrame, spent: Floats, post: int, room: Room) -> pd.DataFrame:
        """Give a post's visits (as in `Post.rows`) with `goer`, who makes each: a number of a person, or `NOBODY`.

        On days when who goes lacks the skill, the nearest colleague goes who has it and has the minutes left, which are
        taken from his day; where there is none the visit has no day, and has left the one it was booked for
        (`no_skill`). `frame` and `spent` are the objects of all posts and the minutes of one visit to each.
        """
        day, labels = rows["day"].to_numpy(), rows["row"].to_numpy()
        goer = np.where(day == NEVER, post, self.crew.goes[post][day])
        skill = frame["skill"].to_numpy(dtype=object)[labels]
        why = rows["why"].to_numpy(dtype=object).copy()
        days = day.copy()
        for each in np.flatnonzero(day != NEVER).tolist():
            if self.able(int(goer[each]), skill[each]):
                continue
            spot = frame[["x", "y"]].iloc[labels[each]].to_numpy(dtype=float)
            minutes = float(spent[labels[each]])
            free = (one for one in self.near(skill[each], spot) if room.spared(one, int(day[each]), minutes))
            found = next(free, NOBODY)
            goer[each] = found
            if found == NOBODY:
                goer[each], days[each], why[each] = post, NEVER, "no_skill"
        lost = (days != day) & (rows["booked"].to_numpy() != NEVER)
        moved_for = np.where(lost, "no_skill", rows["moved_for"].to_numpy(dtype=object))
        return rows.assign(goer=goer, day=days, why=why, moved_for=moved_for)
