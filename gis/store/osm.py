"""Read OpenStreetMap extracts: for every layer that says so, its objects, and the towns and outline of the place.

A layer declares by `osm` which objects deliver its rows, and by its geometry how: points are nodes, lines are ways, and
polygons are closed ways and multipolygon or boundary relations. Towns come from administrative boundaries.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import osmium
import pandas as pd
import shapely
from numpy.typing import NDArray
from osmium.filter import KeyFilter
from osmium.osm import Area as OsmArea
from osmium.osm import Node, Relation, Way
from osmium.osm.types import OSMEntity

from gis.errors import DeliveryError
from gis.layer import Geometry, Layer, Osm, Use
from gis.store.osm_place import Area, County, Place, place
from gis.store.reading import Reading

CRS = "EPSG:4326"
KEY = "osm_id"
STEP = 10_000
AREA_RELATIONS = frozenset({"multipolygon", "boundary"})
ADMINISTRATIVE = Osm(tags=(("boundary", ("administrative",)), ("admin_level", ()), ("name", ())))
"""Border lines are tagged as administrative too, also closed ones; only an area of its own has a name."""
RANK = {"node": 0, "way": 1, "relation": 2}
SHAPES = osmium.geom.WKBFactory()

Tags = dict[str, str]


@dataclass(frozen=True, slots=True)
class Broken:
    """An object of a layer whose shape cannot be put together, and why."""

    osm_id: str
    layer: str
    reason: str


@dataclass(frozen=True, slots=True)
class Extract:
    """What an extract holds for the layers: one reading per layer, and the place it shows.

    Every object that matched a layer of areas stands either in its reading or among the `broken`; so does every way
    that matched a layer of lines and every node that matched a layer of points.
    """

    layers: dict[str, Reading]
    place: Place
    broken: tuple[Broken, ...]

    @property
    def county(self) -> County | None:
        """The outline of the place, None where no area is whole."""
        return self.place.county


@dataclass(slots=True)
class _Found:
    """The objects of one layer met so far: tags and hexadecimal WKB by key, and the reasons why others have none."""

    tags: dict[str, Tags] = field(default_factory=dict)
    shapes: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)

    def add(self, key: str, tags: Tags, shape: str) -> None:
        self.tags[key] = tags
        self.shapes[key] = shape
        self.broken.pop(key, None)

    def miss(self, key: str, reason: str) -> None:
        if key not in self.tags:
            self.broken.setdefault(key, reason)

    def keys(self) -> list[str]:
        """Give the keys in the order of the file: nodes, ways, relations, each by number."""
        return sorted(self.tags, key=_order)

    def geometry(self) -> NDArray[np.object_]:
        """Give the shapes in the order of the keys."""
        return np.asarray(shapely.from_wkb(np.array([self.shapes[key] for key in self.keys()], dtype=object)))


class _Sink(NamedTuple):
    osm: tuple[Osm, ...]
    geometry: Geometry | None
    found: _Found


def extract(
    path: Path | str,
    *,
    layers: Iterable[Layer],
    admin_level: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> Extract:
    """Give what an .osm.pbf file holds for these layers, in EPSG:4326; two passes over the file.

    `admin_level` forces the level of the towns; `progress` is told every few thousand objects how many more were seen.
    DeliveryError where the file is none of OpenStreetMap or ends early.
    """
    wanted = [layer for layer in layers if layer.geometry is not None and (layer.osm or Use.TOWN in layer.uses)]
    plain = [layer for layer in wanted if Use.TOWN not in layer.uses]
    found = {layer.name: _Found() for layer in wanted}
    areas = _Found()
    sinks = [_Sink(layer.osm, layer.geometry, found[layer.name]) for layer in plain]
    sinks.append(_Sink((ADMINISTRATIVE,), Geometry.POLYGON, areas))
    try:
        for thing in _objects(Path(path), sinks, progress or _unheard):
            _sort(thing, sinks)
    except (RuntimeError, OSError) as error:
        raise DeliveryError(f"{Path(path).name}: expected an OpenStreetMap extract (.osm.pbf), got: {error}") from None
    readings = {layer.name: _reading(layer, found[layer.name]) for layer in plain}
    loads = [readings[layer.name].geometry for layer in plain if Use.LOAD in layer.uses]
    spots = np.concatenate([np.array([], dtype=object), *(shapely.point_on_surface(each) for each in loads)])
    here = place(_areas(areas), spots, admin_level=admin_level)
    for layer in wanted:
        if layer not in plain:
            for town in here.towns:
                found[layer.name].add(town.osm_id, areas.tags[town.osm_id], areas.shapes[town.osm_id])
            readings[layer.name] = _reading(layer, found[layer.name])
    broken = [Broken(key, name, reason) for name, each in found.items() for key, reason in each.broken.items()]
    return Extract(readings, here, tuple(sorted(broken, key=lambda each: (each.layer, _order(each.osm_id)))))


def matches(tags: Mapping[str, str], osm: Osm) -> bool:
    """Whether an object with these tags is meant: all of `tags` match and none of `without` does."""
    return all(_has(tags, *each) for each in osm.tags) and not any(_has(tags, *each) for each in osm.without)


def _has(tags: Mapping[str, str], key: str, values: tuple[str, ...]) -> bool:
    return key in tags and (not values or tags[key] in values)


def _unheard(_: int) -> None:
    return None


def _order(key: str) -> tuple[int, int]:
    kind, _, number = key.partition("/")
    return RANK[kind], int(number)


def _objects(path: Path, sinks: Iterable[_Sink], progress: Callable[[int], object]) -> Iterator[OSMEntity]:
    """Yield what has a key that some filter begins with; areas follow their ways and may come before their relation."""
    keys = {osm.tags[0][0] for sink in sinks for osm in sink.osm}
    processor = osmium.FileProcessor(osmium.io.File(str(path), "pbf"))
    processor = processor.with_areas(KeyFilter(*keys)).with_filter(KeyFilter(*keys))
    count = 0
    for count, thing in enumerate(processor, 1):
        yield thing
        if count % STEP == 0:
            progress(STEP)
    progress(count % STEP)


def _sort(thing: OSMEntity, sinks: Iterable[_Sink]) -> None:
    if not isinstance(thing, Node | Way | Relation | OsmArea):
        return
    tags = {tag.k: tag.v for tag in thing.tags}
    for sink in sinks:
        if any(matches(tags, osm) for osm in sink.osm):
            _take(thing, tags, sink)


def _take(thing: Node | Way | Relation | OsmArea, tags: Tags, sink: _Sink) -> None:
    """Add an object to a layer if it has the layer's kind of shape, or note why it has none."""
    key = _key(thing)
    try:
        if sink.geometry is Geometry.POINT and isinstance(thing, Node):
            sink.found.add(key, tags, SHAPES.create_point(thing))
        elif sink.geometry is Geometry.LINE and isinstance(thing, Way):
            sink.found.add(key, tags, SHAPES.create_linestring(thing))
        elif sink.geometry is Geometry.POLYGON and isinstance(thing, OsmArea):
            sink.found.add(key, tags, SHAPES.create_multipolygon(thing))
        elif sink.geometry is Geometry.POLYGON and not isinstance(thing, OsmArea):
            sink.found.miss(key, _reason(thing, tags))
    except (RuntimeError, osmium.InvalidLocationError) as error:
        sink.found.miss(key, "its rings cross or do not close" if isinstance(thing, OsmArea) else str(error))


def _key(thing: Node | Way | Relation | OsmArea) -> str:
    if isinstance(thing, OsmArea):
        return f"{'way' if thing.from_way() else 'relation'}/{thing.orig_id()}"
    return f"{type(thing).__name__.lower()}/{thing.id}"


def _reason(thing: Node | Way | Relation, tags: Tags) -> str:
    """Give why the object would be no area, should no area come of it."""
    if isinstance(thing, Node):
        return "a node has no area"
    if isinstance(thing, Way) and not thing.is_closed():
        return "the way is not closed"
    if isinstance(thing, Way):
        return "tagged area=no" if tags.get("area") == "no" else "its ring crosses itself"
    if tags.get("type") in AREA_RELATIONS:
        return "its ways are not all in the file, or form no rings"
    return "the relation is not an area"


def _areas(found: _Found) -> list[Area]:
    keys = found.keys()
    return [
        Area(key, int(found.tags[key]["admin_level"]), found.tags[key], geometry)
        for key, geometry in zip(keys, found.geometry(), strict=True)
        if found.tags[key]["admin_level"].isdecimal()
    ]


def _reading(layer: Layer, found: _Found) -> Reading:
    """Give the objects of a layer as rows: their key, their name, and the tags under which its fields are delivered."""
    keys = found.keys()
    fields = [each for each in layer.fields if each.name != layer.key]
    asked = ["name", *(name for each in fields for name in (*each.source, each.name))]
    met = set().union(*found.tags.values())
    names = [name for name in dict.fromkeys(asked) if name in met and name != KEY]
    columns = {name: pd.Series([found.tags[key].get(name) for key in keys], dtype=object) for name in names}
    return Reading(
        frame=pd.DataFrame({KEY: pd.Series(keys, dtype=object), **columns}),
        geometry=found.geometry(),
        row=np.arange(1, len(keys) + 1),
        rejected=pd.DataFrame(columns=[KEY, *names]),
        faults=(),
        repairs=(),
        crs=CRS,
        crs_declared=True,
        delivered=len(keys),
        sublayer=layer.name,
        sublayers=(layer.name,),
    )
