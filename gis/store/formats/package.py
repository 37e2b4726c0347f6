"""The parts of an Office file (a zip of XML), each read in a stream: bounded, without document types and entities."""

import posixpath
import xml.parsers.expat
import zipfile
from collections.abc import Callable, Mapping
from typing import Protocol

from gis.errors import DeliveryError

PART_MOST_BYTES = 2**30
RATIO_MOST = 200
RATIO_FROM_BYTES = 32 * 2**20
"""A part of more bytes than this that grew more than 200 times when unpacked is a bomb; sheets grow 5 to 50 times."""
CHUNK_BYTES = 2**18
METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
ENCRYPTED = 1
DAMAGED = (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, OSError, RuntimeError, ValueError)


class Walker(Protocol):
    """What is told of a part while it is read: names are without their prefix."""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Take the beginning of an element."""

    def end(self, name: str) -> None:
        """Take the end of an element."""

    def text(self, text: str) -> None:
        """Take characters; those between two tags may come in pieces."""


class Enough(Exception):
    """Raised by a walker that needs no more of its part."""


class Package:
    """An opened zip of XML parts; names of parts are told apart without case, as Office does."""

    def __init__(self, path: str) -> None:
        """Open the file; DeliveryError where it is no intact zip or one part is named twice."""
        try:
            self._zip = zipfile.ZipFile(path)
        except DAMAGED as error:
            raise DeliveryError(f"expected a readable Excel file, got a damaged one: {error}") from None
        self._parts: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            name = info.filename.replace("\\", "/").lstrip("/").lower()
            if name in self._parts:
                raise DeliveryError(f"expected each part of the Excel file once, got {info.filename!a} twice")
            self._parts[name] = info

    def names(self) -> list[str]:
        """Give the names of all parts, in lower case."""
        return list(self._parts)

    def holds(self, name: str) -> bool:
        """Whether there is a part of that name."""
        return name.lower() in self._parts

    def walk(self, name: str, walker: Walker) -> None:
        """Tell a walker what is in a part; nothing where there is no such part.

        DeliveryError where the part is encrypted, damaged, too large, or declares a document type.
        """
        info = self._parts.get(name.lower())
        if info is None:
            return
        _refuse_bomb(info)
        parser = _parser(walker)
        try:
            with self._zip.open(info) as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    parser.Parse(chunk, False)
                parser.Parse(b"", True)
        except Enough:
            return
        except xml.parsers.expat.ExpatError as error:
            raise DeliveryError(f"expected a readable Excel file, got broken XML in {name}: {error}") from None
        except DAMAGED as error:
            raise DeliveryError(f"expected a readable Excel file, got a damaged {name}: {error}") from None


def _refuse_bomb(info: zipfile.ZipInfo) -> None:
    if info.flag_bits & ENCRYPTED:
        raise DeliveryError("文件有密码，请去掉密码再交付 · expected a file without password, got an encrypted one")
    if info.compress_type not in METHODS:
        raise DeliveryError(f"expected a readable Excel file, got {info.filename!a} in an unknown compression")
    if info.file_size > PART_MOST_BYTES:
        raise DeliveryError(f"expected parts of at most {PART_MOST_BYTES:,} bytes, got {info.file_size:,}")
    if info.file_size > max(RATIO_FROM_BYTES, RATIO_MOST * info.compress_size):
        grown = info.file_size // max(info.compress_size, 1)
        raise DeliveryError(f"expected a spreadsheet, got a part that grows {grown} times when unpacked")


def _parser(walker: Walker) -> xml.parsers.expat.XMLParserType:
    parser = xml.parsers.expat.ParserCreate()
    local: dict[str, str] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        walker.start(local.get(name) or local.setdefault(name, name.rpartition(":")[2]), attributes)

    def end(name: str) -> None:
        walker.end(local[name])

    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = walker.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.EntityDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*_: object) -> None:
    raise DeliveryError("expected XML without a document type, got one that declares its own (DOCTYPE, ENTITY)")


class Relations:
    """A walker over a part's relations: the parts that it names, by id and by kind; those outside the file are left."""

    def __init__(self, folder: str) -> None:
        """`folder` is that of the part whose relations these are."""
        self.by_id: dict[str, str] = {}
        self.by_kind: dict[str, str] = {}
        self._folder = folder

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Take one relation."""
        if name != "Relationship" or attributes.get("TargetMode") == "External":
            return
        target = attributes.get("Target", "").replace("\\", "/")
        part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{self._folder}/{target}")
        self.by_id[attributes.get("Id", "")] = part.lstrip("/")
        self.by_kind.setdefault(attributes.get("Type", "").rpartition("/")[2], part.lstrip("/"))

    def end(self, name: str) -> None:
        """Nothing ends here."""

    def text(self, text: str) -> None:
        """No text is looked at."""


def relations(package: Package, part: str) -> Relations:
    """Give what a part of the package refers to; of the package itself where `part` is empty."""
    folder, _, name = part.rpartition("/")
    found = Relations(folder or ".")
    package.walk(f"{folder}/_rels/{name}.rels".lstrip("/"), found)
    return found


Take = Callable[[str, Mapping[str, str]], None]


class Elements:
    """A walker that hands over each element with its attributes, and no text."""

    def __init__(self, take: Take) -> None:
        """`take` gets the name and attributes of each element."""
        self.start = take

    def end(self, name: str) -> None:
        """Nothing ends here."""

    def text(self, text: str) -> None:
        """No text is looked at."""
