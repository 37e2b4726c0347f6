"""One worker's visits on his days: those that come again first, then the others around them, and why one is late."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from gis.plan.calendar import NEVER, Fixed, Visits, calendar
from gis.plan.rounds import LONG_AGO, Chains, Rounds, Storm, rounds
from gis.plan.shortage import missing_minutes

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]

_COLUMNS = ("row", "opens", "due", "day", "booked")


class Booking(NamedTuple):
    """What an earlier calendar had for an object: its days in order, and the due day of its first visit."""

    days: tuple[int, ...]
    due: int | None


NO_BOOKING = Booking((), None)
NEVER_DUE = LONG_AGO
"""The due day of a booking for what was never checked."""


@dataclass(frozen=True, slots=True, eq=False)
class Post:
    """A worker's visits and what they take.

    `rows` has row (label of the object), opens, due, day and booked (numbers of days), why and moved_for.
    `missing_minutes` is the work, with its ways, that no calendar could do in time, what was overdue from the start by
    the end; `used` are the minutes of each day.
    """

    rows: pd.DataFrame
    missing_minutes: float
    used: Floats


def post(
    frame: pd.DataFrame,
    capacity: Floats,
    usual: Floats,
    bookings: Mapping[int, Booking],
    *,
    walk_minutes: float,
    storm: Storm | None,
) -> Post:
    """Give the days of a worker's objects (as in `Due.frame`), on days of `capacity` minutes.

    What is due again within the calendar is planned first, each visit from the day of the one before
    (`gis.plan.rounds`); the rest is laid around it (`gis.plan.calendar`). A visit longer than the longest day has none.
    `usual` is the capacity without absences, for the reasons. Empty where the frame is.
    """
    spent = frame["minutes"].to_numpy(dtype=float) + walk_minutes
    fits = (spent <= capacity.max(initial=0.0) + 1e-9) & bool((capacity > 0).any())
    again = (frame["every"].to_numpy() < len(capacity)) | ((frame["brisk"].to_numpy() > 0) & (storm is not None))
    chained, once = np.flatnonzero(fits & again), np.flatnonzero(fits & ~again)
    turns = _again(frame, spent, chained, capacity, bookings, storm=storm)
    placed = turns.day != NEVER
    of = chained[turns.of]
    xy = frame[["x", "y"]].to_numpy(dtype=float)
    fixed = Fixed(turns.day[placed], spent[of[placed]], xy[of[placed]])
    visits = _once(frame, spent, once, bookings)
    found = calendar(visits, capacity, fixed=fixed)
    left = np.flatnonzero(~fits)
    none = np.full(len(left), NEVER)
    due = frame["due"].to_numpy(dtype=np.int64)
    if storm is not None:
        due = np.where(frame["brisk"].to_numpy() > 0, np.minimum(due, max(storm.first, 0)), due)
    rows = np.concatenate(
        (
            np.column_stack((of, turns.opens, turns.due, turns.day, turns.booked)),
            np.column_stack((once, np.zeros(len(once)), due[once], found.day, visits.booked)),
            np.column_stack((left, np.zeros(len(left)), due[left], none, none)),
        )
    ).astype(np.int64)
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    long = np.isin(table["row"], left) & bool((capacity > 0).any())
    table["why"] = _why(table, capacity, usual, long)
    table["moved_for"] = _moved_for(table, capacity, frozenset(once[visits.settled].tolist()))
    minutes = spent[table["row"].to_numpy()]
    given = table["day"].to_numpy() != NEVER
    used = np.bincount(table["day"].to_numpy()[given], weights=minutes[given], minlength=len(capacity)).astype(float)
    missing = _missing(table[~long], minutes[~long], capacity)
    return Post(table.assign(row=frame.index.to_numpy()[table["row"]]), missing, used)


def _again(
    frame: pd.DataFrame,
    spent: Floats,
    chained: Integers,
    capacity: Floats,
    bookings: Mapping[int, Booking],
    *,
    storm: Storm | None,
) -> Rounds:
    """Give the visits to the objects that are visited again and again; `of` is the place among `chained`."""
    part = frame.iloc[chained]
    due, every = part["due"].to_numpy(dtype=np.int64), part["every"].to_numpy(dtype=np.int64)
    chains = Chains(
        last=np.where(due == LONG_AGO, LONG_AGO, due - every),
        every=every,
        notice=part["notice"].to_numpy(dtype=np.int64),
        brisk=part["brisk"].to_numpy(dtype=np.int64),
        minutes=spent[chained],
        booked=tuple(bookings.get(each, NO_BOOKING).days for each in part["object_id"]),
    )
    return rounds(chains, capacity, storm)


def _once(frame: pd.DataFrame, spent: Floats, once: Integers, bookings: Mapping[int, Booking]) -> Visits:
    part = frame.iloc[once]
    due = part["due"].to_numpy(dtype=np.int64)
    earlier = [bookings.get(each, NO_BOOKING) for each in part["object_id"]]
    booked = [each.days[0] if each.days else NEVER for each in earlier]
    settled = [each.due == own for each, own in zip(earlier, due.tolist(), strict=True)]
    return Visits(
        due,
        spent[once],
        part[["x", "y"]].to_numpy(dtype=float),
        np.array(booked, dtype=np.int64),
        np.array(settled, dtype=np.bool_),
    )


def _why(table: pd.DataFrame, capacity: Floats, usual: Floats, long: Flags) -> Texts:
    """Give why each visit is late or has no day; None where it is in time."""
    opens, due, day = (table[name].to_numpy() for name in ("opens", "due", "day"))
    days = len(capacity)
    held, would = (np.concatenate(([0.0], np.cumsum(each))) for each in (capacity, usual))
    first, end = np.clip(opens, 0, days), np.clip(np.where(due < 0, days - 1, due) + 1, 0, days)
    works, worked = held[end] - held[first] > 0, would[end] - would[first] > 0
    why = np.full(len(table), "full", dtype=object)
    why[~works & ~worked] = "off"
    why[~works & worked] = "absent"
    why[(due < 0) & (day != NEVER)] = "arrears"
    why[long] = "too_long"
    why[(day != NEVER) & (day <= due)] = None
    return why


def _moved_for(table: pd.DataFrame, capacity: Floats, settled: frozenset[int]) -> Texts:
    """Give why each visit leaves the day that an earlier calendar gave it; None where it stays or had none."""
    due, day, booked = (table[name].to_numpy() for name in ("due", "day", "booked"))
    moved = (booked != NEVER) & (day != booked)
    why = np.full(len(table), None, dtype=object)
    why[moved] = "full"
    why[moved & (booked > due) & (day != NEVER) & (day < booked)] = "room"
    why[moved & (booked > due) & ~table["row"].isin(settled).to_numpy()] = "due"
    why[moved & (capacity[np.clip(booked, 0, len(capacity) - 1)] <= 0)] = "off"
    return why


def _missing(table: pd.DataFrame, minutes: Floats, capacity: Floats) -> float:
    """Give the minutes that no calendar could do: overdue work by the end, and what nobody works for by then too."""
    opens, due = table["opens"].to_numpy(), table["due"].to_numpy()
    days = len(capacity)
    held = np.concatenate(([0.0], np.cumsum(capacity)))
    works = held[np.clip(due + 1, 0, days)] - held[np.clip(opens, 0, days)] > 0
    return missing_minutes(opens, np.where((due >= 0) & works, due, days - 1), minutes, capacity)
