"""The forms of deliveries, told by their content first: one line each, and a sentence for those that are not read."""

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gis.errors import DeliveryError
from gis.store.formats.delivered import Asked

if TYPE_CHECKING:
    from gis.store.formats.delivered import Delivered

SPACE = b" \t\r\n\x00"
BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
HEAD_BYTES = 4096
GEODATABASE_PART = "a00000001.gdbtable"
"""The table that lists the others; a folder without it is no File Geodatabase."""


@dataclass(frozen=True, slots=True)
class Format:
    """A form of deliveries: who reads it, its file endings, and the bytes it can begin with.

    `driver` is the one driver of GDAL that its reader needs, empty where it needs none. `siblings` are the endings of
    files that belong to it and stand beside it. A `single` form holds one sublayer, named as the file. `text` says that
    its reader names the place of what is wrong, so that the ending may tell the form where the bytes do not.
    """

    driver: str
    title: str
    endings: tuple[str, ...]
    begins: tuple[bytes, ...]
    read: "Callable[[str, Asked], Delivered]"
    siblings: tuple[str, ...] = ()
    single: bool = False
    text: bool = False


def _read_geopackage(path: str, asked: Asked) -> "Delivered":
    from gis.store.formats import geopackage

    return geopackage.read(path, asked.sublayer)


def _read_geojson(path: str, asked: Asked) -> "Delivered":
    from gis.store.formats import geojson

    return geojson.read(path, asked.sublayer)


def _read_shapefile(path: str, asked: Asked) -> "Delivered":
    from gis.store.formats import shapefile

    return shapefile.read(path, asked)


def _read_flatgeobuf(path: str, asked: Asked) -> "Delivered":
    from gis.store.formats import flatgeobuf

    return flatgeobuf.read(path, asked)


def _read_geoparquet(path: str, asked: Asked) -> "Delivered":
    from gis.store.formats import geoparquet

    return geoparquet.read(path, asked)


def _read_geodatabase(path: str, asked: Asked) -> "Delivered":
    from gis.store.formats import geodatabase

    return geodatabase.read(path, asked)


def _read_dxf(path: str, asked: Asked) -> "Delivered":
    from gis.store.formats import dxf

    return dxf.read(path, asked)


def _read_workbook(path: str, asked: Asked) -> "Delivered":
    from gis.store.formats import xlsx

    return xlsx.read(path, asked)


def _read_csv(path: str, asked: Asked) -> "Delivered":
    from gis.store.formats import comma

    return comma.read(path, asked)


def _read_old_office(path: str, asked: Asked) -> "Delivered":
    from gis.store.formats import xlsx

    return xlsx.refuse_old(path, asked)


def _read_zip(path: str, asked: Asked) -> "Delivered":
    raise DeliveryError(f"expected one delivery in the zip file, got another zip file, {Path(path).name}, {asked}")


GEOPACKAGE = Format("GPKG", "GeoPackage", (".gpkg",), (b"SQLite format 3\x00",), _read_geopackage, (".gpkg-wal",))
SHAPEFILE_SIBLINGS = (".dbf", ".shx", ".prj", ".cpg")
SHAPEFILE_BEGINS = (b"\x00\x00\x27\x0a",)
DXF_BEGINS = (b"0\r\nSECTION", b"0\nSECTION", b"0\rSECTION", b"999\r\n", b"999\n", b"AutoCAD Binary DXF")
GEOJSON_ENDINGS = (".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson")
GEODATABASE = Format("OpenFileGDB", "File Geodatabase", (".gdb",), (), _read_geodatabase)
WORKBOOK = Format("", "XLSX", (".xlsx", ".xlsm"), (), _read_workbook)
OLD_OFFICE = Format("", "XLSX", (".xls",), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",), _read_old_office)
ZIP = Format("", "ZIP", (".zip",), (b"PK\x03\x04", b"PK\x05\x06"), _read_zip)
FORMATS = (
    GEOPACKAGE,
    Format(
        "ESRI Shapefile", "Shapefile", (".shp",), SHAPEFILE_BEGINS, _read_shapefile, SHAPEFILE_SIBLINGS, single=True
    ),
    GEODATABASE,
    Format("FlatGeobuf", "FlatGeobuf", (".fgb",), (b"fgb\x03fgb",), _read_flatgeobuf, single=True),
    Format("", "GeoParquet", (".parquet", ".geoparquet"), (b"PAR1",), _read_geoparquet, single=True),
    WORKBOOK,
    OLD_OFFICE,
    ZIP,
    Format("", "DXF", (".dxf",), DXF_BEGINS, _read_dxf, text=True),
    Format("GeoJSON", "GeoJSON", GEOJSON_ENDINGS, (b"{", b"[", b"\x1e"), _read_geojson, single=True, text=True),
    Format("", "CSV", (".csv", ".tsv", ".txt"), (), _read_csv, single=True, text=True),
)
"""A new form is one more line here, with a module that reads it."""

NOT_READ = (
    (b"<OGRVRTDataSource", "一个 VRT，它指向别的文件", "a VRT, which points to other files"),
    (b"<VRTDataset", "一个 VRT，它指向别的文件", "a VRT, which points to other files"),
    (b"<kml", "KML", "KML"),
    (b"<?xml", "XML（如 KML、GML）", "XML such as KML or GML"),
    (b"<!DOCTYPE", "XML（如 KML、GML）", "XML such as KML or GML"),
    (b"<", "XML（如 KML、GML）", "XML such as KML or GML"),
    (b"!table", "MapInfo TAB", "MapInfo TAB"),
    (b"Version ", "MapInfo MIF", "MapInfo MIF"),
    (b"\x00\x01\x00\x00Standard ", "Access 数据库（.mdb）", "an Access database"),
    (b"Rar!", "RAR 压缩包；请改用 ZIP", "a RAR archive; pack it as ZIP"),
    (b"7z\xbc\xaf", "7z 压缩包；请改用 ZIP", "a 7z archive; pack it as ZIP"),
    (b"\x1f\x8b", "gzip 压缩包；请改用 ZIP", "a gzip archive; pack it as ZIP"),
    (b"%PDF", "PDF", "a PDF"),
    (b"AC101", "DWG；请另存为 DXF", "a DWG; save it as DXF"),
    (b"AC102", "DWG；请另存为 DXF", "a DWG; save it as DXF"),
    (b"AC103", "DWG；请另存为 DXF", "a DWG; save it as DXF"),
    (b"II*\x00", "图像（TIFF）", "an image (TIFF)"),
    (b"MM\x00*", "图像（TIFF）", "an image (TIFF)"),
    (b"II+\x00", "图像（TIFF）", "an image (TIFF)"),
    (b"\x89PNG", "图像（PNG）", "an image (PNG)"),
    (b"\xff\xd8\xff", "图像（JPEG）", "an image (JPEG)"),
    (b"GIF87a", "图像（GIF）", "an image (GIF)"),
    (b"GIF89a", "图像（GIF）", "an image (GIF)"),
)
"""What some files begin with that are no deliveries, and what they are."""
COMPANIONS = frozenset({".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".qpj"})


def told(path: Path, name: str) -> Format:
    """Give the form of the file or folder at the path; `name` is the one it was delivered under, for its ending.

    DeliveryError with what it is instead where that is known; OSError where it cannot be read.
    """
    ending = Path(name).suffix.lower()
    if path.is_dir():
        if not (path / GEODATABASE_PART).is_file():
            raise DeliveryError("expected a file or a File Geodatabase (.gdb), got another folder")
        return GEODATABASE
    with path.open("rb") as opened:
        head = opened.read(HEAD_BYTES)
    if ending in COMPANIONS:
        raise DeliveryError(f"请交付旁边的 .shp · expected the .shp that the {ending} belongs to")
    return _by_content(head, ending)


def _by_content(head: bytes, ending: str) -> Format:
    text = head
    for mark in BYTE_ORDER_MARKS:
        text = text.removeprefix(mark)
    text = text.lstrip(SPACE)
    found = next((form for form in FORMATS if head.startswith(form.begins) or text.startswith(form.begins)), None)
    if found is not None:
        return found
    by_ending = next((form for form in FORMATS if ending in form.endings), None)
    bare = text.replace(b"\x00", b"")
    for begin, what, what_en in NOT_READ:
        if head.startswith(begin) or bare.startswith(begin):
            expected = by_ending.title if by_ending else "a form that is read"
            raise DeliveryError(f"这是{what}，不读 · expected {expected}, got {what_en}")
    if by_ending is not None and by_ending.text:
        return by_ending
    expected = by_ending.title if by_ending else " or ".join(dict.fromkeys(form.title for form in FORMATS))
    raise DeliveryError(f"expected {expected}, got something else")


def holds_workbook(path: Path) -> bool:
    """Whether a zip file is an Office file, told from the part that all of them have; False where it is damaged."""
    try:
        with zipfile.ZipFile(path) as opened:
            return "[content_types].xml" in (name.lower() for name in opened.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def parts(path: Path, form: Format) -> Iterator[Path]:
    """Give the files that a delivery consists of: itself and its siblings, or what stands in its folder, in order."""
    if path.is_dir():
        yield from sorted(each for each in path.rglob("*") if each.is_symlink() or not each.is_dir())
        return
    yield path
    if form.siblings:
        yield from beside(path, form.siblings).values()


def beside(path: Path, endings: tuple[str, ...]) -> dict[str, Path]:
    """Give the files of the same name with one of the endings, in small or capital letters, by ending."""
    found: dict[str, Path] = {}
    for each in sorted(path.parent.iterdir(), reverse=True):  # small letters last: they stand
        ending = each.suffix.lower()
        if each.stem == path.stem and ending in endings and each != path:
            found[ending] = each
    return dict(sorted(found.items()))
