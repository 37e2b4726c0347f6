"""The sheet that a worker carries: a map with numbered stops, the list of them with times, and what is left out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis.report.page import Column, figure, pdf, table
from gis.report.picture import STREET, SYNTHETIC, Ink, Picture, around

Geometries = NDArray[np.object_]

COLUMNS = (
    Column("序号", number=True),
    Column("时间", tight=True),
    Column("地址"),
    Column("检查对象"),
    Column("到期日", tight=True),
    Column("完成", tight=True),
)
LEFT_COLUMNS = (Column("原因", tight=True), Column("地址"), Column("检查对象"), Column("到期日", tight=True))
BOX = "□"
ROUTE, STOP, EARLY, HOME, LEFT = "#1f6fb5", "#c9432f", "#3f9b6c", "#222222", "#8a8a8a"
NEAR = 0.5  # stops in less than this part of the way get a map of their own


class Line(NamedTuple):
    """One row of a list: what stands before the address, where, what is checked, until when, and the stop's place."""

    head: str
    time: str
    address: str
    objects: str
    due: str
    spot: BaseGeometry
    early: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """What a sheet says: title, facts under it (name and value), warnings, the stops and what is left out.

    `way` and `streets` are in storage metres, `home` is the starting point; `way` None: nobody moves.
    """

    title: str
    facts: Sequence[tuple[str, str]]
    warnings: Sequence[str]
    stops: Sequence[Line]
    left: Sequence[Line]
    way: BaseGeometry | None
    home: BaseGeometry
    streets: Geometries
    note: str = ""
    synthetic: bool = False


def sheet(asked: Sheet) -> bytes:
    """Give the sheet as a PDF of A4 pages."""
    warnings = [*([f"{SYNTHETIC}：虚构，不得用于实际检查"] if asked.synthetic else []), *asked.warnings]
    said = Markup("　").join(Markup("{} <b>{}</b>").format(name, value) for name, value in asked.facts)
    body = Markup("<h1>{}</h1><p>{}</p>{}{}").format(
        asked.title,
        said,
        Markup("").join(Markup('<p class="warning">{}</p>').format(each) for each in warnings),
        Markup("").join(figure(each.svg()) for each in _pictures(asked)),
    )
    if asked.stops:
        body += table(COLUMNS, [_row(each) for each in asked.stops])
    if asked.left:
        rows = [(each.head, each.address, each.objects, each.due) for each in asked.left]
        body += Markup("<h2>{}</h2>").format(f"未排入的检查（{len(rows)}）") + table(LEFT_COLUMNS, rows)
    return pdf(body, title=asked.title, foot=asked.title + (f"　{SYNTHETIC}" if asked.synthetic else ""))


def _row(line: Line) -> tuple[object, ...]:
    return line.head, line.time, line.address, line.objects, line.due, BOX


def _pictures(asked: Sheet) -> Iterator[Picture]:
    """Give the map of the stops, and after it one of the whole way where the stops are a small part of that."""
    home, spots = _array([asked.home]), _array([each.spot for each in asked.stops])
    whole = around(home, spots, _array([] if asked.way is None else [asked.way]))
    stops = around(spots) if asked.stops else whole
    near = max(stops[2] - stops[0], stops[3] - stops[1]) < NEAR * max(whole[2] - whole[0], whole[3] - whole[1])
    inks = tuple(_inks(asked))
    yield Picture(inks, stops if near else whole, note=asked.note, synthetic=asked.synthetic)
    if near:
        plain = tuple(replace(ink, labels=(), title="") for ink in inks)
        yield Picture(plain, whole, high_mm=55.0, synthetic=asked.synthetic)


def _inks(asked: Sheet) -> Iterator[Ink]:
    """Give what is drawn: streets, what is left out, the way, the numbered stops and the starting point."""
    yield Ink(asked.streets, STREET, width=0.9, title="道路")
    if asked.left:
        yield Ink(_array([each.spot for each in asked.left]), LEFT, title="未排入")
    if asked.way is not None:
        yield Ink(_array([asked.way]), ROUTE, width=1.6, title="路线")
    for early, colour, title in ((True, EARLY, "提前检查"), (False, STOP, "停靠点")):
        lines = [each for each in asked.stops if each.early is early]
        if lines:
            heads = [each.head for each in lines]
            yield Ink(_array([each.spot for each in lines]), colour, labels=heads, title=title)
    yield Ink(_array([asked.home]), HOME, labels=["起"], title="起讫点")


def _array(shapes: Sequence[BaseGeometry]) -> Geometries:
    found = np.empty(len(shapes), dtype=object)
    found[:] = shapes
    return found
