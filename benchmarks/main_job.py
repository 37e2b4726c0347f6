"""The main job on a place, and ours against a peer on the same data in the same run.

`python -m benchmarks.main_job [--osm FILE.osm.pbf]` prints one JSON line: figures of the job, cell assignment against
geopandas.sjoin (`ratio_sjoin` is the peer's time over ours, `identical` their agreement), live states against a count
from the events (`ratio_events`), and the seconds of each step, medians of five.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis import layers
from gis.find import cells, unchecked
from gis.layer import Use
from gis.run import demo
from gis.run.cell_load import OBJECT, carried
from gis.store.county import County, now
from gis.store.fetch import features, shapes
from gis.store.settings import settings_from

RUNS = 5


def median_s(work: Callable[[], object]) -> float:
    """Give the median seconds of five runs."""
    found = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return statistics.median(found)


def assignment(county: County) -> dict[str, object]:
    """Compare placing all load objects in their cells with geopandas.sjoin; ties go to the lowest code in both."""
    with county.reading() as connection:
        areas = features(connection, county, layers.one(Use.CELL))
        places = carried(connection, county, kind=OBJECT).points
    points = np.asarray(shapely.points(places), dtype=object)
    frame = gpd.GeoDataFrame(geometry=points, crs=areas.crs)
    polygons = areas[["geometry"]].reset_index(names="cell")
    ours = cells.placed(points, shapes(areas))

    def peer() -> "pd.Series[int]":
        found: pd.Series[int] = frame.sjoin(polygons, how="left", predicate="intersects").groupby(level=0)["cell"].min()
        return found

    joined = peer()
    ours_s = median_s(lambda: cells.placed(points, shapes(areas)))
    peer_s = median_s(peer)
    same = bool((joined.fillna(-1).to_numpy(int) == ours).all())
    return {
        "objects": len(points),
        "cells": len(areas),
        "ours_s": ours_s,
        "ratio_sjoin": peer_s / ours_s,
        "identical": same,
    }


def states(county: County) -> dict[str, object]:
    """Compare the live states with a count from the events as of today."""
    layer = layers.one(Use.LOAD)
    live, events = unchecked.Question(layer), unchecked.Question(layer, as_of=county.today())
    moments = {asked: unchecked.moment_of(county, asked, now()) for asked in (live, events)}
    answers = {asked: unchecked.counts(county, asked, moments[asked]).total for asked in (live, events)}
    live_s = median_s(lambda: unchecked.counts(county, live, moments[live]))
    events_s = median_s(lambda: unchecked.counts(county, events, moments[events]))
    return {"live_s": live_s, "ratio_events": events_s / live_s, "identical": answers[live] == answers[events]}


def main() -> None:
    """Run the main job, then the comparisons, and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--osm", type=Path, default=None)
    parser.add_argument("--workers", type=int, default=40)
    given = parser.parse_args()
    began = time.perf_counter()
    steps: dict[str, float] = {}

    def step(name: str) -> None:
        steps[name] = round(time.perf_counter() - began, 2)
        sys.stderr.write(f"{steps[name]:7.2f} s  {name}\n")

    done = demo.run(settings_from(os.environ), osm=given.osm, workers=given.workers, progress=step)
    total_s = time.perf_counter() - began
    found = {
        "place": done.place,
        "seconds": total_s,
        "began_at_s": steps,
        **done.facts,
        "assignment": assignment(done.county),
        "states": states(done.county),
    }
    done.county.close()
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
