"""A4 pages in Chinese: HTML of ours as a PDF with numbered pages, without a network.

Text is put into HTML by `Markup.format` alone, which escapes it: `Markup("<h1>{}</h1>").format(name)`. Pictures are
held in the page itself (`figure`); what would have to be fetched from anywhere is an error.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

import weasyprint
from markupsafe import Markup
from weasyprint.urls import FatalURLFetchingError, URLFetcher

FONTS = ("WenQuanYi Zen Hei", "Noto Sans CJK SC")
"""The first that is there is used; `make setup` installs the one it can get."""
NOWHERE = "http://page.invalid/"  # so that a relative address is one too, and is refused
_NOT_PRINTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_STYLE = Markup("""
@page {{ size: A4 {turned}; margin: 12mm 12mm 14mm 12mm;
  @bottom-left {{ content: string(foot); font: 7.5pt {fonts}; color: #666 }}
  @bottom-right {{ content: "第 " counter(page) " 页，共 " counter(pages) " 页"; font: 7.5pt {fonts}; color: #666 }} }}
html {{ font: 9.5pt/1.45 {fonts}; color: #222 }}
body {{ margin: 0 }}
.foot {{ string-set: foot content(); position: absolute; height: 0; overflow: hidden }}
h1 {{ font-size: 15pt; margin: 0 0 1.5mm }}
h2 {{ font-size: 11.5pt; margin: 4mm 0 1.5mm; break-after: avoid }}
p {{ margin: 0 0 1.5mm }}
.quiet {{ color: #666; font-size: 8pt }}
.warning {{ color: #b5271f; border: 0.6pt solid #b5271f; padding: 0.2mm 1.5mm; font-size: 8.5pt }}
figure {{ margin: 2mm 0; break-inside: avoid }}
figure img {{ width: 100% }}
figcaption {{ color: #666; font-size: 8pt }}
table {{ border-collapse: collapse; width: 100%; margin: 1.5mm 0 }}
thead {{ display: table-header-group }}
tr {{ break-inside: avoid }}
th, td {{ border-bottom: 0.4pt solid #bbb; padding: 0.7mm 1.2mm; text-align: left; vertical-align: top }}
th {{ background: #e8eef4; font-weight: bold; border-bottom: 0.8pt solid #557 }}
.number {{ text-align: right; white-space: nowrap; width: 1% }}
.tight {{ white-space: nowrap; width: 1% }}
""")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading, and whether it holds numbers (right) or what must not break (`tight`)."""

    title: str
    number: bool = False
    tight: bool = False

    @property
    def style(self) -> str:
        """The class of its cells."""
        return "number" if self.number else "tight" if self.tight else ""


class _Offline(URLFetcher):  # type: ignore[misc]  # weasyprint ships no types
    """What fetches for WeasyPrint: data that the page holds, and nothing else."""

    def fetch(self, url: str, headers: object = None) -> object:
        """Give what a `data:` address holds; any other address ends the page."""
        if not url.startswith("data:"):
            raise FatalURLFetchingError(f"a page of ours asks for {url:.80}, expected data that it holds itself")
        return super().fetch(url, headers)


def text(value: object) -> str:
    """Give a value as text that a PDF can hold: empty for None, control characters left out."""
    return "" if value is None else _NOT_PRINTED.sub("", str(value))


def table(columns: Sequence[Column], rows: Sequence[Sequence[object]]) -> Markup:
    """Give a table whose heading stands again on each page; cells are escaped unless they are Markup already."""
    head = Markup("").join(Markup('<th class="{}">{}</th>').format(each.style, each.title) for each in columns)
    lines = Markup("").join(_row(columns, row) for row in rows)
    return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(head, lines)


def _row(columns: Sequence[Column], row: Sequence[object]) -> Markup:
    cells = Markup("").join(
        Markup('<td class="{}">{}</td>').format(each.style, value if isinstance(value, Markup) else text(value))
        for each, value in zip(columns, row, strict=True)
    )
    return Markup("<tr>{}</tr>").format(cells)


def figure(svg: bytes, caption: str = "") -> Markup:
    """Give a picture (SVG) as wide as the page, with a caption below it."""
    held = base64.b64encode(svg).decode("ascii")
    said = Markup("<figcaption>{}</figcaption>").format(text(caption)) if caption else Markup("")
    return Markup('<figure><img src="data:image/svg+xml;base64,{}">{}</figure>').format(held, said)


def pdf(body: Markup, *, title: str, foot: str = "", landscape: bool = False) -> bytes:
    """Give a body as a PDF of A4 pages: its title, `foot` at the lower left of each page and the page's number.

    The same body gives the same bytes on one machine. ValueError where the body asks for anything outside itself.
    """
    fonts = Markup('"{}"').format(Markup('","').join(FONTS))
    whole = Markup(
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{}</title><style>{}</style></head>'
        '<body><div class="foot">{}</div>{}</body></html>'
    ).format(text(title), _STYLE.format(turned="landscape" if landscape else "portrait", fonts=fonts), text(foot), body)
    try:
        written: bytes = weasyprint.HTML(string=str(whole), base_url=NOWHERE, url_fetcher=_Offline()).write_pdf(
            pdf_identifier=b"wangge", presentational_hints=False
        )
    except FatalURLFetchingError as error:
        raise ValueError(str(error)) from error
    return written
