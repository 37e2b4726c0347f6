"""People and history for a settled county: every register, user, visit and hazard, and the truth beside them (合成)."""

from dataclasses import dataclass
from datetime import date, timedelta

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gis.synth import fill, hazards, hidden, registers, risers, rounds, structures, venues
from gis.synth.households import Households, households
from gis.synth.settled import Settled

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]
Frames = dict[str, gpd.GeoDataFrame]

WORKERS = 300
"""Grid workers at scale 1."""
RUBBER_LASTS = timedelta(days=547)
INHERITED = 0.75
"""How much of a home's hidden risk is that of its house."""


@dataclass(frozen=True, slots=True)
class Dressed:
    """What people, registers and departments say of the county, and what is hidden.

    `frames` by layer, in EPSG:4549. `checks` as `rounds.checks` gives them, with `layer`, `object_key`, `kind` and the
    record's `number`; `hazards` as `hazards.hazards`. `homes` is the truth of users (`Households.truth`), `risk` the
    hidden risk of each patrolled object: `layer`, `object_key`, `risk`.
    """

    frames: Frames
    checks: pd.DataFrame
    hazards: pd.DataFrame
    homes: pd.DataFrame
    risk: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which county is wanted: its seed, its size (1 is the whole county), the day it is, and its law and clock."""

    seed: int
    scale: float
    today: date
    jurisdiction: str = "CN-33"
    timezone: str = "Asia/Shanghai"


def dressed(place: Settled, geography: Frames, wanted: Wanted, *, workers: int | None = None) -> Dressed:
    """Give people and history for a county; `geography` has its pipelines and facilities. Same arguments, same county.

    `workers` is their number; where it is not said, 300 at scale 1.
    """
    seed, today = wanted.seed, wanted.today
    rng = np.random.default_rng([seed, 42])
    house_risk = hidden.risk(place.houses.geometry.to_numpy(), rng)
    homes = households(place, geography["gas_pipeline"], seed=seed, scale=wanted.scale, today=today)
    staff = max(round(WORKERS * wanted.scale), 1) if workers is None else workers
    frames = _registers(place, homes, wanted)
    frames["building"] = structures.structures(place, house_risk, seed=seed, today=today)
    frames["riser"] = risers.risers(place, homes, frames["compound"], seed=seed, today=today)
    frames["worker"] = fill.workers(place.towns, count=staff, seed=seed, today=today)
    stock = _stock(place, geography | frames, homes, wanted)
    risk = _risks(stock, house_risk, homes, rng)
    found = rounds.checks(stock, frames["worker"], seed=seed, today=today)
    found = _named(found, stock)
    push = hazards.SPREAD * risk + stock["strain"].to_numpy(float)
    mended = hazards.hazards(found, push[found["row"].to_numpy()], seed=seed, today=today)
    told = stock[["layer", "object_key"]].assign(risk=np.round(risk, 4))
    return Dressed(frames, found, mended, homes.truth.drop(columns="row"), told)


def _registers(place: Settled, homes: Households, wanted: Wanted) -> Frames:
    seed, scale, today = wanted.seed, wanted.scale, wanted.today
    towns = place.towns["name"].to_numpy(object)
    users, shops = _with_enterprises(place, homes, seed)
    firms = registers.enterprises(shops, towns, seed=seed, scale=scale, today=today)
    users.loc[shops.index, "enterprise_code"] = firms["code"].to_numpy(object)[len(firms) - len(shops) :]
    trade = firms[~firms["kind"].isin(["catering", "commercial"])]
    builders = firms.loc[firms["kind"] == "builder", "code"].to_numpy(object)
    gas = firms.loc[firms["kind"] == "bottled_gas", "code"].to_numpy(object)
    stations = venues.lpg_stations(place, gas, seed=seed, today=today)
    welder = registers.welders(trade, towns, seed=seed, scale=scale, today=today)
    machine = registers.machines(trade, towns, seed=seed, scale=scale, today=today)
    craftsman = registers.craftsmen(towns, seed=seed, scale=scale, today=today)
    codes = (welder["code"].to_numpy(object), machine["code"].to_numpy(object))
    return {
        "place_code": registers.place_codes(place),
        "compound": venues.compounds(place, seed=seed),
        "enterprise": firms,
        "construction_site": venues.sites(place, builders, seed=seed, today=today),
        "lpg_station": stations,
        "special_place": venues.special_places(place, seed=seed, scale=scale),
        "welder": welder,
        "welding_machine": machine,
        "craftsman": craftsman,
        "vehicle": registers.vehicles(stations, seed=seed, scale=scale, today=today),
        "certificate": registers.certificates(welder, craftsman, seed=seed),
        "hot_work": venues.hot_work(place, *codes, seed=seed, scale=scale, today=today, timezone=wanted.timezone),
        "gas_user": users,
    }


def _with_enterprises(place: Settled, homes: Households, seed: int) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Give the users, and of the shops among them those that are registered: name, kind and town's name, by user."""
    rng = np.random.default_rng([seed, 43])
    users = homes.users.copy()
    shop = (users["kind"] != "resident").to_numpy(bool) & (rng.random(len(users)) < 0.7)
    names = dict(zip(place.towns["number"], place.towns["name"], strict=True))
    town = place.houses["town"].to_numpy()[homes.truth["row"].to_numpy()]
    shops = users.loc[shop, ["name", "kind"]].assign(town=[names[each] for each in town[shop].tolist()])
    return users, shops


def _stock(place: Settled, frames: Frames, homes: Households, wanted: Wanted) -> pd.DataFrame:
    """Give the patrolled objects with what decides how they are visited."""
    found = rounds.stock(frames, wanted.jurisdiction, wanted.today)
    codes = dict(zip(place.towns["number"], place.towns["code"], strict=True))
    house_town = place.houses["town"].map(codes).to_numpy(object)
    columns: dict[str, list[Texts]] = {"town": [], "vacant": [], "shed": [], "since_d": [], "strain": []}
    for name in dict.fromkeys(found["layer"]):
        frame = frames[name]
        known = {"building": house_town, "gas_user": house_town[homes.truth["row"].to_numpy()]}
        columns["town"].append(known[name] if name in known else rounds.towns_of(frame.geometry.to_numpy(), place))
        columns["vacant"].append(_true(frame, "occupancy", "vacant"))
        columns["shed"].append(_true(frame, "use", "auxiliary"))
        columns["since_d"].append(_since_d(frame, wanted.today))
        columns["strain"].append(_strain(frame, wanted.today))
    return found.assign(**{name: np.concatenate(parts) for name, parts in columns.items()})


def _true(frame: gpd.GeoDataFrame, column: str, value: str) -> Texts:
    if column not in frame:
        return np.zeros(len(frame), dtype=object)
    return np.asarray(frame[column] == value, dtype=object)


def _strain(frame: gpd.GeoDataFrame, today: date) -> Texts:
    """Give what each object's own state adds to the logarithm of its hazards: an old rubber hose, a bad grade."""
    found = np.zeros(len(frame))
    if "hose" in frame:
        old = frame["hose_on"] < today - RUBBER_LASTS
        found += 0.9 * ((frame["hose"] == "rubber") & old).to_numpy(float)
        found += 0.5 * (frame["kind"] == "catering").to_numpy(float)
    if "structure" in frame:
        found += 1.0 * frame["grade"].isin(["C", "D"]).to_numpy(float)
    return found.astype(object)


def _since_d(frame: gpd.GeoDataFrame, today: date) -> Texts:
    """Give how many days ago each object began; long ago where nothing says when."""
    for column in ("started_on", "starts_at"):
        if column in frame:
            days = [each.date() if column == "starts_at" else each for each in frame[column]]
            return np.array([(today - day).days for day in days], dtype=object)
    return np.full(len(frame), 10_000, dtype=object)


def _risks(stock: pd.DataFrame, house_risk: Floats, homes: Households, rng: np.random.Generator) -> Floats:
    """Give the hidden risk of each patrolled object: a home shares most of its house's."""
    found = rng.normal(0, 1, len(stock))
    layer = stock["layer"].to_numpy(object)
    found[layer == "building"] = house_risk
    of_house = house_risk[homes.truth["row"].to_numpy()]
    own = layer == "gas_user"
    found[own] = INHERITED * of_house + np.sqrt(1 - INHERITED**2) * found[own]
    return np.asarray(found)


def _named(checks: pd.DataFrame, stock: pd.DataFrame) -> pd.DataFrame:
    """Give the checks with what they are about and the number of each record, in order of time."""
    about = stock[["layer", "object_key", "kind"]].iloc[checks["row"].to_numpy()].reset_index(drop=True)
    number = [f"JC{each:08d}" for each in range(1, len(checks) + 1)]
    return pd.concat([checks, about], axis=1).assign(number=number)
