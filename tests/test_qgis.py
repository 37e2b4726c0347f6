"""A QGIS project of the county: what it names is there, in the layers' colours and Chinese words, no password."""

import json
import os
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pyogrio
import pytest

from gis import layers
from gis.errors import Refused
from gis.layer import Layer, Role
from gis.run import qgis
from gis.store import writing
from gis.store.county import County
from gis.store.settings import Settings
from gis.store.writing.legend import Legend, legend
from gis.store.writing.qml import renderer, rgba
from gis.store.writing.sld import SLD
from gis.store.writing.sld import text as sld
from tests.builders import cloned, inserted

DRAWN = [layer for layer in layers.every() if layer.geometry is not None]
STEWARD = frozenset({Role.STEWARD})


@pytest.fixture(scope="module")
def filled(template: Settings) -> Iterator[County]:
    """A county in which every layer with shapes holds its example."""
    with cloned(template, "test_qgis") as found:
        with found.writing() as connection:
            for layer in DRAWN:
                if not layer.single:
                    inserted(connection, found, layer, {})
        yield found


SYSTEM_PYTHON = Path("/usr/bin/python3")
OPENED = """
import json, sys
from qgis.core import QgsApplication, QgsProject, QgsVectorLayer
application = QgsApplication([], False)
application.initQgis()
project = QgsProject.instance()
whole = project.read(sys.argv[1])
def told(layer):
    drawn = layer.renderer()
    entries = drawn.categories() if drawn and drawn.type() == "categorizedSymbol" else []
    symbols = [(each.value(), each.label(), each.symbol().color().name()) for each in entries]
    alone = drawn.symbol().color().name() if drawn and drawn.type() == "singleSymbol" else None
    aliases = {name: alias for name, alias in layer.attributeAliases().items() if alias}
    return {"valid": layer.isValid(), "rows": layer.featureCount(), "crs": layer.crs().authid(), "name": layer.name(),
            "symbols": symbols, "alone": alone, "aliases": aliases, "located": layer.isSpatial()}
lost = [node.name() for node in project.layerTreeRoot().findLayers() if node.layer() is None]
inside = {node.layerId(): told(node.layer()) for node in project.layerTreeRoot().findLayers() if node.layer()}
apart = {name: told(QgsVectorLayer(f"{sys.argv[2]}|layername={name}", name, "ogr")) for name in sys.argv[3:]}
print(json.dumps({"whole": whole, "crs": project.crs().authid(), "lost": lost, "inside": inside, "apart": apart}))
application.exitQgis()
"""
"""What QGIS itself says of a project, and of layers of a GeoPackage that are opened alone; run by the system's Python,
for which QGIS is installed."""


@pytest.fixture(scope="session")
def desktop() -> Path:
    """The Python that QGIS belongs to; tests that ask QGIS skip where it is absent."""
    asked = [str(SYSTEM_PYTHON), "-c", "import qgis.core"]
    if not SYSTEM_PYTHON.exists() or subprocess.run(asked, capture_output=True, check=False).returncode:
        pytest.skip("QGIS (python3-qgis) is not on this machine")
    return SYSTEM_PYTHON


def opened(desktop: Path, project: Path, names: list[str], home: Path) -> dict[str, Any]:
    environment = {"PATH": os.defpath, "QT_QPA_PLATFORM": "offscreen", "HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
    data = project.with_suffix(".gpkg")
    command = [str(desktop), "-c", OPENED, str(project), str(data), *names]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=300)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_qgis_itself_opens_every_layer_with_its_colours_and_chinese_words(
    desktop: Path, project: Path, filled: County, tmp_path: Path
) -> None:
    drawn = [layer.name for layer in DRAWN]
    found = opened(desktop, project, drawn, tmp_path)
    system = f"EPSG:{filled.srid}"
    assert (found["whole"], found["crs"], found["lost"]) == (True, system, [])
    inside = {name_of(identity): told for identity, told in found["inside"].items()}
    assert set(inside) == {layer.name for layer in layers.every()}
    for layer in layers.every():
        told = inside[layer.name]
        assert (told["valid"], told["name"], told["located"]) == (True, layer.title, layer.geometry is not None)
        assert told["aliases"] == {field.name: field.title for field in layer.fields if field.title != field.name}
    for layer in DRAWN:
        assert inside[layer.name]["rows"] == 1
        for told in (inside[layer.name], found["apart"][layer.name]):  # the project's style, the GeoPackage's own
            assert (told["valid"], told["crs"]) == (True, system)
            choices = layer.field(layer.style.by).choices if layer.style.by else ()
            entries = [[each.value, each.title, (each.colour or layer.style.colour).lower()] for each in choices]
            assert told["symbols"][:-1] == entries
            if not choices:
                assert told["alone"] == layer.style.colour.lower()
    assert not list(project.parent.glob("*-wal"))


def document(path: Path) -> ET.Element:
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == [f"{path.stem}.qgs"]
        return ET.fromstring(archive.read(archive.namelist()[0]))


def text(node: ET.Element, path: str) -> str:
    found = node.findtext(path)
    assert found is not None, path
    return found


@pytest.fixture(scope="module")
def project(filled: County, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("project") / "永康.qgz"
    made = qgis.project(filled, path, STEWARD)
    assert made.data == path.with_suffix(".gpkg")
    assert {each.name for each in path.parent.iterdir()} == {"永康.qgz", "永康.gpkg"}
    return path


def name_of(identity: str) -> str:
    """Give the layer's name; QGIS loses a layer whose id has ten letters or fewer."""
    assert len(identity) > 10
    return identity.removeprefix("wangge_layer_")


def test_every_source_is_a_layer_of_the_geopackage_beside_it(project: Path) -> None:
    root = document(project)
    found = {name_of(text(node, "id")): text(node, "datasource") for node in root.iter("maplayer")}
    assert set(found) == {layer.name for layer in layers.every()}
    there = {str(name): kind for name, kind in pyogrio.list_layers(project.with_suffix(".gpkg"))}
    for layer in layers.every():
        assert found[layer.name] == f"./永康.gpkg|layername={layer.name}"
        assert there[layer.name] == (layer.geometry.value if layer.geometry is not None else None)
    assert "layer_styles" in there


def test_the_projects_system_is_the_countys_metres(project: Path, filled: County) -> None:
    root = document(project)
    assert text(root, "projectCrs/spatialrefsys/authid") == f"EPSG:{filled.srid}"
    authorities = {node.text for node in root.iter("authid")}
    assert authorities == {f"EPSG:{filled.srid}"}
    west, south, east, north = (
        float(text(root, f"mapcanvas/extent/{name}")) for name in ("xmin", "ymin", "xmax", "ymax")
    )
    assert (west, south) == pytest.approx((500_000, 3_200_000), abs=0.01)
    assert (east, north) == pytest.approx((504_000, 3_204_000), abs=0.01)


def test_layers_lie_in_the_order_and_words_of_their_styles(project: Path) -> None:
    root = document(project)
    found = [(str(node.get("id")), node.get("name"), node.get("checked")) for node in root.iter("layer-tree-layer")]
    listed = [(name_of(identity), title, checked) for identity, title, checked in found]
    orders = [layers.named(name).style.order for name, _, _ in listed[: len(DRAWN)]]
    assert orders == sorted(orders, reverse=True), "the first line is drawn on top"
    for name, title, checked in listed:
        layer = layers.named(name)
        assert title == layer.title
        assert (checked == "Qt::Checked") is (layer.geometry is not None and layer.style.shown)
    assert [node.get("id") for node in root.iter("layer") if node.get("id")] == [each[0] for each in found]


@pytest.mark.parametrize("layer", DRAWN, ids=lambda layer: layer.name)
def test_a_layer_is_drawn_in_the_colours_and_words_of_its_choices(project: Path, layer: Layer) -> None:
    node = next(each for each in document(project).iter("maplayer") if name_of(text(each, "id")) == layer.name)
    drawn = node.find("renderer-v2")
    assert drawn is not None
    symbols = {each.get("name"): each for each in drawn.iter("symbol")}
    aliases = {each.get("field"): each.get("name") for each in node.iter("alias")}
    assert aliases == {field.name: field.title for field in layer.fields}
    if not layer.style.by:
        assert (drawn.get("type"), len(symbols)) == ("singleSymbol", 1)
        return
    choices = layer.field(layer.style.by).choices
    categories = [(each.get("value"), each.get("label"), each.get("symbol")) for each in drawn.iter("category")]
    assert drawn.get("attr") == layer.style.by
    assert [each[:2] for each in categories[:-1]] == [(each.value, each.title) for each in choices]
    assert categories[-1][:2] == ("", "未填或其他")
    for choice, (_, _, symbol) in zip(choices, categories, strict=False):
        colours = {each.get("v") for each in symbols[symbol].iter("prop")}
        red, green, blue = bytes.fromhex((choice.colour or layer.style.colour)[1:])
        assert any(str(each).startswith(f"{red},{green},{blue},") for each in colours)


def test_the_database_is_named_without_a_password(filled: County, tmp_path: Path) -> None:
    made = qgis.project(filled, tmp_path / "p.qgz", STEWARD, postgis=True)
    assert made.data is None
    assert [each.name for each in tmp_path.iterdir()] == ["p.qgz"]
    for node in document(tmp_path / "p.qgz").iter("maplayer"):
        source = text(node, "datasource")
        layer = layers.named(name_of(text(node, "id")))
        assert text(node, "provider") == "postgres"
        assert f"dbname='{filled.settings.database}'" in source
        assert "user='wangge_reader'" in source
        assert "password" not in source
        assert f'table="public"."{layer.name}"' in source
        assert ("(geom)" in source) is (layer.geometry is not None)
    foreign = replace(filled, settings=replace(filled.settings, database_url="postgresql://u:geheim@localhost/x"))
    source = qgis._source(foreign, layers.named("building"), None)[1]
    assert "geheim" not in source
    assert "user='u'" in source


def test_a_role_that_sees_masks_gets_no_database_and_no_plain_names(filled: County, tmp_path: Path) -> None:
    planner = frozenset({Role.PLANNER})
    with pytest.raises(Refused, match="掩码"):
        qgis.project(filled, tmp_path / "p.qgz", planner, postgis=True)
    made = qgis.project(filled, tmp_path / "p.qgz", planner)
    assert made.notes
    owner = layers.named("building").field("owner_name")
    rows = pyogrio.read_dataframe(tmp_path / "p.gpkg", layer="building")
    assert "owner_name" not in rows.columns
    assert rows["owner_name_masked"].tolist() == [str(owner.example)[:1] + "**"]
    with pytest.raises(Refused, match=r"\.qgz"):
        qgis.project(filled, tmp_path / "p.qgs", planner)


def test_equal_counties_give_equal_projects(filled: County, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        qgis.project(filled, tmp_path / folder / "p.qgz", STEWARD)
    assert (tmp_path / "a" / "p.qgz").read_bytes() == (tmp_path / "b" / "p.qgz").read_bytes()


@pytest.mark.parametrize("layer", DRAWN, ids=lambda layer: layer.name)
def test_a_geoserver_style_has_one_rule_a_choice_and_one_for_the_rest(layer: Layer) -> None:
    found: Legend = legend(layer, attribute="等级", words={})
    root = ET.fromstring(sld(found, layer.name))
    rules = list(root.iter(f"{{{SLD}}}Rule"))
    choices = layer.field(layer.style.by).choices if layer.style.by else ()
    assert len(rules) == len(choices) + 1
    assert [each.findtext(f"{{{SLD}}}Title") for each in rules[:-1]] == [each.title for each in choices]
    literals = [each.text for each in root.iter("{http://www.opengis.net/ogc}Literal")]
    assert literals == [each.value for each in choices]


def test_a_colour_is_written_as_qgis_reads_it() -> None:
    assert rgba("#67000d") == "103,0,13,255"
    assert rgba("#FFFFFF", 10) == "255,255,255,10"


def test_a_register_has_no_legend() -> None:
    with pytest.raises(ValueError, match="no shapes"):
        legend(layers.named("worker"), attribute="", words={})
    assert renderer(legend(layers.named("town"), attribute="", words={})).get("type") == "singleSymbol"


def test_only_a_geopackage_holds_all_layers() -> None:
    assert [form.title for form in writing.FORMS if form.many] == ["GeoPackage"]
