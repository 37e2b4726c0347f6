"""The whole invented county from nothing to an answer: made as files, loaded as deliveries, placed in cells, asked.

`python -m benchmarks.full_county [--scale 1] [--seed 7]` prints one JSON line: `steps_s` (make, found, load, cells,
assign, unchecked), `total_s` and `within` (of ten minutes at scale 1, the bound of the issue, in proportion elsewhere),
`peak_gib` (the largest resident size of this process and of its readers; PostgreSQL's own memory is bounded by its
settings) and `counts`. Every delivered row is accounted for: `accounted` says so, and the exit status too.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

from gis import layers
from gis.find import unchecked
from gis.layer import Use
from gis.run import grid, invented
from gis.store import county as store
from gis.store.county import County
from gis.store.settings import settings_from
from gis.synth.dress import Wanted

BOUND_S = 600.0
DATABASE = "wangge_full_county"


class Clock:
    """The seconds of each step."""

    def __init__(self) -> None:
        """Begin with no step."""
        self.steps_s: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Take the time of a step, and say it on stderr."""
        began = time.perf_counter()
        yield
        self.steps_s[name] = round(time.perf_counter() - began, 1)
        print(f"{name}: {self.steps_s[name]} s", file=sys.stderr)


def run(scale: float, seed: int, today: date) -> dict[str, object]:
    """Make, load and ask the county in a database of its own, which is removed at the end."""
    own = replace(settings_from(os.environ), database=DATABASE)
    store.reset(own)
    clock = Clock()
    with tempfile.TemporaryDirectory(prefix="wangge-") as bench:
        folder = Path(bench, "county")
        with clock.step("make"):
            invented.make(folder, Wanted(seed, scale, today))
        found = invented.manifest(folder)
        with clock.step("found"):
            county = invented.founded(own, found)
        with clock.step("load"):
            loaded = invented.load(county, found)
            voided = invented.void(county, found)
    with clock.step("cells"):
        cells = grid.make(county)
    with clock.step("assign"):
        assigned = grid.assign(county)
    with clock.step("unchecked"):
        answers = asked_of_all(county)
    county.close()
    store.reset(own)
    total_s = sum(clock.steps_s.values())
    rows = invented.by_layer(loaded)
    return {
        "scale": scale,
        "steps_s": clock.steps_s,
        "total_s": round(total_s, 1),
        "within": total_s <= BOUND_S * scale,
        "peak_gib": round(peak_gib(), 2),
        "accounted": all(each.accounted and not each.unexpected for each in loaded),
        "counts": {name: each["stored"] for name, each in rows.items()}
        | {"rejected": sum(each["rejected"] for each in rows.values()), "voided": voided, "cells": cells.count},
        "building_in_one_cell": assigned.in_cell[layers.one(Use.LOAD).name],
        "unchecked": answers,
    }


def asked_of_all(county: County) -> dict[str, dict[str, int]]:
    """Give the states of every patrolled layer: its stock, and how many are current, due, overdue, never, no_rule."""
    found = {}
    for layer in (each for each in layers.every() if each.patrol is not None):
        asked = unchecked.Question(layer)
        counted = unchecked.counts(county, asked, unchecked.moment_of(county, asked, store.now()))
        found[layer.name] = {"stock": counted.stock} | {each.value: n for each, n in counted.total.items()}
    return found


def peak_gib() -> float:
    """Give the largest resident size that this process or one of its children had, in GiB."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(kind).ru_maxrss for kind in kinds) / 2**20


def main() -> None:
    """Print the figures; end with 1 where a row is not accounted for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--today", type=date.fromisoformat, default=None)
    asked = parser.parse_args()
    found = run(asked.scale, asked.seed, asked.today or invented.today_there())
    print(json.dumps(found, ensure_ascii=False))
    sys.exit(0 if found["accounted"] else 1)


if __name__ == "__main__":
    main()
