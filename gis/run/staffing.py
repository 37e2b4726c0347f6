"""Staffing under one or several sets of rules, side by side: visits and person-days by town, month and kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from gis import law, layers
from gis.errors import Refused
from gis.find.states import Moment, Where, states
from gis.layer import Layer, Use
from gis.plan.staffing import expected_visits, visits_a_year
from gis.run.workload import MINUTES
from gis.store.county import County

OUTSIDE = "（区外）"
SHIPPED = "现行规则"
CLASS = ["kind", "category"]


@dataclass(frozen=True, slots=True)
class Period:
    """Which months are asked about: from the month of `first` on, with so many working minutes in a person's day."""

    first: date
    months: int = 12
    day_minutes: float = 480.0


@dataclass(frozen=True, slots=True, eq=False)
class Staffing:
    """What each set of rules asks for.

    `months` has the columns rules, town, kind, category, month (YYYY-MM), visits, minutes, person_days. `years` has
    rules, kind, category, objects, every_days, visits (of all objects in 365 days), person_days, verified; a class
    without a rule has no `every_days` and no visits.
    """

    months: pd.DataFrame
    years: pd.DataFrame

    def facts(self) -> dict[str, Any]:
        """Give the sums by set: a year's visits and person-days, and those of each month, town and kind."""
        sums = {}
        for name, rows in self.months.groupby("rules", sort=False):
            year = self.years[self.years["rules"] == name]
            sums[str(name)] = {
                "visits_a_year": int(year["visits"].sum()),
                "person_days_a_year": float(year["person_days"].sum()),
                "without_rule": int(year.loc[year["every_days"].isna(), "objects"].sum()),
                "unverified": int((~year["verified"].astype(bool)).sum()),
                **{f"by_{key}": _summed(rows, key) for key in ("month", "town", "kind")},
            }
        return {"rules": sums}

    def told(self) -> str:
        """Give the classes of every set side by side, then the person-days by month."""
        lines = ["规则\t类别\t分级\t对象\t周期(天)\t次/年\t人日/年\t核实"]
        for row in self.years.to_dict("records"):
            every = "无规则" if pd.isna(row["every_days"]) else f"{row['every_days']:g}"
            shown = [row["rules"], row["kind"], row["category"], f"{row['objects']:,}", every]
            told = [f"{row['visits']:,}", f"{row['person_days']:,.0f}", "是" if row["verified"] else "否"]
            lines.append("\t".join([*map(str, shown), *told]))
        by_month = self.months.groupby(["rules", "month"], sort=False, as_index=False)[["person_days"]].sum()
        lines += [f"{row.rules}\t{row.month}\t{row.person_days:,.0f} 人日" for row in by_month.itertuples()]
        return "\n".join(lines)

    def table(self, place: str) -> str:
        """Give the rows of `months` as CSV whose first line says what they are."""
        note = f"# {place}：按规则推算的检查次数与人日（首月含积压；每次分钟数未核实）\n"
        return note + self.months.to_csv(index=False)


def rule_sets(files: Sequence[Path]) -> dict[str, Sequence[law.Rule]]:
    """Give the shipped rules, and for each file the rules as they would be with it, by its name."""
    found: dict[str, Sequence[law.Rule]] = {SHIPPED: law.rules()}
    return found | {file.stem: law.rules(file) for file in files}


def staffing(county: County, sets: Mapping[str, Sequence[law.Rule]], period: Period, *, now: datetime) -> Staffing:
    """Give the visits that the stock as it stands `now` calls for, month by month, under each set of rules.

    An object is visited on the last day its rule allows, counted from its last valid check; what is overdue or was
    never checked falls on the first day of the period. The minutes of a visit are the rule `visit_minutes` of its kind.
    Both frames are empty where nothing is patrolled. Refused where a kind of visit has no minutes.
    """
    stock = _stock(county, now)
    edges = pd.date_range(period.first.replace(day=1), periods=period.months + 1, freq="MS")
    months, years = [], []
    for name, rules in sets.items():
        force = law.in_force(law.applicable(rules, county.jurisdiction), period.first)
        ruled = _ruled(stock, force, name)
        years.append(_years(ruled, period).assign(rules=name))
        months.append(_months(ruled, edges, period).assign(rules=name))
    columns = ["rules", "town", *CLASS, "month", "visits", "minutes", "person_days"]
    order = ["rules", *CLASS, "objects", "every_days", "visits", "person_days", "verified"]
    return Staffing(pd.concat(months, ignore_index=True)[columns], pd.concat(years, ignore_index=True)[order])


def _stock(county: County, now: datetime) -> pd.DataFrame:
    """Give how many objects share a kind, category, town and day of the last valid check (empty: never)."""
    moment = Moment(now.astimezone(county.timezone).date(), now, str(county.timezone))
    with county.reading() as connection:
        parts = [_patrolled(connection, county, layer, moment) for layer in layers.every() if layer.patrol is not None]
    return pd.concat(parts, ignore_index=True)


def _patrolled(connection: sa.Connection, county: County, layer: Layer, moment: Moment) -> pd.DataFrame:
    found = states(county.schema, layer, moment, Where())
    town_layer = layers.one(Use.TOWN)
    town = county.schema.table(town_layer)
    last = sa.cast(sa.func.timezone(moment.zone, found.c.last_done_at), sa.Date()).label("last")
    kind = sa.literal(layer.patrol.kind if layer.patrol else "").label("kind")
    columns = [kind, found.c.category, town.c[town_layer.key].label("town"), last, sa.func.count().label("objects")]
    joined = found.outerjoin(town, town.c.id == found.c.town_id)
    query = sa.select(*columns).select_from(joined).group_by(sa.text("2, 3, 4")).order_by(sa.text("2, 3, 4"))
    result = connection.execute(query)
    return pd.DataFrame(result.all(), columns=list(result.keys()))


def _ruled(stock: pd.DataFrame, force: law.Force, name: str) -> pd.DataFrame:
    """Give the stock with the days between visits, the minutes of one, and whether the rule is verified."""
    kinds = sorted(set(stock["kind"]))
    lasting = {kind: law.ruling(force, MINUTES, kind) for kind in kinds}
    missing = [kind for kind, rule in lasting.items() if rule is None]
    if missing:
        raise Refused(f"{name}: expected a rule {MINUTES}.{missing[0]} (min), got none: nothing says how long it takes")
    minutes = {kind: rule.amount for kind, rule in lasting.items() if rule is not None}
    rules = [law.ruling(force, kind, category) for kind, category in zip(stock["kind"], stock["category"], strict=True)]
    return stock.assign(
        every_days=[float("nan") if rule is None else rule.amount for rule in rules],
        verified=[rule is not None and rule.verified for rule in rules],
        visit_minutes=stock["kind"].map(minutes),
    )


def _years(ruled: pd.DataFrame, period: Period) -> pd.DataFrame:
    every = ruled["every_days"].fillna(0).to_numpy(np.int64)
    once = np.where(every > 0, visits_a_year(np.maximum(every, 1)), 0)
    rows = ruled.assign(visits=once * ruled["objects"], person_days=0.0)
    rows["person_days"] = rows["visits"] * rows["visit_minutes"] / period.day_minutes
    kept = {"objects": "sum", "every_days": "first", "visits": "sum", "person_days": "sum", "verified": "first"}
    return rows.groupby(CLASS, sort=True, as_index=False).agg(kept)


def _months(ruled: pd.DataFrame, edges: pd.DatetimeIndex, period: Period) -> pd.DataFrame:
    """Give the visits by town, class and month; objects without a rule have none."""
    rows = ruled[ruled["every_days"].notna()].reset_index(drop=True)
    every = rows["every_days"].to_numpy(np.int64)
    days = ((edges - edges[0]) // pd.Timedelta(days=1)).to_numpy(np.int64)
    last = (pd.to_datetime(rows["last"]) - edges[0]) // pd.Timedelta(days=1)
    first_due = np.where(last.isna(), 0, last.fillna(0).to_numpy(np.int64) + every)
    visits = expected_visits(first_due.astype(np.int64), every, days) * rows["objects"].to_numpy(np.int64)[:, None]
    names = [f"{edge:%Y-%m}" for edge in edges[:-1]]
    wide = pd.DataFrame(visits, columns=names).assign(
        town=rows["town"].fillna(OUTSIDE), kind=rows["kind"], category=rows["category"], each=rows["visit_minutes"]
    )
    each = wide.melt(["town", *CLASS, "each"], names, var_name="month", value_name="visits")
    long = each.groupby(["town", *CLASS, "each", "month"], sort=True, as_index=False)[["visits"]].sum()
    minutes = long["visits"] * long["each"]
    return long.assign(minutes=minutes, person_days=minutes / period.day_minutes)


def _summed(rows: pd.DataFrame, key: str) -> dict[str, dict[str, float]]:
    sums = rows.groupby(key, sort=True)[["visits", "person_days"]].sum()
    return {
        str(name): {"visits": int(each.visits), "person_days": float(each.person_days)}
        for name, each in sums.iterrows()
    }
