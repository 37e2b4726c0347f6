"""Units that stay together, against looking at each pair."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array, csr_array

from gis.plan.evenness import Units
from gis.plan.whole import made_one, mostly, together


def chain(load: list[float]) -> Units:
    count = len(load)
    row = np.arange(count - 1)
    ends = np.concatenate((row, row + 1)), np.concatenate((row + 1, row))
    links = csr_array(coo_array((np.ones(2 * (count - 1)), ends), shape=(count, count)))
    xy = np.stack((np.arange(count, dtype=float), np.zeros(count)), axis=1)
    return Units(links.indptr.astype(np.int64), links.indices.astype(np.int32), np.array(load, dtype=float), xy)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(st.floats(0, 5), st.integers(-1, 3)), min_size=2, max_size=12), most=st.floats(0.1, 12))
def test_neighbours_of_a_light_village_are_one_group_and_others_are_not(
    rows: list[tuple[float, int]], most: float
) -> None:
    load, village = [row[0] for row in rows], np.array([row[1] for row in rows])
    group = together(chain(load), village, most=most)
    runs = np.split(np.arange(len(rows)), np.flatnonzero((np.diff(village) != 0) | (village[1:] < 0)) + 1)
    for members in runs:
        light = sum(load[each] for each in members) <= most
        assert len(set(group[members].tolist())) == (1 if light else len(members))
    made = made_one(chain(load), group)
    assert np.allclose(made.weight, [sum(np.array(load)[group == each]) for each in range(group.max() + 1)])
    wanted = {(a, b) for a, b in zip(group[:-1].tolist(), group[1:].tolist(), strict=True) if a != b}
    row = np.repeat(np.arange(len(made.weight)), np.diff(made.indptr))
    assert set(zip(row.tolist(), made.indices.tolist(), strict=True)) == wanted | {(b, a) for a, b in wanted}


def test_a_group_has_the_label_that_most_of_its_load_has() -> None:
    label = np.array([0, 0, 1, -1, -1, 1], dtype=np.int32)
    group = np.array([0, 0, 0, 1, 2, 2])
    assert mostly(label, group, np.array([1.0, 1.0, 3.0, 1.0, 1.0, 0.5])).tolist() == [1, -1, -1]
