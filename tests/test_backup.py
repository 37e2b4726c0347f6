"""A backup is the county: reset and restored it gives the same answers and lives on; a wrong one is refused."""

import io
import json
import stat
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from api.cli import main
from gis import layers
from gis.errors import Refused, SchemaError, ServerError
from gis.find.unchecked import Question, counts, moment_of, rows
from gis.store import backup as backups
from gis.store import county as counties
from gis.store import server
from gis.store.backup import DUMP, MANIFEST, backup, read_manifest, restore
from gis.store.county import County
from gis.store.settings import Settings
from gis.work import rules
from gis.work.checks import record, void
from tests.builders import cloned, instant, square, stored
from tests.conftest import at
from tests.events import rule, uid, visit

BUILDING = layers.named("building")
LAST = instant("2026-03-01")


def lived(county: County) -> None:
    """Let a county have a past: rules, changed and ended rows, late and voided checks."""
    first, second, third = (at(county, instant(f"2026-02-0{day}")) for day in (1, 2, 3))
    rules.apply(first, [rule("A", 2), rule("D", 1)])
    stored(first, "town", [{"code": "t1", "name": "东镇"}], [square(0, 0, 2000)])
    stored(
        first,
        "building",
        [{"code": f"b{place}", "grade": "A", "owner_name": "王小明"} for place in range(4)],
        [square(100.0 * place, 100) for place in range(4)],
    )
    for moment, number in ((second, 1), (third, 2)):
        record(moment, pd.DataFrame([visit("b1", instant("2026-01-31"), number=number)]))
    void(third, uid(2), "another house")
    stored(third, "building", [{"code": "b2", "grade": "D"}], [square(200, 150)])
    with third.writing() as connection:
        connection.execute(sa.delete(third.schema.table(BUILDING)).where(sa.text("code = 'b3'")))


def answers(county: County) -> list[object]:
    """Give what a county answers now and answered on past days."""
    told: list[object] = []
    for day in (None, *(instant(f"2026-02-0{day}").date() for day in (1, 2, 3))):
        question = Question(BUILDING, as_of=day)
        moment = moment_of(county, question, LAST)
        told += [counts(county, question, moment), rows(county, question, moment).to_csv()]
    return told


def content(county: County) -> dict[str, list[str]]:
    """Give every row of every table as text, in order."""
    found = {}
    with county.reading() as connection:
        connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        for name in sorted(county.schema.metadata.tables):
            query = sa.text(f'SELECT r::text FROM "{name}" r ORDER BY 1')
            found[name] = list(connection.scalars(query).all())
    return found


@pytest.fixture
def county(template: Settings) -> Iterator[County]:
    with cloned(template, "test_backup") as found:
        lived(found)
        yield found


@pytest.fixture
def file(county: County, tmp_path: Path) -> Path:
    path = tmp_path / "county.backup"
    backup(county, path)
    return path


def test_the_drill_backup_reset_restore_gives_the_same_answers_and_the_county_lives_on(
    county: County, tmp_path: Path
) -> None:
    before, told = content(county), answers(county)
    manifest = backup(county, tmp_path / "county.backup")
    assert manifest.rows == {name: len(rows) for name, rows in before.items()}
    assert manifest.rows["building"] == 3
    assert manifest.rows["building_past"] == 2
    county.close()
    counties.reset(county.settings)
    assert not counties.exists(county.settings)
    again = restore(county.settings, tmp_path / "county.backup")
    assert content(again) == before
    assert answers(again) == told
    outcome = stored(again, "building", [{"code": "b9", "grade": "D"}], [square(900, 100)])
    assert outcome.new == 1
    identity = sa.select(sa.func.max(again.schema.table(BUILDING).c.id))
    with again.reading() as connection:
        assert connection.execute(identity).scalar_one() > max(int(row.split(",")[0][1:]) for row in before["building"])
    again.close()


def test_a_backup_says_what_it_is_and_only_its_owner_reads_it(file: Path) -> None:
    manifest = read_manifest(file)
    assert (manifest.storage_srid, manifest.county_name, manifest.timezone) == (4549, "试验县", "Asia/Shanghai")
    assert manifest.layers_digest == backups.layers_digest()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_rows_written_while_a_backup_is_made_are_not_half_in_it(county: County, tmp_path: Path) -> None:
    def write_more(step: str) -> None:
        if step == "dump":
            stored(county, "building", [{"code": "late", "grade": "A"}], [square(700, 100)])

    manifest = backup(county, tmp_path / "county.backup", write_more)
    again = restore(replace(county.settings, database="test_backup_again"), tmp_path / "county.backup")
    with again.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(again.schema.table(BUILDING))).scalar() == 3
    assert manifest.rows["building"] == 3
    again.close()
    server.drop_database(again.settings, again.settings.database)


def rewritten(file: Path, change: Callable[[dict[str, Any], bytearray], None]) -> Path:
    """Give a copy of a backup whose manifest and dump were changed."""
    with tarfile.open(file) as archive:
        read = [archive.extractfile(name) for name in (MANIFEST, DUMP)]
        said, dump = (bytearray(each.read()) for each in read if each is not None)
    given = json.loads(said)
    change(given, dump)
    path = file.with_suffix(".changed")
    with tarfile.open(path, "w") as archive:
        for name, data in ((MANIFEST, json.dumps(given).encode()), (DUMP, bytes(dump))):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


def other(**values: object) -> Callable[[dict[str, Any], bytearray], None]:
    return lambda given, _dump: given.update(values)


def flipped(_given: dict[str, Any], dump: bytearray) -> None:
    dump[len(dump) // 2] ^= 1


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (other(layers_digest="0" * 64), Refused, "other layers"),
        (other(revision="0000"), Refused, "revision 0000"),
        (other(code_version="9.9"), Refused, "made by version 9.9"),
        (other(storage_srid=4548), SchemaError, "4548"),
        (other(timezone="Asia/Urumqi"), SchemaError, "Asia/Urumqi"),
        (other(rows={"building": 4}), SchemaError, "not every row came back: building 3 of 4"),
        (other(form=2), Refused, "form 1"),
        (flipped, Refused, "damaged"),
    ],
)
def test_a_backup_that_does_not_fit_is_refused_and_nothing_is_made(
    county: County, file: Path, change: Callable[[dict[str, Any], bytearray], None], error: type[Exception], words: str
) -> None:
    own = replace(county.settings, database="test_backup_wrong")
    with pytest.raises(error, match=words):
        restore(own, rewritten(file, change))
    assert not server.has_database(own)


def test_another_version_with_the_same_layers_is_restored_when_that_is_said(county: County, file: Path) -> None:
    own = replace(county.settings, database="test_backup_version")
    again = restore(own, rewritten(file, other(code_version="9.9")), any_version=True)
    assert content(again) == content(county)
    again.close()
    server.drop_database(own, own.database)


def test_what_stands_is_not_written_over(county: County, file: Path) -> None:
    with pytest.raises(Refused, match="holds a county already"):
        restore(county.settings, file)
    before = file.read_bytes()
    with pytest.raises(Refused, match="已存在"):
        backup(county, file)
    assert file.read_bytes() == before


@pytest.mark.parametrize("data", [b"", b"nothing of the kind", b"PK\x03\x04" + bytes(2000), bytes(10240)])
def test_something_else_is_no_backup(county: County, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    for path in (tmp_path / "x", tmp_path / "nothing", tmp_path):
        with pytest.raises(Refused, match="expected a backup"):
            restore(replace(county.settings, database="test_backup_none"), path)


def test_a_restore_that_fails_half_way_leaves_nothing(
    county: County, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = replace(county.settings, database="test_backup_half")
    whole = backups._ran

    def broken(settings: Settings, program: str, options: tuple[str, ...], *, connected: bool = True) -> str:
        if connected:
            raise ServerError("pg_restore: the disk is full")
        return whole(settings, program, options, connected=connected)

    monkeypatch.setattr(backups, "_ran", broken)
    with pytest.raises(ServerError, match="the disk is full"):
        restore(own, file)
    assert not server.has_database(own)


def test_the_commands_make_and_bring_back_a_backup(county: County, tmp_path: Path) -> None:
    environment = {"WANGGE_STATE": str(county.settings.state), "DATABASE_URL": None}
    file = tmp_path / "a.backup"

    def run(*words: str) -> tuple[int, dict[str, Any]]:
        done = CliRunner().invoke(main, [*words, "--json"], env=environment, catch_exceptions=False)
        return done.exit_code, json.loads(done.stdout.splitlines()[-1])

    status, made = run("db", "backup", str(file), "--database", "test_backup")
    assert (status, made["rows"]["building"]) == (0, 3)
    status, told = run("db", "restore", str(file), "--database", "test_backup")
    assert status == 1
    assert "holds a county already" in told["error"]
    status, told = run("db", "restore", str(file), "--database", "test_backup_command")
    assert (status, told["database"], told["rows"]) == (0, "test_backup_command", made["rows"])
    server.drop_database(county.settings, "test_backup_command")
