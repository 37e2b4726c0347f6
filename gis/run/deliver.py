"""Taking files in: one file into one layer, an OpenStreetMap extract into many, and files judged without a county."""

import hashlib
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from pathlib import Path

import geopandas as gpd
import pandas as pd
import sqlalchemy as sa
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError
from shapely.geometry.base import BaseGeometry

from gis import layers
from gis.crs import EXCHANGE, same_system, to_storage
from gis.errors import DeliveryError
from gis.layer import Layer, Use
from gis.store import osm, server
from gis.store.county import County, engine_for, named
from gis.store.formats.delivered import Asked
from gis.store.load import Origin, Outcome, Progress, judge, load
from gis.store.load.conform import Terms
from gis.store.osm import Extract
from gis.store.reading import Reading, read
from gis.store.settings import Settings

SCRATCH = "wangge_scratch"
TOLD = "wangge_"
SHAPE = "geometry"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file on its way in: its path, what is said of it, the declared coordinate system, columns named by hand."""

    path: Path
    asked: Asked = field(default_factory=Asked)
    crs: str | None = None
    mapping: Mapping[str, str] | None = None
    synthetic: bool = False


def taken(delivery: Delivery) -> tuple[Reading, Origin]:
    """Read a file and say where it comes from.

    DeliveryError where it names no coordinate system and none is declared, or where the declaration contradicts it.
    """
    reading = read(delivery.path, delivery.asked, crs=delivery.crs)
    _refuse_contradiction(delivery, reading)
    located = any(shape is not None for shape in reading.geometry)
    if located and reading.crs is None:
        raise DeliveryError(f"{delivery.path.name}: the file names no coordinate system; declare it with --crs")
    origin = Origin(delivery.path.name, _sha256(delivery.path), reading.crs, delivery.synthetic)
    return reading, origin


def _refuse_contradiction(delivery: Delivery, reading: Reading) -> None:
    if delivery.crs is None or reading.crs is None or not reading.crs_declared:
        return
    if not same_system(delivery.crs, reading.crs):
        raise DeliveryError(
            f"{delivery.path.name}: the file names {reading.crs}, --crs says {delivery.crs}; "
            "leave --crs out, or have the file corrected"
        )


def load_file(
    county: County, layer: Layer, delivery: Delivery, progress: Progress = lambda _: None
) -> tuple[Outcome, Reading]:
    """Load one file into a layer of the county; the reading is given back for the rows that are rejected."""
    progress("read")
    reading, origin = taken(delivery)
    return load(county, layer, reading, origin, terms=_terms(delivery, county), progress=progress), reading


def rejects_form(path: Path) -> str:
    """Give the driver that writes rejected rows to such a file; DeliveryError where none does."""
    form = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".json": "GeoJSON"}.get(path.suffix.lower())
    if form is None:
        raise DeliveryError(f"{path.name}: rejects are written as .gpkg or .geojson")
    return form


def write_rejects(path: Path, reading: Reading, outcome: Outcome) -> None:
    """Write the rejected rows as GeoPackage or GeoJSON by the file's ending: mended there, they can be delivered again.

    Each row stands once, with its delivered columns, its shape (empty where it could not be read) and all its reasons.
    """
    form = rejects_form(path)
    told = pd.DataFrame([fault._asdict() for fault in outcome.faults]).groupby("row").agg(tuple)
    told = told.map(" | ".join).add_prefix(TOLD).reset_index(names=f"{TOLD}row")
    numbers = told[f"{TOLD}row"].to_numpy()
    columns = pd.concat([reading.frame.set_index(reading.row).astype(object), reading.rejected.astype(object)])
    rows = columns.reindex(numbers).reset_index(drop=True)
    rows = rows.drop(columns=[name for name in rows.columns if str(name).startswith(TOLD)])
    rows.columns = pd.Index(_storable_names(rows.columns))
    shape_of = dict(zip(reading.row.tolist(), reading.geometry, strict=True))
    shape_of |= dict(zip(reading.rejected.index.tolist(), reading.rejected_geometry, strict=True))
    shapes = gpd.GeoSeries([shape_of.get(number) for number in numbers.tolist()], crs=reading.crs)
    rejects = pd.concat([told, rows.infer_objects()], axis=1).assign(**{SHAPE: shapes})
    path.unlink(missing_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a delivery without a coordinate system
        try:
            gpd.GeoDataFrame(rejects, geometry=SHAPE, crs=reading.crs).to_file(path, driver=form, layer="rejects")
        except (DataSourceError, DataLayerError, FieldError, FeatureError) as error:
            raise DeliveryError(f"the rejected rows cannot be written: {error}") from None


def _storable_names(delivered: "pd.Index[str]") -> list[str]:
    """Give the names under which one file can hold all columns: GeoPackage has two of its own and ignores case."""
    taken_names = {"fid", "geom", SHAPE}
    found = []
    for name in map(str, delivered):
        free = name
        while free.lower() in taken_names:
            free += "_"
        taken_names.add(free.lower())
        found.append(free)
    return found


def said_of(found: Extract) -> str:
    """Say in words where an extract's towns come from and what of it is broken."""
    levels = "；".join(f"{each.admin_level}级 {each.areas}个 覆盖{each.share:.1%}" for each in found.place.levels)
    chosen = found.place.admin_level
    broken = f"；破损对象 {len(found.broken)}" if found.broken else ""
    return f"镇街取自行政级别 {chosen} · towns from admin level {chosen}（{levels}）{broken}"


def judge_file(settings: Settings, layer: Layer, delivery: Delivery) -> tuple[Outcome, Reading]:
    """Judge a file as an empty layer would, without a county: nothing is stored anywhere.

    The constraints are PostgreSQL's to judge, so the private server is started where it does not run.
    """
    reading, origin = taken(delivery)
    server.up(settings)
    scratch = named(settings, SCRATCH) if settings.database_url is None else settings
    if settings.database_url is None:
        server.create_database(settings, SCRATCH)
    engine = engine_for(scratch)
    try:
        with engine.connect() as connection, connection.begin() as transaction:
            outcome = judge(connection, layer, reading, origin, _terms(delivery, None))
            transaction.rollback()
    except sa.exc.OperationalError as error:
        raise DeliveryError(f"{delivery.path.name}: the judging database went away: {error.orig}") from None
    finally:
        engine.dispose()
    return outcome, reading


def extract(path: Path, *, admin_level: int | None = None, progress: Callable[[int], object] | None = None) -> Extract:
    """Read an OpenStreetMap extract for every layer that says what it takes from one."""
    return osm.extract(path, layers=layers.every(), admin_level=admin_level, progress=progress)


def load_extract(county: County, path: Path, found: Extract, progress: Progress = lambda _: None) -> dict[str, Outcome]:
    """Load an extract's readings, towns first, so that everything else is placed as it comes in.

    Text is free in OpenStreetMap: an optional value that cannot be read is left empty and counted, not rejected.
    """
    digest = _sha256(path)
    first = {use: place for place, use in enumerate((Use.TOWN, Use.VILLAGE, Use.STREET, Use.BARRIER))}
    order = sorted(
        found.layers, key=lambda name: (min((first.get(use, 9) for use in layers.named(name).uses), default=9), name)
    )
    outcomes = {}
    for name in order:
        progress(name)
        reading = found.layers[name]
        origin = Origin(path.name, digest, reading.crs)
        outcomes[name] = load(county, layers.named(name), reading, origin, terms=Terms(lenient=True))
    return outcomes


def outline(path: Path) -> BaseGeometry:
    """Give the one polygon of a county file in EPSG:4326. DeliveryError where it holds none or several rows."""
    reading = read(path)
    shapes = reading.geometry[[shape is not None for shape in reading.geometry]]
    if len(shapes) != 1 or reading.faults:
        told = f"; {reading.faults[0].expected}, got {reading.faults[0].actual}" if reading.faults else ""
        raise DeliveryError(f"{path.name}: expected one polygon, got {len(shapes)}{told}")
    if reading.crs is None:
        raise DeliveryError(f"{path.name}: expected a file that names its coordinate system, got none")
    moved: BaseGeometry = to_storage(shapes, reading.crs, EXCHANGE)[0]
    return moved


def _terms(delivery: Delivery, county: County | None) -> Terms:
    terms = Terms(mapping=dict(delivery.mapping or {}))
    return replace(terms, zone=county.timezone if county is not None else UTC)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
