"""Column names that a form can hold: distinct, clear of its own columns, cut to its length at a character's border."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gis.store.writing.rows import Column


def distinct(
    names: Iterable[str], *, reserved: Iterable[str] = (), most_bytes: int = 0, case: bool = True
) -> list[str]:
    """Give each name as the form can hold it; a second name that would come out equal gets a number.

    `reserved` are the form's own columns, `most_bytes` its longest name in UTF-8 (0: any), `case` whether it tells
    `Name` from `name`. Same names in the same order give the same answer on every machine.
    """

    def folded(name: str) -> str:
        return name if case else name.lower()

    taken = {folded(name) for name in reserved}
    found = []
    for name in names:
        base = name or "column"
        free = cut(base, most_bytes)
        number = 1
        while folded(free) in taken:
            free = cut(base, most_bytes, f"_{number}")
            number += 1
        taken.add(folded(free))
        found.append(free)
    return found


def cut(name: str, most_bytes: int, tail: str = "") -> str:
    """Give a name with its tail in at most so many bytes of UTF-8, no character split; 0 bytes means no limit."""
    if not most_bytes:
        return name + tail
    room = most_bytes - len(tail.encode())
    return name.encode()[:room].decode(errors="ignore") + tail


def renamed(columns: Sequence[Column], names: Sequence[str]) -> tuple[Column, ...]:
    """Give columns under other names; a name that is lost that way becomes the title where there is none."""
    return tuple(
        replace(column, name=name, title=column.title or (column.name if column.name != name else ""))
        for column, name in zip(columns, names, strict=True)
    )
