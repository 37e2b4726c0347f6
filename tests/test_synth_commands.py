"""`wangge synth`: a county made by options alone, and a sentence for every mistake."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.cli import main


def invoke(state: Path, *words: str) -> Result:
    given: dict[str, str | None] = {"WANGGE_STATE": str(state), "DATABASE_URL": None, "WANGGE_DATABASE": None}
    result = CliRunner().invoke(main, ["synth", *words], env=given)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def test_options_alone_make_the_county(tmp_path: Path) -> None:
    folder = tmp_path / "county"
    result = invoke(tmp_path, "--seed", "7", "--scale", "0.004", "--today", "2026-06-01", "-o", str(folder), "--json")
    found = json.loads(result.stdout.splitlines()[-1])
    assert result.exit_code == 0
    assert found["today"] == "2026-06-01"
    assert found["rows"]["building"] > 1000
    assert found["files"] == len(json.loads((folder / "deliveries.json").read_text(encoding="utf-8"))["deliveries"])
    assert found["wrong_on_purpose"] > 0


def test_the_group_still_helps_and_names_its_commands(tmp_path: Path) -> None:
    result = invoke(tmp_path, "--help")
    assert result.exit_code == 0
    assert all(name in result.output for name in ("make", "load", "fill"))


@pytest.mark.parametrize("scale", ["0.001", "11", "big"])
def test_a_scale_that_cannot_be_made_is_refused(tmp_path: Path, scale: str) -> None:
    result = invoke(tmp_path, "--scale", scale, "-o", str(tmp_path / "county"))
    assert result.exit_code in {1, 2}
    assert scale in result.stderr
    assert not (tmp_path / "county").exists()


def test_a_folder_of_something_else_is_refused_and_left(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")
    result = invoke(tmp_path, "-o", str(tmp_path))
    assert result.exit_code == 1
    assert "文件夹里有别的东西" in result.stderr
    assert (tmp_path / "letter.txt").read_text(encoding="utf-8") == "mine"


def test_a_folder_without_a_list_is_not_loaded(tmp_path: Path) -> None:
    result = invoke(tmp_path, "load", str(tmp_path))
    assert result.exit_code == 1
    assert "需要交付清单" in result.stderr
