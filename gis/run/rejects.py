"""Rejected rows on their way back: in the form they were delivered in, with the reasons in Chinese.

A file of rejects has the delivered columns and before them `TOLD`: the row's number in the delivery, and for each
fault the field, the constraint, what was expected and what came. Mended there, it is delivered again as it is.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from gis.crs import Geometries, tagged
from gis.errors import DeliveryError
from gis.layer import Layer
from gis.store import writing
from gis.store.formats.forms import SHAPEFILE_SIBLINGS
from gis.store.load import Outcome
from gis.store.load.unused import TOLD
from gis.store.load.words import said
from gis.store.reading import Reading, files

STEM = ".rejects"
OTHERWISE = {
    ".dxf": ".gpkg",
    ".xls": ".xlsx",
    ".xlsm": ".xlsx",
    ".tsv": ".csv",
    ".txt": ".csv",
    ".geoparquet": ".parquet",
}
"""Into which form rows go back of a form that holds no values or is not written."""
TABLES = frozenset({".xlsx", ".xlsm", ".csv", ".tsv", ".txt"})
SHAPEFILES = frozenset({".shp", ".zip"})
TEXT_BYTES = 254
SPARE = ".gpkg"


def rejects_path(delivered: Path, wanted: str) -> Path:
    """Give where rejected rows go: the file that is wanted, or one named after the delivery.

    That one stands in the wanted folder, or beside the delivery where nothing is said of it, and has the delivery's
    form where that can hold the rows. DeliveryError where a file is wanted in a form that is not written, or where the
    rows would be written over a part of the delivery.
    """
    if wanted and not (wanted.endswith(("/", "\\")) or (Path(wanted).is_dir() and not wanted.endswith(".gdb"))):
        writing.form_of(Path(wanted))
        _refuse_over(Path(wanted), delivered)
        return Path(wanted)
    ending = delivered.suffix.lower()
    ending = OTHERWISE.get(ending, ending)
    known = {each for form in writing.FORMS for each in form.endings}
    name = f"{delivered.stem}{STEM}{ending if ending in known else SPARE}"
    return Path(wanted) / name if wanted else delivered.with_name(name)


def _refuse_over(wanted: Path, delivered: Path) -> None:
    """Refuse a place whose parts, or those of the GeoPackage that may take their place, are parts of the delivery."""
    taken = {each.resolve() for each in (delivered, *files(delivered))}
    parts = [wanted, wanted.with_suffix(SPARE)]
    if wanted.suffix.lower() in SHAPEFILES:
        parts += [wanted.with_suffix(ending) for ending in SHAPEFILE_SIBLINGS]
    for part in parts:
        if part.resolve() in taken or (part.exists() and any(part.samefile(each) for each in taken)):
            raise DeliveryError(
                f"--rejects {wanted}: 会覆盖交付的文件，请另写一处 · expected a file beside the delivery, got "
                f"a part of it, {part.name}"
            )


def write_rejects(path: Path, delivered: Path, layer: Layer, reading: Reading, outcome: Outcome) -> Path:
    """Write the rejected rows in the form of the path's ending and give the path.

    Each row stands once, with its delivered columns, its shape (empty where it could not be read) and all its reasons.
    Where that form cannot hold the rows, they are written as a GeoPackage of the same name.
    """
    frame, shapes = _rows(layer, reading, outcome)
    tabular = {path.suffix.lower(), delivered.suffix.lower()} <= TABLES
    flat = tabular or all(shape is None for shape in shapes)
    geometry = None if flat else shapes  # the positions of a table stand in its columns, as they were delivered
    if path.suffix.lower() in SHAPEFILES:
        frame = frame.assign(**{name: [_cut(text) for text in frame[name]] for name in TOLD[1:]})
    try:
        writing.write(path, frame, geometry, tagged(reading.crs), name="rejects", title="退回")
    except DeliveryError:
        spare = path.with_suffix(SPARE)
        if spare == path:
            raise
        writing.write(spare, frame, geometry, tagged(reading.crs), name="rejects", title="退回")
        return spare
    return path


def _rows(layer: Layer, reading: Reading, outcome: Outcome) -> tuple[pd.DataFrame, Geometries]:
    """Give the rejected rows in order, with the reasons before their columns, and their shapes."""
    told = _reasons(layer, outcome)
    numbers = list(told)
    columns = pd.concat([reading.frame.set_index(reading.row).astype(object), reading.rejected.astype(object)])
    rows = columns.reindex(numbers).reset_index(drop=True)
    rows = rows.drop(columns=[name for name in rows.columns if str(name) in TOLD])
    reasons = pd.DataFrame([[number, *told[number]] for number in numbers], columns=list(TOLD), dtype=object)
    shape_of = dict(zip(reading.row.tolist(), reading.geometry, strict=True))
    shape_of |= dict(zip(reading.rejected.index.tolist(), reading.rejected_geometry, strict=True))
    geometry = np.empty(len(numbers), dtype=object)
    geometry[:] = [shape_of.get(number) for number in numbers]
    return pd.concat([reasons, rows], axis=1), geometry


def _reasons(layer: Layer, outcome: Outcome) -> dict[int, Sequence[str]]:
    """Give the reasons of each rejected row, in order of the rows; several are numbered."""
    found: dict[int, list[tuple[str, ...]]] = {}
    for fault in outcome.faults:
        found.setdefault(fault.row, []).append(tuple(said(layer, fault)))
    return {row: [_listed(each) for each in zip(*faults, strict=True)] for row, faults in sorted(found.items())}


def _listed(parts: Sequence[str]) -> str:
    if len(parts) == 1:
        return parts[0]
    return "；".join(f"{place}. {part}" for place, part in enumerate(parts, 1))


def _cut(text: str) -> str:
    """Give as much of a text as a field of a shapefile holds."""
    data = text.encode()
    return text if len(data) <= TEXT_BYTES else data[: TEXT_BYTES - 3].decode(errors="ignore") + "…"
