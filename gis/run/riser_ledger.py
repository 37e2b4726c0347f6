"""The ledger of risers as a plan reads it: each building with its house and compound, what keeps it, what it takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa
from numpy.typing import NDArray
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import pdist, squareform

from gis import layers
from gis.errors import Refused
from gis.layer import Layer, Use
from gis.store.county import County
from gis.store.versions import in_force

Texts = NDArray[np.object_]
Flags = NDArray[np.bool_]

CHOSEN, LATER, UNKNOWN, DONE, NONE = "chosen", "later", "unknown", "done", "none"
BLOCKED = ("grade", "consent", "facade", "clearance", "compound")
"""Outcomes of what is kept from being moved, in the order in which one is named where several hold."""
COST, PRIZE, CLEARANCE, STOREY = "riser_cost", "riser_prize", "riser_clearance", "riser_storey"
RULES = ((COST, "yuan/m"), (COST, "yuan"), (PRIZE, "yuan"), (CLEARANCE, "m"), (STOREY, "m"))
NEEDED = (
    *((COST, each) for each in ("riser", "facade", "courtyard", "household", "meter")),
    *((PRIZE, each) for each in ("household", "household_year")),
    (STOREY, "height"),
)
DANGEROUS = ("C", "D")
PRESSURE = "low"
"""Risers of dwellings carry low pressure."""
OWN = (
    *("code", "name", "units", "floors", "households", "risers", "riser", "meter", "riser_length", "facade_length"),
    *("facade", "clearance", "consent", "outdoors_on", "invented"),
)


@dataclass(frozen=True, slots=True)
class Ruled:
    """A rule in force: its name, value and unit, its article, where it was read, and whether it was verified."""

    rule: str
    amount: float
    unit: str
    article: str
    citation: str
    verified: bool


Rules = Mapping[tuple[str, str], Ruled]


def rules_of(connection: sa.Connection, county: County) -> Rules:
    """Give the rules in force today that a plan of risers needs, by subject and category.

    Refused where a unit cost or a prize is missing. Outside China there is no rule on clearance.
    """
    found: dict[tuple[str, str], Ruled] = {}
    for subject, unit in RULES:
        for row in connection.execute(sa.select(in_force(county.schema, subject, county.today(), None, unit=unit))):
            source = (row.article or "", row.citation or "", bool(row.verified))
            found[subject, row.category] = Ruled(row.rule, float(row.amount), unit, *source)
    missing = [f"{subject}.{category}" for subject, category in NEEDED if (subject, category) not in found]
    if missing:
        raise Refused(f"缺少规则 {missing[0]} · no rule {missing[0]}: `wangge law apply` brings unit costs and prizes")
    return found


def ledger(connection: sa.Connection, county: County) -> pd.DataFrame:
    """Give the ledger in order of its codes, each row with its house and compound; empty where there is none.

    Columns: those of the ledger, `geom` (point, storage metres), `town`; of the house `building_code`, `built_year`,
    `grade`, `remedied_on`, `long_m` (its long side), `house_floors`; of the compound `compound_code`,
    `compound_name`, `obstacle`, `courtyard_length`; `made_up`: something of row or house is invented. A row without a
    building's code has the house that it lies in, one without a compound's code the compound that it lies in; a code
    that no compound has stays.
    """
    own, house, block = (layers.one(use) for use in (Use.RISER, Use.LOAD, Use.COMPOUND))
    table = county.schema.table(own)
    first = sa.select(
        *(table.c[name] for name in OWN),
        table.c.town_id,
        table.c.geom,
        _named_or_around(county, table, table.c.building_code, house).label("building_code"),
        _named_or_around(county, table, table.c.compound_code, block).label("compound_code"),
    ).cte("ledger")
    houses, blocks = county.schema.table(house), county.schema.table(block)
    towns = county.schema.table(layers.one(Use.TOWN))
    columns: list[sa.ColumnElement[Any]] = [
        *(first.c[name] for name in (*OWN, "building_code", "compound_code")),
        *(houses.c[name] for name in ("built_year", "grade", "remedied_on")),
        houses.c.floors.label("house_floors"),
        blocks.c.name.label("compound_name"),
        *(blocks.c[name] for name in ("obstacle", "courtyard_length")),
        towns.c.name.label("town"),
        sa.func.ST_AsBinary(first.c.geom).label("geom"),
        sa.func.ST_AsBinary(houses.c.geom).label("shape"),
        (sa.func.cardinality(first.c.invented) + sa.func.coalesce(sa.func.cardinality(houses.c.invented), 0) > 0).label(
            "made_up"
        ),
    ]
    joined = (
        first.outerjoin(houses, houses.c[house.key] == first.c.building_code)
        .outerjoin(blocks, blocks.c[block.key] == first.c.compound_code)
        .outerjoin(towns, towns.c.id == first.c.town_id)
    )
    result = connection.execute(sa.select(*columns).select_from(joined).order_by(first.c.code))
    found = pd.DataFrame(result.all(), columns=list(result.keys()), dtype=object)
    found["geom"] = _shapes(found["geom"])
    return found.assign(long_m=_long_sides(_shapes(found.pop("shape"))))


def _named_or_around(county: County, table: sa.Table, code: sa.Column[Any], layer: Layer) -> sa.ColumnElement[Any]:
    """Give the code that a row names, or that of the first area that it lies in."""
    area = county.schema.table(layer).alias()
    here = area.c.geom.op("&&")(table.c.geom) & sa.func.ST_Intersects(area.c.geom, table.c.geom)
    around = sa.select(area.c[layer.key]).where(here).order_by(area.c[layer.key]).limit(1).scalar_subquery()
    return sa.func.coalesce(code, around)


def _shapes(stored: "pd.Series[Any]") -> Texts:
    wkb = [None if each is None else bytes(each) for each in stored]
    return np.asarray(shapely.from_wkb(np.array(wkb, dtype=object)), dtype=object)


def _long_sides(shapes: Texts) -> NDArray[np.float64]:
    """Give the longer side of the narrowest box around each shape, in metres; NaN where there is none."""
    found = np.full(len(shapes), np.nan)
    for place, box in enumerate(shapely.oriented_envelope(shapes)):
        if box is not None and box.geom_type == "Polygon":
            corner = shapely.get_coordinates(box)
            found[place] = np.hypot(*np.diff(corner[:3], axis=0).T).max()
    return found


def judged(rows: pd.DataFrame, rules: Rules, *, signed_only: bool) -> pd.DataFrame:
    """Give the ledger with `outcome` and `reason` of each building: empty of both where it can be moved.

    A building that several things keep is named by the first of `BLOCKED`; its reason tells all.
    """
    told: list[tuple[str | None, str | None]] = []
    for row in rows.to_dict("records"):
        kept = {name: said for name, check in _checks(rules, signed_only=signed_only) if (said := check(row))}
        named = next((name for name in BLOCKED if name in kept), None)
        lacking = _lacking(row)
        if row["riser"] == "none" or row["households"] == 0:
            told.append((NONE, "没有要改的立管"))
        elif row["riser"] == "outdoors":
            told.append((DONE, f"{row['outdoors_on']} 完成" if row["outdoors_on"] else "立管在户外"))
        elif named is not None:
            told.append((named, "；".join(kept[name] for name in BLOCKED if name in kept)))
        elif lacking:
            told.append((UNKNOWN, f"台账缺：{'、'.join(lacking)}"))
        else:
            told.append((None, None))
    outcome, reason = (np.array([each[part] for each in told], dtype=object) for part in (0, 1))
    return rows.assign(outcome=outcome, reason=reason)


Check = Callable[[Mapping[Any, Any]], str]


def _checks(rules: Rules, *, signed_only: bool) -> tuple[tuple[str, Check], ...]:
    """Give what may keep a building, each with how it is asked: a sentence where it does, empty where not."""
    least = rules.get((CLEARANCE, PRESSURE))

    def near(row: Mapping[Any, Any]) -> str:
        if least is None or row["clearance"] is None or row["clearance"] >= least.amount:
            return ""
        unsure = "" if least.verified else "，未核实"
        return f"门窗净距 {row['clearance']:g} m < {least.amount:g} m（{least.article}{unsure}）"

    def against(row: Mapping[Any, Any]) -> str:
        unsigned = "住户意愿尚未征得" if signed_only and row["consent"] != "signed" else ""
        return "住户不同意" if row["consent"] == "refused" else unsigned

    return (
        ("grade", lambda row: f"{row['grade']}级危房，未整治" if _dangerous(row) else ""),
        ("consent", against),
        ("facade", lambda row: "外墙不可附管" if row["facade"] == "unfit" else ""),
        ("clearance", near),
        ("compound", lambda row: f"小区障碍：{row['obstacle']}" if row["obstacle"] else ""),
    )


def _dangerous(row: Mapping[Any, Any]) -> bool:
    return row["grade"] in DANGEROUS and row["remedied_on"] is None


def _lacking(row: Mapping[Any, Any]) -> list[str]:
    """Give the titles of what must be known of a building and cannot be worked out from anything."""
    fields = layers.one(Use.RISER)
    needed = {
        "riser": row["riser"] is None,
        "households": row["households"] is None,
        "risers": row["risers"] is None and row["units"] is None,
        "riser_length": row["riser_length"] is None and row["floors"] is None and row["house_floors"] is None,
        "facade_length": row["facade_length"] is None and np.isnan(row["long_m"]),
    }
    return [fields.field(name).title for name, gone in needed.items() if gone]


def weighed(rows: pd.DataFrame, rules: Rules, year: int) -> pd.DataFrame:
    """Give judged rows with what moving takes: `risers`, `floors`, lengths in metres, `cost` and `prize` in yuan.

    What the ledger does not hold is worked out, and named in `estimated`. Costs are rounded up to whole yuan. A row of
    which too little is known has none of these.
    """
    price = {each: rules[COST, each].amount for each in ("riser", "facade", "household", "meter")}
    own = {name: pd.to_numeric(rows[name]) for name in ("units", "risers", "floors", "riser_length", "facade_length")}
    floors = own["floors"].fillna(pd.to_numeric(rows["house_floors"]))
    risers = own["risers"].fillna(own["units"])
    each_m = own["riser_length"].fillna(floors * rules[STOREY, "height"].amount)
    facade_m = own["facade_length"].fillna(rows["long_m"].astype(float).round(1))
    households = pd.to_numeric(rows["households"])
    inside = rows["meter"].fillna("indoors").eq("indoors")
    cost = risers * each_m * price["riser"] + facade_m * price["facade"]
    cost += households * (price["household"] + inside * price["meter"])
    age = (year - pd.to_numeric(rows["built_year"])).clip(lower=0).fillna(0)
    prize = households * (rules[PRIZE, "household"].amount + age * rules[PRIZE, "household_year"].amount)
    return rows.assign(
        floors=floors,
        risers=risers,
        riser_length=(risers * each_m).round(1),
        facade_length=facade_m,
        cost=np.ceil(cost.round(6)),
        prize=np.floor(prize),
        estimated=_estimated(rows),
    )


def _estimated(rows: pd.DataFrame) -> Texts:
    fields = layers.one(Use.RISER)
    titles = {name: fields.field(name).title for name in ("floors", "risers", "riser_length", "facade_length", "meter")}
    gone = {title: rows[name].isna().tolist() for name, title in titles.items()} | {
        "建成年份": rows["built_year"].isna().tolist()
    }
    told = ["、".join(title for title in gone if gone[title][place]) or None for place in range(len(rows))]
    return np.array(told, dtype=object)


def courtyards(rows: pd.DataFrame, rules: Rules) -> "pd.Series[float]":
    """Give what the courtyard pipe of each compound costs, in yuan, by compound's code.

    Its length is the compound's own; else 0 where a building of it is outdoors already, since the pipe is laid then;
    else that of the shortest lines that join its buildings which have risers to move (a minimum spanning tree).
    """
    found = {}
    for code, own in rows[rows["compound_code"].notna()].groupby("compound_code", sort=True):
        told = pd.to_numeric(own["courtyard_length"]).dropna()
        waiting = own[~own["outcome"].isin([DONE, NONE])]
        if len(told):
            length_m = float(told.iloc[0])
        elif (own["outcome"] == DONE).any() or len(waiting) < 2:
            length_m = 0.0
        else:
            between = squareform(pdist(shapely.get_coordinates(waiting["geom"].to_numpy(dtype=object))))
            length_m = float(minimum_spanning_tree(between).sum())
        found[str(code)] = float(np.ceil(round(length_m * rules[COST, "courtyard"].amount, 6)))
    return pd.Series(found, dtype=float)
