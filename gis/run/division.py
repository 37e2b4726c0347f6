"""What is divided among the crew: units, or villages of them, inside walls, and whose they were before."""

import time
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from gis.errors import Refused
from gis.plan.districts import divide, sweeps
from gis.plan.evenness import Districts, Units, measured
from gis.plan.kept import Before, handed_over
from gis.plan.units import WorkUnits
from gis.plan.whole import made_one, mostly, together
from gis.run.crew import Crew
from gis.run.handover import Old, numbered, placed

Integers = npt.NDArray[np.int64]


class Respect(Enum):
    """What areas respect: nothing, town lines, or villages too.

    A village that one worker can do is not split; a heavier one is, and no area crosses a town line.
    """

    NONE = "none"
    TOWN = "town"
    VILLAGE = "village"


@dataclass(frozen=True, slots=True)
class Task:
    """Units as they are and as they are divided (by `group`), and the walled part and former number of each group."""

    given: Units
    group: Integers
    divided: Units
    walls: Integers | None
    before: Before | None


def task(given: Units, units: WorkUnits, cells: pd.DataFrame, crew: Crew, *, respect: Respect, old: Old | None) -> Task:
    """Give what is divided. Refused where there are fewer workers than towns that are walls."""
    town = _number(cells["town_code"])[units.cell]
    group = np.arange(len(units.load))
    if respect is Respect.VILLAGE:
        village = _number(cells["village_code"])[units.cell]
        group = together(given, village, most=float(units.load.sum()) / float(crew.shares.sum()))
    divided = given if respect is not Respect.VILLAGE else made_one(given, group)
    walls = None
    if respect is not Respect.NONE:
        walls = np.zeros(len(divided.weight), dtype=np.int64)
        walls[group] = town
        towns = len(np.unique(walls))
        if towns > len(crew.shares):
            raise Refused(
                f"--respect {respect.value}: 每个镇街至少一名网格员 · expected a worker for each of {towns} towns, "
                f"got {len(crew.shares)}"
            )
    before = None
    if old is not None:
        label = mostly(placed(old, units), group, units.load)
        before = handed_over(divided.indptr, divided.indices, label, numbered(old, crew), len(crew.codes))
    return Task(given, group, divided, walls, before)


def solved(asked: Task, crew: Crew, *, seed: int, steps: int | None, seconds: float | None) -> Districts:
    """Give the district of each unit; `seconds` only sets the steps."""
    count = steps if seconds is None else _steps_in(seconds, asked, crew)
    found = divide(
        asked.divided, crew.shares, homes=crew.homes, seed=seed, steps=count, walls=asked.walls, before=asked.before
    )
    joined = np.flatnonzero(np.isin(asked.group, found.joined))
    made = measured(asked.given, crew.shares, found.label[asked.group], joined=joined, steps=found.steps)
    return replace(made, bound=max(made.bound, found.bound))


def _number(codes: "pd.Series[str]") -> Integers:
    """Give a number to each code, -1 where it is empty."""
    return pd.factorize(codes, sort=True)[0].astype(np.int64)


def _steps_in(seconds: float, asked: Task, crew: Crew) -> int:
    """Give how many steps fit into about so many seconds on this machine, from the time that a few take."""
    few = max(sweeps(len(asked.divided.indices), len(asked.divided.weight), len(crew.shares)) // 20, 1)
    some = partial(divide, asked.divided, crew.shares, homes=crew.homes, walls=asked.walls, before=asked.before)
    some(steps=1)  # compiles
    began = time.perf_counter()
    some(steps=few)
    return max(1, int(few * seconds / max(time.perf_counter() - began, 1e-6)))
