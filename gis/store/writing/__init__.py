"""Clean files out: one module a form, all of them written whole or not at all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from gis.crs import Geometries
from gis.errors import DeliveryError
from gis.layer import Geometry
from gis.store.writing.rows import Rows, of_frame
from gis.store.writing.whole import whole

ALL_SHAPES = frozenset(kind.value for kind in Geometry)


@dataclass(frozen=True, slots=True)
class Form:
    """A form of files: what people call it, its endings, and whether it holds rows without shapes.

    `degrees` says that it asks for EPSG:4326, `system` that it says in which system its coordinates are, `table` that
    people read it as one, `many` that it holds several layers; `shapes` are the kinds of shapes that it holds.
    """

    title: str
    endings: tuple[str, ...]
    write: Callable[[Path, Rows], None]
    registers: bool = True
    degrees: bool = False
    system: bool = True
    table: bool = False
    many: bool = False
    shapes: frozenset[str] = ALL_SHAPES


def _geopackage(path: Path, rows: Rows) -> None:
    from gis.store.writing import geopackage

    geopackage.write(path, rows)


def _geojson(path: Path, rows: Rows) -> None:
    from gis.store.writing import geojson

    geojson.write(path, rows)


def _shapefile(path: Path, rows: Rows) -> None:
    from gis.store.writing import shapefile

    shapefile.write(path, rows)


def _zipped(path: Path, rows: Rows) -> None:
    from gis.store.writing import shapefile

    shapefile.write_zipped(path, rows)


def _flatgeobuf(path: Path, rows: Rows) -> None:
    from gis.store.writing import flatgeobuf

    flatgeobuf.write(path, rows)


def _geoparquet(path: Path, rows: Rows) -> None:
    from gis.store.writing import geoparquet

    geoparquet.write(path, rows)


def _drawing(path: Path, rows: Rows) -> None:
    from gis.store.writing import drawing

    drawing.write(path, rows)


def _geodatabase(path: Path, rows: Rows) -> None:
    from gis.store.writing import geodatabase

    geodatabase.write(path, rows)


def _workbook(path: Path, rows: Rows) -> None:
    from gis.store.writing import workbook

    workbook.write(path, rows)


def _comma_separated(path: Path, rows: Rows) -> None:
    from gis.store.writing import comma_separated

    comma_separated.write(path, rows)


FORMS = (
    Form("GeoPackage", (".gpkg",), _geopackage, many=True),
    Form("GeoJSON", (".geojson", ".json"), _geojson, degrees=True),
    Form("Shapefile", (".shp",), _shapefile, registers=False),
    Form("Shapefile, zipped", (".zip",), _zipped, registers=False),
    Form("FlatGeobuf", (".fgb",), _flatgeobuf),
    Form("GeoParquet", (".parquet",), _geoparquet),
    Form("DXF", (".dxf",), _drawing, registers=False, system=False, shapes=ALL_SHAPES - {Geometry.POLYGON.value}),
    Form("File Geodatabase", (".gdb",), _geodatabase),
    Form("Excel", (".xlsx",), _workbook, table=True),
    Form("CSV", (".csv",), _comma_separated, table=True),
)
"""A new form is one more line here, with a module that writes it."""


def form_of(path: Path) -> Form:
    """Give the form that a file's ending says; DeliveryError lists the endings there are."""
    for form in FORMS:
        if path.suffix.lower() in form.endings:
            return form
    known = " ".join(ending for form in FORMS for ending in form.endings)
    came = path.suffix or path.name
    raise DeliveryError(f"{path.name}: 不认识的格式 · expected a file ending in one of {known}, got {came}")


def write(
    path: Path,
    frame: pd.DataFrame,
    geometry: Geometries | None,
    crs: str | None,
    *,
    name: str,
    title: str = "",
    key: str = "",
) -> None:
    """Write a frame whose columns hold anything, with its shapes, in the form of the file's ending.

    Rows keep their order; `key` names the column that tells them apart, which a drawing keeps. `crs` is an authority's
    name or WKT, None where it is not known; coordinates are written as they are. DeliveryError,
    and nothing written, where the form cannot hold the rows as they are.
    """
    write_rows(path, of_frame(frame, geometry, crs, name=name, title=title, key=key))


def write_rows(path: Path, rows: Rows) -> None:
    """Write rows chunk by chunk in the form of the file's ending; what stood there before goes only at the end."""
    form = form_of(path)
    with whole(path) as part:
        form.write(part, rows)


def write_many(path: Path, several: Sequence[Rows]) -> None:
    """Write several layers into one GeoPackage, in order, whole or not at all."""
    from gis.store.writing import geopackage

    with whole(path) as part:
        geopackage.write_many(part, several)
