"""Rows on their way into a file: columns of known kinds, and chunks of plain Python values with their shapes."""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import numpy as np
import pandas as pd
import shapely

from gis.crs import Geometries
from gis.errors import DeliveryError
from gis.layer import Kind

if TYPE_CHECKING:
    from gis.store.writing.legend import Legend

Cell = str | int | float | bool | date | datetime | UUID | dict[str, Any] | list[Any] | None

LARGEST_INTEGER = 2**63
POINT = "Point"
POINTS = frozenset({POINT, "MultiPoint"})
"""The kinds of points, which forms tell apart; of lines and areas single and multi are one kind."""
ANY_SHAPE = "Unknown"
NO_SHAPE = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file: its name, what it holds, and the words a reader may see instead of the name.

    `short` is its name where a form has room for ten bytes; empty: what is left of the name.
    """

    name: str
    kind: Kind
    title: str = ""
    short: str = ""


class Chunk(NamedTuple):
    """Some rows: a list of values a column, and their shapes, None where the file has none."""

    values: list[list[Cell]]
    geometry: Geometries | None


@dataclass(frozen=True, slots=True)
class Rows:
    """All that a file is written from.

    `chunks` are gone through once, in order. `shape` is the kind of the geometry column ("Point", "MultiPolygon", …),
    "Unknown" where kinds are mixed, "" where there is none. `crs` is an authority's name, WKT, or None where it is not
    known. `key` names the column that tells rows apart, "" where none does. `points` gives longitude and latitude of
    each shape of a chunk in degrees, for those forms that show them to people. `most_points` is how many vertices the
    largest shape has, where a form must know before the first row. `legend` says how they are drawn.
    """

    name: str
    columns: tuple[Column, ...]
    chunks: Iterable[Chunk]
    shape: str = NO_SHAPE
    crs: str | None = None
    key: str = ""
    title: str = ""
    points: Callable[[Geometries], tuple[Sequence[float], Sequence[float]]] | None = None
    most_points: int = 0
    legend: "Legend | None" = None

    @property
    def names(self) -> tuple[str, ...]:
        """Give the columns' names in order."""
        return tuple(column.name for column in self.columns)


def of_frame(
    frame: pd.DataFrame,
    geometry: Geometries | None,
    crs: str | None,
    *,
    name: str,
    title: str = "",
    key: str = "",
) -> Rows:
    """Give the rows of a frame whose columns hold anything; a column that mixes kinds becomes text.

    Geometry that is empty in every row counts as a column of shapes all the same, of no kind.
    """
    columns: list[Column] = []
    values: list[list[Cell]] = []
    for place, label in enumerate(frame.columns):
        cells = [_plain(cell) for cell in frame.iloc[:, place].astype(object).tolist()]
        kind = kind_of(cells)
        columns.append(Column(str(label), kind))
        values.append([_as_text(cell) for cell in cells] if kind is Kind.TEXT else cells)
    if geometry is not None and len(geometry) != len(frame):
        raise ValueError(f"expected a shape for each of {len(frame)} rows, got {len(geometry)}")
    shape = NO_SHAPE if geometry is None else shape_of(geometry)
    most_points = 0 if geometry is None else int(shapely.get_num_coordinates(geometry).max(initial=0))
    return Rows(
        name, tuple(columns), (Chunk(values, geometry),), shape, crs, key=key, title=title, most_points=most_points
    )


def shape_of(geometry: Geometries) -> str:
    """Give the one kind of all shapes; "Unknown" where they are mixed or all empty."""
    kinds = {each.geom_type for each in geometry if each is not None}
    return kinds.pop() if len(kinds) == 1 and not kinds & {"GeometryCollection", "LinearRing"} else ANY_SHAPE


def kind_of(cells: Sequence[Cell]) -> Kind:
    """Give the kind that holds all values exactly; text where only text does, or where there are none."""
    types = {type(cell) for cell in cells if cell is not None}
    if types == {int, float}:
        exact = all(not isinstance(cell, int) or abs(cell) <= 2**53 for cell in cells)
        return Kind.REAL if exact and _finite(cells) else Kind.TEXT
    if types == {int}:
        fits = all(cell is None or -LARGEST_INTEGER <= cell < LARGEST_INTEGER for cell in cells if type(cell) is int)
        return Kind.INTEGER if fits else Kind.TEXT
    if types == {float}:
        return Kind.REAL if _finite(cells) else Kind.TEXT
    if types == {datetime} and any(isinstance(cell, datetime) and cell.tzinfo is None for cell in cells):
        return Kind.TEXT
    alone = {bool: Kind.BOOLEAN, date: Kind.DATE, datetime: Kind.INSTANT, UUID: Kind.UUID, dict: Kind.JSON}
    return alone.get(next(iter(types)), Kind.TEXT) if len(types) == 1 else Kind.TEXT


def _finite(cells: Sequence[Cell]) -> bool:
    return all(not isinstance(cell, float) or math.isfinite(cell) for cell in cells)


def _plain(cell: Any) -> Cell:  # whatever a frame holds
    if isinstance(cell, pd.Timestamp) and cell is not pd.NaT:
        return cell.to_pydatetime(warn=False)
    if isinstance(cell, (np.generic, np.ndarray)):
        cell = cell.tolist()
    if cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, (bytes, bytearray)):
        return cell.replace(b"\x00", b"\\x00").decode(errors="backslashreplace")
    return cell if isinstance(cell, (str, int, float, date, UUID, dict, list)) else str(cell)


def _as_text(cell: Cell) -> str | None:
    return None if cell is None else text_of(cell)


def text_of(cell: Cell) -> str:
    """Give a value as text that a load reads back as the same: true, 2026-03-04, an instant with its offset, JSON."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return repr(cell)
    if isinstance(cell, (date, datetime)):
        return cell.isoformat()
    if isinstance(cell, (dict, list)):
        return json.dumps(cell, ensure_ascii=False, default=str)
    return str(cell)


def numbered(chunks: Iterable[Chunk]) -> Iterator[tuple[int, Chunk]]:
    """Give each chunk with the number of its first row, from 1."""
    first = 1
    for chunk in chunks:
        yield first, chunk
        first += size(chunk)


def size(chunk: Chunk) -> int:
    """Give how many rows a chunk has."""
    if chunk.geometry is not None:
        return len(chunk.geometry)
    return len(chunk.values[0]) if chunk.values else 0


def refuse(form: str, why: str, *, better: str) -> DeliveryError:
    """Give the refusal of what a form cannot carry, with one that can."""
    return DeliveryError(f"{form}: {why}; 请改用 · choose {better}")


def wkb(geometry: Geometries) -> Geometries:
    """Give shapes as bytes, little-endian and without SRID; None stays None."""
    return np.asarray(shapely.to_wkb(geometry, byte_order=1), dtype=object)
