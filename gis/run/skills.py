"""Which worker has the skill that an area's work needs: areas are dealt so that the least work lacks it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from scipy.optimize import linear_sum_assignment

from gis import layers
from gis.errors import Refused
from gis.layer import Use
from gis.run.crew import Crew
from gis.store.county import County

Floats = npt.NDArray[np.float64]
EVERYTHING = "both"


@dataclass(frozen=True, slots=True)
class Lack:
    """Minutes in the period of an area's work that need a skill which its worker does not have."""

    worker: str
    skill: str
    minutes: float


def skills_of(connection: sa.Connection, county: County) -> dict[str, str | None]:
    """Give what each worker of the register knows; None where nothing is on record."""
    table = county.schema.table(layers.one(Use.WORKER))
    return {row.code: row.skills for row in connection.execute(sa.select(table.c.code, table.c.skills))}


def knows(mine: str | None, skill: str) -> bool:
    """Tell whether somebody with these skills (None: nothing on record, taken as everything) has one; "" needs none."""
    return not skill or mine in {None, EVERYTHING, skill}


def lacking(crew: Crew, skills: Sequence[str], minutes: Floats) -> Floats:
    """Give the minutes (worker × area) that a worker could not do in an area.

    `minutes` has a row per area and a column per skill. A worker with nothing on record is taken to know everything.
    """
    able = np.array([[knows(mine, skill) for skill in skills] for mine in crew.skills], dtype=float)
    able = able.reshape(-1, len(skills))
    return np.asarray((1 - able) @ minutes.T, dtype=np.float64)


def dealt(crew: Crew, skills: Sequence[str], minutes: Floats) -> Crew:
    """Give the crew in the order in which the least work lacks its skill, by the areas' numbers.

    Only workers who count alike and have no home are dealt; the assignment is exact (scipy's Jonker-Volgenant), and
    keeps the order where nothing is lacking. Refused where there is work for which nobody of the crew has the skill.
    """
    for column, skill in enumerate(skills):
        if minutes[:, column].any() and not any(knows(mine, skill) for mine in crew.skills):
            raise Refused(
                f"专长 {skill}：没有一名网格员具备 · skill {skill}: expected a worker who has it, got none of "
                f"{len(crew.codes)}"
            )
    away = lacking(crew, skills, minutes)
    if crew.homes is not None or len(np.unique(crew.shares)) > 1 or not away.any():
        return crew
    stay = 1e-6 * (1 - np.eye(len(away)))
    worker, area = linear_sum_assignment(away + stay)
    order = worker[np.argsort(area)]
    return replace(
        crew, codes=tuple(crew.codes[each] for each in order), skills=tuple(crew.skills[each] for each in order)
    )


def lacks(crew: Crew, skills: Sequence[str], minutes: Floats) -> tuple[Lack, ...]:
    """Give the work that lacks its skill, area by area (areas are numbered as their workers), the most first."""
    found = [
        Lack(crew.codes[area] or f"{area + 1:03d}", skill, round(float(minutes[area, column]), 1))
        for area, mine in enumerate(crew.skills)
        for column, skill in enumerate(skills)
        if not knows(mine, skill) and minutes[area, column] > 0
    ]
    return tuple(sorted(found, key=lambda lack: (-lack.minutes, lack.worker, lack.skill)))
