"""Buildings of the invented county as the housing office knows them: structure, grade, owner, address (合成)."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from gis import layers
from gis.synth import names
from gis.synth.address import standard
from gis.synth.delivery import LABEL, shaped
from gis.synth.households import places
from gis.synth.kitchens import only
from gis.synth.settled import SRID, Settled

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]
Truths = NDArray[np.bool_]

LIMITS = (1.25, 2.75, 3.75)
"""Scores above which a house is of grade B, C and D."""
CARRIED = {
    1970: (("earth", 0.30), ("brick_timber", 0.45), ("stone", 0.15), ("timber", 0.10)),
    1990: (("brick_timber", 0.22), ("brick_concrete", 0.73), ("stone", 0.05)),
    2005: (("brick_concrete", 0.85), ("concrete", 0.15)),
    9999: (("brick_concrete", 0.40), ("concrete", 0.60)),
}
"""What carries houses built before these years, and how often."""


def structures(place: Settled, risk: Floats, *, seed: int, today: date) -> gpd.GeoDataFrame:
    """Give the buildings as rows of the building layer; `risk` is the hidden one of each.

    Sheds have no address of their own. The grade follows age, structure and hidden risk with a surveyor's error; seven
    in ten houses that people live or work in are graded. Two in three dangerous houses have a remedy, half of these are
    done with.
    """
    rng = np.random.default_rng([seed, 21])
    houses = place.houses
    count = len(houses)
    year = houses["built_year"].to_numpy(np.int64)
    use = houses["use"].to_numpy(object)
    floors = houses["floors"].to_numpy(np.int64)
    carried = _carried(year, floors, use, rng)
    grade, graded_on = _grades(year, carried, use, (risk, today), rng)
    home, shop = use == "residential", houses["shops"].to_numpy(np.int64) > 0
    self_built = houses["self_built"].to_numpy(bool)
    owner = np.array(names.people(count, rng), dtype=object)
    addressed = houses["number"].notna().to_numpy(bool) & (use != "auxiliary")
    columns = {
        "code": houses["code"],
        "code_scheme": "local",
        "name": [None if pd.isna(number) else f"{number}幢" for number in houses["block"]],
        "address": only(np.array([standard(each) for each in places(place, houses)], dtype=object), addressed),
        "use": use,
        "grade": grade,
        "graded_on": graded_on,
        "built_year": year,
        "floors": floors,
        "height": np.round(floors * np.where(use == "industrial", 5.2, 3.1) + rng.uniform(0.2, 1.6, count), 1),
        "structure": carried,
        "basement": houses["basement"].to_numpy(bool),
        "self_built": self_built,
        "let_or_business": shop | (home & (rng.random(count) < 0.08)),
        "owner_name": np.where(self_built | home, owner, f"{LABEL}单位"),
        **_remedies(grade, graded_on, today, rng),
    }
    return shaped(layers.named("building"), columns, houses.geometry.to_numpy(), srid=SRID)


def _carried(year: NDArray[np.int64], floors: NDArray[np.int64], use: Texts, rng: Generator) -> Texts:
    found = np.full(len(year), "steel", dtype=object)
    before = 0
    for limit, shares in CARRIED.items():
        own = np.flatnonzero((year >= before) & (year < limit))
        kinds = np.array([name for name, _ in shares], dtype=object)
        found[own] = rng.choice(kinds, len(own), p=[share for _, share in shares])
        before = limit
    found[floors >= 7] = "concrete"
    found[(use == "industrial") & (year >= 1990) & (floors <= 2)] = "steel"
    return found


def _grades(
    year: NDArray[np.int64], carried: Texts, use: Texts, known: tuple[Floats, date], rng: Generator
) -> tuple[Texts, Texts]:
    risk, today = known
    count = len(year)
    weak = np.isin(carried, ["earth", "timber", "brick_timber", "stone"])
    score = np.clip((2000 - year) / 40, -1, 1.5) + 0.6 * weak + 0.55 * risk + rng.normal(0, 0.45, count)
    found = np.array(["A", "B", "C", "D"], dtype=object)[np.searchsorted(LIMITS, score)]
    day = np.datetime64(today, "D") - rng.integers(20, 5 * 365, count)
    after_built = day.astype("datetime64[Y]").astype(int) + 1970 > year
    graded = (rng.random(count) < 0.72) & (use != "auxiliary") & after_built
    return only(found, graded), only(day.astype(object), graded)


def _remedies(grade: Texts, graded_on: Texts, today: date, rng: Generator) -> dict[str, object]:
    count = len(grade)
    bad = np.isin(grade, ["C", "D"])
    draw = rng.random(count)
    torn = np.array(["vacate", "demolish", "repair"], dtype=object)
    chosen = np.where(grade == "D", torn[np.searchsorted((0.45, 0.75), draw)], torn[np.where(draw < 0.15, 0, 2)])
    treated = bad & (rng.random(count) < 0.66)
    now = np.datetime64(today, "D")
    since = np.array([each or today for each in graded_on], dtype="datetime64[D]")
    done_on = np.minimum(since + rng.integers(20, 400, count), now)
    done = treated & (rng.random(count) < 0.5) & (done_on > since)
    empty = np.isin(chosen, ["vacate", "demolish"]) & treated & (rng.random(count) < 0.8)
    return {
        "vacated": only(np.full(count, True, dtype=object), empty),
        "remedy": only(chosen, treated),
        "remedied_on": only(done_on.astype(object), done),
    }
