"""The datum guard on real shapes and on the invented county: how often it errs, what it finds, and its time.

`python -m benchmarks.datum [--seeds N] [--shared FILE]` prints one JSON line. A trial draws a delivery with a seed
(`shifting`), rehearses it against a county that holds streets alone, or streets, houses, users and pipes of an older
version, and stores nothing; all of it runs in a throw-away cluster. `false_alarms` counts refused deliveries among the
`right`; `detected_*` are the shares of shifted ones that were refused with a vector within 40 m of theirs, and
`doubted_village` of those told as possible only; `verified_*` counts shifted ones taken for right. Of each village 150
rows are shifted. `recovered_error_m_*` is how far a vector lies from the nearest of the shifts of its rows: GCJ-02 and
BD-09 bend, so that over ten kilometres they vary by up to eighty metres. `undo_error_m_max` is how far both miss a
place when applied and undone, over all China and along the box around it. `seconds_*` is what the guard takes for all
houses of Liechtenstein. Without its file the invented county is tried alone.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import shapely
from pyproj import Geod

from benchmarks.shifting import SRID, Frames, Trial, changed, made, middle_of, real, trials
from gis import crs, layers
from gis.crs import Shifted
from gis.store import county as counties
from gis.store import server
from gis.store.county import County, Founding
from gis.store.fetch import reading_of
from gis.store.load import Origin, Terms, datum, load, rehearse
from gis.store.load.datum.verdict import ACCEPTED, NOT_VERIFIED, VERIFIED, Datum
from gis.store.settings import Settings

SHARED = Path(__file__).parents[2] / "shared" / "data" / "osm" / "liechtenstein_layers_4326.gpkg"
CHINA = (73.4, 3.3, 135.2, 53.6)
RIGHT_VECTOR_M = 40.0


@dataclass(frozen=True, slots=True)
class Tried:
    """What the guard said of a trial, and how far its vector lies from the shift that was put on."""

    place: str
    layer: str
    kind: str
    datum: Datum
    off_m: float | None

    @property
    def refused(self) -> bool:
        """Whether the delivery would be refused."""
        return self.datum.state == ACCEPTED

    @property
    def caught(self) -> bool:
        """Whether it is refused for the shift that was put on it."""
        return self.refused and self.off_m is not None and self.off_m <= RIGHT_VECTOR_M

    @property
    def doubted(self) -> bool:
        """Whether a shift is told as possible only."""
        return self.datum.state == NOT_VERIFIED and "perhaps" in self.datum.because

    @property
    def of_village(self) -> bool:
        """Whether only one village was shifted."""
        return self.kind.startswith("village")


@contextmanager
def standing(settings: Settings, database: str, frames: Frames, names: tuple[str, ...]) -> Iterator[County]:
    """Give a county of its own that holds these layers, and remove it after."""
    county = founded(settings, database, frames, names)
    try:
        yield county
    finally:
        county.close()
        server.drop_database(settings, database)


def founded(settings: Settings, database: str, frames: Frames, names: tuple[str, ...]) -> County:
    """Give a county of its own that holds these layers."""
    own = replace(settings, database=database)
    far = np.array([frame.total_bounds for frame in frames.values()])
    bounds = shapely.box(*far[:, :2].min(axis=0), *far[:, 2:].max(axis=0)).buffer(500)
    outline = crs.from_storage(shapely.from_wkb([bounds.wkb]), crs.EXCHANGE, SRID)[0]
    county = counties.found(own, Founding(outline, "试验县", "990001", "Asia/Shanghai", "CN-33", code_scheme="local"))
    for name in names:
        frame = frames[name]
        shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
        reading = reading_of(pd.DataFrame(frame.drop(columns="geometry")), shapes, f"EPSG:{SRID}")
        load(county, layers.named(name), reading, Origin(name, crs=f"EPSG:{SRID}"), terms=Terms())
    return county


def measured(county: County, trial: Trial) -> Datum:
    """Rehearse a trial and give what the guard says."""
    reading = reading_of(trial.frame, trial.shapes, f"EPSG:{SRID}")
    terms = Terms(accept_shift="benchmark")
    outcome = rehearse(county, trial.layer, reading, Origin("trial", crs=f"EPSG:{SRID}"), terms=terms)
    if outcome.datum is None:
        raise SystemExit(f"{trial.layer.name}: nothing was measured")
    return outcome.datum


def tried(county: County, frames: Frames, place: str, *, seeds: int, skipped: frozenset[str]) -> list[Tried]:
    """Give what the guard says of every trial against a county."""
    found = []
    for seed, (name, frame) in product(range(seeds), frames.items()):
        if name in skipped:
            continue
        for trial in trials(seed, layers.named(name), frame):
            said = measured(county, trial)
            off_m = None
            if trial.vectors is not None and said.east_m is not None and said.north_m is not None:
                off_m = float(np.hypot(*(trial.vectors - (said.east_m, said.north_m)).T).min())
            found.append(Tried(place, name, trial.kind, said, off_m))
            sys.stderr.write(f"{place} {name} {trial.kind} {len(trial.shapes)} {said.sentence()} {off_m}\n")
    return found


def summed(found: list[Tried]) -> dict[str, object]:
    """Give the figures of all trials."""
    right = [each for each in found if each.kind == "right"]
    moved = [each for each in found if each.kind != "right"]
    whole = [each for each in moved if not each.of_village]
    village = [each for each in moved if each.of_village]
    off_m = [each.off_m for each in moved if each.caught and each.off_m is not None]
    kinds = {name: [each for each in moved if each.kind == name] for name in sorted({each.kind for each in moved})}
    groups = sorted({(each.place, each.layer, each.of_village) for each in moved})
    return {
        "right": len(right),
        "false_alarms": sum(each.refused for each in right),
        "right_verified": _share([each.datum.state == VERIFIED for each in right]),
        "shifted": len(moved),
        "detected_whole": _share([each.caught for each in whole]),
        "detected_village": _share([each.caught for each in village]),
        "doubted_village": _share([each.doubted for each in village]),
        "verified_whole": sum(each.datum.state == VERIFIED for each in whole),
        "verified_village": sum(each.datum.state == VERIFIED for each in village),
        "wrong_vector": sum(each.refused and not each.caught for each in moved),
        "recovered_error_m_median": round(statistics.median(off_m), 2),
        "recovered_error_m_max": round(max(off_m), 2),
        **{f"detected_{name}": _share([each.caught for each in these]) for name, these in kinds.items()},
        "by_place": {
            f"{place} {layer} {'village' if part else 'whole'}": _share(
                [each.caught for each in moved if (each.place, each.layer, each.of_village) == (place, layer, part)]
            )
            for place, layer, part in groups
        },
    }


def _share(found: list[bool]) -> float:
    return round(sum(found) / len(found), 3)


def undo_error_m(system: Shifted, *, places: int = 500_000) -> float:
    """Give how far a place of China comes back at most: over a random half million and along the box around China."""
    west, south, east, north = CHINA
    inside = np.random.default_rng(0).uniform((west, south), (east, north), (places, 2))
    edge = shapely.get_coordinates(shapely.segmentize(shapely.box(*CHINA).exterior, 0.001))
    each = np.vstack([inside, edge])
    back = system.undone(system.applied(each))
    return float(np.max(Geod(ellps="WGS84").inv(*each.T, *back.T)[2]))


def timed(county: County, frames: Frames) -> dict[str, object]:
    """Give the seconds that the guard takes of a rehearsal: all real houses changed, and not changed at all."""
    frame = frames["building"]
    plain, shapes = pd.DataFrame(frame.drop(columns="geometry")), np.asarray(frame.geometry.to_numpy(), dtype=object)
    layer = layers.named("building")
    told: dict[str, object] = {"rows_timed": len(frame)}
    for name, (rows, places) in {
        "unchanged": (plain, shapes),
        "changed": changed(np.random.default_rng(1), frame, keys=True),
        "keyless": changed(np.random.default_rng(1), frame, keys=False),
    }.items():
        reading = reading_of(rows, places, f"EPSG:{SRID}")
        spent: list[float] = []

        def guarded(
            *given: Any, accepted: str = "", guard: Callable[..., Datum | None] = datum.guarded, to: list[float] = spent
        ) -> Datum | None:
            began = time.perf_counter()
            said = guard(*given, accepted=accepted)
            to.append(time.perf_counter() - began)
            return said

        with patch.object(datum, "guarded", guarded):
            rehearse(county, layer, reading, Origin("trial", crs=f"EPSG:{SRID}"), terms=Terms(accept_shift="benchmark"))
        told[f"seconds_{name}"] = round(sum(spent), 2)
    return told


def measures(settings: Settings, *, seeds: int, shared: Path) -> dict[str, object]:
    """Run all trials on a server and give their figures."""
    times: dict[str, object] = {}
    places = {"invented": made()}
    if shared.is_file():
        whole = real(shared)
        places["real"] = middle_of(whole)
        with standing(settings, "timed", whole, ("road", "building")) as county:
            times = timed(county, whole)
    found: list[Tried] = []
    for place, frames in places.items():
        for held, names in (("streets", ("road",)), ("all", tuple(frames))):
            skipped = frozenset({"road", "gas_user"}) if held == "streets" else frozenset()
            with standing(settings, f"{place}_{held}", frames, names) as county:
                found += tried(county, frames, f"{place}_{held}", seeds=seeds, skipped=skipped)
    return {"places": sorted(places), **summed(found), **times}


def main() -> None:
    """Run all trials and print their figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--shared", type=Path, default=SHARED)
    given = parser.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(Path(folder) / "state", durable=False)
        server.up(settings)
        try:
            told = measures(settings, seeds=given.seeds, shared=given.shared)
        finally:
            server.down(settings)
    told["undo_error_m_max"] = max(undo_error_m(system) for system in Shifted)
    told["seconds"] = round(time.perf_counter() - began)
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
