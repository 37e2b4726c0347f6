"""Maps for paper: shapes in storage metres as SVG or PNG, with scale bar, north arrow and the mark of synthetic data.

Drawn by matplotlib without its global state; the same shapes give the same bytes. North is that of the storage grid.
"""

import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import matplotlib as mpl
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findSystemFonts
from matplotlib.patches import FancyArrow, PathPatch
from matplotlib.path import Path as Outline
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis.errors import Refused

Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]

SYNTHETIC = "合成数据 · synthetic"
MM = 1 / 25.4
STREET, WARNING = "#c9c9c9", "#b5271f"
FONT_FILES = ("wqy-zenhei.ttc", "NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf")
_SPARE = 0.06  # of the extent, left free around what is drawn
_BADGE_MM, _TURNS = 3.6, 12


@dataclass(frozen=True, slots=True, eq=False)
class Ink:
    """Shapes of one kind (points, lines or areas, storage metres) and how they are drawn; later ones lie above.

    `labels`, one per shape, stand in a disc at points (moved aside, with a line to the point, where discs would
    overlap) and as plain text inside areas. `title` names the ink in the legend; without it there is no line. `width`
    is in points; `face` fills areas, `size_mm` is the diameter of points without labels.
    """

    shapes: Geometries
    colour: str = "#3b5b7a"
    face: str | None = None
    width: float = 0.8
    size_mm: float = 1.6
    labels: Sequence[str] = ()
    title: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A map of `wide_mm` by `high_mm` that shows the box (west, south, east, north) in storage metres and some around.

    `note` stands at the lower left (sources); `synthetic` marks the picture as made of synthetic data.
    """

    inks: tuple[Ink, ...]
    box: tuple[float, float, float, float]
    wide_mm: float = 186.0
    high_mm: float = 130.0
    note: str = ""
    synthetic: bool = False

    def svg(self) -> bytes:
        """Give it as SVG; texts are outlines, so that no font is needed to read it."""
        figure = _figure(self)
        FigureCanvasSVG(figure)
        out = io.BytesIO()
        with mpl.rc_context({"svg.hashsalt": "wangge", "svg.fonttype": "path"}):  # only a setting makes names equal
            figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
        return out.getvalue()

    def png(self, *, dpi: int = 200) -> bytes:
        """Give it as PNG of so many dots to the inch."""
        figure = _figure(self)
        FigureCanvasAgg(figure)
        out = io.BytesIO()
        figure.savefig(out, format="png", dpi=dpi, metadata={"Software": None})
        return out.getvalue()


def around(*shapes: Geometries) -> tuple[float, float, float, float]:
    """Give the box of all these shapes, at least 50 m wide and high. Refused where none has a place."""
    boxes = np.array([shapely.total_bounds(each) for each in shapes if len(each)]).reshape(-1, 4)
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(boxes):
        raise Refused("没有可画的图形 · a picture needs at least one shape with a place, got none")
    (west, south), (east, north) = boxes[:, :2].min(axis=0).tolist(), boxes[:, 2:].max(axis=0).tolist()
    grow_x, grow_y = max(50.0 - (east - west), 0.0) / 2, max(50.0 - (north - south), 0.0) / 2
    return west - grow_x, south - grow_y, east + grow_x, north + grow_y


@cache
def chinese() -> FontProperties:
    """Give a font that holds Chinese. Refused, naming the package, where none is installed."""
    found = {Path(each).name: each for each in findSystemFonts()}
    for name in FONT_FILES:
        if name in found:
            return FontProperties(fname=found[name])
    raise Refused("缺少中文字体 · no Chinese font is installed: apt-get install fonts-wqy-zenhei")


def _figure(drawn: Picture) -> Figure:
    figure = Figure(figsize=(drawn.wide_mm * MM, drawn.high_mm * MM), facecolor="white")
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    west, south, east, north = _extent(drawn)
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    frame = shapely.box(west, south, east, north)
    per_mm = (east - west) / drawn.wide_mm
    shown = [(place, each, _inside(each.shapes, frame)) for place, each in enumerate(drawn.inks)]
    for place, ink, seen in shown:
        _lay(axes, ink, seen, order=place)
    for place, ink, _ in shown:
        _name(axes, ink, frame, per_mm, order=len(shown) + place)
    _furniture(axes, drawn, per_mm, order=3 * len(shown) + 10)
    return figure


def _extent(drawn: Picture) -> tuple[float, float, float, float]:
    """Give the box with room around it, widened to the shape of the paper."""
    west, south, east, north = drawn.box
    wide, high = (east - west) * (1 + 2 * _SPARE), (north - south) * (1 + 2 * _SPARE)
    per_mm = max(wide / drawn.wide_mm, high / drawn.high_mm)
    x, y = (west + east) / 2, (south + north) / 2
    half_x, half_y = per_mm * drawn.wide_mm / 2, per_mm * drawn.high_mm / 2
    return x - half_x, y - half_y, x + half_x, y + half_y


def _inside(shapes: Geometries, frame: BaseGeometry) -> Geometries:
    """Give the parts that the frame shows, one shape each."""
    placed = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    seen = np.asarray(placed[shapely.intersects(placed, frame)], dtype=object)
    return np.asarray(shapely.get_parts(seen), dtype=object)


def _lay(axes: Axes, ink: Ink, seen: Geometries, *, order: int) -> None:
    dimension = shapely.get_dimensions(seen)
    areas, lines, points = seen[dimension == 2], seen[dimension == 1], seen[dimension == 0]
    if len(areas):
        patches = [PathPatch(_outline(each)) for each in areas]
        face, edge = ink.face or "none", ink.colour
        axes.add_collection(PatchCollection(patches, facecolor=face, edgecolor=edge, linewidth=ink.width, zorder=order))
    if len(lines):
        paths = [shapely.get_coordinates(each) for each in lines]
        axes.add_collection(
            LineCollection(paths, colors=ink.colour, linewidths=ink.width, capstyle="round", zorder=order)
        )
    if len(points) and not ink.labels:
        xy = shapely.get_coordinates(points)
        area_pt2 = (ink.size_mm * MM * 72) ** 2
        axes.scatter(xy[:, 0], xy[:, 1], s=area_pt2, color=ink.colour, edgecolors="white", linewidths=0.4, zorder=order)


def _outline(area: shapely.Polygon) -> Outline:
    rings = [shapely.get_coordinates(each) for each in (area.exterior, *area.interiors)]
    codes = [[Outline.MOVETO, *[Outline.LINETO] * (len(ring) - 2), Outline.CLOSEPOLY] for ring in rings]
    return Outline(np.concatenate(rings), np.concatenate(codes))


def _name(axes: Axes, ink: Ink, frame: BaseGeometry, per_mm: float, *, order: int) -> None:
    """Write the labels of an ink at those of its shapes that the frame shows."""
    if not ink.labels:
        return
    shown = shapely.intersects(ink.shapes, frame)
    spots = shapely.get_coordinates(shapely.point_on_surface(ink.shapes[shown]))
    texts = [each for each, seen in zip(ink.labels, shown, strict=True) if seen]
    if (shapely.get_dimensions(ink.shapes[shown]) == 0).all():
        places = apart(spots, _BADGE_MM * per_mm)
        for spot, place, text in zip(spots, places, texts, strict=True):
            _badge(axes, ink, (spot, place), text, order=order)
    else:
        for spot, text in zip(spots, texts, strict=True):
            _say(axes, (float(spot[0]), float(spot[1])), text, 7, order=order, align="center")


def _badge(axes: Axes, ink: Ink, at: tuple[Floats, Floats], text: str, *, order: int) -> None:
    spot, place = at
    if not np.array_equal(spot, place):
        axes.plot([spot[0], place[0]], [spot[1], place[1]], color=ink.colour, linewidth=0.5, zorder=order)
        axes.scatter(spot[0], spot[1], s=3, color=ink.colour, zorder=order)
    area_pt2 = (_BADGE_MM * MM * 72) ** 2
    axes.scatter(
        place[0], place[1], s=area_pt2, color=ink.colour, edgecolors="white", linewidths=0.5, zorder=order + 0.5
    )
    axes.text(
        place[0],
        place[1],
        text,
        fontproperties=chinese(),
        fontsize=6 if len(text) < 3 else 4.6,
        color="white",
        ha="center",
        va="center_baseline",
        zorder=order + 0.6,
    )


def apart(spots: Floats, across: float) -> Floats:
    """Give a place for a disc of a diameter at each spot, the nearest free one on rings around it, in their order."""
    placed = np.empty((0, 2))
    for spot in spots:
        placed = np.concatenate([placed, _free(spot, placed, across)[None]])
    return placed


def _free(spot: Floats, placed: Floats, across: float) -> Floats:
    angles = np.arange(_TURNS) * (2 * math.pi / _TURNS) + math.pi / 4
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    for reach in range(len(placed) + 1):  # as many rings as discs always hold a free place
        for step in ring if reach else np.zeros((1, 2)):
            place = np.asarray(spot + step * (across * 0.6 * (reach + 1) if reach else 0.0), dtype=np.float64)
            if not len(placed) or float(np.hypot(*(placed - place).T).min()) >= across:
                return place
    return spot


def _furniture(axes: Axes, drawn: Picture, per_mm: float, *, order: int) -> None:
    """Draw what every map needs: scale bar, north arrow, legend, note and mark."""
    west, east = axes.get_xlim()
    south, north = axes.get_ylim()
    _scale_bar(axes, (west + 5 * per_mm, south + (8 if drawn.note else 5) * per_mm), per_mm, order=order)
    _north(axes, (east - 6 * per_mm, north - 14 * per_mm), per_mm, order=order)
    if drawn.note:
        _say(axes, (west + 5 * per_mm, south + 2.2 * per_mm), drawn.note, 6, order=order)
    for place, ink in enumerate(reversed([each for each in drawn.inks if each.title])):
        _key(axes, (west + 5 * per_mm, north - (5 + 4.5 * place) * per_mm), ink, per_mm, order=order)
    if drawn.synthetic:
        _mark(axes, (east - 3 * per_mm, south + 4 * per_mm), order=order)


def _mark(axes: Axes, spot: tuple[float, float], *, order: int) -> None:
    frame = {"boxstyle": "square,pad=0.3", "facecolor": "white", "edgecolor": WARNING, "linewidth": 0.8}
    x, y = spot
    axes.text(
        x, y, SYNTHETIC, fontproperties=chinese(), fontsize=8, color=WARNING, ha="right", bbox=frame, zorder=order
    )


def _say(axes: Axes, spot: tuple[float, float], text: str, size: float, *, order: int, align: str = "left") -> None:
    paper = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.75}
    x, y = spot
    axes.text(x, y, text, fontproperties=chinese(), fontsize=size, ha=align, va="center", bbox=paper, zorder=order)


def _scale_bar(axes: Axes, spot: tuple[float, float], per_mm: float, *, order: int) -> None:
    length_m = _round_length(40 * per_mm)
    x, y = spot
    for half, colour in ((0, "#222"), (1, "white")):
        left = x + half * length_m / 2
        corners = shapely.box(left, y, left + length_m / 2, y + 1.2 * per_mm)
        axes.add_patch(PathPatch(_outline(corners), facecolor=colour, edgecolor="#222", linewidth=0.6, zorder=order))
    told = f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"
    _say(axes, (x, y + 3.2 * per_mm), "0", 6.5, order=order, align="center")
    _say(axes, (x + length_m, y + 3.2 * per_mm), told, 6.5, order=order, align="center")


def _round_length(most: float) -> float:
    """Give the longest of 1, 2, 5, 10, 20, 50 … that is not above `most`."""
    power = 10.0 ** math.floor(math.log10(most))
    return max(each * power for each in (1, 2, 5) if each * power <= most * (1 + 1e-9))


def _north(axes: Axes, spot: tuple[float, float], per_mm: float, *, order: int) -> None:
    arrow = FancyArrow(
        *spot, 0, 6 * per_mm, width=0.5 * per_mm, head_width=3 * per_mm, length_includes_head=True, color="#222"
    )
    arrow.set_zorder(order)
    axes.add_patch(arrow)
    _say(axes, (spot[0], spot[1] + 8.5 * per_mm), "北 N", 7, order=order, align="center")


def _key(axes: Axes, spot: tuple[float, float], ink: Ink, per_mm: float, *, order: int) -> None:
    x, y = spot
    dimension = max(_dimensions(ink.shapes), default=1)
    if dimension == 2:
        corners = shapely.box(x, y - 1.2 * per_mm, x + 5 * per_mm, y + 1.2 * per_mm)
        face = ink.face or "none"
        axes.add_patch(
            PathPatch(_outline(corners), facecolor=face, edgecolor=ink.colour, linewidth=ink.width, zorder=order)
        )
    elif dimension == 1:
        axes.plot([x, x + 5 * per_mm], [y, y], color=ink.colour, linewidth=ink.width, zorder=order)
    else:
        axes.scatter(x + 2.5 * per_mm, y, s=(2.2 * MM * 72) ** 2, color=ink.colour, zorder=order)
    _say(axes, (x + 6.5 * per_mm, y), ink.title, 7, order=order)


def _dimensions(shapes: Geometries) -> Iterable[int]:
    return (int(each) for each in shapely.get_dimensions(shapes) if each >= 0)
