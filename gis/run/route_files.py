"""Files of routes for each worker: GPX for the phone, a list as XLSX, and the A4 sheet as PDF."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from gis import crs, layers
from gis.layer import Use
from gis.plan.outing import EARLY
from gis.report.gpx import Waypoint, gpx
from gis.report.sheet import Line, Sheet, sheet
from gis.run.route_made import EARLY_MADE, Route, Stop
from gis.run.routes import Routes
from gis.store import writing
from gis.store.county import County
from gis.store.writing.whole import whole

WEEKDAYS = "一二三四五六日"
UNSAFE = re.compile(r"[^\w.-]+")
ASSUMED = "每次用时、行走速度与营业时间为假定值，未核实 · times of visits, pace and opening hours are assumed"
SHOWN = 6  # keys of one class at a stop that are written out


def write(
    county: County, made: Routes, folder: Path, progress: Callable[[str], None] = lambda _: None
) -> tuple[Path, ...]:
    """Write three files for each worker who has visits and give their paths; each is there whole or not at all."""
    words = _Words()
    files = []
    for each in made.routes:
        progress(each.who)
        stem = folder / f"{made.figures.day}-{each.code}-{UNSAFE.sub('_', each.who).strip('_.') or 'route'}"
        for ending, content in (("gpx", _gpx(county, made, each, words)), ("pdf", _sheet(county, made, each, words))):
            files.append(stem.with_name(f"{stem.name}.{ending}"))
            with whole(files[-1]) as part:
                part.write_bytes(content)
        files.append(stem.with_name(f"{stem.name}.xlsx"))
        title = f"{each.who} {made.figures.day}"
        writing.write(files[-1], _list(each, words), None, None, name="route", title=title)
    return tuple(files)


class _Words:
    """How objects, classes and reasons are called in Chinese, asked of the layers."""

    def __init__(self) -> None:
        outcome = layers.one(Use.ROUTE_STOP).field("outcome")
        self.why = outcome.titles
        self.mode = layers.one(Use.ROUTE).field("mode").titles
        self.start = layers.one(Use.ROUTE).field("start_from").titles

    def title(self, layer: str) -> str:
        """Give a layer's title."""
        return layers.named(layer).title

    def category(self, layer: str, value: object) -> str:
        """Give the title of an object's class; empty where it has none."""
        patrol = layers.named(layer).patrol
        choice = layers.named(layer).field(patrol.by).choice(value) if patrol and patrol.by else None
        return choice.title if choice is not None else str(value or "")

    def objects(self, rows: pd.DataFrame) -> str:
        """Give what is checked at a stop: each class with its number and the keys of the first few."""
        told = []
        kinds = rows.assign(early=rows["urgency"] == EARLY).groupby(
            ["layer", "category", "early"], sort=False, dropna=False
        )
        for (layer, category, early), part in kinds:
            keys = part["object_key"].astype(str).tolist()
            more = f" 等 {len(keys)} 个" if len(keys) > SHOWN else ""
            called = "·".join(filter(None, (self.title(str(layer)), self.category(str(layer), category))))
            told.append(f"{'提前：' if early else ''}{called} {'、'.join(keys[:SHOWN])}{more}")
        return "；".join(told)


def _gpx(county: County, made: Routes, route: Route, words: _Words) -> bytes:
    spots = np.array([each.spot for each in route.stops], dtype=object)
    places = shapely.get_coordinates(crs.from_storage(spots, crs.EXCHANGE, county.srid))
    stops = [
        Waypoint(lon, lat, f"{stop.number:02d} {_address(stop.rows)}".strip(), words.objects(stop.rows), stop.arrive_at)
        for (lon, lat), stop in zip(places.tolist(), route.stops, strict=True)
    ]
    track = np.empty((0, 2))
    if route.line is not None:
        line = np.array([route.line], dtype=object)
        track = shapely.get_coordinates(crs.from_storage(line, crs.EXCHANGE, county.srid))
    said = ASSUMED + ("；合成数据 · synthetic" if route.invented else "")
    return gpx(track, stops, title=f"{route.who} {made.figures.day}", said=said)


def _list(route: Route, words: _Words) -> pd.DataFrame:
    """Give the list of a route: a row for each visit in order, then those left out."""
    rows = [_entry(stop, row, words) for stop in (*route.stops, *route.left) for row in stop.rows.to_dict("records")]
    return pd.DataFrame(rows)


def _entry(stop: Stop, row: Any, words: _Words) -> dict[str, object]:  # a row of a frame, whose columns have no types
    return {
        "序号": stop.number,
        "到达": _clock(stop.arrive_at),
        "离开": _clock(stop.leave_at),
        "地址": row["address"],
        "图层": words.title(row["layer"]),
        "类别": words.category(row["layer"], row["category"]),
        "编号": row["object_key"],
        "用时（分钟）": row["service_s"] / 60,
        "到期日": row["due_on"],
        "安排": words.why[stop.outcome],
        "合成": "是" if row["invented"] else None,
        "结果": None,
    }


def _sheet(county: County, made: Routes, route: Route, words: _Words) -> bytes:
    day = made.figures.day
    streets = layers.using(Use.STREET)[0].source
    return sheet(
        Sheet(
            title=f"{county.name} 巡查路线单 {route.who}",
            facts=tuple(_facts(made, route, day, words)),
            warnings=(ASSUMED,),
            stops=[_line(str(each.number), each, words) for each in route.stops],
            left=[_line(words.why[each.outcome], each, words) for each in route.left],
            way=route.line,
            home=route.home,
            streets=made.streets,
            note=f"道路：{streets.publisher}（{streets.licence}）",
            synthetic=route.invented,
        )
    )


def _facts(made: Routes, route: Route, day: date, words: _Words) -> Iterator[tuple[str, str]]:
    yield "日期", f"{day}（星期{WEEKDAYS[day.weekday()]}）"
    yield "方式", words.mode[made.figures.mode]
    yield "起讫", words.start[route.start.kind]
    if route.stops:
        yield "出发", _clock(route.leave_at) or ""
        yield "返回", _clock(route.back_at) or ""
    yield "路程", f"{route.outing.metres / 1000:.1f} km"
    yield "停靠", f"{len(route.stops)} 处"
    yield "检查", f"{route.visits} 项" + (f"（其中提前 {route.early}）" if route.early else "")


def _line(head: str, stop: Stop, words: _Words) -> Line:
    due = stop.rows["due_on"].dropna()
    time = f"{_clock(stop.arrive_at)}–{_clock(stop.leave_at)}" if stop.arrive_at else ""
    first = str(due.min()) if len(due) else "—"
    early = stop.outcome == EARLY_MADE
    return Line(head, time, _address(stop.rows), words.objects(stop.rows), first, stop.spot, early)


def _address(rows: pd.DataFrame) -> str:
    """Give the addresses of a stop, each once."""
    return "；".join(dict.fromkeys(str(each) for each in rows["address"].dropna()))


def _clock(moment: Any) -> str | None:  # None, or an instant in the county's time
    return None if moment is None else moment.strftime("%H:%M")
