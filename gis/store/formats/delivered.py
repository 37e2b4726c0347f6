"""A delivered file as the reader of its format hands it over: every row in file order, and what is wrong with which."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN = 60
POSITION = ("lon", "lat", "east", "north", "lonlat", "latlon", "wkt")
"""What the columns of a table can say of a position; `--map lon=COLUMN` names one by hand."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a steward says of a file: its sublayer or sheet, the encoding of its text, the row that names the columns.

    All None: the file tells them itself, or is refused where it does not. `names` are those under which the layer knows
    its columns, so that a table's header can be told from its title; `position` names the columns of the position by
    hand, in pairs of a name of `POSITION` and a column.
    """

    sublayer: str | None = None
    encoding: str | None = None
    header_row: int | None = None
    names: tuple[str, ...] = ()
    position: tuple[tuple[str, str], ...] = ()


class Fault(NamedTuple):
    """Why a row cannot be read: its number from 1, the field, the constraint it broke, what was expected, what came."""

    row: int
    field: str
    constraint: str
    expected: str
    actual: str


class Axes(NamedTuple):
    """The columns that positions were made of; `degrees`: their names say so; `open`: which is east is not said."""

    columns: tuple[str, ...]
    degrees: bool = False
    open: bool = False


@dataclass(frozen=True, slots=True)
class Delivered:
    """All rows of one sublayer.

    `columns` and `wkb` are Arrow columns of equal length; row 1 is their first value. A row without geometry, or whose
    geometry cannot be read, has a null there; the second kind stands among the `faults`. `crs` is an authority's name
    or WKT, None where unknown; `crs_declared` says that the file itself names it. `notes` say, one
    sentence each in Chinese and English, what was noticed about the file that costs no row. `numbers` are the rows' own
    numbers in the file, rising, where they are not 1, 2, 3 …: a sheet has titles and empty rows. `axes` says of which
    columns positions were made. `clockwise` says that the form wants outer rings so, which is then nothing to mend.
    """

    columns: "dict[str, pa.ChunkedArray]"
    wkb: "pa.ChunkedArray"
    crs: str | None
    crs_declared: bool
    faults: list[Fault] = field(default_factory=list)
    sublayer: str = ""
    sublayers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    numbers: "pa.ChunkedArray | None" = None
    axes: Axes | None = None
    clockwise: bool = False


def shown(value: object) -> str:
    """Give a delivered JSON value in words, short enough for a sentence and safe to print."""
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, str):
        text = value if len(value) <= SHOWN else value[: SHOWN - 1] + "…"
        return f'"{text}"' if text.isprintable() else ascii(text)
    return str(value).lower() if isinstance(value, bool) else f"{value!r:.{SHOWN}}"
