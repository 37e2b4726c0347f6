"""Which delivered columns each field of a layer is read from, by all the names that it goes under."""

from collections.abc import Mapping, Sequence

from gis.errors import DeliveryError
from gis.layer import Field, Layer
from gis.store.load import beside, cut_names
from gis.store.load.units import written_units

DRAWN_KEY = "key"
"""The column under which a DXF drawing brings the keys that `wangge export` wrote into it."""


def known_names(layer: Layer) -> tuple[str, ...]:
    """Give every name under which a column of the layer may be delivered."""
    own = (each for each in layer.fields if not each.once)
    return tuple(name for each in (*own, *beside.fields(layer)) for name in names_of(each))


def names_of(wanted: Field) -> tuple[str, ...]:
    """Give the names of a field in order; each may have the field's own unit in brackets behind it."""
    names = [name for name in (wanted.name, *wanted.source, wanted.zh) if name]
    units = [f"{left}{unit}{right}" for unit in written_units(wanted) for left, right in ("()", "（）")]
    return (*names, *(name + unit for name in names for unit in units))


def sources(layer: Layer, delivered: Sequence[str], mapping: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Give per field the delivered columns it is read from: the one named by hand, else all of its names, in order.

    DeliveryError where a column named by hand does not exist.
    """
    others = {each.name for each in beside.fields(layer)}
    for name, column in mapping.items():
        if name not in others:
            layer.field(name)
        if column not in delivered:
            raise DeliveryError(
                f"--map {name}={column}: no column {column!r}; there are: {', '.join(map(str, delivered))}"
            )
    chosen = {}
    lower = {str(name).lower(): name for name in reversed(delivered)}
    for each in layer.fields:
        names = [name.lower() for name in names_of(each)]
        columns = [mapping[each.name]] if each.name in mapping else [lower[name] for name in names if name in lower]
        worked_out = layer.about_object and each.name == "object_id"  # ours, which no file knows
        if columns and not each.once and not worked_out:
            chosen[each.name] = tuple(dict.fromkeys(columns))
    return chosen | _by_other_names(layer, delivered, chosen, mapping)


def _by_other_names(
    layer: Layer, delivered: Sequence[str], chosen: Mapping[str, tuple[str, ...]], mapping: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """Give per field without a column those whose name was cut to ten bytes; the key also as a drawing names it."""
    used = {*mapping.values(), *(column for columns in chosen.values() for column in columns)}
    free = [str(name) for name in delivered if name not in used]
    worked_out = {"object_id"} if layer.about_object else set()
    open_fields = [each for each in layer.fields if each.name not in {*chosen, *worked_out} and not each.once]
    titles = {each.name: (each.zh,) for each in open_fields if each.zh}
    found = cut_names.matched(free, titles, {each.name: names_of(each) for each in open_fields})
    if layer.key not in {*chosen, *found} and DRAWN_KEY in free:
        found[layer.key] = (DRAWN_KEY,)
    return found
