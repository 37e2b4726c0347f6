"""The report of a pipe plan (瓶改管): what is laid, for whom, by which rules, and how near it is to the best."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from gis.layer import Layer
from gis.report.sections import Report, Section, Table
from gis.report.workbook import Sheet, workbook

UNSIZED = "未定径"
ROOMS = "户内与用户调压"
UNITS = {"yuan": "元", "yuan/m": "元/m", "yuan/kg": "元/kg", "d": "天", "h": "小时", "a": "年", "times": "倍"}
OPTIMAL_PCT = 0.005
"""Gap in percent below which two decimals show none."""


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What a report is made from.

    `run` is the number of the run, `made_on` its day, `parameters` and `figures` those of its record, `objective` and
    `bound` too (yuan; None where it had none). `pipes` has the fields of the layer `pipe_layer`, with `road_class`,
    `surface` and `gas` in words, `users` those of `user_layer` with `kind` in words, `hookup` (yuan) and `town`; both
    are empty where nothing is stored. `rules` has rule, amount, unit, article, citation, verified. `invented` names
    what of the data is invented; empty where all is real.
    """

    place: str
    run: str
    made_on: date
    parameters: Mapping[str, Any]
    figures: Mapping[str, Any]
    objective: float | None
    bound: float | None
    pipe_layer: Layer
    pipes: pd.DataFrame
    user_layer: Layer
    users: pd.DataFrame
    rules: pd.DataFrame
    invented: tuple[str, ...]


def report(facts: Facts, picture: bytes | None) -> Report:
    """Give the report; `picture` is the map (PNG), None where nothing is laid."""
    mark = f"合成数据（虚构），仅供演示，不得用于工程：{'、'.join(facts.invented)}"
    unverified = int((~facts.rules["verified"].astype(bool)).sum())
    doubt = (f"造价与效益按 {unverified} 条未核实的规则计算，用于比较方案，不作为概算",) if unverified else ()
    sections = (
        Section("一、结论", _summary(facts), (Table("分期", phases(facts), summed=True),)),
        Section(
            "二、平面图", () if picture is not None else ("本方案没有要敷设的管道。",), (), picture, "规划管线平面图"
        ),
        Section("三、工程量清单", _sizing(facts), tuple(_bill_tables(facts))),
        Section("四、用户", _user_sentences(facts), tuple(_user_tables(facts))),
        Section("五、规则与条款", _rule_sentences(facts), (Table("所用规则", _rules(facts)),)),
        Section("六、与最优方案的差距", _proof(facts)),
        Section("七、未核实与未做的", _unsaid(facts, unverified)),
    )
    return Report(
        "瓶改管方案报告", facts.place, facts.made_on, (*((mark,) if facts.invented else ()), *doubt), sections
    )


def book(facts: Facts) -> bytes:
    """Give the lists as a workbook: bills, phases, users one by one and counted, rules."""
    above = (f"合成数据（虚构）：{'、'.join(facts.invented)}",) if facts.invented else ()
    sheets = [Sheet("工程量清单", bill(facts), above), Sheet("分期", phases(facts), above)]
    sheets += [
        Sheet("管线明细", _listed(facts.pipe_layer, facts.pipes), above),
        Sheet("用户明细", _listed(facts.user_layer, facts.users), above),
        Sheet("用户汇总", served(facts), above),
        Sheet("规则", _rules(facts), above),
    ]
    return workbook(sheets, day=facts.made_on)


def bill(facts: Facts) -> pd.DataFrame:
    """Give the bill of quantities: pieces, metres and yuan by kind of pipe, size and class of road, with their sum.

    The last row before the sum is what is done in the users' rooms, a piece each.
    """
    rows = facts.pipes
    names = facts.pipe_layer.field("kind").titles
    own = pd.DataFrame(
        {
            "类型": rows["kind"].map(names),
            "管径": rows["diameter"].fillna(UNSIZED),
            "道路等级": rows["road_class"].fillna("—"),
            "长度（m）": rows["length"].astype(float),
            "造价（元，未核实）": rows["cost"].astype(float),
        }
    )
    sums = own.groupby(["类型", "管径", "道路等级"], sort=True, as_index=False).agg(
        **{
            "段数": ("长度（m）", "size"),
            "长度（m）": ("长度（m）", "sum"),
            "造价（元，未核实）": ("造价（元，未核实）", "sum"),
        }
    )
    rooms = facts.users["hookup"].astype(float)
    if rooms.sum() > 0:
        row: dict[str, object] = {"类型": f"{ROOMS}（按户）", "管径": "—", "道路等级": "—"}
        row |= {"段数": int((rooms > 0).sum()), "长度（m）": 0.0}
        sums = pd.concat([sums, pd.DataFrame([row | {"造价（元，未核实）": rooms.sum()}])], ignore_index=True)
    return _with_sum(sums, "类型")


def phases(facts: Facts) -> pd.DataFrame:
    """Give metres, yuan and users of each phase, with their sum; a plan without phases is one."""
    pipe, user = facts.pipes, facts.users[facts.users["connected"].astype(bool)]
    of_pipe, of_user = (pd.to_numeric(each["phase"]).fillna(1).astype(int) for each in (pipe, user))
    rooms = user["hookup"].astype(float).groupby(of_user).sum()
    columns = {
        "长度（m）": pipe["length"].astype(float).groupby(of_pipe).sum(),
        "造价（元，未核实）": pipe["cost"].astype(float).groupby(of_pipe).sum().add(rooms, fill_value=0.0),
        "用户": user["user_code"].groupby(of_user).size(),
        "效益（元，未核实）": user["prize"].astype(float).groupby(of_user).sum(),
        "减少存瓶（kg）": user["mass"].astype(float).groupby(of_user).sum(),
    }
    found = pd.DataFrame(columns).fillna(0).sort_index()
    found["用户"] = found["用户"].astype(int)
    found.insert(0, "分期", [f"第 {number} 期" for number in found.index])
    return _with_sum(found.reset_index(drop=True), "分期")


def served(facts: Facts) -> pd.DataFrame:
    """Give the users who are connected, by town and kind, with their sum."""
    rows = facts.users[facts.users["connected"].astype(bool)]
    towns = rows["town"].fillna("（区外）").to_numpy(dtype=object)
    counted = pd.crosstab(pd.Series(towns, name="镇街"), pd.Series(rows["kind"].to_numpy(dtype=object), name="kind"))
    counted = counted.rename_axis(columns=None).reset_index()
    if counted.empty:
        return pd.DataFrame({"镇街": []})
    counted["合计"] = counted.drop(columns="镇街").sum(axis=1)
    return _with_sum(counted, "镇街")


def _with_sum(rows: pd.DataFrame, first: str) -> pd.DataFrame:
    """Give the rows with a last one that adds up the columns of numbers; none where there are no rows."""
    if rows.empty:
        return rows
    total: dict[str, object] = {name: rows[name].sum() for name in rows.select_dtypes("number").columns}
    return pd.concat([rows, pd.DataFrame([{first: "合计", **total}])], ignore_index=True)[list(rows.columns)]


def _summary(facts: Facts) -> tuple[str, ...]:
    length_km = float(facts.pipes["length"].astype(float).sum()) / 1000
    rooms = float(facts.users["hookup"].astype(float).sum())
    cost = float(facts.pipes["cost"].astype(float).sum()) + rooms
    inside = f"（其中{ROOMS} {rooms:,.0f} 元）" if rooms else ""
    budget = facts.parameters.get("budget")
    money = f"预算 {budget:,.0f} 元" if budget is not None else "不设预算，使造价与未接入用户的效益之和最小"
    connected = int(facts.users["connected"].astype(bool).sum())
    able = facts.figures.get("candidates")
    of = f"候选 {len(facts.users):,} 户" + (f"，其中可接 {able:,} 户" if able is not None else "")
    counted = f"接入 {connected:,} 户，{of}" if len(facts.users) else "没有存用户明细"
    return (
        f"{money}。敷设管道 {length_km:,.2f} km，造价 {cost:,.0f} 元{inside}；{counted}。",
        f"运算编号 {facts.run}；同样的输入、种子与步数给出同样的方案，可按记录重算。",
    )


def _sizing(facts: Facts) -> tuple[str, ...]:
    if facts.pipes.empty:
        return ("没有要敷设的管道。",)
    gone = facts.pipes["diameter"].isna()
    if gone.all():
        return ("本方案未定径：只定走向，不含管径，也未经水力计算。",)
    least = pd.to_numeric(facts.pipes["pressure"]).groupby(facts.pipes["gas"].fillna("")).min().dropna()
    found = [f"{name}管网最低末端压力 {value:,.0f} Pa（表压，按高峰小时流量计算）。" for name, value in least.items()]
    return (*found, *([f"其中 {int(gone.sum())} 段未定径。"] if gone.any() else []))


def _bill_tables(facts: Facts) -> list[Table]:
    found = [Table("工程量清单（按类型、管径、道路等级）", bill(facts), summed=True)]
    crossing = facts.pipes[facts.pipes["crossing"].notna()]
    if len(crossing):
        sums = crossing.groupby("crossing", sort=True)["length"].agg(["size", "sum"]).reset_index()
        found.append(Table("穿跨越", sums.set_axis(["穿跨越", "段数", "长度（m）"], axis=1)))
    return found


def _user_sentences(facts: Facts) -> tuple[str, ...]:
    if facts.users.empty:
        return ("本次运算没有存用户明细。",)
    mass = pd.to_numeric(facts.users.loc[facts.users["connected"].astype(bool), "mass"]).sum()
    return (f"接入用户原有存瓶共 {mass:,.0f} kg 液化石油气，接入后不再存放。",) if mass else ()


def _user_tables(facts: Facts) -> list[Table]:
    if facts.users.empty:
        return []
    titles = facts.user_layer.field("reason").titles
    counted = facts.users["reason"].map(titles).value_counts(sort=False).rename_axis("理由").reset_index(name="户数")
    flagged = facts.users.loc[facts.users["flag"].notna() & facts.users["connected"].astype(bool), "flag"]
    flags = flagged.value_counts(sort=False).rename_axis("提示").reset_index(name="户数")
    return [
        Table("接入用户（按镇街、类别）", served(facts), summed=True),
        Table("全部候选用户（按理由）", _with_sum(counted, "理由"), summed=True),
        *([Table("接入前须处理", flags)] if len(flags) else []),
    ]


def _rules(facts: Facts) -> pd.DataFrame:
    titles = {
        "rule": "规则",
        "amount": "数值",
        "unit": "单位",
        "article": "条款",
        "citation": "出处",
        "verified": "核实",
    }
    rows = facts.rules.assign(
        unit=facts.rules["unit"].map(lambda unit: UNITS.get(unit, unit)),
        verified=["已核实" if each else "未核实" for each in facts.rules["verified"]],
    )
    return rows[list(titles)].rename(columns=titles)


def _rule_sentences(facts: Facts) -> tuple[str, ...]:
    if facts.rules.empty:
        return ("本次运算的记录没有写明所用规则。",)
    articles = [each for each in dict.fromkeys(facts.rules["article"]) if each]
    cited = f"，引用条款：{'、'.join(articles)}" if articles else "，没有一条引自可核对的条款"
    return (f"共用 {len(facts.rules)} 条规则{cited}。",)


def _proof(facts: Facts) -> tuple[str, ...]:
    """Explain objective, bound and gap to somebody who has never heard of them."""
    if facts.objective is None or facts.bound is None:
        return ("本次运算没有给出下界，不能说明离最优方案多远。",)
    budgeted = facts.parameters.get("budget") is not None
    what = "未接入用户的效益" if budgeted else "造价加上未接入用户的效益"
    gap = max(facts.objective - facts.bound, 0.0)
    share = 100 * gap / facts.objective if facts.objective else 0.0
    room = (
        "两者相同，即已证明没有更好的方案。"
        if share < OPTIMAL_PCT
        else f"两者相差 {gap:,.0f} 元（占 {share:.2f} %）：无论怎样改线、换用户，最多只能再改进这么多。"
    )
    return (
        f"方案好坏以“{what}”衡量，越小越好。本方案为 {facts.objective:,.0f} 元。",
        f"下界 {facts.bound:,.0f} 元由独立的算法证明：同样的单价、效益、街道与预算下，任何方案都不会低于它。",
        room,
        "差距只说明计算离最优多远；单价、效益等假定若改变，最优方案也会改变。",
    )


def _unsaid(facts: Facts, unverified: int) -> tuple[str, ...]:
    near = int(facts.pipes["near"].eq(other=True).sum())
    return (
        *([f"{unverified} 条规则未核实（见第五节）。"] if unverified else []),
        *([f"{near} 段管道与建筑的间距小于要求，须设计时处理。"] if near else []),
        *(["管径与压力未计算，须由设计单位完成。"] if facts.pipes["diameter"].isna().all() else []),
        "地下其他管线、占道许可、地质条件不在数据内，未予考虑。",
    )


def _listed(layer: Layer, rows: pd.DataFrame) -> pd.DataFrame:
    """Give rows under the layer's Chinese titles, with choices by theirs, and the town where there is one."""
    found = {}
    for field in layer.fields:
        if field.name in rows and field.name != "run_id" and rows[field.name].notna().any():
            titles = field.titles
            unit = UNITS.get(field.unit, field.unit)
            values = rows[field.name].map(titles) if titles else rows[field.name]
            found[f"{field.title}（{unit}）" if unit else field.title] = values.map(_flat)
    if "town" in rows:
        found["镇街"] = rows["town"]
    return pd.DataFrame(found)


def _flat(value: object) -> object:
    return "；".join(f"{name} {each:g}" for name, each in value.items()) if isinstance(value, dict) else value
