"""What a layer is: the one value from which table, loader, map, masks and data sheet are worked out.

A layer with a geometry is a feature layer, one without is a register, and one with `log=True` is append-only. `derived`
says that runs write it, not deliveries. What a layer is for is declared (`uses`, `patrol`, `supplies`, `demands`), so
that a finder asks the definition and names no layer.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields

from gis.errors import DefinitionError
from gis.layer.attribute import (
    EVERYONE,
    LONGEST_NAME,
    NAME,
    OFFICE,
    SYSTEM_NAMES,
    Choice,
    Field,
    Kind,
    Mask,
    Role,
    Value,
)
from gis.layer.gas import PRESSURES
from gis.layer.naming import NAMED_OBJECT, NAMED_PLACE
from gis.layer.parts import (
    Constraint,
    Crossing,
    Demand,
    Exclude,
    Footprint,
    Geometry,
    Match,
    Osm,
    Patrol,
    Source,
    Style,
    Supply,
    Use,
)

__all__ = [
    "EVERYONE",
    "LONGEST_NAME",
    "NAME",
    "NAMED_OBJECT",
    "NAMED_PLACE",
    "OFFICE",
    "PRESSURES",
    "SYSTEM_NAMES",
    "Choice",
    "Constraint",
    "Crossing",
    "Demand",
    "Exclude",
    "Field",
    "Footprint",
    "Geometry",
    "Kind",
    "Layer",
    "Mask",
    "Match",
    "Osm",
    "Patrol",
    "Role",
    "Source",
    "Style",
    "Supply",
    "Use",
    "Value",
    "View",
    "digest_text",
]


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
    """A table of the county, said once.

    `located` features lie in a town, village and cell; lines `by_length` in several cells, each with its part of
    them. A register with `in_town` has town and village too; it and what is located may be
    delivered with columns that name them (`NAMED_PLACE`). `keyed_by` are the fields that make the key of a row which is
    not delivered with one: `source` and `number` for records of other systems; joined by `/` where the key is text, a
    UUIDv5 of them where it is a UUID. `about_object`: each row is about one object, held in the fields `layer` and
    `object_id` and delivered as `NAMED_OBJECT` or as that layer's own key (建筑编号). `records`: a log that takes
    records from files; what is recorded already is left as it is, and a row that contradicts it is rejected.
    Rows for which the SQL `households` is true are one household each.
    """

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
    by_length: bool = False
    single: bool = False
    in_town: bool = False
    about_object: bool = False
    records: bool = False
    keyed_by_geometry: bool = False
    keyed_by: tuple[str, ...] = ()
    patrol: Patrol | None = None
    supplies: Supply | None = None
    demands: Demand | None = None
    crossing: Crossing | None = None
    footprint: Footprint | None = None
    match: Match | None = None
    accuracy: str = ""
    households: str = ""
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
            *self.keyed_by,
            *(each.precision for each in self.fields),
            *(("layer", "object_id") if self.about_object else ()),
        )
        needed = (*needed, *_names_of(self.footprint), *_names_of(self.match))
        parts = (self.patrol, self.demands, self.crossing)
        for name in (*needed, *(each.by for each in parts if each is not None)):
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
            (
                self.by_length and not (self.geometry is Geometry.LINE and self.historic),
                "only lines that keep their past lie in cells by length",
            ),
            (self.in_town and self.geometry is not None, "what has a shape is `located`; `in_town` is for registers"),
            (self.records and not (self.log and self.keyed_by), "records belong to a log and need `keyed_by`"),
            (
                bool(self.keyed_by) and key.kind not in {Kind.TEXT, Kind.UUID},
                f"keyed_by makes text or a UUID, but the key {key.name} is {key.kind.value}",
            ),
            (self.keyed_by_geometry and self.geometry is None, "keyed_by_geometry needs a geometry"),
            (self.footprint is not None and self.geometry is not Geometry.POLYGON, "a footprint is a polygon"),
            (self.match is not None and not self.historic, "what is tied to a house must keep its past"),
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

    @property
    def places(self) -> tuple[str, ...]:
        """Give the system columns that say where a row belongs; empty where it belongs nowhere.

        A status row lies where its object does, so that a town's or a cell's states are read from one index.
        """
        if self.located:
            return "town_id", "village_id", "cell_id"
        if Use.STATUS in self.uses:
            return "town_id", "cell_id"
        return ("town_id", "village_id") if self.in_town else ()

    @property
    def naming(self) -> tuple[Field, ...]:
        """Give the columns beside its own fields that a delivery may name a row's place and object by."""
        named = (
            *(NAMED_PLACE if self.places and not self.derived else ()),
            *(NAMED_OBJECT if self.about_object else ()),
        )
        own = {each.name for each in self.fields}
        return tuple(each for each in named if each.name not in own)

    @property
    def joining(self) -> tuple[Field, ...]:
        """Give the fields that hold another layer's key, by which a point without a shape is placed."""
        return tuple(each for each in self.fields if each.joins)

    @property
    def placed_by_code(self) -> bool:
        """Whether rows may take their place from another layer, so that each says in `placed_by` where it is from."""
        return self.geometry is Geometry.POINT and bool(self.joining)

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


def _names_of(part: Footprint | Match | None) -> tuple[str, ...]:
    return tuple(getattr(part, each.name) for each in fields(part)) if part is not None else ()


def digest_text(layer: Layer) -> str:
    """Give a text that differs when any part of the definition differs, equal on every machine."""
    return ";".join(f"{part.name}={_canonical(getattr(layer, part.name))}" for part in fields(layer))


def _canonical(value: object) -> str:
    if isinstance(value, frozenset):
        return "{" + ",".join(sorted(_canonical(item) for item in value)) + "}"
    if isinstance(value, tuple):
        return "(" + ",".join(_canonical(item) for item in value) + ")"
    if isinstance(
        value,
        (Field, Choice, Constraint, Crossing, Exclude, Source, Style, Patrol, Supply, Demand, Footprint, Match, Osm),
    ):
        inner = ",".join(f"{part.name}={_canonical(getattr(value, part.name))}" for part in fields(value))
        return f"{type(value).__name__}({inner})"
    return repr(value)
