"""Pages of A4: Chinese text, headings and numbers on each page, data that stay text, and nothing fetched."""

import io

import numpy as np
import pypdf
import pytest
from markupsafe import Markup

from gis.report.page import Column, figure, pdf, table, text
from gis.report.picture import Picture, around
from tests.builders import line

HOSTILE = "</td><script>alert(1)</script>&amp;\"'<img src=x>"
COLUMNS = (Column("序号", number=True), Column("地址"))


def pages(written: bytes) -> list[str]:
    return [each.extract_text() for each in pypdf.PdfReader(io.BytesIO(written)).pages]


def test_a_page_says_chinese_its_title_and_its_number() -> None:
    written = pdf(Markup("<h1>{}</h1>").format("巡查路线"), title="路线单", foot="试验县 2026-12-01")
    (only,) = pages(written)
    assert "巡查路线" in only
    assert "试验县 2026-12-01" in only
    assert "第 1 页，共 1 页" in " ".join(only.split())
    found = pypdf.PdfReader(io.BytesIO(written))
    assert found.metadata is not None
    assert found.metadata.title == "路线单"
    box = found.pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx((210 / 25.4 * 72, 297 / 25.4 * 72), abs=0.5)


def test_a_long_table_says_its_heading_on_each_page_and_every_row_once() -> None:
    rows = [[number, f"第{number}号楼"] for number in range(1, 121)]
    found = pages(pdf(table(COLUMNS, rows), title="清单"))
    assert len(found) > 1
    assert all("地址" in each for each in found)
    assert [f"第{number}号楼" for number in range(1, 121)] == [
        word for each in found for word in each.split() if word.endswith("号楼")
    ]


def test_data_stay_text() -> None:
    found = "".join(pages(pdf(table(COLUMNS, [[1, HOSTILE]]), title=HOSTILE, foot=HOSTILE)))
    assert "<script>alert(1)</script>&amp;" in found.replace("\n", "")


def test_what_no_page_can_hold_is_left_out_of_a_text() -> None:
    assert text("甲\x00乙\ud800\x0b") == "甲乙"
    assert text(None) == ""
    assert pages(pdf(table(COLUMNS, [[None, "甲\x00乙"]]), title="x"))[0].count("甲乙") == 1


def test_a_page_fetches_nothing() -> None:
    for address in ("http://example.invalid/x.png", "file:///etc/hostname", "x.png"):
        with pytest.raises(ValueError, match="expected data that it holds itself"):
            pdf(Markup('<img src="{}">').format(address), title="x")


def test_the_same_body_gives_the_same_bytes() -> None:
    streets = Picture((), around_streets()).svg()
    body = figure(streets, "图 1") + table(COLUMNS, [[1, "甲"]])
    assert pdf(body, title="x") == pdf(body, title="x")
    assert b"/Width" not in pdf(figure(streets), title="x")  # lines stay lines: no raster in it


def around_streets() -> tuple[float, float, float, float]:
    found = np.empty(1, dtype=object)
    found[0] = line((0, 0), (100, 100))
    return around(found)
