"""What a field is: one attribute of a layer, with its words, its limits, its readers and the names it comes under."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from uuid import UUID

from gis.errors import DefinitionError

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
LONGEST_NAME = 63
"""Bytes of a name in PostgreSQL, which cuts off the rest without a word."""
SYSTEM_NAMES = frozenset(
    {
        "id",
        "geom",
        "spot",
        "recorded_at",
        "recorded_until",
        "ended_by",
        "delivery_id",
        "invented",
        "town_id",
        "village_id",
        "cell_id",
        "placed_by",
    }
)


class Kind(Enum):
    """What a field holds."""

    TEXT = "text"
    INTEGER = "integer"
    REAL = "real"
    BOOLEAN = "boolean"
    DATE = "date"
    INSTANT = "instant"
    UUID = "uuid"
    JSON = "json"


class Role(Enum):
    """Who reads; a person holds a set of roles, and no role includes another."""

    WORKER = "worker"
    PLANNER = "planner"
    ANALYST = "analyst"
    STEWARD = "steward"


EVERYONE = frozenset(Role)
OFFICE = frozenset({Role.PLANNER, Role.ANALYST, Role.STEWARD})


class Mask(Enum):
    """How a personal field looks to a reader who may not see it plain."""

    NAME = "name"
    PHONE = "phone"
    ADDRESS = "address"
    HIDDEN = "hidden"

    def apply(self, text: str | None) -> str | None:
        """Give the masked form: 王小明 → 王**, 13812345678 → 138****5678, an address without its digits."""
        if text is None:
            return None
        if self is Mask.NAME:
            return text[:1] + "**"
        if self is Mask.PHONE:
            return text[:3] + "****" + text[-4:] if len(text) >= 11 else "****"
        if self is Mask.ADDRESS:
            return re.sub(r"[0-9０-９]+", "*", text)
        return None


@dataclass(frozen=True, slots=True)
class Choice:
    """One allowed value of a field, its Chinese title, its colour, and how else it is delivered (`*`: any)."""

    value: str
    title: str
    colour: str = ""
    title_en: str = ""
    source: tuple[str, ...] = ()


Value = str | int | float | bool | date | datetime | UUID | dict[str, object] | None


@dataclass(frozen=True, slots=True)
class Field:
    """One attribute: its column, its words, its limits, who reads it, and the names it is delivered under.

    `once` marks the only columns of a log that may be written after the row: from empty to a value, one time.
    `fixed` marks a value that never changes once stored. `refers` names the layer whose id the field holds, `joins` the
    layer whose key it holds: a point that is delivered without a shape then lies on that object, and follows it.
    `system` marks the field that names the system a row came from: `--source` fills it where the delivery does not.
    `precision` names, for an instant, the text field that says `day` where only the county's day is known: the instant
    is then the start of that day, and nobody may show a time.
    `read` empty means all readers of the layer; a reader outside it gets the `mask`, or nothing where there is none.
    """

    name: str
    kind: Kind
    doc: str
    zh: str = ""
    en: str = ""
    example: Value = field(default=None, hash=False)
    unit: str = ""
    source: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    required: bool = False
    low: float | None = None
    high: float | None = None
    once: bool = False
    fixed: bool = False
    refers: str = ""
    joins: str = ""
    system: bool = False
    precision: str = ""
    popup: bool = False
    read: frozenset[Role] = frozenset()
    mask: Mask | None = None

    @property
    def title(self) -> str:
        """The Chinese label; the field's name where none was given."""
        return self.zh or self.name

    @property
    def title_en(self) -> str:
        """The English label."""
        return self.en or self.name.replace("_", " ").capitalize()

    @property
    def titles(self) -> dict[str, str]:
        """The Chinese title of each choice, by its stored value."""
        return {choice.value: choice.title for choice in self.choices}

    def choice(self, value: object) -> Choice | None:
        """Give the choice of a stored value, or None where the field has no such choice."""
        return next((choice for choice in self.choices if choice.value == value), None)

    def check(self) -> None:
        """Raise DefinitionError where the field contradicts itself."""
        if not NAME.fullmatch(self.name) or self.name in SYSTEM_NAMES:
            raise DefinitionError(f"field {self.name!r}: not a usable name")
        if self.choices and self.kind is not Kind.TEXT:
            raise DefinitionError(f"field {self.name}: choices need a text field, got {self.kind.value}")
        values = [choice.value for choice in self.choices]
        if len(set(values)) < len(values):
            raise DefinitionError(f"field {self.name}: a choice is named twice among {', '.join(values)}")
        if self.choices and self.example is not None and self.choice(self.example) is None:
            raise DefinitionError(f"field {self.name}: the example {self.example!r} is not among its choices")
        if (self.low is not None or self.high is not None) and self.kind not in {Kind.INTEGER, Kind.REAL}:
            raise DefinitionError(f"field {self.name}: limits need a number, got {self.kind.value}")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise DefinitionError(f"field {self.name}: low {self.low} is above high {self.high}")
        if self.mask is not None and not self.read:
            raise DefinitionError(f"field {self.name}: a mask needs `read`, the roles that see it plain")
        if self.mask is not None and self.kind is not Kind.TEXT:
            raise DefinitionError(f"field {self.name}: only text can be masked, got {self.kind.value}")
        if self.refers and self.kind is not Kind.INTEGER:
            raise DefinitionError(f"field {self.name}: an id that `refers` is a whole number, got {self.kind.value}")
        for wrong, complaint in self._complaints():
            if wrong:
                raise DefinitionError(f"field {self.name}: {complaint}")

    def _complaints(self) -> tuple[tuple[bool, str], ...]:
        named, got = bool(self.joins) or self.system, f"got {self.kind.value}"
        server = (self.kind is Kind.INSTANT) is self.name.endswith("_at")
        return (
            (named and self.kind is not Kind.TEXT, f"a key or the name of a system is text, {got}"),
            (bool(self.precision) and self.kind is not Kind.INSTANT, f"only an instant has a precision, {got}"),
            (self.once and self.required, "what is written `once` after the row cannot be required"),
            (self.once and not server, "an instant written `once` is the server's and ends in _at"),
        )
