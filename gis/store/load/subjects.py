"""The object that a row is about: named by its layer and key, or by a key that belongs to one layer alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import pandas as pd
import sqlalchemy as sa

from gis import layers
from gis.layer import Layer, Use
from gis.store.county import County
from gis.store.formats.delivered import Fault, shown
from gis.store.load import joining
from gis.store.load.beside import KEY_OF, NAMED, subjects
from gis.store.load.conform import Conformed
from gis.store.schema import TYPES

OBJECT = "object_key"
CHUNK = 50_000


class Subject(NamedTuple):
    """The layer and key that a row names, the key or both empty where it names none; or why they cannot be told."""

    layer: str = ""
    key: str = ""
    problem: str = ""


def about(connection: sa.Connection, county: County, layer: Layer, rows: Conformed) -> Conformed:
    """Give rows with the internal ids of the objects they are about; a row whose object is not stored has a fault.

    A row that is stored already keeps its object, also where that has ended since. A check takes the kind of its layer.
    """
    if not layer.about_object or not (_names(rows) or "layer" in rows.fields):
        return rows
    words = _words(layer)
    named = [*_named(words, *_columns(rows))]
    numbers = rows.frame["row_no"].tolist()
    faults = [
        Fault(number, "layer", "object", "图层与对象编号 · a layer and the key of an object in it", each.problem)
        for number, each in zip(numbers, named, strict=True)
        if each.problem
    ]
    found = _ids(connection, county, set(named))
    lost = [at for at, each in enumerate(named) if each.key and each not in found]
    ended = _kept(connection, county, layer, rows, [(at, named[at]) for at in lost])
    missing: dict[str, list[tuple[int, str]]] = {}
    for at in lost:
        if at not in ended:
            missing.setdefault(named[at].layer, []).append((numbers[at], named[at].key))
    for name, own in sorted(missing.items()):
        target = layers.named(name)
        faults += joining.unknown(connection, county.schema.table(target), target, own, field=OBJECT)
    frame = rows.frame.copy(deep=False)
    ids = [ended.get(at, found.get(each)) for at, each in enumerate(named)]
    frame["layer"] = pd.Series([each.layer or None for each in named], dtype=object, index=frame.index)
    brought = ["layer"]
    if _names(rows):
        frame["object_id"] = pd.Series(ids, dtype=object, index=frame.index)
        brought.append("object_id")
    if Use.CHECK in layer.uses:
        faults += _kinds(frame, named)
        brought.append("kind")
    fields = (*rows.fields, *(name for name in brought if name not in rows.fields))
    return replace(rows, frame=frame, fields=fields, faults=[*rows.faults, *faults])


def _names(rows: Conformed) -> list[str]:
    return [str(name) for name in rows.frame.columns if str(name) == NAMED + OBJECT or _key_layer(str(name))]


def _key_layer(column: str) -> str:
    return column.removeprefix(NAMED + KEY_OF) if column.startswith(NAMED + KEY_OF) else ""


def _columns(rows: Conformed) -> tuple[list[object], list[object], list[tuple[tuple[str, str], ...]]]:
    """Give per row the word for its layer, the key within it, and the keys that belong to one layer alone."""
    frame = rows.frame
    empty: list[object] = [None] * len(frame)
    own = [(_key_layer(name), frame[name].tolist()) for name in _names(rows) if _key_layer(name)]
    keys: list[tuple[tuple[str, str], ...]] = [()] * len(frame)
    if own:
        keys = [
            tuple((name, str(column[at])) for name, column in own if column[at] is not None) for at in range(len(frame))
        ]
    word = frame["layer"].tolist() if "layer" in rows.fields else empty
    return word, frame[NAMED + OBJECT].tolist() if NAMED + OBJECT in frame else empty, keys


def _words(layer: Layer) -> dict[str, Layer]:
    """Give the layers a row may be about by every word for them."""
    return {word.lower(): each for each in subjects(layer) for word in (each.title_en, each.title, each.name) if word}


def _named(
    words: Mapping[str, Layer],
    word: Sequence[object],
    key: Sequence[object],
    own: Sequence[Sequence[tuple[str, str]]],
) -> Iterator[Subject]:
    """Give what each row names; a layer and a key of text, which most name, need no closer look."""
    known = {each: words.get(each.strip().lower()) for each in set(word) if isinstance(each, str)}
    for said, code, others in zip(word, key, own, strict=True):
        target = known.get(said) if isinstance(said, str) and isinstance(code, str) else None
        yield Subject(target.name, str(code)) if target is not None else _subject(words, said, code, others)


def _subject(words: Mapping[str, Layer], word: object, key: object, own: Sequence[tuple[str, str]]) -> Subject:
    """Give what one row names; of several keys that of the most specific layer, whose objects lie on the others'."""
    if word is not None and str(word).strip().lower() not in words:
        return Subject(
            problem=f"{shown(str(word))}；可为 · one of: {'、'.join(each.title for each in set(words.values()))}"
        )
    target = words[str(word).strip().lower()] if word is not None else None
    if key is not None:
        if target is None:
            return Subject(problem=f"{shown(str(key))} 未注明图层 · without its layer")
        return Subject(target.name, str(key))
    chosen = [each for each in own if target is None or each[0] == target.name]
    specific = [each for each in chosen if not any(_lies_on(other, each[0]) for other, _ in chosen)]
    if len(specific) > 1:
        told = ", ".join(f"{layers.named(name).title} {code}" for name, code in specific)
        return Subject(problem=f"{told}：不知是哪一个 · more than one object")
    if not specific:
        return Subject(target.name if target is not None else "")
    return Subject(*specific[0])


def _lies_on(name: str, other: str) -> bool:
    """Whether objects of a layer lie on those of another, and are therefore what is meant where both are named."""
    return any(each.joins == other for each in layers.named(name).fields)


def _ids(connection: sa.Connection, county: County, wanted: Iterable[Subject]) -> dict[Subject, int]:
    found = {}
    by_layer: dict[str, list[str]] = {}
    for each in wanted:
        if each.key:
            by_layer.setdefault(each.layer, []).append(each.key)
    for name, keys in sorted(by_layer.items()):
        layer = layers.named(name)
        table = county.schema.table(layer)
        for start in range(0, len(keys), CHUNK):
            asked = sa.any_(sa.literal(keys[start : start + CHUNK], sa.ARRAY(sa.Text())))
            query = sa.select(sa.cast(table.c[layer.key], sa.Text()), table.c.id)
            for key, identity in connection.execute(query.where(sa.cast(table.c[layer.key], sa.Text()) == asked)):
                found[Subject(name, key)] = identity
    return found


def _kept(
    connection: sa.Connection, county: County, layer: Layer, rows: Conformed, lost: Sequence[tuple[int, Subject]]
) -> dict[int, int]:
    """Give the ids of ended objects for rows, by place, that are stored already and are about them."""
    if not lost:
        return {}
    stored = county.schema.table(layer)
    own = rows.frame[layer.key].tolist()
    keys = list({own[at] for at, _ in lost if own[at] is not None})
    asked = sa.any_(sa.literal(keys, sa.ARRAY(TYPES[layer.field(layer.key).kind])))
    query = sa.select(stored.c[layer.key], stored.c.object_id).where(stored.c[layer.key] == asked)
    held: dict[object, int] = {row[0]: row[1] for row in connection.execute(query)}
    found = {}
    for at, subject in lost:
        if held.get(own[at]) is not None:
            past = county.schema.past(layers.named(subject.layer))
            key = past.c[layers.named(subject.layer).key]
            query = sa.select(past.c.id).where(key == subject.key, past.c.id == held[own[at]]).limit(1)
            if connection.execute(query).first() is not None:
                found[at] = held[own[at]]
    return found


def _kinds(frame: pd.DataFrame, named: Sequence[Subject]) -> list[Fault]:
    """Write the kind of each row's layer; a kind that was delivered and is another one is a fault."""
    kind_of = {each.name: each.patrol.kind for each in layers.every() if each.patrol is not None}
    kinds = [kind_of.get(each.layer) for each in named]
    given = frame["kind"].tolist() if "kind" in frame else [None] * len(frame)
    faults = [
        Fault(number, "kind", "kind_of_layer", str(kind), shown(came))
        for number, kind, came in zip(frame["row_no"].tolist(), kinds, given, strict=True)
        if came is not None and kind is not None and came != kind
    ]
    frame["kind"] = pd.Series(kinds, dtype=object, index=frame.index)
    return faults
