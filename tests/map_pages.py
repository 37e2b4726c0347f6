"""Small maps for tests, and a reader of what stands in a page."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import geopandas as gpd
import shapely

from gis.layer import Layer
from web_map.snapshot import Snapshot, page


def square(place: int, *, side: float = 0.0002) -> shapely.Polygon:
    """Give a house of about 20 m, one of a row 100 m apart."""
    x, y = 120.0 + (place % 100) * 0.001, 28.9 + (place // 100) * 0.001
    return shapely.box(x, y, x + side, y + side)


def houses(count: int = 3, **fields: object) -> gpd.GeoDataFrame:
    """Give houses with the given columns; a single value stands in every row."""
    data = {name: value if isinstance(value, list) else [value] * count for name, value in fields.items()}
    data.setdefault("code", [f"way/{place}" for place in range(count)])
    return gpd.GeoDataFrame(data, geometry=[square(place) for place in range(count)], crs=4326)


def map_of(*frames: tuple[Layer, gpd.GeoDataFrame], title: str = "一张图", **words: Any) -> Snapshot:
    """Give the page of some layers."""
    return page(frames, title=title, **words)


class Tags(HTMLParser):
    """Collects the tags of a page, and the text of the tag last opened."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append((len(self.tags) - 1, data))


def parsed(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    tags.close()
    return tags


def data_of(html: str) -> list[dict[str, Any]]:
    """Give what map.js would read."""
    page_ = parsed(html)
    at = next(place for place, (_, attrs) in enumerate(page_.tags) if attrs.get("id") == "wangge-data")
    found: list[dict[str, Any]] = json.loads("".join(text for place, text in page_.texts if place == at))
    return found


def unpacked(text: str) -> list[int]:
    """Decode as Google's page on encoded polylines says, one character at a time."""
    numbers, value, shift = [], 0, 0
    for character in text:
        bits = ord(character) - 63
        value |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            numbers.append(~(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    return numbers


def popup(layer: dict[str, Any], label: str) -> list[str | None]:
    """Give the texts of one popup line, row by row."""
    column = next(each for each in layer["columns"] if each["label"] == label)
    return [column["texts"][place - 1] if place else None for place in unpacked(column["at"])]


def legend_counts(html: str, title: str) -> dict[str, int]:
    section = next(each for each in html.split("<section ")[1:] if f"<span>{title} <small>" in each)
    found = re.findall(r"<li><i [^>]*></i><span>(.*?) <small>.*?</small></span><b>([\d,]+)</b>", section)
    return {name: int(count.replace(",", "")) for name, count in found}
