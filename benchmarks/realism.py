"""The invented county beside a real one: how like Liechtenstein its buildings and streets lie.

`python -m benchmarks.realism --osm FILE.osm.pbf [--scale 1] [--seed 7]` prints one JSON line; FILE may also be the
GeoPackage of layers made from it. Both places are measured by the same functions on every building and on every street
for vehicles (no tracks, paths or footways: those of Liechtenstein lead into its mountains):

- `area_m2`: footprints; `street_m`: from a building to the nearest street's middle line; `neighbour_m`: from the middle
  of a building to that of the nearest other one; each at quantiles 10, 50 and 90 %;
- `dead_ends`: nodes of one street among the nodes of other than two, after streets are cut where they meet;
- `street_m_per_building`: length of all streets by the number of buildings.

`ratios` are invented / real. A ratio may be off by a factor of 1.5 at medians and shares, 2 at the tails; `outside`
names those that are off by more, and the exit code is 1 when there is one. `touching`, the share of buildings that
touch another, is printed and not judged: the county's houses stand apart on purpose, so that no wall belongs to two.
`seconds` and `peak_gib` are what inventing the county took: processor time, and the most memory of this process then.
"""

import argparse
import json
import resource
import sys
import time
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gis.run import deliver
from gis.synth.settled import Settled, settled

TODAY = date(2026, 3, 1)
QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
FACTOR, TAIL_FACTOR = 1.5, 2.0
VEHICLES = (
    *("motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "living_street"),
    *("service", "motorway_link", "trunk_link", "primary_link", "secondary_link", "tertiary_link", "road"),
)

Shapes = NDArray[np.object_]
Figures = dict[str, float]


def real(path: Path) -> tuple[Shapes, Shapes]:
    """Give the buildings and streets of an extract in the metres of its UTM zone."""
    if path.suffix == ".gpkg":
        buildings, roads = (gpd.read_file(path, layer=name) for name in ("buildings", "roads"))
    else:
        found = deliver.extract(path).layers
        buildings, roads = (
            gpd.GeoDataFrame(found[name].frame, geometry=gpd.GeoSeries(found[name].geometry, crs=4326))
            for name in ("building", "road")
        )
    srid = buildings.estimate_utm_crs()
    streets = roads[roads["highway"].isin(VEHICLES)]
    return buildings.to_crs(srid).geometry.to_numpy(), streets.to_crs(srid).geometry.to_numpy()


def measured(buildings: Shapes, streets: Shapes) -> Figures:
    """Give the figures of a place; shapes in metres."""
    pieces = shapely.get_parts(shapely.line_merge(shapely.union_all(streets)))
    ends = np.vstack([shapely.get_coordinates(shapely.get_point(pieces, place)) for place in (0, -1)])
    degree = np.unique(np.round(ends, 2), axis=0, return_counts=True)[1]
    degree = degree[degree != 2]
    middles = np.asarray(shapely.centroid(buildings), dtype=object)
    spread = {
        "area_m2": shapely.area(buildings),
        "street_m": _away(streets, buildings, alone=False),
        "neighbour_m": _away(middles, middles, alone=True),
    }
    found = {
        f"{name}_{rank}": float(np.quantile(values, share))
        for name, values in spread.items()
        for rank, share in QUANTILES.items()
    }
    return found | {
        "dead_ends": float((degree == 1).mean()),
        "street_m_per_building": float(shapely.length(streets).sum()) / len(buildings),
        "touching": float((_away(buildings, buildings, alone=True) == 0).mean()),
    }


def counted(place: Settled) -> dict[str, float]:
    """Give how much of each kind the invented county has."""
    return {
        "buildings": len(place.houses),
        "towns": len(place.towns),
        "villages": len(place.villages),
        "compounds": len(place.compounds),
        "sites": len(place.sites),
        "dwellings": int(place.houses["dwellings"].sum()),
        "shops": int(place.houses["shops"].sum()),
        "area_km2": round(place.land.outline.area / 1e6, 1),
    }


def _away(known: Shapes, asked: Shapes, *, alone: bool) -> NDArray[np.float64]:
    """Give the distance from each shape asked for to the nearest known one, other than itself where `alone`."""
    tree = shapely.STRtree(known)
    found = tree.query_nearest(asked, return_distance=True, all_matches=False, exclusive=alone)[1]
    return np.asarray(found, dtype=float)


def main() -> int:
    """Measure both places, print them beside each other, and fail where they are too unlike."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--osm", type=Path, required=True)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    began = time.process_time()
    place = settled(given.seed, scale=given.scale, today=TODAY)
    seconds = time.process_time() - began
    peak_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    net = place.streets
    invented = measured(place.houses.geometry.to_numpy(), net.lines[net.road_class != "track"])
    beside = measured(*real(given.osm))
    ratios = {name: invented[name] / beside[name] for name in invented if name != "touching"}
    limits = {name: TAIL_FACTOR if name.endswith(("p10", "p90")) else FACTOR for name in ratios}
    outside = [name for name, ratio in ratios.items() if not 1 / limits[name] <= ratio <= limits[name]]
    figures = {
        "scale": given.scale,
        "seconds": round(seconds, 1),
        "peak_gib": round(peak_gib, 2),
        "counts": counted(place),
        "ratios": {name: round(ratio, 2) for name, ratio in ratios.items()},
        "limits": limits,
        "outside": outside,
        "invented": {name: round(value, 3) for name, value in invented.items()},
        "real": {name: round(value, 3) for name, value in beside.items()},
    }
    sys.stdout.write(json.dumps(figures, ensure_ascii=False) + "\n")
    return 1 if outside else 0


if __name__ == "__main__":
    sys.exit(main())
