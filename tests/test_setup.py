"""What a checkout is set up from: the locks, the scripts, who may install packages, the commands of the Makefile."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")
NAMED = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z0-9,_-]+\])?==(\S+)")


def requirements(lock: str) -> dict[str, list[str]]:
    """Give each requirement's lines of a lock, by its first line."""
    joined = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", "")
    return {line.split()[0]: line.split()[1:] for line in joined.splitlines() if line.strip()}


def versions(lock: str) -> dict[tuple[str, str], str]:
    """Give the version of each package and of each marker it stands under."""
    joined = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", "")
    found = {}
    for line in joined.splitlines():
        named = NAMED.match(line)
        assert named, f"{lock}: not a pinned requirement: {line[:60]}"
        marker = line.partition(";")[2].partition("--hash")[0].strip()
        found[named[1], marker] = named[2]
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_and_has_its_hashes(lock: str) -> None:
    found = requirements(lock)
    assert len(found) > 20
    for first, rest in found.items():
        hashes = [part for part in rest if part.startswith("--hash=")]
        assert hashes, f"{lock}: {first} has no hash"
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", part) for part in hashes)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8").lower()
    for word in ("http:", "https:", "://", "index-url", "find-links", "trusted-host", " @ "):
        assert word not in text


def test_the_two_locks_agree_on_what_they_share() -> None:
    users, developers = (versions(lock) for lock in LOCKS)
    assert users.keys() < developers.keys()
    assert {name: developers[name] for name in users} == users


def test_the_build_machine_runs_make_test_and_nothing_else() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    lines = [line for line in script.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    assert lines == ["set -eu", 'cd "$(dirname "$0")/.."', "exec make test"]


def test_make_test_checks_format_lint_types_imports_and_tests_in_this_order() -> None:
    environment = {
        name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "PYTHON"}
    }
    said = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", "test"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    commands = [line.removeprefix(".venv/bin/") for line in said.stdout.splitlines()]
    assert commands == [
        '.ci/setup "/usr/bin/python3"',
        "ruff format --check",
        "ruff check",
        "mypy",
        "lint-imports",
        "pytest",
    ]


def asked(caller: str) -> subprocess.CompletedProcess[str]:
    """Ask for two packages as somebody whom `caller`, shell definitions, describes."""
    script = f"""
        set -eu; script=/srv/wangge/.ci/setup; for_administrator() {{ echo "apt-get install $*"; }}
        . {ROOT / ".ci" / "packages"}
        install_packages() {{ echo "installed $*"; }}
        {caller}
        bring_packages chromium postgresql-postgis
        echo done
    """
    return subprocess.run(
        ["sh", "-c", script],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )


def test_root_installs_missing_packages_itself() -> None:
    assert asked("id() { echo 0; }").stdout.splitlines() == ["installed chromium postgresql-postgis", "done"]


def test_a_user_with_sudo_installs_them_by_one_call() -> None:
    said = asked('id() { echo 1000; }; sudo() { [ "$1" = -n ] || echo "sudo $*"; }')
    called = "sudo -- /srv/wangge/.ci/setup --packages chromium postgresql-postgis"
    assert said.stdout.splitlines() == [called, "done"]


def test_a_user_without_sudo_is_told_what_to_ask_for_in_one_sentence() -> None:
    said = asked("id() { echo 1000; }; sudo() { return 1; }")
    assert (said.returncode, said.stdout) == (1, "")
    (sentence,) = said.stderr.splitlines()
    assert "缺少系统软件包" in sentence
    assert sentence.endswith("ask an administrator to run: apt-get install chromium postgresql-postgis")


@pytest.mark.parametrize("name", ["setup", "packages", "install", "bundle", "bundle-check"])
def test_the_scripts_are_sound_shell(name: str) -> None:
    assert subprocess.run(["sh", "-n", ROOT / ".ci" / name], check=False).returncode == 0
    assert name == "packages" or os.access(ROOT / ".ci" / name, os.X_OK)


def test_the_set_up_refuses_a_python_that_is_not_there(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    shutil.copytree(ROOT / ".ci", clone / ".ci")
    said = subprocess.run(
        ["sh", ".ci/setup", str(tmp_path / "python")], cwd=clone, capture_output=True, text=True, check=False
    )
    assert said.returncode == 1
    assert "no such Python" in said.stderr
    assert [path.name for path in clone.iterdir()] == [".ci"]
