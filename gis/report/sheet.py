"""The sheet that a worker carries: a map with numbered stops, the list of them with times, and what is left out."""

from collections.abc import Sequence
from dataclasses import dataclass
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
ROUTE, STOP, EARLY, HOME = "#1f6fb5", "#c9432f", "#3f9b6c", "#222222"


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
        figure(_picture(asked).svg()),
    )
    if asked.stops:
        body += table(COLUMNS, [_row(each) for each in asked.stops])
    if asked.left:
        rows = [(each.head, each.address, each.objects, each.due) for each in asked.left]
        body += Markup("<h2>{}</h2>").format(f"未排入的检查（{len(rows)}）") + table(LEFT_COLUMNS, rows)
    return pdf(body, title=asked.title, foot=asked.title + (f"　{SYNTHETIC}" if asked.synthetic else ""))


def _row(line: Line) -> tuple[object, ...]:
    objects = Markup('<span class="tag">提前</span> {}').format(line.objects) if line.early else line.objects
    return line.head, line.time, line.address, objects, line.due, BOX


def _picture(asked: Sheet) -> Picture:
    """Give the map: streets, the way, the starting point and the numbered stops."""
    made, early = [each for each in asked.stops if not each.early], [each for each in asked.stops if each.early]
    inks = [Ink(asked.streets, STREET, width=0.9, title="道路")]
    if asked.way is not None:
        inks.append(Ink(_array([asked.way]), ROUTE, width=1.6, title="路线"))
    inks += [
        _numbered(each, colour, title)
        for each, colour, title in ((early, EARLY, "提前检查"), (made, STOP, "停靠点"))
        if each
    ]
    inks.append(Ink(_array([asked.home]), HOME, labels=["起"], title="起讫点"))
    lost = [each.spot for each in asked.left]
    if lost:
        inks.insert(1, Ink(_array(lost), "#8a8a8a", size_mm=1.6, title="未排入"))
    shown = [each.shapes for each in inks[1:] if each.title != "未排入"]
    return Picture(tuple(inks), around(*shown), note=asked.note, synthetic=asked.synthetic)


def _numbered(lines: Sequence[Line], colour: str, title: str) -> Ink:
    return Ink(_array([each.spot for each in lines]), colour, labels=[each.head for each in lines], title=title)


def _array(shapes: Sequence[BaseGeometry]) -> Geometries:
    found = np.empty(len(shapes), dtype=object)
    found[:] = shapes
    return found
