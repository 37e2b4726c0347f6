"""Registers of the invented county: enterprises, welders, machines, craftsmen, vehicles, certificates, codes (合成).

A register that lies in towns has the town's name in the column `town` beside the fields of its layer.
"""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gis import layers
from gis.synth import names
from gis.synth.delivery import LABEL, shaped
from gis.synth.households import former_names
from gis.synth.kitchens import only
from gis.synth.settled import Settled

Texts = NDArray[np.object_]

COMPANIES = {"builder": 45, "supervisor": 8, "developer": 22, "bottled_gas": 4, "piped_gas": 1, "industrial": 700}
CALLED = {
    "builder": "建设公司",
    "supervisor": "监理公司",
    "developer": "置业公司",
    "bottled_gas": "瓶装气公司",
    "piped_gas": "管道气公司",
    "industrial": "五金厂",
    "catering": "餐饮店",
    "commercial": "商店",
}
WELDERS, MACHINES, CHIPPED, CRAFTSMEN, VEHICLES = 820, 690, 581, 430, 90
"""At scale 1; 581 machines with a chip and more than 400 craftsmen are in the county's account (DOMAIN 0)."""
TRADES = {"mason": 0.42, "carpenter": 0.15, "steel": 0.12, "plumber": 0.13, "foreman": 0.14, "other": 0.04}


def enterprises(shops: pd.DataFrame, towns: Texts, *, seed: int, scale: float, today: date) -> gpd.GeoDataFrame:
    """Give the register of enterprises: the trade's companies, factories, and the shops of `shops`, in their order.

    Reads `name`, `kind` and `town` (names) of the shops.
    """
    rng = np.random.default_rng([seed, 30])
    kinds = [kind for kind, many in COMPANIES.items() for _ in range(max(1, round(many * scale)))]
    firms = len(kinds)
    count = firms + len(shops)
    kind = np.array([*kinds, *shops["kind"]], dtype=object)
    founded = np.datetime64(today, "D") - rng.integers(200, 9000, count)
    licensed = np.isin(kind, ["builder", "bottled_gas", "piped_gas"])
    size = np.where(np.isin(kind, ["catering", "commercial"]), 4, 40) * rng.lognormal(0, 0.7, count)
    columns = {
        "code": [f"E-{number:06d}" for number in range(1, count + 1)],
        "code_scheme": "local",
        "name": [f"{LABEL}{CALLED[each]}{number}号" for number, each in enumerate(kinds, start=1)]
        + list(shops["name"]),
        "kind": kind,
        "legal_person": names.people(count, rng),
        "phone": names.telephones(count, rng),
        "licence_no": only(np.array([f"XK-{number:05d}" for number in range(count)], dtype=object), licensed),
        "licence_to": only((np.datetime64(today, "D") + rng.integers(-60, 1000, count)).astype(object), licensed),
        "employees": np.maximum(size, 1).astype(int),
        "founded_on": founded.astype(object),
    }
    found = shaped(layers.named("enterprise"), columns)
    return found.assign(town=[*rng.choice(towns, firms), *shops["town"]])


def welders(companies: gpd.GeoDataFrame, towns: Texts, *, seed: int, scale: float, today: date) -> gpd.GeoDataFrame:
    """Give the welders; certificates hold six years and are reviewed after three; one in twelve has run out."""
    rng = np.random.default_rng([seed, 31])
    count = max(round(WELDERS * scale), 4)
    issued = np.datetime64(today, "D") - rng.integers(20, round(6.5 * 365), count)
    firm = rng.integers(0, len(companies), count)
    number = [f"{each:06d}190001010000" for each in range(count)]
    columns = {
        "code": [f"H-{each:04d}" for each in range(1, count + 1)],
        "name": names.people(count, rng),
        "phone": names.telephones(count, rng),
        "id_number": number,
        "certificate_no": [f"T{each}" for each in number],
        "work": rng.choice(np.array(["fusion", "pressure", "brazing"], dtype=object), count, p=(0.88, 0.07, 0.05)),
        "issued_on": issued.astype(object),
        "review_due_on": (issued + 3 * 365).astype(object),
        "valid_to": (issued + 6 * 365).astype(object),
        "issuer": f"{LABEL}应急管理局",
        "enterprise_code": companies["code"].to_numpy(object)[firm],
        "employer": companies["name"].to_numpy(object)[firm],
    }
    return shaped(layers.named("welder"), columns).assign(town=rng.choice(towns, count))


def machines(companies: gpd.GeoDataFrame, towns: Texts, *, seed: int, scale: float, today: date) -> gpd.GeoDataFrame:
    """Give the welding machines: 581 with a chip at scale 1, and those without."""
    rng = np.random.default_rng([seed, 32])
    count = max(round(MACHINES * scale), 4)
    chipped = np.arange(count) < max(round(CHIPPED * scale), 3)
    fitted = np.datetime64(today, "D") - rng.integers(10, 700, count)
    kinds = np.array(["arc", "gas_shielded", "argon", "spot", "laser", "gas"], dtype=object)
    columns = {
        "code": [f"HJ-{number:04d}" for number in range(1, count + 1)],
        "chip_no": only(np.array([f"HZX-{number:06d}" for number in range(1, count + 1)], dtype=object), chipped),
        "chip_on": only(fitted.astype(object), chipped),
        "kind": rng.choice(kinds, count, p=(0.38, 0.3, 0.17, 0.06, 0.04, 0.05)),
        "model": rng.choice(np.array(["ZX7-400", "NBC-350", "WS-250", "DN-25"], dtype=object), count),
        "maker": f"{LABEL}焊机厂",
        "serial_no": [f"{LABEL}{number:06d}" for number in rng.permutation(count)],
        "phase": rng.choice(np.array(["in_use", "idle", "scrapped"], dtype=object), count, p=(0.88, 0.09, 0.03)),
        "enterprise_code": rng.choice(companies["code"].to_numpy(object), count),
        "owner_name": names.people(count, rng),
        "phone": names.telephones(count, rng),
    }
    return shaped(layers.named("welding_machine"), columns).assign(town=rng.choice(towns, count))


def craftsmen(towns: Texts, *, seed: int, scale: float, today: date) -> gpd.GeoDataFrame:
    """Give the rural craftsmen, more than 400 at scale 1; a few are struck off."""
    rng = np.random.default_rng([seed, 33])
    count = max(round(CRAFTSMEN * scale), 4)
    trained = np.datetime64(today, "D") - rng.integers(30, 1500, count)
    struck = rng.random(count) < 0.02
    columns = {
        "code": [f"G-{number:04d}" for number in range(1, count + 1)],
        "name": names.people(count, rng),
        "phone": names.telephones(count, rng),
        "id_number": [f"{number:06d}190002020000" for number in range(count)],
        "trade": rng.choice(np.array(list(TRADES), dtype=object), count, p=list(TRADES.values())),
        "trained_on": trained.astype(object),
        "certificate_no": [f"GJ-{number:05d}" for number in range(1, count + 1)],
        "valid_to": (trained + 4 * 365).astype(object),
        "team": [f"{LABEL}班组{number}" for number in rng.integers(1, max(count // 6, 2), count)],
        "struck_on": only(np.minimum(trained + 300, np.datetime64(today, "D")).astype(object), struck),
        "struck_reason": only(np.full(count, "违规加层", dtype=object), struck),
    }
    return shaped(layers.named("craftsman"), columns).assign(town=rng.choice(towns, count))


def vehicles(stations: gpd.GeoDataFrame, *, seed: int, scale: float, today: date) -> gpd.GeoDataFrame:
    """Give the vehicles that bring bottles, of the stations."""
    rng = np.random.default_rng([seed, 34])
    count = max(round(VEHICLES * scale), 3)
    station = rng.integers(0, len(stations), count)
    kind = rng.choice(np.array(["truck", "van", "tricycle"], dtype=object), count, p=(0.15, 0.65, 0.2))
    bottles = pd.Series(kind).map({"truck": 90, "van": 30, "tricycle": 6}).to_numpy(np.int64)
    columns = {
        "plate": [f"{LABEL}A{number:05d}" for number in range(1, count + 1)],
        "kind": kind,
        "uniform": rng.random(count) < 0.7,
        "tracked": rng.random(count) < 0.85,
        "payload": bottles * 31.0,
        "bottles": bottles,
        "permit_no": [f"YS-{number:05d}" for number in range(1, count + 1)],
        "inspected_to": (np.datetime64(today, "D") + rng.integers(-40, 360, count)).astype(object),
        "enterprise_code": stations["enterprise_code"].to_numpy(object)[station],
        "station_no": stations["licence_no"].to_numpy(object)[station],
        "driver_name": names.people(count, rng),
        "phone": names.telephones(count, rng),
        "registered_on": (np.datetime64(today, "D") - rng.integers(60, 1500, count)).astype(object),
    }
    return shaped(layers.named("vehicle"), columns)


def certificates(welder: gpd.GeoDataFrame, craftsman: gpd.GeoDataFrame, *, seed: int) -> gpd.GeoDataFrame:
    """Give the certificates of welders and craftsmen as their own systems count them; a few are revoked. No `uid`."""
    rng = np.random.default_rng([seed, 35])
    parts = []
    for holders, kind, system in (
        (welder, "welder", f"{LABEL}特种作业系统"),
        (craftsman, "craftsman", f"{LABEL}工匠系统"),
    ):
        issued = holders["issued_on" if kind == "welder" else "trained_on"]
        revoked = only(np.array(list(holders["valid_to"]), dtype=object), rng.random(len(holders)) < 0.01)
        parts.append(
            pd.DataFrame(
                {
                    "source": system,
                    "kind": kind,
                    "number": holders["certificate_no"],
                    "holder_layer": kind,
                    "holder_code": holders["code"],
                    "holder_name": holders["name"],
                    "issued_on": issued,
                    "valid_to": holders["valid_to"],
                    "review_due_on": holders["review_due_on"] if kind == "welder" else None,
                    "issuer": f"{LABEL}发证机关",
                    "revoked_on": revoked,
                }
            )
        )
    whole = pd.concat(parts, ignore_index=True)
    return shaped(layers.named("certificate"), {str(name): list(whole[name]) for name in whole})


def place_codes(place: Settled) -> gpd.GeoDataFrame:
    """Give what other tables call towns and villages: their codes in a second scheme, and former names of villages.

    Keys are left to the loader, which makes them of scheme, level and code.
    """
    towns, villages = place.towns, place.villages
    own = dict(zip(towns["number"], towns["code"], strict=True))
    rows: list[tuple[str | None, ...]] = [
        ("civil", "town", f"9{code[1:]}M", name, None, code) for code, name in _pairs(towns)
    ]
    of_town = [own[each] for each in villages["town"]]
    rows += [
        ("civil", "village", f"{code}M", name, f"9{town[1:]}M", code)
        for (code, name), town in zip(_pairs(villages), of_town, strict=True)
    ]
    rows += [
        ("former", "village", f"{code}F", name, None, code)
        for code, name in zip(villages["code"], former_names(place), strict=True)
        if name
    ]
    names_of = ("scheme", "level", "code", "name", "town_code", "stands_for")
    columns = dict(zip(names_of, map(list, zip(*rows, strict=True)), strict=True))
    return shaped(layers.named("place_code"), columns)


def _pairs(frame: gpd.GeoDataFrame) -> list[tuple[str, str]]:
    return list(zip(frame["code"].astype(str), frame["name"].astype(str), strict=True))
