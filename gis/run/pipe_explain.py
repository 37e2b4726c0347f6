"""Why a user is in or out of a pipe plan: prize by share, cost of the way, what would bring the user in, and rules."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gis import layers
from gis.errors import UnknownName
from gis.layer import Use
from gis.run.pipe_kept import PLAN
from gis.run.record import named
from gis.store.county import County

SHARES = {
    "kind": "用户类别",
    "bottle": "减少存瓶",
    "high_rise": "高层",
    "basement": "地下室",
    "demonstration": "一镇一村示范点",
    "signed": "已签约",
}
ALONE = frozenset({"too_dear", "over_budget"})


@dataclass(frozen=True, slots=True)
class Why:
    """A row of the plan's connections with the run it is of, in yuan and metres.

    `lacks` is how much more prize would bring the user in, or None where no prize would; `rules` are the rules that the
    plan asked for, each with value, article and whether it was confirmed.
    """

    run: int
    row: Mapping[str, Any]
    budget: float | None
    exchange: float
    lacks: float | None
    rules: Mapping[str, Mapping[str, Any]]

    @property
    def sentence(self) -> str:
        """The reason in the layer's own words."""
        reason = layers.one(Use.CONNECTION_PLAN).field("reason")
        return next(each.title for each in reason.choices if each.value == self.row["reason"])

    def lines(self) -> list[str]:
        """Give the answer as a planner reads it."""
        row, shares = self.row, self.row["shares"] or {}
        parts = "，".join(f"{SHARES[name]} {amount:,.0f}" for name, amount in shares.items())
        said = [
            f"用户 {row['user_code']}（方案 {self.run}）：{self.sentence}",
            f"效益 {row['prize']:,.0f} 元 = {parts}",
        ]
        if row["connected"]:
            phase = f"，第 {row['phase']} 期" if row["phase"] else ""
            said.append(
                f"分摊造价 {row['share']:,.0f} 元；沿线管道与户线共 {row['way']:,.0f} 元，与他人共用；"
                f"户线 {row['service'] or 0:.1f} 米{phase}"
            )
        elif row["extra"] is not None:
            said.append(f"单独增接需 {row['extra']:,.0f} 元；本方案每元须换得效益 {self.exchange:.2f} 元")
        if self.lacks is not None:
            said.append(f"效益达到 {row['needed']:,.0f} 元（再加 {self.lacks:,.0f} 元）即值得单独接入")
        if row["flag"]:
            said.append(f"提示：{row['flag']}")
        open_rules = sorted(name for name, each in self.rules.items() if not each["verified"])
        articles = sorted({each["article"] for each in self.rules.values() if each["article"]})
        said.append(f"条款：{'；'.join(articles) or '无'}")
        said.append(f"未核实的规则 {len(open_rules)} / {len(self.rules)}：{_shown(open_rules)}")
        return said


def _shown(rules: list[str]) -> str:
    """Give the subjects of some rules, each with how many there are."""
    counted = Counter(name.split(".")[0] for name in rules)
    return "、".join(f"{subject}（{count}）" if count > 1 else subject for subject, count in sorted(counted.items()))


def explain(county: County, user: str, number: str | None = None) -> Why:
    """Give why a user is in or out of a pipe plan, the newest where none is named.

    UnknownName where no such plan is on record, or it did not weigh the user.
    """
    layer = layers.one(Use.CONNECTION_PLAN)
    table, runs = county.schema.table(layer), county.schema.table(layers.one(Use.RUN))
    columns = [table.c[each.name] for each in layer.fields]
    with county.reading() as connection:
        run = int(named(connection, county, PLAN, number, option="--run").id)
        row = (
            connection.execute(sa.select(*columns).where(table.c.run_id == run, table.c.user_code == user))
            .mappings()
            .first()
        )
        made = connection.execute(sa.select(runs.c.result, runs.c.parameters).where(runs.c.id == run)).one()
    if row is None:
        raise UnknownName(
            f"方案 {run} 里没有用户 {user} · this plan did not weigh such a user: bottled users alone are weighed"
        )
    lacks = max(0.0, row["needed"] - row["prize"]) if row["needed"] is not None and row["reason"] in ALONE else None
    return Why(run, dict(row), made.parameters["budget"], made.result["exchange"], lacks, made.result["rules"])
