"""What a layer is made of beside its fields: its shape, its uses, constraints, source, style and what it is for."""

from dataclasses import dataclass
from enum import Enum


class Geometry(Enum):
    """What shape a feature has in storage; single lines and polygons are promoted to multi at load."""

    POINT = "Point"
    LINE = "MultiLineString"
    POLYGON = "MultiPolygon"


class Use(Enum):
    """What a layer is for, where a finder or planner needs exactly one layer or all layers of a use."""

    COUNTY = "county"
    TOWN = "town"
    VILLAGE = "village"
    PLACE_CODE = "place_code"
    CELL = "cell"
    CELL_CHANGE = "cell_change"
    STREET = "street"
    BARRIER = "barrier"
    LOAD = "load"
    WORKER = "worker"
    CHECK = "check"
    RUN = "run"
    DELIVERY = "delivery"
    RULE = "rule"
    HAZARD = "hazard"
    STATUS = "status"
    LINE_CELL = "line_cell"
    PATROL_AREA = "patrol_area"
    AREA_ADOPTION = "area_adoption"
    SUPERVISION = "supervision"
    VISIT_PLAN = "visit_plan"
    ROUTE = "route"
    ROUTE_STOP = "route_stop"
    ABSENCE = "absence"
    PIPE_PLAN = "pipe_plan"
    CONNECTION_PLAN = "connection_plan"
    RISER_PLAN = "riser_plan"
    COMPOUND = "compound"
    RISER = "riser"
    LINK = "link"


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

    An empty value of `by` is classed as `unknown`. `skill` is what a worker must know for the visit; empty: nothing.
    """

    kind: str
    by: str = ""
    unknown: str = ""
    skill: str = ""


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
class Crossing:
    """A pipe crosses lines of the layer at a price: that of their class, in the field `by`; `unknown` where empty."""

    by: str
    unknown: str


@dataclass(frozen=True, slots=True)
class Footprint:
    """Rows are houses to which rows of other layers can be tied: fields of the address and of the storeys."""

    address: str
    floors: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """Rows belong in a house, and can be tied to it: fields of the address and of the storey.

    A field that `joins` the layer of houses is the code; a point layer has a position, unless a code placed it.
    """

    address: str
    floor: str = ""


@dataclass(frozen=True, slots=True)
class Osm:
    """OpenStreetMap objects that deliver rows: all of `tags` must match; an empty value set matches any value."""

    tags: tuple[tuple[str, tuple[str, ...]], ...]
    without: tuple[tuple[str, tuple[str, ...]], ...] = ()
