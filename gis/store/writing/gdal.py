"""What GDAL writes: rows as a stream of Arrow batches, so that a million of them never stand in memory at once."""

import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError
from pyogrio.raw import write_arrow
from pyproj import CRS
from pyproj.exceptions import CRSError

from gis.errors import DeliveryError
from gis.layer import Kind
from gis.store.writing.rows import Cell, Chunk, Rows, size, text_of, wkb

TYPES: dict[Kind, pa.DataType] = {
    Kind.INTEGER: pa.int64(),
    Kind.REAL: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.DATE: pa.date32(),
}
"""All others are text. GDAL keeps instants to the millisecond, we to the microsecond, so they are text with offset."""
SHAPE = "wangge_shape"
FAILURES = (DataSourceError, DataLayerError, FieldError, FeatureError, GeometryError, pa.ArrowException)
TITLE, COMMENT = b"GDAL:OGR:alternative_name", b"GDAL:OGR:comment"


@dataclass(frozen=True, slots=True)
class Target:
    """How GDAL writes a form: its driver, its options, and the name of the sublayer."""

    driver: str
    layer: str
    options: Mapping[str, str] = field(default_factory=dict)
    dataset_options: Mapping[str, str] = field(default_factory=dict)
    append: bool = False


def write(path: Path, rows: Rows, target: Target) -> None:
    """Write rows with one of GDAL's drivers; DeliveryError where GDAL cannot."""
    stopped: list[BaseException] = []
    schema = arrow_schema(rows)
    reader = pa.RecordBatchReader.from_batches(schema, _batches(rows, schema, stopped))
    with _plainly_named(path) as named, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of rows without a coordinate system
        try:
            write_arrow(
                reader,
                named,
                layer=target.layer,
                driver=target.driver,
                geometry_name=SHAPE if rows.shape else None,
                geometry_type=rows.shape or None,
                crs=wkt(rows.crs) if rows.shape else None,
                encoding="UTF-8" if target.driver == "ESRI Shapefile" else None,
                append=target.append,
                layer_options=dict(target.options),
                dataset_options=dict(target.dataset_options),
            )
        except (*FAILURES, RuntimeError) as error:  # the second is what becomes of a failure in our own chunks
            if not stopped:
                raise DeliveryError(f"{path.name}: 无法写入 · GDAL cannot write it: {_first_line(error)}") from None
    if stopped:
        raise stopped[0]


@contextmanager
def _plainly_named(path: Path) -> Iterator[Path]:
    """Give another path to the same place: in a folder's name `!`, `zip:` and `/vsi` would be taken for commands."""
    with tempfile.TemporaryDirectory(prefix="wangge-") as bench:
        folder = Path(bench, "folder")
        folder.symlink_to(path.parent.resolve(), target_is_directory=True)
        yield folder / path.name


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def wkt(crs: str | None) -> str | None:
    """Give a coordinate system as GDAL reads it; None where it is not known, or has no registry (GCJ-02)."""
    try:
        return None if crs is None else str(CRS.from_user_input(crs).to_wkt())
    except CRSError:
        return None


def arrow_schema(rows: Rows) -> pa.Schema:
    """Give the columns as Arrow types, with their titles where GDAL looks for them, and last the shapes."""
    fields = [
        pa.field(column.name, TYPES.get(column.kind, pa.string()), metadata={TITLE: column.title.encode()})
        if column.title
        else pa.field(column.name, TYPES.get(column.kind, pa.string()))
        for column in rows.columns
    ]
    return pa.schema([*fields, pa.field(SHAPE, pa.binary())] if rows.shape else fields)


def batch(chunk: Chunk, schema: pa.Schema) -> pa.RecordBatch:
    """Give a chunk as Arrow columns; what Arrow has no type for becomes text."""
    arrays = [
        pa.array(cells if not pa.types.is_string(each.type) else _texts(cells), each.type)
        for each, cells in zip(schema, chunk.values, strict=False)
    ]
    if len(arrays) < len(schema):
        shapes = [None] * size(chunk) if chunk.geometry is None else wkb(chunk.geometry)
        arrays.append(pa.array(shapes, pa.binary()))
    return pa.record_batch(arrays, schema=schema)


def _texts(cells: list[Cell]) -> list[str | None]:
    return [cell if cell is None or isinstance(cell, str) else text_of(cell) for cell in cells]


def _batches(rows: Rows, schema: pa.Schema, stopped: list[BaseException]) -> Iterator[pa.RecordBatch]:
    """Give batches to GDAL, which swallows what is raised here: it is left in `stopped`."""
    try:
        for chunk in rows.chunks:
            yield batch(chunk, schema)
    except GeneratorExit:
        raise
    except BaseException as error:
        stopped.append(error)
        raise
