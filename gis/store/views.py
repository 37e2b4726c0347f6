"""The views and lists that SQL functions read instead of naming layers: what is visited, placed and measured."""

from collections.abc import Sequence

from gis import layers
from gis.layer import Geometry, Layer, Use
from gis.store.schema import PLACES, quoted

CHOSEN_BY = {Use.TOWN: "{key}", Use.VILLAGE: "{key}", Use.CELL: "{key}, valid_from, valid_to"}
"""The columns of an area that decide, beside its shape, whether and to whom it belongs."""


def category(layer: Layer) -> str:
    """Give the SQL of a patrolled layer's class: its `by` field, `unknown` where that is empty."""
    if layer.patrol is None or not layer.patrol.by:
        return f"'{layer.patrol.unknown if layer.patrol else ''}'::text"
    column = quoted(layer.patrol.by)
    return f"coalesce({column}, '{layer.patrol.unknown}'::text)" if layer.patrol.unknown else column


def spot_column(layer: Layer) -> str:
    """Give the column of the point by which a located layer's rows lie in an area."""
    return "spot" if layer.geometry is Geometry.POLYGON else "geom"


def chosen_by(layer: Layer) -> str:
    """Give the columns of a layer of areas that decide which of them counts; empty where it holds none."""
    found = [columns for use, columns in CHOSEN_BY.items() if use in layer.uses]
    return found[0].format(key=layer.key) if found else ""


def views() -> dict[str, str]:
    """Give the query of each view by its name."""
    every = layers.every()
    patrolled = [(layer, layer.patrol.kind, category(layer)) for layer in every if layer.patrol is not None]
    placed = [(layer, spot_column(layer), ", ".join(PLACES)) for layer in every if layer.located]
    measured = [(layer,) for layer in every if layer.by_length]
    return {
        "patrolled": _union(
            "SELECT id AS object_id, {}::text AS layer, '{}'::text AS kind, {} AS category, town_id, cell_id", patrolled
        ),
        "place_area": "\nUNION ALL\n".join(_area(use) for use in PLACES.values()),
        "placed_object": _union("SELECT id AS object_id, {}::text AS layer, {} AS spot, {}, geom", placed),
        "measured_line": _union("SELECT id AS object_id, {}::text AS layer, geom", measured),
    }


def lists() -> dict[str, tuple[str, str]]:
    """Give the columns and values of each list by the name of the function that gives it."""
    every = layers.every()
    kinds = ", ".join(f"('{layer.name}', '{layer.patrol.kind}')" for layer in every if layer.patrol)
    return {
        "patrol_kinds": ("layer text, kind text", kinds),
        "located_layers": ("layer text", ", ".join(f"('{layer.name}')" for layer in every if layer.located)),
        "measured_layers": ("layer text", ", ".join(f"('{layer.name}')" for layer in every if layer.by_length)),
    }


def _area(use: Use) -> str:
    layer = layers.one(use)
    span = "daterange(valid_from, valid_to, '[]')" if use is Use.CELL else "daterange(NULL, NULL)"
    part = "SELECT '{}'::text AS level, id, {} AS code, geom, {} AS days FROM {}"
    return part.format(use.value, quoted(layer.key), span, quoted(layer.name))


def _union(part: str, of: Sequence[tuple[Layer, *tuple[str, ...]]]) -> str:
    return "\nUNION ALL\n".join(
        part.format(f"'{layer.name}'", *words) + f" FROM {quoted(layer.name)}" for layer, *words in of
    )
