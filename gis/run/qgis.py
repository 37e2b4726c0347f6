"""A QGIS project of the county: every layer with shapes in its colours and order, the registers as tables."""

import io
import xml.etree.ElementTree as ET  # only written here, never read
import zipfile
from dataclasses import dataclass
from pathlib import Path

from pyproj import CRS

from gis.errors import Refused
from gis.layer import Geometry, Layer, Role
from gis.run import export
from gis.store.county import County, outline_of
from gis.store.server import DatabaseRole
from gis.store.server.address import parameters
from gis.store.writing import qml
from gis.store.writing.legend import legend
from gis.store.writing.rows import Column
from gis.store.writing.whole import whole

KINDS = {Geometry.POINT: "Point", Geometry.LINE: "Line", Geometry.POLYGON: "Polygon"}
WRITTEN = (1980, 1, 1, 0, 0, 0)
"""The time of the project within its archive, so that equal counties give equal bytes."""


@dataclass(frozen=True, slots=True)
class Project:
    """A project that was written: its layers from the top, and the GeoPackage beside it, None where it needs none."""

    layers: tuple[str, ...]
    data: Path | None
    notes: tuple[str, ...]


def project(county: County, path: Path, roles: frozenset[Role], *, postgis: bool = False) -> Project:
    """Write a .qgz whose layers read a GeoPackage beside it, or, with `postgis`, the county's database as its reader.

    The project holds no password and no path but the GeoPackage's name. Refused where the ending is not .qgz, and for
    the database where a role gets less than all: there the database's own rights hold, not the masks.
    """
    if path.suffix.lower() != ".qgz":
        raise Refused(f"{path.name}: 工程文件以 .qgz 结尾 · expected a file ending in .qgz")
    chosen = export.readable(roles)
    data = None
    notes: tuple[str, ...] = ()
    if postgis:
        _refuse_masked(chosen, roles)
    else:
        data = path.with_suffix(".gpkg")
        wanted = [export.Wanted(layer, chinese=False, roles=roles) for layer in chosen]
        told = export.export_all(county, wanted, data, lambda _done, _all: None)
        notes = tuple(dict.fromkeys(note for each in told for note in each.notes))
    drawn = sorted(chosen, key=lambda layer: (layer.geometry is None, -layer.style.order, layer.name))
    tree = _document(county, [(layer, _source(county, layer, data)) for layer in drawn], roles)
    with whole(path) as part:
        part.write_bytes(_packed(tree, path.stem))
    return Project(tuple(layer.name for layer in drawn), data, notes)


def _refuse_masked(chosen: list[Layer], roles: frozenset[Role]) -> None:
    for layer in chosen:
        if len(layer.visible(roles).plain) < len(layer.fields):
            raise Refused(
                f"--postgis: {layer.title}有掩码字段，数据库里没有掩码 · {layer.name} has fields that this role sees "
                "masked, and the database does not mask: leave --postgis out"
            )


def _id(layer: Layer) -> str:
    """Give what a project calls a layer: QGIS takes an id of ten letters or fewer for none and loses the layer."""
    return f"wangge_layer_{layer.name}"


def _source(county: County, layer: Layer, data: Path | None) -> tuple[str, str]:
    """Give how QGIS finds a layer: its provider and its source."""
    if data is not None:
        return "ogr", f"./{data.name}|layername={layer.name}"
    given = parameters(county.settings, DatabaseRole.READER)
    given.pop("password", None)
    said = " ".join(f"{name}='{value}'" for name, value in given.items() if name in {"dbname", "host", "port", "user"})
    shape = f" type={layer.geometry.value}" if layer.geometry is not None else ""
    srid = f" srid={county.srid}" if layer.geometry is not None else ""
    column = " (geom)" if layer.geometry is not None else ""
    return "postgres", f'{said} key=\'id\'{srid}{shape} table="public"."{layer.name}"{column}'


def _document(county: County, drawn: list[tuple[Layer, tuple[str, str]]], roles: frozenset[Role]) -> ET.Element:
    root = ET.Element("qgis", version=qml.VERSION, projectname=county.name)
    ET.SubElement(root, "title").text = county.name
    ET.SubElement(root, "projectCrs").append(_system(county.srid))
    tree = ET.SubElement(root, "layer-tree-group")
    canvas = ET.SubElement(root, "mapcanvas", name="theMapCanvas")
    ET.SubElement(canvas, "units").text = "meters"
    _extent(canvas, county)
    ET.SubElement(canvas, "destinationsrs").append(_system(county.srid))
    listed = ET.SubElement(root, "projectlayers")
    order = ET.SubElement(root, "layerorder")
    for layer, (provider, source) in drawn:
        ET.SubElement(
            tree,
            "layer-tree-layer",
            id=_id(layer),
            name=layer.title,
            source=source,
            providerKey=provider,
            checked="Qt::Checked" if layer.style.shown and layer.geometry is not None else "Qt::Unchecked",
            expanded="0",
        )
        listed.append(_map_layer(county, layer, (provider, source), roles))
        ET.SubElement(order, "layer", id=_id(layer))
    properties = ET.SubElement(root, "properties")
    paths = ET.SubElement(properties, "Paths")
    ET.SubElement(paths, "Absolute", type="bool").text = "false"
    systems = ET.SubElement(properties, "SpatialRefSys")
    ET.SubElement(systems, "ProjectionsEnabled", type="int").text = "1"  # else QGIS does not read the projectCrs
    return root


def _map_layer(county: County, layer: Layer, found: tuple[str, str], roles: frozenset[Role]) -> ET.Element:
    provider, source = found
    kind = KINDS[layer.geometry] if layer.geometry is not None else "No geometry"
    node = ET.Element("maplayer", type="vector", geometry=kind, styleCategories="AllStyleCategories")
    ET.SubElement(node, "id").text = _id(layer)
    ET.SubElement(node, "datasource").text = source
    ET.SubElement(node, "layername").text = layer.title
    ET.SubElement(node, "abstract").text = layer.doc
    if layer.geometry is not None:
        ET.SubElement(node, "srs").append(_system(county.srid))
    ET.SubElement(node, "provider", encoding="UTF-8").text = provider
    view = layer.visible(roles)
    columns = [Column(each.name, each.kind, each.title) for each in view.plain]
    columns += [Column(f"{each.name}_masked", each.kind, f"{each.title}掩码") for each in view.masked]
    node.append(qml.aliases(columns))
    if layer.geometry is not None:
        node.append(qml.renderer(legend(layer, attribute=layer.style.by, words={})))
    ET.SubElement(node, "previewExpression").text = f'"{layer.key}"'
    return node


def _system(srid: int) -> ET.Element:
    known = CRS.from_epsg(srid)
    node = ET.Element("spatialrefsys")
    ET.SubElement(node, "wkt").text = known.to_wkt()
    ET.SubElement(node, "authid").text = f"EPSG:{srid}"
    ET.SubElement(node, "description").text = known.name
    return node


def _extent(canvas: ET.Element, county: County) -> None:
    extent = ET.SubElement(canvas, "extent")
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), outline_of(county).bounds, strict=True):
        ET.SubElement(extent, name).text = f"{value:.3f}"


def _packed(tree: ET.Element, name: str) -> bytes:
    head = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    content = head + ET.tostring(tree, encoding="unicode")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(f"{name}.qgs", WRITTEN), content.encode(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
