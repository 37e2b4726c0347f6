"""A file that is there whole or as it was before: written beside its place, then moved into it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gis.errors import DeliveryError

STEM = "part"
"""What parts are called while they are written: no library sees the name that was asked for."""
OPEN_ELSEWHERE = ("-wal", "-journal")
"""What SQLite keeps beside a file that a program has open; it would be applied to the one that replaces it."""
INDEXES = frozenset({".qix", ".sbn", ".sbx"})
"""Indexes of other programs beside a shapefile, which lie about the one that replaces it."""


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a path of the same ending in a folder of its own; at the end all that was written there takes its place.

    Files that belong to an older one of the same stem (of a shapefile: .shx, .dbf, …) go with it only where they are
    written anew, and its indexes. DeliveryError where it cannot be written; after any failure nothing has changed.
    """
    target = path.absolute()
    try:
        _refuse_open_elsewhere(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".wangge-", suffix=".part", dir=target.parent))
    except OSError as error:
        raise _refused(path, error) from None
    try:
        yield folder / f"{STEM}{path.suffix}"
        _moved(folder, target)
    except OSError as error:
        raise _refused(path, error) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _refused(path: Path, error: OSError) -> DeliveryError:
    return DeliveryError(f"{path.name}: 无法写入 · cannot be written: {error.strerror or error}")


def _refuse_open_elsewhere(target: Path) -> None:
    there = {each.name for each in target.parent.iterdir()} if target.parent.is_dir() else set()
    for beside in (f"{target.name}{ending}" for ending in OPEN_ELSEWHERE):
        if beside in there:
            raise DeliveryError(
                f"{target.name}: 正被其他程序（如 QGIS）打开，请先关闭 · another program has it open: close it there; "
                f"if none has, remove {beside}"
            )


def _moved(folder: Path, path: Path) -> None:
    """Put every part in its place, the named one last, so that it never stands there without the others."""
    parts = sorted(folder.iterdir(), key=lambda part: part.suffix == path.suffix)
    targets = [path if part.suffix == path.suffix else path.with_suffix(part.suffix) for part in parts]
    for part, target in zip(parts, targets, strict=True):
        _refuse_foreign_folder(part, target)
    if len(parts) > 1:
        for ending in INDEXES:
            path.with_suffix(ending).unlink(missing_ok=True)
    for part, target in zip(parts, targets, strict=True):
        if target.is_dir():
            _exchange(part, target, folder / "old")
        else:
            os.replace(part, target)


def _exchange(part: Path, target: Path, old: Path) -> None:
    """Put a folder in the place of another, which goes back where that fails."""
    os.replace(target, old)
    try:
        os.replace(part, target)
    except OSError:
        os.replace(old, target)
        raise


def _refuse_foreign_folder(part: Path, target: Path) -> None:
    if not target.is_dir():
        if part.is_dir() and target.exists():
            raise DeliveryError(f"{target.name}: expected a folder to replace, got a file")
        return
    if not part.is_dir():
        raise DeliveryError(f"{target.name}: expected a file to write, got a folder")
    if any(target.iterdir()) and not (target / "gdb").is_file():
        raise DeliveryError(f"{target.name}: expected a File Geodatabase to replace, got another folder")
