"""What connecting each user is worth, share by share, and who is left out whatever it is worth."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gis.plan.streets import Floats
from gis.run.pipe_ground import Ground
from gis.run.pipe_sources import LOW

STOREY_M = 3.0
DANGEROUS = ("C", "D")


@dataclass(frozen=True, slots=True, eq=False)
class Prizes:
    """Per user: the shares of the prize by name and their sum (yuan), own hook-up (yuan), bottled gas (kg), flags.

    `barred` is why a user is left out, empty where not; barred users have their shares too, but count for nothing.
    """

    shares: tuple[dict[str, float], ...]
    amount: Floats
    hookup: Floats
    mass_kg: Floats
    barred: NDArray[np.object_]
    flag: tuple[str, ...]


def prizes(ground: Ground) -> Prizes:
    """Give the prizes of a ground's users; Refused where a rule is missing."""
    users, tariff = ground.users, ground.tariff
    kind = users[ground.by].astype(str).to_numpy(dtype=object)
    mass_kg = users["bottles_mass"].astype(float).fillna(0.0).to_numpy()
    parts = {"kind": np.array([tariff.of("pipe_prize", each) for each in kind], dtype=float)}
    parts["bottle"] = tariff.of("pipe_prize_more", "bottle") * mass_kg
    floor = users["floor"].astype(float).fillna(0.0).to_numpy()
    holds = {
        "high_rise": _high(ground),
        "basement": floor < 0,
        "demonstration": ground.demonstration,
        "signed": (users["consent"] == "signed").to_numpy(dtype=bool),
    }
    parts |= {name: tariff.of("pipe_prize_more", name) * true for name, true in holds.items()}
    shares = tuple(
        {name: float(values[place]) for name, values in parts.items() if values[place] > 0}
        for place in range(len(users))
    )
    grade = _dangerous(ground)
    bars = np.array([bool(each) and tariff.of("pipe_barred", each) >= 1 for each in grade], dtype=bool)
    refused = (users["consent"] == "refused").to_numpy(dtype=bool)
    return Prizes(
        shares=shares,
        amount=np.asarray(sum(parts.values()), dtype=float),
        hookup=np.array([_hookup(ground, each) for each in kind], dtype=float),
        mass_kg=mass_kg,
        barred=np.where(bars, "dangerous_house", np.where(refused, "refused", "")).astype(object),
        flag=tuple(f"{each}级危房" if each else "" for each in grade),
    )


def _hookup(ground: Ground, kind: str) -> float:
    """Give the price of what a user of a kind has indoors, and above low pressure of the user's regulator."""
    own = 0.0 if ground.sources.pressure == LOW else ground.tariff.of("pipe_regulator", kind)
    return ground.tariff.of("pipe_hookup", kind) + own


def _of_house(ground: Ground, name: str) -> NDArray[np.object_]:
    """Give a value of each user's house; None where the user has none or it has none."""
    values = np.full(len(ground.houses) + 1, None, dtype=object)
    values[:-1] = ground.houses[name].to_numpy(dtype=object)
    return np.asarray(values[ground.own], dtype=object)


def _high(ground: Ground) -> NDArray[np.bool_]:
    """Give who lives in a high house: by its height, or by its storeys where no height is known."""
    height = pd.Series(_of_house(ground, "height"), dtype=float)
    floors = pd.Series(_of_house(ground, "floors"), dtype=float)
    home = _of_house(ground, "use") == "residential"
    limit_m = np.where(home, ground.tariff.of("high_rise", "residential"), ground.tariff.of("high_rise", "other"))
    return (height.fillna(STOREY_M * floors).fillna(0.0).to_numpy() > limit_m).astype(bool)


def _dangerous(ground: Ground) -> list[str]:
    """Give the grade of each user's house where it is dangerous and not yet put right, else nothing."""
    grade, mended = _of_house(ground, "grade"), _of_house(ground, "remedied_on")
    return [each if each in DANGEROUS and day is None else "" for each, day in zip(grade, mended, strict=True)]
