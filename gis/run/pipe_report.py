"""The report of a stored pipe plan, fetched, drawn and written: a Word document, pages of A4, and a workbook."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa
from numpy.typing import NDArray

from gis import layers
from gis.layer import PRESSURES, Layer, Use
from gis.report.docx import document
from gis.report.picture import Ink, Picture, around
from gis.report.pipes import Facts, book, report
from gis.report.sections import pages
from gis.run.made_up import behind_pipes
from gis.run.pipe_explain import SHARES
from gis.run.pipe_ground import demanding, live_mains, supplying
from gis.run.pipe_kept import PLAN
from gis.run.record import named
from gis.store.county import County
from gis.store.fetch import shapes

Shapes = NDArray[np.object_]

PHASES = ("#c62828", "#ef6c00", "#f9a825", "#2e7d32", "#1565c0", "#6a1b9a")
"""Colours of phases on the map, from the first; they come again where there are more."""
STREET, WATER, USER, ROOT = "#cfcfcf", "#8db9dd", "#37474f", "#0d47a1"
HOOKUPS, KEPT = ("pipe_hookup", "pipe_regulator"), "kept"
SUBJECTS = ("pipe_cost", "pipe_prize")
"""What a pipe plan is priced by, where its record does not tell the rules."""


@dataclass(frozen=True, slots=True)
class Written:
    """A report: the number of its run, what of its data is invented, and the bytes of each form by its ending."""

    run: str
    invented: tuple[str, ...]
    forms: Mapping[str, bytes]


def written(county: County, run: str | None) -> Written:
    """Give the report of a run of pipes in each form, by its id or number; of the newest where none is named.

    UnknownName where there is no such run.
    """
    with county.reading() as connection:
        facts = _facts(connection, county, run)
        picture = _picture(connection, county, facts)
    told = report(facts, picture.png() if picture is not None else None)
    forms = {".docx": document(told), ".pdf": pages(told), ".xlsx": book(facts)}
    return Written(facts.run, facts.invented, forms)


def _facts(connection: sa.Connection, county: County, run: str | None) -> Facts:
    found = named(connection, county, PLAN, run)
    figures: Mapping[str, Any] = found.result or {}
    return Facts(
        place=county.name,
        run=found.number,
        made_on=found.recorded_at.astimezone(county.timezone).date(),
        parameters=found.parameters,
        figures=figures,
        objective=found.objective,
        bound=found.bound,
        pipe_layer=layers.one(Use.PIPE_PLAN),
        pipes=_pipes(connection, county, found.id),
        user_layer=layers.one(Use.CONNECTION_PLAN),
        users=_users(connection, county, found.id, figures.get("rules") or {}),
        rules=_rules(connection, county, figures.get("rules")),
        invented=behind_pipes(connection, county),
    )


def _of_run(connection: sa.Connection, county: County, layer: Layer, run: int) -> pd.DataFrame:
    """Give a run's rows of a layer, in order of code, with `geom` as shapes in storage metres."""
    table = county.schema.table(layer)
    columns = [*(table.c[each.name] for each in layer.fields), sa.func.ST_AsBinary(table.c.geom).label("geom")]
    result = connection.execute(sa.select(*columns).where(table.c.run_id == run).order_by(table.c.code))
    rows = pd.DataFrame(result.all(), columns=list(result.keys()), dtype=object)
    return rows.assign(geom=shapely.from_wkb(np.array([bytes(each) for each in rows["geom"]], dtype=object)))


def _pipes(connection: sa.Connection, county: County, run: int) -> pd.DataFrame:
    """Give the pipes of a run, with class and surface of the street and the class of pressure in words."""
    rows = _of_run(connection, county, layers.one(Use.PIPE_PLAN), run)
    titles: dict[str, dict[str, str]] = {"road_class": {}, "surface": {}}
    for layer in layers.using(Use.STREET):
        for field in layer.fields:
            if field.name in titles:
                titles[field.name] |= field.titles
    titles["gas"] = {each.value: each.title for each in PRESSURES}
    return rows.assign(**{name: [of.get(each, each) for each in rows[name].tolist()] for name, of in titles.items()})


def _users(connection: sa.Connection, county: County, run: int, told: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Give the users that a run weighed, with words for `kind` and `shares`, `hookup` and the name of their `town`.

    `hookup` is what it costs to bring gas from the pipe into the rooms, with the user's regulator where the plan has
    such, by the rules `told` of the run; 0 where the user is not connected or was before. None of an older run.
    """
    layer, demand = demanding()
    rows = _of_run(connection, county, layers.one(Use.CONNECTION_PLAN), run)
    plan, own, towns = (
        county.schema.table(each) for each in (layers.one(Use.CONNECTION_PLAN), layer, layers.one(Use.TOWN))
    )
    query = (
        sa.select(plan.c.user_code, towns.c.name)
        .join(own, own.c[layer.key] == plan.c.user_code)
        .join(towns, towns.c.id == own.c.town_id)
        .where(plan.c.run_id == run)
    )
    town = {row.user_code: row.name for row in connection.execute(query)}
    titles = layer.field(demand.by).titles
    new = rows["connected"].astype(bool) & (rows["reason"] != KEPT)
    price = rows["kind"].map(
        lambda each: sum(float(told.get(f"{subject}.{each}", {}).get("amount", 0.0)) for subject in HOOKUPS)
    )
    return rows.assign(
        town=rows["user_code"].map(town),
        kind=rows["kind"].map(lambda each: titles.get(each, each)),
        shares=rows["shares"].map(lambda each: {SHARES.get(name, name): won for name, won in (each or {}).items()}),
        hookup=price.astype(float).where(new, 0.0),
    )


def _rules(connection: sa.Connection, county: County, told: Mapping[str, Mapping[str, Any]] | None) -> pd.DataFrame:
    """Give the rules of a run as its record tells them, with unit and source as stored now, in order of their names.

    For a record that tells none the costs and prizes in force today are given.
    """
    table = county.schema.table(layers.one(Use.RULE))
    names = ("rule", "amount", "unit", "article", "citation", "verified")
    today = county.today()
    query = sa.select(*(table.c[name] for name in names)).where(
        table.c.withdrawn_at.is_(None),
        table.c.valid_from <= today,
        table.c.valid_to.is_(None) | (table.c.valid_to > today),
    )
    stored = {row.rule: row._asdict() for row in connection.execute(query.order_by(table.c.rule, table.c.rank))}
    if told is None:
        rows = [row for name, row in stored.items() if name.split(".")[0] in SUBJECTS]
    else:
        empty = {"unit": "", "citation": ""}
        rows = [empty | stored.get(name, {}) | {"rule": name} | dict(each) for name, each in sorted(told.items())]
    return pd.DataFrame(rows, columns=list(names))


def _picture(connection: sa.Connection, county: County, facts: Facts) -> Picture | None:
    """Give the map: streets and water around the pipes, pipes by phase, users who are connected, and live roots."""
    if facts.pipes.empty:
        return None
    lines = facts.pipes["geom"].to_numpy(dtype=object)
    box = around(lines)
    phase = pd.to_numeric(facts.pipes["phase"]).fillna(1).astype(int).to_numpy()
    kind = facts.pipes["kind"].to_numpy(dtype=object)
    connected = facts.users[facts.users["connected"].astype(bool)]
    inks = [
        Ink(_around(connection, county, layers.using(Use.BARRIER), box), WATER, width=1.2, title="水系、铁路"),
        Ink(_around(connection, county, layers.using(Use.STREET), box), STREET, width=0.4, title="道路"),
        Ink(connected["geom"].to_numpy(dtype=object), USER, size_mm=0.9, title="接入用户"),
    ]
    for number in np.unique(phase).tolist():
        colour = PHASES[(number - 1) % len(PHASES)]
        own = phase == number
        named = f"第 {number} 期" if phase.max() > 1 else "规划管线"
        inks.append(Ink(lines[own & (kind != "main")], colour, width=0.5))
        inks.append(Ink(lines[own & (kind == "main")], colour, width=1.5, title=f"{named}干支管"))
    roots = _around(connection, county, [supplying()[0]], box)
    inks.insert(2, Ink(shapes(live_mains(connection, county)), ROOT, width=0.7, title="通气的燃气管线"))
    inks.append(Ink(roots, ROOT, size_mm=2.4, title="现有调压设施、门站"))
    note = f"{facts.place} · {facts.run} · {facts.made_on}"
    return Picture(tuple(each for each in inks if len(each.shapes)), box, note=note, synthetic=bool(facts.invented))


def _around(connection: sa.Connection, county: County, wanted: Any, box: tuple[float, float, float, float]) -> Shapes:
    """Give the shapes of layers near a box (storage metres), of a supply those that are live."""
    west, south, east, north = box
    more = max(east - west, north - south) / 2
    found = []
    for layer in wanted:
        table = county.schema.table(layer)
        frame = sa.func.ST_MakeEnvelope(west - more, south - more, east + more, north + more, county.srid)
        query = sa.select(sa.func.ST_AsBinary(table.c.geom)).where(table.c.geom.op("&&")(frame)).order_by(table.c.id)
        if layer.supplies is not None:
            query = query.where(sa.literal_column(f"({layer.supplies.where})", sa.Boolean()))
        found += [bytes(each) for each in connection.scalars(query)]
    return np.asarray(shapely.from_wkb(np.array(found, dtype=object)), dtype=object)
