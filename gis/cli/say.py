"""How every command ends: the answer on stdout, words for people on stderr, and an exit status that can be relied on.

0 is done, 1 is refused or done in part, 2 is wrong usage, 130 is interrupted. With `--json` the last line of stdout is
one JSON object, also where the command is refused: then it holds the sentence as `error`.
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

import click

from gis.errors import GisError

INTERRUPTED = 130


@runtime_checkable
class SupportsItem(Protocol):
    """A number of numpy, which gives its plain Python value."""

    def item(self) -> object:
        """Give the plain value."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command returns: facts for `--json`, text for stdout without it, a sentence for stderr in both.

    `complete` False ends the command with 1: it did something, but not all of what was asked.
    """

    facts: Mapping[str, object]
    text: str = ""
    sentence: str = ""
    complete: bool = True


class Command(click.Command):
    """A command that takes `--json`, returns an `Answer`, and says a failure in one sentence."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # click's own signature
        super().__init__(*arguments, **options)
        self.params.append(
            click.Option(["--json", "as_json"], is_flag=True, help="最后一行输出 JSON · end with one JSON object")
        )

    def invoke(self, ctx: click.Context) -> None:
        """Run the command and end the process's part of it: print, then exit."""
        as_json = bool(ctx.params.pop("as_json"))
        try:
            answer = super().invoke(ctx)
        except KeyboardInterrupt:
            _end(ctx, "已中断 · interrupted; the command can be repeated", as_json=as_json, status=INTERRUPTED)
        except _foreseen() as error:
            _end(ctx, _sentence(error), as_json=as_json, status=1)
        if not isinstance(answer, Answer):
            raise TypeError(f"{self.name}: a command gives an Answer, got {type(answer).__name__}")
        if answer.sentence:
            click.echo(answer.sentence, err=True)
        if as_json:
            click.echo(json_line(answer.facts))
        elif answer.text:
            click.echo(answer.text)
        ctx.exit(0 if answer.complete else 1)


class Group(click.Group):
    """A group whose commands are of our kind."""

    command_class = Command


Group.group_class = Group


def progress(sentence: str) -> None:
    """Say on stderr what is being done."""
    click.echo(sentence, err=True)


def json_line(facts: Mapping[str, object]) -> str:
    """Give one line of JSON; Chinese stays readable where stdout can carry it."""
    narrow = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    return json.dumps(facts, ensure_ascii=narrow, default=_plain, allow_nan=False)


PLAIN: tuple[tuple[tuple[type, ...], Callable[[Any], object]], ...] = (
    ((date,), lambda value: value.isoformat()),
    ((Enum,), lambda value: value.value),
    ((Decimal,), float),
    ((Path, UUID), str),
    ((set, frozenset), sorted),
    ((SupportsItem,), lambda value: value.item()),
)


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    for types, plain in PLAIN:
        if isinstance(value, types):
            return plain(value)
    raise TypeError(f"an answer holds {type(value).__name__}, which has no JSON form")


def _foreseen() -> tuple[type[Exception], ...]:
    """Give the failures that are said in a sentence: ours, and a server that went away in the middle."""
    from psycopg import OperationalError
    from sqlalchemy.exc import OperationalError as EngineError

    return (GisError, OperationalError, EngineError)


def _sentence(error: Exception) -> str:
    from psycopg.errors import DeadlockDetected, LockNotAvailable, SerializationFailure

    if isinstance(error, GisError):
        return str(error)
    original = getattr(error, "orig", None) or error
    if isinstance(original, (DeadlockDetected, SerializationFailure, LockNotAvailable)):
        told = str(original).strip().splitlines()[0]
        return f"与其他写入冲突，请重试 · this met other writers, run it again: {told}"
    cause = " ".join(str(getattr(error, "orig", None) or error).split())
    return f"数据库中断 · the database server went away or refused: {cause}; `wangge db up` starts it again"


def _end(ctx: click.Context, sentence: str, *, as_json: bool, status: int) -> None:
    click.echo(sentence, err=True)
    if as_json:
        click.echo(json_line({"error": sentence}))
    ctx.exit(status)
