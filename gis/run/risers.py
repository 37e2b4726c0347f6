"""Plans of moving risers outdoors (内改外): from the ledger to buildings by phase, stored with their run and proof."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa

from gis import layers
from gis.errors import Refused
from gis.layer import Use
from gis.plan.risers import NODES, Buildings, Phases, phased
from gis.run.record import Made, digest, record
from gis.run.riser_ledger import (
    BLOCKED,
    CHOSEN,
    DONE,
    LATER,
    NONE,
    UNKNOWN,
    Rules,
    courtyards,
    judged,
    ledger,
    rules_of,
    weighed,
)
from gis.store.county import County

PLAN = "risers"
NODES_A_SECOND = 2000
"""Nodes that a search looks at in a second: half of what was measured for 1,100 blocks of flats in 100 compounds."""
WHOLE = ("phase", "households", "units", "floors", "risers")
MEASURED = ("riser_length", "facade_length", "cost", "courtyard_cost", "prize")
OUTCOMES = (CHOSEN, LATER, *BLOCKED, UNKNOWN, DONE, NONE)
TEXTS = ("code", "building_code", "compound_code", "compound_name", "name", "outcome", "reason", "estimated")


@dataclass(frozen=True, slots=True)
class How:
    """How a plan is made: phases of equal money, nodes a search may look at, whole compounds or buildings.

    `signed_only`: a building counts as blocked until its households have signed.
    """

    phases: int = 1
    nodes: int = NODES
    whole: bool = False
    signed_only: bool = False


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase: the money of all phases up to it, and what these take and are worth, in yuan; `bound`: at most so."""

    phase: int
    allowed: int
    cost: int
    prize: int
    bound: int
    gap_pct: float
    buildings: int
    households: int


@dataclass(frozen=True, slots=True)
class Risers:
    """What a plan comes to, in yuan at unverified unit costs and values.

    `prize` of the buildings taken, `bound` that no choice for the money can exceed, `gap_pct` between them. `outcomes`
    counts buildings, `blocked` the households behind each obstacle. `estimated` counts buildings taken of which
    something was worked out that the ledger does not hold, `unverified` the rules that nobody confirmed.
    """

    run: int
    budget: int
    buildings: int
    households: int
    compounds: int
    cost: int
    prize: int
    bound: int
    gap_pct: float
    proved: bool
    steps: int
    phases: tuple[Phase, ...]
    outcomes: Mapping[str, int]
    blocked: Mapping[str, int]
    estimated: int
    invented: int
    unverified: int


def nodes_in(seconds: float) -> int:
    """Give how many nodes a search looks at in about so many seconds; a number of its own, so that a rerun is alike."""
    return max(1, int(seconds * NODES_A_SECOND))


def plan(county: County, *, budget: float, how: How) -> Risers:
    """Choose whose risers are moved for the money there is (yuan), store the choice and give what it comes to.

    Refused where the money is no number, the ledger of risers is empty or the law holds no unit costs.
    """
    if not 0 <= budget < math.inf:
        raise Refused(f"预算应为 0 或以上的数 · budget: expected a number of yuan from 0, got {budget}")
    with county.reading() as connection:
        rules = rules_of(connection, county)
        rows = ledger(connection, county)
    if rows.empty:
        title = layers.one(Use.RISER).title
        raise Refused(
            f"没有{title}，无法做内改外方案 · no ledger of risers is stored: `wangge load riser FILE` brings it"
        )
    rows = weighed(judged(rows, rules, signed_only=how.signed_only), rules, county.today().year)
    courtyard = courtyards(rows, rules)
    rows["courtyard_cost"] = rows["compound_code"].map(courtyard)
    given = digest((rows.drop(columns=["geom"]), _places(rows)))
    free = rows["outcome"].isna().to_numpy(dtype=np.bool_)
    found = _buildings(rows[free], courtyard)
    made = phased(found, int(budget), phases=how.phases, nodes=how.nodes, whole=how.whole)
    rows = _decided(rows, free, made, budget)
    told = _told(rows, made, rules, int(budget))
    everything = int(found.prize.sum())
    done = Made(
        PLAN,
        {
            "budget": int(budget),
            "phases": how.phases,
            "whole": how.whole,
            "signed_only": how.signed_only,
            "on": county.today().isoformat(),
        },
        given,
        steps=how.nodes,
        objective=everything - told["prize"],
        bound=everything - told["bound"],
        result=told | {"phases": [asdict(each) for each in told["phases"]]},
    )
    with county.writing() as connection:
        run = record(connection, county, done)
        _store(connection, county, run, rows)
    return Risers(run=run, **told)


def _buildings(rows: pd.DataFrame, courtyard: "pd.Series[float]") -> Buildings:
    """Give the buildings that can be moved as the plan takes them; one outside any compound shares nothing."""
    own = rows["compound_code"].where(rows["compound_code"].notna(), "\x00" + rows["code"].astype(str))
    names, place = np.unique(own.to_numpy(dtype=str), return_inverse=True)
    shared = np.array([float(courtyard.get(name, 0.0)) for name in names.tolist()])
    return Buildings(
        rows["cost"].to_numpy(dtype=np.int64),
        rows["prize"].to_numpy(dtype=np.int64),
        place.astype(np.int64),
        shared.astype(np.int64),
    )


def _decided(
    rows: pd.DataFrame, free: "np.ndarray[Any, np.dtype[np.bool_]]", made: Phases, budget: float
) -> pd.DataFrame:
    """Give the rows with the outcome of each, and the phase and the reason of those that could be moved."""
    phase = np.zeros(len(rows), dtype=np.int64)
    phase[free] = made.phase
    outcome, reason = (rows[name].to_numpy(dtype=object).copy() for name in ("outcome", "reason"))
    for name in (*MEASURED, "risers", "estimated"):  # nothing is left to be moved there
        rows[name] = rows[name].astype(object).mask(rows["outcome"].isin([DONE, NONE]), None)
    worth = (rows["prize"] / rows["cost"].where(rows["cost"] > 0)).astype(float)
    alone = rows["cost"].astype(float) + rows["courtyard_cost"].astype(float).fillna(0.0)
    for place in np.flatnonzero(free).tolist():
        outcome[place] = CHOSEN if phase[place] else LATER
        told = f"每元造价效益 {worth.iloc[place]:.2f}（不含庭院管）"
        left = "连同庭院管超过预算" if alone.iloc[place] > budget else "预算内有更值得的组合"
        reason[place] = told if phase[place] else f"{told}，{left}"
    return rows.assign(outcome=outcome, reason=reason, phase=pd.Series(phase, rows.index).where(phase > 0))


def _told(rows: pd.DataFrame, made: Phases, rules: Rules, budget: int) -> dict[str, Any]:
    """Give the figures of a plan, as the record keeps them and the command tells them."""
    chosen = rows[rows["outcome"] == CHOSEN]
    households = pd.to_numeric(rows["households"]).fillna(0).astype(int)
    last = made.steps[-1]
    phases = []
    for number, step in enumerate(made.steps, start=1):
        own = rows["phase"] <= number
        gap = round(step.gap_pct, 4)
        counted = int(own.sum()), int(households[own].sum())
        phases.append(Phase(number, step.allowed, step.cost, step.prize, step.bound, gap, *counted))
    kept = set(rows["outcome"])
    return {
        "budget": budget,
        "buildings": len(chosen),
        "households": int(households[chosen.index].sum()),
        "compounds": int(chosen["compound_code"].nunique()),
        "cost": last.cost,
        "prize": last.prize,
        "bound": last.bound,
        "gap_pct": round(last.gap_pct, 4),
        "proved": last.bound == last.prize,
        "steps": made.nodes,
        "phases": tuple(phases),
        "outcomes": {name: count for name in OUTCOMES if (count := int((rows["outcome"] == name).sum()))},
        "blocked": {name: int(households[rows["outcome"] == name].sum()) for name in BLOCKED if name in kept},
        "estimated": int(chosen["estimated"].notna().sum()),
        "invented": int(rows["made_up"].astype(bool).sum()),
        "unverified": sum(not each.verified for each in rules.values()),
    }


def _places(rows: pd.DataFrame) -> "np.ndarray[Any, np.dtype[np.float64]]":
    return np.asarray(shapely.get_coordinates(rows["geom"].to_numpy(dtype=object)), dtype=np.float64)


def _store(connection: sa.Connection, county: County, run: int, rows: pd.DataFrame) -> None:
    spots = _places(rows)
    values = []
    for (x, y), row in zip(spots.tolist(), rows.to_dict("records"), strict=True):
        values.append(
            {"run_id": run, "geom": f"SRID={county.srid};POINT({x!r} {y!r})"}
            | {name: row[name] or None for name in TEXTS}
            | {name: None if pd.isna(row[name]) else int(row[name]) for name in WHOLE}
            | {name: None if pd.isna(row[name]) else float(row[name]) for name in MEASURED}
        )
    connection.execute(sa.insert(county.schema.table(layers.one(Use.RISER_PLAN))), values)
