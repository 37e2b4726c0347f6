"""What a calendar comes to: its figures, each worker's load, what cannot be met, what moved, and each day."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from gis import layers
from gis.find.unchecked import OUTSIDE
from gis.layer import Use
from gis.run.colleagues import Taken

NOBODY = "（无人）"
NAMES = {each.name: each.title for each in layers.one(Use.VISIT_PLAN).fields} | {
    "day": "日期",
    "town": "镇街代码",
    "category": "分级",
    "minutes": "用时(分钟)",
    "visits": "次数",
    "in_time": "按期",
    "late": "逾期补查",
    "unmet": "无法安排",
    "person_days": "工作量(人日)",
    "held_person_days": "可用(人日)",
    "missing_person_days": "缺(人日)",
    "fullest": "最满一天(分钟)",
    "spent": "用时含走路(分钟)",
    "colleague": "接手同事",
    "skill": "专长",
    "objects": "对象数",
}
"""The Chinese heading of each column that people read."""


def figures(
    visits: pd.DataFrame, workers: pd.DataFrame, *, shift_minutes: float, walk_minutes: float
) -> dict[str, object]:
    """Give visits by outcome, reason and move, and person-days (of a full shift) of work, held and missing.

    Reads of `visits` minutes, worker, outcome, why and moved_for; of `workers` held and missing (minutes). Missing is
    the work that no calendar of these days could do in time, overdue work by the end, worker by worker; and all work
    that nobody is named for.
    """
    spent = visits["minutes"] + walk_minutes
    nobody = float(spent[visits["worker"].isna()].sum())
    outcomes = visits["outcome"].value_counts()
    return {
        "visits": len(visits),
        **{name: int(outcomes.get(name, 0)) for name in ("in_time", "late", "unmet")},
        "why": _counted(visits["why"]),
        "moved": _counted(visits["moved_for"]),
        "workers": len(workers),
        "person_days": float(spent.sum()) / shift_minutes,
        "held_person_days": float(workers["held"].sum()) / shift_minutes,
        "missing_person_days": (float(workers["missing"].sum()) + nobody) / shift_minutes,
    }


def _counted(values: "pd.Series[str]") -> dict[str, int]:
    return {str(name): int(count) for name, count in values.value_counts().sort_index().items()}


def by_worker(
    visits: pd.DataFrame, workers: pd.DataFrame, *, shift_minutes: float, walk_minutes: float
) -> pd.DataFrame:
    """Give a row for each worker with an area: visits by outcome, and person-days of work, held and missing.

    Reads of `workers` worker, held, fullest and missing (minutes). Visits are those of his areas, less what needs a
    skill that only colleagues have, with what he takes from these; whoever makes them on the day.
    """
    own = visits[visits["worker"].notna()]
    counted = pd.crosstab(own["worker"], own["outcome"]).reindex(columns=["in_time", "late", "unmet"], fill_value=0)
    spent = (own["minutes"] + walk_minutes).groupby(own["worker"]).sum()
    table = workers.set_index("worker")
    found = counted.reindex(table.index, fill_value=0)
    found.insert(0, "visits", found.sum(axis=1))
    found["person_days"] = spent.reindex(table.index).fillna(0.0) / shift_minutes
    found["held_person_days"] = table["held"] / shift_minutes
    found["missing_person_days"] = table["missing"] / shift_minutes
    found["fullest"] = table["fullest"]
    return found.rename_axis("worker_code").reset_index().sort_values("worker_code", ignore_index=True)


def unmet(visits: pd.DataFrame, *, shift_minutes: float, walk_minutes: float) -> pd.DataFrame:
    """Give the visits without a day by worker, kind, town and reason, most work first: visits and person-days."""
    left = visits[visits["outcome"] == "unmet"]
    keys = {
        "worker_code": left["worker"].fillna(NOBODY),
        "kind": left["kind"],
        "town": left["town"].fillna(OUTSIDE),
        "why": left["why"],
    }
    rows = pd.DataFrame(keys).assign(visits=1, person_days=(left["minutes"] + walk_minutes) / shift_minutes)
    found = rows.groupby(list(keys), as_index=False, sort=True)[["visits", "person_days"]].sum()
    return found.sort_values("person_days", ascending=False, kind="stable", ignore_index=True)


def taken(parts: Sequence[Taken]) -> pd.DataFrame:
    """Give a row for each part of somebody's work that a colleague takes; empty where everybody can do his own."""
    columns = {
        "worker_code": "worker",
        "colleague": "colleague",
        "skill": "skill",
        "objects": "objects",
        "spent": "minutes",
    }
    return pd.DataFrame({name: [getattr(each, of) for each in parts] for name, of in columns.items()})


def moved(visits: pd.DataFrame) -> pd.DataFrame:
    """Give the visits that left the day of an earlier calendar, in order of that day."""
    columns = ["worker_code", "layer", "object_key", "kind", "due_on", "was_on", "day", "moved_for"]
    found = visits.loc[visits["moved_for"].notna(), columns]
    return found.sort_values(["was_on", "worker_code", "layer", "object_key"], kind="stable", ignore_index=True)


def by_day(visits: pd.DataFrame, days: tuple[date, ...], *, walk_minutes: float) -> pd.DataFrame:
    """Give the visits and minutes, with ways, of each worker who goes on each of the days; none is a row of zeros."""
    going = visits[visits["day"].notna()]
    spent = (going["minutes"] + walk_minutes).groupby([going["worker_code"], going["day"]])
    people = sorted(set(going["worker_code"]))
    every = pd.MultiIndex.from_product([people, days], names=["worker_code", "day"])
    found = pd.DataFrame({"visits": spent.size(), "spent": spent.sum()}).reindex(every, fill_value=0)
    return found.astype({"visits": np.int64, "spent": np.float64}).reset_index()
