"""What is unchecked, against a stated denominator, on any date and in any area: counts that open their rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
import sqlalchemy as sa

from gis import layers
from gis.crs import EXCHANGE, Box
from gis.errors import Refused, UnknownName
from gis.find import live
from gis.find.lineage import refuse_ended
from gis.find.states import Moment, State, Where, states
from gis.layer import Layer, Use
from gis.store.county import County
from gis.store.schema import Schema
from gis.store.versions import known

OUTSIDE = "（区外）"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a layer, an area, a day of knowledge (`as_of`) or of sight (`seen_by`), states and a page.

    `town` is a code or a name, `cell` a code, `box` in EPSG:4326. `after` is the key after which the page starts.
    """

    layer: Layer
    town: str | None = None
    cell: str | None = None
    box: Box | None = None
    as_of: date | None = None
    seen_by: date | None = None
    states: frozenset[State] = frozenset(State)
    after: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """The cross table: per town (key: code, or `（区外）`) the objects of each state; `stock` is the denominator."""

    day: date
    stock: int
    total: Mapping[State, int]
    by_town: Mapping[str, Mapping[State, int]]
    town_names: Mapping[str, str] = field(default_factory=dict)


def moment_of(county: County, question: Question, now: datetime) -> Moment:
    """Give the moment a question is about; Refused for a day ahead, or knowledge older than sight.

    `as_of` D: what was recorded by the end of D, and the state on D. `seen_by` D: what is known now about D.
    Both: what was recorded by the end of `as_of` about the earlier day `seen_by`.
    """
    today = now.astimezone(county.timezone).date()
    for name, day in (("as_of", question.as_of), ("seen_by", question.seen_by)):
        if day is not None and day > today:
            raise Refused(f"{name}: expected a day up to today ({today}), got {day}")
    if question.as_of is not None and question.seen_by is not None and question.as_of < question.seen_by:
        raise Refused(
            f"as_of {question.as_of} is before seen_by {question.seen_by}: nothing was known about a day ahead"
        )
    day = question.seen_by or question.as_of or today
    at = min(county.day_end(day) - timedelta(microseconds=1), now)
    known_at = min(county.day_end(question.as_of), now) if question.as_of else None
    seen_before = county.day_end(question.seen_by) if question.seen_by else None
    return Moment(day, at, str(county.timezone), known_at, seen_before)


def counts(county: County, question: Question, moment: Moment) -> Counts:
    """Give how many objects are in each state, by town; the cells of the table sum to the stock."""
    with county.reading() as connection:
        _wait(connection, county, question, moment)
        found = _tally(county.schema, question.layer, moment, _where(connection, county, question, moment))
        town_layer = layers.one(Use.TOWN)
        town = known(county.schema, town_layer, moment.known_at)
        query = (
            sa.select(town.c[town_layer.key].label("town"), town.c.name, found.c.state, found.c.objects)
            .select_from(found.outerjoin(town, town.c.id == found.c.town_id))
            .order_by(sa.text("1, 3"))
        )
        rows = connection.execute(query).all()
    total = {state: sum(row.objects for row in rows if row.state == state) for state in State}
    by_town: dict[str, dict[State, int]] = {}
    names = {}
    for row in rows:
        code = row.town or OUTSIDE
        names[code] = row.name or OUTSIDE
        by_town.setdefault(code, dict.fromkeys(State, 0))[State(row.state)] += row.objects
    return Counts(moment.day, sum(total.values()), total, by_town, names)


def _tally(schema: Schema, layer: Layer, moment: Moment, where: Where) -> sa.Subquery:
    if moment.live:
        return live.tally(schema, layer, moment, where)
    found = states(schema, layer, moment, where)
    objects = sa.func.count().label("objects")
    return sa.select(found.c.town_id, found.c.state, objects).group_by(found.c.town_id, found.c.state).subquery()


def rows(county: County, question: Question, moment: Moment) -> gpd.GeoDataFrame:
    """Give the objects themselves in EPSG:4326, in order of their key, with town and cell codes beside them.

    Empty where no object is in one of the asked states. Columns: key, town, cell, category, state, last_done_at,
    last_try_at, last_try, notice_at, due_at, rule, jurisdiction, amount, notice_days, article, verified, geometry.
    """
    with county.reading() as connection:
        _wait(connection, county, question, moment)
        where = _where(connection, county, question, moment)
        asked = county.schema, question.layer, moment, where
        page = live.page(*asked, question.states, after=question.after, limit=question.limit) if moment.live else None
        found = states(*asked, objects=page)
        town_layer, cell_layer = layers.one(Use.TOWN), layers.one(Use.CELL)
        town, cell = (known(county.schema, each, moment.known_at) for each in (town_layer, cell_layer))
        shape = sa.func.ST_AsBinary(sa.func.ST_Transform(found.c.geom, EXCHANGE)).label("geometry")
        kept = [column for column in found.c if column.name not in {"id", "town_id", "cell_id", "geom"}]
        query = (
            sa.select(town.c[town_layer.key].label("town"), cell.c[cell_layer.key].label("cell"), *kept, shape)
            .select_from(
                found.outerjoin(town, town.c.id == found.c.town_id).outerjoin(cell, cell.c.id == found.c.cell_id)
            )
            .where(found.c.state.in_(sorted(question.states)))
            .order_by(found.c.key)
            .limit(question.limit)
        )
        if question.after is not None:
            query = query.where(found.c.key > question.after)
        result = connection.execute(query)
        frame = pd.DataFrame(result.all(), columns=list(result.keys()), dtype=object)
    geometry = shapely.from_wkb([bytes(each) for each in frame.pop("geometry")])
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(geometry, crs=EXCHANGE, index=frame.index))


def live_states(county: County, question: Question, moment: Moment) -> dict[int, State]:
    """Give the state of each object in one of the asked states, by internal id; what is not in it has no rule.

    From the status rows alone: Refused for a box, and for any knowledge but today's.
    """
    if not moment.live or question.box is not None:
        raise Refused("live states are asked for a town, a cell or all: expected no box and no day")
    wanted = question.states & frozenset(live.RULED)
    if not wanted:
        return {}
    with county.reading() as connection:
        where = _where(connection, county, question, moment)
        found = connection.execute(live.ruled(county.schema, question.layer, moment, where, wanted)).all()
    return {identity: State(row.state) for row in found for identity in row.objects or ()}


def why(row: "pd.Series[Any]", zone: tzinfo) -> str:
    """Give in words why an object is in its state: the rule with its article, the last visits and the due day."""
    if row["rule"] is None:
        return f"类别“{row['category']}”没有适用规则"
    verified = "" if row["verified"] else "，未核实"
    words = [f"规则 {row['rule']}@{row['jurisdiction']} 每{float(row['amount']):g}天{verified}"]
    if row["article"]:
        words.append(str(row["article"]))
    if row["last_done_at"] is None:
        words.append("从未有效检查")
    else:
        last, due = (row[name].astimezone(zone) for name in ("last_done_at", "due_at"))
        words.append(f"上次检查 {last:%Y-%m-%d}，到期 {due - timedelta(days=1):%Y-%m-%d}")
    if row["last_try"] not in {None, "done"}:
        words.append(f"最近一次未查成：{row['last_try']} {row['last_try_at'].astimezone(zone):%Y-%m-%d}")
    return "；".join(words)


def _wait(connection: sa.Connection, county: County, question: Question, moment: Moment) -> None:
    """Wait for the last writers of a day that is over, so that its answer can never change.

    Refused where the day is over by our clock and not by the server's.
    """
    if question.as_of is None or moment.known_at is None:
        return
    closed = connection.execute(sa.select(sa.func.day_is_closed(question.as_of))).scalar_one()
    if not closed and moment.known_at >= county.day_end(question.as_of):
        raise Refused(f"as_of {question.as_of}: by the server's clock that day has not ended, by ours it has")


def _where(connection: sa.Connection, county: County, question: Question, moment: Moment) -> Where:
    town_id = cell_id = None
    if question.town is not None:
        town_id = _identity(connection, county, Use.TOWN, question.town, moment)
    if question.cell is not None:
        refuse_ended(connection, county, question.cell, question.as_of or county.today(), moment.known_at)
        cell_id = _identity(connection, county, Use.CELL, question.cell, moment)
    return Where(town_id, cell_id, question.box)


def _identity(connection: sa.Connection, county: County, use: Use, wanted: str, moment: Moment) -> int:
    layer = layers.one(use)
    area = known(county.schema, layer, moment.known_at)
    matches = [area.c[layer.key] == wanted]
    if "name" in area.c:
        matches.append(area.c.name == wanted)
    found = connection.scalars(sa.select(area.c.id).where(sa.or_(*matches)).limit(2)).all()
    if len(found) != 1:
        what = "none" if not found else "more than one"
        raise UnknownName(f"{layer.title} {wanted}: expected one {use.value} of that code or name, got {what}")
    return int(found[0])
