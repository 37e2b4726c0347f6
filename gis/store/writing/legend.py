"""How a layer is drawn by other programs: one colour a choice, in Chinese, worked out from the layer's own style."""

from collections.abc import Mapping
from dataclasses import dataclass

from gis.layer import Geometry, Layer

REST = "未填或其他"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a legend: the value as it stands in the file, its words, its colour as #rrggbb."""

    value: str
    title: str
    colour: str


@dataclass(frozen=True, slots=True)
class Legend:
    """How rows are drawn: by the values of the column `attribute`, or, where that is empty, all in one colour.

    `colour` is that of all rows, or of those whose value is no entry's. Widths are in pixels of a 96 dpi screen.
    """

    title: str
    geometry: Geometry
    attribute: str
    entries: tuple[Entry, ...]
    colour: str
    width: float
    fill: bool
    order: int
    shown: bool


def legend(layer: Layer, *, attribute: str, words: Mapping[str, str]) -> Legend:
    """Give the legend of a layer with shapes whose styled field stands in the column `attribute`.

    `words` are what its values are written as; one that is not there stands as it is.
    """
    if layer.geometry is None:
        raise ValueError(f"{layer.name} has no shapes to draw")
    style = layer.style
    choices = layer.field(style.by).choices if style.by else ()
    entries = tuple(
        Entry(words.get(each.value, each.value), each.title or each.value, each.colour or style.colour)
        for each in choices
    )
    by = attribute if entries else ""
    return Legend(
        layer.title, layer.geometry, by, entries, style.colour, style.width, style.fill, style.order, style.shown
    )
