"""A folder that is filled with deliveries, and the list of them in the order they are to be loaded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gis.synth import delivery, forms

Shapes = NDArray[np.object_]
Wrong = Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Listed:
    """One file: the layer it is a delivery of, its number of rows, what is declared of it, and the rows that are wrong.

    `wrong` tells, by the number of a row as a reader of the file counts, why it is to be rejected.
    """

    layer: str
    file: str
    rows: int
    crs: str | None = None
    source: str = ""
    wrong: Mapping[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class Shelf:
    """A folder in the making: `day` is the one that its files carry, `srid` the system of the shapes given to it.

    `listed` has one entry a file.
    """

    folder: Path
    day: date
    srid: int
    listed: list[Listed] = field(default_factory=list)

    def plain(self, layer: str, frame: gpd.GeoDataFrame) -> None:
        """Add a frame as it is, as GeoJSON in CGCS2000 degrees."""
        name = f"{layer}.geojson"
        delivery.write(self.folder, {layer: frame})
        self._note(layer, name, len(frame), 1, {})

    def sheet(self, layer: str, name: str, rows: pd.DataFrame, wrong: Wrong | None = None, **said: str) -> None:
        """Add a workbook; `wrong` by place in `rows`, as everywhere here."""
        first = forms.sheet(self.folder / name, rows, day=self.day)
        self._note(layer, name, len(rows), first, wrong or {}, **said)

    def text(self, layer: str, name: str, rows: pd.DataFrame, wrong: Wrong | None = None, **said: str) -> None:
        """Add a table of text."""
        first = forms.text(self.folder / name, rows)
        self._note(layer, name, len(rows), first, wrong or {}, **said)

    def shapefile(self, layer: str, name: str, rows: pd.DataFrame, shapes: Shapes, wrong: Wrong | None = None) -> None:
        """Add a zipped shapefile."""
        first = forms.shapefile(self.folder / name, rows, shapes, srid=self.srid, day=self.day)
        self._note(layer, name, len(rows), first, wrong or {})

    def geopackage(self, layer: str, name: str, rows: pd.DataFrame, shapes: Shapes) -> None:
        """Add a GeoPackage."""
        first = forms.geopackage(self.folder / name, rows, shapes, srid=self.srid, day=self.day)
        self._note(layer, name, len(rows), first, {})

    def shifted(self, layer: str, name: str, rows: pd.DataFrame, shapes: Shapes) -> None:
        """Add points in GCJ-02."""
        first = forms.shifted_points(self.folder / name, rows, shapes, srid=self.srid)
        self._note(layer, name, len(rows), first, {}, crs=forms.SHOWN_IN)

    def _note(self, layer: str, name: str, rows: int, first: int, wrong: Wrong, **said: str) -> None:
        rejected = {first + place: why for place, why in sorted(wrong.items())}
        self.listed.append(Listed(layer, name, rows, said.get("crs"), said.get("source", ""), rejected))


def doubled(rows: pd.DataFrame, places: NDArray[np.int64]) -> tuple[pd.DataFrame, dict[int, str]]:
    """Give the rows with those at `places` once more at the end, and which of them are therefore wrong."""
    found = pd.concat([rows, rows.iloc[places]], ignore_index=True)
    return found, dict.fromkeys(range(len(rows), len(found)), "doubled")


def spoilt(rows: pd.DataFrame, wrong: list[tuple[str, dict[str, object]]]) -> tuple[pd.DataFrame, dict[int, str]]:
    """Give the rows with more at the end: copies of the first, each with values that are wrong for the reason given."""
    if not len(rows) or not wrong:
        return rows, {}
    extra = pd.DataFrame([{**rows.iloc[0].to_dict(), **values} for _, values in wrong])[list(rows.columns)]
    found = pd.concat([rows, extra.astype(object)], ignore_index=True)
    return found, {len(rows) + place: why for place, (why, _) in enumerate(wrong)}
