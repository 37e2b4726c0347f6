"""What a hostile file tries is refused in one sentence: the child ends, and nothing is left or fetched anywhere."""

import io
import os
import socket
import stat
import struct
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gis.errors import DeliveryError
from gis.store.formats.delivered import Asked
from gis.store.reading import Limits, read
from tests.shapefile_bytes import dbf, squares, written

POINTS = b'{"type":"Point","coordinates":[120,29]}'


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose temporary files are watched: at the end none is left, and nothing stands beside the delivery."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    delivery = tmp_path / "delivery"
    delivery.mkdir()
    yield delivery
    assert list(temporary.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["delivery", "temporary"]


def refused(path: Path, sentence: str, **limits: int) -> None:
    before = sorted(path.parent.rglob("*"))
    with pytest.raises(DeliveryError) as error:
        read(path, limits=Limits(**limits))
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)
    assert "Traceback" not in str(error.value)
    assert sorted(path.parent.rglob("*")) == before


def put(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def packed(folder: Path, *members: tuple[str | zipfile.ZipInfo, bytes], name: str = "d.zip") -> Path:
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members:
            archive.writestr(member, content)
    return folder / name


def virtual(source: str) -> str:
    layer = f"<OGRVRTLayer name='d'><SrcDataSource>{source}</SrcDataSource></OGRVRTLayer>"
    return f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>"


@pytest.mark.parametrize("name", ["d.vrt", "d.shp", "d.gdb", "d.csv", "d.gpkg", "d.geojson", "d.dxf", "d.zip", "d.fgb"])
def test_a_virtual_file_posing_as_another(bench: Path, name: str) -> None:
    source = put(bench, "secret.geojson", POINTS)
    refused(put(bench, name, virtual(str(source))), "a VRT, which points to other files")
    refused(put(bench, name, "\ufeff \n" + virtual(str(source))), "a VRT, which points to other files")


def test_a_virtual_file_in_a_zip(bench: Path) -> None:
    refused(packed(bench, ("d.vrt", virtual("x").encode())), ".vrt, which is not read")
    refused(packed(bench, ("d.shp", virtual("x").encode())), "a VRT, which points to other files")


@pytest.mark.parametrize(
    "path", ["/vsicurl/http://127.0.0.1:9/d.fgb", "/vsis3/b/d.gpkg", "http://127.0.0.1:9/d.fgb", "\\\\host\\s\\d.shp"]
)
def test_a_network_path(path: str) -> None:
    with pytest.raises(DeliveryError, match=r"expected a readable file|expected a file of this machine"):
        read(path)


def test_no_form_reaches_the_network(bench: Path) -> None:
    calls: list[bytes] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        ended = threading.Event()

        def listen() -> None:
            while not ended.is_set():
                try:
                    caller, _ = server.accept()
                except TimeoutError:
                    continue
                calls.append(b"called")
                caller.close()

        listening = threading.Thread(target=listen)
        listening.start()
        address = f"http://127.0.0.1:{port}/d"
        collection = (
            f'{{"type":"FeatureCollection","crs":{{"type":"link","properties":{{"href":"{address}"}}}},"features":[]}}'
        )
        refused(put(bench, "d.geojson", collection), "expected a crs by name")
        refused(put(bench, "d.shp", virtual(f"/vsicurl/{address}.geojson")), "a VRT")
        path = written(bench / "shp", dbf([(b"a", "C", 3)], [[b"x"]]), squares(1), prj=address)
        assert read(path).crs is None
        ended.set()
        listening.join()
    assert calls == []


@pytest.mark.parametrize(
    "name",
    [
        "../d.geojson",
        "a/../../d.geojson",
        "/tmp/d.geojson",
        "C:d.geojson",
        "C:\\d.geojson",
        "..\\d.geojson",
        "\\\\host\\d.geojson",
        "d.geojson\x00.txt",
    ],
)
def test_a_path_out_of_the_zip(bench: Path, name: str) -> None:
    info = zipfile.ZipInfo("d.geojson")
    info.filename = name
    refused(packed(bench, (info, POINTS)), "expected plain files in the zip file, got a path that leads elsewhere")


def test_a_link_in_a_zip(bench: Path) -> None:
    for kind in (stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR):
        info = zipfile.ZipInfo("d.geojson")
        info.create_system = 3
        info.external_attr = (kind | 0o777) << 16
        refused(packed(bench, (info, b"/etc/passwd")), "got a link or a device")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice_in_a_zip(bench: Path) -> None:
    refused(packed(bench, ("d.geojson", POINTS), ("D.geojson", b"{}")), "expected each file in the zip file once")


def test_a_zip_bomb(bench: Path) -> None:
    bomb = packed(bench, ("d.geojson", b" " * 2**27))
    assert bomb.stat().st_size < 2**18
    refused(bomb, "a zip file that grows 1")
    refused(bomb, "expected at most 1,048,576 bytes in the zip file", unpacked_bytes=2**20)


def test_a_zip_that_lies_about_its_size(bench: Path) -> None:
    path = packed(bench, ("d.geojson", b" " * 2**20 + POINTS))
    whole = path.read_bytes()
    size = struct.pack("<I", 2**20 + len(POINTS))
    assert whole.count(size) == 2
    path.write_bytes(whole.replace(size, struct.pack("<I", 100)))
    refused(path, "expected an intact zip file")


def test_a_zip_of_too_many_files(bench: Path) -> None:
    members = [(f"{number}.txt", b"") for number in range(10_001)]
    refused(packed(bench, ("d.geojson", POINTS), *members), "expected at most 10,000 files in the zip file")


def test_a_zip_in_a_zip(bench: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("d.geojson", POINTS)
    refused(packed(bench, ("d.zip", inner.getvalue())), "got another zip file")
    refused(packed(bench, ("d.geojson", inner.getvalue())), "got another zip file")


def test_files_of_a_zip_that_overlap(bench: Path) -> None:
    plain = b" " * 2**20
    content = zlib.compress(plain)[2:-4]
    common = struct.pack("<5H3I2H", 20, 0, 8, 0, 0, zlib.crc32(plain), len(content), len(plain), 9, 0)
    body = b"PK\x03\x04" + common + b"0.geojson" + content
    entries = b"".join(
        b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<3H2I", 0, 0, 0, 0, 0) + b"%d.geojson" % number
        for number in range(5)
    )
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 5, 5, len(entries), len(body), 0)
    path = put(bench, "d.zip", body + entries + end)
    with pytest.raises(DeliveryError, match=r"^d\.zip: .* · expected an intact zip file"):
        read(path, Asked("1.geojson"))


def test_a_password_or_an_odd_compression_in_a_zip(bench: Path) -> None:
    path = packed(bench, ("d.geojson", POINTS))
    whole = bytearray(path.read_bytes())
    directory = whole.index(b"PK\x01\x02")
    whole[directory + 8] |= 1
    path.write_bytes(whole)
    refused(path, "got a file with a password")
    whole[directory + 8] &= 0xFE
    whole[directory + 10] = 97
    path.write_bytes(whole)
    refused(path, "got an unknown compression")


@pytest.mark.parametrize("name", ["d.kml", "d.gml", "d.geojson", "d.shp"])
def test_entities_of_xml(bench: Path, name: str) -> None:
    secret = put(bench, "secret.txt", "secret")
    text = f'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY x SYSTEM "file://{secret}">]><kml>&x;</kml>'
    refused(put(bench, name, text), "XML such as KML or GML")
    refused(put(bench, name, text.encode("utf-16")), "XML such as KML or GML")
    refused(packed(bench, ("d.kml", text.encode())), ".kml, which is not read")
    refused(packed(bench, ("d.geojson", text.encode())), "XML such as KML or GML")


def test_a_flood_of_pixels(bench: Path) -> None:
    header = struct.pack(">2I5B", 2**31 - 1, 2**31 - 1, 8, 6, 0, 0, 0)
    chunk = struct.pack(">I4s", 13, b"IHDR") + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    for name in ("d.png", "d.gpkg", "d.geojson"):
        refused(put(bench, name, b"\x89PNG\r\n\x1a\n" + chunk), "an image (PNG)")
    refused(put(bench, "d.tif", b"II*\x00" + b"\x00" * 100), "an image (TIFF)")


def test_a_folder_that_is_no_geodatabase_or_holds_a_link(bench: Path) -> None:
    folder = bench / "d.gdb"
    folder.mkdir()
    refused(folder, "got another folder")
    put(folder, "a00000001.gdbtable", b"x")
    refused(folder, "expected a readable File Geodatabase")
    (folder / "a00000002.gdbtable").symlink_to("/etc/passwd")
    refused(folder, "expected files alone, got something else")
    (folder / "a00000002.gdbtable").unlink()
    os.mkfifo(folder / "a00000002.gdbtable")
    refused(folder, "expected files alone, got something else")


def test_a_geodatabase_in_a_zip_with_names_that_are_not_plain(bench: Path) -> None:
    path = packed(bench, ("d.gdb/a00000001.gdbtable", b"x"), ("d.gdb/a b.gdbtable", b"x"))
    refused(path, "expected plain names in the geodatabase")


def test_a_sibling_that_is_no_file(bench: Path) -> None:
    path = written(bench, dbf([(b"a", "C", 3)], [[b"x"]]), squares(1))
    path.with_suffix(".dbf").unlink()
    os.mkfifo(path.with_suffix(".dbf"))
    refused(path, "expected files alone, got something else")
    path.with_suffix(".dbf").unlink()
    path.with_suffix(".dbf").symlink_to("/dev/zero")
    refused(path, "expected files alone, got something else")


def test_a_device_or_a_pipe(bench: Path) -> None:
    os.mkfifo(bench / "d.geojson")
    (bench / "d.gpkg").symlink_to("/dev/zero")
    refused(bench / "d.geojson", "expected a file")
    refused(bench / "d.gpkg", "expected a file")


def test_siblings_count_towards_the_size(bench: Path) -> None:
    path = written(bench, dbf([(b"a", "C", 3)], [[b"x"]]), squares(1))
    with path.with_suffix(".dbf").open("r+b") as table:
        table.truncate(2**40)
    refused(path, "expected at most 1,073,741,824 bytes")


def test_a_table_that_promises_billions_of_rows(bench: Path) -> None:
    table = bytearray(dbf([(b"a", "C", 3)], [[b"x"]]))
    table[4:8] = struct.pack("<I", 2**32 - 1)
    reading = read(written(bench, bytes(table), squares(1)))
    assert (reading.delivered, reading.frame["a"].tolist()) == (1, ["x"])


def test_a_name_that_a_library_would_take_for_a_command(bench: Path) -> None:
    for name in (
        "GPKG:d.geojson",
        "d.zip!inner.geojson",
        "{x}.geojson",
        "a;b c&d.geojson",
        "--help.geojson",
        "?.geojson",
    ):
        assert read(put(bench, name, POINTS)).delivered == 1
