import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from api.cli import main
from gis.run.describe import sheets
from gis.store import server
from gis.store.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines() if line.strip()
]


def test_every_command_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").symlink_to(ROOT / "data")
    state = tmp_path / "state"
    monkeypatch.setenv("WANGGE_STATE", str(state))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert len(COMMANDS) == 10
    try:
        for command in COMMANDS:
            program, *arguments = shlex.split(command)
            assert program == "wangge"
            done = CliRunner().invoke(main, [*arguments, "--json"])
            assert done.exit_code == 0, f"{command}: {done.output}"
            assert isinstance(json.loads(done.stdout.splitlines()[-1]), dict)
        assert (tmp_path / "out" / "map.html").stat().st_size > 100_000
        assert (tmp_path / "out" / "unchecked.csv").read_text(encoding="utf-8-sig").startswith("# 示例县")
    finally:
        server.down(Settings(state))


def test_the_data_sheets_equal_the_layers() -> None:
    assert (ROOT / "data" / "README.md").read_text(encoding="utf-8") == sheets()


def test_the_first_line_installs_what_bare_debian_lacks() -> None:
    first = next(line for line in README.splitlines() if line.startswith("`"))
    assert {"git", "make", "python3-venv"} <= set(first.strip("`").split())


def test_every_sample_file_says_that_it_is_invented() -> None:
    files = sorted((ROOT / "data" / "sample").iterdir())
    assert len(files) == 7
    for file in files:
        assert "合成数据" in file.read_text(encoding="utf-8")[:400], file.name
