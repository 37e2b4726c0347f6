"""Towns and villages that a delivery names: by code within its scheme, by name, and by both where they agree.

Two official tables give one code to different towns, so a code is never read without its scheme: where none is named,
it counts only if all known schemes mean the same place by it, or if the name beside it decides.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import sqlalchemy as sa

from gis import layers
from gis.layer import NAMED_PLACE, Use
from gis.store.county import County

SUFFIXES = {
    Use.TOWN: re.compile(r"(街道办事处|街道|民族乡|镇人民政府|乡人民政府|镇|乡)$"),
    Use.VILLAGE: re.compile(
        r"(社区居民委员会|社区居委会|村民委员会|居民委员会|村委会|居委会|社区|行政村|自然村|村|居)$"
    ),
}
TITLES = {Use.TOWN: ("镇街", "town"), Use.VILLAGE: ("村社", "village")}
SHOWN = 5
SCHEMES = {
    spelling.lower(): choice.value
    for each in NAMED_PLACE
    for choice in each.choices
    for spelling in (choice.value, choice.title, choice.title_en, *choice.source)
}


@dataclass(frozen=True, slots=True)
class Place:
    """A stored town or village: its id, its name, and for a village the id of its town where that is known."""

    id: int
    name: str
    town_id: int | None = None


class Meaning(NamedTuple):
    """What a scheme means by a code: the name it gives, and the stored place, None where that is not stored."""

    scheme: str
    name: str
    place: Place | None


@dataclass(slots=True)
class Known:
    """All that is known of one level: the places by plain name and by name without its suffix, the meanings by code."""

    level: Use
    exact: dict[str, set[Place]] = field(default_factory=dict)
    short: dict[str, set[Place]] = field(default_factory=dict)
    codes: dict[str, list[Meaning]] = field(default_factory=dict)

    def add_name(self, name: str, place: Place) -> None:
        """Let a place be found by this name."""
        plain = plain_name(name)
        self.exact.setdefault(plain, set()).add(place)
        self.short.setdefault(short_name(plain, self.level), set()).add(place)

    def named(self, name: str) -> set[Place]:
        """Give the places of that name, or where none has it of that name but for its suffix."""
        plain = plain_name(name)
        return self.exact.get(plain) or self.short.get(short_name(plain, self.level), set())

    def meant(self, code: str, scheme: str) -> list[Meaning]:
        """Give what a code means, in one scheme or in all that are known."""
        found = self.codes.get(plain_code(code, self.level), [])
        return [each for each in found if not scheme or each.scheme == plain_scheme(scheme)]

    @property
    def empty(self) -> bool:
        """Whether nothing is known, so that nothing can be contradicted."""
        return not self.exact and not self.codes

    def like(self, name: str) -> list[str]:
        """Give the known names most like this one."""
        plain = plain_name(name)
        close = difflib.get_close_matches(plain, self.exact.keys(), SHOWN, 0.5)
        inside = [each for each in self.exact if short_name(plain, self.level) in each]
        return list(dict.fromkeys([*inside, *close]))[:SHOWN]


class Resolved(NamedTuple):
    """The place that a row names, None where it names none; or why it cannot be told."""

    place: Place | None = None
    problem: str = ""


def plain_name(name: str) -> str:
    """Give a name without spaces and in one width."""
    return "".join(unicodedata.normalize("NFKC", name).split())


def short_name(plain: str, level: Use) -> str:
    """Give a plain name without what kind of place it is; the name itself where nothing else is left."""
    return SUFFIXES[level].sub("", plain) or plain


def plain_code(code: str, level: Use) -> str:
    """Give a code without spaces; a town's twelve digits that end in 000 are its nine."""
    plain = plain_name(code)
    return plain[:9] if level is Use.TOWN and re.fullmatch(r"\d{9}000", plain) else plain


def plain_scheme(scheme: str) -> str:
    """Give the word by which a scheme is known: 统计局 is nbs."""
    plain = plain_name(scheme).lower()
    return SCHEMES.get(plain, plain)


def known_places(connection: sa.Connection, county: County) -> dict[Use, Known]:
    """Give the stored towns and villages with their names, and their codes in every scheme."""
    towns, villages = Known(Use.TOWN), Known(Use.VILLAGE)
    by_key: dict[tuple[Use, str], Place] = {}
    for known in (towns, villages):
        layer = layers.one(known.level)
        table = county.schema.table(layer)
        names = [each.name for each in layer.fields]
        for row in connection.execute(sa.select(table).order_by(table.c[layer.key])).mappings():
            scheme = row["code_scheme"] or ""
            place = Place(row["id"], row["name"])
            if "town_code" in names and row["town_code"]:
                place = Place(row["id"], row["name"], _only_town(towns, row["town_code"], scheme))
            by_key[known.level, row[layer.key]] = place
            known.add_name(row["name"], place)
            _mean(known, row[layer.key], Meaning(plain_scheme(scheme), row["name"], place))
    _add_codes(connection, county, (towns, villages), by_key)
    return {Use.TOWN: towns, Use.VILLAGE: villages}


def _add_codes(
    connection: sa.Connection, county: County, known: Sequence[Known], by_key: dict[tuple[Use, str], Place]
) -> None:
    level_of = {each.level.value: each for each in known}
    table = county.schema.table(layers.one(Use.PLACE_CODE))
    for row in connection.execute(sa.select(table).order_by(table.c.level, table.c.place)):
        level = level_of[row.level]
        place = by_key.get((level.level, row.stands_for)) if row.stands_for else None
        if place is None and not row.stands_for:
            alike = level.named(row.name)
            if row.town_code and len(alike) > 1:
                town = _only_town(level_of[Use.TOWN.value], row.town_code, row.scheme)
                alike = {each for each in alike if each.town_id == town}
            place = next(iter(alike)) if len(alike) == 1 else None
        _mean(level, row.code, Meaning(plain_scheme(row.scheme), row.name, place))


def _mean(known: Known, code: str, meaning: Meaning) -> None:
    meanings = known.codes.setdefault(plain_code(code, known.level), [])
    if (meaning.scheme, meaning.place) not in {(each.scheme, each.place) for each in meanings}:
        meanings.append(meaning)


def _only_town(towns: Known, code: str, scheme: str) -> int | None:
    found = {each.place for each in towns.meant(code, scheme) if each.place is not None}
    return next(iter(found)).id if len(found) == 1 else None


def resolved(known: Known, scheme: str, code: str, name: str, *, town_id: int | None = None) -> Resolved:
    """Give the place that a code and a name mean together, or the problem with the candidates that there are.

    `town_id` is the town that the row names beside a village: villages of other towns are no candidates.
    """
    if not code and not name:
        return Resolved()
    meanings = known.meant(code, scheme) if code else []
    alike = _within(known.named(name), town_id) if name else set()
    by_code = _within({each.place for each in meanings if each.place is not None}, town_id)
    found = by_code & alike if code and name else by_code if code else alike
    strays = {plain_name(each.name) for each in meanings if each.place is None}
    if len(found) == 1 and not (strays and not name):
        return Resolved(next(iter(found)))
    return Resolved(None, _problem(known, scheme, code, name, alike=alike))


def _within(places: Iterable[Place], town_id: int | None) -> set[Place]:
    return {each for each in places if town_id is None or each.town_id in {None, town_id}}


def _problem(known: Known, scheme: str, code: str, name: str, *, alike: set[Place]) -> str:
    """Say in a sentence what a code is in which scheme, and which places have the name."""
    zh, en = TITLES[known.level]
    parts, told = [], []
    if code:
        everywhere = known.meant(code, "")
        if everywhere:
            parts.append(f"代码 {code} " + "，".join(f"在 {each.scheme or '?'} 是 {each.name}" for each in everywhere))
            told.append(f"code {code} is " + ", ".join(f"{each.name} in {each.scheme or '?'}" for each in everywhere))
        else:
            parts.append(f"没有代码为 {code} 的{zh}")
            told.append(f"no {en} has the code {code}")
        if scheme and not known.meant(code, scheme):
            parts.append(f"{scheme} 中没有此代码")
            told.append(f"not in {scheme}")
    if name:
        if alike:
            own = "、".join(sorted(f"{each.name}（{_codes(known, each)}）" for each in alike)[:SHOWN])
            parts.append(f"名称 {name} 是 {own}")
            told.append(f"the name {name} is {own}")
        else:
            like = "、".join(known.like(name))
            parts.append(f"没有名为 {name} 的{zh}" + (f"，相近：{like}" if like else ""))
            told.append(f"no {en} is called {name}" + (f", like it: {like}" if like else ""))
    return f"{'；'.join(parts)} · {'; '.join(told)}"


def _codes(known: Known, place: Place) -> str:
    found = [
        f"{meaning.scheme or '?'} {code}"
        for code, meanings in known.codes.items()
        for meaning in meanings
        if meaning.place == place
    ]
    return ", ".join(sorted(found)[:SHOWN])
