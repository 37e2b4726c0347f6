"""What is stored about a delivery, as evidence: its own layer, streets, buildings and outlines."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import shapely
import sqlalchemy as sa

from gis import layers
from gis.crs import Geometries
from gis.layer import Geometry, Use
from gis.store.load.datum import probes
from gis.store.load.datum.evidence import Evidence, Places
from gis.store.load.datum.surroundings import Sample, neighbours, own_places
from gis.store.load.merging import Merge

MOST_PROBES = 20_000
MOST_OF_LINE = 6
"""So many probes of one line count, so that five lines at least speak where 27 units refuse."""
MOST_OF_OUTLINE = 60
MOST_AREA_M2 = 5_000.0
OWN_M = 8.0
LIKE_M = 8.0
NEAR_M = 6.0
INSIDE_M = 3.5
ALONG_M = 15.0
CLEAR_M = 2.5
CLEAR_KNOWN_M = 60.0
BESIDE_M = 30.0
KNOWN_M = 120.0
"""Houses within BESIDE_M of a street front it; farther than KNOWN_M from any, streets may not be mapped there."""


def witnesses(connection: sa.Connection, merge: Merge, sample: Sample) -> Iterator[Evidence]:
    """Give what speaks about where a sample lies, by what its layer is."""
    layer = merge.layer
    own = own_places(connection, merge, sample)
    if layer.uses & {Use.TOWN, Use.VILLAGE, Use.CELL}:
        yield from _outlines(connection, merge, sample)
    elif layer.geometry is Geometry.LINE:
        yield from _of_lines(connection, merge, sample)
    elif layer.geometry is Geometry.POINT:
        yield from _of_points(connection, merge, sample)
    elif layer.located:
        yield from _beside_streets(connection, merge, sample)
    yield from _same_layer(connection, merge, sample, own)


def _same_layer(
    connection: sa.Connection, merge: Merge, sample: Sample, own: tuple[Places, bool]
) -> Iterator[Evidence]:
    layer, places = merge.layer, own[0]
    paired = np.isfinite(places[:, 0])
    near = neighbours(connection, merge, layer, sample)
    alike = layer.geometry is not Geometry.POINT
    at = probes.middles(sample.shapes, alike=alike)
    empty = np.zeros((0, at.shape[1]))
    stored = probes.middles(near.shapes, alike=alike) if near is not None else empty
    rows = np.arange(len(at))
    units = probes.units_by_place(at) if layer.geometry is Geometry.POINT else rows
    if paired.any():
        yield Evidence(
            f"同编号的{layer.title}",
            f"stored {layer.title_en.lower()} with the same keys",
            rows[paired],
            units[paired],
            at[paired],
            stored,
            OWN_M,
            own=places[paired],
            proves=own[1],
            same=True,
        )
    if near is None or layer.geometry is Geometry.LINE:
        return
    free = ~paired & near.within(at)
    yield Evidence(
        f"已存的{layer.title}",
        f"stored {layer.title_en.lower()}",
        rows[free],
        (units if layer.geometry is Geometry.POINT else probes.units_by_shape(sample.shapes))[free],
        at[free],
        stored,
        LIKE_M if alike else NEAR_M,
        proves=near.verified,
        same=True,
    )


def _of_lines(connection: sa.Connection, merge: Merge, sample: Sample) -> Iterator[Evidence]:
    """Lines lie along stored streets and stored lines of their own layer, and clear of buildings."""
    at = _thinned(probes.spread(probes.along(sample.shapes, probes.PROBE_STEP_M), MOST_OF_LINE))
    street, load = layers.one(Use.STREET), layers.one(Use.LOAD)
    for layer in dict.fromkeys((street, merge.layer)):
        near = neighbours(connection, merge, layer, sample)
        if near is not None:
            stored = probes.along(near.shapes, probes.STREET_STEP_M).at
            named = (f"沿已存的{layer.title}", f"along stored {layer.title_en.lower()}")
            chosen = near.within(at.at)
            proves = layer is not merge.layer or near.verified
            chosen_probes = probes.Probes(at.row[chosen], at.at[chosen])
            yield _along(named, chosen_probes, stored, proves=proves, same=layer is merge.layer)
    near = neighbours(connection, merge, load, sample)
    if near is not None:
        chosen = near.within(at.at)
        plain = at.at[chosen, :2]
        yield Evidence(
            f"不穿过{load.title}",
            f"clear of stored {load.title_en.lower()}",
            at.row[chosen],
            probes.units_by_place(plain, probes.PROBE_STEP_M),
            plain,
            _filling(near.shapes),
            np.inf,
            clear_m=np.full(len(plain), CLEAR_M),
            known_m=CLEAR_KNOWN_M,
        )


def _along(named: tuple[str, str], at: probes.Probes, stored: Places, *, proves: bool, same: bool) -> Evidence:
    units = probes.units_by_place(at.at, 1.5 * probes.PROBE_STEP_M)
    return Evidence(*named, at.row, units, at.at, stored, ALONG_M, proves=proves, same=same)


def _of_points(connection: sa.Connection, merge: Merge, sample: Sample) -> Iterator[Evidence]:
    load = layers.one(Use.LOAD)
    near = neighbours(connection, merge, load, sample)
    if near is None:
        return
    at = sample.at
    chosen = near.within(at)
    yield Evidence(
        f"在{load.title}之内",
        f"inside stored {load.title_en.lower()}",
        np.flatnonzero(chosen),
        probes.units_by_place(at[chosen]),
        at[chosen],
        _filling(near.shapes),
        INSIDE_M,
    )


def _filling(shapes: Geometries) -> Places:
    return probes.filled(shapely.bounds(shapes), shapely.area(shapes))


def _beside_streets(connection: sa.Connection, merge: Merge, sample: Sample) -> Iterator[Evidence]:
    street = layers.one(Use.STREET)
    near = neighbours(connection, merge, street, sample)
    if near is None:
        return
    at = sample.at
    area: Places = shapely.area(sample.shapes)
    chosen = near.within(at) & (area <= MOST_AREA_M2)
    yield Evidence(
        f"临{street.title}而不压中线",
        f"beside stored {street.title_en.lower()}, not upon them",
        np.flatnonzero(chosen),
        probes.units_by_place(at[chosen]),
        at[chosen],
        probes.along(near.shapes, probes.STREET_STEP_M).at[:, :2],
        BESIDE_M,
        clear_m=np.maximum(0.4 * np.sqrt(area[chosen]), probes.STREET_STEP_M / 2),
        known_m=KNOWN_M,
    )


def _outlines(connection: sa.Connection, merge: Merge, sample: Sample) -> Iterator[Evidence]:
    """Borders of towns and villages lie along those of the county and of towns."""
    at = probes.along(shapely.boundary(sample.shapes), probes.PROBE_STEP_M)
    at = _thinned(probes.spread(at, MOST_OF_OUTLINE))
    for use in (Use.COUNTY, Use.TOWN):
        layer = layers.one(use)
        near = neighbours(connection, merge, layer, sample)
        if near is None or layer is merge.layer:
            continue
        stored = probes.along(shapely.boundary(near.shapes), 2 * probes.STREET_STEP_M).at
        close = near.within(at.at)
        named = (f"沿{layer.title}界线", f"along the outline of stored {layer.title_en.lower()}")
        along = _along(named, probes.Probes(at.row[close], at.at[close]), stored, proves=True, same=True)
        yield replace(along, everywhere=False)  # borders between villages lie along none


def _thinned(found: probes.Probes) -> probes.Probes:
    if len(found.at) <= MOST_PROBES:
        return found
    chosen = np.sort(np.random.default_rng(0).choice(len(found.at), MOST_PROBES, replace=False))
    return probes.Probes(found.row[chosen], found.at[chosen])
