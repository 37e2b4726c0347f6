"""A delivery as its layer wants it: columns renamed and read, geometry mended and in metres, every fault by row."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from enum import Enum
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gis.crs import Geometries
from gis.layer import Field, Geometry, Layer
from gis.store.formats.delivered import Fault, shown
from gis.store.load import beside, headings, unused, values
from gis.store.load.moments import moments
from gis.store.mending import Mended, mend
from gis.store.reading import Reading

LONGEST_KEY_BYTES = 500
DAY = "day"
"""What a field of precision says where only the day is known."""


class Mode(Enum):
    """What becomes of stored rows that a delivery lacks: they stay, or they end and go to the past."""

    UPSERT = "upsert"
    REPLACE = "replace"


class Match(Enum):
    """How rows without a key find the stored row that they are."""

    KEY = "key"
    OVERLAP = "overlap"


@dataclass(frozen=True, slots=True)
class Terms:
    """How a delivery is to be taken: columns named by hand, the zone of naive instants, and what it does to the layer.

    A lenient delivery comes from a source of free text (OpenStreetMap): an optional value that cannot be read or breaks
    its field's limits is left empty and counted, instead of costing the row. `town`, a code or name, is where it may
    add, change and end rows. `sure` lets it end more than a few. `source` is the system that the rows are from,
    where the delivery does not name one. `accept_shift` is why rows are taken that lie shifted against what is stored.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    zone: tzinfo = UTC
    lenient: bool = False
    mode: Mode = Mode.UPSERT
    match: Match = Match.KEY
    town: str | None = None
    sure: bool = False
    source: str = ""
    accept_shift: str = ""


@dataclass(slots=True)
class Conformed:
    """Rows ready for staging: `frame` has `row_no` and the delivered fields, `geometry` storage metres or None.

    `repaired` tells per row what was mended; rows named in `faults` are no longer in the frame, but their keys stand in
    `faulty_keys`, None where a row has none that can be read. `worked` names columns of the frame that are no fields
    but stored beside them, such as `town_id`; what a delivery names otherwise stands in the frame under `beside.NAMED`.
    """

    frame: pd.DataFrame
    geometry: Geometries | None
    fields: tuple[str, ...]
    ignored: tuple[str, ...]
    faults: list[Fault]
    repaired: dict[int, str]
    emptied: Counter[str]
    keyed_by_geometry: int = 0
    faulty_keys: dict[int, object] = field(default_factory=dict)
    worked: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def conform(
    layer: Layer, reading: Reading, terms: Terms, to_metres: Callable[[Geometries], tuple[Geometries, list[Fault]]]
) -> Conformed:
    """Give the rows of a delivery as the layer wants them.

    `to_metres` moves geometry from the delivery's system to storage and names what cannot be moved, by place.
    DeliveryError where a column named by hand does not exist.
    """
    sources = headings.sources(layer, list(reading.frame.columns), terms.mapping)
    used = {*reading.placed, *(column for columns in sources.values() for column in columns)}
    free = [] if terms.lenient else [str(name) for name in reading.frame.columns if name not in used]
    others = beside.columns(layer, free, terms.mapping)
    used |= {column for _, columns in others.values() for column in columns}
    told = tuple(unused.notes(reading, used))
    reading = unused.spared(reading, used)
    found = Conformed(
        frame=pd.DataFrame({"row_no": np.asarray(reading.row, dtype=np.int64)}),
        geometry=None,
        fields=tuple(sources),
        ignored=tuple(str(name) for name in reading.frame.columns if name not in used and name not in unused.TOLD),
        faults=list(reading.faults),
        repaired={},
        emptied=Counter(),
        notes=told,
    )
    with ThreadPoolExecutor(1) as beside_columns:  # shapes are mended outside of Python's lock while columns are read
        shaped = None
        wanted = layer.geometry
        if wanted is not None and not all(shape is None for shape in reading.geometry):
            shaped = beside_columns.submit(_moved, wanted, reading.geometry, to_metres)
        for name, columns in sources.items():
            _read_column(found, layer.field(name), _first(reading.frame, columns), terms)
        for each, columns in others.values():
            _read_column(found, replace(each, name=beside.NAMED + each.name), _first(reading.frame, columns), terms)
        _work_out(found, layer, terms)
    found.repaired.update(_joined(reading.repairs))
    if shaped is not None:
        mended = _take_geometry(found, shaped.result())
        if wanted is not None and not layer.placed_by_code:
            missing = found.frame["row_no"].to_numpy()[shapely.is_missing(reading.geometry)]
            expected = f"a {wanted.value}"
            found.faults += [Fault(int(row), "geom", "required", expected, "null") for row in missing]
        if layer.keyed_by_geometry:
            _key_by_geometry(found, layer.key, mended)
    _refuse_keys(found, layer.field(layer.key), reading, sources)
    _drop_faulty(found)
    return found


def _work_out(found: Conformed, layer: Layer, terms: Terms) -> None:
    """Fill what a row says otherwise: the system it is from, and the key that is made of its number there."""
    filled = beside.with_system(layer, found.frame, terms.source)
    if layer.keyed_by:
        keys, faults = beside.made_keys(layer, found.frame)
        found.frame[layer.key] = pd.Series(keys, dtype=object, index=found.frame.index)
        found.faults += faults
        filled = (layer.key, *filled)
    found.fields = tuple(dict.fromkeys((*found.fields, *filled)))


def _first(frame: pd.DataFrame, columns: Sequence[str]) -> "pd.Series[Any]":
    """Give per row the first value that is not empty."""
    found = frame[columns[0]].astype(object)
    for column in columns[1:]:
        empty = found.isna() | (found.astype(str).str.strip() == "")
        found = found.where(~empty, frame[column].astype(object))
    return found


def _read_column(found: Conformed, wanted: Field, delivered: "pd.Series[Any]", terms: Terms) -> None:
    if wanted.precision:
        column, day_only, unreadable = moments(delivered, terms.zone)
        _tell_precision(found, wanted.precision, day_only)
    else:
        column, unreadable = values.read(wanted, delivered, terms.zone)
    optional = terms.lenient and not wanted.required
    if optional:
        beyond = np.array([value is not None and not _within(wanted, value) for value in column], dtype=bool)
        column[beyond] = None
        found.emptied[wanted.name] += int(np.count_nonzero(unreadable | beyond))
    else:
        rows = found.frame["row_no"].to_numpy()
        for place in np.flatnonzero(unreadable).tolist():
            value = delivered.iloc[place]
            found.faults.append(
                Fault(int(rows[place]), wanted.name, "readable", values.expected(wanted, value), shown(value))
            )
    if not optional or not found.emptied[wanted.name]:
        found.emptied.pop(wanted.name, None)
    found.frame[wanted.name] = column


def _tell_precision(found: Conformed, name: str, day_only: npt.NDArray[np.bool_]) -> None:
    """Write where only the day is known, unless the delivery says itself how precise it is."""
    if name not in found.fields:
        found.frame[name] = pd.Series([DAY if day else None for day in day_only], dtype=object, index=found.frame.index)
        found.fields = (*found.fields, name)


def _within(wanted: Field, value: object) -> bool:
    if wanted.choices:
        return wanted.choice(value) is not None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return (wanted.low is None or value >= wanted.low) and (wanted.high is None or value <= wanted.high)
    return True


def _moved(
    wanted: Geometry, delivered: Geometries, to_metres: Callable[[Geometries], tuple[Geometries, list[Fault]]]
) -> tuple[Mended, Geometries, list[Fault]]:
    """Give delivered shapes as they could be mended, and those in metres with the faults of what cannot be moved."""
    mended = mend(delivered, wanted)
    return mended, *to_metres(mended.geometry)


def _take_geometry(found: Conformed, shaped: tuple[Mended, Geometries, list[Fault]]) -> Geometries:
    """Take shapes in metres with all that was mended and refused, and give them as they were before they were moved."""
    rows = found.frame["row_no"].to_numpy()
    mended, moved, faults = shaped
    found.repaired = _joined([*found.repaired.items(), *((int(rows[place]), what) for place, what in mended.repairs)])
    found.faults += [
        Fault(int(rows[place]), "geom", "geometry", expected, actual) for place, expected, actual in mended.faults
    ]
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
        found.faulty_keys = dict.fromkeys(fault.row for fault in found.faults)
        return
    bad = {fault.row for fault in found.faults}
    given = dict(zip(found.frame["row_no"].tolist(), found.frame[key.name], strict=True))
    if key.name in sources and len(reading.rejected):
        rejected = values.read(key, _first(reading.rejected, sources[key.name])).values
        given |= dict(zip(reading.rejected.index.tolist(), rejected, strict=True))
    faulty = {given[row]: row for row in sorted(bad, reverse=True) if given.get(row) is not None}
    for row, value in given.items():
        if not faulty and isinstance(value, UUID):
            continue
        text = value if isinstance(value, str) else str(value)
        if len(text) > LONGEST_KEY_BYTES or (not text.isascii() and len(text.encode()) > LONGEST_KEY_BYTES):
            expected = f"a key of at most {LONGEST_KEY_BYTES} bytes"
            found.faults.append(Fault(row, key.name, "key_length", expected, shown(value)))
        elif faulty and value in faulty and row not in bad:
            actual = f"{shown(value)} also in row {faulty[value]}, which has a fault"
            found.faults.append(Fault(row, key.name, "unique", "a key of its own", actual))
    found.faulty_keys = {fault.row: given.get(fault.row) for fault in found.faults}


def _drop_faulty(found: Conformed) -> None:
    faulty = {fault.row for fault in found.faults}
    if not faulty:
        return
    keep = ~found.frame["row_no"].isin(faulty).to_numpy()
    found.frame = found.frame[keep].reset_index(drop=True)
    if found.geometry is not None:
        found.geometry = found.geometry[keep]
    found.repaired = {row: what for row, what in found.repaired.items() if row not in faulty}
