"""What stands in gas users' kitchens: hoses, bottles, alarms, meters, and whether they may be piped (合成)."""

from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]
Truths = NDArray[np.bool_]

REFUSALS = np.array(["费用过高", "业主不同意", "计划拆迁", "管道占用消防通道"], dtype=object)
CAMPAIGN, CAMPAIGN_D = np.datetime64("2022-10-01", "D"), 456
"""The hose campaign (DOMAIN 0, 1.5): from October 2022 to December 2023, so that nearly all fall due together."""
OUTDOORS_FROM = 2012
"""Buildings since this year have their meters and risers outdoors."""


class Users(NamedTuple):
    """What is known of users before their kitchens are: what kind they are, and whether they are piped."""

    kind: Texts
    piped: Truths

    @property
    def shop(self) -> Truths:
        """Give who cooks or sells for others."""
        return np.isin(self.kind, ["catering", "commercial"])


def kitchens(users: Users, today: date, rng: Generator) -> dict[str, object]:
    """Give columns of the gas_user layer: hose, hose_on, bottles_mass, alarm, consent, refusal."""
    count = len(users.kind)
    consent, refusal = consents(users, rng)
    hose, hose_on = hoses(count, today, rng)
    alarms = np.select([users.kind == "catering", users.shop], [0.85, 0.6], 0.2)
    return {
        "hose": hose,
        "hose_on": hose_on,
        "bottles_mass": np.where(users.piped, np.nan, bottles(users.kind, rng)),
        "alarm": rng.random(count) < alarms,
        "consent": consent,
        "refusal": refusal,
    }


def hoses(count: int, today: date, rng: Generator, *, metal: float = 0.85) -> tuple[Texts, Texts]:
    """Give material and day of each hose: metal ones from the campaign, rubber ones of the last 900 days."""
    now = np.datetime64(today, "D")
    is_metal = rng.random(count) < metal
    campaign = np.minimum(CAMPAIGN + rng.integers(0, CAMPAIGN_D, count), now)
    days = np.where(is_metal, campaign, now - rng.integers(1, 900, count))
    return np.where(is_metal, "metal", "rubber").astype(object), days.astype(object)


def bottles(kind: Texts, rng: Generator) -> Floats:
    """Give the mass of the bottles kept, in kg: whole bottles of 15 kg, more of them in a restaurant."""
    least = pd.Series(kind).map({"resident": 1, "catering": 3, "commercial": 2, "industrial": 6}).to_numpy(dtype=float)
    return np.asarray(15.0 * np.round(least * rng.uniform(1, 2.4, len(kind))))


def consents(users: Users, rng: Generator) -> tuple[Texts, Texts]:
    """Give who of the bottled ones agreed to be piped, and why the others refuse; empty for piped ones."""
    draw = rng.random(len(users.kind))
    signed = np.where(users.kind == "resident", 0.2, 0.4)
    answer = np.where(draw < signed, "signed", np.where(draw < 0.86, "open", "refused")).astype(object)
    consent = only(answer, ~users.piped)
    return consent, only(rng.choice(REFUSALS, len(draw)), np.equal(consent, "refused").astype(bool))


def indoors(built_year: Floats, piped: Truths, rng: Generator) -> Texts:
    """Give where meter and riser of piped users are: indoors in older buildings but for a few; empty for the others."""
    inside = rng.random(len(piped)) < np.where(built_year < OUTDOORS_FROM, 0.88, 0.08)
    return only(np.where(inside, "indoors", "outdoors").astype(object), piped)


def only(values: Texts, where: Truths) -> Texts:
    """Give the values where the condition holds, None elsewhere."""
    found = np.full(len(where), None, dtype=object)
    found[where] = values[where]
    return found
