"""The prices and limits of a plan: rules in force, each remembered when it is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from gis import law, layers
from gis.errors import Refused
from gis.layer import Use
from gis.store.county import County
from gis.store.versions import standing


@dataclass(frozen=True, slots=True)
class Price:
    """The value of a rule, its article, and whether both were confirmed."""

    amount: float
    article: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Tariff:
    """Rules by subject and category; `used` names those that were asked for."""

    rules: Mapping[tuple[str, str], Price]
    used: dict[str, Price] = field(default_factory=dict)

    def of(self, subject: str, category: str) -> float:
        """Give the value of a rule; Refused where there is none."""
        found = self.maybe(subject, category)
        if found is None:
            raise Refused(
                f"没有规则 {subject}.{category} · no such rule; `wangge law apply` brings unit costs and prizes"
            )
        return found

    def maybe(self, subject: str, category: str) -> float | None:
        """Give the value of a rule, None where there is none."""
        found = self.rules.get((subject, category))
        if found is None:
            return None
        self.used[f"{subject}.{category}"] = found
        return found.amount

    def told(self) -> dict[str, dict[str, object]]:
        """Give the rules that were asked for: value, article, whether verified; by name."""
        return {
            name: {"amount": each.amount, "article": each.article, "verified": each.verified}
            for name, each in sorted(self.used.items())
        }


def stored(connection: sa.Connection, county: County, subjects: list[str]) -> Tariff:
    """Give the rule versions of these subjects that hold today in the county's database."""
    table = county.schema.table(layers.one(Use.RULE))
    names = ("subject", "category", "amount", "article", "verified")
    query = sa.select(*(table.c[name] for name in names)).where(
        table.c.subject.in_(subjects),
        table.c.valid_from <= county.today(),
        table.c.valid_to.is_(None) | (table.c.valid_to > county.today()),
        *standing(table.c.recorded_at, table.c.withdrawn_at, None),
    )
    rows = connection.execute(query.order_by(table.c.rank, table.c.valid_from))
    return Tariff({(row.subject, row.category): Price(row.amount, row.article or "", row.verified) for row in rows})


def of_file(county: County, path: Path) -> Tariff:
    """Give the rules as they would hold today with a county's own file; LawError where it cannot be used."""
    force = law.in_force(law.applicable(law.rules(path), county.jurisdiction), county.today())
    return Tariff({key: Price(rule.amount, rule.article, rule.verified) for key, rule in force.items()})
