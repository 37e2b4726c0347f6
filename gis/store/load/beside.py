"""What a delivery brings beside its layer's fields: names of places and objects, its system, and the key it makes."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha1
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import numpy as np
import pandas as pd

from gis import layers
from gis.errors import DeliveryError
from gis.layer import Field, Kind, Layer, Use
from gis.store.formats.delivered import Fault, shown

NAMED = "named."
"""What stands before the name of such a column in a conformed frame."""
KEY_OF = "key."
"""What stands before the name of a layer whose key names the object of a row."""
RECORDS = uuid5(NAMESPACE_URL, "urn:wangge:record")
"""The name space of keys that are made of a system and its own number."""


def fields(layer: Layer) -> tuple[Field, ...]:
    """Give the columns beside its fields that a delivery of the layer may have, as fields of text."""
    found = list(layer.naming)
    if layer.about_object:
        taken = {name.lower() for each in (*layer.fields, *found) for name in (each.name, each.zh, *each.source)}
        for target, names in _own_names(layer).items():
            free = tuple(name for name in names if name.lower() not in taken)
            found.append(Field(KEY_OF + target, Kind.TEXT, f"Key of the {target} that the row is about.", source=free))
    return tuple(found)


def _own_names(layer: Layer) -> dict[str, tuple[str, ...]]:
    """Give the names of keys that belong to one layer alone: 建筑编号 is a building's, `id` is anybody's."""
    targets = subjects(layer)
    names = {each.name: _spellings(each.field(each.key)) for each in targets}
    times = [name.lower() for own in names.values() for name in own]
    return {
        target: tuple(name for name in own if times.count(name.lower()) == 1 and name.lower() != "osm_id")
        for target, own in names.items()
    }


def _spellings(key: Field) -> tuple[str, ...]:
    unique = {name.lower(): name for name in (key.zh, *key.source) if name}
    return tuple(unique.values())


def subjects(layer: Layer) -> tuple[Layer, ...]:
    """Give the layers whose objects a row may be about: for checks those that are patrolled, else all with a past."""
    every = (each for each in layers.every() if each.historic and not each.single and each.name != layer.name)
    return tuple(each for each in every if each.patrol is not None or Use.CHECK not in layer.uses)


def columns(
    layer: Layer, delivered: Iterable[str], mapping: Mapping[str, str]
) -> dict[str, tuple[Field, tuple[str, ...]]]:
    """Give per such column its field and the delivered columns it is read from; `delivered` are those of no field."""
    lower = {str(name).lower(): name for name in delivered}
    found = {}
    for each in fields(layer):
        names = (each.name, each.zh, *each.source)
        chosen = [lower[name.lower()] for name in names if name and name.lower() in lower]
        chosen = [mapping[each.name]] if each.name in mapping else chosen
        if chosen:
            found[each.name] = each, tuple(dict.fromkeys(chosen))
    return found


def with_system(layer: Layer, frame: pd.DataFrame, source: str) -> tuple[str, ...]:
    """Fill the field that names the system of a row where the delivery does not; give the name of the field.

    DeliveryError where the layer has no such field, or needs one and nobody names the system.
    """
    system = next((each for each in layer.fields if each.system), None)
    if system is None:
        if source:
            raise DeliveryError(
                f"{layer.title}不记来源系统，不能用 --source · "
                f"{layer.name}: no field names a system, leave --source out"
            )
        return ()
    given = frame[system.name].to_numpy(dtype=object) if system.name in frame else np.full(len(frame), None, object)
    empty = np.array([value is None for value in given], dtype=bool)
    if source and empty.any():
        frame[system.name] = pd.Series(np.where(empty, source, given), dtype=object, index=frame.index)
        return (system.name,)
    if len(frame) and empty.all() and system.name in layer.keyed_by and layer.key not in frame:
        raise DeliveryError(
            f"{layer.title}：请用 --source 注明来源系统 · "
            f"{layer.name}: declare with --source which system the rows are from"
        )
    return ()


def made_keys(layer: Layer, frame: pd.DataFrame) -> tuple[list[Any], list[Fault]]:
    """Give the key of each row: the one delivered, else the one made of its `keyed_by` fields, and what contradicts.

    A text key is their values joined by slashes (a slash within all but the last is %2F), a UUID key the version 5 of
    that text (RFC 9562, 5.5), so that the same number of the same system is the same row.
    """
    parts = [_column(frame, name) for name in layer.keyed_by]
    given = _column(frame, layer.key)
    keys: list[Any] = []
    faults = []
    for own, row, *values in zip(given, frame["row_no"].tolist(), *parts, strict=True):
        made = None if None in values else key_of(layer, [str(value) for value in values])
        keys.append(made if own is None else own)
        if own is None and made is not None:
            continue
        empty = [name for name, value in zip(layer.keyed_by, values, strict=True) if value is None]
        if own is None:
            faults += [Fault(row, name, "required", "a value, of which the key is made", "null") for name in empty]
        elif made is not None and str(own) != str(made):
            expected = f"{' / '.join(layer.keyed_by)}: {shown(str(made))}"
            faults.append(Fault(row, layer.key, "keyed_by", expected, shown(str(own))))
    return keys, faults


def key_of(layer: Layer, values: Sequence[str]) -> str | UUID:
    """Give the key that a layer makes of these values."""
    escaped = [value.replace("%", "%25").replace("/", "%2F") for value in values[:-1]]
    text = "/".join((*escaped, values[-1]))
    if layer.field(layer.key).kind is not Kind.UUID:
        return text
    return UUID(bytes=sha1(RECORDS.bytes + text.encode(), usedforsecurity=False).digest()[:16], version=5)


def _column(frame: pd.DataFrame, name: str) -> "Sequence[Any]":
    return frame[name].tolist() if name in frame else [None] * len(frame)
