"""Taking files in: one file into one layer, an OpenStreetMap extract into many, and files judged without a county."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from gis import layers
from gis.crs import EXCHANGE, same_system, to_storage
from gis.errors import DeliveryError
from gis.layer import Layer, Use
from gis.store import osm, server
from gis.store.county import County, engine_for, exists, named, opened
from gis.store.formats.delivered import POSITION, Asked
from gis.store.load import Match, Mode, Origin, Outcome, Progress, judge, load, rehearse
from gis.store.load.conform import Terms
from gis.store.load.headings import known_names
from gis.store.osm import Extract
from gis.store.reading import Reading, files, read
from gis.store.settings import Settings

SCRATCH = "wangge_scratch"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file on its way in: its path, what is said of it, the declared coordinate system, columns named by hand.

    `mode`, `match`, `town`, `sure` and `accept_shift` say what it does to the layer, as in `Terms`.
    """

    path: Path
    asked: Asked = field(default_factory=Asked)
    crs: str | None = None
    mapping: Mapping[str, str] | None = None
    synthetic: bool = False
    source: str = ""
    mode: Mode = Mode.UPSERT
    match: Match = Match.KEY
    town: str | None = None
    sure: bool = False
    accept_shift: str = ""


class Rehearsed(NamedTuple):
    """What a file would do, its reading, and the county it was judged against; without one, an empty layer."""

    outcome: Outcome
    reading: Reading
    county: str = ""


def taken(delivery: Delivery, layer: Layer) -> tuple[Reading, Origin]:
    """Read a file for a layer and say where it comes from.

    DeliveryError where it names no coordinate system and none is declared, or where the declaration contradicts it.
    """
    reading = read(delivery.path, _asked(delivery, layer), crs=delivery.crs)
    _refuse_contradiction(delivery, reading)
    located = any(shape is not None for shape in reading.geometry)
    if located and reading.crs is None:
        raise DeliveryError(
            f"{delivery.path.name}: 文件没有写明坐标系，请用 --crs 声明 · the file names no coordinate system; "
            "declare it with --crs"
        )
    digest = _digest(delivery.path)
    origin = Origin(delivery.path.name, digest, reading.crs, delivery.synthetic, notes=reading.notes)
    return reading, origin


def _asked(delivery: Delivery, layer: Layer) -> Asked:
    """Give what is said of the file, with the columns that the layer and the steward name."""
    mapping = delivery.mapping or {}
    position = tuple((name, column) for name, column in mapping.items() if _of_position(name, layer))
    return replace(delivery.asked, names=(*known_names(layer), *mapping.values()), position=position)


def _of_position(name: str, layer: Layer) -> bool:
    """Whether `--map NAME=COLUMN` speaks of the position, and not of a field of the layer."""
    return name in POSITION and all(each.name != name for each in layer.fields)


def _refuse_contradiction(delivery: Delivery, reading: Reading) -> None:
    if delivery.crs is None or reading.crs is None or not reading.crs_declared:
        return
    if not same_system(delivery.crs, reading.crs):
        raise DeliveryError(
            f"{delivery.path.name}: 文件写明 {reading.crs}，与 --crs {delivery.crs} 不符 · the file names "
            f"{reading.crs}, --crs says {delivery.crs}; leave --crs out, or have the file corrected"
        )


def load_file(
    county: County, layer: Layer, delivery: Delivery, progress: Progress = lambda _: None
) -> tuple[Outcome, Reading]:
    """Load one file into a layer of the county; the reading is given back for the rows that are rejected."""
    progress("read")
    reading, origin = taken(delivery, layer)
    return load(county, layer, reading, origin, terms=_terms(delivery, layer, county), progress=progress), reading


def said_of(found: Extract) -> str:
    """Say in words where an extract's towns come from and what of it is broken."""
    levels = "；".join(f"{each.admin_level}级 {each.areas}个 覆盖{each.share:.1%}" for each in found.place.levels)
    chosen = found.place.admin_level
    broken = f"；破损对象 {len(found.broken)}" if found.broken else ""
    return f"镇街取自行政级别 {chosen} · towns from admin level {chosen}（{levels}）{broken}"


def rehearse_file(
    settings: Settings, layer: Layer, delivery: Delivery, progress: Progress = lambda _: None
) -> Rehearsed:
    """Say what one file would do, and store nothing: to the county where one stands, else to an empty layer."""
    if not exists(settings):
        progress("stage")
        return judge_file(settings, layer, delivery)
    county = opened(settings)
    try:
        progress("read")
        reading, origin = taken(delivery, layer)
        terms = _terms(delivery, layer, county)
        outcome = rehearse(county, layer, reading, origin, terms=terms, progress=progress)
    finally:
        county.close()
    return Rehearsed(outcome, reading, county.name)


def judge_file(settings: Settings, layer: Layer, delivery: Delivery) -> Rehearsed:
    """Judge a file as an empty layer would, without a county: nothing is stored anywhere.

    The constraints are PostgreSQL's to judge, so the private server is started where it does not run.
    """
    reading, origin = taken(delivery, layer)
    server.up(settings)
    scratch = named(settings, SCRATCH) if settings.database_url is None else settings
    if settings.database_url is None:
        server.create_database(settings, SCRATCH)
    engine = engine_for(scratch)
    try:
        with engine.connect() as connection, connection.begin() as transaction:
            outcome = judge(connection, layer, reading, origin, _terms(delivery, layer, None))
            transaction.rollback()
    except sa.exc.OperationalError as error:
        raise DeliveryError(f"{delivery.path.name}: the judging database went away: {error.orig}") from None
    finally:
        engine.dispose()
    return Rehearsed(outcome, reading)


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


def _terms(delivery: Delivery, layer: Layer, county: County | None) -> Terms:
    mapping = {name: column for name, column in (delivery.mapping or {}).items() if not _of_position(name, layer)}
    return Terms(
        mapping=mapping,
        zone=county.timezone if county is not None else UTC,
        source=delivery.source,
        mode=delivery.mode,
        match=delivery.match,
        town=delivery.town,
        sure=delivery.sure,
        accept_shift=delivery.accept_shift,
    )


def _digest(path: Path) -> str:
    """Give the digest of a delivery: of its file, or of the names and contents of its files in order."""
    parts = files(path)
    if parts == (path,):
        return _sha256(path)
    found = hashlib.sha256()
    for each in parts:
        name = each.relative_to(path) if path.is_dir() else each.suffix.lower()
        found.update(str(name).encode() + b"\x00" + bytes.fromhex(_sha256(each)))
    return found.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
