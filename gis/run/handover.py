"""Areas of an earlier run, and what changes hands when areas are made anew from them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from gis import layers
from gis.crs import Geometries
from gis.layer import Use
from gis.plan.evenness import Districts
from gis.plan.units import WorkUnits
from gis.run.crew import Crew
from gis.run.record import named
from gis.store.county import County

Labels = npt.NDArray[np.int32]

PLAN = "patrol"


@dataclass(frozen=True, slots=True)
class Old:
    """The areas of an earlier run: their codes, workers (None: nobody) and shapes, in order of their codes.

    `unit_minutes` is what its units carried at most where they could be cut; None where cells were kept whole.
    """

    codes: tuple[str, ...]
    workers: tuple[str | None, ...]
    shapes: Geometries
    unit_minutes: float | None


@dataclass(frozen=True, slots=True)
class Move:
    """A unit that changed hands: its cell, its minutes, from whose area (empty: nobody's) to whose, and why."""

    cell: str
    minutes: float
    before: str
    after: str
    why: str


def old_areas(connection: sa.Connection, county: County, run: str, *, option: str = "--stable-from") -> Old:
    """Give the areas of a run, by its id or number. Refused where there is no such run of areas."""
    found = named(connection, county, PLAN, run, option=option)
    table = county.schema.table(layers.one(Use.PATROL_AREA))
    columns = table.c.code, table.c.worker_code, sa.func.ST_AsBinary(table.c.geom)
    rows = connection.execute(sa.select(*columns).where(table.c.run_id == found.id).order_by(table.c.code)).all()
    wkb = [bytes(row[2]) for row in rows]
    return Old(
        tuple(str(row[0]) for row in rows),
        tuple(None if row[1] is None else str(row[1]) for row in rows),
        np.asarray(shapely.from_wkb(np.array(wkb, dtype=object)), dtype=object),
        found.parameters.get("unit_minutes"),
    )


def placed(old: Old, units: WorkUnits) -> Labels:
    """Give the old area in which the inside of each unit lies, -1 in none."""
    points = shapely.point_on_surface(units.polygon)
    point, area = shapely.STRtree(old.shapes).query(points, predicate="intersects")
    found = np.full(len(points), len(old.codes), dtype=np.int32)
    np.minimum.at(found, point, area.astype(np.int32))
    return np.where(found < len(old.codes), found, -1).astype(np.int32)


def numbered(old: Old, crew: Crew) -> Labels:
    """Give the new number of each old area: its worker's place in the crew; -1 for who has left.

    An area that nobody was named for goes to a place that nobody is named for.
    """
    place = {code: each for each, code in enumerate(crew.codes) if code is not None}
    found = [place.get(code, -1) if code is not None else -1 for code in old.workers]
    free = iter([each for each, code in enumerate(crew.codes) if code is None])
    return np.array(
        [next(free, -1) if code is None else each for each, code in zip(found, old.workers, strict=True)]
    ).astype(np.int32)


def changed_ground(old: Old, new: Old) -> pd.DataFrame:
    """Give the ground that another worker has than before: `before`, `after`, `area_m2` and `geometry`, largest first.

    Workers are told by their code, an area without one by its own; slivers under a square metre are left out. Empty
    where nothing changed hands. A pair of workers has one row.
    """
    one, other = shapely.STRtree(new.shapes).query(old.shapes, predicate="intersects")
    was, now = _names(old), _names(new)
    differ = was[one] != now[other]
    ground = shapely.intersection(old.shapes[one[differ]], new.shapes[other[differ]])
    frame = pd.DataFrame({"before": was[one[differ]], "after": now[other[differ]], "geometry": ground})
    rows = [
        (*pair, _areal(np.asarray(each["geometry"], dtype=object)))
        for pair, each in frame.groupby(["before", "after"], sort=True)
    ]
    found = pd.DataFrame(rows, columns=["before", "after", "geometry"])
    found["area_m2"] = shapely.area(found["geometry"].to_numpy(dtype=object))
    kept = found[found["area_m2"] >= 1.0]
    return kept.sort_values(["area_m2", "before", "after"], ascending=[False, True, True], ignore_index=True)


def _names(areas: Old) -> Geometries:
    """Give the worker of each area, its own code where nobody is named."""
    pairs = zip(areas.workers, areas.codes, strict=True)
    return np.array([worker or code for worker, code in pairs], dtype=object)


def _areal(shapes: Geometries) -> BaseGeometry:
    """Give the areas of some shapes as one."""
    parts = shapely.get_parts(shapely.get_parts(shapes))
    whole: BaseGeometry = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    return whole


def moves(old: Old, units: WorkUnits, found: Districts, crew: Crew, cells: pd.DataFrame) -> tuple[Move, ...]:
    """Give the units that changed hands, the largest first."""
    was, number = placed(old, units), numbered(old, crew)
    now = np.where(was >= 0, np.append(number, -1)[was], -1)
    mean = float(units.load.sum()) / float(crew.shares.sum())
    carried = np.bincount(now[now >= 0], units.load[now >= 0], minlength=len(crew.codes)) / np.maximum(
        crew.shares, 1e-9
    )
    codes = cells["code"].to_numpy(dtype=object)
    made = []
    for each in np.flatnonzero(now != found.label).tolist():
        after, before = int(found.label[each]), int(now[each])
        if before >= 0:
            why = f"均衡 evening: {carried[before] / mean:.2f} → {carried[after] / mean:.2f}"
        elif was[each] >= 0:
            left = old.workers[was[each]]
            why = f"原无网格员 nobody was named: {old.codes[was[each]]}" if left is None else f"离岗 left: {left}"
        else:
            why = "原无片区 was in no area"
        name = (old.workers[was[each]] or old.codes[was[each]]) if was[each] >= 0 else ""
        minutes = round(float(units.load[each]), 1)
        made.append(Move(str(codes[units.cell[each]]), minutes, name, crew.codes[after] or f"{after + 1:03d}", why))
    return tuple(sorted(made, key=lambda move: (-move.minutes, move.cell, move.before, move.after)))
