"""Routes for phones and hand-held devices: GPX 1.1 (Topografix schema), in EPSG:4326, as every GPX file is."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis.report.page import text

NAMESPACE = "http://www.topografix.com/GPX/1/1"
_DIGITS = 7  # of a degree: a centimetre


class Waypoint(NamedTuple):
    """A place to stop at, in degrees: its name, what is said of it, and when one arrives."""

    lon: float
    lat: float
    name: str
    said: str
    arrive_at: datetime | None = None


def gpx(track: NDArray[np.float64], stops: Sequence[Waypoint], *, title: str, said: str = "") -> bytes:
    """Give a GPX file of one track, (n, 2) degrees of longitude and latitude, and its stops in their order.

    A track of less than two places is left out.
    """
    ET.register_namespace("", NAMESPACE)
    root = ET.Element(_tag("gpx"), {"version": "1.1", "creator": "Wangge"})
    about = ET.SubElement(root, _tag("metadata"))
    _say(about, "name", title)
    _say(about, "desc", said)
    for stop in stops:
        point = ET.SubElement(root, _tag("wpt"), _place(stop.lon, stop.lat))
        if stop.arrive_at is not None:
            _say(point, "time", stop.arrive_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        _say(point, "name", stop.name)
        _say(point, "desc", stop.said)
    if len(track) >= 2:
        line = ET.SubElement(root, _tag("trk"))
        _say(line, "name", title)
        part = ET.SubElement(line, _tag("trkseg"))
        for lon, lat in track.tolist():
            ET.SubElement(part, _tag("trkpt"), _place(lon, lat))
    ET.indent(root)
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n").encode()


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _place(lon: float, lat: float) -> dict[str, str]:
    return {"lat": f"{lat:.{_DIGITS}f}", "lon": f"{lon:.{_DIGITS}f}"}


def _say(parent: ET.Element, name: str, said: str) -> None:
    if said:
        ET.SubElement(parent, _tag(name)).text = text(said)
