"""Who is responsible for every object on a day: the worker of its area in force, or who stands in or took over.

On a day the areas of the run are in force that was adopted for the latest first day up to it; what is only proposed is
not. An object lies in the area that its spot touches, on a common border in that with the lowest code. Nothing is
stored per object: areas are cut into small pieces and joined to the objects by their spatial index.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import geopandas as gpd
import pandas as pd
import shapely
import sqlalchemy as sa

from gis import layers
from gis.crs import EXCHANGE
from gis.errors import UnknownName
from gis.layer import Layer, Use
from gis.plan.cover import Answer, Person, Why, answering
from gis.store.county import County
from gis.store.versions import known
from gis.store.views import spot_column

REACH_M = 0.001  # areas are noded on a grid of 0.01 mm: what lies so near to one lies in it
PIECE = 128  # points of a piece of an area at most
COLUMNS = ["layer", "area", "objects"]


@dataclass(frozen=True, slots=True, eq=False)
class Duty:
    """Who answers on a day, by area of the run in force (None: no areas are), and for how many objects.

    `answers` is by area code. `counts` has layer, area (None: in no area) and objects; their sum is the stock.
    """

    day: date
    run: int | None
    answers: Mapping[str, Answer]
    counts: pd.DataFrame

    def answer(self, area: str | None) -> Answer | None:
        """Give who answers for an area; None for what lies in none."""
        return self.answers.get(area) if area is not None else None

    def worker(self, area: str | None) -> str | None:
        """Give the code of who answers for an area; None where nobody does."""
        found = self.answer(area)
        return found.worker if found is not None else None

    def why(self, area: str | None) -> str:
        """Say in Chinese why somebody answers for an area, or nobody does."""
        found = self.answer(area)
        if found is None:
            return "没有启用的片区" if self.run is None else "不在任何片区"
        return found.zh

    def by_layer(self) -> dict[str, tuple[int, int]]:
        """Give per layer how many objects were asked about, and how many of them have no named person."""
        found: dict[str, tuple[int, int]] = {}
        for layer, area, objects in zip(*(self.counts[name] for name in COLUMNS), strict=True):
            stock, unnamed = found.get(layer, (0, 0))
            found[layer] = stock + objects, unnamed + (objects if self.worker(area) is None else 0)
        return found

    def held(self, worker: str | None) -> int:
        """Give how many objects a worker answers for; of None how many nobody does."""
        pairs = zip(self.counts["area"], self.counts["objects"], strict=True)
        return sum(int(objects) for area, objects in pairs if self.worker(area) == worker)

    @property
    def stock(self) -> int:
        """How many objects were asked about."""
        return sum(stock for stock, _ in self.by_layer().values())

    @property
    def unnamed(self) -> int:
        """How many of them have no named person."""
        return self.held(None)


def areas_in_force(
    connection: sa.Connection, county: County, day: date, known_at: datetime | None = None
) -> int | None:
    """Give the run whose areas are in force on a day, as was recorded before `known_at`; None where none is."""
    table = county.schema.table(layers.one(Use.AREA_ADOPTION))
    query = sa.select(table.c.run_id).where(table.c.from_on <= day)
    if known_at is not None:
        query = query.where(table.c.recorded_at < known_at)
    found = connection.scalar(query.order_by(table.c.from_on.desc(), table.c.id.desc()).limit(1))
    return None if found is None else int(found)


def duty(county: County, day: date, *, of: Sequence[Layer] | None = None, known_at: datetime | None = None) -> Duty:
    """Give who answers for the objects of the patrolled layers (or of those given) on a day, past or ahead.

    Registers, absences and adoptions are taken as known now, or as recorded before `known_at`.
    """
    with county.reading() as connection:
        run = areas_in_force(connection, county, day, known_at)
        answers = _answers(connection, county, run, day, known_at)
        parts = [_counted(connection, county, layer, run, known_at) for layer in (patrolled() if of is None else of)]
    rows = [row for part in parts for row in part]
    return Duty(day, run, answers, pd.DataFrame(rows, columns=COLUMNS, dtype=object))


def require_worker(connection: sa.Connection, county: County, *codes: str) -> None:
    """Refuse a code that is not on the register of workers, as UnknownName."""
    table = county.schema.table(layers.one(Use.WORKER))
    stored = set(connection.scalars(sa.select(table.c.code).where(table.c.code.in_(codes))))
    for code in codes:
        if code not in stored:
            raise UnknownName(f"网格员名册没有工号 {code} · no worker {code!r} is on the register")


def patrolled() -> tuple[Layer, ...]:
    """Give the layers whose objects have a responsible worker."""
    return tuple(layer for layer in layers.every() if layer.patrol is not None)


def objects(
    county: County,
    found: Duty,
    layer: Layer,
    *,
    worker: str | None = None,
    known_at: datetime | None = None,
    limit: int | None = None,
) -> gpd.GeoDataFrame:
    """Give the objects of a layer that nobody answers for, or for whom a worker does, in EPSG:4326, by their key.

    Columns: layer, key, town, cell, area, invented (whether anything of it is), worker, why, geometry. Empty where
    there are none. UnknownName for a worker who is not on the register.
    """
    wanted = [code for code, answer in found.answers.items() if answer.worker == worker]
    placed = in_areas(county, layer, found.run, known_at=known_at).subquery()
    town, cell = (known(county.schema, layers.one(use), known_at) for use in (Use.TOWN, Use.CELL))
    shape = sa.func.ST_AsBinary(sa.func.ST_Transform(placed.c.spot, EXCHANGE)).label("geometry")
    invented = (sa.func.cardinality(placed.c.invented) > 0).label("invented")
    here = placed.c.area.in_(wanted)
    query = (
        sa.select(placed.c.key, town.c.code.label("town"), cell.c.code.label("cell"), placed.c.area, invented, shape)
        .select_from(
            placed.outerjoin(town, town.c.id == placed.c.town_id).outerjoin(cell, cell.c.id == placed.c.cell_id)
        )
        .where(here | placed.c.area.is_(None) if worker is None else here)
        .order_by(placed.c.key)
        .limit(limit)
    )
    with county.reading() as connection:
        require_worker(connection, county, *([] if worker is None else [worker]))
        result = connection.execute(query)
        frame = pd.DataFrame(result.all(), columns=list(result.keys()), dtype=object)
    geometry = shapely.from_wkb([bytes(each) for each in frame.pop("geometry")])
    frame.insert(0, "layer", layer.name)
    frame["worker"] = [found.worker(area) for area in frame["area"]]
    frame["why"] = [found.why(area) for area in frame["area"]]
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(geometry, crs=EXCHANGE, index=frame.index))


def in_areas(
    county: County,
    layer: Layer,
    run: int | None,
    *,
    areas: Sequence[str] | None = None,
    known_at: datetime | None = None,
) -> sa.Select[tuple[object, ...]]:
    """Give the query of each object of a layer with the code of its area of a run, empty where it lies in none.

    Columns: id, key, town_id, cell_id, invented, spot, area. One row per object; of certain `areas` only what lies in
    them and in no area of a lower code.
    """
    rows = known(county.schema, layer, known_at)
    spot = rows.c[spot_column(layer)]
    placed = _placed(county, rows, spot, run)
    columns = [rows.c[name] for name in ("id", "town_id", "cell_id", "invented")]
    query = sa.select(*columns, rows.c[layer.key].label("key"), spot.label("spot"), placed.c.area)
    query = query.select_from(rows.outerjoin(placed, placed.c.id == rows.c.id))
    return query if areas is None else query.where(placed.c.area.in_(areas))


def _placed(county: County, rows: sa.FromClause, spot: sa.ColumnElement[object], run: int | None) -> sa.Subquery:
    area = county.schema.table(layers.one(Use.PATROL_AREA))
    cut = sa.func.ST_Subdivide(area.c.geom, PIECE).label("geom")
    piece = sa.select(area.c.code, cut).where(area.c.run_id == run).cte().prefix_with("MATERIALIZED")
    near = rows.c.geom.op("&&")(sa.func.ST_Expand(piece.c.geom, REACH_M))
    touching = sa.func.ST_DWithin(piece.c.geom, spot, REACH_M)
    query = sa.select(rows.c.id, sa.func.min(piece.c.code).label("area")).select_from(piece.join(rows, near & touching))
    return query.group_by(rows.c.id).subquery()


def _counted(
    connection: sa.Connection, county: County, layer: Layer, run: int | None, known_at: datetime | None
) -> list[tuple[str, str | None, int]]:
    placed = in_areas(county, layer, run, known_at=known_at).subquery()
    query = sa.select(placed.c.area, sa.func.count()).group_by(placed.c.area).order_by(placed.c.area)
    return [(layer.name, area, int(count)) for area, count in connection.execute(query)]


def _answers(
    connection: sa.Connection, county: County, run: int | None, day: date, known_at: datetime | None
) -> dict[str, Answer]:
    """Give who answers on a day for each area of a run, by the area's code."""
    area = county.schema.table(layers.one(Use.PATROL_AREA))
    query = sa.select(area.c.code, area.c.worker_code).where(area.c.run_id == run).order_by(area.c.code)
    named = {str(code): worker for code, worker in connection.execute(query)}
    wanted = {worker for worker in named.values() if worker is not None}
    found = answering(
        sorted(wanted), people_on(connection, county, day, known_at), away_on(connection, county, day, known_at)
    )
    return {code: found.get(worker, Answer(None, Why.NOBODY, ())) for code, worker in named.items()}


def people_on(
    connection: sa.Connection, county: County, day: date, known_at: datetime | None = None
) -> dict[str, Person]:
    """Give the register as it stands on a day, by code."""
    rows = known(county.schema, layers.one(Use.WORKER), known_at)
    query = sa.select(rows.c.code, rows.c.from_on, rows.c.to_on, rows.c.successor_code)
    return {
        str(code): Person(
            early=from_on is not None and from_on > day, left=to_on is not None and to_on < day, successor=successor
        )
        for code, from_on, to_on, successor in connection.execute(query)
    }


def away_on(
    connection: sa.Connection, county: County, day: date, known_at: datetime | None = None
) -> dict[str, str | None]:
    """Give who is absent on a day, with who stands in; of several absences that which began last counts."""
    rows = known(county.schema, layers.one(Use.ABSENCE), known_at)
    query = sa.select(rows.c.worker_code, rows.c.cover_code).where(rows.c.from_on <= day, rows.c.to_on >= day)
    return {str(code): cover for code, cover in connection.execute(query.order_by(rows.c.from_on, rows.c.code))}
