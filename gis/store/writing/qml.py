"""A legend as QGIS keeps it: a renderer with symbols, and the Chinese names of the columns.

Properties are written as `prop`, which every QGIS 3 reads.
"""

import xml.etree.ElementTree as ET  # only written here, never read
from collections.abc import Iterable, Mapping

from gis.layer import Geometry
from gis.store.writing.legend import REST, Entry, Legend
from gis.store.writing.rows import Column

VERSION = "3.22.0"
MILLIMETRES_A_PIXEL = 25.4 / 96
KINDS = {Geometry.POINT: "marker", Geometry.LINE: "line", Geometry.POLYGON: "fill"}
CLASSES = {Geometry.POINT: "SimpleMarker", Geometry.LINE: "SimpleLine", Geometry.POLYGON: "SimpleFill"}
AREA_OPACITY = 153
POINT_MM = 2.0


def text(legend: Legend, columns: Iterable[Column] = ()) -> str:
    """Give the style as the text of a .qml file."""
    root = ET.Element("qgis", version=VERSION, styleCategories="Symbology|Fields")
    root.append(renderer(legend))
    root.append(aliases(columns))
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ET.tostring(root, encoding="unicode")


def renderer(legend: Legend) -> ET.Element:
    """Give the renderer: by category where the legend has entries, the last for all other values; else one symbol."""
    if not legend.attribute:
        found = ET.Element("renderer-v2", type="singleSymbol", enableorderby="0", forceraster="0", symbollevels="0")
        ET.SubElement(found, "symbols").append(_symbol("0", legend, legend.colour))
        return found
    found = ET.Element(
        "renderer-v2",
        type="categorizedSymbol",
        attr=legend.attribute,
        enableorderby="0",
        forceraster="0",
        symbollevels="0",
    )
    categories, symbols = ET.SubElement(found, "categories"), ET.SubElement(found, "symbols")
    for place, entry in enumerate((*legend.entries, Entry("", REST, legend.colour))):
        said = {"value": entry.value, "label": entry.title, "symbol": str(place), "render": "true", "type": "string"}
        ET.SubElement(categories, "category", said)
        symbols.append(_symbol(str(place), legend, entry.colour))
    return found


def aliases(columns: Iterable[Column]) -> ET.Element:
    """Give the words that stand for the columns where their names are codes."""
    found = ET.Element("aliases")
    for place, column in enumerate(columns):
        if column.title:
            ET.SubElement(found, "alias", field=column.name, name=column.title, index=str(place))
    return found


def _symbol(name: str, legend: Legend, colour: str) -> ET.Element:
    symbol = ET.Element("symbol", name=name, type=KINDS[legend.geometry], alpha="1", clip_to_extent="1", force_rhr="0")
    layer = ET.SubElement(
        symbol, "layer", {"class": CLASSES[legend.geometry], "enabled": "1", "pass": "0", "locked": "0"}
    )
    for key, value in _properties(legend, colour).items():
        ET.SubElement(layer, "prop", k=key, v=value)
    return symbol


def _properties(legend: Legend, colour: str) -> Mapping[str, str]:
    width = f"{max(legend.width, 0.1) * MILLIMETRES_A_PIXEL:.3f}"
    if legend.geometry is Geometry.LINE:
        return {"line_color": rgba(colour), "line_width": width, "line_width_unit": "MM", "line_style": "solid"}
    if legend.geometry is Geometry.POINT:
        size = {"name": "circle", "size": str(POINT_MM), "size_unit": "MM", "outline_width": "0.2"}
        return {"color": rgba(colour), "outline_color": "255,255,255,255", "outline_style": "solid", **size}
    style = "solid" if legend.fill else "no"
    outline = {"outline_color": rgba(colour), "outline_width": width, "outline_width_unit": "MM"}
    return {"color": rgba(colour, AREA_OPACITY), "style": style, "outline_style": "solid", **outline}


def rgba(colour: str, opacity: int = 255) -> str:
    """Give #rrggbb as QGIS writes it: red, green, blue and opacity from 0 to 255."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"{red},{green},{blue},{opacity}"
