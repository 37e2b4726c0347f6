"""An extract gives every layer its objects, the towns and the outline, and loses nothing without a word."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import osmium
import pyogrio.raw
import pytest
import shapely
from osmium.osm.mutable import Node, Relation, Way

from gis import layers
from gis.errors import DeliveryError
from gis.layer import Field, Geometry, Kind, Layer, Osm, Source, Use
from gis.store.mending import Geometries
from gis.store.osm import Broken, Extract, extract, matches
from gis.store.osm_place import Area, Level, place

OSM = Path(__file__).parents[2] / "shared" / "data" / "osm"
PBF = OSM / "liechtenstein-20240304.osm.pbf"
READY = OSM / "liechtenstein_layers_4326.gpkg"

BUILDING = Osm((("building", ()),), without=(("building", ("no",)),))
STREET = Osm((("highway", ()),), without=(("area", ("yes",)), ("highway", ("raceway",))))
GAS = Osm((("man_made", ("pipeline",)), ("substance", ("gas",))))
SITES = (Osm((("landuse", ("construction",)),)), Osm((("building", ("construction",)),)))


def layer(name: str, geometry: Geometry, *osm: Osm, uses: Sequence[Use] = (), fields: Sequence[Field] = ()) -> Layer:
    return Layer(
        name=name,
        title=name,
        title_en=name,
        doc=name,
        key="code",
        fields=(Field("code", Kind.TEXT, "Key.", source=("osm_id",), required=True), *fields),
        source=Source("OpenStreetMap contributors", "ODbL 1.0"),
        geometry=geometry,
        uses=frozenset(uses),
        osm=osm,
    )


LEVELS = Field("storeys", Kind.INTEGER, "Storeys.", source=("building:levels",))
BUILDINGS = layer("building", Geometry.POLYGON, BUILDING, uses=[Use.LOAD], fields=[LEVELS])
TOWNS = layer("town", Geometry.POLYGON, uses=[Use.TOWN], fields=[Field("admin_level", Kind.TEXT, "Level.")])
ALL = (
    BUILDINGS,
    TOWNS,
    layer("street", Geometry.LINE, STREET, fields=[Field("highway", Kind.TEXT, "Class.")]),
    layer("gas", Geometry.LINE, GAS),
    layer("site", Geometry.POLYGON, *SITES),
)


@pytest.fixture(scope="module")
def liechtenstein() -> Extract:
    if not PBF.is_file() or not READY.is_file():
        pytest.skip("../shared/data/osm is absent")
    return extract(PBF, layers=ALL)


def ready(name: str, columns: Sequence[str]) -> tuple[list[dict[str, str]], Geometries]:
    """Give the rows and shapes of the same place as GDAL made them of it."""
    _, _, shapes, values = pyogrio.raw.read(READY, layer=name, columns=list(columns))
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]
    return rows, np.asarray(shapely.from_wkb(shapes), dtype=object)


@pytest.mark.parametrize(
    ("name", "count"), [("building", 17_717), ("street", 8_253), ("gas", 42), ("site", 12), ("town", 11)]
)
def test_a_real_place_gives_the_known_numbers(liechtenstein: Extract, name: str, count: int) -> None:
    reading = liechtenstein.layers[name]
    assert reading.delivered == count
    assert list(reading.row) == list(range(1, count + 1))
    assert reading.frame["osm_id"].is_unique
    assert reading.crs == "EPSG:4326"
    assert shapely.is_valid(reading.geometry).all()


def test_buildings_are_those_that_gdal_finds(liechtenstein: Extract) -> None:
    rows, shapes = ready("buildings", ["osm_id", "osm_way_id", "building", "levels"])
    keys = [f"relation/{row['osm_id']}" if row["osm_id"] else f"way/{row['osm_way_id']}" for row in rows]
    reading = liechtenstein.layers["building"]
    assert sorted(keys) == sorted(reading.frame["osm_id"])
    theirs = dict(zip(keys, shapely.area(shapes), strict=True))
    ours = dict(zip(reading.frame["osm_id"], shapely.area(reading.geometry), strict=True))
    assert max(abs(theirs[key] - ours[key]) for key in keys) < 1e-15
    storeys = {key: row["levels"] for key, row in zip(keys, rows, strict=True)}
    assert dict(zip(reading.frame["osm_id"], reading.frame["building:levels"], strict=True)) == storeys


def test_streets_and_pipes_are_those_that_gdal_finds(liechtenstein: Extract) -> None:
    for name, sublayer in (("street", "roads"), ("gas", "gas_pipelines")):
        rows, shapes = ready(sublayer, ["osm_id"])
        reading = liechtenstein.layers[name]
        assert sorted(f"way/{row['osm_id']}" for row in rows) == sorted(reading.frame["osm_id"])
        assert shapely.length(shapes).sum() == pytest.approx(shapely.length(reading.geometry).sum())


def test_the_towns_are_the_municipalities_and_forty_buildings_lie_outside(liechtenstein: Extract) -> None:
    rows, shapes = ready("municipalities", ["osm_id", "name"])
    here = liechtenstein.place
    assert here.admin_level == 8
    assert {town.names["name"] for town in here.towns} == {row["name"] for row in rows}
    assert set(liechtenstein.layers["town"].frame["admin_level"]) == {"8"}
    assert here.levels[-1] == Level(8, 11, 17_677, 17_717)
    assert [level.admin_level for level in here.levels] == [2, 6, 8]
    assert here.outside == 40
    spots = shapely.point_on_surface(liechtenstein.layers["building"].geometry)
    assert int((~shapely.intersects(shapely.union_all(shapes), spots)).sum()) == 40


def test_the_county_is_the_outermost_area_that_is_whole(liechtenstein: Extract) -> None:
    county = liechtenstein.county
    assert county is not None
    assert (county.osm_id, county.admin_level) == ("relation/1155955", 2)
    assert county.names["name"] == "Liechtenstein"
    assert county.names["name:zh"]
    union = shapely.union_all([town.geometry for town in liechtenstein.place.towns])
    assert union.symmetric_difference(county.geometry).area < 1e-6 * county.geometry.area


def test_what_has_no_shape_is_listed(liechtenstein: Extract) -> None:
    assert {each.layer for each in liechtenstein.broken} == {"building"}
    assert len(liechtenstein.broken) == 10
    assert Broken("relation/12473573", "building", "the relation is not an area") in liechtenstein.broken


@pytest.mark.skipif(not PBF.is_file(), reason="../shared/data/osm is absent")
def test_the_towns_can_be_forced_to_another_level() -> None:
    here = extract(PBF, layers=(BUILDINGS, TOWNS), admin_level=6).place
    assert sorted(town.names["name"] for town in here.towns) == ["Oberland", "Unterland"]
    with pytest.raises(DeliveryError, match="expected areas of the administrative level 9, got levels: 2, 6, 8"):
        extract(PBF, layers=(BUILDINGS, TOWNS), admin_level=9)


@pytest.mark.skipif(not PBF.is_file(), reason="../shared/data/osm is absent")
def test_the_projects_own_layers_bring_every_building() -> None:
    seen: list[int] = []
    found = extract(PBF, layers=layers.every(), progress=seen.append)
    (load,) = layers.using(Use.LOAD)
    assert found.layers[load.name].delivered == 17_717
    assert found.place.outside == 40
    assert sum(seen) > 17_717


def test_tags_match_when_all_are_there_and_none_that_is_barred() -> None:
    assert matches({"building": "house"}, BUILDING)
    assert not matches({"building": "no"}, BUILDING)
    assert not matches({"man_made": "pipeline"}, GAS)
    assert not matches({"man_made": "pipeline", "substance": "water"}, GAS)
    assert matches({"man_made": "pipeline", "substance": "gas"}, GAS)
    assert not matches({"highway": "service", "area": "yes"}, STREET)


class Drawing:
    """A small extract in the making: squares of one hundredth of a degree, drawn by their lower left corner."""

    def __init__(self, path: Path) -> None:
        self.nodes: list[Node] = []
        self.ways: list[Way] = []
        self.relations: list[Relation] = []
        self.path = path

    def way(self, number: int, corners: Sequence[tuple[float, float]], **tags: str) -> None:
        first = len(self.nodes) + 1
        self.nodes += [Node(id=first + place, location=each) for place, each in enumerate(dict.fromkeys(corners))]
        places = {corner: first + place for place, corner in enumerate(dict.fromkeys(corners))}
        self.ways.append(Way(id=number, nodes=[places[corner] for corner in corners], tags=tags))

    def square(self, number: int, x: float, y: float, side: float = 0.01, **tags: str) -> None:
        corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)]
        self.way(number, corners, **tags)

    def relation(self, number: int, outer: Sequence[int], inner: Sequence[int] = (), **tags: str) -> None:
        members = [("w", way, "outer") for way in outer] + [("w", way, "inner") for way in inner]
        self.relations.append(Relation(id=number, members=members, tags=tags))

    def written(self) -> Path:
        with osmium.SimpleWriter(str(self.path)) as writer:
            for node in self.nodes:
                writer.add_node(node)
            for way in sorted(self.ways, key=lambda each: each.id or 0):
                writer.add_way(way)
            for relation in self.relations:
                writer.add_relation(relation)
        return self.path


@pytest.fixture
def drawing(tmp_path: Path) -> Drawing:
    return Drawing(tmp_path / "drawn.osm.pbf")


def test_a_building_that_is_a_relation_counts_once_and_keeps_its_court(drawing: Drawing) -> None:
    drawing.square(1, 0, 0, side=0.04)
    drawing.square(2, 0.01, 0.01, side=0.01)
    drawing.relation(7, [1], [2], type="multipolygon", building="yes", **{"building:levels": "3"})
    drawing.square(3, 1, 1, building="house")
    reading = extract(drawing.written(), layers=[BUILDINGS]).layers["building"]
    assert reading.frame["osm_id"].tolist() == ["way/3", "relation/7"]
    assert reading.frame["building:levels"].tolist() == [None, "3"]
    assert shapely.area(reading.geometry).tolist() == pytest.approx([1e-4, 15e-4])


def test_objects_without_a_whole_shape_are_listed_with_the_reason(drawing: Drawing) -> None:
    drawing.way(1, [(0, 0), (1, 0), (1, 1)], building="yes")
    drawing.square(2, 2, 2, building="yes", area="no")
    drawing.way(3, [(0, 0), (1, 1), (1, 0), (0, 1), (0, 0)], building="yes")
    drawing.relation(4, [99], type="multipolygon", building="yes")
    drawing.relation(5, [2], type="site", building="yes")
    drawing.nodes.append(Node(id=90, location=(5, 5), tags={"building": "yes"}))
    found = extract(drawing.written(), layers=[BUILDINGS])
    assert found.layers["building"].delivered == 0
    assert [(each.osm_id, each.reason) for each in found.broken] == [
        ("node/90", "a node has no area"),
        ("way/1", "the way is not closed"),
        ("way/2", "tagged area=no"),
        ("way/3", "its ring crosses itself"),
        ("relation/4", "its ways are not all in the file, or form no rings"),
        ("relation/5", "the relation is not an area"),
    ]


def test_a_line_without_its_nodes_is_listed(drawing: Drawing) -> None:
    drawing.way(1, [(0, 0), (1, 0)], highway="path")
    drawing.ways.append(Way(id=2, nodes=[900, 901], tags={"highway": "path"}))
    found = extract(drawing.written(), layers=ALL)
    assert found.layers["street"].frame["osm_id"].tolist() == ["way/1"]
    assert [(each.osm_id, each.layer) for each in found.broken] == [("way/2", "street")]


def test_points_are_nodes(drawing: Drawing) -> None:
    drawing.nodes.append(Node(id=1, location=(120.1, 28.9), tags={"amenity": "fuel", "name": "站"}))
    reading = extract(
        drawing.written(), layers=[layer("station", Geometry.POINT, Osm((("amenity", ("fuel",)),)))]
    ).layers["station"]
    assert reading.frame.to_dict("list") == {"osm_id": ["node/1"], "name": ["站"]}
    assert reading.geometry[0] == shapely.Point(120.1, 28.9)


def test_the_keys_column_stays_ours(drawing: Drawing) -> None:
    drawing.square(1, 0, 0, building="yes", osm_id="x", code="y")
    reading = extract(drawing.written(), layers=[BUILDINGS]).layers["building"]
    assert reading.frame.to_dict("list") == {"osm_id": ["way/1"]}


def test_without_a_whole_outer_area_the_county_is_the_union_of_the_towns(drawing: Drawing) -> None:
    for number, x in ((1, 0.0), (2, 0.1), (3, 0.2)):
        drawing.square(number, x, 0, side=0.1, boundary="administrative", admin_level="8", name=f"town {number}")
        drawing.square(10 + number, x + 0.01, 0.01, building="yes")
    drawing.square(4, 5, 5, side=0.1, boundary="administrative", admin_level="8", name="neighbour")
    drawing.square(5, 0, 0, side=0.1, boundary="administrative", admin_level="10", name="quarter")
    drawing.square(6, 0, 0, side=0.1, boundary="administrative", admin_level="8")
    drawing.relation(7, [1, 99], type="boundary", boundary="administrative", admin_level="4", name="cut")
    found = extract(drawing.written(), layers=ALL)
    assert found.layers["town"].frame["name"].tolist() == ["town 1", "town 2", "town 3"]
    assert found.place.levels == (Level(8, 4, 3, 3), Level(10, 1, 1, 3))
    assert found.county is not None
    assert found.county.origin == "the union of 3 towns"
    assert found.county.geometry.area == pytest.approx(0.03)


def test_without_buildings_no_level_is_chosen(drawing: Drawing) -> None:
    drawing.square(1, 0, 0, boundary="administrative", admin_level="8", name="town")
    found = extract(drawing.written(), layers=ALL)
    assert found.place.admin_level is None
    assert found.place.towns == ()
    assert found.county is None
    assert found.layers["town"].delivered == 0


def test_the_deepest_level_with_enough_buildings_is_chosen() -> None:
    rng = np.random.default_rng(5)
    spots = np.array([shapely.Point(*each) for each in rng.random((1000, 2))], dtype=object)
    whole = shapely.multipolygons([shapely.box(0, 0, 1, 1)])
    most = shapely.multipolygons([shapely.box(0, 0, 0.97, 1)])
    some = shapely.multipolygons([shapely.box(0, 0, 0.9, 1)])
    areas = [Area(f"way/{level}", level, {"name": "a"}, shape) for level, shape in ((4, whole), (6, most), (8, some))]
    here = place(areas, spots)
    brute = [sum(spot.x <= edge for spot in spots) for edge in (1, 0.97, 0.9)]
    assert [level.covered for level in here.levels] == brute
    assert here.admin_level == 6
    assert here.outside == 1000 - brute[1]
    assert here.county is not None
    assert here.county.admin_level == 4


@pytest.mark.parametrize("content", [b"", b"{}", b"\x00\x00\x00\x0d" + b"x" * 40])
def test_what_is_no_extract_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "place.osm.pbf"
    path.write_bytes(content)
    for given in (path, tmp_path / "none.osm.pbf", tmp_path):
        with pytest.raises(DeliveryError, match=r"expected an OpenStreetMap extract \(.osm.pbf\), got: "):
            extract(given, layers=ALL)
