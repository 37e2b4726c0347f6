"""The main job from end to end in a database of its own: a place in, cells, states, areas and a pipe plan out."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gis import law, layers
from gis.errors import Refused
from gis.find import unchecked
from gis.layer import Use, digest_text
from gis.run import deliver, fill, grid, invented, patrol, pipes
from gis.run.cell_load import OBJECT
from gis.run.record import Made, latest, record
from gis.store import county as store
from gis.store import server
from gis.store.county import County, Founding
from gis.store.load import Outcome
from gis.store.osm import Extract
from gis.store.settings import Settings
from gis.synth.dress import Wanted
from gis.work import rules

Progress = Callable[[str], None]
Counts = dict[str, dict[str, int]]
SEED = 7
TARGET = 60.0
SCALE = 0.1
"""Of the invented county: a tenth of it, as many houses as a small county has."""
DATABASE = "wangge_demo"


@dataclass(frozen=True, slots=True)
class Demo:
    """What the main job found; `facts` is its JSON without the files, `county` stays open."""

    county: County
    facts: dict[str, Any]
    place: str


def run(settings: Settings, *, osm: Path | None, workers: int, progress: Progress) -> Demo:
    """Do the main job on an OpenStreetMap extract, or on the invented county where none is given.

    The database is kept as long as layers, law, code and input stay the same, and rebuilt when one of them changes.
    """
    if workers < 1:
        raise Refused(f"--workers: expected at least 1, got {workers}")
    if osm is not None and not osm.is_file():
        raise Refused(f"{osm}: expected an OpenStreetMap extract (.osm.pbf), got no file")
    wanted = _digest(osm, workers)
    name = DATABASE if osm is None else f"{DATABASE}_{hashlib.sha256(str(osm.resolve()).encode()).hexdigest()[:8]}"
    own = replace(settings, database=name)
    with server.alone(own, name):
        kept = _kept(own, wanted)
        if kept is not None:
            county, facts = kept
            progress("kept")
        else:
            store.reset(own)
            county, facts = _built(own, osm, workers, progress)
            with county.writing() as connection:
                record(connection, county, Made("demo", {"workers": workers}, wanted, seed=SEED, result=facts))
        return Demo(county, facts | _found(county, workers, progress), county.name)


def _digest(osm: Path | None, workers: int) -> str:
    parts = [
        version("wangge"),
        str(SEED),
        str(workers),
        *(digest_text(layer) for layer in layers.every()),
        repr(law.rules()),
    ]
    found = hashlib.sha256("\n".join(parts).encode())
    for file in sorted(Path(__file__).parents[1].rglob("*.py")):
        found.update(file.read_bytes())
    if osm is not None:
        with osm.open("rb") as extract:
            found.update(hashlib.file_digest(extract, "sha256").digest())
    return found.hexdigest()


def _kept(own: Settings, wanted: str) -> tuple[County, dict[str, Any]] | None:
    """Give the county that an earlier run finished from the same input, with what it stored."""
    if not store.exists(own):
        return None
    try:
        county = store.opened(own)
    except Refused:
        return None
    table = county.schema.table(layers.one(Use.RUN))
    with county.reading() as connection:
        made = connection.execute(table.select().where(table.c.plan == "demo", table.c.input_digest == wanted)).first()
    if made is None:
        county.close()
        return None
    return county, dict(made.result)


def _built(own: Settings, osm: Path | None, workers: int, progress: Progress) -> tuple[County, dict[str, Any]]:
    county, counts = _invented(own, workers, progress) if osm is None else _completed(own, osm, workers, progress)
    progress("grid")
    made = grid.make(county, target=TARGET, counted=OBJECT)
    progress("assign")
    assigned = grid.assign(county)
    facts = {
        **{name: {layer: each[name] for layer, each in counts.items()} for name in ("delivered", "stored", "rejected")},
        "outside": {name: len(keys) for name, keys in assigned.outside_towns.items()},
        "cells": {"count": made.count, "building_in_one": assigned.in_cell[layers.one(Use.LOAD).name]},
        "wrong_on_purpose": sum(each["rejected"] for each in counts.values()) if osm is None else 0,
        "checks": counts.get(layers.one(Use.CHECK).name, {}).get("stored", 0),
    }
    return county, facts


def _invented(own: Settings, workers: int, progress: Progress) -> tuple[County, Counts]:
    """Make a tenth of the invented county as files and load them through the same door as any delivery."""
    folder = own.state / "demo" / "deliveries"
    invented.make(folder, Wanted(SEED, SCALE, invented.today_there()), workers=workers, progress=progress)
    found = invented.manifest(folder)
    county = invented.founded(own, found)
    loaded = invented.load(county, found, progress)
    strange = [each.file for each in loaded if each.unexpected]
    if strange:
        raise AssertionError(f"rejected rows that are not wrong on purpose, or the reverse: {', '.join(strange)}")
    invented.void(county, found, progress)
    return county, invented.by_layer(loaded)


def _completed(own: Settings, osm: Path, workers: int, progress: Progress) -> tuple[County, Counts]:
    """Load an extract and invent what it lacks."""
    county, outcomes = _extracted(own, osm, progress)
    progress("law")
    rules.apply(county, law.rules())
    filled = fill.fill(county, seed=SEED, workers=workers, progress=progress)
    for name, outcome in filled.outcomes.items():
        outcomes.setdefault(name, outcome)
    counts = {
        name: {"delivered": each.delivered, "stored": each.stored, "rejected": each.rejected}
        for name, each in outcomes.items()
    }
    recorded = filled.checks.recorded if filled.checks is not None else 0
    log = layers.one(Use.CHECK).name
    return county, counts | {log: {"delivered": recorded, "stored": recorded, "rejected": 0}}


def _extracted(own: Settings, osm: Path, progress: Progress) -> tuple[County, dict[str, Outcome]]:
    progress("extract")
    found = deliver.extract(osm)
    return founded_on(own, osm, found, progress)


def founded_on(own: Settings, osm: Path, found: Extract, progress: Progress) -> tuple[County, dict[str, Outcome]]:
    """Make a county from an extract's outline and load the extract into it. Refused where no outline is whole."""
    if found.county is None:
        raise Refused(
            f"{osm.name}: no administrative area is whole in this extract; name the county with `wangge db init`"
        )
    names = found.county.names
    name = names.get("name:zh") or names.get("name") or osm.stem
    county = store.found(own, Founding(found.county.geometry, name, timezone=_timezone(found)))
    return county, deliver.load_extract(county, osm, found, progress)


def _timezone(found: Extract) -> str:
    """Give the nearest fixed zone of the extract's longitude: an extract names none."""
    if found.county is None:
        return "UTC"
    hours = round(found.county.geometry.centroid.x / 15)
    return "UTC" if hours == 0 else f"Etc/GMT{'-' if hours > 0 else '+'}{abs(hours)}"


def _found(county: County, workers: int, progress: Progress) -> dict[str, Any]:
    """Answer anew what depends on today and on the number of workers; plans are kept while their arguments are."""
    progress("unchecked")
    question = unchecked.Question(layers.one(Use.LOAD))
    counted = unchecked.counts(county, question, unchecked.moment_of(county, question, store.now()))
    progress("patrol")
    areas = _plan(county, "patrol", {"workers": workers}, lambda: _areas(county, workers))
    progress("pipes")
    laid = _plan(county, "pipes", {"budget": None}, lambda: pipes.plan(county, seed=SEED))
    return {
        "unchecked": {"stock": counted.stock} | {state.value: number for state, number in counted.total.items()},
        "patrol": {key: areas[key] for key in ("workers", "extra_pieces", "max_over_mean")},
        "pipes": {
            "objective": laid["objective"],
            "bound": laid["bound"],
            "gap_pct": 100 * (laid["objective"] - laid["bound"]) / laid["objective"] if laid["objective"] else 0.0,
            "users": laid["users"],
            "candidates": laid["candidates"],
        },
    }


def _areas(county: County, workers: int) -> patrol.Patrol:
    """Make areas that are in force from today on."""
    return patrol.areas(county, workers=workers, seed=SEED, how=patrol.How(from_on=county.today()))


def _plan(county: County, name: str, wanted: Mapping[str, object], make: Callable[[], object]) -> dict[str, Any]:
    """Give the figures of the newest run of a plan, made now where there is none with these arguments."""
    for attempt in range(2):
        with county.reading() as connection:
            made = latest(connection, county, name)
        if made is not None and all(made.parameters.get(key) == value for key, value in wanted.items()):
            return dict(made.result) | {"objective": made.objective, "bound": made.bound}
        if attempt == 0:
            make()
    raise AssertionError(f"{name}: a plan that was just made is not on record")
