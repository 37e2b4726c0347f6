"""What a report says, said once: sections of sentences, tables and a picture; and the pages of A4 made of them."""

import base64
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from markupsafe import Markup

from gis.report.page import Column, pdf, table, text

SHORT = 6


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table: its caption, and a frame whose columns are the headings; the last row is a sum where it says so."""

    caption: str
    rows: pd.DataFrame
    summed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A part of a report: sentences, then a picture (PNG) with its caption, then tables."""

    title: str
    sentences: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    picture: bytes | None = None
    caption: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """A report: its title, whose it is and of which day, what a reader must not overlook, and its sections."""

    title: str
    place: str
    day: date
    warnings: tuple[str, ...]
    sections: tuple[Section, ...]


def told(value: object) -> str:
    """Give a cell as a reader sees it: numbers grouped, at most two decimals, nothing for an empty one."""
    plain = value.item() if isinstance(value, np.generic) else value
    if plain is None or plain is pd.NaT or plain is pd.NA or (isinstance(plain, float) and not np.isfinite(plain)):
        return ""
    if isinstance(plain, bool):
        return "是" if plain else "否"
    if isinstance(plain, int):
        return f"{plain:,}"
    if isinstance(plain, float):
        shown = f"{plain:,.2f}"
        return shown.rstrip("0").rstrip(".")
    return str(plain)


def numeric(rows: pd.DataFrame, name: str) -> bool:
    """Whether a column holds numbers, which stand at the right."""
    values = [each for each in rows[name].tolist() if told(each)]
    return bool(values) and all(isinstance(each, (int, float, np.number)) for each in values)


def pages(report: Report) -> bytes:
    """Give the report as a PDF of A4 pages."""
    parts = [
        Markup("<h1>{}</h1>").format(text(report.title)),
        Markup('<p class="quiet">{} · {}</p>').format(text(report.place), report.day.isoformat()),
        *(Markup('<p><span class="warning">{}</span></p>').format(text(each)) for each in report.warnings),
        *(_section(each) for each in report.sections),
    ]
    return pdf(Markup("").join(parts), title=report.title, foot=foot(report))


def foot(report: Report) -> str:
    """Give what stands at the foot of each page: title, place, day, and the head of the first warning."""
    first = [each.split("：")[0].split("，")[0] for each in report.warnings[:1]]
    return "；".join((f"{report.title} {report.place} {report.day.isoformat()}", *first))


def _section(section: Section) -> Markup:
    parts = [Markup("<h2>{}</h2>").format(text(section.title))]
    parts += [Markup("<p>{}</p>").format(text(each)) for each in section.sentences]
    if section.picture is not None:
        held = base64.b64encode(section.picture).decode("ascii")
        shown = Markup('<figure><img src="data:image/png;base64,{}"><figcaption>{}</figcaption></figure>')
        parts.append(shown.format(held, text(section.caption)))
    for each in section.tables:
        parts.append(Markup('<p class="quiet" style="break-after: avoid">{}</p>').format(text(each.caption)))
        columns = [_column(each.rows, str(name)) for name in each.rows.columns]
        rows = [[told(value) for value in row] for row in each.rows.itertuples(index=False, name=None)]
        if each.summed and rows:
            rows[-1] = [Markup("<b>{}</b>").format(text(value)) for value in rows[-1]]
        parts.append(table(columns, rows))
    return Markup("").join(parts)


def _column(rows: pd.DataFrame, name: str) -> Column:
    """Give how a column is set: numbers at the right, short words unbroken."""
    number = numeric(rows, name)
    short = all(len(told(each)) <= SHORT for each in rows[name].tolist())
    return Column(name, number=number, tight=not number and short and name != rows.columns[0])
