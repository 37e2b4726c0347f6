"""A county as one file: pg_dump's archive with a manifest that says what it is, and the way back from it.

The file is a tar of `manifest.json` and `county.dump`. Rows are counted in the snapshot that is dumped, so a restored
county can be compared with its manifest. A restore runs the dump as the owner role: restore only files that you trust.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

import sqlalchemy as sa
from psycopg.conninfo import make_conninfo

from gis import layers
from gis.errors import Refused, SchemaError, ServerError
from gis.layer import digest_text
from gis.store import migrate, server
from gis.store.county import County, engine_for, exists, now, opened
from gis.store.schema import Schema
from gis.store.server import DatabaseRole
from gis.store.server.address import parameters
from gis.store.server.installation import installations
from gis.store.settings import Settings

FORM = 1
MANIFEST = "manifest.json"
DUMP = "county.dump"
MANIFEST_BYTES = 1 << 20
FOREIGN = (" SCHEMA - public ", " ACL - SCHEMA public ", " COMMENT - SCHEMA public ", " EXTENSION ")
"""Entries of a dump that belong to the database, which is furnished before."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds: the county, the code and tables it was made with, its rows, and the dump's digest."""

    form: int
    made_at: str
    code_version: str
    layers_digest: str
    revision: str
    county_code: str
    county_name: str
    storage_srid: int
    timezone: str
    postgresql: str
    rows: dict[str, int]
    dump_sha256: str


def layers_digest() -> str:
    """Give the digest of all layer definitions of this code."""
    text = "\n".join(digest_text(layer) for layer in layers.every())
    return hashlib.sha256(text.encode()).hexdigest()


def backup(county: County, file: Path, progress: Progress = lambda _: None) -> Manifest:
    """Write the county with its past to a new file, as it stands at one instant; others go on reading and writing.

    Refused where the file exists or cannot be written. The file is there whole or not at all, and only its owner reads
    it: it holds personal data.
    """
    if file.exists():
        raise Refused(f"{file}: 已存在 · exists already; a backup is never written over")
    owner = engine_for(county.settings, DatabaseRole.OWNER)
    try:
        with (
            tempfile.TemporaryDirectory(prefix=".backup-", dir=_folder(file)) as folder,
            owner.connect().execution_options(isolation_level="REPEATABLE READ") as connection,
        ):
            dump = Path(folder, DUMP)
            progress("count")
            snapshot = str(connection.execute(sa.text("SELECT pg_export_snapshot()")).scalar_one())
            rows = _rows(connection, county.schema)
            progress("dump")
            options = (
                "--format=custom",
                "--schema=public",
                "--exclude-table=spatial_ref_sys",
                f"--snapshot={snapshot}",
                f"--file={dump}",
            )
            _ran(county.settings, "pg_dump", options)
            progress("pack")
            found = _manifest(county, connection, rows, _sha256(dump))
            _pack(Path(folder, file.name), found, dump)
            os.link(Path(folder, file.name), file)  # fails where somebody made it meanwhile
    except OSError as error:
        raise Refused(f"{file}: cannot be written: {error.strerror or error}") from None
    finally:
        owner.dispose()
    return found


def _folder(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    return file.parent


def _rows(connection: sa.Connection, schema: Schema) -> dict[str, int]:
    tables = sorted(schema.metadata.tables.values(), key=lambda table: table.name)
    count = sa.func.count()
    return {table.name: connection.execute(sa.select(count).select_from(table)).scalar_one() for table in tables}


def _manifest(county: County, connection: sa.Connection, rows: dict[str, int], dump_sha256: str) -> Manifest:
    return Manifest(
        form=FORM,
        made_at=now().astimezone(county.timezone).isoformat(timespec="seconds"),
        code_version=version("wangge"),
        layers_digest=layers_digest(),
        revision=migrate.current(connection) or "",
        county_code=county.code,
        county_name=county.name,
        storage_srid=county.srid,
        timezone=str(county.timezone),
        postgresql=str(connection.execute(sa.text("SHOW server_version")).scalar_one()),
        rows=rows,
        dump_sha256=dump_sha256,
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pack(path: Path, manifest: Manifest, dump: Path) -> None:
    said = json.dumps(asdict(manifest), ensure_ascii=False, indent=1).encode()
    entry = tarfile.TarInfo(MANIFEST)
    entry.size, entry.mode = len(said), 0o600
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as opened_file, tarfile.open(fileobj=opened_file, mode="w") as archive:
        archive.addfile(entry, BytesIO(said))
        archive.add(dump, DUMP)


def read_manifest(file: Path) -> Manifest:
    """Give what a backup says of itself; Refused where the file is none."""
    with _archive(file) as archive:
        return _manifest_of(file, archive)


@contextmanager
def _archive(file: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(file, mode="r:") as archive:
            yield archive
    except (OSError, tarfile.TarError, EOFError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not whole, or something else"
        raise Refused(f"{file}: expected a backup made by `wangge db backup`, got: {reason}") from None


def _manifest_of(file: Path, archive: tarfile.TarFile) -> Manifest:
    members = archive.getmembers()
    whole = [each.name for each in members] == [MANIFEST, DUMP] and all(each.isreg() for each in members)
    opened_file = archive.extractfile(MANIFEST) if whole and members[0].size <= MANIFEST_BYTES else None
    if opened_file is None:
        raise Refused(f"{file}: expected a backup made by `wangge db backup`, got another archive")
    try:
        given = json.loads(opened_file.read())
        wanted = {field.name for field in fields(Manifest)}
        if not isinstance(given, dict) or given.get("form") != FORM or given.keys() != wanted:
            raise ValueError
    except ValueError:
        raise Refused(f"{file}: expected a manifest of form {FORM}, got one of another version") from None
    return Manifest(**given)


def restore(
    settings: Settings, file: Path, *, any_version: bool = False, progress: Progress = lambda _: None
) -> County:
    """Make the settings' database from a backup and give the opened county, with its past, logs and rules.

    Refused, with nothing changed, where a county stands in the database, where the file is damaged, or where it was
    made with other layers or another version of the code (`any_version` lets the last one pass). SchemaError where what
    is restored is not what the manifest says: the database is removed again.
    """
    if exists(settings):
        raise Refused(
            f"database {settings.database} holds a county already; `wangge db reset --yes --database "
            f"{settings.database}` removes it, or restore into another with --database"
        )
    with _archive(file) as archive, tempfile.TemporaryDirectory(prefix="wangge-restore-") as folder:
        manifest = _manifest_of(file, archive)
        _refuse_mismatch(file, manifest, any_version=any_version)
        progress("unpack")
        dump = Path(folder, DUMP)
        _unpack(archive, dump)
        if _sha256(dump) != manifest.dump_sha256:
            raise Refused(f"{file}: the dump is damaged: its digest is not that of the manifest")
        server.create_database(settings, settings.database)
        progress("restore")
        try:
            _restored(settings, dump)
            progress("compare")
            return _compared(settings, manifest)
        except (ServerError, Refused):
            server.drop_database(settings, settings.database)
            raise


def _unpack(archive: tarfile.TarFile, dump: Path) -> None:
    member = archive.extractfile(DUMP)
    if member is None:
        raise AssertionError("the manifest's reader saw to it that the dump is a file")
    with dump.open("wb") as file:
        shutil.copyfileobj(member, file)


def _refuse_mismatch(file: Path, manifest: Manifest, *, any_version: bool) -> None:
    here = version("wangge")
    if manifest.layers_digest != layers_digest() or manifest.revision != migrate.head():
        raise Refused(
            f"{file}: made by version {manifest.code_version} with other layers (revision {manifest.revision}, here "
            f"{migrate.head()}): restore it with that version, then `wangge db upgrade` with this one"
        )
    if manifest.code_version != here and not any_version:
        raise Refused(
            f"{file}: made by version {manifest.code_version}, this is {here}; the layers are the same, "
            "so --any-version may restore it"
        )


def _restored(settings: Settings, dump: Path) -> None:
    listed = _ran(settings, "pg_restore", ("--list", str(dump)), connected=False)
    kept = [line for line in listed.splitlines() if not any(each in line for each in FOREIGN)]
    contents = dump.with_suffix(".list")
    contents.write_text("\n".join(kept) + "\n", encoding="utf-8")
    options = ("--no-owner", "--single-transaction", "--exit-on-error", f"--use-list={contents}", str(dump))
    _ran(settings, "pg_restore", options)


def _compared(settings: Settings, manifest: Manifest) -> County:
    """Open what was restored and compare it with the manifest; its statistics are made anew."""
    county = opened(settings)
    found = (county.srid, str(county.timezone), county.code)
    said = (manifest.storage_srid, manifest.timezone, manifest.county_code)
    if found != said:
        county.close()
        raise SchemaError(f"the backup says {said} of its county, the dump {found}: storage SRID, time zone, code")
    server.set_timezone(settings, manifest.timezone)
    owner = engine_for(settings, DatabaseRole.OWNER)
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE (SKIP_LOCKED)")
        rows = _rows(connection, county.schema)
    owner.dispose()
    wrong = [f"{name} {rows.get(name)} of {count}" for name, count in manifest.rows.items() if rows.get(name) != count]
    if wrong or rows.keys() != manifest.rows.keys():
        county.close()
        raise SchemaError(f"not every row came back: {', '.join(wrong)}")
    return county


def _ran(settings: Settings, program: str, options: Sequence[str], *, connected: bool = True) -> str:
    """Run one of PostgreSQL's programs as the owner and give what it printed; ServerError with its error."""
    found = installations()
    command = [str(found[0].bin / program) if found else program]
    given = parameters(settings, DatabaseRole.OWNER)
    password = {"PGPASSWORD": given.pop("password")} if "password" in given else {}  # not in the list of processes
    if connected:
        command += ["--no-password", f"--dbname={make_conninfo(**given)}"]
    try:
        done = subprocess.run(  # noqa: S603 - PostgreSQL's own program
            [*command, *options], env=os.environ | password, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise ServerError(f"{program} is not installed: apt-get install postgresql-client") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit {done.returncode}"]
        raise ServerError(next((line for line in lines if "error:" in line), lines[-1]))
    return done.stdout
