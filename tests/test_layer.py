"""A layer's definition: what contradicts itself is refused by name, and each set of roles gets what it may see."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis import layers
from gis.errors import DefinitionError
from gis.layer import (
    EVERYONE,
    Choice,
    Constraint,
    Demand,
    Exclude,
    Field,
    Footprint,
    Geometry,
    Kind,
    Layer,
    Mask,
    Match,
    Osm,
    Patrol,
    Role,
    Source,
    Style,
    Supply,
    Use,
    digest_text,
)

STEWARD = frozenset({Role.STEWARD})
ROLES = st.frozensets(st.sampled_from(Role))
CODE = Field("code", Kind.TEXT, "Code.", zh="编号", example="1", required=True)
GRADE = Field("grade", Kind.TEXT, "Grade.", choices=(Choice("1", "一级", "#67000d"), Choice("2", "二级", "#fb6a4a")))


def layer(*more: Field, code: Field = CODE, **changed: object) -> Layer:
    """Give a small good layer with `more` fields and one thing changed."""
    good = Layer(
        name="station",
        title="站",
        title_en="Stations",
        doc="Stations.",
        key="code",
        fields=(code, *more),
        source=Source("Office", "internal"),
        geometry=Geometry.POINT,
        located=True,
    )
    return replace(good, **changed)  # type: ignore[arg-type] # the changed part is named by the test


@pytest.mark.parametrize(
    ("build", "named"),
    [
        (lambda: layer(Field("Grade", Kind.TEXT, "")), "field 'Grade': not a usable name"),
        (lambda: layer(Field("recorded_at", Kind.INSTANT, "")), "field 'recorded_at': not a usable name"),
        (lambda: layer(replace(GRADE, kind=Kind.INTEGER)), "field grade: choices need a text field, got integer"),
        (
            lambda: layer(replace(GRADE, choices=(Choice("1", "一"), Choice("1", "二")))),
            "field grade: a choice is named",
        ),
        (lambda: layer(replace(GRADE, example="3")), "field grade: the example '3' is not among its choices"),
        (lambda: layer(Field("note", Kind.TEXT, "", low=0)), "field note: limits need a number, got text"),
        (lambda: layer(Field("note", Kind.DATE, "", high=0)), "field note: limits need a number, got date"),
        (lambda: layer(Field("depth", Kind.REAL, "", low=2, high=1)), "field depth: low 2 is above high 1"),
        (lambda: layer(Field("owner", Kind.TEXT, "", mask=Mask.NAME)), "field owner: a mask needs `read`"),
        (
            lambda: layer(Field("born_on", Kind.DATE, "", mask=Mask.HIDDEN, read=STEWARD)),
            "field born_on: only text can be masked, got date",
        ),
        (lambda: layer(Field("run_id", Kind.TEXT, "", refers="run")), "field run_id: an id that `refers` is a whole"),
        (
            lambda: layer(Field("reason", Kind.TEXT, "", once=True, required=True), log=True),
            "field reason: what is written `once`",
        ),
        (
            lambda: layer(Field("ended", Kind.INSTANT, "", once=True), log=True),
            "field ended: an instant written `once`",
        ),
        (lambda: layer(Field("ended_at", Kind.DATE, "", once=True), log=True), "field ended_at: an instant written"),
        (lambda: layer(Field("reason", Kind.TEXT, "", once=True)), "field reason: `once` belongs to a log"),
        (lambda: layer(CODE), "fields named twice: code"),
        (lambda: layer(Field("g" * 40, Kind.TEXT, ""), name="s" * 40), f"{'g' * 40}: too long"),
        (lambda: layer(constraints=(Constraint("c" * 60, "true", ""),)), f"{'c' * 60}: too long"),
        (lambda: layer(key="number"), "no field 'number'"),
        (lambda: layer(accuracy="error"), "no field 'error'"),
        (lambda: layer(style=Style(by="colour")), "no field 'colour'"),
        (lambda: layer(unique=(("code", "run_id"),)), "no field 'run_id'"),
        (lambda: layer(patrol=Patrol("station_check", by="level")), "no field 'level'"),
        (lambda: layer(demands=Demand("gas", "true", by="use")), "no field 'use'"),
        (lambda: layer(match=Match("address")), "no field 'address'"),
        (lambda: layer(match=Match("code", floor="storey")), "no field 'storey'"),
        (lambda: layer(match=Match("code"), log=True), "what is tied to a house must keep its past"),
        (lambda: layer(footprint=Footprint("code", floors="storeys")), "no field 'storeys'"),
        (lambda: layer(footprint=Footprint("code"), geometry=Geometry.POINT), "a footprint is a polygon"),
        (lambda: layer(code=replace(CODE, required=False)), "the key code must be required"),
        (lambda: layer(code=replace(CODE, read=STEWARD)), "the key code orders and names rows"),
        (lambda: layer(replace(GRADE, read=STEWARD), style=Style(by="grade")), "style.by grade may only name a field"),
        (lambda: layer(geometry=Geometry.LINE), "only points and polygons are located"),
        (lambda: layer(geometry=None), "only points and polygons are located"),
        (lambda: layer(geometry=None, located=False, keyed_by_geometry=True), "keyed_by_geometry needs a geometry"),
        (lambda: layer(patrol=Patrol("station_check"), located=False), "what is patrolled must be located"),
        (lambda: layer(patrol=Patrol("station_check"), log=True), "what is patrolled must be located"),
        (lambda: layer(log=True, derived=True, unique=(("code",),)), "a log holds events and a derived layer"),
        (lambda: layer(derived=True), "a derived layer needs `unique`"),
    ],
)
def test_a_definition_that_contradicts_itself_names_the_layer_and_what_is_wrong(
    build: Callable[[], Layer], named: str
) -> None:
    with pytest.raises(DefinitionError) as caught:
        build()
    assert str(caught.value).startswith(("layer station: ", f"layer {'s' * 40}: "))
    assert named in str(caught.value)


def test_a_layer_with_an_unusable_name_is_refused() -> None:
    for name in ("Station", "2nd", "a-b", "", "s" * 41, "x; drop table county"):
        with pytest.raises(DefinitionError, match="not a usable name"):
            layer(name=name)


def test_a_name_of_full_length_is_good_where_its_constraints_fit() -> None:
    assert layer(Field("g" * 14, Kind.TEXT, ""), name="s" * 40).name == "s" * 40


def test_a_missing_field_is_an_error_that_names_the_layer() -> None:
    with pytest.raises(DefinitionError, match="layer station: no field 'depth'"):
        layer().field("depth")


@pytest.mark.parametrize(
    ("mask", "text", "shown"),
    [
        (Mask.NAME, "王小明", "王**"),
        (Mask.NAME, "欧阳某某", "欧**"),
        (Mask.PHONE, "13812345678", "138****5678"),
        (Mask.PHONE, "87123456", "****"),
        (Mask.ADDRESS, "解放街12号3楼", "解放街*号*楼"),
        (Mask.ADDRESS, "解放街１２号", "解放街*号"),
        (Mask.HIDDEN, "王小明", None),
    ],
)
def test_a_mask_shows_so_much_and_no_more(mask: Mask, text: str, shown: str | None) -> None:
    assert mask.apply(text) == shown
    assert mask.apply(None) is None


@given(st.text(min_size=1))
def test_a_masked_name_tells_the_first_character_alone(name: str) -> None:
    assert Mask.NAME.apply(name) == name[0] + "**"


@given(st.from_regex(r"\A[0-9]{3,15}\Z"))
def test_a_masked_telephone_never_tells_more_than_seven_digits(number: str) -> None:
    shown = Mask.PHONE.apply(number) or ""
    assert sum(each.isdigit() for each in shown) == (7 if len(number) >= 11 else 0)


@given(st.text(alphabet="解放街号楼-0123456789０９"))
def test_a_masked_address_holds_no_digit(address: str) -> None:
    shown = Mask.ADDRESS.apply(address) or ""
    assert not any(each.isdigit() for each in shown)
    assert [each for each in shown if each != "*"] == [each for each in address if not each.isdigit()]


def guarded() -> Layer:
    """Give a layer for workers and stewards, with a field for each way of hiding one."""
    return layer(
        Field("owner", Kind.TEXT, "", read=STEWARD, mask=Mask.NAME),
        Field("note", Kind.TEXT, "", read=STEWARD),
        Field("secret", Kind.TEXT, "", read=STEWARD, mask=Mask.HIDDEN),
        Field("route", Kind.TEXT, "", read=frozenset({Role.WORKER})),
        Field("grade", Kind.TEXT, ""),
        read=frozenset({Role.WORKER, Role.STEWARD}),
    )


def seen(roles: frozenset[Role], of: Layer) -> tuple[list[str], list[str]]:
    view = of.visible(roles)
    return [each.name for each in view.plain], [each.name for each in view.masked]


def test_each_role_sees_its_fields_in_the_order_of_the_layer() -> None:
    assert seen(frozenset({Role.STEWARD}), guarded()) == (["code", "owner", "note", "secret", "grade"], [])
    assert seen(frozenset({Role.WORKER}), guarded()) == (["code", "route", "grade"], ["owner"])


def test_roles_are_a_set_and_not_a_ranking() -> None:
    steward, worker = (set(seen(frozenset({role}), guarded())[0]) for role in (Role.STEWARD, Role.WORKER))
    assert not steward <= worker
    assert not worker <= steward
    both = seen(frozenset({Role.STEWARD, Role.WORKER}), guarded())
    assert set(both[0]) == steward | worker
    assert both[1] == []


@pytest.mark.parametrize("of", [guarded(), *layers.every()], ids=lambda each: each.name)
def test_who_holds_no_role_of_the_layer_sees_nothing_of_it(of: Layer) -> None:
    for roles in (frozenset[Role](), EVERYONE - of.read):
        view = of.visible(roles)
        assert (view.plain, view.masked, view.readable) == ((), (), False)


@given(roles=ROLES, more=ROLES, of=st.sampled_from([guarded(), *layers.every()]))
def test_another_role_never_takes_anything_away(roles: frozenset[Role], more: frozenset[Role], of: Layer) -> None:
    few, many = of.visible(roles), of.visible(roles | more)
    assert set(few.plain) <= set(many.plain)
    assert set(few.masked) <= {*many.masked, *many.plain}
    assert not set(many.plain) & set(many.masked)


@given(roles=ROLES, of=st.sampled_from([guarded(), *layers.every()]))
def test_a_field_is_plain_for_its_readers_alone(roles: frozenset[Role], of: Layer) -> None:
    view = of.visible(roles)
    for each in of.fields:
        assert (each in view.plain) == bool(roles & of.read and roles & (each.read or of.read))
    assert all(each.mask not in {None, Mask.HIDDEN} for each in view.masked)
    assert view.readable == bool(roles & of.read)


RICH = layer(
    replace(GRADE, choices=(Choice("1", "一级", "#67000d", "One", ("壹",)),)),
    Field("depth", Kind.REAL, "Depth.", zh="深", en="Depth", unit="m", low=0, high=9, example=1.5, source=("DEPTH",)),
    Field("opened_on", Kind.DATE, "Opened.", example=date(2026, 3, 1), popup=True),
    Field("seen_at", Kind.INSTANT, "Seen.", example=datetime(2026, 3, 1, tzinfo=UTC)),
    Field("facts", Kind.JSON, "Facts.", example={"a": 1}),
    Field("owner", Kind.TEXT, "Owner.", read=STEWARD, mask=Mask.NAME),
    uses=frozenset({Use.LOAD, Use.CELL}),
    patrol=Patrol("station_check", "grade", "1"),
    supplies=Supply("gas", "true"),
    demands=Demand("gas", "true", "grade"),
    osm=(Osm((("building", ("yes",)),), (("building", ("no",)),)),),
    constraints=(Constraint("deep", "depth > 0", "deep", "深"),),
    excludes=(Exclude("one", (("code", "="),), "true", "one"),),
    unique=(("code",),),
    style=Style(by="grade"),
)
OTHER: dict[type, Callable[[object], object]] = {
    bool: lambda value: not value,
    int: lambda value: int(str(value)) + 1,
    float: lambda value: float(str(value)) / 2,
    str: lambda value: f"{value}_",
}


def variants(value: object) -> list[object]:
    """Give the value with one thing changed, once for each thing that stands in it, however deep."""
    if is_dataclass(value) and not isinstance(value, type):
        return [
            changed
            for part in fields(value)
            for other in variants(getattr(value, part.name))
            if (changed := unchecked(value, part.name, other)) is not None
        ]
    if isinstance(value, tuple):
        inside = [
            (*value[:place], other, *value[place + 1 :]) for place, each in enumerate(value) for other in variants(each)
        ]
        return [*inside, value[:-1]] if value else [("more",)]
    if isinstance(value, frozenset):
        return [value | {"another"}, *(value - {each} for each in value)]
    return [OTHER[type(value)](value) if type(value) in OTHER else "another"]


def unchecked(value: object, name: str, other: object) -> object:
    """Give a copy of a frozen value with one part changed and nothing judged; a contradiction has a digest, too."""
    copy = object.__new__(type(value))
    for part in fields(value):  # type: ignore[arg-type] # the caller knows that it is a dataclass
        object.__setattr__(copy, part.name, other if part.name == name else getattr(value, part.name))
    return copy


def test_the_digest_differs_wherever_anything_in_the_definition_differs() -> None:
    changed = variants(RICH)
    texts = {digest_text(each) for each in changed if isinstance(each, Layer)}
    assert len(changed) > 190
    assert digest_text(RICH) not in texts
    assert len(texts) == len(changed)


def test_no_text_in_a_definition_can_imitate_another_definition() -> None:
    one = layer(Field("a", Kind.TEXT, "x,zh='y'"), Field("b", Kind.TEXT, ""))
    two = layer(Field("a", Kind.TEXT, "x", zh="y"), Field("b", Kind.TEXT, ""))
    assert digest_text(one) != digest_text(two)
    assert digest_text(layer(title="a;b")) != digest_text(layer(title="a", title_en=";b"))


def test_equal_definitions_have_equal_digests_whatever_the_order_of_their_sets() -> None:
    roles = [Role.WORKER, Role.PLANNER, Role.STEWARD]
    assert digest_text(layer(read=frozenset(roles))) == digest_text(layer(read=frozenset(reversed(roles))))


def test_every_process_gives_the_same_digests() -> None:
    program = (
        "import hashlib; from gis import layers; from gis.layer import digest_text\n"
        "print(hashlib.sha256(''.join(map(digest_text, layers.every())).encode()).hexdigest())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4294967295")
    }
    assert len(told) == 1
    assert len(told.pop()) == 65


def test_a_definition_cannot_be_changed_once_it_stands() -> None:
    with pytest.raises(AttributeError):
        RICH.name = "other"  # type: ignore[misc] # the point of the test


def test_every_layer_is_a_value_that_a_set_can_hold() -> None:
    assert len({*layers.every(), *layers.every(), RICH}) == len(layers.every()) + 1
