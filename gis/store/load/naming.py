"""What delivered rows name beside their fields: the town and village they belong to, and the object they are about."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import sqlalchemy as sa

from gis import layers
from gis.layer import Layer, Use
from gis.store.county import County
from gis.store.formats.delivered import Fault
from gis.store.load.beside import NAMED
from gis.store.load.conform import Conformed
from gis.store.load.places import TITLES, Known, Place, known_places, resolved

FAR_M = 500.0
"""How far outside the town it names a shape may lie: outlines are generalised, and borders run along houses."""
COLUMNS = ("place_scheme", "town_code", "town", "village_code", "village")
AGREE = "镇街村社的代码（含编码体系）与名称一致 · the code, in its scheme, and the name of one place"


class Both(NamedTuple):
    """The town and village that a row names, and what is wrong with each."""

    town: Place | None
    village: Place | None
    problems: tuple[tuple[Use, str], ...]


class Named(NamedTuple):
    """Conformed rows with what they name worked out, and the places that shapes must lie near, by row number."""

    rows: Conformed
    near: Mapping[int, tuple[tuple[Use, Place], ...]]


def named(connection: sa.Connection, county: County, layer: Layer, rows: Conformed) -> Named:
    """Give the rows with the towns and villages that they name.

    A register takes them into `town_id` and `village_id`; a feature has them from its shape, which must lie in or near
    them. A level of which nothing is stored is not judged, and a note says so.
    """
    given = [name for name in COLUMNS if NAMED + name in rows.frame]
    if not set(given) - {"place_scheme"}:
        return Named(rows, {})
    known = known_places(connection, county)
    columns = [_texts(rows.frame, name) for name in COLUMNS]
    answers: dict[tuple[str, ...], Both] = {}
    chosen = [
        answers[each] if each in answers else answers.setdefault(each, _both(known, each))
        for each in zip(*columns, strict=True)
    ]
    numbers = rows.frame["row_no"].tolist()
    faults = [
        Fault(number, use.value, "place", AGREE, problem)
        for number, both in zip(numbers, chosen, strict=True)
        for use, problem in both.problems
    ]
    found = replace(rows, faults=[*rows.faults, *faults], notes=(*rows.notes, *_unjudged(known, given)))
    if not layer.in_town:
        return Named(found, {number: _places(both) for number, both in zip(numbers, chosen, strict=True)})
    frame = found.frame.copy(deep=False)
    frame["town_id"] = pd.Series([_town_id(both) for both in chosen], dtype=object, index=frame.index)
    frame["village_id"] = pd.Series(
        [both.village.id if both.village else None for both in chosen], dtype=object, index=frame.index
    )
    worked = ["town_id", *(["village_id"] if {"village", "village_code"} & set(given) else [])]
    return Named(replace(found, frame=frame, worked=(*found.worked, *worked)), {})


def _texts(frame: pd.DataFrame, name: str) -> list[str]:
    if NAMED + name not in frame:
        return [""] * len(frame)
    return [str(value).strip() if value is not None else "" for value in frame[NAMED + name]]


def _both(known: Mapping[Use, Known], said: tuple[str, ...]) -> Both:
    scheme, town_code, town, village_code, village = said
    problems = []
    first = resolved(known[Use.TOWN], scheme, town_code, town)
    if first.problem and not known[Use.TOWN].empty:
        problems.append((Use.TOWN, first.problem))
    own = first.place.id if first.place else None
    second = resolved(known[Use.VILLAGE], scheme, village_code, village, town_id=own)
    if second.problem and not known[Use.VILLAGE].empty:
        problems.append((Use.VILLAGE, second.problem))
    return Both(first.place, second.place, tuple(problems))


def _town_id(both: Both) -> int | None:
    if both.town is not None:
        return both.town.id
    return both.village.town_id if both.village is not None else None


def _places(both: Both) -> tuple[tuple[Use, Place], ...]:
    pairs = ((Use.TOWN, both.town), (Use.VILLAGE, both.village))
    return tuple((use, place) for use, place in pairs if place is not None)


def _unjudged(known: Mapping[Use, Known], given: list[str]) -> list[str]:
    """Say which names were not judged because no place of that level is stored."""
    notes = []
    for use in (Use.TOWN, Use.VILLAGE):
        if known[use].empty and {use.value, f"{use.value}_code"} & set(given):
            zh, en = TITLES[use]
            notes.append(f"尚无{zh}数据，{zh}列未核对 · no {en} is stored yet, its columns were not checked")
    return notes


def astray(
    connection: sa.Connection, county: County, near: Mapping[int, tuple[tuple[Use, Place], ...]], table: sa.Table
) -> list[Fault]:
    """Give the rows whose staged shape lies farther than 500 m from the town or village that they name.

    A contradiction of place is a sign of a wrong row: of a wrong code or of a wrong position, which nobody can tell.
    """
    if not any(near.values()):
        return []
    query = sa.select(table.c.row_no, sa.func.ST_AsBinary(table.c.geom)).where(table.c.geom.is_not(None))
    staged = [
        (number, bytes(wkb)) for number, wkb in connection.execute(query.order_by(table.c.row_no)) if number in near
    ]
    numbers = np.array([number for number, _ in staged], dtype=np.int64)
    shapes = shapely.from_wkb(np.array([wkb for _, wkb in staged], dtype=object))
    faults = []
    for use in (Use.TOWN, Use.VILLAGE):
        own = [next((place for which, place in near[number] if which is use), None) for number in numbers.tolist()]
        faults += _far(connection, county, use, own, numbers=numbers, shapes=shapes)
    return faults


def _far(
    connection: sa.Connection,
    county: County,
    use: Use,
    own: list[Place | None],
    *,
    numbers: npt.NDArray[np.int64],
    shapes: npt.NDArray[np.object_],
) -> list[Fault]:
    table = county.schema.table(layers.one(use))
    wanted = {place.id: place for place in own if place is not None}
    query = sa.select(table.c.id, sa.func.ST_AsBinary(table.c.geom)).where(table.c.id.in_(sorted(wanted)))
    of_row = np.array([place.id if place is not None else -1 for place in own], dtype=np.int64)
    faults = []
    for identity, wkb in connection.execute(query.order_by(table.c.id)):
        area = shapely.from_wkb(bytes(wkb))
        shapely.prepare(area)
        mine = np.flatnonzero(of_row == identity)
        out = mine[~shapely.dwithin(area, shapes[mine], FAR_M)]
        for at, distance_m in zip(out.tolist(), shapely.distance(area, shapes[out]).tolist(), strict=True):
            name = wanted[identity].name
            expected = f"在{name}境内或 {FAR_M:g} m 内 · in {name} or within {FAR_M:g} m of it"
            faults.append(Fault(int(numbers[at]), use.value, "place_near", expected, f"{distance_m:,.0f} m"))
    return faults
