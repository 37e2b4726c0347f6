"""A legend as Styled Layer Descriptor 1.0 (OGC 02-070), which GeoServer reads."""

import xml.etree.ElementTree as ET  # only written here, never read

from gis.layer import Geometry
from gis.store.writing.legend import REST, Entry, Legend

SLD, OGC = "http://www.opengis.net/sld", "http://www.opengis.net/ogc"


def text(legend: Legend, name: str) -> str:
    """Give the style of the layer of that name."""
    ET.register_namespace("", SLD)
    ET.register_namespace("ogc", OGC)
    root = ET.Element(f"{{{SLD}}}StyledLayerDescriptor", version="1.0.0")
    layer = _part(root, "NamedLayer")
    _part(layer, "Name", name)
    style = _part(layer, "UserStyle")
    _part(style, "Title", legend.title)
    rules = _part(style, "FeatureTypeStyle")
    for entry in legend.entries:
        _rule(rules, legend, entry, filtered=True)
    _rule(rules, legend, Entry("", REST if legend.entries else legend.title, legend.colour), filtered=False)
    return ET.tostring(root, encoding="unicode")


def _rule(parent: ET.Element, legend: Legend, entry: Entry, *, filtered: bool) -> None:
    rule = _part(parent, "Rule")
    _part(rule, "Title", entry.title)
    if filtered:
        equal = ET.SubElement(ET.SubElement(rule, f"{{{OGC}}}Filter"), f"{{{OGC}}}PropertyIsEqualTo")
        ET.SubElement(equal, f"{{{OGC}}}PropertyName").text = legend.attribute
        ET.SubElement(equal, f"{{{OGC}}}Literal").text = entry.value
    elif legend.entries:
        _part(rule, "ElseFilter")
    _symbolizer(rule, legend, entry.colour)


def _symbolizer(rule: ET.Element, legend: Legend, colour: str) -> None:
    if legend.geometry is Geometry.LINE:
        _stroke(_part(rule, "LineSymbolizer"), colour, legend.width)
    elif legend.geometry is Geometry.POLYGON:
        area = _part(rule, "PolygonSymbolizer")
        if legend.fill:
            fill = _part(area, "Fill")
            _parameter(fill, "fill", colour)
            _parameter(fill, "fill-opacity", "0.6")
        _stroke(area, colour, legend.width)
    else:
        graphic = _part(_part(rule, "PointSymbolizer"), "Graphic")
        mark = _part(graphic, "Mark")
        _part(mark, "WellKnownName", "circle")
        _parameter(_part(mark, "Fill"), "fill", colour)
        _part(graphic, "Size", "7")


def _stroke(parent: ET.Element, colour: str, width: float) -> None:
    stroke = _part(parent, "Stroke")
    _parameter(stroke, "stroke", colour)
    _parameter(stroke, "stroke-width", f"{width:g}")


def _parameter(parent: ET.Element, name: str, value: str) -> None:
    ET.SubElement(parent, f"{{{SLD}}}CssParameter", name=name).text = value


def _part(parent: ET.Element, name: str, value: str | None = None) -> ET.Element:
    found = ET.SubElement(parent, f"{{{SLD}}}{name}")
    found.text = value
    return found
