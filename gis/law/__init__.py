"""The law as data: `*.toml` in this folder, a county's own file beside them, and the one reader of both.

A file names one `jurisdiction` and holds tables `[[subject]]`; keys shared by the categories of a subject stand in its
table, what differs stands in its `categories`. The rule's name is `subject.category`. A county's own file replaces
shipped rules of the same jurisdiction, subject and category.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from gis.errors import LawError

DEFAULT = "default"
UNKNOWN = "unknown"
UNITS = frozenset({"d", "h", "a", "min", "m", "mm", "Pa", "m/s", "m3/h", "yuan", "yuan/m", "yuan/kg", "times"})
MARKS = frozenset({"F", "S", "BG", "INF"})

_NOTICE_DAYS = 30
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_CATEGORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*")
_JURISDICTION = re.compile(r"default|CN(-\d{2}|-\d{4}|-\d{6})?")
_DIGITS = re.compile(r"(?:CN-)?(\d{6})")
_KEYS: Mapping[str, type] = {
    "name": str,
    "category": str,
    "amount": float,
    "unit": str,
    "notice_days": int,
    "valid_from": date,
    "valid_to": date,
    "article": str,
    "source": str,
    "mark": str,
    "verified": bool,
    "note": str,
}
_NEEDED = ("name", "category", "amount", "unit", "valid_from", "source", "mark", "verified")


@dataclass(frozen=True, slots=True)
class Rule:
    """One value of the law for one class of things in one jurisdiction and period (`valid_to` is the first day after).

    `notice_days` before an interval ends, its object counts as due. `mark` says how the value was learnt: F found in
    a source that was read, S from the county's own account, BG background knowledge, INF inferred. `verified` is true
    only of a found value with its article.
    """

    jurisdiction: str
    subject: str
    category: str
    amount: float
    unit: str
    notice_days: int
    valid_from: date
    valid_to: date | None
    article: str
    source: str
    mark: str
    verified: bool
    note: str

    @property
    def rule(self) -> str:
        """The name of the rule: `house_check.C`."""
        return f"{self.subject}.{self.category}"

    def holds(self, day: date) -> bool:
        """Whether the rule is in force on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    @property
    def strictest_wins(self) -> bool:
        """Whether the largest value of all jurisdictions above a place holds there: true of ranges around gas."""
        return self.subject.endswith(("protection_range", "control_range"))


class Applicable(NamedTuple):
    """A rule with the rank of its jurisdiction over a place: 0 is `default`, higher is more specific."""

    rank: int
    rule: Rule


Force = Mapping[tuple[str, str], Rule]


def rules(extra: Path | None = None) -> tuple[Rule, ...]:
    """Give all shipped rules and those of a county's own file, by jurisdiction, subject, category and first day.

    LawError names the file and the rule that cannot be used.
    """
    shipped: list[Rule] = []
    for each in sorted(resources.files(__name__).iterdir(), key=lambda entry: entry.name):
        if each.name.endswith(".toml"):
            shipped += _read(each.name, each.read_bytes())
    _refuse_overlaps("gis/law", shipped)
    if extra is None:
        return tuple(sorted(shipped, key=_order))
    try:
        own = _read(extra.name, extra.read_bytes())
    except OSError as error:
        raise LawError(f"{extra}: cannot be read: {error.strerror}") from None
    _refuse_overlaps(extra.name, own)
    replaced = {_place(each) for each in own}
    return tuple(sorted([*own, *(each for each in shipped if _place(each) not in replaced)], key=_order))


def _place(rule: Rule) -> tuple[str, str, str]:
    return rule.jurisdiction, rule.subject, rule.category


def _order(rule: Rule) -> tuple[str, str, str, date]:
    return (*_place(rule), rule.valid_from)


def _read(name: str, content: bytes) -> list[Rule]:
    try:
        data = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LawError(f"{name}: not TOML in UTF-8: {error}") from None
    jurisdiction, subjects = data.get("jurisdiction"), data.get("subject")
    strange = sorted(data.keys() - {"jurisdiction", "subject"})
    if strange:
        raise LawError(f"{name}: unknown key {strange[0]!r}; a file holds `jurisdiction` and tables [[subject]]")
    if not isinstance(jurisdiction, str) or not _JURISDICTION.fullmatch(jurisdiction):
        raise LawError(f"{name}: jurisdiction: expected `default`, `CN` or `CN-330784`, got {jurisdiction!r}")
    if not isinstance(subjects, list) or not subjects:
        raise LawError(f"{name}: expected tables [[subject]], got none")
    return [_rule(name, jurisdiction, row) for subject in subjects for row in _rows(name, subject)]


def _rows(name: str, subject: object) -> list[dict[str, object]]:
    if not isinstance(subject, dict) or not isinstance(subject.get("name"), str):
        raise LawError(f"{name}: a [[subject]] needs a `name`, got {subject!r:.60}")
    categories = subject.get("categories")
    if not isinstance(categories, list) or not categories or not all(isinstance(each, dict) for each in categories):
        raise LawError(f"{name}: {subject['name']}: expected `categories`, a list of tables, got {categories!r:.60}")
    shared = {key: value for key, value in subject.items() if key != "categories"}
    return [{**shared, **each} for each in categories]


def _rule(name: str, jurisdiction: str, row: Mapping[str, object]) -> Rule:
    where = f"{name}: {row['name']}.{row.get('category', '?')}"
    for key, value in row.items():
        _refuse_wrong_type(where, key, value)
    missing = [key for key in _NEEDED if key not in row]
    if missing:
        raise LawError(f"{where}: `{missing[0]}` is missing")
    text = {key: str(row.get(key, "")) for key in ("name", "category", "unit", "article", "source", "mark", "note")}
    days = {key: value for key in ("valid_from", "valid_to") if isinstance(value := row.get(key), date)}
    notice = row.get("notice_days", _NOTICE_DAYS if text["unit"] == "d" else 0)
    rule = Rule(
        jurisdiction=jurisdiction,
        subject=text["name"],
        category=text["category"],
        amount=float(str(row["amount"])),
        unit=text["unit"],
        notice_days=int(str(notice)),
        valid_from=days["valid_from"],
        valid_to=days.get("valid_to"),
        article=text["article"],
        source=text["source"],
        mark=text["mark"],
        verified=row["verified"] is True,
        note=text["note"],
    )
    _refuse_contradictions(where, rule)
    return rule


def _refuse_wrong_type(where: str, key: str, value: object) -> None:
    if key not in _KEYS:
        raise LawError(f"{where}: unknown key {key!r}; a rule knows {', '.join(_KEYS)}")
    expected = _KEYS[key]
    fits = isinstance(value, (int, float) if expected is float else expected)
    if isinstance(value, bool) is not (expected is bool) or isinstance(value, datetime) or not fits:
        raise LawError(f"{where}: {key}: expected {expected.__name__}, got {value!r}")


def _refuse_contradictions(where: str, rule: Rule) -> None:
    complaints = (
        (not _NAME.fullmatch(rule.subject), f"{rule.subject!r} is not a usable name"),
        (not _CATEGORY.fullmatch(rule.category), f"{rule.category!r} is not a usable category"),
        (rule.category == UNKNOWN, "`unknown` is worked out from the other categories, never written"),
        (rule.unit not in UNITS, f"unit: expected one of {', '.join(sorted(UNITS))}, got {rule.unit!r}"),
        (rule.mark not in MARKS, f"mark: expected one of {', '.join(sorted(MARKS))}, got {rule.mark!r}"),
        (not 0 <= rule.amount < float("inf"), f"amount: expected a number from 0, got {rule.amount}"),
        (rule.unit == "d" and (rule.amount < 1 or rule.amount % 1 != 0), f"expected whole days, got {rule.amount}"),
        (rule.notice_days < 0, f"notice_days: expected days from 0, got {rule.notice_days}"),
        (
            rule.unit == "d" and rule.notice_days * 3 > rule.amount,
            f"notice_days: expected at most a third of {rule.amount:g} days, got {rule.notice_days}",
        ),
        (
            rule.valid_to is not None and rule.valid_to <= rule.valid_from,
            f"valid_to {rule.valid_to} is not after valid_from {rule.valid_from}",
        ),
        (
            rule.verified and (rule.mark != "F" or not rule.article),
            "verified: only a value found (mark F) with its article is verified",
        ),
    )
    for wrong, complaint in complaints:
        if wrong:
            raise LawError(f"{where}: {complaint}")


def _refuse_overlaps(name: str, found: Sequence[Rule]) -> None:
    ordered = sorted(found, key=_order)
    for earlier, later in pairwise(ordered):
        if _place(earlier) == _place(later) and (earlier.valid_to is None or later.valid_from < earlier.valid_to):
            raise LawError(
                f"{name}: {later.rule} of {later.jurisdiction}: two rules hold on {later.valid_from}; "
                "end the earlier one with `valid_to`"
            )


def chain(jurisdiction: str) -> tuple[str, ...]:
    """Give the jurisdictions over a place, the most specific first: CN-330784, CN-3307, CN-33, CN, default.

    Six digits of GB/T 2260 may stand without `CN-`; a place outside China has `default` alone.
    """
    digits = _DIGITS.fullmatch(jurisdiction)
    code = digits.group(1) if digits else jurisdiction.removeprefix("CN-")
    if not digits and not re.fullmatch(r"CN(-.+)?", jurisdiction):
        return (DEFAULT,)
    while len(code) > 2 and code.isdigit() and code.endswith("00"):
        code = code[:-2]
    levels = [code[:length] for length in (6, 4, 2) if length < len(code)] if code.isdigit() else []
    own = [] if code == "CN" else [code, *levels]
    return (*(f"CN-{each}" for each in own), "CN", DEFAULT)


def applicable(found: Iterable[Rule], jurisdiction: str) -> tuple[Applicable, ...]:
    """Give the rules that can hold at a place, each with the rank of its jurisdiction, in the order they came."""
    ranks = {name: rank for rank, name in enumerate(reversed(chain(jurisdiction)))}
    return tuple(Applicable(ranks[each.jurisdiction], each) for each in found if each.jurisdiction in ranks)


def in_force(found: Iterable[Applicable], day: date) -> Force:
    """Give the rule that holds on a day for each (subject, category).

    The most specific jurisdiction's; of protection and control ranges the larger value, and among equal values the
    more specific. Every range also has a category `unknown`: the largest of its subject.
    """
    force: dict[tuple[str, str], Rule] = {}
    for each in sorted(found, key=_weight):
        if each.rule.holds(day):
            force[each.rule.subject, each.rule.category] = each.rule
    for rule in sorted(force.values(), key=lambda each: each.amount):
        if rule.strictest_wins:
            note = f"strictest of the classes: {rule.category}"
            force[rule.subject, UNKNOWN] = replace(rule, category=UNKNOWN, note=note)
    return force


def _weight(each: Applicable) -> tuple[float, int]:
    return (each.rule.amount, each.rank) if each.rule.strictest_wins else (0.0, each.rank)


def ruling(force: Force, subject: str, category: str | None) -> Rule | None:
    """Give the rule for a class of things, None where there is none; a range falls back on the strictest class."""
    found = force.get((subject, category or UNKNOWN))
    return found if found is not None else force.get((subject, UNKNOWN))
