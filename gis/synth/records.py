"""Checks and hazards as the systems of departments hand them over: in parts, with doubled and late rows (合成)."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from gis import layers
from gis.synth.delivery import LABEL, Column
from gis.synth.shelf import Shelf, doubled, spoilt
from gis.synth.words import cells, texts

SYSTEMS = {
    "home_check": ("燃气安检系统", True),
    "house_check": ("农房巡检系统", True),
    "site_check": ("工地监管系统", False),
    "hot_work_check": ("焊接管理系统", False),
}
OTHERS = ("综合巡查系统", False)
"""Who records each kind of visit, and whether its rows are so many that they come as text."""
PACKED = 150_000
"""Records after which the next file begins."""
AGAIN = 4
"""Rows that come twice in each file, and rows of the late file that say something else than was recorded."""


def checks(shelf: Shelf, found: pd.DataFrame, *, seed: int) -> None:
    """Add the checks: files for each system by time, the late ones last, all together."""
    rng = np.random.default_rng([seed, 51])
    for (system, bulky), own in _by_system(found):
        late = own[own["late"]]
        for title, part in _parts(own[~own["late"]]):
            rows = _check_rows(part, bulky=bulky)
            rows, twice = doubled(rows, np.sort(rng.permutation(len(rows))[:AGAIN]))
            rows, wrong = spoilt(rows, _unknown(rows, title))
            _add(shelf, "check", f"{system}_{title}", rows, twice | wrong, system=system, bulky=bulky)
        rows = _check_rows(late, bulky=bulky)
        known = _check_rows(own[~own["late"] & (own["outcome"] == "done")].head(AGAIN), bulky=bulky).assign(
            检查结果="拒检"
        )
        both = pd.concat([rows, known], ignore_index=True)
        said_else = dict.fromkeys(range(len(rows), len(both)), "recorded otherwise")
        _add(shelf, "check", f"{system}_补录", both, said_else, system=system, bulky=bulky)


def voids(found: pd.DataFrame) -> list[dict[str, str]]:
    """Give the checks that their systems voided later: voiding is an act of its own, no file does it."""
    told = found[found["void_reason"].notna()]
    systems = [SYSTEMS.get(kind, OTHERS)[0] for kind in told["kind"]]
    return [
        {"source": f"{LABEL}{system}", "number": number, "reason": reason}
        for system, number, reason in zip(systems, told["number"], told["void_reason"], strict=True)
    ]


def hazards(shelf: Shelf, found: pd.DataFrame) -> None:
    """Add the hazards: a file for each system."""
    layer = layers.named("hazard")
    for (system, bulky), own in _by_system(found):
        rows = _about(own)
        for name in layer.fields:
            if name.name in own and name.name != "layer" and own[name.name].notna().any():
                rows[name.zh] = cells(name, _days(own[name.name]))
        _add(shelf, "hazard", f"{system}_隐患", rows, {}, system=system, bulky=bulky)


def _by_system(found: pd.DataFrame) -> Iterator[tuple[tuple[str, bool], pd.DataFrame]]:
    told = found["kind"].map(SYSTEMS)
    told = told.where(told.notna(), pd.Series([OTHERS] * len(found), index=found.index))
    names = told.str[0]
    for system, bulky in (*SYSTEMS.values(), OTHERS):
        own = found[(names == system).to_numpy(bool)]
        if len(own):
            yield (f"{LABEL}{system}", bulky), own.reset_index(drop=True)


def _parts(found: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Give the records in equal parts by time, none much over `PACKED`."""
    parts = max(1, round(len(found) / PACKED))
    for number, places in enumerate(np.array_split(np.arange(len(found)), parts), start=1):
        yield f"检查记录{number:02d}", found.iloc[places].reset_index(drop=True)


def _about(found: pd.DataFrame) -> pd.DataFrame:
    """Give the columns that name each row's object: the key of its layer, or layer and key where layers are mixed."""
    names = list(dict.fromkeys(found["layer"]))
    if len(names) == 1:
        layer = layers.named(names[0])
        return pd.DataFrame({layer.field(layer.key).zh: found["object_key"]})
    titles = {name: layers.named(name).title for name in names}
    return pd.DataFrame({"图层": found["layer"].map(titles), "对象编号": found["object_key"]})


def _check_rows(found: pd.DataFrame, *, bulky: bool) -> pd.DataFrame:
    layer = layers.named("check")
    rows = _about(found)
    heads = {name: layer.field(name).zh for name in ("number", "outcome", "seen_at", "worker_code", "note")}
    rows.insert(0, heads["number"], found["number"])
    rows[heads["seen_at"]] = found["seen"].dt.strftime("%Y-%m-%d %H:%M:%S")
    rows[heads["outcome"]] = cells(layer.field("outcome"), found["outcome"])
    rows[heads["worker_code"]] = found["worker_code"]
    rows[heads["note"]] = f"{LABEL}数据"
    return rows if not bulky else texts(rows)


def _unknown(rows: pd.DataFrame, title: str) -> list[tuple[str, dict[str, object]]]:
    """Give a row about an object that does not exist."""
    number, about = rows.columns[0], rows.columns[2] if rows.columns[1] == "图层" else rows.columns[1]
    return [("no such object", {number: f"X-{title}", about: "查无此号"})]


def _days(values: Column) -> Column:
    """Give days as Python's, None where there is none; other values as they are."""
    if not pd.api.types.is_datetime64_any_dtype(values):
        return values
    return pd.Series(values.to_numpy("datetime64[D]").astype(object), index=values.index, dtype=object)


def _add(
    shelf: Shelf, layer: str, title: str, rows: pd.DataFrame, wrong: dict[int, str], *, system: str, bulky: bool
) -> None:
    if bulky:
        shelf.text(layer, f"{title}.csv", texts(rows), wrong, source=system)
    else:
        shelf.sheet(layer, f"{title}.xlsx", rows, wrong, source=system)
