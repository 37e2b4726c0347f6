"""How commands end: answers, sentences and exit statuses."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import click
import numpy as np
import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy.exc import OperationalError as EngineError

from gis.cli.say import Answer, Command, Group, json_line, progress
from gis.errors import Refused


def command(outcome: Answer | BaseException) -> click.Command:
    def body() -> Answer:
        progress("working")
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    return Command("do", callback=body)


def test_a_done_command_prints_text_to_people_and_json_to_programs() -> None:
    answer = Answer({"名": "网格", "n": 2}, text="two", sentence="done")
    plain, machine = (CliRunner().invoke(command(answer), line) for line in ([], ["--json"]))
    assert (plain.exit_code, plain.stdout, plain.stderr) == (0, "two\n", "working\ndone\n")
    assert (machine.exit_code, json.loads(machine.stdout)) == (0, {"名": "网格", "n": 2})
    assert machine.stderr == "working\ndone\n"


def test_a_command_that_did_only_a_part_ends_with_one_and_still_prints_its_json() -> None:
    result = CliRunner().invoke(command(Answer({"rejected": 1}, sentence="1 rejected", complete=False)), ["--json"])
    assert (result.exit_code, json.loads(result.stdout)) == (1, {"rejected": 1})


@pytest.mark.parametrize(
    ("failure", "status", "words"),
    [
        (Refused("building: expected EPSG:4490, got None"), 1, "building: expected EPSG:4490, got None"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (psycopg.OperationalError("server closed\nthe connection"), 1, "server closed the connection"),
        (EngineError("SELECT 1", None, psycopg.OperationalError("closed")), 1, "refused: closed;"),
    ],
)
def test_a_failure_is_one_sentence(failure: BaseException, status: int, words: str) -> None:
    result = CliRunner().invoke(command(failure), ["--json"])
    assert result.exit_code == status
    assert words in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr
    assert json.loads(result.stdout) == {"error": result.stderr.splitlines()[-1]}


def test_wrong_usage_ends_with_two() -> None:
    assert CliRunner().invoke(command(Answer({})), ["--nonsense"]).exit_code == 2


def test_an_unforeseen_failure_is_not_dressed_up() -> None:
    result = CliRunner().invoke(command(ZeroDivisionError("a bug")))
    assert isinstance(result.exception, ZeroDivisionError)


def test_commands_of_our_groups_are_of_our_kind() -> None:
    @click.group(cls=Group)
    def outer() -> None: ...

    @outer.group()
    def inner() -> None: ...

    @inner.command()
    def leaf() -> Answer:
        return Answer({"n": 1})

    result = CliRunner().invoke(outer, ["inner", "leaf", "--json"])
    assert (result.exit_code, result.stdout) == (0, '{"n": 1}\n')
    assert isinstance(leaf, Command)


def test_an_answer_holds_dates_paths_sets_and_numpys_numbers() -> None:
    facts = {
        "on": date(2024, 3, 4),
        "path": Path("a/b"),
        "set": {2, 1},
        "n": np.int64(3),
        "x": np.float32(0.5),
        "d": Decimal("1.5"),
    }
    wanted = {"on": "2024-03-04", "path": "a/b", "set": [1, 2], "n": 3, "x": 0.5, "d": 1.5}
    assert json.loads(json_line(facts)) == wanted
    with pytest.raises(TypeError, match="no JSON form"):
        json_line({"x": object()})
