"""The invented county as a folder of messy deliveries, in the order they are loaded, and the truth that is not (合成).

Each file is one delivery of one layer. `deliveries.json` lists them with what a steward has to declare of each, and the
rows that are wrong on purpose: a right load rejects these and no others.
"""

import json
from dataclasses import asdict
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely import affinity

from gis import layers
from gis.synth import delivery, forms, records
from gis.synth.delivery import LABEL, NOTICE
from gis.synth.dress import Dressed, Frames, Wanted
from gis.synth.settled import CODE, SRID
from gis.synth.shelf import Listed, Shelf, doubled, spoilt
from gis.synth.words import headings, texts

MANIFEST, TRUTH = "deliveries.json", "truth"
PACKED = 60_000
"""Buildings after which a file is full: the next town begins another."""
DEGREES = "EPSG:4490"
NAME = "合成县（虚构）"
SHEETS = {
    "enterprise": "企业名册",
    "construction_site": "",
    "lpg_station": "",
    "special_place": "",
    "welder": "焊工登记",
    "welding_machine": "焊机登记",
    "craftsman": "农村建筑工匠名册",
    "vehicle": "配送车辆",
    "worker": "网格员名册",
    "certificate": "证书台账",
    "hot_work": "",
}
"""Registers in the order they are loaded, and the files of those without a shape."""


def write(folder: Path, geography: Frames, people: Dressed, wanted: Wanted) -> list[Listed]:
    """Write every delivery, the list of them and the truth into a folder; give the list. Same arguments, same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    shelf = Shelf(folder, wanted.today, SRID)
    _places(shelf, geography, people.frames)
    _buildings(shelf, people.frames["building"], wanted.seed)
    for name in ("gas_pipeline", "gas_facility"):
        shelf.plain(name, geography[name])
    _registers(shelf, people.frames)
    _users(shelf, people.frames["gas_user"], people.homes)
    if len(people.frames["riser"]):
        shelf.sheet("riser", "立管台账.xlsx", headings(layers.named("riser"), people.frames["riser"]))
    records.checks(shelf, people.checks, seed=wanted.seed)
    records.hazards(shelf, people.hazards)
    county = {
        "file": "county.geojson",
        "name": NAME,
        "code": CODE,
        "timezone": wanted.timezone,
        "jurisdiction": wanted.jurisdiction,
        "code_scheme": "local",
    }
    made = {"seed": wanted.seed, "scale": wanted.scale, "today": wanted.today.isoformat()}
    manifest = {
        "notice": NOTICE,
        **made,
        "county": county,
        "deliveries": [asdict(each) for each in shelf.listed],
        "voids": records.voids(people.checks),
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    _truth(folder / TRUTH, people)
    return shelf.listed


def _places(shelf: Shelf, geography: Frames, frames: Frames) -> None:
    delivery.write(shelf.folder, {"county": geography["county"]})
    for name in ("town", "village"):
        shelf.plain(name, geography[name])
    shelf.sheet("place_code", "区划代码对照.xlsx", headings(layers.named("place_code"), frames["place_code"]))
    for name, title, frame in (("road", "道路", geography["road"]), ("compound", "小区", frames["compound"])):
        if len(frame):
            rows = headings(layers.named(name), frame)
            shelf.geopackage(name, f"{title}.gpkg", rows, frame.geometry.to_numpy())
    shelf.plain("water", geography["water"])


def _buildings(shelf: Shelf, frame: gpd.GeoDataFrame, seed: int) -> None:
    """Add the buildings, some towns a file; of one in a hundred the grade comes later, in a sheet without shapes."""
    rng = np.random.default_rng([seed, 50])
    late = frame["grade"].notna().to_numpy() & (rng.random(len(frame)) < 0.01)
    first = frame.copy()
    first.loc[late, ["grade", "graded_on", "vacated", "remedy", "remedied_on"]] = None
    layer = layers.named("building")
    rows, shapes = headings(layer, first), frame.geometry.to_numpy()
    for column in ("鉴定日期", "整治完成日期"):
        if column in rows:
            rows[column] = [each.strftime("%Y%m%d") if each is not None else None for each in rows[column]]
    for number, own in enumerate(_packs(frame), start=1):
        twice = rng.permutation(own)[:3]
        part, wrong = doubled(rows.iloc[own], np.searchsorted(own, np.sort(twice)))
        bow = shapely.Polygon([(0, 0), (9, 9), (9, 0), (0, 9)])
        at = shapely.get_coordinates(shapely.centroid(shapes[own[0]]))[0]
        part, crossed = spoilt(part, [("crosses itself", {"建筑编号": f"B-X{number:06d}"})])
        drawn = np.array([*shapes[own], *shapes[np.sort(twice)], affinity.translate(bow, *at)], dtype=object)
        shelf.shapefile("building", f"建筑{number:02d}.zip", part, drawn, wrong | crossed)
    if late.any():
        graded = frame.loc[late, ["code", "grade", "graded_on", "vacated", "remedy", "remedied_on"]]
        shelf.sheet("building", "房屋鉴定补报.xlsx", headings(layer, graded))


def _packs(frame: gpd.GeoDataFrame) -> list[NDArray[np.int64]]:
    """Give the places of the buildings of each file: equal parts in their order, none over `PACKED`."""
    parts = max(1, -(-len(frame) // PACKED))
    return [each.astype(np.int64) for each in np.array_split(np.arange(len(frame)), parts)]


def _registers(shelf: Shelf, frames: Frames) -> None:
    for name, title in SHEETS.items():
        layer, frame = layers.named(name), frames[name]
        rows = headings(layer, frame)
        if name == "special_place":
            shelf.shifted(name, "特殊场所_小程序采集.geojson", rows, frame.geometry.to_numpy())
        elif title:
            rows, wrong = spoilt(rows, WRONG.get(name, []))
            shelf.sheet(name, f"{title}.xlsx", rows, wrong)
        else:
            shelf.plain(name, frame)


WRONG: dict[str, list[tuple[str, dict[str, object]]]] = {
    "welder": [("ends before its issue", {"焊工编号": "H-X001", "有效期至": "2001-01-01"})],
    "vehicle": [("no plate", {"车牌号": None})],
    "craftsman": [("town unknown", {"工匠编号": "G-X001", "镇街": "查无此镇"})],
}
"""What is wrong in registers, by heading."""


def _users(shelf: Shelf, frame: gpd.GeoDataFrame, homes: pd.DataFrame) -> None:
    """Add the users: shops in a sheet, those of a map with shifted coordinates as GeoJSON, the others as text."""
    layer = layers.named("gas_user")
    rows, shapes = headings(layer, frame), frame.geometry.to_numpy()
    shop = (frame["kind"] != "resident").to_numpy(bool)
    piped = (frame["supply"] == "piped").to_numpy(bool)
    shifted = (homes["placed"] == "shifted").to_numpy(bool) & ~shop
    lon, lat = forms.degrees(shapes, SRID, DEGREES)
    rows = rows.assign(经度=lon, 纬度=lat)
    wrong: list[tuple[str, dict[str, object]]] = [
        ("a piped user with bottles", {"用户编号": "U-X000001", "供气方式": "管道", "存瓶量": 15.0}),
        ("no such building", {"用户编号": "U-X000002", "建筑编号": "B-X999999", "经度": None, "纬度": None}),
        ("no such kind", {"用户编号": "U-X000003", "用户类别": "查无此类"}),
    ]
    part, marked = spoilt(rows[shop].reset_index(drop=True), wrong)
    shelf.sheet("gas_user", "工商用户.xlsx", part, marked, crs=DEGREES)
    for name, chosen in (("瓶装居民用户", ~piped), ("管道居民用户", piped)):
        own = rows[chosen & ~shop & ~shifted].reset_index(drop=True)
        part, marked = doubled(texts(own, day="%Y/%m/%d"), np.arange(len(own))[:: max(len(own) // 5, 1)][:5])
        shelf.text("gas_user", f"{name}.csv", part, marked, crs=DEGREES)
    own = rows[shifted].drop(columns=["经度", "纬度"])
    shelf.shifted("gas_user", "居民用户_小程序采集.geojson", own, shapes[shifted])


def _truth(folder: Path, people: Dressed) -> None:
    """Write what is never loaded: where each user really is, and the hidden risk of each object."""
    folder.mkdir(exist_ok=True)
    (folder / "README.txt").write_text(f"{NOTICE}\n{LABEL}县的真相，只用于核对，不入库。\n", encoding="utf-8")
    for name, frame in (("users", people.homes), ("risk", people.risk)):
        frame.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
