"""What more money would win (the frontier): the best plans within rising budgets, recorded and not stored."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gis.errors import Refused
from gis.plan.phases import frontier
from gis.run.pipe_pace import NOBODY, Watch
from gis.run.pipes import How, question
from gis.run.record import Made, record
from gis.store.county import County


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The frontier by budget, with the columns budget, cost, users, mass_kg, won, most and ratio; `invented` users.

    Where it was `ended` early the smaller budgets are missing.
    """

    run: int
    rows: pd.DataFrame
    invented: bool
    ended: bool


def curve(county: County, *, points: int, seed: int = 0, how: How | None = None, watch: Watch = NOBODY) -> Curve:
    """Give the best plans found within `points` rising budgets, the last of which pays the plan without a budget.

    `watch` is told what is being done, and may end it: then the points found by then are given, the greatest budgets.
    Pipes have their narrowest sizes here. The run is recorded with these rows; no pipes are stored. Refused as in
    `plan`, and where it is ended before the first point.
    """
    asked = how or How()
    watch.begin("fetch")
    with county.reading() as connection:
        wanted = question(connection, county, asked)
    free = wanted.site.plan(None, seed=seed, pace=asked.tempo(watch).first())
    budgets = np.arange(1, points + 1) * free.cost / points
    found = frontier(wanted.site, budgets, seed=seed, steps=asked.steps, told=watch.begin, end=watch.end)
    if not found:
        raise Refused("还没有一个预算点就结束了 · ended before a point of the frontier was found")
    rows = pd.DataFrame(
        [
            {
                "budget": each.budget,
                "cost": each.plan.cost,
                "users": int(each.plan.connected.sum()),
                "mass_kg": float(wanted.prizes.mass_kg[each.plan.connected].sum()),
                "won": each.won,
                "most": each.most,
                "ratio": each.ratio,
            }
            for each in found
        ]
    )
    ended = len(found) < points
    watch.begin("store")
    result = {"points": rows.to_dict("records"), "ended": ended, "rules": wanted.ground.tariff.told()}
    parameters = {"points": points} | asked.parameters()
    made = Made("pipes_frontier", parameters, wanted.digest(), seed=seed, steps=asked.steps, result=result)
    with county.writing() as connection:
        run = record(connection, county, made)
    return Curve(run, rows, bool(wanted.ground.users["invented"].astype(bool).any()), ended)
