"""The workbook of a plan of moving risers: what is taken by phase, compounds, what is blocked by reason, and how."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import pandas as pd

from gis.layer import Field, Layer
from gis.report.workbook import Sheet, workbook

TAKEN = (
    *("phase", "compound_name", "name", "building_code", "households", "units", "floors", "risers", "riser_length"),
    *("facade_length", "cost", "courtyard_cost", "prize", "reason", "estimated", "code"),
)
KEPT = ("outcome", "compound_name", "name", "building_code", "households", "reason", "code")
WAITING = ("compound_name", "name", "building_code", "households", "cost", "courtyard_cost", "prize", "reason", "code")
INVENTED = "含合成数据（虚构），不得用于实际工程 · contains invented data"


class Lists(NamedTuple):
    """The buildings of a run, each with the fields of the layer: taken, left for want of money, kept by something."""

    taken: pd.DataFrame
    waiting: pd.DataFrame
    blocked: pd.DataFrame


def book(
    layer: Layer, lists: Lists, told: Mapping[str, Any], *, rules: Sequence[Mapping[str, object]], day: date
) -> bytes:
    """Give the workbook of one run.

    `told` are the figures of the run's record; each of `rules` has `rule`, `amount`, `unit`, `article`, `citation` and
    `verified`.
    """
    above = (INVENTED,) if told["invented"] else ()
    taken = lists.taken.sort_values(["phase", "compound_name", "code"])
    blocked = lists.blocked.sort_values(["outcome", "code"])
    waiting = lists.waiting.sort_values(["compound_name", "code"])
    sheets = (
        Sheet("方案", _worded(layer, taken, TAKEN), above),
        Sheet("分期", _phases(told), above),
        Sheet("小区", _compounds(taken), above),
        Sheet("受阻", _worded(layer, blocked, KEPT), above),
        Sheet("预算之外", _worded(layer, waiting, WAITING), above),
        Sheet("说明", _notes(layer, told, rules), above),
    )
    return workbook(sheets, day=day)


def _worded(layer: Layer, rows: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Give these columns under their Chinese titles, choices by theirs."""
    found = {}
    for name in names:
        field = layer.field(name)
        titles = field.titles
        found[_headed(field)] = rows[name].map(titles) if titles else rows[name]
    return pd.DataFrame(found).reset_index(drop=True)


def _headed(field: Field) -> str:
    """Give a field's heading with its unit, inside the brackets where it has some."""
    unit = {"yuan": "元"}.get(field.unit, field.unit)
    if not unit:
        return field.title
    return f"{field.title[:-1]}，{unit}）" if field.title.endswith("）") else f"{field.title}（{unit}）"


def _phases(told: Mapping[str, Any]) -> pd.DataFrame:
    columns = {
        "phase": "至第几期",
        "allowed": "累计预算（元）",
        "cost": "累计造价（元）",
        "prize": "累计效益（元）",
        "bound": "效益上界（元）",
        "gap_pct": "与上界差距（%）",
        "buildings": "累计楼栋",
        "households": "累计户数",
    }
    return pd.DataFrame(list(told["phases"]), columns=list(columns)).rename(columns=columns)


def _compounds(taken: pd.DataFrame) -> pd.DataFrame:
    """Give what each compound has in the plan: its buildings' cost, and its courtyard pipe once, in the first phase."""
    own = taken.assign(compound_name=taken["compound_name"].fillna("（不在小区）"), total=taken["cost"])
    sums = own.groupby(["compound_code", "compound_name"], dropna=False, sort=True).agg(
        phase=("phase", "min"),
        last=("phase", "max"),
        buildings=("code", "size"),
        households=("households", "sum"),
        cost=("cost", "sum"),
        courtyard=("courtyard_cost", "max"),
        prize=("prize", "sum"),
    )
    found = sums.reset_index()
    found["total"] = found["cost"] + pd.to_numeric(found["courtyard"]).fillna(0)
    titles = {
        "compound_code": "小区编号",
        "compound_name": "小区",
        "phase": "首期",
        "last": "末期",
        "buildings": "楼栋",
        "households": "户数",
        "cost": "楼栋造价（元）",
        "courtyard": "庭院管造价（元）",
        "total": "合计造价（元）",
        "prize": "效益（元）",
    }
    return found.sort_values(["phase", "compound_code"])[list(titles)].rename(columns=titles)


def _notes(layer: Layer, told: Mapping[str, Any], rules: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Give what a reader has to know: the proof in plain words, the counts, and every rule with its source."""
    proof = (
        "已证明：同样的预算下没有效益更高的组合"
        if told["proved"]
        else f"同样的预算下，任何组合的效益至多比本方案高 {told['gap_pct']:.2f} %"
    )
    counts = {layer.field("outcome").choice(name): count for name, count in told["outcomes"].items()}
    lines = [
        ("运算", str(told["run"])),
        ("预算", f"{told['budget']:,} 元，造价 {told['cost']:,} 元（单价未核实）"),
        ("效益与上界", f"{told['prize']:,} 元；上界 {told['bound']:,} 元；{proof}"),
        *(("楼栋", f"{choice.title if choice else ''} {count}") for choice, count in counts.items()),
        ("推算", f"{told['estimated']} 栋的部分数据由层数、建筑外形等推算，见“推算项”一列"),
        *((f"规则 {each['rule']}", _ruled(each)) for each in rules),
    ]
    return pd.DataFrame(lines, columns=["项目", "内容"])


def _ruled(rule: Mapping[str, Any]) -> str:
    unsure = "" if rule["verified"] else "；未核实"
    source = "；".join(str(each) for each in (rule["article"], rule["citation"]) if each)
    return f"{rule['amount']:g} {rule['unit']}；{source}{unsure}"
