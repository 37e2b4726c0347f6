"""A report as a Word document (.docx): the same sections as on the pages, to be worked on in an office."""

import io
from datetime import UTC, datetime, time
from typing import Any

import docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from gis.report.page import text
from gis.report.sections import Report, Section, Table, foot, numeric, told

FONT, FONT_ZH = "Times New Roman", "宋体"
RED = RGBColor(0xB5, 0x27, 0x1F)
MARGIN_MM, WIDE_MM = 18, 174


def document(report: Report) -> bytes:
    """Give the report as a .docx of A4 pages in portrait."""
    paper = docx.Document()
    _prepared(paper, report)
    paper.add_heading(text(report.title), level=0)
    paper.add_paragraph(text(f"{report.place} · {report.day.isoformat()}"))
    for each in report.warnings:
        paper.add_paragraph().add_run(text(each)).font.color.rgb = RED
    for section in report.sections:
        _section(paper, section)
    out = io.BytesIO()
    paper.save(out)
    return out.getvalue()


def _prepared(paper: Any, report: Report) -> None:  # the library has no types
    """Give the document its paper, its Chinese font, and a title of its own."""
    page = paper.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Mm(MARGIN_MM)
    for style in paper.styles:
        if style.type in {WD_STYLE_TYPE.PARAGRAPH, WD_STYLE_TYPE.TABLE}:
            style.font.name = FONT
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):  # they go before what is named
                fonts.attrib.pop(qn(f"w:{theme}"), None)
            fonts.set(qn("w:eastAsia"), FONT_ZH)
    paper.styles["Normal"].font.size = Pt(10.5)
    paper.core_properties.title = text(report.title)
    paper.core_properties.author = text(report.place)
    paper.core_properties.created = datetime.combine(report.day, time(), UTC)
    page.footer.paragraphs[0].text = text(foot(report))


def _section(paper: Any, section: Section) -> None:
    paper.add_heading(text(section.title), level=1)
    for sentence in section.sentences:
        paper.add_paragraph(text(sentence))
    if section.picture is not None:
        paper.add_picture(io.BytesIO(section.picture), width=Mm(WIDE_MM))
        paper.add_paragraph(text(section.caption))
    for each in section.tables:
        _table(paper, each)


def _table(paper: Any, each: Table) -> None:
    caption = paper.add_paragraph(text(each.caption))
    caption.paragraph_format.keep_with_next = True
    names = [str(name) for name in each.rows.columns]
    grid = paper.add_table(rows=1 + len(each.rows), cols=len(names), style="Table Grid")
    right = [numeric(each.rows, name) for name in each.rows.columns]
    lines = [names, *([told(value) for value in row] for row in each.rows.itertuples(index=False, name=None))]
    cells = grid._cells  # a table's own list: asking for each row's cells takes a time that grows with their square
    for row, line in enumerate(lines):
        bold = row == 0 or (each.summed and row == len(lines) - 1)
        for column, value in enumerate(line):
            paragraph = cells[row * len(names) + column].paragraphs[0]
            run = paragraph.add_run(text(value))
            run.bold, run.font.size = bold, Pt(9)
            if right[column] and row:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _repeated(grid.rows[0])


def _repeated(row: Any) -> None:
    """Let a row stand again at the top of each page."""
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)
