"""A delivery as its layer wants it: columns renamed and read, geometry mended and in metres, every fault by row."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gis.crs import Geometries
from gis.errors import DeliveryError
from gis.layer import Field, Geometry, Layer
from gis.store.formats.delivered import Fault, shown
from gis.store.load import values
from gis.store.mending import mend
from gis.store.reading import Reading

LONGEST_KEY_BYTES = 500


@dataclass(frozen=True, slots=True)
class Terms:
    """How a delivery is to be taken: columns named by hand, the zone of naive instants, and whether to be lenient.

    A lenient delivery comes from a source of free text (OpenStreetMap): an optional value that cannot be read or breaks
    its field's limits is left empty and counted, instead of costing the row.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    zone: tzinfo = UTC
    lenient: bool = False


@dataclass(slots=True)
class Conformed:
    """Rows ready for staging: `frame` has `row_no` and the delivered fields, `geometry` storage metres or None.

    `repaired` tells per row what was mended; rows named in `faults` are no longer in the frame.
    """

    frame: pd.DataFrame
    geometry: Geometries | None
    fields: tuple[str, ...]
    ignored: tuple[str, ...]
    faults: list[Fault]
    repaired: dict[int, str]
    emptied: Counter[str]
    keyed_by_geometry: int = 0


def conform(
    layer: Layer, reading: Reading, terms: Terms, to_metres: Callable[[Geometries], tuple[Geometries, list[Fault]]]
) -> Conformed:
    """Give the rows of a delivery as the layer wants them.

    `to_metres` moves geometry from the delivery's system to storage and names what cannot be moved, by place.
    DeliveryError where a column named by hand does not exist.
    """
    sources = _sources(layer, list(reading.frame.columns), terms.mapping)
    used = {column for columns in sources.values() for column in columns}
    found = Conformed(
        frame=pd.DataFrame({"row_no": np.asarray(reading.row, dtype=np.int64)}),
        geometry=None,
        fields=tuple(sources),
        ignored=tuple(str(name) for name in reading.frame.columns if name not in used),
        faults=list(reading.faults),
        repaired={},
        emptied=Counter(),
    )
    for name, columns in sources.items():
        _read_column(found, layer.field(name), _first(reading.frame, columns), terms)
    found.repaired.update(_joined(reading.repairs))
    if layer.geometry is not None and not all(shape is None for shape in reading.geometry):
        mended = _read_geometry(found, layer.geometry, reading.geometry, to_metres)
        if layer.keyed_by_geometry:
            _key_by_geometry(found, layer.key, mended)
    _refuse_keys(found, layer.field(layer.key), reading, sources)
    _drop_faulty(found)
    return found


def _sources(layer: Layer, delivered: Sequence[str], mapping: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Give per field the delivered columns it is read from: the one named by hand, else all of its names, in order."""
    for name, column in mapping.items():
        layer.field(name)
        if column not in delivered:
            raise DeliveryError(
                f"--map {name}={column}: no column {column!r}; there are: {', '.join(map(str, delivered))}"
            )
    chosen = {}
    lower = {str(name).lower(): name for name in reversed(delivered)}
    for each in layer.fields:
        names = [name.lower() for name in (each.name, *each.source, each.zh)]
        columns = [mapping[each.name]] if each.name in mapping else [lower[name] for name in names if name in lower]
        if columns and not each.once:
            chosen[each.name] = tuple(dict.fromkeys(columns))
    return chosen


def _first(frame: pd.DataFrame, columns: Sequence[str]) -> "pd.Series[Any]":
    """Give per row the first value that is not empty."""
    found = frame[columns[0]].astype(object)
    for column in columns[1:]:
        empty = found.isna() | (found.astype(str).str.strip() == "")
        found = found.where(~empty, frame[column].astype(object))
    return found


def _read_column(found: Conformed, wanted: Field, delivered: "pd.Series[Any]", terms: Terms) -> None:
    column, unreadable = values.read(wanted, delivered, terms.zone)
    optional = terms.lenient and not wanted.required
    if optional:
        beyond = np.array([value is not None and not _within(wanted, value) for value in column], dtype=bool)
        column[beyond] = None
        found.emptied[wanted.name] += int(np.count_nonzero(unreadable | beyond))
    else:
        expected = values.EXPECTED[wanted.kind]
        rows = found.frame["row_no"].to_numpy()
        for place in np.flatnonzero(unreadable).tolist():
            found.faults.append(
                Fault(int(rows[place]), wanted.name, "readable", expected, shown(delivered.iloc[place]))
            )
    if not optional or not found.emptied[wanted.name]:
        found.emptied.pop(wanted.name, None)
    found.frame[wanted.name] = column


def _within(wanted: Field, value: object) -> bool:
    if wanted.choices:
        return wanted.choice(value) is not None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return (wanted.low is None or value >= wanted.low) and (wanted.high is None or value <= wanted.high)
    return True


def _read_geometry(
    found: Conformed,
    wanted: Geometry,
    delivered: Geometries,
    to_metres: Callable[[Geometries], tuple[Geometries, list[Fault]]],
) -> Geometries:
    rows = found.frame["row_no"].to_numpy()
    mended = mend(delivered, wanted)
    found.repaired = _joined([*found.repaired.items(), *((int(rows[place]), what) for place, what in mended.repairs)])
    found.faults += [
        Fault(int(rows[place]), "geom", "geometry", expected, actual) for place, expected, actual in mended.faults
    ]
    missing = np.array([shape is None for shape in delivered], dtype=bool)
    found.faults += [Fault(int(row), "geom", "required", f"a {wanted.value}", "null") for row in rows[missing]]
    moved, faults = to_metres(mended.geometry)
    found.faults += [fault._replace(row=int(rows[fault.row])) for fault in faults]
    found.geometry = moved
    return mended.geometry


def _joined(repairs: Iterable[tuple[int, str]]) -> dict[int, str]:
    joined: dict[int, str] = {}
    for row, what in repairs:
        joined[row] = f"{joined[row]}, {what}" if row in joined else what
    return joined


def _key_by_geometry(found: Conformed, key: str, delivered: Geometries) -> None:
    """Give rows without a key one made from their delivered shape, so that the same shape again is the same row."""
    column: npt.NDArray[np.object_] = (
        found.frame[key].to_numpy(dtype=object) if key in found.frame else np.full(len(found.frame), None, dtype=object)
    )
    empty = np.array([value is None for value in column], dtype=bool) & ~shapely.is_missing(delivered)
    for place, wkb in zip(np.flatnonzero(empty), shapely.to_wkb(shapely.normalize(delivered[empty])), strict=True):
        column[place] = "shape/" + hashlib.sha256(wkb).hexdigest()[:20]
    found.frame[key] = column
    found.keyed_by_geometry = int(np.count_nonzero(empty))
    if key not in found.fields:
        found.fields = (key, *found.fields)


def _refuse_keys(found: Conformed, key: Field, reading: Reading, sources: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse keys that no index holds, and rows whose key a faulty row has too: which one is meant cannot be told."""
    if key.name not in found.frame:
        return
    bad = {fault.row for fault in found.faults}
    given = dict(zip(found.frame["row_no"].tolist(), found.frame[key.name], strict=True))
    if key.name in sources and len(reading.rejected):
        rejected = values.read(key, _first(reading.rejected, sources[key.name])).values
        given |= dict(zip(reading.rejected.index.tolist(), rejected, strict=True))
    faulty = {given[row]: row for row in sorted(bad, reverse=True) if given.get(row) is not None}
    for row, value in given.items():
        if len(str(value).encode()) > LONGEST_KEY_BYTES:
            expected = f"a key of at most {LONGEST_KEY_BYTES} bytes"
            found.faults.append(Fault(row, key.name, "key_length", expected, shown(value)))
        elif value in faulty and row not in bad:
            actual = f"{shown(value)} also in row {faulty[value]}, which has a fault"
            found.faults.append(Fault(row, key.name, "unique", "a key of its own", actual))


def _drop_faulty(found: Conformed) -> None:
    faulty = {fault.row for fault in found.faults}
    keep = ~found.frame["row_no"].isin(faulty).to_numpy()
    found.frame = found.frame[keep].reset_index(drop=True)
    if found.geometry is not None:
        found.geometry = found.geometry[keep]
    found.repaired = {row: what for row, what in found.repaired.items() if row not in faulty}
