"""What a layer is: the one value from which table, loader, map, masks and data sheet are worked out.

A layer with a geometry is a feature layer, one without is a register, and one with `log=True` is append-only. `derived`
says that runs write it, not deliveries. What a layer is for is declared (`uses`, `patrol`, `supplies`, `demands`), so
that a finder asks the definition and names no layer.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
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
        "delivery_id",
        "invented",
        "town_id",
        "village_id",
        "cell_id",
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


class Geometry(Enum):
    """What shape a feature has in storage; single lines and polygons are promoted to multi at load."""

    POINT = "Point"
    LINE = "MultiLineString"
    POLYGON = "MultiPolygon"


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


class Use(Enum):
    """What a layer is for, where a finder or planner needs exactly one layer or all layers of a use."""

    COUNTY = "county"
    TOWN = "town"
    VILLAGE = "village"
    CELL = "cell"
    STREET = "street"
    BARRIER = "barrier"
    LOAD = "load"
    WORKER = "worker"
    CHECK = "check"
    RUN = "run"
    DELIVERY = "delivery"
    RULE = "rule"
    STATUS = "status"
    PATROL_AREA = "patrol_area"
    PIPE_PLAN = "pipe_plan"


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
    `fixed` marks a value that never changes once stored. `refers` names the layer whose id the field holds.
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
        if self.once and self.required:
            raise DefinitionError(f"field {self.name}: what is written `once` after the row cannot be required")
        if self.once and (self.kind is Kind.INSTANT) is not self.name.endswith("_at"):
            raise DefinitionError(f"field {self.name}: an instant written `once` is the server's and ends in _at")


@dataclass(frozen=True, slots=True)
class Constraint:
    """SQL that is true of a good row; the same text is the database constraint and the load check."""

    name: str
    check: str
    reason: str
    zh: str = ""


@dataclass(frozen=True, slots=True)
class Exclude:
    """No two rows agree on all `elements` (SQL, each with its operator) where `where` holds."""

    name: str
    elements: tuple[tuple[str, str], ...]
    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Source:
    """Who publishes the rows, and under what licence."""

    publisher: str
    licence: str


@dataclass(frozen=True, slots=True)
class Style:
    """How the layer is drawn: by the colours of one field's choices, or in one colour. `order` is bottom to top."""

    by: str = ""
    colour: str = "#3b5b7a"
    fill: bool = True
    width: float = 1.0
    order: int = 50
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Patrol:
    """Objects of the layer are visited: under the rule of `kind`, classed by the field `by`.

    An empty value of `by` is classed as `unknown`.
    """

    kind: str
    by: str = ""
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class Supply:
    """Rows for which the SQL `where` is true are live roots that can feed `medium`."""

    medium: str
    where: str


@dataclass(frozen=True, slots=True)
class Demand:
    """Rows for which the SQL `where` is true could be connected to `medium`; prizes go by the field `by`."""

    medium: str
    where: str
    by: str


@dataclass(frozen=True, slots=True)
class Osm:
    """OpenStreetMap objects that deliver rows: all of `tags` must match; an empty value set matches any value."""

    tags: tuple[tuple[str, tuple[str, ...]], ...]
    without: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """What a set of roles gets of a layer: fields in plain, fields behind their mask; both empty: no layer at all."""

    plain: tuple[Field, ...]
    masked: tuple[Field, ...]

    @property
    def readable(self) -> bool:
        """Whether there is anything to see."""
        return bool(self.plain)


@dataclass(frozen=True, slots=True)
class Layer:
    """A table of the county, said once."""

    name: str
    title: str
    title_en: str
    doc: str
    key: str
    fields: tuple[Field, ...]
    source: Source
    geometry: Geometry | None = None
    read: frozenset[Role] = OFFICE
    write: frozenset[Role] = frozenset({Role.STEWARD})
    uses: frozenset[Use] = frozenset()
    log: bool = False
    derived: bool = False
    located: bool = False
    single: bool = False
    keyed_by_geometry: bool = False
    patrol: Patrol | None = None
    supplies: Supply | None = None
    demands: Demand | None = None
    accuracy: str = ""
    osm: tuple[Osm, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    excludes: tuple[Exclude, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    style: Style = field(default_factory=Style)

    def __post_init__(self) -> None:
        """Refuse a definition that contradicts itself, naming the layer."""
        try:
            self._check()
        except DefinitionError as error:
            raise DefinitionError(f"layer {self.name}: {error}") from None

    def _check(self) -> None:
        names = [each.name for each in self.fields]
        doubled = {name for name in names if names.count(name) > 1}
        if not NAME.fullmatch(self.name):
            raise DefinitionError("not a usable name")
        if doubled:
            raise DefinitionError(f"fields named twice: {', '.join(sorted(doubled))}")
        for name in (*names, *(each.name for each in self.constraints), *(each.name for each in self.excludes)):
            if len(f"{self.name}_{name}_choices") > LONGEST_NAME:
                raise DefinitionError(f"{name}: too long to name a constraint in {LONGEST_NAME} bytes")
        for each in self.fields:
            each.check()
            if each.once and not self.log:
                raise DefinitionError(f"field {each.name}: `once` belongs to a log")
        needed: Iterable[str] = (
            self.key,
            self.accuracy,
            self.style.by,
            *(name for group in self.unique for name in group),
        )
        for name in (*needed, self.patrol.by if self.patrol else "", self.demands.by if self.demands else ""):
            if name and name not in names:
                raise DefinitionError(f"no field {name!r}")
        for wrong, complaint in self._complaints():
            if wrong:
                raise DefinitionError(complaint)

    def _complaints(self) -> tuple[tuple[bool, str], ...]:
        key = self.field(self.key)
        by = self.style.by
        areal = self.geometry in {Geometry.POINT, Geometry.POLYGON}
        return (
            (not key.required, f"the key {key.name} must be required"),
            (bool(key.read), f"the key {key.name} orders and names rows, so all readers must see it"),
            (bool(by and self.field(by).read), f"style.by {by} may only name a field that all readers see"),
            (self.located and not areal, "only points and polygons are located in towns and cells"),
            (self.keyed_by_geometry and self.geometry is None, "keyed_by_geometry needs a geometry"),
            (self.log and self.derived, "a log holds events and a derived layer what runs make: it cannot be both"),
            (self.derived and not self.unique, "a derived layer needs `unique`, the fields that tell its rows apart"),
            (
                self.patrol is not None and not (self.located and self.historic),
                "what is patrolled must be located in towns and cells, and keep its past",
            ),
        )

    def field(self, name: str) -> Field:
        """Give the field of that name; DefinitionError where there is none."""
        for each in self.fields:
            if each.name == name:
                return each
        raise DefinitionError(f"layer {self.name}: no field {name!r}")

    @property
    def historic(self) -> bool:
        """Whether old versions are kept in `<name>_past`: true of every layer that is not a log and not derived."""
        return not self.log and not self.derived

    def visible(self, roles: Iterable[Role]) -> View:
        """Give what these roles get, in field order; the only gate for fields."""
        held = frozenset(roles)
        if not held & self.read:
            return View((), ())
        plain = tuple(each for each in self.fields if not each.read or held & each.read)
        masked = tuple(each for each in self.fields if each not in plain and each.mask not in {None, Mask.HIDDEN})
        return View(plain, masked)

    def example(self) -> dict[str, Value]:
        """Give the row of the fields' examples, without the empty ones: a good row of this layer."""
        return {each.name: each.example for each in self.fields if each.example is not None}


def digest_text(layer: Layer) -> str:
    """Give a text that differs when any part of the definition differs, equal on every machine."""
    return ";".join(f"{part.name}={_canonical(getattr(layer, part.name))}" for part in fields(layer))


def _canonical(value: object) -> str:
    if isinstance(value, frozenset):
        return "{" + ",".join(sorted(_canonical(item) for item in value)) + "}"
    if isinstance(value, tuple):
        return "(" + ",".join(_canonical(item) for item in value) + ")"
    if isinstance(value, (Field, Choice, Constraint, Exclude, Source, Style, Patrol, Supply, Demand, Osm)):
        inner = ",".join(f"{part.name}={_canonical(getattr(value, part.name))}" for part in fields(value))
        return f"{type(value).__name__}({inner})"
    return repr(value)
