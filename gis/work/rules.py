"""Taking over the law: rules become rule versions, a changed one is withdrawn and written anew."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gis import law, layers
from gis.errors import Refused
from gis.layer import Use
from gis.store.county import County
from gis.store.repeat import retried

SAME = ("rule", "rank", "amount", "unit", "notice_days", "valid_to", "article", "citation", "verified")
NAMED = 5
PLACE = ("jurisdiction", "subject", "category", "valid_from")


@dataclass(frozen=True, slots=True)
class Applied:
    """What changed: versions written, withdrawn and left as they were, and how many of all are not verified."""

    written: int
    withdrawn: int
    unchanged: int
    unverified: int
    chain: tuple[str, ...]


def apply(county: County, rules: Iterable[law.Rule], *, withdraw: bool = True) -> Applied:
    """Bring the rule versions to what the law says for the county's jurisdiction; nothing is written twice.

    A rule dated ahead needs no further write on its day: due dates follow the version in force. Without `withdraw` it
    is Refused, naming them, where stored versions would end: a county's own rules are not in the shipped files.
    """
    wanted = {_place(row): row for row in map(_row, law.applicable(rules, county.jurisdiction))}
    written, withdrawn, unchanged = retried(
        county, lambda connection: _brought(connection, county, wanted, withdraw=withdraw)
    )
    unverified = sum(not row["verified"] for row in wanted.values())
    return Applied(written, withdrawn, unchanged, unverified, law.chain(county.jurisdiction))


def _brought(
    connection: sa.Connection, county: County, wanted: dict[tuple[str, ...], dict[str, Any]], *, withdraw: bool
) -> tuple[int, int, int]:
    """Withdraw what is not wanted, write what is not stored, and give how many of each and how many stayed."""
    table = county.schema.table(layers.one(Use.RULE))
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(7717, 0)"))
    columns = [table.c[name] for name in ("id", *PLACE, *SAME)]
    stored = connection.execute(sa.select(*columns).where(table.c.withdrawn_at.is_(None))).mappings().all()
    kept = {_place(row) for row in stored if _equal(row, wanted.get(_place(row)))}
    ended = [row for row in stored if _place(row) not in kept]
    gone = [row["id"] for row in ended]
    if gone and not withdraw:
        told = ", ".join(f"{row['rule']}@{row['jurisdiction']}" for row in ended[:NAMED])
        raise Refused(
            f"{len(gone)} rule versions would be withdrawn ({told}{', …' if len(gone) > NAMED else ''}): "
            "give the county's own file with --rules, or say --withdraw"
        )
    if gone:
        connection.execute(sa.update(table).where(table.c.id.in_(gone)).values(withdrawn_at=sa.func.now()))
    fresh = [row for place, row in sorted(wanted.items()) if place not in kept]
    if fresh:
        number = sa.func.concat("R-", sa.func.nextval("object_id"))
        connection.execute(sa.insert(table).values(number=number), fresh)
    return len(fresh), len(gone), len(kept)


def _row(each: law.Applicable) -> dict[str, Any]:
    rule = each.rule
    return {
        "rule": rule.rule,
        "jurisdiction": rule.jurisdiction,
        "rank": each.rank,
        "subject": rule.subject,
        "category": rule.category,
        "amount": rule.amount,
        "unit": rule.unit,
        "notice_days": rule.notice_days,
        "valid_from": rule.valid_from,
        "valid_to": rule.valid_to,
        "article": rule.article,
        "citation": rule.source,
        "verified": rule.verified,
    }


def _place(row: Any) -> tuple[str, ...]:  # a mapping of this module's own, or a row of SQLAlchemy's
    return tuple(str(row[name]) for name in PLACE)


def _equal(row: Any, other: dict[str, Any] | None) -> bool:  # as above
    return other is not None and all(row[name] == other[name] for name in SAME)
