"""The words around the map as HTML: header, legend and sources. All text is escaped here, where it is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from web_map.drawing import Drawing, kind
from web_map.views import Entry, View

MANY = 4
BARS = 220, 48


@dataclass(frozen=True)
class Heading:
    """What stands above the map: title, date, denominators, notes, and what was left out."""

    title: str
    dated: str = ""
    denominators: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def header(heading: Heading) -> str:
    """Give the strip above the map; its lines fold away where there are any."""
    lines = [
        *(f"<li>{escape(each)}</li>" for each in heading.denominators),
        *(f'<li class="note">{escape(each)}</li>' for each in heading.notes),
        *(f'<li class="left">{escape(each)}</li>' for each in heading.left_out),
    ]
    folded = (
        f"<details open data-fold><summary>说明 Notes ({len(lines)})</summary><ul>{''.join(lines)}</ul></details>"
        if lines
        else ""
    )
    dated = f'<span class="date">{escape(heading.dated)}</span>' if heading.dated else ""
    return f'<header><div class="top"><h1>{escape(heading.title)}</h1>{dated}</div>{folded}</header>'


def legend(drawings: Sequence[Drawing]) -> str:
    """Give the legend: one section per view, topmost first, then the sources; `data-view` ties it to map.js."""
    sections = [
        (view.order, _section(drawn, view, f"{place}-{part}"))
        for place, drawn in enumerate(drawings)
        for part, view in enumerate(drawn.views)
    ]
    ordered = [text for _, text in sorted(sections, key=lambda each: -each[0])]
    return (
        '<aside id="legend"><details open data-fold><summary>图例 Legend</summary>'
        f"{''.join(ordered)}{_sources(drawings)}</details></aside>"
    )


def _section(drawn: Drawing, view: View, place: str) -> str:
    shape = _shape(drawn, view)
    single = [each.title for each in view.entries] == [view.title]
    swatch = _swatch(shape, view.entries[0]) if single else ""
    entries = "" if single else f"<ul>{''.join(_entry(shape, each) for each in view.entries if _told(each))}</ul>"
    return (
        f'<section data-view="{place}"><label><input type="checkbox"{" checked" if view.shown else ""}>{swatch}'
        f"<span>{escape(view.title)} <small>{escape(view.title_en)}</small></span><b>{drawn.counted:,}</b></label>"
        f"{entries}{_bars(view)}{_partly(drawn)}{_invented(drawn)}</section>"
    )


def _bars(view: View) -> str:
    """Give one bar a row, the largest first, with the mean as a line, and how far the largest and least are off it."""
    if len(view.bars) < 2 or view.bars[0][0] <= 0:
        return ""
    most, least = view.bars[0][0], view.bars[-1][0]
    mean = sum(value for value, _ in view.bars) / len(view.bars)
    wide, high = BARS
    step = wide / len(view.bars)
    rects = "".join(
        f'<rect x="{place * step:.2f}" y="{high - value / most * high:.2f}" width="{step * 0.85:.2f}" '
        f'height="{value / most * high:.2f}" fill="{escape(view.entries[colour].colour)}"/>'
        for place, (value, colour) in enumerate(view.bars)
    )
    line = high - mean / most * high
    told = f"最大/平均 {most / mean:.3f}，最小/平均 {least / mean:.3f} (each area; line: mean)"
    box = f'viewBox="0 0 {wide} {high}" preserveAspectRatio="none" role="img" aria-label="{escape(told)}"'
    return (
        f'<figure class="bars"><svg {box}>{rects}'
        f'<path d="M0 {line:.2f}H{wide}" stroke="#b5271f" stroke-dasharray="4 3"/></svg>'
        f"<figcaption>{escape(told)}</figcaption></figure>"
    )


def _told(entry: Entry) -> bool:
    return entry.count > 0 or not entry.remainder


def _entry(shape: str, entry: Entry) -> str:
    return (
        f"<li>{_swatch(shape, entry)}<span>{escape(entry.title)} <small>{escape(entry.title_en)}</small></span>"
        f"<b>{entry.count:,}</b></li>"
    )


def _swatch(shape: str, entry: Entry) -> str:
    colour = escape(entry.colour)
    return f'<i class="{shape}" style="background:{colour};border-color:{colour}"></i>'


def _shape(drawn: Drawing, view: View) -> str:
    if kind(drawn.layer) == "area":
        return "area" if view.filled else "ring"
    return kind(drawn.layer)


def _partly(drawn: Drawing) -> str:
    if len(drawn.geometries) == drawn.counted:
        return ""
    return f'<p class="partly">图上 {len(drawn.geometries):,} / 共 {drawn.counted:,} (drawn / all)</p>'


def _invented(drawn: Drawing) -> str:
    if not drawn.invented:
        return ""
    whole = [title for title, rows in drawn.invented if rows == drawn.counted]
    told = drawn.invented
    if len(whole) > MANY:  # a layer of invented rows: naming each field would bury the legend
        told = (("整行", drawn.counted), *(each for each in drawn.invented if each[0] not in whole))
    fields = "，".join(f"{escape(title)} {rows:,}/{drawn.counted:,}" for title, rows in told)
    return f'<p class="invented">{fields} 行 (invented rows)</p>'


def _sources(drawings: Sequence[Drawing]) -> str:
    lines = "".join(
        f"<li>{escape(each.layer.title)}：{escape(each.layer.source.publisher)}（{escape(each.layer.source.licence)}）</li>"
        for each in drawings
    )
    return (
        f'<details class="sources"><summary>来源与许可 Sources</summary><ul>{lines}</ul>'
        "<p>地图程序 Leaflet 1.9.4 (BSD-2-Clause)；不联网 works offline</p></details>"
    )
