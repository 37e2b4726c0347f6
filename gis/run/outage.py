"""An outage (停气): which valves to close for a pipe, which users lose gas, and the list of whom to notify by when."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa
from numpy.typing import NDArray

from gis import crs, layers
from gis.errors import Refused, UnknownName, some
from gis.layer import Layer, Role, Use
from gis.plan.outage import Outage, outage
from gis.report.workbook import Sheet, workbook
from gis.run.outage_net import Traced, traced
from gis.run.pipe_ground import demanding, supplying
from gis.store.county import County
from gis.store.fetch import features, shapes
from gis.store.versions import in_force

PIPES = "gas_pipeline"
NOTICE, PLANNED = "gas_outage", "notice"
AT_REACH_M = 50.0
STEWARD = frozenset({Role.STEWARD})


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What is asked: the pipe by its code, or the piece of pipe nearest to a place in EPSG:4326.

    `start` is when gas is cut; without `hours` the notice is what the law says. Personal fields go by `roles`.
    """

    pipe: str | None = None
    at: tuple[float, float] | None = None
    hours: float | None = None
    start: datetime | None = None
    roles: frozenset[Role] = STEWARD


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What an outage comes to.

    `close` holds code, kind and reason of each facility to close, `spare` those with no gas behind them; `users` the
    users who lose gas, by town and address. `pipes` are those that go dry, with `length_m` of the parts that do.
    Of the `piped` users all told, `untied` lie near no pipe and `unfed` on pipes that no source reaches even today, so
    nothing is known of them; nor of `unplaced` facilities, which lie on no pipe. `invented`: some of it is.
    """

    pipes: tuple[str, ...]
    length_m: float
    close: pd.DataFrame
    spare: pd.DataFrame
    users: pd.DataFrame
    kinds: Mapping[str, int]
    piped: int
    untied: int
    unfed: int
    unplaced: int
    hours: float
    rule: str
    verified: bool
    notify_by: datetime | None
    invented: bool


def trace(county: County, asked: Asked) -> Found:
    """Trace an outage on the stored live town gas network.

    Refused where the pipe is a transmission line or not live, the place lies farther than 50 m from every pipe, or no
    source is found; UnknownName where no pipe has the code.
    """
    facility, user = supplying()[0], demanding()[0]
    with county.reading() as connection:
        pipes = features(connection, county, layers.named(PIPES))
        facilities = features(connection, county, facility, where="live")
        users = features(connection, county, user, where="supply = 'piped'")
        towns = features(connection, county, layers.one(Use.TOWN))
        hours, rule, verified = _notice(connection, county, asked.hours)
    usable = (pipes["regime"].fillna("town") == "town") & pipes["phase"].fillna("live").eq("live")
    live = pipes[usable].reset_index(drop=True)
    _refuse(pipes, live, asked.pipe)
    network = traced(live, facilities, users)
    cut = outage(network.net, _broken(county, live, network, asked))
    dry = np.append(cut.dry, False)[network.user_at]
    listed = _listed(users[dry], towns, user, asked.roles)
    zone = network.pipe[cut.zone]
    frames = (live, facilities, users)
    return Found(
        pipes=tuple(live["code"].iloc[np.unique(zone)].astype(str)),
        length_m=float(shapely.length(network.piece[cut.zone]).sum()),
        close=_closed(facilities, network, cut, county.srid),
        spare=_facilities(facilities, np.isin(network.facility_at, cut.spare), "外侧已无气，可不关", srid=county.srid),
        users=listed,
        kinds=dict(Counter(users["kind"][dry].astype(str))),
        piped=len(users),
        untied=int((network.user_at < 0).sum()),
        unfed=int(np.append(cut.unfed, False)[network.user_at].sum()),
        unplaced=int((network.facility_at < 0).sum()),
        hours=hours,
        rule=rule,
        verified=verified,
        notify_by=None if asked.start is None else asked.start - timedelta(hours=hours),
        invented=any(bool(names) for each in frames if "invented" in each for names in each["invented"]),
    )


def _notice(connection: sa.Connection, county: County, hours: float | None) -> tuple[float, str, bool]:
    if hours is not None:
        return hours, "", False
    rules = in_force(county.schema, NOTICE, county.today(), None, unit="h")
    row = connection.execute(sa.select(rules).where(rules.c.category == PLANNED)).one_or_none()
    if row is None:
        raise Refused(f"没有规则 {NOTICE}.{PLANNED}：先运行 `wangge law apply`，或给 --hours · no such rule is stored")
    return float(row.amount), str(row.article or row.source), bool(row.verified)


def _refuse(pipes: gpd.GeoDataFrame, live: gpd.GeoDataFrame, code: str | None) -> None:
    if code is None or (live["code"] == code).any():
        return
    stored = pipes[pipes["code"] == code]
    if stored.empty:
        raise UnknownName(f"{PIPES}: 没有编号为 {code} 的管线 · expected the code of a stored pipe, got {code}")
    fields = [layers.named(PIPES).field(name) for name in ("regime", "phase")]
    what = "，".join(f"{each.title}：{each.titles.get(stored[each.name].iloc[0], '未填')}" for each in fields)
    raise Refused(f"{PIPES}: {code} 不是在用的城镇燃气管线（{what}）· expected a live pipe of town gas")


def _broken(county: County, live: gpd.GeoDataFrame, network: Traced, asked: Asked) -> list[int]:
    """Give the pieces of the pipe, or the piece nearest to the place."""
    if asked.pipe is not None:
        row = int(np.flatnonzero(live["code"] == asked.pipe)[0])
        return [int(piece) for piece in np.flatnonzero(network.pipe == row)]
    if asked.at is None:
        raise Refused("outage: 请给管线编号或 --at 经度,纬度 · expected a pipe or a place")
    place = crs.to_storage(np.array([shapely.Point(asked.at)], dtype=object), crs.EXCHANGE, county.srid)
    near = shapely.STRtree(network.piece).query_nearest(place, max_distance=AT_REACH_M, all_matches=False)
    if not near.shape[1]:
        raise Refused(
            f"--at {asked.at[0]},{asked.at[1]}: {AT_REACH_M:g} 米内没有在用的城镇燃气管线 · "
            f"expected a live pipe of town gas within {AT_REACH_M:g} m, got none"
        )
    return [int(near[1][0])]


def _closed(facilities: gpd.GeoDataFrame, network: Traced, cut: Outage, srid: int) -> pd.DataFrame:
    regulators = np.zeros(len(facilities), dtype=bool)
    regulators[network.regulator[cut.regulators]] = True
    source = np.isin(network.facility_at, cut.stations) & (facilities["kind"] != "valve_well").to_numpy()
    valves = np.isin(network.facility_at, cut.valves) & (facilities["kind"] == "valve_well").to_numpy()
    return pd.concat(
        [
            _facilities(facilities, valves, "关阀", srid=srid),
            _facilities(facilities, regulators & ~source, "关闭出口", srid=srid),
            _facilities(facilities, source, "气源停供或关闭出口", srid=srid),
        ],
        ignore_index=True,
    )


def _facilities(facilities: gpd.GeoDataFrame, which: NDArray[np.bool_], action: str, *, srid: int) -> pd.DataFrame:
    chosen = facilities[which]
    place = shapely.get_coordinates(crs.from_storage(shapes(chosen), crs.EXCHANGE, srid)).round(6)
    kinds = supplying()[0].field("kind").titles
    return pd.DataFrame(
        {
            "设施编号": chosen["code"].astype(str),
            "类型": chosen["kind"].map(kinds),
            "操作": action,
            "经度": place[:, 0],
            "纬度": place[:, 1],
        }
    ).reset_index(drop=True)


def _listed(users: gpd.GeoDataFrame, towns: gpd.GeoDataFrame, layer: Layer, roles: frozenset[Role]) -> pd.DataFrame:
    """Give the users as a list by town and address, with the fields that the roles see, masked where they must be."""
    view = layer.visible(roles)
    wanted = [name for name in ("code", "name", "phone", "address", "kind", "building_code") if name in users]
    names = dict(zip(towns["id"], towns["name"], strict=True))
    found = {"镇街": users["town_id"].map(names)}
    for field in (layer.field(name) for name in wanted):
        if field in view.plain:
            titles = field.titles
            found[field.title] = users[field.name].map(lambda value, titles=titles: titles.get(value, value))
        elif field in view.masked and field.mask is not None:
            found[field.title] = users[field.name].map(field.mask.apply)
    frame = pd.DataFrame(found)
    order = [name for name in ("镇街", layer.field("address").title, layer.field("code").title) if name in frame]
    return frame.sort_values(order, kind="stable", na_position="last").reset_index(drop=True)


def notice(found: Found, what: str, *, day: date) -> bytes:
    """Give the outage as an .xlsx: whom to notify, and what to close; `what` names the pipe or place."""
    by = f"，最迟 {found.notify_by:%Y-%m-%d %H:%M} 通知" if found.notify_by else ""
    rule = f"（{found.rule}{'' if found.verified else '，未核实'}）" if found.rule else ""
    above = [f"停气范围：{what}；停气 {len(found.users)} 户；提前 {found.hours:g} 小时通知{rule}{by}"]
    above += ["含合成数据：虚构，不得用于实际停气"] if found.invented else []
    above += [f"{found.untied} 户管道用户附近没有管线，{found.unfed} 户所在管线没有气源，均不在推算之内"] * bool(
        found.untied or found.unfed
    )
    close = pd.concat([found.close, found.spare], ignore_index=True)
    sheets = [
        Sheet("停气通知", found.users.assign(已通知="", 通知时间=""), tuple(above)),
        Sheet("关阀清单", close, (f"停气管线：{some(found.pipes, 20)}",)),
    ]
    return workbook(sheets, day=day)
