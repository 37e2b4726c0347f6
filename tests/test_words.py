"""Every fault has its words in Chinese: each constraint of each layer, and all that reading and loading judge."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import gis
from gis import layers
from gis.layer import Constraint, Geometry, Kind, Layer
from gis.store.formats.delivered import Fault
from gis.store.load.values import EXPECTED, INTACT
from gis.store.load.words import FIELDS, MEANINGS, phrase, said, sentence
from gis.store.schema import constraints

ROOT = Path(gis.__file__).parents[1]
CHINESE = re.compile("[\u4e00-\u9fff]")
EVERY = layers.every()
BUILDING = layers.named("building")
OWN = [(layer, each) for layer in EVERY for each in constraints(layer)]
CALLS = {"Fault": (2, 3), "_refuse": (None, 1), "WrongShape": (None, 0)}
"""Where in calls that make a fault its constraint and what was expected stand."""
SAMPLES = ("7", "EPSG:4549", "Polygon", "Point, Polygon", "an area")
"""What may stand in the place of an f-string: one of them must make a phrase that has its words."""
Spoken = tuple[str, ...]


def judging() -> Iterator[tuple[str, bool, Spoken]]:
    """Give of every fault that reading and loading make where it is made, and its constraint or what was expected."""
    for path in sorted((ROOT / "gis" / "store").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name not in CALLS or any(isinstance(each, ast.Starred) for each in node.args):
                continue
            for at, is_constraint in zip(CALLS[name], (True, False), strict=True):
                for spoken in texts(node.args[at], module) if at is not None else ():
                    yield f"{path.name}:{node.lineno}", is_constraint, spoken


def texts(node: ast.expr, module: str) -> Iterator[Spoken]:
    """Give what an expression can be where its source alone tells; of an f-string one text for each sample."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield (node.value,)
    elif isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
        yield tuple("".join(sample if part is None else str(part) for part in parts) for sample in SAMPLES)
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body, module)
        yield from texts(node.orelse, module)
    elif isinstance(node, ast.Name):
        value = getattr(importlib.import_module(module), node.id, None)
        yield from [(value,)] if isinstance(value, str) else []


JUDGING = list(judging())


def judged_field(layer: Layer, constraint: Constraint) -> str:
    """Give what a fault of a constraint names: its field, the shape, or itself where it is of several."""
    own = constraint.name.rpartition("_")[0]
    if any(field.name == own for field in layer.fields):
        return own
    return "geom" if "geom" in constraint.check else constraint.name


@pytest.mark.parametrize(("layer", "constraint"), OWN, ids=lambda each: each.name)
def test_every_constraint_of_every_layer_is_said_in_chinese(layer: Layer, constraint: Constraint) -> None:
    told = said(layer, Fault(1, judged_field(layer, constraint), constraint.name, constraint.reason, "x"))
    assert all(CHINESE.search(text) for text in (told.field, told.constraint, told.expected))
    assert constraint.name not in told


def test_all_that_is_judged_in_reading_and_loading_has_its_words() -> None:
    named = {spoken[0] for _, is_constraint, spoken in JUDGING if is_constraint}
    assert len(named) > 20, "the faults were found in the source"
    assert named - set(MEANINGS) == set()
    assert set(MEANINGS) - named == {"geometry_valid", "geometry_not_empty", "entity"}
    assert all(CHINESE.search(each.title) and CHINESE.search(each.expected) for each in MEANINGS.values())


def test_all_that_is_expected_in_reading_and_loading_is_said_in_chinese() -> None:
    expected = [(where, spoken) for where, is_constraint, spoken in JUDGING if not is_constraint]
    assert len(expected) > 30, "the faults were found in the source"
    english = [(where, spoken[0]) for where, spoken in expected if not any(CHINESE.search(phrase(t)) for t in spoken)]
    assert english == []


@pytest.mark.parametrize("kind", Kind)
def test_what_every_kind_of_field_expects_is_said_in_chinese(kind: Kind) -> None:
    assert CHINESE.search(phrase(EXPECTED[kind])) or kind is Kind.UUID
    assert phrase(INTACT) == "未损坏的文字"


@pytest.mark.parametrize("geometry", Geometry)
def test_every_kind_of_shape_is_said_in_chinese(geometry: Geometry) -> None:
    kind = geometry.value
    for english in (kind, f"a {kind}", f"a valid {kind}", f"an empty {kind}", f"a {kind}, or the code of a stored row"):
        assert CHINESE.search(phrase(english)), english
        assert kind not in phrase(english)


def test_every_field_is_called_by_its_title() -> None:
    for layer in EVERY:
        for field in layer.fields:
            assert said(layer, Fault(1, field.name, "required", "a value", "null")).field == field.title
    assert all(CHINESE.search(title) for title in FIELDS.values())


def test_a_constraint_over_several_fields_names_them_and_their_values() -> None:
    layer, constraint = next(
        (layer, each)
        for layer, each in OWN
        if judged_field(layer, each) == each.name
        and sum(bool(re.search(rf"\b{field.name}\b", each.check)) for field in layer.fields) > 1
    )
    named = [field for field in layer.fields if re.search(rf"\b{field.name}\b", constraint.check)]
    actual = " ".join(f"{field.name}=1" for field in named)
    told = said(layer, Fault(1, constraint.name, constraint.name, constraint.reason, actual))
    assert told.field == "、".join(field.title for field in named)
    assert told.actual == " ".join(f"{field.title}=1" for field in named)


def test_a_sentence_says_row_field_constraint_expected_and_actual_in_both_languages() -> None:
    told = sentence(BUILDING, Fault(7, "floors", "floors_high", "at most 200", "900"))
    assert told == (
        "第7行 层数〔上限〕应为不大于200，实为 900 · row 7 floors floors_high: expected at most 200, got 900"
    )
