"""Tying the rows of a layer to houses: fetched, matched, stored as links with their past, and put on record."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pandas as pd
import shapely
import sqlalchemy as sa

from gis.errors import Refused
from gis.find.match_addresses import NOWHERE
from gis.find.match_evidence import Footprints, Limits, Link, State, Subjects
from gis.find.match_places import Places, places
from gis.find.match_rows import footprints, subjects
from gis.find.matching import matched
from gis.layer import Layer
from gis.run import links
from gis.run.record import Made, digest, record
from gis.store import stream
from gis.store.county import County
from gis.store.repeat import retried


@dataclass(frozen=True, slots=True)
class Matched:
    """What a run came to: rows by state and by evidence, what was written, and how far positions were trusted.

    new + changed + unchanged + kept = rows; `kept` rows were decided by hand, `contrary` of them would be tied
    otherwise. `ended` links were those that a run gave to rows that are gone.
    """

    run: int
    layer: str
    houses: str
    rows: int
    matched: int
    ambiguous: int
    unmatched: int
    evidence: dict[str, int]
    new: int
    changed: int
    unchanged: int
    kept: int
    contrary: int
    ended: int
    position_inside: float | None
    position_beside: float | None


def match(county: County, layer: Layer, to: Layer, limits: Limits | None = None) -> Matched:
    """Tie every row of a layer to the houses of another. Refused where a layer does not declare what that takes."""
    links.require(layer, to)
    bounds = limits or Limits()
    with stream.snapshot(county) as connection:
        rows, invented = subjects(connection, county, layer, to)
        houses = footprints(connection, county, to)
        known = places(connection, county)
    if not houses.key:
        raise Refused(f"{to.title}还没有入库 · no {to.name} is stored: load those first")
    found = matched(rows, houses, known, bounds)
    frame = _frame(rows, houses, found.links).assign(invented=invented)
    figures, evidence = _counted(found.links)
    parameters = {"layer": layer.name, "to": to.name, **asdict(bounds)}
    made = Made("match", parameters, _digest(rows, houses, known), result=figures | {"evidence": evidence})

    def write(connection: sa.Connection) -> tuple[int, links.Written]:
        run = record(connection, county, made)
        return run, links.store(connection, county, links.Pair(layer, to), frame.assign(run_id=run))

    run, written = retried(county, write)
    return Matched(
        run=run,
        layer=layer.name,
        houses=to.name,
        rows=len(frame),
        **figures,
        evidence=evidence,
        **asdict(written),
        position_inside=found.trust.inside,
        position_beside=found.trust.beside,
    )


def _counted(found: list[Link]) -> tuple[dict[str, int], dict[str, int]]:
    """Give how many rows are in each state, and by which evidence they were tied."""
    said = Counter(each.state for each in found)
    by_evidence = Counter(each.evidence for each in found if each.evidence)
    return {state.value: said[state] for state in State}, dict(sorted(by_evidence.items()))


def _frame(rows: Subjects, houses: Footprints, found: list[Link]) -> pd.DataFrame:
    """Give the links as rows of the layer of links: key of the row, and what is said of it."""
    keys = houses.key
    return pd.DataFrame(
        {
            "subject": list(rows.key),
            "house": [None if each.footprint == NOWHERE else keys[each.footprint] for each in found],
            "state": [each.state.value for each in found],
            "score": [each.score for each in found],
            "evidence": [each.evidence or None for each in found],
            "reason": [each.reason for each in found],
            "candidates": [
                {"houses": [keys[place] for place in each.candidates]} if each.candidates else None for each in found
            ],
            "floor": _storeys([each.floor for each in found]),
            "unit": [each.unit or None for each in found],
            "room": [each.room or None for each in found],
        },
    )


def _digest(rows: Subjects, houses: Footprints, known: Places) -> str:
    said = pd.DataFrame({"key": rows.key, "code": rows.code, "address": rows.address, "floor": _storeys(rows.floor)})
    stored = pd.DataFrame({"key": houses.key, "address": houses.address, "floors": houses.floors})
    names = "\n".join(f"{name} {sorted(ids)}" for each in (known.towns, known.villages) for name, ids in each.items())
    points = shapely.get_x(rows.point), shapely.get_y(rows.point)
    places = rows.town, rows.village, houses.town, houses.village
    return digest((said, stored, names, houses.shape, *points, *places))


def _storeys(floors: Sequence[int | None]) -> "pd.Series[int]":
    return pd.Series(list(floors), dtype="Int64")
