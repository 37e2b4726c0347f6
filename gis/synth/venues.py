"""Places of the invented county beside its houses: compounds, sites, LPG stations, special places, hot work (合成)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from gis import layers
from gis.synth import names
from gis.synth.address import standard
from gis.synth.delivery import LABEL, shaped
from gis.synth.households import places
from gis.synth.kitchens import OUTDOORS_FROM, REFUSALS, only
from gis.synth.settled import SRID, Settled

Texts = NDArray[np.object_]

POINTS, ROUNDS, ROUND_D = 51, 5, 60
"""Hot-work points checked in a round, and rounds (DOMAIN 0); a round takes two months."""
SPECIAL = {
    "school": (0.07, 600, 0),
    "kindergarten": (0.08, 180, 0),
    "hospital": (0.02, 400, 80),
    "care_home": (0.03, 120, 100),
    "market": (0.05, 500, 0),
    "mall": (0.02, 800, 0),
    "entertainment": (0.10, 150, 0),
    "lodging": (0.16, 80, 60),
    "worship": (0.10, 200, 0),
    "multi_use": (0.30, 30, 6),
    "other": (0.07, 100, 0),
}
"""Special places: share, people and sleepers of a middling one."""
STATIONS_PER_TOWN = 2


def compounds(place: Settled, *, seed: int) -> gpd.GeoDataFrame:
    """Give the compounds as rows of the compound layer, with the blocks and homes that stand in them."""
    rng = np.random.default_rng([seed, 22])
    found = place.compounds
    count = len(found)
    year = found["built_year"].to_numpy(np.int64)
    inside = place.houses[place.houses["compound"].notna()].groupby("compound")
    blocks = inside["block"].nunique().reindex(found["number"]).fillna(0).to_numpy(np.int64)
    homes = inside["dwellings"].sum().reindex(found["number"]).fillna(0).to_numpy(np.int64)
    riser = np.where(year >= OUTDOORS_FROM, "outdoors", np.where(rng.random(count) < 0.85, "indoors", "mixed"))
    stuck = (riser != "outdoors") & (rng.random(count) < 0.2)
    kinds = np.array(["commercial", "resettlement", "village"], dtype=object)
    columns = {
        "code": [f"C-{number:04d}" for number in found["number"]],
        "name": found["name"],
        "kind": np.where(year < 2000, "old", rng.choice(kinds, count, p=(0.62, 0.25, 0.13))),
        "built_year": year,
        "blocks": blocks,
        "households": homes,
        "piped": rng.random(count) < 0.8,
        "riser": riser,
        "obstacle": only(rng.choice(REFUSALS, count), stuck),
        "keeper": [f"{LABEL}物业{number}" for number in found["number"]],
        "phone": names.telephones(count, rng),
    }
    return shaped(layers.named("compound"), columns, found.geometry.to_numpy(), srid=SRID)


def sites(place: Settled, builders: Texts, *, seed: int, today: date) -> gpd.GeoDataFrame:
    """Give the construction sites; one in four is small, one in five of these works without a permit."""
    rng = np.random.default_rng([seed, 23])
    count = len(place.sites)
    small = rng.random(count) < 0.25
    started = np.datetime64(today, "D") - rng.integers(60, 800, count)
    builder = rng.integers(0, len(builders), count)
    pile = np.round(rng.uniform(8, 30, count), 1)
    columns = {
        "code": [f"S-{number:04d}" for number in range(1, count + 1)],
        "name": [f"{LABEL}工地{number}" for number in range(1, count + 1)],
        "kind": np.where(small, "small", "site"),
        "builder": [f"{names.BUILDERS[each % len(names.BUILDERS)]}{each + 1}" for each in builder.tolist()],
        "enterprise_code": builders[builder],
        "permit": [f"SG-{n}" if kept else None for n, kept in enumerate(~small | (rng.random(count) > 0.2), start=1)],
        "developer": f"{LABEL}建设单位",
        "supervisor": f"{LABEL}监理",
        "manager_name": names.people(count, rng),
        "phone": names.telephones(count, rng),
        "pit_depth": np.where(small, np.round(rng.uniform(0.8, 2, count), 1), np.round(rng.uniform(2, 11, count), 1)),
        "pile_length": np.where(small | (rng.random(count) < 0.4), np.nan, pile),
        "started_on": started.astype(object),
    }
    return shaped(layers.named("construction_site"), columns, place.sites, srid=SRID)


def lpg_stations(place: Settled, gas_companies: Texts, *, seed: int, today: date) -> gpd.GeoDataFrame:
    """Give two stations a town, behind its houses; the first of the county fills bottles, the others sell them."""
    rng = np.random.default_rng([seed, 24])
    towns = np.repeat(place.towns["number"].to_numpy(np.int64), STATIONS_PER_TOWN)
    count = len(towns)
    nth = np.tile(np.arange(STATIONS_PER_TOWN), len(place.towns))
    kind = rng.choice(np.array(["supply_1", "supply_2", "supply_3"], dtype=object), count, p=(0.2, 0.4, 0.4))
    kind[:1] = "filling"
    opened = np.datetime64(today, "D") - rng.integers(400, 1800, count)
    stored = {"filling": 120.0, "supply_1": 9.0, "supply_2": 4.5, "supply_3": 1.0}
    called = dict(zip(place.towns["number"], place.towns["name"], strict=True))
    columns = {
        "licence_no": [f"L-{2 * town + n:03d}" for town, n in zip(towns.tolist(), nth.tolist(), strict=True)],
        "name": [f"{called[town]}{LABEL}供应站{n + 1}" for town, n in zip(towns, nth, strict=True)],
        "kind": kind,
        "grade": rng.choice(np.array(["2", "3", "4"], dtype=object), count, p=(0.2, 0.5, 0.3)),
        "stored": [stored[each] for each in kind],
        "bottles": rng.integers(300, 4000, count),
        "standardised": rng.random(count) < 0.2,
        "enterprise_code": rng.choice(gas_companies, count),
        "manager_name": names.people(count, rng),
        "phone": names.telephones(count, rng),
        "opened_on": opened.astype(object),
        "valid_to": (opened + 3 * 365).astype(object),
    }
    return shaped(layers.named("lpg_station"), columns, _free(place, towns, rng), srid=SRID)


def _free(place: Settled, towns: NDArray[np.int64], rng: Generator) -> Texts:
    """Give a point per town number, 25 to 60 m behind one of its houses."""
    row = np.arange(len(place.houses))
    own = {town: row[place.houses["town"].to_numpy() == town] for town in set(towns.tolist())}
    chosen = [int(rng.choice(own[town])) if len(own[town]) else int(rng.choice(row)) for town in towns.tolist()]
    middle = shapely.get_coordinates(shapely.centroid(place.houses.geometry.to_numpy()[chosen]))
    turn, off_m = rng.uniform(0, 2 * np.pi, len(towns)), rng.uniform(25, 60, len(towns))
    at = middle + off_m[:, None] * np.column_stack([np.cos(turn), np.sin(turn)])
    return np.asarray(shapely.points(np.round(at, 2)), dtype=object)


def special_places(place: Settled, *, seed: int, scale: float) -> gpd.GeoDataFrame:
    """Give the special places, about 900 at scale 1, in public and commercial buildings and in homes with a shop."""
    rng = np.random.default_rng([seed, 25])
    use = place.houses["use"].to_numpy(object)
    can = np.isin(use, ["public", "commercial"]) | (place.houses["shops"].to_numpy(np.int64) > 0)
    row = np.sort(rng.permutation(np.flatnonzero(can))[: round(900 * scale) or 1])
    houses = place.houses.iloc[row].reset_index(drop=True)
    count = len(row)
    kind = rng.choice(np.array(list(SPECIAL), dtype=object), count, p=[share for share, _, _ in SPECIAL.values()])
    size = rng.lognormal(0, 0.5, count)
    people = np.array([SPECIAL[each][1] for each in kind]) * size
    sleepers = np.array([SPECIAL[each][2] for each in kind]) * size
    columns = {
        "code": [f"T-{number:05d}" for number in range(1, count + 1)],
        "name": [f"{LABEL}场所{number}" for number in range(1, count + 1)],
        "kind": kind,
        "address": [standard(each) for each in places(place, houses)],
        "building_code": only(houses["code"].to_numpy(object), rng.random(count) < 0.4),
        "floor_area": np.round(houses.geometry.area.to_numpy() * rng.uniform(0.5, 1.0, count)),
        "people": np.maximum(people, 5).astype(int),
        "sleepers": [round(each) or None for each in sleepers.tolist()],
        "below_ground": houses["basement"].to_numpy(bool) & (rng.random(count) < 0.3),
        "gas": rng.choice(np.array(["none", "bottled", "piped"], dtype=object), count, p=(0.45, 0.45, 0.10)),
        "manager_name": names.people(count, rng),
        "phone": names.telephones(count, rng),
    }
    spots = shapely.point_on_surface(houses.geometry.to_numpy())
    return shaped(layers.named("special_place"), columns, spots, srid=SRID)


def hot_work(
    place: Settled, welders: Texts, machines: Texts, *, seed: int, scale: float, today: date, timezone: str
) -> gpd.GeoDataFrame:
    """Give the declared work points of five rounds, 51 a round at scale 1: at sites, factories and shops by day."""
    rng = np.random.default_rng([seed, 26])
    count = max(round(POINTS * scale), 2) * ROUNDS
    shapes = [*place.sites, *place.houses.geometry[place.houses["use"].isin(["industrial", "commercial"])]]
    at = rng.integers(0, len(shapes), count)
    at[rng.random(count) < 0.5] %= max(len(place.sites), 1)
    back_d = np.arange(count) * ROUNDS * ROUND_D // count + rng.integers(1, ROUND_D, count)
    zone = ZoneInfo(timezone)
    hours = zip(back_d.tolist(), rng.integers(8, 16, count).tolist(), strict=True)
    starts = [datetime(today.year, today.month, today.day, h, tzinfo=zone) - timedelta(days=d) for d, h in hours]
    on_site = at < len(place.sites)
    columns = {
        "code": [f"D-{number:05d}" for number in range(1, count + 1)],
        "name": rng.choice(np.array(["钢梁焊接", "管道焊接", "栏杆焊接", "设备检修"], dtype=object), count),
        "kind": rng.choice(np.array(["electric", "gas", "grinding"], dtype=object), count, p=(0.7, 0.2, 0.1)),
        "grade": rng.choice(np.array(["special", "1", "2"], dtype=object), count, p=(0.03, 0.22, 0.75)),
        "starts_at": starts,
        "ends_at": [
            each + timedelta(hours=int(long)) for each, long in zip(starts, rng.integers(1, 7, count), strict=True)
        ],
        "site_code": [f"S-{n + 1:04d}" if own else None for n, own in zip(at.tolist(), on_site, strict=True)],
        "welder_code": only(rng.choice(welders, count), rng.random(count) < 0.97),
        "machine_code": rng.choice(machines, count),
        "approver_name": names.people(count, rng),
        "guardian_name": names.people(count, rng),
        "phone": names.telephones(count, rng),
    }
    spots = shapely.point_on_surface(np.array(shapes, dtype=object)[at])
    return shaped(layers.named("hot_work"), columns, spots, srid=SRID)
