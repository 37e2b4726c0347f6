"""Maps for paper: what they show, at which scale, with which marks, and that they come again byte for byte."""

import io
import xml.etree.ElementTree as ET

import matplotlib.image
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gis.errors import Refused
from gis.report.picture import Ink, Picture, apart, around
from tests.builders import line, point, square

RED = (201, 67, 47)


def shapes(*given_: object) -> NDArray[np.object_]:
    found = np.empty(len(given_), dtype=object)
    found[:] = given_
    return found


def pixels(picture: Picture) -> NDArray[np.uint8]:
    seen = matplotlib.image.imread(io.BytesIO(picture.png(dpi=100)))
    return (np.asarray(seen)[:, :, :3] * 255).round().astype(np.uint8)


def share(picture: Picture, colour: tuple[int, int, int]) -> float:
    """How much of the picture has a colour."""
    return float((np.abs(pixels(picture).astype(int) - colour).max(axis=2) < 12).mean())


def street(**changed: object) -> Picture:
    inks = (Ink(shapes(line((0, 0), (1000, 0)), line((0, 500), (1000, 500)))),)
    values: dict[str, object] = {"inks": inks, "box": around(inks[0].shapes)} | changed
    return Picture(**values)  # type: ignore[arg-type]  # a builder with one thing changed


def test_the_same_shapes_give_the_same_bytes() -> None:
    assert street().svg() == street().svg()
    assert street().png() == street().png()


def test_a_picture_is_as_wide_and_high_as_the_paper_asks() -> None:
    root = ET.fromstring(street(wide_mm=100.0, high_mm=50.0).svg())
    wide, high = (float(root.attrib[name].removesuffix("pt")) for name in ("width", "height"))
    assert (wide, high) == pytest.approx((100 / 25.4 * 72, 50 / 25.4 * 72), abs=0.01)


def test_an_area_covers_its_share_of_the_paper() -> None:
    area = Ink(shapes(square(0, 0, 1000)), colour="#c9432f", face="#c9432f")
    seen = Picture((area,), around(area.shapes), wide_mm=112.0, high_mm=112.0)
    assert share(seen, RED) == pytest.approx((1 / 1.12) ** 2, abs=0.03)  # less what scale bar and arrow cover


def test_a_hole_stays_open() -> None:
    ring = shapely.difference(square(0, 0, 1000), square(250, 250, 500))
    area = Ink(shapes(ring), colour="#c9432f", face="#c9432f", width=0.0)
    seen = Picture((area,), around(area.shapes), wide_mm=112.0, high_mm=112.0)
    assert share(seen, RED) == pytest.approx(0.75 / 1.12**2, abs=0.03)


def test_synthetic_data_are_marked_and_real_ones_are_not() -> None:
    mark = (181, 39, 31)
    assert share(street(synthetic=True), mark) > 0
    assert share(street(), mark) == 0


def test_what_lies_outside_the_box_is_not_written() -> None:
    far = Ink(shapes(*(line((90_000 + at, 0), (90_000 + at, 9)) for at in range(500))))
    assert len(street(inks=(*street().inks, far)).svg()) - len(street().svg()) < 500


def test_missing_and_empty_shapes_are_passed_over() -> None:
    odd = Ink(shapes(None, shapely.LineString(), line((0, 0), (9, 9))))
    assert street(inks=(odd,)).svg() == street(inks=(Ink(shapes(line((0, 0), (9, 9)))),)).svg()


def test_without_any_place_there_is_no_picture() -> None:
    with pytest.raises(Refused, match="needs at least one shape"):
        around(shapes(), shapes(None))


def test_one_point_is_shown_with_its_surroundings() -> None:
    west, south, east, north = around(shapes(point(0, 0)))
    assert (east - west, north - south) == (50, 50)


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=1, max_size=25), st.floats(0.5, 20))
@settings(max_examples=60, deadline=None)
def test_discs_never_overlap_and_a_lone_one_stays_on_its_spot(places: list[tuple[float, float]], across: float) -> None:
    spots = np.array(places)
    found = apart(spots, across)
    assert np.array_equal(found[0], spots[0])
    gaps = np.hypot(*(found[:, None] - found[None]).transpose(2, 0, 1))
    np.fill_diagonal(gaps, np.inf)
    assert gaps.min() >= across * (1 - 1e-9)
