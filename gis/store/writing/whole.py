"""A file that is there whole or as it was before: written beside its place, then moved into it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gis.errors import DeliveryError


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a path of the same name in a folder of its own; at the end all that was written there takes its place.

    Files that belong to an older one of the same stem (of a shapefile: .shx, .dbf, …) go with it only where they are
    written anew. DeliveryError where it cannot be written; after any failure nothing has changed.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{path.name[:60]}.", suffix=".part", dir=path.parent))
    except OSError as error:
        raise _refused(path, error) from None
    try:
        yield folder / path.name
        _moved(folder, path)
    except OSError as error:
        raise _refused(path, error) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _refused(path: Path, error: OSError) -> DeliveryError:
    return DeliveryError(f"{path.name}: 无法写入 · cannot be written: {error.strerror or error}")


def _moved(folder: Path, path: Path) -> None:
    """Put every part in its place, the named one last, so that it never stands there without the others."""
    parts = sorted(folder.iterdir(), key=lambda part: part.name == path.name)
    for part in parts:
        target = path.parent / part.name
        _refuse_foreign_folder(part, target)
    for part in parts:
        target = path.parent / part.name
        if target.is_dir():
            old = folder / f"{part.name}.old"
            os.replace(target, old)
        os.replace(part, target)


def _refuse_foreign_folder(part: Path, target: Path) -> None:
    if not target.is_dir():
        if part.is_dir() and target.exists():
            raise DeliveryError(f"{target.name}: expected a folder to replace, got a file")
        return
    if not part.is_dir():
        raise DeliveryError(f"{target.name}: expected a file to write, got a folder")
    if any(target.iterdir()) and not (target / "gdb").is_file():
        raise DeliveryError(f"{target.name}: expected a File Geodatabase to replace, got another folder")
