"""Unpack the one delivery that a zip file holds, under names of ours and within bounds; what plays tricks is refused.

No name in the archive is ever used as a path: the parts of a Shapefile become `delivery.shp` and so on, and only the
plain names of a File Geodatabase's tables are kept.
"""

import errno
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from gis.errors import DeliveryError
from gis.store.formats.delivered import Asked, shown
from gis.store.formats.forms import (
    GEODATABASE,
    GEODATABASE_PART,
    GEOJSON_ENDINGS,
    WORKBOOK,
    ZIP,
    Format,
    holds_workbook,
    told,
)

MEMBERS_MOST = 10_000
RATIO_MOST = 500
RATIO_FROM_BYTES = 64 * 2**20
"""An archive of more bytes than this that grew more than 500 times is a bomb; blank attribute tables grow 100 times."""
CHUNK_BYTES = 2**20
METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA})
ENCRYPTED, UTF8 = 0x1, 0x800
PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.]{0,79}")
DRIVE = re.compile(r"^[A-Za-z]:")
UNNAMED = "delivery.gdb"
"""What a File Geodatabase is called whose tables stand in the zip file without a folder of that ending."""
LITTER = ("__MACOSX/", ".")
SHAPEFILE_PARTS = (".shp", ".dbf", ".shx", ".prj", ".cpg")
DELIVERIES = (
    ".gpkg",
    *GEOJSON_ENDINGS,
    ".fgb",
    ".parquet",
    ".geoparquet",
    ".dxf",
    ".xlsx",
    ".xlsm",
    ".csv",
    ".tsv",
    ".zip",
)
REFUSED = (".kml", ".kmz", ".gml", ".vrt", ".tab", ".mif", ".mdb", ".xls", ".dwg", ".rar", ".7z", ".tif")
DAMAGED = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Found:
    """The delivery of an archive: where it now lies, the name it had, what is asked of it, and its form."""

    path: Path
    name: str
    asked: Asked
    form: Format


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive, under the name that its bytes mean."""

    name: str
    info: zipfile.ZipInfo

    @property
    def path(self) -> PurePosixPath:
        """The name, taken apart."""
        return PurePosixPath(self.name)


def unpacked(path: Path, asked: Asked, folder: Path, *, most_bytes: int) -> Found:
    """Unpack the delivery into a new folder.

    Where there are several, the sublayer names one, as `name` or `name/sublayer`. DeliveryError where the archive is
    damaged, holds no delivery, or a trick: a path out of it, a link, a name twice, a bomb.
    """
    folder.mkdir()
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive, most_bytes)
            deliveries = _deliveries(members)
            name, inner = _chosen(deliveries, members, asked.sublayer)
            placed = _placed(archive, name, deliveries[name], folder)
    except (OSError, *DAMAGED) as error:
        if isinstance(error, OSError) and error.errno == errno.EFBIG:
            raise
        raise DeliveryError(f"expected an intact zip file, got a damaged one: {error}") from None
    form = told(placed, placed.name)
    if form is ZIP:
        if not holds_workbook(placed):
            raise DeliveryError("压缩包里又是压缩包，不读 · expected a delivery in the zip file, got another zip file")
        form = WORKBOOK
    return Found(placed, PurePosixPath(name).name, replace(asked, sublayer=inner), form)


def _members(archive: zipfile.ZipFile, most_bytes: int) -> list[Member]:
    """Give the files of an archive that is no trick; DeliveryError where it is one."""
    infos = archive.infolist()
    if len(infos) > MEMBERS_MOST:
        raise DeliveryError(f"expected at most {MEMBERS_MOST:,} files in the zip file, got {len(infos):,}")
    total = sum(info.file_size for info in infos)
    packed = max(sum(info.compress_size for info in infos), 1)
    if total > most_bytes:
        raise DeliveryError(f"expected at most {most_bytes:,} bytes in the zip file, got {total:,}")
    if total > max(RATIO_FROM_BYTES, RATIO_MOST * packed):
        raise DeliveryError(f"expected a delivery, got a zip file that grows {total // packed} times when unpacked")
    members = [Member(_name(info).replace("\\", "/"), info) for info in infos]  # so some programs of Windows write it
    for member in members:
        _refuse_trick(member)
    lower = [member.name.lower() for member in members]
    if doubled := next((name for name in lower if lower.count(name) > 1), None):
        raise DeliveryError(f"expected each file in the zip file once, got {shown(doubled)} twice")
    kept = [each for each in members if not each.info.is_dir()]
    return [
        each
        for each in kept
        if not any(part.startswith(LITTER[1]) for part in each.path.parts) and not each.name.startswith(LITTER[0])
    ]


def _name(info: zipfile.ZipInfo) -> str:
    """Give a member's name: what is not marked as UTF-8 is strict UTF-8, else GB18030, else as zip files began."""
    if info.flag_bits & UTF8:
        return info.orig_filename
    raw = info.orig_filename.encode("cp437", "surrogateescape")
    for codec in ("utf-8", "gb18030"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return info.orig_filename


def _refuse_trick(member: Member) -> None:
    name, info = member.name, member.info
    came = None
    if name.startswith("/") or DRIVE.match(name) or ".." in member.path.parts or "\x00" in name:
        came = f"a path that leads elsewhere: {shown(name)}"
    elif info.create_system == 3 and stat.S_IFMT(info.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        came = f"a link or a device: {shown(name)}"
    elif info.flag_bits & ENCRYPTED:
        came = f"a file with a password: {shown(name)}"
    elif info.compress_type not in METHODS:
        came = f"an unknown compression of {shown(name)}"
    if came:
        raise DeliveryError(f"压缩包里有不安全或读不了的文件 · expected plain files in the zip file, got {came}")


def _deliveries(members: list[Member]) -> dict[str, dict[str, Member]]:
    """Give the files of each delivery by the name they get, by the delivery's path without ending."""
    found: dict[str, dict[str, Member]] = {}
    bare = {each.path.parent for each in members if each.path.name == GEODATABASE_PART}
    for member in members:
        path = member.path
        folder = next((each for each in path.parents if each in bare or each.suffix.lower() == ".gdb"), None)
        if folder is not None:
            name = folder if folder.suffix.lower() == ".gdb" else folder / UNNAMED
            found.setdefault(str(name), {})[str(path.relative_to(folder))] = member
        elif path.suffix.lower() == ".shp":
            found[str(path)] = {f"delivery{ending}": each for ending, each in _beside(member, members).items()}
        elif path.suffix.lower() in DELIVERIES:
            found[str(path)] = {f"delivery{path.suffix.lower()}": member}
    if not found:
        kinds = sorted({each.path.suffix.lower() for each in members if each.path.suffix.lower() in REFUSED})
        came = f"{', '.join(kinds)}, which is not read" if kinds else f"{len(members)} other files"
        raise DeliveryError(f"压缩包里没有可读的交付 · expected a delivery in the zip file, got {came}")
    return found


def _beside(shp: Member, members: list[Member]) -> dict[str, Member]:
    """Give the parts of a Shapefile by ending in small letters."""
    stem = shp.path.with_suffix("")
    return {
        each.path.suffix.lower(): each
        for each in members
        if each.path.suffix.lower() in SHAPEFILE_PARTS and each.path.with_suffix("") == stem
    } | {".shp": shp}


def _chosen(
    deliveries: dict[str, dict[str, Member]], members: list[Member], sublayer: str | None
) -> tuple[str, str | None]:
    """Give which delivery is meant, and which sublayer of it."""
    if len(deliveries) == 1:
        (name,) = deliveries
        inner = sublayer.removeprefix(f"{name}/") if sublayer is not None else None
        return name, None if inner in _spellings(name) and _single(name) else inner
    for name in deliveries:
        for spelling in _spellings(name):
            if sublayer == spelling:
                return name, None
            if sublayer is not None and sublayer.startswith(f"{spelling}/"):
                return name, sublayer.removeprefix(f"{spelling}/")
    listed = ", ".join(sorted(deliveries)[:10])
    came = f"{len(deliveries)} of {len(members)} files: {listed}" if sublayer is None else repr(sublayer)
    raise DeliveryError(
        f"压缩包里有几份交付，请以 --sublayer 指明 · "
        f"expected one delivery, or --sublayer to name one of {listed}; got {came}"
    )


def _single(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() not in {".gpkg", ".gdb", ".xlsx", ".dxf"}


def _spellings(name: str) -> tuple[str, ...]:
    path = PurePosixPath(name)
    return (name, path.name, str(path.with_suffix("")), path.stem)


def _placed(archive: zipfile.ZipFile, name: str, parts: dict[str, Member], folder: Path) -> Path:
    """Unpack the parts of one delivery and give where its main part lies."""
    if PurePosixPath(name).suffix.lower() == ".gdb":
        placed = folder / f"delivery{GEODATABASE.endings[0]}"
        placed.mkdir()
        for part, member in parts.items():
            if not PLAIN.fullmatch(part):
                raise DeliveryError(f"expected plain names in the geodatabase, got {shown(part)}")
            _copy(archive, member, placed / part)
        return placed
    for part, member in parts.items():
        _copy(archive, member, folder / part)
    return folder / next(part for part, member in parts.items() if member.name == name)


def _copy(archive: zipfile.ZipFile, member: Member, target: Path) -> None:
    """Unpack one file, of which no more may come than its entry says."""
    left = member.info.file_size
    with archive.open(member.info) as source, target.open("wb") as sink:
        while chunk := source.read(CHUNK_BYTES):
            left -= len(chunk)
            if left < 0:
                raise DeliveryError(f"expected {member.info.file_size:,} bytes of {shown(member.name)}, got more")
            sink.write(chunk)
