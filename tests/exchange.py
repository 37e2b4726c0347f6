"""A county in which every layer that is delivered holds rows that are hard on a file, and its way out and back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from gis import layers
from gis.layer import Field, Geometry, Kind, Layer
from gis.run import export as run
from gis.run.deliver import Delivery, load_file
from gis.store import writing
from gis.store.county import County
from gis.store.formats.delivered import Asked
from gis.store.formats.forms import FORMATS
from gis.store.load import Origin, Outcome, load
from gis.store.load.conform import Terms
from gis.store.load.headings import known_names
from gis.store.reading import assembled
from gis.store.settings import Settings
from gis.store.writing.shape_text import DEGREES
from tests.builders import cloned, multi, shape_of, stored
from tests.conftest import X, Y

DELIVERED = [layer for layer in layers.every() if (layer.historic or layer.records) and not layer.single]
ENDINGS = [ending for form in writing.FORMS for ending in form.endings]
ODD_TEXTS = ("=1+1", "-5", "'@a", "0007", '引号"，\n第二行', "𠮷野家", "TRUE", "2026-03-04", "1e5", "NULL x")
ODD_REALS = (0.1 + 0.2, 1 / 3, 1e-7)
ODD_DAYS = (date(1899, 12, 31), date(2024, 2, 29), date(1900, 2, 28), date(1644, 10, 1))
OTHERS = UUID("a4d6b0a8-5f6e-4c8e-9d1e-0d1f0f1b2c3d")
HARD_ROWS = 4
OF_THE_FORM = {".xlsx": set(DEGREES), ".csv": set(DEGREES), ".gpkg": {"fid"}, ".gdb": {"OBJECTID"}}
"""Columns that are the form's own, or for people to read beside the WKT, and that no layer takes."""


@contextmanager
def filled_county(template: Settings, name: str) -> Iterator[County]:
    """Give a county in which every layer that is delivered holds its example and some rows that are hard on a file."""
    with cloned(template, name) as found:
        waiting = DELIVERED
        while waiting:  # a row may refer to one of another layer
            left = [layer for layer in waiting if not example_stored(found, layer)]
            assert len(left) < len(waiting), [layer.name for layer in left]
            waiting = left
        for layer in DELIVERED:
            hard_rows_stored(found, layer)
        yield found


def example_of(layer: Layer) -> dict[str, object]:
    """Give the example as a file may hold it: the id of an object is looked up by its key, and some keys are made."""
    found: dict[str, object] = {
        name: value
        for name, value in layer.example().items()
        if not (layer.keyed_by and name == layer.key)
        and not layer.field(name).once
        and not (layer.about_object and name == "object_id")
    }
    if layer.keyed_by:
        found.setdefault(layer.keyed_by[-1], "first")
    if layer.about_object:
        target = layers.named(str(found["layer"]))
        found["object_key"] = target.example()[target.key]
    return found


def example_stored(county: County, layer: Layer) -> bool:
    shape = None if layer.geometry is None else [shape_of(layer)]
    return stored(county, layer.name, [example_of(layer)], shape).new == 1


def hard_rows_stored(county: County, layer: Layer) -> None:
    """Store rows that are hard on a file; what a constraint refuses of one is as in the example."""
    rows = [_hard_row(layer, number) for number in range(1, HARD_ROWS + 1)]
    shapes = None if layer.geometry is None else [shape_near(layer, number) for number in range(1, HARD_ROWS + 1)]
    example = example_of(layer)
    for attempt in range(6):
        outcome = stored(county, layer.name, rows, shapes)
        if not outcome.faults:
            return
        for number, row in enumerate(rows, 1):
            told = [f"{fault.field} {fault.constraint}" for fault in outcome.faults if fault.row == number]
            named = {name for name in row for text in told if name in text or attempt > 3}
            row.update({name: example[name] for name in named & example.keys() - {layer.key, *layer.keyed_by}})
            if layer.key in named and layer.key in row:
                row[layer.key] = _like(str(example[layer.key]), number)
    raise AssertionError((layer.name, outcome.faults))


def _like(key: str, number: int) -> str:
    """Give another key of the same form."""
    return key[:-1] + [digit for digit in "123456789" if digit != key[-1]][number]


def _hard_row(layer: Layer, number: int) -> dict[str, object]:
    example = example_of(layer)
    row = {
        name: _odd_value(layer.field(name), number + place, value) if name != "object_key" else value
        for place, (name, value) in enumerate(example.items())
    }
    own = {layer.keyed_by[-1]: f"{number:015}"} if layer.keyed_by else {layer.key: _key_of(layer, number)}
    return row | {name: example[name] for name in layer.keyed_by} | own


def _odd_value(field: Field, number: int, example: object) -> object:
    if field.choices:
        return field.choices[number % len(field.choices)].value
    if not field.required and number % 5 == 0:
        return None
    if field.kind is Kind.REAL:
        odd = ODD_REALS[number % len(ODD_REALS)] + (field.low or 0.0)
        return odd if field.high is None or odd <= field.high else example
    odd_ones: dict[Kind, tuple[object, ...]] = {Kind.TEXT: ODD_TEXTS, Kind.DATE: ODD_DAYS, Kind.BOOLEAN: (True, False)}
    odd_ones_of = odd_ones.get(field.kind, (example,)) if example is not None else (None,)
    return odd_ones_of[number % len(odd_ones_of)]


def _key_of(layer: Layer, number: int) -> object:
    if layer.field(layer.key).kind is Kind.UUID:
        return uuid5(OTHERS, str(number))
    return f"=K-{number}" if layer.field(layer.key).kind is Kind.TEXT else number


def shape_near(layer: Layer, number: int) -> BaseGeometry:
    """Give a shape whose coordinates need all their digits, in parts and with a hole where it may have them.

    It lies within 200 m of the example's, which it may have to be near.
    """
    east, north = X + 20 + number * 30 + 1 / 3, Y + 60 + 1 / 7
    if layer.geometry is Geometry.POINT:
        return shapely.Point(east, north)
    if layer.geometry is Geometry.LINE:
        first = [(east, north), (east + 10.1, north + 0.1), (east + 20.3, north)]
        return shapely.MultiLineString([first, [(east, north + 30), (east + 0.7, north + 40)]])
    hole = shapely.box(east + 2, north + 2, east + 4.4, north + 5.1)
    area = shapely.box(east, north, east + 15.7, north + 18.1).difference(hole)
    return multi(area, shapely.box(east + 20, north, east + 27.9, north + 9.3))


def rows_of(county: County, layer: Layer) -> list[dict[str, Any]]:
    """Give what is stored of a layer in order of its key, with its shape as `geom` where it has one."""
    table = county.schema.table(layer)
    columns: list[sa.ColumnElement[Any]] = [table.c[field.name] for field in layer.fields]
    columns += [sa.func.ST_AsBinary(table.c.geom).label("geom")] if layer.geometry is not None else []
    with county.reading() as connection:
        found = connection.execute(sa.select(*columns).order_by(table.c[layer.key], table.c.id)).mappings().all()
    shape = {"geom": shapely.from_wkb} if layer.geometry is not None else {}
    return [
        {name: shape[name](bytes(value)) if name in shape else value for name, value in row.items()} for row in found
    ]


def carries(ending: str, layer: Layer) -> bool:
    """Whether a form can hold a layer, said here again: a drawing no areas, shapefiles and drawings no registers."""
    if ending == ".dxf":
        return layer.geometry in {Geometry.POINT, Geometry.LINE}
    return layer.geometry is not None or ending not in {".shp", ".zip"}


def came_back(county: County, layer: Layer, path: Path, *, synthetic: bool = False, crs: str | None = None) -> Outcome:
    """Load a file as the command does, but for the child process, which other tests go through."""
    if path.suffix == ".zip":
        return load_file(county, layer, Delivery(path, crs=crs, synthetic=synthetic))[0]
    form = next(form for form in FORMATS if path.suffix in form.endings)
    reading = assembled(form.read(str(path), Asked(names=known_names(layer))), crs)
    terms = Terms(zone=county.timezone)
    return load(county, layer, reading, Origin(path.name, crs=reading.crs, synthetic=synthetic), terms=terms)


def unchanged(outcome: Outcome, rows: int) -> None:
    assert outcome.faults == ()
    assert (outcome.new, outcome.changed, outcome.rejected, outcome.unchanged) == (0, 0, 0, rows)


def goes_round(county: County, layer: Layer, path: Path, *, chinese: bool) -> None:
    """Assert that a layer leaves whole and comes back as it is: every column is read, and nothing is written."""
    rows = len(rows_of(county, layer))
    assert rows == 1 + HARD_ROWS
    found = run.export(county, run.Wanted(layer, chinese=chinese), path)
    assert found.rows == rows
    drawing = path.suffix == ".dxf"
    outcome = came_back(county, layer, path, crs=found.crs if drawing else None)
    unchanged(outcome, rows)
    brought = {layer.key} if drawing else {each.name for each in layer.fields if not each.once}
    assert set(outcome.fields) == brought
    if drawing:
        assert "key" not in outcome.ignored  # it holds nothing else of ours
        return
    beside = {each.title if chinese else each.name for each in layer.fields if each.once}  # never delivered
    assert set(outcome.ignored) <= beside | OF_THE_FORM.get(path.suffix, set())
