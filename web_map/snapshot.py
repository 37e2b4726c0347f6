"""A map as one HTML file that needs no network: folium's frame, Leaflet inside, shapes as short text.

Folium renders what it is given twice through its templates, so text from data would be run as a template. Therefore
nothing from data passes through folium: it writes the frame with marked places, and these are filled afterwards.
"""

import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files

import folium
import geopandas as gpd
import numpy as np
import shapely
from branca.element import Element, Figure, MacroElement
from folium.template import Template

from gis.layer import Layer, Use
from web_map.columns import READER
from web_map.drawing import Drawing, drawing
from web_map.fitting import fitted
from web_map.legend import Heading, header, legend

MEGABYTES_5 = 5_000_000
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "connect-src 'none'; base-uri 'none'; form-action 'none'"
)
HEAD = (
    '<meta http-equiv="Content-Security-Policy" content="[[policy]]"><link rel="icon" href="data:,">'
    "<!-- Leaflet: [[licence]] --><style>[[leaflet_css]]</style><style>[[map_css]]</style>"
    "<script>[[leaflet_js]]</script><script>[[map_js]]</script>"
)
SAYING_BYTES = 8_000
_CENTRES = (Use.COUNTY, Use.LOAD)
_PLACE = re.compile(r"\[\[(\w+)\]\]")
_UNSAFE = re.compile("[<>&\u2028\u2029]")


@dataclass(frozen=True)
class Snapshot:
    """A page, and a sentence for each thing that it leaves out."""

    html: str
    left_out: tuple[str, ...]


class Step(MacroElement):
    """Calls one function of map.js with the folium map: `open` before any layer is drawn, `ready` after all."""

    _template = Template(
        "{% macro script(this, kwargs) %}wangge.{{ this.step }}({{ this._parent.get_name() }});{% endmacro %}"
    )

    def __init__(self, step: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca ships no types
        self.step = step


class Drawn(folium.map.Layer):
    """One view of one layer, drawn by map.js from the page's data."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = wangge.view({{ this.place }}, {{ this.part }});"
        "{% endmacro %}"
    )

    def __init__(self, place: int, part: int, *, show: bool) -> None:
        super().__init__(name=f"[[name_{place}_{part}]]", overlay=True, control=True, show=show)
        self.place, self.part = place, part
        self._name, self._id = "View", f"{place}_{part}"


def page(
    frames: Iterable[tuple[Layer, gpd.GeoDataFrame]],
    *,
    title: str,
    dated: str = "",
    denominators: Sequence[str] = (),
    notes: Sequence[str] = (),
    left_out: Sequence[str] = (),
    overlays: Collection[str] = (),
    max_bytes: int = MEGABYTES_5,
) -> Snapshot:
    """Give a map for planners of the layers' frames in EPSG:4326 as one page of at most `max_bytes`.

    Frames hold the layers' columns and may hold `state` and `invented` (see `drawing`). `overlays` names the layers
    whose check states are shown at first. `left_out` is what the caller already knows to be missing; the page and the
    answer say it together with what the limit cost. Refused where the limit is too small, CrsError for another system.
    """
    ordered = sorted(frames, key=lambda each: (-each[0].style.order, each[0].name))
    hidden = [layer for layer, _ in ordered if not layer.visible(READER).readable]
    drawings = [
        drawing(layer, frame, state_shown=layer.name in overlays)
        for layer, frame in ordered
        if layer.visible(READER).readable
    ]
    said = (
        *left_out,
        *(f"不对规划人员开放：{layer.title} (not for planners)" for layer in hidden),
        *_undrawable(drawings),
    )
    heading = Heading(title, dated, tuple(denominators), tuple(notes), said)
    room = max_bytes - len(_assembled(drawings, (), heading).encode()) - SAYING_BYTES
    fit = fitted(drawings, max_bytes=room)
    left = (*said, *fit.left_out)
    heading = Heading(title, dated, tuple(denominators), tuple(notes), left)
    return Snapshot(_assembled(fit.drawings, fit.texts, heading), left)


def _undrawable(drawings: Sequence[Drawing]) -> list[str]:
    return [
        f"无图形：{each.layer.title} {each.counted - len(each.geometries):,}/{each.counted:,} 行 (rows without a shape)"
        for each in drawings
        if each.counted > len(each.geometries)
    ]


def _assembled(drawings: Sequence[Drawing], texts: Sequence[str], heading: Heading) -> str:
    own = files("web_map")
    vendor = own / "vendor"
    parts = {
        "title": escape(heading.title),
        "policy": POLICY,
        "licence": (vendor / "LICENSE").read_text(encoding="utf-8"),
        "leaflet_css": (vendor / "leaflet.css").read_text(encoding="utf-8"),
        "leaflet_js": re.sub(r"//# sourceMappingURL=\S+", "", (vendor / "leaflet.js").read_text(encoding="utf-8")),
        "map_css": (own / "map.css").read_text(encoding="utf-8"),
        "map_js": (own / "map.js").read_text(encoding="utf-8"),
        "header": header(heading),
        "legend": legend(drawings),
        "data": _script_text(f"[{','.join(texts)}]"),
    }
    names = {
        f"name_{place}_{part}": _script_text(
            json.dumps(escape(f"{view.title} · {view.title_en}"), ensure_ascii=False)[1:-1]
        )
        for place, drawn in enumerate(drawings)
        for part, view in enumerate(drawn.views)
    }
    filled = parts | names
    return _PLACE.sub(lambda found: filled[found[1]], _frame(drawings)).encode(errors="replace").decode()


def _script_text(text: str) -> str:
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _frame(drawings: Sequence[Drawing]) -> str:
    west, south, east, north = _extent(drawings)
    figure = Figure(title="[[title]]")
    figure.header.add_child(Element(HEAD), name="head", index=0)
    figure.html.add_child(Element("[[header]][[legend]]"), name="words")
    figure.html.add_child(Element('<script type="application/json" id="wangge-data">[[data]]</script>'), name="data")
    shown = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        zoom_start=12,
        tiles=None,
        prefer_canvas=True,
        zoom_control=False,
        attribution_control=False,
    )
    shown._id, shown.default_js, shown.default_css = "wangge", [], []
    shown.options |= {"min_zoom": 5, "max_zoom": 20, "zoom_snap": 0.25}
    figure.add_child(shown)
    shown.fit_bounds([[south, west], [north, east]])
    shown.add_child(Step("open"))
    for place, drawn in enumerate(drawings):
        for part, view in enumerate(drawn.views):
            shown.add_child(Drawn(place, part, show=view.shown))
    control = folium.LayerControl(collapsed=True)
    control._id = "wangge"
    shown.add_child(control)
    shown.add_child(Step("ready"))
    rendered: str = figure.render()
    return rendered


def _extent(drawings: Sequence[Drawing]) -> tuple[float, float, float, float]:
    drawn = [each for each in drawings if len(each.geometries)]
    centres = [each for use in _CENTRES for each in drawn if use in each.layer.uses][:1] or drawn
    if not centres:
        return (73.0, 18.0, 135.0, 54.0)
    boxes = np.array([shapely.total_bounds(each.geometries) for each in centres])
    west, south = boxes[:, :2].min(axis=0)
    east, north = boxes[:, 2:].max(axis=0)
    return (float(west), float(south), float(east), float(north))
