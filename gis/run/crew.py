"""Who patrols: so many of the register, or the people of a file."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from gis import layers
from gis.errors import Refused
from gis.layer import Use
from gis.run.roll import Names, choices, days, numbers, places, rows_of
from gis.store.county import County
from gis.store.fetch import features

Floats = npt.NDArray[np.float64]

NAMES: Names = {
    "code": ("code", "工号"),
    "share": ("share", "工时比例"),
    "lon": ("lon", "经度"),
    "lat": ("lat", "纬度"),
    "to_on": ("to_on", "离岗日期"),
    "skills": ("skills", "专长"),
}


@dataclass(frozen=True, slots=True)
class Crew:
    """Workers in order: codes (None for a place nobody is named for) and shares of full time.

    `homes` are in storage metres, None where nobody's is known; `left` are the codes of those who have left; `skills`
    is what each knows: gas, structure, both, None where nothing is on record.
    """

    codes: tuple[str | None, ...]
    shares: Floats
    homes: Floats | None
    left: tuple[str, ...]
    skills: tuple[str | None, ...]

    def inputs(self) -> tuple[Floats | str, ...]:
        """Give all that tells them apart, for the digest of what a plan is made from."""
        homes = () if self.homes is None else (self.homes,)
        return (self.shares, repr((self.codes, self.skills, self.left)), *homes)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The codes of those whose skills are not on record."""
        return tuple(code for code, skill in zip(self.codes, self.skills, strict=True) if code and skill is None)


def registered(connection: sa.Connection, county: County, count: int, day: date) -> Crew:
    """Give so many workers, the first of the register who serve on a day; the rest are nobody yet, and full time."""
    people = features(connection, county, layers.one(Use.WORKER))
    spans = list(zip(people["code"], people["from_on"], people["to_on"], strict=True))
    left = tuple(str(code) for code, _, last in spans if last is not None and last < day)
    begun = [str(code) for code, first, _ in spans if first is None or first <= day]
    here = [code for code in begun if code not in left]
    codes = (*here[:count], *([None] * (count - len(here))))
    known = dict(zip(people["code"], people["skills"], strict=True))
    share = dict(zip(people["code"], people["share"].astype(float).fillna(1.0), strict=True))
    shares = np.array([1.0 if code is None else share[code] for code in codes])
    return Crew(codes, shares, None, left, tuple(known.get(code) for code in codes))


def listed(connection: sa.Connection, county: County, path: Path, day: date) -> Crew:
    """Give the workers of a CSV file: 工号, and where there are 工时比例, 经度 and 纬度 (WGS 84), 离岗日期, 专长.

    Who left before the day is left out. Of whom the file tells no skill, that of the register is taken. Refused, naming
    the file, row and field, where a value cannot be read.
    """
    frame = rows_of(path, NAMES)
    code = frame["code"]
    share = numbers(path, frame["share"], "工时比例", 0.05, 1.0).fillna(1.0)
    to_on = days(path, frame["to_on"], "离岗日期")
    here = np.array([last is None or last >= day for last in to_on])
    if not here.any():
        raise Refused(f"{path.name}: 没有在岗的网格员 · expected a worker who has not left, got none of {len(frame)}")
    place = places(path, frame, county.srid)[here]
    known = ~np.isnan(place).any(axis=1)
    homes = np.where(known[:, None], place, place[known].mean(axis=0)) if known.any() else None
    told = choices(path, frame["skills"], "专长", _skills())
    people = features(connection, county, layers.one(Use.WORKER))
    register = dict(zip(people["code"], people["skills"], strict=True))
    skills = tuple(skill or register.get(each) for each, skill in zip(code[here], told[here], strict=True))
    return Crew(tuple(code[here]), share.to_numpy(float)[here], homes, tuple(code[~here]), skills)


def _skills() -> dict[str, str]:
    """Give every word for a skill, as the register of workers reads them."""
    known = layers.one(Use.WORKER).field("skills").choices
    return {word: each.value for each in known for word in (each.value, each.title, *each.source)}
