"""What is drawn of a layer: its shapes, the lines of its popup, and the ways it is coloured, from its definition."""

import json
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gis.crs import EXCHANGE
from gis.errors import CrsError, Refused
from gis.find.states import State
from gis.layer import Geometry, Layer
from web_map.columns import Column, columns, titles
from web_map.packed import Geometries, Integers, packed, shapes
from web_map.state import URGENCY
from web_map.views import View, labels, views

_COLLECTION = shapely.GeometryType.GEOMETRYCOLLECTION


@dataclass(frozen=True)
class Drawing:
    """What is drawn of one layer: rows lie along a Hilbert curve; `counted` is how many were given."""

    layer: Layer
    geometries: Geometries
    columns: tuple[Column, ...]
    views: tuple[View, ...]
    labels: tuple[str, ...]
    urgency: npt.NDArray[np.float64]
    counted: int
    invented: tuple[tuple[str, int], ...] = ()

    def text(self) -> str:
        """Give the drawing as JSON that map.js reads; for polygons, labels stand at a point inside."""
        outline = shapes(self.geometries)
        text = json.dumps(
            {
                "title": self.layer.title,
                "kind": kind(self.layer),
                "positions": outline.positions,
                "sizes": outline.sizes,
                "rings": outline.rings,
                "columns": [
                    {"label": each.label, "unit": each.unit, "texts": each.texts, "at": packed(each.places)}
                    for each in self.columns
                ],
                "views": [
                    {
                        "colours": [entry.colour for entry in each.entries],
                        "at": packed(each.places),
                        "order": each.order,
                        "width": each.width,
                        "filled": each.filled,
                        "bold": each.bold,
                        "quiet": each.quiet,
                    }
                    for each in self.views
                ],
                "labels": self.labels,
                "spots": shapes(shapely.point_on_surface(self.geometries)).positions if self.labels else "",
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        return text.encode(errors="replace").decode()

    def rows(self, kept: Integers) -> "Drawing":
        """Give the drawing of these rows alone; the counts of the legend stay those of all rows."""
        return replace(
            self,
            geometries=self.geometries[kept],
            columns=tuple(replace(each, places=each.places[kept]) for each in self.columns),
            views=tuple(replace(each, places=each.places[kept]) for each in self.views),
            labels=tuple(self.labels[row] for row in kept) if self.labels else (),
            urgency=self.urgency[kept],
        )


def kind(layer: Layer) -> str:
    """Give how the layer is drawn: point, line or area."""
    return {Geometry.POINT: "point", Geometry.LINE: "line"}.get(layer.geometry or Geometry.POLYGON, "area")


def drawing(layer: Layer, frame: gpd.GeoDataFrame, *, state_shown: bool = False) -> Drawing:
    """Give what a planner may see of a layer, from a frame in EPSG:4326 with the layer's columns.

    The columns `state` (a State's value) and `invented` (a list of field names) are read where present. Rows without a
    shape are counted and not drawn. CrsError for another system, Refused for a register.
    """
    if layer.geometry is None:
        raise Refused(f"map: layer {layer.name} has no geometry to draw")
    if frame.crs is None or frame.crs.to_epsg() != EXCHANGE:
        raise CrsError(f"map: layer {layer.name}: expected EPSG:{EXCHANGE}, got {frame.crs}")
    if "state" in frame and (unknown := set(frame["state"]) - {each.value for each in State}):
        raise Refused(f"map: layer {layer.name}: state is one of {[each.value for each in State]}, got {unknown}")
    drawable = frame.loc[_drawable(layer, np.asarray(frame.geometry.array, dtype=object))]
    drawable = (
        drawable.iloc[np.argsort(drawable.hilbert_distance().to_numpy(), kind="stable")] if len(drawable) else drawable
    )
    geometries = np.asarray(drawable.geometry.array, dtype=object)
    return Drawing(
        layer=layer,
        geometries=geometries,
        columns=columns(layer, drawable),
        views=views(layer, frame, drawable, state_shown=state_shown),
        labels=labels(layer, drawable),
        urgency=_urgency(drawable, geometries),
        counted=len(frame),
        invented=_invented(layer, frame),
    )


def _drawable(layer: Layer, geometries: Geometries) -> npt.NDArray[np.bool_]:
    wanted = {Geometry.POINT: 0, Geometry.LINE: 1, Geometry.POLYGON: 2}[layer.geometry or Geometry.POLYGON]
    whole = (shapely.get_dimensions(geometries) == wanted) & ~shapely.is_empty(geometries)
    return np.asarray(whole & (shapely.get_type_id(geometries) != _COLLECTION), dtype=np.bool_)


def _urgency(frame: pd.DataFrame, geometries: Geometries) -> npt.NDArray[np.float64]:
    size = shapely.length(geometries)
    most = float(size.max(initial=0.0)) or 1.0
    ranks = frame["state"].map(lambda value: URGENCY.index(State(value))) if "state" in frame else 0
    return np.asarray(ranks - size / most / 2, dtype=np.float64) * np.ones(len(frame))


def _invented(layer: Layer, frame: pd.DataFrame) -> tuple[tuple[str, int], ...]:
    if "invented" not in frame:
        return ()
    tally: dict[str, int] = {}
    for names in frame["invented"]:
        for title in titles(layer, names):
            tally[title] = tally.get(title, 0) + 1
    return tuple(sorted(tally.items(), key=lambda each: (-each[1], each[0])))
