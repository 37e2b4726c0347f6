"""Rows for forms that hold shapes of one kind: lines, areas, points or multipoints; single and multi are one kind."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

from gis.store.writing.rows import ANY_SHAPE, POINT, POINTS, Chunk, Rows, refuse


def of_one_kind(rows: Rows, form: str) -> Rows:
    """Give rows whose `shape` is the one kind of all shapes; a kind that is not said is looked for in them.

    Rows without any shape count as points. While the chunks are gone through, a shape of another kind is a
    DeliveryError that names the form.
    """
    kind, chunks = _kind(rows)
    return replace(rows, shape=kind, chunks=_alike(chunks, kind, form))


def _kind(rows: Rows) -> tuple[str, Iterable[Chunk]]:
    if rows.shape != ANY_SHAPE:
        return _flat(rows.shape), rows.chunks
    chunks = iter(rows.chunks)
    seen: list[Chunk] = []
    for chunk in chunks:
        seen.append(chunk)
        kinds = _kinds(chunk)
        if kinds:
            return min(kinds), chain(seen, chunks)
    return POINT, seen


def _alike(chunks: Iterable[Chunk], kind: str, form: str) -> Iterator[Chunk]:
    for chunk in chunks:
        kinds = {kind} | _kinds(chunk)
        if len(kinds) > 1:
            raise refuse(form, f"几何类型混杂 · mixed shapes: {', '.join(sorted(kinds))}", better=".gpkg")
        yield chunk


def _kinds(chunk: Chunk) -> set[str]:
    shapes = chunk.geometry if chunk.geometry is not None else ()
    return {_flat(each.geom_type) for each in shapes if each is not None}


def _flat(kind: str) -> str:
    return kind if kind in POINTS else kind.removeprefix("Multi")
