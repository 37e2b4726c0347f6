"""The ledger of risers of the invented county: one row per block of flats with piped gas (合成)."""

from datetime import date

import geopandas as gpd
import numpy as np

from gis import layers
from gis.synth.delivery import shaped
from gis.synth.households import Households
from gis.synth.kitchens import OUTDOORS_FROM, only
from gis.synth.settled import Settled

CLEAR_M = (0.15, 1.6)
REFUSED, SIGNED, UNFIT, MEASURED = 0.1, 0.35, 0.06, 0.7


def risers(
    place: Settled, people: Households, compounds: gpd.GeoDataFrame, *, seed: int, today: date
) -> gpd.GeoDataFrame:
    """Give the ledger as rows of the riser layer, without shapes: each lies on its building.

    Blocks with a piped home, by the truth of the users. Those of a compound whose risers are outdoors are outdoors,
    half of those of a mixed one were moved in the last two years. Seven in ten façades were measured.
    """
    rng = np.random.default_rng([seed, 44])
    users = people.users
    homes = people.truth[(users["supply"] == "piped").to_numpy(bool) & (users["kind"] == "resident").to_numpy(bool)]
    block = place.houses["block"].notna() & place.houses["compound"].notna()
    count = homes.groupby("row").size().reindex(place.houses.index[block]).dropna()
    houses = place.houses.loc[count.index]
    units = homes.groupby("row")["unit"].max().loc[count.index].to_numpy(np.int64)
    where = dict(zip(compounds["code"], compounds["riser"], strict=True))
    code = np.array([f"C-{number:04d}" for number in houses["compound"].tolist()], dtype=object)
    of_compound = np.array([where[each] for each in code], dtype=object)
    size = len(houses)
    moved = (of_compound == "mixed") & (rng.random(size) < 0.5)
    riser = np.where((of_compound == "outdoors") | moved, "outdoors", "indoors").astype(object)
    done_on = np.datetime64(today, "D") - rng.integers(10, 730, size)
    draw = rng.random(size)
    consent = np.where(draw < REFUSED, "refused", np.where(draw < REFUSED + SIGNED, "signed", "open")).astype(object)
    known = rng.random(size) < MEASURED
    old = houses["built_year"].to_numpy(np.int64) < OUTDOORS_FROM
    columns = {
        "code": [f"LG-{number:05d}" for number in range(1, size + 1)],
        "building_code": houses["code"].to_numpy(object),
        "compound_code": code,
        "name": [f"{number}幢" for number in houses["block"].tolist()],
        "units": np.maximum(units, 1),
        "households": count.to_numpy(np.int64),
        "riser": riser,
        "meter": np.where((riser == "indoors") & old, "indoors", "outdoors"),
        "facade_length": only(np.round(np.sqrt(houses.geometry.area.to_numpy() * 4), 1).astype(object), known),
        "facade": only(np.where(rng.random(size) < UNFIT, "unfit", "fit").astype(object), known),
        "clearance": only(np.round(rng.uniform(*CLEAR_M, size), 2).astype(object), known),
        "consent": only(consent, riser == "indoors"),
        "outdoors_on": only(done_on.astype(object), moved),
    }
    return shaped(layers.named("riser"), columns)
