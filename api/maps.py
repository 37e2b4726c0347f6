"""The snapshot map of an opened county: rows fetched, states asked, the page drawn by `web_map`."""

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import sqlalchemy as sa

from gis import layers
from gis.crs import EXCHANGE
from gis.find import datum, unchecked
from gis.find.datum import Unverified
from gis.find.duty import areas_in_force
from gis.find.states import State
from gis.layer import Layer, Use
from gis.run.record import latest
from gis.run.visits import areas_on
from gis.store.county import County, now
from gis.store.fetch import features
from web_map.snapshot import Snapshot, page

PLANS = {
    Use.PIPE_PLAN: "pipes",
    Use.CONNECTION_PLAN: "pipes",
    Use.VISIT_PLAN: "calendar",
    Use.RISER_PLAN: "risers",
    Use.ROUTE: "routes",
    Use.ROUTE_STOP: "routes",
}


def snapshot(county: County) -> Snapshot:
    """Give the county's map for planners, with what it left out; needs no network."""
    asked = unchecked.Question(layers.one(Use.LOAD))
    moment = unchecked.moment_of(county, asked, now())
    counted = unchecked.counts(county, asked, moment)
    state_of = unchecked.live_states(county, asked, moment)
    frames = []
    with county.reading() as connection:
        for layer in layers.every():
            if layer.geometry is not None:
                drawn = frame(connection, county, layer)
                if layer.name == asked.layer.name:
                    drawn["state"] = [state_of.get(identity, State.NO_RULE).value for identity in drawn["id"]]
                frames.append((layer, drawn))
        unverified = _unverified(connection, county)
        proposed = _proposed(connection, county)
        places = datum.unverified(connection, county)
    states = "，".join(f"{state.zh} {number:,}" for state, number in counted.total.items())
    return page(
        frames,
        title=f"{county.name} 网格风险一张图",
        dated=f"{moment.day}（{county.timezone}）",
        denominators=[f"{asked.layer.title} {counted.stock:,}：{states}"],
        notes=[
            f"规则 {unverified} 条未核实 · rules not verified",
            *_places(places),
            *proposed,
            "标注“合成”的内容均为虚构 · what is marked 合成 is invented",
        ],
        overlays={asked.layer.name},
    )


def write(county: County, path: Path) -> Snapshot:
    """Write the map to a file, whole or not at all, and give it."""
    drawn = snapshot(county)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(drawn.html, encoding="utf-8")
    part.replace(path)
    return drawn


def frame(connection: sa.Connection, county: County, layer: Layer) -> gpd.GeoDataFrame:
    """Give a layer's rows for the map: of patrol areas those in force today, of a plan's layer those of its newest run.

    Where no areas are in force, those of the newest run are shown.
    """
    plan = next((PLANS[use] for use in layer.uses if use in PLANS), None)
    if Use.PATROL_AREA in layer.uses:
        run = areas_on(connection, county, county.today())
    elif plan is not None:
        made = latest(connection, county, plan)
        run = None if made is None else int(made.id)
    else:
        return features(connection, county, layer, srid=EXCHANGE)
    return features(connection, county, layer, where=f"run_id = {run or 0}", srid=EXCHANGE)


def _places(found: Sequence[Unverified]) -> list[str]:
    """Say whose places were not verified; nothing where all were."""
    told = "、".join(f"{each.layer.title} {each.rows:,}" for each in found)
    return [f"基准未核实 · datum not verified：{told}"] if found else []


def _proposed(connection: sa.Connection, county: County) -> list[str]:
    """Say that the areas shown are only proposed; nothing where some are in force, or none are made."""
    run = areas_on(connection, county, county.today())
    if run is None or areas_in_force(connection, county, county.today()) is not None:
        return []
    return [f"今日没有启用的巡查片区，图示为运算 {run} 的方案 · no areas are in force, proposed ones are shown"]


def _unverified(connection: sa.Connection, county: County) -> int:
    table = county.schema.table(layers.one(Use.RULE))
    query = sa.select(sa.func.count()).where(~table.c.verified, table.c.withdrawn_at.is_(None))
    return int(connection.execute(query).scalar_one())
