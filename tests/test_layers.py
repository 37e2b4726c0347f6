"""The same questions to every layer, register and log: one that is added is tested by being there."""

import itertools
import json
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa
from geoalchemy2.shape import from_shape
from psycopg.errors import CheckViolation, ExclusionViolation, UniqueViolation
from shapely.geometry.base import BaseGeometry

from api import maps
from gis import crs, law, layers
from gis.layer import Constraint, Field, Geometry, Kind, Layer, Role, Use
from gis.run.pipe_prices import SERVICE, UNCLASSED
from gis.store import migrate
from gis.store.county import County, engine_for
from gis.store.fetch import features, reading_of
from gis.store.load.conform import Conformed, Terms, conform
from gis.store.load.unused import TOLD
from gis.store.schema import constraint_name, constraints
from gis.store.server import DatabaseRole
from gis.store.settings import Settings
from tests.builders import cloned, inserted, point, shape_of, square, stored, undone
from tests.conftest import SRID

EVERY = layers.every()
DELIVERED = [layer for layer in EVERY if layer.historic and not layer.single]
FIELDS = [(layer, field) for layer in EVERY for field in layer.fields]
CONSTRAINTS = [
    (layer, each) for layer in EVERY for each in constraints(layer) if each in layer.constraints or "geom" in each.check
]
CHINESE = re.compile("[\u4e00-\u9fff]")
COLOUR = re.compile("#[0-9a-f]{6}")
COLUMNS = {
    Kind.TEXT: "TEXT",
    Kind.INTEGER: "BIGINT",
    Kind.REAL: "DOUBLE PRECISION",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.DATE: "DATE",
    Kind.INSTANT: "TIMESTAMP",
    Kind.UUID: "UUID",
    Kind.JSON: "JSONB",
}


def name(value: object) -> str:
    """Give the name of a case."""
    return str(getattr(value, "name", value))


each_layer = pytest.mark.parametrize("layer", EVERY, ids=name)
each_delivered = pytest.mark.parametrize("layer", DELIVERED, ids=name)


@pytest.fixture(scope="module")
def place(template: Settings) -> Iterator[County]:
    """One county in which nothing is ever committed."""
    with cloned(template, "test_layers") as found:
        yield found


@pytest.fixture(scope="module")
def filled(template: Settings) -> Iterator[County]:
    """One county that deliveries fill."""
    with cloned(template, "test_layers_filled") as found:
        yield found


# What a definition says


@each_layer
def test_a_layer_says_in_both_languages_what_it_is(layer: Layer) -> None:
    assert CHINESE.search(layer.title)
    assert re.fullmatch(r"[A-Z][A-Za-z0-9 -]+", layer.title_en)
    assert len(layer.doc) > 15
    assert layer.source.publisher
    assert layer.source.licence
    assert all(CHINESE.search(each.zh) and each.reason for each in constraints(layer))
    assert all(each.reason for each in layer.excludes)


@each_layer
def test_each_field_and_choice_says_in_both_languages_what_it_is(layer: Layer) -> None:
    for field in layer.fields:
        assert CHINESE.search(field.title), field.name
        assert re.fullmatch(r"[A-Z][A-Za-z0-9 -]*", field.title_en), field.name
        assert field.doc.endswith("."), field.name
        for choice in field.choices:
            assert CHINESE.search(choice.title), choice.value
            assert re.fullmatch(r"[A-Z][A-Za-z0-9 -]*", choice.title_en), choice.value
        assert len({choice.title for choice in field.choices}) == len(field.choices)


@each_layer
def test_a_layers_labels_can_be_told_apart(layer: Layer) -> None:
    titles = [field.title for field in layer.fields]
    assert len(set(titles)) == len(titles)
    assert [other.name for other in EVERY if other.title == layer.title] == [layer.name]


@each_layer
def test_a_layer_has_a_colour_for_whatever_it_draws(layer: Layer) -> None:
    assert COLOUR.fullmatch(layer.style.colour)
    drawn = layer.field(layer.style.by).choices if layer.style.by else ()
    assert bool(drawn) == bool(layer.style.by)
    assert all(COLOUR.fullmatch(choice.colour) for choice in drawn)
    assert len({choice.colour for choice in drawn}) == len(drawn)
    assert all(not choice.colour or COLOUR.fullmatch(choice.colour) for f in layer.fields for choice in f.choices)


@each_layer
def test_an_id_refers_to_a_layer_that_there_is_and_who_writes_may_read(layer: Layer) -> None:
    assert {field.refers for field in layer.fields if field.refers} <= {other.name for other in EVERY}
    assert layer.write <= layer.read


def test_no_table_takes_the_name_of_another() -> None:
    tables = [*(layer.name for layer in EVERY), *(f"{layer.name}_past" for layer in EVERY if layer.historic)]
    assert len({*tables, "patrolled", "object_id", "spatial_ref_sys", "alembic_version"}) == len(tables) + 4


@each_layer
def test_a_personal_field_is_not_plain_for_a_planner(layer: Layer) -> None:
    plain = {field.name for field in layer.visible({Role.PLANNER}).plain}
    closed = {field.name for field in layer.fields if field.read and Role.PLANNER not in field.read}
    assert not plain & closed
    assert layer.style.by not in closed


# What the database makes of it


@each_layer
def test_its_table_stands_with_every_field_in_its_kind(place: County, layer: Layer) -> None:
    with undone(place) as connection:
        found = sa.inspect(connection)
        assert found.has_table(f"{layer.name}_past") == layer.historic
        for table in (layer.name, f"{layer.name}_past")[: 1 + layer.historic]:
            columns = {column["name"]: column for column in found.get_columns(table)}
            for field in layer.fields:
                assert str(columns[field.name]["type"]) == COLUMNS[field.kind]
                assert columns[field.name]["nullable"] is not field.required
            assert ("geom" in columns) == (layer.geometry is not None)
            assert ({"town_id", "village_id", "cell_id"} <= columns.keys()) == layer.located
            assert ("recorded_at" in columns) is not layer.derived
            assert ("recorded_until" in columns) == table.endswith("_past")


@each_layer
def test_its_title_and_words_stand_in_the_database(place: County, layer: Layer) -> None:
    with undone(place) as connection:
        found = sa.inspect(connection)
        told = str(found.get_table_comment(layer.name)["text"])
        columns = {column["name"]: str(column["comment"]) for column in found.get_columns(layer.name)}
    assert layer.title in told
    assert layer.doc in told
    for field in layer.fields:
        assert columns[field.name].startswith(field.title)
        assert columns[field.name].endswith(field.doc)
        assert f"[{field.unit}]" in columns[field.name] or not field.unit
    assert all(words not in {"", "None"} for words in columns.values())


def only_row(connection: sa.Connection, layer: Layer) -> None:
    """Make room for a row of a layer that has one row alone."""
    if layer.single:
        connection.exec_driver_sql(f'DELETE FROM "{layer.name}"')


@each_layer
def test_a_row_of_its_own_examples_is_stored_and_comes_back(place: County, layer: Layer) -> None:
    table = place.schema.table(layer)
    with undone(place) as connection:
        only_row(connection, layer)
        identity = inserted(connection, place, layer, {})
        row = connection.execute(sa.select(table).where(table.c.id == identity)).mappings().one()
    assert {field.name: row[field.name] for field in layer.fields} == {
        field.name: layer.example().get(field.name) for field in layer.fields
    }
    assert identity > 0


@each_layer
def test_its_key_is_given_once(place: County, layer: Layer) -> None:
    with undone(place) as connection:
        only_row(connection, layer)
        inserted(connection, place, layer, {})
        with pytest.raises(sa.exc.IntegrityError) as caught:
            inserted(connection, place, layer, {})
    assert isinstance(caught.value.orig, UniqueViolation)
    named = str(caught.value.orig.diag.constraint_name)
    keys = [layer.key] if not layer.derived else ["_".join(group) for group in layer.unique]
    assert named in {*(f"{layer.name}_{key}_key" for key in keys), f"{layer.name}_single"}


@pytest.mark.parametrize("layer", [layer for layer in EVERY if layer.single], ids=name)
def test_a_layer_of_one_row_takes_no_second(place: County, layer: Layer) -> None:
    with undone(place) as connection, pytest.raises(sa.exc.IntegrityError, match=f"{layer.name}_single"):
        inserted(connection, place, layer, {layer.key: "another"})


@pytest.mark.parametrize(("layer", "exclude"), [(layer, each) for layer in EVERY for each in layer.excludes], ids=name)
def test_rows_that_exclude_each_other_do_not_stand_together(place: County, layer: Layer, exclude: Constraint) -> None:
    with undone(place) as connection:
        inserted(connection, place, layer, {})
        with pytest.raises(sa.exc.IntegrityError) as caught:
            inserted(connection, place, layer, {layer.key: "another"})
    assert isinstance(caught.value.orig, ExclusionViolation)
    assert caught.value.orig.diag.constraint_name == constraint_name(layer, exclude.name)


@each_layer
def test_the_reader_role_gets_what_is_not_personal_and_nothing_else(place: County, layer: Layer) -> None:
    tables = [place.schema.table(layer), *([place.schema.past(layer)] if layer.historic else [])]
    with undone(place, DatabaseRole.READER) as connection:
        for table, field in itertools.product(tables, layer.fields):
            query = sa.select(table.c[field.name]).limit(1)
            if field.read:
                with pytest.raises(sa.exc.ProgrammingError, match="permission denied"), connection.begin_nested():
                    connection.execute(query)
            else:
                connection.execute(query)
        for table in tables:
            with pytest.raises(sa.exc.ProgrammingError, match="permission denied"), connection.begin_nested():
                connection.execute(sa.delete(table))


# Rows that break what the layer says


@dataclass(frozen=True)
class Bad:
    """A row that differs from the example in `changed` and so breaks a constraint."""

    constraint: str
    changed: dict[str, object]


def broken(connection: sa.Connection, county: County, layer: Layer, changed: dict[str, object]) -> set[str]:
    """Give every constraint that the example with `changed` breaks: each that refuses it is dropped, then the next."""
    table = county.schema.table(layer)
    later = {field.name: changed[field.name] for field in layer.fields if field.once and field.name in changed}
    at_once = {key: value for key, value in changed.items() if key not in later}
    found: set[str] = set()
    outer = connection.begin_nested()
    while True:
        try:
            with connection.begin_nested():
                identity = inserted(connection, county, layer, at_once)
                if later:
                    connection.execute(sa.update(table).where(table.c.id == identity).values(later))
            break
        except sa.exc.DataError:  # what is left of the constraints cannot be worked out for such a row
            break
        except sa.exc.IntegrityError as error:
            if not isinstance(error.orig, CheckViolation) or error.orig.diag.constraint_name is None:
                raise
            found.add(error.orig.diag.constraint_name)
            connection.exec_driver_sql(f'ALTER TABLE "{layer.name}" DROP CONSTRAINT {error.orig.diag.constraint_name}')
    outer.rollback()
    return found


def beyond(field: Field, limit: float, *, up: bool) -> float | int:
    """Give the nearest value outside a limit."""
    if field.kind is Kind.INTEGER:
        return int(limit) + (1 if up else -1)
    return math.nextafter(limit, math.inf if up else -math.inf)


def simply_bad(field: Field) -> list[Bad]:
    """Give what breaks the field's own limits and choices, by as little as can be."""
    found = []
    if field.low is not None:
        found.append(Bad(f"{field.name}_low", {field.name: beyond(field, field.low, up=False)}))
    if field.high is not None:
        found.append(Bad(f"{field.name}_high", {field.name: beyond(field, field.high, up=True)}))
    if field.choices:
        found += [Bad(f"{field.name}_choices", {field.name: value}) for value in (field.choices[0].value + " ", "")]
    return found


SIMPLE = [(layer, field, bad) for layer, field in FIELDS for bad in simply_bad(field)]


@pytest.mark.parametrize(("layer", "field", "bad"), SIMPLE, ids=lambda each: getattr(each, "constraint", name(each)))
def test_a_value_just_beyond_a_limit_or_no_choice_is_refused(
    place: County, layer: Layer, field: Field, bad: Bad
) -> None:
    with undone(place) as connection:
        only_row(connection, layer)
        full = constraint_name(layer, bad.constraint)
        assert full in broken(connection, place, layer, bad.changed)
        for good in (field.low, field.high, *(choice.value for choice in field.choices)):
            if good is not None:
                assert full not in broken(connection, place, layer, {field.name: good})


@pytest.mark.parametrize(("layer", "field"), [each for each in FIELDS if each[1].required], ids=name)
def test_a_required_field_is_never_empty(place: County, layer: Layer, field: Field) -> None:
    with undone(place) as connection:
        only_row(connection, layer)
        with pytest.raises(sa.exc.IntegrityError, match=f'null value in column "{field.name}"'):
            inserted(connection, place, layer, {field.name: None})


def shapes_of(geometry: Geometry) -> list[BaseGeometry]:
    """Give shapes that some constraint may refuse: small, flat, crossing themselves, empty."""
    if geometry is Geometry.POINT:
        return [shapely.Point(math.inf, 0), shapely.Point()]
    good = shape_of(next(layer for layer in EVERY if layer.geometry is geometry))
    corner = shapely.get_coordinates(good)[0]
    small = shapely.transform(good, lambda places: corner + (places - corner) * 0.001)
    flat = shapely.transform(good, lambda places: corner + (places - corner) * 0)
    if geometry is Geometry.LINE:
        return [small, flat, shapely.MultiLineString()]
    bow = shapely.Polygon(corner + np.array([(0, 0), (10, 10), (10, 0), (0, 10)]))
    return [small, flat, shapely.MultiPolygon([bow]), shapely.MultiPolygon()]


def candidates(layer: Layer, field: Field, check: str) -> list[object]:
    """Give values of a field near those that stand in the layer's examples and in a constraint's text."""
    numbers = [float(each) for each in re.findall(r"\d+(?:\.\d+)?", check)]
    days = [field.example for field in layer.fields if type(field.example) is date]
    if field.kind is Kind.DATE:
        return [day + timedelta(days=step) for day in days or [date(2026, 3, 1)] for step in (-1, 0, 1)]
    if field.kind is Kind.INSTANT:
        return [datetime.now(UTC) + timedelta(minutes=number + step) for number in numbers or [0] for step in (1, -1)]
    if field.kind in {Kind.INTEGER, Kind.REAL}:
        near = [*numbers, *(day.year for day in days), float(str(field.example or 0))]
        return [int(each + step) for each in near for step in (1, -1, 0)]
    if field.kind is Kind.BOOLEAN:
        return [True, False]
    if field.kind is Kind.TEXT and field.choices:
        return [choice.value for choice in field.choices]
    text = str(field.example or "")
    return ["x", text[:-1], "", *re.findall(r"'([^']*)'", check)] if field.kind is Kind.TEXT else []


def rows_that_break(layer: Layer, constraint: Constraint) -> Iterator[Bad]:
    """Give rows that may break a constraint: with one field changed, then with two."""
    named = [field for field in layer.fields if re.search(rf"\b{field.name}\b", constraint.check)]
    values = {
        field.name: [*candidates(layer, field, constraint.check), *([] if field.required else [None])]
        for field in named
    }
    if "geom" in constraint.check and layer.geometry is not None:
        binary = [shapely.to_wkb(shape) for shape in shapes_of(layer.geometry)]
        values["geom"] = [sa.func.ST_SetSRID(sa.func.ST_GeomFromWKB(each), SRID) for each in binary]
    for size in (1, 2):
        for names in itertools.combinations(values, size):
            for chosen in itertools.product(*(values[name] for name in names)):
                yield Bad(constraint.name, dict(zip(names, chosen, strict=True)))


@pytest.mark.parametrize(("layer", "constraint"), CONSTRAINTS, ids=name)
def test_every_constraint_refuses_some_row_close_to_the_example(
    place: County, layer: Layer, constraint: Constraint
) -> None:
    full = constraint_name(layer, constraint.name)
    with undone(place) as connection:
        only_row(connection, layer)
        assert broken(connection, place, layer, {}) == set()
        tried = itertools.islice(rows_that_break(layer, constraint), 400)
        assert any(full in broken(connection, place, layer, bad.changed) for bad in tried), constraint.check


NOW = datetime.now(UTC)
EDGES: list[tuple[str, str, dict[str, object], dict[str, object]]] = [
    ("building", "area_plausible", {"geom": square(0, 0, 0.3163)}, {"geom": square(0, 0, 0.3162)}),
    ("building", "grade_after_built", {"built_year": 2024}, {"built_year": 2025}),
    ("building", "built_year_low", {"built_year": 1000}, {"built_year": 999}),
    (
        "check",
        "not_seen_in_the_future",
        {"seen_at": NOW + timedelta(minutes=4)},
        {"seen_at": NOW + timedelta(minutes=40)},
    ),
    ("check", "void_says_why", {"voided_at": NOW, "void_reason": "why"}, {"voided_at": NOW}),
    ("check", "void_says_why", {}, {"void_reason": "why"}),
    (
        "construction_site",
        "completed_after_start",
        {"completed_on": date(2026, 2, 1)},
        {"completed_on": date(2026, 1, 31)},
    ),
    ("delivery", "rows_add_up", {"delivered": 6, "new": 2, "changed": 2, "unchanged": 1, "rejected": 1}, {"new": 2}),
    ("gas_pipeline", "diameter_high", {"diameter": 2000.0}, {"diameter": 2000.1}),
    ("gas_user", "piped_keeps_no_bottles", {"supply": "piped", "bottles_mass": 0.0}, {"supply": "piped"}),
    ("gas_user", "floor_low", {"floor": -9}, {"floor": -10}),
    ("grid_cell", "code_is_15_digits", {"code": "9" * 15}, {"code": "9" * 14}),
    ("grid_cell", "code_is_15_digits", {"code": "0" * 15}, {"code": "9" * 14 + "x"}),
    ("grid_cell", "ends_after_start", {"valid_to": date(2026, 1, 1)}, {"valid_to": date(2025, 12, 31)}),
    ("rule_version", "ends_after_start", {"valid_to": date(2020, 1, 2)}, {"valid_to": date(2020, 1, 1)}),
    ("rule_version", "whole_days", {"amount": 30.0}, {"amount": 29.0}),
    ("rule_version", "whole_days", {"amount": 1.5, "unit": "m"}, {"amount": 31.5}),
    ("worker", "leaves_after_start", {"to_on": date(2025, 1, 1)}, {"to_on": date(2024, 12, 31)}),
    ("worker", "share_low", {"share": 0.05}, {"share": 0.0499}),
]


@pytest.mark.parametrize(("named", "constraint", "good", "bad"), EDGES)
def test_a_constraint_divides_where_its_words_say(
    place: County, named: str, constraint: str, good: dict[str, object], bad: dict[str, object]
) -> None:
    layer = layers.named(named)
    with undone(place) as connection:
        found = [broken(connection, place, layer, _as_stored(row)) for row in (good, bad)]
    assert found == [set(), {f"{named}_{constraint}"}]


def _as_stored(row: dict[str, object]) -> dict[str, object]:
    return {
        key: from_shape(shapely.MultiPolygon([value]), SRID) if isinstance(value, shapely.Polygon) else value
        for key, value in row.items()
    }


# What deliveries make of it


def delivered(layer: Layer, *rows: dict[str, object]) -> tuple[list[dict[str, object]], list[BaseGeometry] | None]:
    """Give deliverable rows: the example with one thing changed in each, and shapes where the layer has them."""
    names = [field.name for field in deliverable(layer)]
    good = dict.fromkeys(names, None) | {name: value for name, value in layer.example().items() if name in names}
    shapes = None if layer.geometry is None else [shape_of(layer)] * len(rows)
    return [good | row for row in rows], shapes


def deliverable(layer: Layer) -> list[Field]:
    """Give the fields that a file may hold; the id of an object is looked up by its key."""
    return [
        field for field in layer.fields if not field.once and not (layer.about_object and field.kind is Kind.INTEGER)
    ]


def keyed(layer: Layer, number: int) -> dict[str, object]:
    """Give what makes a row another one: its key, or the last value of which the key is made."""
    own = f"{number:015}"
    return {layer.keyed_by[-1]: own, layer.key: None} if layer.keyed_by else {layer.key: own}


@each_delivered
def test_a_delivery_of_its_examples_is_new_and_the_second_time_unchanged(filled: County, layer: Layer) -> None:
    rows, shapes = delivered(layer, {})
    first, second = (stored(filled, layer.name, rows, shapes) for _ in range(2))
    assert (first.new, first.rejected, first.faults) == (1, 0, ())
    assert (second.new, second.changed, second.unchanged, second.rejected) == (0, 0, 1, 0)
    assert set(first.fields) == {field.name for field in deliverable(layer)}


def wrong_values(layer: Layer) -> list[Bad]:
    """Give what a delivery may bring that breaks limits, choices and required fields; text is read without blanks."""
    limits = [bad for field in layer.fields for bad in simply_bad(field) if not field.choices]
    closed = [
        each for each in layer.fields if each.choices and not any("*" in choice.source for choice in each.choices)
    ]
    strange = [Bad(f"{field.name}_choices", {field.name: "no such choice"}) for field in closed]
    empty = [
        Bad("required", {field.name: None}) for field in layer.fields if field.required and field.name != layer.key
    ]
    return [*limits, *strange, *empty]


@each_delivered
def test_a_delivery_comes_back_with_each_constraint_that_a_row_breaks(filled: County, layer: Layer) -> None:
    wrong = wrong_values(layer)
    rows, shapes = delivered(layer, *(keyed(layer, place) | bad.changed for place, bad in enumerate(wrong)))
    outcome = stored(filled, layer.name, rows, shapes)
    assert outcome.rejected == outcome.delivered == len(wrong)
    told = {(fault.row, fault.constraint) for fault in outcome.faults}
    assert told >= {(number, bad.constraint) for number, bad in enumerate(wrong, start=1)}


@each_delivered
def test_a_delivery_of_nothing_is_recorded_as_that(filled: County, layer: Layer) -> None:
    outcome = stored(filled, layer.name, [], None if layer.geometry is None else [])
    assert (outcome.delivered, outcome.new, outcome.changed, outcome.unchanged, outcome.rejected) == (0, 0, 0, 0, 0)


@each_delivered
def test_a_delivery_with_a_key_twice_stores_neither_where_they_differ(filled: County, layer: Layer) -> None:
    known = {layer.key, *layer.keyed_by, *(["layer"] if layer.about_object else [])}
    other = next(
        field for field in layer.fields if field.kind is Kind.TEXT and field.name not in known and not field.choices
    )
    rows, shapes = delivered(layer, {other.name: "one"}, {other.name: "two"})
    outcome = stored(filled, layer.name, rows, shapes)
    assert (outcome.delivered, outcome.rejected) == (2, 2)
    assert {fault.constraint for fault in outcome.faults} == {"unique"}


@each_delivered
def test_every_delivered_name_and_title_is_found_as_its_field(layer: Layer) -> None:
    for field in deliverable(layer):
        for column in {field.name, field.title, *field.source, *(each.upper() for each in field.source)} - {""}:
            value = field.example if field.example is not None else _any(field)
            found = conformed(layer, beside(layer, field, pd.DataFrame({column: [value]}, dtype=object)))
            assert field.name in found.fields, f"{column} is not read"
            assert found.frame[field.name].tolist() == [value]


def beside(layer: Layer, tested: Field, frame: pd.DataFrame) -> pd.DataFrame:
    """Give rows with what their key is made of, each of its own unless the field is part of it."""
    for name in layer.keyed_by:
        if name != tested.name:
            example = layer.field(name).example
            own = [example if len(frame) == 1 else f"{example}-{place}" for place in range(len(frame))]
            frame[name] = pd.Series(own, index=frame.index, dtype=object)
    return frame


def _any(field: Field) -> object:
    return {Kind.DATE: date(2026, 3, 1), Kind.REAL: field.low, Kind.INTEGER: field.low}.get(field.kind, "x")


def conformed(layer: Layer, frame: pd.DataFrame) -> Conformed:
    shapes = None
    if layer.geometry is not None:
        shapes = np.array([None] * len(frame), dtype=object)
        shapes[:] = [shape_of(layer)] * len(frame)
    return conform(layer, reading_of(frame, shapes, f"EPSG:{SRID}"), Terms(), lambda given: (given, []))


@each_delivered
def test_every_delivered_spelling_of_a_choice_is_read_as_it(layer: Layer) -> None:
    for field in deliverable(layer):
        spelt = {
            spelling: choice.value
            for choice in field.choices
            for spelling in (choice.value, choice.title, choice.title_en, *choice.source)
            if spelling and spelling != "*"
        }
        found = conformed(layer, beside(layer, field, pd.DataFrame({field.name: list(spelt)}, dtype=object)))
        assert found.frame[field.name].tolist() == list(spelt.values())
        named = [spelling for choice in field.choices for spelling in {choice.value, choice.title, *choice.source}]
        assert len(set(named)) == len(named), "two choices are delivered under one name"


# What leaves


@pytest.fixture(scope="module")
def page(template: Settings) -> Iterator[str]:
    """The map of a county in which every layer holds its example, with secrets in what planners do not see."""
    with cloned(template, "test_layers_page") as county:
        owner = engine_for(county.settings, DatabaseRole.OWNER, str(county.timezone))
        with owner.begin() as connection:
            for layer in EVERY:
                if not layer.single and layer.geometry is not None:
                    inserted(connection, county, layer, secrets(layer))
        yield maps.snapshot(county).html


def secrets(layer: Layer) -> dict[str, object]:
    """Give a text for each field that planners do not see; its middle shows through no mask."""
    closed = [field for field in layer.fields if field.read and Role.PLANNER not in field.read]
    return {
        field.name: f"甲乙丙{90817263 + place}丁戊己庚" for place, field in enumerate(closed) if field.kind is Kind.TEXT
    }


@each_layer
def test_no_page_holds_what_planners_do_not_see(page: str, layer: Layer) -> None:
    assert not [text for text in secrets(layer).values() if str(text)[3:11] in page]
    drawn = layer.geometry is not None and layer.visible({Role.PLANNER}).readable
    assert (f"{layer.title} · {layer.title_en}" in page) == drawn


# What else must be there for it


def default_rules() -> dict[str, set[str]]:
    """Give the categories of each subject that the default law rules, which holds everywhere."""
    found: dict[str, set[str]] = {}
    for rule in law.rules():
        if rule.jurisdiction == law.DEFAULT:
            found.setdefault(rule.subject, set()).add(rule.category)
    return found


def test_no_two_layers_share_a_kind_of_visit() -> None:
    kinds = [layer.patrol.kind for layer in EVERY if layer.patrol]
    assert len(kinds) >= 4
    assert len(set(kinds)) == len(kinds)


@pytest.mark.parametrize("layer", [layer for layer in EVERY if layer.patrol], ids=name)
def test_the_default_law_rules_every_class_of_what_is_visited(layer: Layer) -> None:
    patrol = layer.patrol
    assert patrol is not None
    classes = {choice.value for choice in layer.field(patrol.by).choices} if patrol.by else {patrol.unknown}
    assert default_rules()[patrol.kind] == classes
    assert not patrol.unknown or patrol.unknown in classes
    assert patrol.unknown or not patrol.by or layer.field(patrol.by).required


@pytest.mark.parametrize("layer", [layer for layer in EVERY if layer.demands], ids=name)
def test_every_class_of_demand_has_a_prize(layer: Layer) -> None:
    demands = layer.demands
    assert demands is not None
    assert (
        {choice.value for choice in layer.field(demands.by).choices}
        == default_rules()["pipe_prize"]
        == default_rules()["pipe_hookup"]
    )
    assert layer.field(demands.by).required


@pytest.mark.parametrize("layer", layers.using(Use.STREET), ids=name)
def test_every_class_of_street_has_a_cost_to_dig(layer: Layer) -> None:
    classes = {choice.value for choice in layer.field("road_class").choices}
    assert classes | {SERVICE} == default_rules()["pipe_cost"] == default_rules()["pipe_cover"]
    assert UNCLASSED in classes


@pytest.mark.parametrize("layer", [layer for layer in EVERY if layer.supplies or layer.demands], ids=name)
def test_what_supplies_or_demands_can_be_asked_of_its_rows(place: County, layer: Layer) -> None:
    with undone(place) as connection:
        inserted(connection, place, layer, {})
        asked = [each.where for each in (layer.supplies, layer.demands) if each is not None]
        for where in asked:
            assert len(features(connection, place, layer, where=where)) == 1, "the example is one of them"


# A layer that is added


BOILER = '''
"""Boilers (锅炉房)."""

from gis.layer import OFFICE, Choice, Constraint, Field, Geometry, Kind, Layer, Mask, Patrol, Role, Source, Style

LAYER = Layer(
    name="boiler",
    title="锅炉房",
    title_en="Boilers",
    doc="Rooms with a boiler in them.",
    geometry=Geometry.POINT,
    source=Source("Safety office", "internal"),
    key="code",
    read=OFFICE | {Role.WORKER},
    located=True,
    patrol=Patrol("boiler_check", by="grade", unknown="1"),
    fields=(
        Field("code", Kind.TEXT, "Number.", zh="锅炉编号", example="H-1", source=("HW_NO",), required=True, popup=True),
        Field("grade", Kind.TEXT, "Grade.", zh="锅炉等级", example="1", popup=True, choices=(
            Choice("1", "一级锅炉", "#67000d", "Grade 1", ("I",)), Choice("2", "二级锅炉", "#fb6a4a", "Grade 2"))),
        Field("stokers", Kind.INTEGER, "Stokers.", zh="司炉工数", example=2, low=1, high=50, source=("司炉工",)),
        Field("owner", Kind.TEXT, "Who is responsible.", zh="责任人", example="王小明",
              read=frozenset({Role.STEWARD}), mask=Mask.NAME, popup=True),
    ),
    constraints=(
        Constraint("few_at_grade_1", "grade <> '1' OR stokers <= 4", "grade 1 has at most 4 stokers", "一级至多4人"),
    ),
    style=Style(by="grade"),
)
'''
OWN_RULE = """
jurisdiction = "CN-33"
[[subject]]
name = "boiler_check"
unit = "d"
valid_from = 2000-01-01
source = "test"
mark = "INF"
verified = false
categories = [{ category = "1", amount = 3, notice_days = 1 }]
"""
COMMANDS = """
import json, sys
from pathlib import Path
import gis.layers
from click.testing import CliRunner

folder = Path(sys.argv[1])
gis.layers.__path__.append(str(folder / "layers"))

from api.cli import main
from gis.store import migrate, revision

versions = folder / "migrations" / "versions"
migrate.folder = revision.folder = lambda: versions


def run(*words):
    done = CliRunner().invoke(main, [*words, "--json"], catch_exceptions=False)
    facts = json.loads(done.stdout.splitlines()[-1])
    told.append({"exit": done.exit_code, **facts})


told = []
run("unchecked", "--layer", "boiler")
sys.argv = ["revision", folder.joinpath("next").read_text(), "Boilers are recorded"]
sys.stdout = sys.stderr
revision.main()
sys.stdout = sys.__stdout__
run("db", "upgrade")
run("load", "boiler", str(folder / "boilers.geojson"), "--rejects", str(folder / "rejects.geojson"))
run("law", "apply", "--rules", str(folder / "own.toml"))
run("unchecked", "--layer", "boiler")
run("map", "-o", str(folder / "map.html"))
sheet = CliRunner().invoke(main, ["describe", "boiler"], catch_exceptions=False).stdout
print(json.dumps([*told, sheet]))
"""


def test_a_layer_that_is_added_as_one_file_is_found_everywhere(template: Settings, tmp_path: Path) -> None:
    (tmp_path / "layers").mkdir()
    (tmp_path / "layers" / "boiler.py").write_text(BOILER, encoding="utf-8")
    (tmp_path / "own.toml").write_text(OWN_RULE, encoding="utf-8")
    newest = str(migrate.head())
    following = f"{int(newest) + 1:04}"
    (tmp_path / "next").write_text(following, encoding="utf-8")
    shutil.copytree(migrate.folder().parent, tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    rows = [
        {"HW_NO": "H-1", "锅炉等级": "I", "司炉工": "4", "owner": "欧阳机密"},
        {"HW_NO": "H-2", "锅炉等级": "二级锅炉", "司炉工": 50, "owner": None},
        {"HW_NO": "H-3", "锅炉等级": None, "司炉工": 0, "owner": None},
        {"HW_NO": "H-4", "锅炉等级": "1", "司炉工": 5, "owner": None},
    ]
    shapes = crs.from_storage(np.array([point(100 * place, 100) for place in range(1, 5)]), crs.EXCHANGE, SRID)
    told = [
        {"type": "Feature", "properties": row, "geometry": shapely.geometry.mapping(shape)}
        for row, shape in zip(rows, shapes, strict=True)
    ]
    collection = json.dumps({"type": "FeatureCollection", "features": told})
    (tmp_path / "boilers.geojson").write_text(collection, encoding="utf-8")
    with cloned(template, "test_layers_added"):
        environment = os.environ | {"WANGGE_STATE": str(template.state), "WANGGE_DATABASE": "test_layers_added"}
        environment.pop("DATABASE_URL", None)
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", COMMANDS, str(tmp_path)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    refused, upgraded, loaded, ruled, states, drawn, sheet = json.loads(done.stdout.splitlines()[-1])
    assert refused["exit"] == 1
    assert "column boiler.code: missing" in refused["error"]
    assert (upgraded["before"], upgraded["after"]) == (newest, following)
    assert {name: loaded[name] for name in ("delivered", "new", "stored", "rejected")} == {
        "delivered": 4, "new": 2, "stored": 2, "rejected": 2
    }  # fmt: skip
    returned = json.loads((tmp_path / "rejects.geojson").read_text(encoding="utf-8"))["features"]
    reasons = [[each["properties"][name] for name in ("HW_NO", *TOLD)] for each in returned]
    assert reasons == [
        ["H-3", 3, "司炉工数", "下限", "不小于1", "0"],
        ["H-4", 4, "锅炉等级、司炉工数", "一级至多4人", "一级至多4人", '"锅炉等级=1 司炉工数=5 "'],
    ]
    assert ruled["exit"] == 0, ruled
    assert {name: states[name] for name in ("stock", "never", "no_rule", "current")} == {
        "stock": 2, "never": 1, "no_rule": 1, "current": 0
    }  # fmt: skip
    page = (tmp_path / "map.html").read_text(encoding="utf-8")
    assert drawn["exit"] == 0
    words = ("锅炉房 · Boilers", "一级锅炉", "#67000d", "H-2")
    assert [each for each in words if each not in page] == []
    assert "阳机密" not in page
    words = ("锅炉房", "`HW_NO`", "一级至多4人", "1 … 50")
    assert [each for each in words if each not in sheet] == []
