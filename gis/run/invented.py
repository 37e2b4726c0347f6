"""The invented county: made as a folder of deliveries, and such a folder loaded as any steward would load it."""

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from gis import law, layers
from gis.errors import DeliveryError, Refused
from gis.layer import Use
from gis.run import deliver
from gis.store import county as store
from gis.store.county import County, Founding
from gis.store.load import Outcome
from gis.store.load.beside import key_of
from gis.store.settings import Settings
from gis.synth import county as geography
from gis.synth import deliveries, dress
from gis.synth.deliveries import MANIFEST
from gis.synth.dress import Wanted
from gis.synth.settled import settled
from gis.synth.shelf import Listed
from gis.work import checks, rules

Progress = Callable[[str], None]
ENTRY = {"layer": str, "file": str, "rows": int, "source": str, "wrong": dict}
COUNTY = ("file", "name", "code", "timezone", "jurisdiction", "code_scheme")


@dataclass(frozen=True, slots=True)
class Manifest:
    """A folder of deliveries: which county it is, and its files in the order they are loaded."""

    folder: Path
    county: Mapping[str, str]
    entries: tuple[Mapping[str, Any], ...]
    voids: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one file; `unexpected` are rows rejected that are not wrong on purpose, or wrong but stored."""

    file: str
    outcome: Outcome
    unexpected: tuple[int, ...]

    @property
    def accounted(self) -> bool:
        """Whether each delivered row is new, changed, unchanged or rejected."""
        return self.outcome.stored + self.outcome.rejected == self.outcome.delivered


def make(
    folder: Path, wanted: Wanted, *, workers: int | None = None, progress: Progress = lambda _: None
) -> list[Listed]:
    """Write the invented county into a folder as deliveries, and give the list of them.

    The folder is there whole or as it was before. Refused where something else than such a folder stands there.
    """
    _refuse_other(folder)
    progress("land")
    place = settled(wanted.seed, scale=wanted.scale, today=wanted.today)
    ground = geography.geography(place, wanted.today)
    progress("people")
    people = dress.dressed(place, ground, wanted, workers=workers)
    progress("files")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".wangge-", dir=folder.parent) as bench:
            listed = deliveries.write(Path(bench, "made"), ground, people, wanted)
            if folder.exists():
                folder.rename(Path(bench, "before"))
            Path(bench, "made").rename(folder)
    except OSError as error:
        raise Refused(f"{folder}: 无法写入 · cannot be written: {error.strerror or error}") from None
    return listed


def _refuse_other(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise Refused(f"{folder}: 需要文件夹 · expected a folder, got a file")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        raise Refused(f"{folder}: 文件夹里有别的东西 · expected an empty folder or one made before, got other files")


def manifest(folder: Path) -> Manifest:
    """Read the list of a folder of deliveries; DeliveryError says what of it is not as it should be."""
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        told = error.strerror if isinstance(error, OSError) else error
        raise DeliveryError(f"{path}: 需要交付清单 · expected a list of deliveries, got {told}") from None
    if not isinstance(found, dict) or not isinstance(found.get("county"), dict):
        raise DeliveryError(f"{path}: county: 需要县的说明 · expected an object that tells of the county, got none")
    told = found["county"]
    for name in COUNTY:
        if not isinstance(told.get(name), str):
            raise DeliveryError(f"{path}: county.{name}: expected text, got {told.get(name)!r}")
    entries = found.get("deliveries")
    if not isinstance(entries, list):
        raise DeliveryError(f"{path}: deliveries: expected a list, got {type(entries).__name__}")
    for number, each in enumerate(entries, start=1):
        _refuse_strange(path, number, each)
    voids = found.get("voids")
    if not isinstance(voids, list) or not all(_is_void(each) for each in voids):
        raise DeliveryError(f"{path}: voids: expected a list of source, number and reason, got {voids!r:.60}")
    return Manifest(folder, told, tuple(entries), tuple(voids))


def _is_void(entry: object) -> bool:
    return isinstance(entry, dict) and all(isinstance(entry.get(name), str) for name in ("source", "number", "reason"))


def _refuse_strange(path: Path, number: int, entry: object) -> None:
    where = f"{path}: 第 {number} 项 · entry {number}"
    if not isinstance(entry, dict):
        raise DeliveryError(f"{where}: expected an object, got {type(entry).__name__}")
    for name, kind in ENTRY.items():
        if not isinstance(entry.get(name), kind):
            raise DeliveryError(f"{where}: {name}: expected {kind.__name__}, got {entry.get(name)!r:.60}")
    if entry.get("crs") is not None and not isinstance(entry["crs"], str):
        raise DeliveryError(f"{where}: crs: expected text, got {entry['crs']!r:.60}")
    if not all(number.isdecimal() for number in entry["wrong"]):
        raise DeliveryError(f"{where}: wrong: expected rows by number, got {list(entry['wrong'])!r:.60}")


def load_into(settings: Settings, found: Manifest, progress: Progress = lambda _: None) -> tuple[list[Loaded], int]:
    """Load a folder into the county of the settings, made of its outline where none stands; give the voided checks too.

    Refused where the county that stands is another one.
    """
    if store.exists(settings):
        county = store.opened(settings)
        if county.code != found.county["code"]:
            name = county.name
            county.close()
            raise Refused(
                f"{settings.database}: 需要{found.county['name']}的库 · expected the county of the folder, got {name}"
            )
    else:
        county = founded(settings, found)
    try:
        return load(county, found, progress), void(county, found, progress)
    finally:
        county.close()


def founded(settings: Settings, found: Manifest) -> County:
    """Make a county of the folder's outline, with its law applied. Refused where there is one already."""
    told = found.county
    outline = deliver.outline(found.folder / told["file"])
    founding = Founding(
        outline, told["name"], told["code"], told["timezone"], told["jurisdiction"], code_scheme=told["code_scheme"]
    )
    county = store.found(settings, founding)
    rules.apply(county, law.rules())
    return county


def load(county: County, found: Manifest, progress: Progress = lambda _: None) -> list[Loaded]:
    """Load the files one after the other, each through the door that any delivery goes through, then void checks."""
    loaded = []
    for entry in found.entries:
        progress(f"{layers.named(entry['layer']).title} {entry['file']}")
        delivery = deliver.Delivery(
            found.folder / entry["file"], crs=entry["crs"], synthetic=True, source=entry["source"]
        )
        outcome, _ = deliver.load_file(county, layers.named(entry["layer"]), delivery)
        rejected = {fault.row for fault in outcome.faults}
        wrong = {int(number) for number in entry["wrong"]}
        loaded.append(Loaded(entry["file"], outcome, tuple(sorted(rejected ^ wrong))))
    return loaded


def void(county: County, found: Manifest, progress: Progress = lambda _: None) -> int:
    """Void the checks that their systems voided, but for those that are voided already; give how many."""
    progress("void")
    log = layers.one(Use.CHECK)
    table = county.schema.table(log)
    reasons = {UUID(str(key_of(log, [each["source"], each["number"]]))): each["reason"] for each in found.voids}
    still = sa.select(table.c.uid).where(table.c.uid.in_(list(reasons)), table.c.voided_at.is_(None))
    with county.reading() as connection:
        counting = list(connection.scalars(still.order_by(table.c.uid)))
    for uid in counting:
        checks.void(county, uid, reasons[uid])
    return len(counting)


def by_layer(loaded: list[Loaded]) -> dict[str, dict[str, int]]:
    """Give per layer how many rows were delivered, new, changed, unchanged and rejected, over all its files."""
    found: dict[str, dict[str, int]] = {}
    for each in loaded:
        counts = found.setdefault(each.outcome.layer, dict.fromkeys(COUNTS, 0))
        for name in COUNTS:
            counts[name] += getattr(each.outcome, name)
    return found


COUNTS = ("delivered", "stored", "new", "changed", "unchanged", "rejected", "repaired")


def today_there() -> date:
    """Give the day it is in the invented county."""
    return store.today_in(geography.TIMEZONE)
