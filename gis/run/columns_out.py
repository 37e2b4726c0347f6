"""The columns in which a layer leaves: Chinese or coded, plain or masked, each under a name that a load reads right.

A column that is plain is read back as its field; one that holds masks is read as nothing, so that no mask overwrites
what it hides. That holds for the ten bytes of a shapefile too, in which `owner_name_masked` would be `owner_name`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from gis.errors import DefinitionError
from gis.layer import NAMED_OBJECT, Field, Kind, Layer, Role
from gis.store import stream
from gis.store.county import County
from gis.store.load import beside
from gis.store.load.headings import names_of, sources
from gis.store.writing.names import cut
from gis.store.writing.rows import Cell, Column

YES, NO = "是", "否"
MASKED, MASKED_CODE = "掩码", "_masked"
INVENTED, INVENTED_CODE = "合成字段", "invented_fields"
SHORT_BYTES = 10
GEOM = "geom"
OBJECT_KEY = next(field for field in NAMED_OBJECT if field.name == stream.OBJECT_KEY)
"""What stands for the internal id of the object that a row is about: the ids of another county are others."""


@dataclass(frozen=True, slots=True)
class Words:
    """In which words columns leave: a layer's for these roles, in Chinese or coded, truth as 是 and 否 in a table."""

    layer: Layer
    roles: frozenset[Role]
    chinese: bool
    table: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One field on its way out: its place in the stored row, the column it becomes, and what turns a value into it."""

    place: int
    column: Column
    turned: Callable[[Any], Cell]


def shown(county: County, words: Words, *, invented: bool) -> list[Shown]:
    """Give the columns of a layer in field order; `invented` adds the one that names what is invented in each row."""
    layer = words.layer
    view = layer.visible(words.roles)
    places = {name: place for place, name in enumerate(stream.columns(layer, county))}
    found = []
    for field in layer.fields:
        if field in view.plain and layer.about_object and field.name == stream.OBJECT_ID:
            found.append(_plain(places[stream.OBJECT_KEY], OBJECT_KEY, words))
        elif field in view.plain:
            found.append(_plain(places[field.name], field, words))
        elif field in view.masked:
            found.append(_masked(places[field.name], field, words))
    if invented:
        found.append(_invented(places[stream.INVENTED], words))
    return found


def title_of(field: Field, *, chinese: bool) -> str:
    """Give the name of a field's column."""
    return field.title if chinese else field.name


def spellings(field: Field) -> dict[str, str]:
    """Give the Chinese word of each value of a field, where it means that value alone."""
    meant: dict[str, set[str]] = {}
    for choice in field.choices:
        for word in (choice.value, choice.title, choice.title_en, *choice.source):
            meant.setdefault(word, set()).add(choice.value)
    return {each.value: each.title for each in field.choices if each.title and meant[each.title] == {each.value}}


def _plain(place: int, field: Field, words: Words) -> Shown:
    name = title_of(field, chinese=words.chinese)
    column = Column(name, field.kind, "" if words.chinese else field.title, _short(words.layer, field, name))
    if words.chinese and field.choices:
        return Shown(place, _text(column), partial(_spelled, spellings(field)))
    if words.chinese and words.table and field.kind is Kind.BOOLEAN:
        return Shown(place, _text(column), _yes_or_no)
    return Shown(place, column, _itself)


def _text(column: Column) -> Column:
    return Column(column.name, Kind.TEXT, column.title, column.short)


def _itself(value: Cell) -> Cell:
    return value


def _spelled(words: dict[str, str], value: Cell) -> Cell:
    return words.get(value, value) if isinstance(value, str) else value


def _yes_or_no(value: Cell) -> Cell:
    return None if value is None else YES if value else NO


def _masked(place: int, field: Field, words: Words) -> Shown:
    """Give a masked field under a name that no load takes for a field: masks must not overwrite what they hide."""
    name = f"{field.title}{MASKED}" if words.chinese else f"{field.name}{MASKED_CODE}"
    column = Column(name, Kind.TEXT, "" if words.chinese else f"{field.title}{MASKED}", _strange(words.layer, name))
    mask = field.mask
    return Shown(place, column, lambda value: None if mask is None else mask.apply(value))


def _invented(place: int, words: Words) -> Shown:
    name = INVENTED if words.chinese else INVENTED_CODE
    column = Column(name, Kind.TEXT, "" if words.chinese else INVENTED, _strange(words.layer, name))
    return Shown(place, column, partial(_titles, words.layer, chinese=words.chinese))


def _titles(layer: Layer, names: Sequence[str] | None, *, chinese: bool) -> str | None:
    """Give which fields of a row are invented; where those are most, which are not, so that it fits in 254 bytes."""
    if not names:
        return None
    every = {each.name: each.title for each in layer.fields} | ({GEOM: "图形"} if layer.geometry is not None else {})
    told = [name for name in every if name in names]
    others = [name for name in every if name not in names]
    listed, most = (others, True) if len(others) < len(told) else (told, False)
    text = "、".join(every[name] for name in listed) if chinese else ",".join(listed)
    if not most:
        return text
    everything, but = ("全部", "，除") if chinese else ("all", " but ")
    return f"{everything}{but}{text}" if text else everything


def _short(layer: Layer, field: Field, title: str) -> str:
    """Give a name of at most ten bytes that a load reads as this field alone: the title, or another name of the field.

    DefinitionError where the field has none.
    """
    if field.once or field not in layer.fields:
        return _strange(layer, title)
    for name in (title, *names_of(field)):
        short = cut(name, SHORT_BYTES)
        if sources(layer, [short], {}) == {field.name: (short,)}:
            return short
    raise DefinitionError(f"layer {layer.name}, field {field.name}: expected a name that is its own in ten bytes")


def _strange(layer: Layer, title: str) -> str:
    """Give a name of at most ten bytes that a load reads as no field."""
    numbers = range(1, len(layer.fields) + 2)
    names = (cut(title, SHORT_BYTES), *(cut(title, SHORT_BYTES, f"_{number}") for number in numbers))
    return next(name for name in names if not sources(layer, [name], {}) and not beside.columns(layer, [name], {}))
