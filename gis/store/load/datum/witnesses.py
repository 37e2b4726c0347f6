"""What is stored about a delivery, as evidence: its own layer, streets, buildings, outlines; fetched with a limit."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
import sqlalchemy as sa

from gis import layers
from gis.crs import Geometries
from gis.layer import Geometry, Layer, Use
from gis.store.load.datum import probes
from gis.store.load.datum.evidence import REACH_M, Evidence, Numbers, Places, Truth
from gis.store.load.datum.verdict import VERIFIED
from gis.store.load.merging import Merge

MOST_STORED = 120_000
"""Rows of one layer that are fetched; where more are stored about a delivery, its middle alone is examined."""
MOST_PROBES = 20_000
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
MOVED_M = 25.0
MOST_MOVED = 5_000


@dataclass(frozen=True)
class Sample:
    """Rows of a delivery that are examined: their numbers and shapes in storage metres."""

    row_no: Numbers
    shapes: Geometries

    def chosen(self, which: Truth) -> "Sample":
        """Give these rows alone."""
        return Sample(self.row_no[which], self.shapes[which])


@dataclass(frozen=True)
class Neighbours:
    """Stored shapes about a sample, the window they fill, and whether most of them were verified when they came."""

    shapes: Geometries
    window: Places
    verified: bool

    def within(self, at: Places) -> Truth:
        """Tell which places lie so far inside the window that a shift can be searched about them."""
        west, south, east, north = self.window
        inside = (at[:, 0] >= west) & (at[:, 0] <= east) & (at[:, 1] >= south) & (at[:, 1] <= north)
        return np.asarray(inside, dtype=np.bool_)


def witnesses(connection: sa.Connection, merge: Merge, sample: Sample) -> Iterator[Evidence]:
    """Give what speaks about where a sample lies, by what its layer is."""
    layer, shapes = merge.layer, sample.shapes
    own = _own(connection, merge, sample)
    if layer.uses & {Use.TOWN, Use.VILLAGE, Use.CELL}:
        yield from _outlines(connection, merge, sample)
    elif layer.geometry is Geometry.LINE:
        yield from _of_lines(connection, merge, sample)
    elif layer.geometry is Geometry.POINT:
        yield from _of_points(connection, merge, shapes)
    elif layer.located:
        yield from _beside_streets(connection, merge, shapes)
    yield from _same_layer(connection, merge, sample, own)


def _own(connection: sa.Connection, merge: Merge, sample: Sample) -> tuple[Places, bool]:
    """Give the stored middle of each row with the same key and like size, NaN where there is none."""
    stored, table = merge.stored, merge.table
    middle = sa.func.ST_Centroid(stored.c.geom)
    log = merge.county.schema.table(layers.one(Use.DELIVERY))
    verified = sa.select(log.c.datum == VERIFIED).where(log.c.id == stored.c.delivery_id).scalar_subquery()
    size = sa.func.greatest(sa.func.ST_Area(stored.c.geom), sa.func.ST_Length(stored.c.geom))
    query = (
        sa.select(table.c.row_no, sa.func.ST_X(middle), sa.func.ST_Y(middle), size, sa.func.coalesce(verified, False))
        .join_from(table, stored, merge.same_key)
        .where(table.c.row_no == sa.func.any(sample.row_no.tolist()))
    )
    found = np.array([tuple(row) for row in connection.execute(query)], dtype=np.float64).reshape(-1, 5)
    places = np.full((len(sample.row_no), 2), np.nan)
    order = np.argsort(sample.row_no)
    at = order[np.searchsorted(sample.row_no[order], found[:, 0].astype(np.int64))]
    ratio = (probes.sizes(sample.shapes[at]) + 0.1) / (found[:, 3] + 0.1)
    alike = (ratio > 0.75) & (ratio < 1.33)
    places[at[alike]] = found[alike, 1:3]
    return places, bool(found[:, 4].mean() >= 0.5) if len(found) else False


def moved(connection: sa.Connection, merge: Merge) -> Numbers:
    """Give the numbers of staged rows that lie elsewhere than the stored row with their key, at most MOST_MOVED."""
    new, old = merge.table.c.geom, merge.stored.c.geom
    east = sa.func.abs(sa.func.ST_XMin(new) - sa.func.ST_XMin(old))
    north = sa.func.abs(sa.func.ST_YMin(new) - sa.func.ST_YMin(old))
    query = (
        sa.select(merge.table.c.row_no)
        .join_from(merge.table, merge.stored, merge.same_key)
        .where((east > MOVED_M) | (north > MOVED_M))
        .limit(MOST_MOVED)
    )
    return np.array(connection.scalars(query).all(), dtype=np.int64)


def _same_layer(
    connection: sa.Connection, merge: Merge, sample: Sample, own: tuple[Places, bool]
) -> Iterator[Evidence]:
    layer, places = merge.layer, own[0]
    paired = np.isfinite(places[:, 0])
    near = _neighbours(connection, merge, layer, sample.shapes)
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
    at = _thinned(probes.along(sample.shapes, probes.PROBE_STEP_M))
    street, load = layers.one(Use.STREET), layers.one(Use.LOAD)
    for layer in dict.fromkeys((street, merge.layer)):
        near = _neighbours(connection, merge, layer, sample.shapes)
        if near is not None:
            stored = probes.along(near.shapes, probes.STREET_STEP_M).at
            named = (f"沿已存的{layer.title}", f"along stored {layer.title_en.lower()}")
            chosen = near.within(at.at)
            proves = layer is not merge.layer or near.verified
            chosen_probes = probes.Probes(at.row[chosen], at.at[chosen])
            yield _along(named, chosen_probes, stored, proves=proves, same=layer is merge.layer)
    near = _neighbours(connection, merge, load, sample.shapes)
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


def _of_points(connection: sa.Connection, merge: Merge, shapes: Geometries) -> Iterator[Evidence]:
    load = layers.one(Use.LOAD)
    near = _neighbours(connection, merge, load, shapes)
    if near is None:
        return
    at = probes.middles(shapes, alike=False)
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


def _beside_streets(connection: sa.Connection, merge: Merge, shapes: Geometries) -> Iterator[Evidence]:
    street = layers.one(Use.STREET)
    near = _neighbours(connection, merge, street, shapes)
    if near is None:
        return
    at = probes.middles(shapes, alike=False)
    area: Places = shapely.area(shapes)
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
    at = _thinned(probes.along(shapely.boundary(sample.shapes), probes.PROBE_STEP_M))
    for use in (Use.COUNTY, Use.TOWN):
        layer = layers.one(use)
        near = _neighbours(connection, merge, layer, sample.shapes)
        if near is None or layer is merge.layer:
            continue
        stored = probes.along(shapely.boundary(near.shapes), 2 * probes.STREET_STEP_M).at
        close = near.within(at.at)
        named = (f"沿{layer.title}界线", f"along the outline of stored {layer.title_en.lower()}")
        yield _along(named, probes.Probes(at.row[close], at.at[close]), stored, proves=True, same=True)


def _thinned(found: probes.Probes) -> probes.Probes:
    if len(found.at) <= MOST_PROBES:
        return found
    chosen = np.sort(np.random.default_rng(0).choice(len(found.at), MOST_PROBES, replace=False))
    return probes.Probes(found.row[chosen], found.at[chosen])


def _neighbours(connection: sa.Connection, merge: Merge, layer: Layer, shapes: Geometries) -> Neighbours | None:
    """Give the stored shapes of a layer within reach of a sample, or of its middle; None where there are none."""
    table = merge.county.schema.table(layer)
    bounds = shapely.total_bounds(shapes)
    middle = np.median(probes.middles(shapes, alike=False), axis=0)
    for _ in range(12):
        reach = (*(bounds[:2] - REACH_M).tolist(), *(bounds[2:] + REACH_M).tolist())
        inside = table.c.geom.op("&&")(sa.func.ST_MakeEnvelope(*reach, merge.county.srid))
        few = sa.select(sa.literal(1)).select_from(table).where(inside).limit(MOST_STORED + 1).subquery()
        count = int(connection.execute(sa.select(sa.func.count()).select_from(few)).scalar_one())
        if count <= MOST_STORED:
            break
        bounds = (bounds + np.concatenate([middle, middle])) / 2
    if not 0 < count <= MOST_STORED:
        return None
    verified: sa.ColumnElement[bool] = sa.literal(True)
    if "delivery_id" in table.c:
        log = merge.county.schema.table(layers.one(Use.DELIVERY))
        told = sa.select(log.c.datum == VERIFIED).where(log.c.id == table.c.delivery_id).scalar_subquery()
        verified = sa.func.coalesce(told, sa.literal(False))
    rows = connection.execute(sa.select(sa.func.ST_AsBinary(table.c.geom), verified).where(inside)).all()
    found = np.asarray(shapely.from_wkb([bytes(row[0]) for row in rows]), dtype=object)
    return Neighbours(found, bounds, sum(bool(row[1]) for row in rows) * 2 >= len(rows))
