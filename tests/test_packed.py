"""Whole numbers and shapes as text come back as they were."""

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from tests.map_pages import square, unpacked
from web_map.packed import packed, shapes, simplified


def test_packed_numbers_equal_googles_published_example() -> None:
    assert packed([3850000, -12020000, 220000, -75000, 255200, -550300]) == "_p~iF~ps|U_ulLnnqC_mqNvxq`@"


@given(st.lists(st.integers(-(2**30), 2**30)))
def test_packed_numbers_come_back(numbers: list[int]) -> None:
    assert unpacked(packed(numbers)) == numbers


def test_shapes_come_back_within_a_tenth_of_a_metre() -> None:
    shell, hole = shapely.Point(119.97, 28.93).buffer(0.01), shapely.Point(119.97, 28.93).buffer(0.004)
    ring = shapely.Polygon(shell.exterior, [hole.exterior])
    outline = shapes(np.array([shapely.MultiPolygon([ring, square(3)]), square(5)], dtype=np.object_))
    assert unpacked(outline.rings) == [3, 1]
    assert unpacked(outline.sizes) == [len(shell.exterior.coords) - 1, len(hole.exterior.coords) - 1, 4, 4]
    points = np.cumsum(np.array(unpacked(outline.positions)).reshape(-1, 2), axis=0) / 1e6
    first, second = unpacked(outline.sizes)[:2]
    again = shapely.Polygon(points[:first], [points[first : first + second]])
    assert shapely.hausdorff_distance(again, ring) < 1e-6
    assert shapely.is_ccw(shapely.LinearRing(points[:first])) != shapely.is_ccw(
        shapely.LinearRing(points[first : first + second])
    )


def test_simplified_outlines_stay_within_their_tolerance() -> None:
    circle = shapely.Point(9.55, 47.15).buffer(0.01, quad_segs=200)
    lighter = simplified(np.array([circle], dtype=np.object_), within_m=0.3)[0]
    assert shapely.get_num_coordinates(lighter) < shapely.get_num_coordinates(circle) / 2
    stretch = np.array([111_320 * np.cos(np.radians(47.15)), 111_320])
    metres = [shapely.transform(each, lambda points: points * stretch) for each in (circle, lighter)]
    assert shapely.hausdorff_distance(metres[0].exterior, metres[1].exterior) <= 0.3
