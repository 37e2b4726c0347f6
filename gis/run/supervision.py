"""Supervision of a county: experts posted to towns, groups rotating among them, stored with their proof."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import sqlalchemy as sa

from gis import layers
from gis.errors import Refused
from gis.find.duty import patrolled
from gis.layer import Layer, Use
from gis.plan.supervision import NOBODY, Postings, Rotation, postings, rotation
from gis.run.made_up import made_up
from gis.run.record import Made, digest, record
from gis.run.roll import Names, choices, places, rows_of, wrong
from gis.store.county import County
from gis.store.fetch import features, shapes

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

GROUPS: Names = {"code": ("code", "督导组"), "town": ("town", "镇街")}
EXPERTS: Names = {
    "code": ("code", "专家"),
    "town": ("town", "镇街"),
    "lon": ("lon", "经度"),
    "lat": ("lat", "纬度"),
    "skill": ("skill", "专长"),
}
SKILLS = {"结构": "structure", "structure": "structure", "燃气": "gas", "gas": "gas", "其他": "other", "other": "other"}
ROUND_D = 60


@dataclass(frozen=True, slots=True)
class How:
    """How supervision is planned: rounds of so many days from a day on, experts in each town, steps of the search.

    `of` are the layers whose objects count as a town's work; None: all that are patrolled. `able_each` of a town's
    experts know the structure of houses.
    """

    rounds: int
    first: date
    round_d: int = ROUND_D
    each: int = 2
    able_each: int = 0
    steps: int = 1000
    of: tuple[Layer, ...] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Supervision:
    """What was planned: towns (code, name, objects), groups with their own town, and the two plans with their proofs.

    `experts` are the codes of the list, in its order; `posted` is None where no list was given.
    `invented` names what of the objects is.
    """

    run: int
    towns: pd.DataFrame
    groups: tuple[str, ...]
    homes: tuple[str | None, ...]
    rotated: Rotation
    experts: tuple[str, ...]
    posted: Postings | None
    rounds: tuple[tuple[date, date], ...]
    invented: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _People:
    """Codes, own towns (row of the towns, `NOBODY`: none), places in storage metres and whether able."""

    codes: tuple[str, ...]
    town: Integers
    place: Floats
    able: npt.NDArray[np.bool_]


def supervise(county: County, groups: int | Path, how: How, *, experts: Path | None = None) -> Supervision:
    """Plan and store who looks at which town in which round, and where experts are posted.

    So many groups are the county's own and come from no town; a file names groups with the town they come from, which
    they never look at. Experts go where they live nearest. Refused where there is no town, a list cannot be read, or no
    plan keeps the conditions.
    """
    with county.reading() as connection:
        frame = features(connection, county, layers.one(Use.TOWN))
        if frame.empty:
            raise Refused("没有镇街 · no towns are stored: `wangge load town FILE` brings them")
        towns = pd.DataFrame(frame[["id", "code", "name"]])
        towns["objects"] = _objects(connection, county, towns, how.of or patrolled())
        invented = made_up(connection, county, how.of or patrolled())
    middles = shapely.get_coordinates(shapely.point_on_surface(shapes(frame)))
    crew, homes = _groups(groups, towns)
    rotated = rotation(towns["objects"].to_numpy(float), homes, rounds=how.rounds, steps=how.steps)
    people = None if experts is None else _experts(county, experts, towns, middles)
    away_m = None if people is None else np.hypot(*(people.place[:, None] - middles[None]).transpose(2, 0, 1))
    posted = None
    if people is not None and away_m is not None:
        posted = postings(away_m, each=how.each, able=people.able, able_each=how.able_each)
    starts = [how.first + timedelta(days=how.round_d * turn) for turn in range(how.rounds)]
    rounds = tuple((start, start + timedelta(days=how.round_d - 1)) for start in starts)
    codes = () if people is None else people.codes
    names = tuple(None if home == NOBODY else str(towns["code"].iloc[home]) for home in homes)
    made = Supervision(0, towns, crew, names, rotated, codes, posted, rounds, invented)
    with county.writing() as connection:
        run = record(connection, county, _made(made, how, experts))
        rows = [*_visits(made), *_posts(made, away_m)]
        table = county.schema.table(layers.one(Use.SUPERVISION))
        numbered = [row | {"code": f"{place:04d}", "run_id": run} for place, row in enumerate(rows, start=1)]
        connection.execute(sa.insert(table), numbered)
    return replace(made, run=run)


def _objects(connection: sa.Connection, county: County, towns: pd.DataFrame, of: tuple[Layer, ...]) -> Integers:
    """Give how many objects of some layers lie in each town."""
    total: dict[int, int] = {}
    for layer in of:
        table = county.schema.table(layer)
        query = (
            sa.select(table.c.town_id, sa.func.count()).where(table.c.town_id.is_not(None)).group_by(table.c.town_id)
        )
        for town, count in connection.execute(query):
            total[int(town)] = total.get(int(town), 0) + int(count)
    return np.array([total.get(int(town), 0) for town in towns["id"]], dtype=np.int64)


def _groups(groups: int | Path, towns: pd.DataFrame) -> tuple[tuple[str, ...], Integers]:
    if isinstance(groups, int):
        return tuple(f"G-{number}" for number in range(1, groups + 1)), np.full(groups, NOBODY, dtype=np.int64)
    rows = rows_of(groups, GROUPS)
    return tuple(map(str, rows["code"])), _towns(groups, rows, towns)


def _experts(county: County, path: Path, towns: pd.DataFrame, middles: Floats) -> _People:
    rows = rows_of(path, EXPERTS)
    place, town = places(path, rows, county.srid), _towns(path, rows, towns)
    nowhere = np.isnan(place).any(axis=1)
    for row in np.flatnonzero(nowhere & (town == NOBODY)).tolist():
        raise wrong(path, row, "经度、纬度或镇街", "a place to set out from", None)
    place[nowhere] = middles[town[nowhere]]
    skill = choices(path, rows["skill"], "专长", SKILLS)
    return _People(tuple(map(str, rows["code"])), town, place, skill == "structure")


def _towns(path: Path, rows: pd.DataFrame, towns: pd.DataFrame) -> Integers:
    """Give the town of each row by its code or name, `NOBODY` where none is given."""
    known = {str(code): str(code) for code in towns["code"]}
    known |= {str(name): str(code) for name, code in zip(towns["name"], towns["code"], strict=True)}
    place = {str(code): each for each, code in enumerate(towns["code"])}
    found = choices(path, rows["town"], "镇街", known)
    return np.array([NOBODY if code is None else place[code] for code in found], dtype=np.int64)


def _made(made: Supervision, how: How, experts: Path | None) -> Made:
    loads = made.towns["objects"].to_numpy(float)
    given = (made.towns["code"].to_numpy(dtype=object), loads, np.array(made.homes, dtype=object))
    posted = made.posted
    proof = {} if posted is None else {"away_m": posted.cost, "away_bound_m": posted.bound}
    return Made(
        "supervision",
        {
            "groups": len(made.groups),
            "rounds": how.rounds,
            "first": how.first.isoformat(),
            "round_d": how.round_d,
            "experts": None if experts is None else experts.name,
            "experts_per_town": how.each,
            "able_per_town": how.able_each,
            "layers": None if how.of is None else [layer.name for layer in how.of],
        },
        digest(given),
        steps=how.steps,
        objective=made.rotated.heaviest,
        bound=made.rotated.bound,
        result={"max_over_mean": made.rotated.max_over_mean, "proved": made.rotated.proved, **proof},
    )


def _visits(made: Supervision) -> list[dict[str, object]]:
    codes, loads = made.towns["code"].tolist(), made.towns["objects"].tolist()
    return [
        {
            "kind": "group",
            "who": made.groups[made.rotated.group[town, turn]],
            "town_code": codes[town],
            "round": turn + 1,
            "from_on": first,
            "to_on": last,
            "load": float(loads[town]),
            "away": None,
        }
        for turn, (first, last) in enumerate(made.rounds)
        for town in range(len(codes))
    ]


def _posts(made: Supervision, away_m: Floats | None) -> list[dict[str, object]]:
    if made.posted is None or away_m is None:
        return []
    codes, first = made.towns["code"].tolist(), made.rounds[0][0] if made.rounds else None
    empty = {"round": None, "from_on": first, "to_on": None, "load": None}
    return [
        empty | {"kind": "expert", "who": code, "town_code": codes[town], "away": float(away_m[row, town])}
        for row, (code, town) in enumerate(zip(made.experts, made.posted.town.tolist(), strict=True))
        if town != NOBODY
    ]
