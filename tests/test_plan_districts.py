"""Districts are whole, even and compact on any graph, and keep what they can when work or people change."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gis.plan.clusters import dealt
from gis.plan.districts import Weights, divide, sweeps
from gis.plan.evenness import Districts, Units
from gis.plan.kept import Before, handed_over
from gis.plan.shifting import Board, _cut_off

Floats = NDArray[np.float64]
Edges = list[tuple[int, int]]


def units(count: int, edges: Edges, weight: Floats | None = None, xy: Floats | None = None) -> Units:
    ends = np.array(edges, dtype=np.int64).reshape(-1, 2)
    both = np.concatenate((ends, ends[:, ::-1])).T
    links = csr_array((np.ones(len(both[0])), (both[0], both[1])), shape=(count, count))
    links.sum_duplicates()
    place = np.stack((np.arange(count, dtype=float), np.zeros(count)), axis=1) if xy is None else xy
    carried = np.ones(count) if weight is None else weight
    return Units(links.indptr.astype(np.int64), links.indices.astype(np.int32), carried, place)


def board(columns: int, rows: int, weight: Floats | None = None) -> Units:
    number = np.arange(columns * rows).reshape(rows, columns)
    edges = [*zip(number[:, :-1].ravel().tolist(), number[:, 1:].ravel().tolist(), strict=True)]
    edges += zip(number[:-1].ravel().tolist(), number[1:].ravel().tolist(), strict=True)
    xy = np.stack((number % columns, number // columns), axis=-1).reshape(-1, 2).astype(float) * 100.0
    return units(columns * rows, edges, weight, xy)


def chain(count: int) -> Units:
    return units(count, [(each, each + 1) for each in range(count - 1)])


def star(count: int) -> Units:
    return units(count, [(0, each) for each in range(1, count)])


def tree(count: int) -> Units:
    rng = np.random.default_rng(count)
    return units(count, [(int(rng.integers(each)), each) for each in range(1, count)], xy=rng.random((count, 2)) * 1000)


def everyone(count: int) -> Units:
    return units(count, [(one, other) for one in range(count) for other in range(one)])


def neighbours(given: Units) -> list[set[int]]:
    ends = given.indptr.tolist()
    return [set(given.indices[one:other].tolist()) for one, other in pairwise(ends)]


def pieces(beside: list[set[int]], members: set[int]) -> list[set[int]]:
    """Walk some units and give their connected pieces."""
    left, found = set(members), []
    while left:
        piece, stack = set(), [left.pop()]
        while stack:
            each = stack.pop()
            piece.add(each)
            fresh = beside[each] & left
            left -= fresh
            stack += fresh
        found.append(piece)
    return found


def extra_pieces(given: Units, found: Districts) -> int:
    beside = neighbours(given)
    members = [set(np.flatnonzero(found.label == each).tolist()) for each in np.unique(found.label)]
    return sum(len(pieces(beside, each)) - 1 for each in members)


def sums_hold(given: Units, found: Districts, workers: int) -> None:
    assert found.label.shape == given.weight.shape
    assert len(np.unique(found.label)) == min(workers, len(given.weight))
    assert found.empty == tuple(sorted(set(range(workers)) - set(found.label.tolist())))
    for each in range(workers):
        assert found.load[each] == pytest.approx(given.weight[found.label == each].sum())
    assert found.extra_pieces == extra_pieces(given, found)
    assert found.max_over_mean >= found.bound - 1e-9 or not given.weight.any()


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 40),
    denser=st.floats(0, 0.3),
    workers=st.integers(1, 45),
    idle=st.floats(0, 1),
    giant=st.sampled_from((0.0, 1000.0)),
)
def test_districts_of_any_connected_graph_are_in_one_piece_each(
    seed: int, count: int, denser: float, workers: int, idle: float, giant: float
) -> None:
    rng = np.random.default_rng(seed)
    edges = [(int(rng.integers(each)), each) for each in range(1, count)]
    edges += [(one, other) for one in range(count) for other in range(one) if rng.random() < denser]
    weight = np.where(rng.random(count) < idle, 0.0, rng.lognormal(0, 1, count))
    weight[0] += giant
    given = units(count, edges, weight, rng.random((count, 2)))
    found = divide(given, np.ones(workers), seed=seed, steps=30)
    sums_hold(given, found, workers)
    assert found.extra_pieces == 0
    assert found.joined.tolist() == []


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), workers=st.integers(1, 12), islands=st.integers(2, 6))
def test_an_island_too_light_for_a_worker_is_joined_and_counted_and_named(
    seed: int, workers: int, islands: int
) -> None:
    rng = np.random.default_rng(seed)
    size = rng.integers(1, 9, islands)
    end = np.cumsum(size)
    edges = [(each, each + 1) for each in range(int(end[-1]) - 1) if each + 1 not in end]
    given = units(int(end[-1]), edges, rng.random(int(end[-1])) + 0.1, rng.random((int(end[-1]), 2)) * 100)
    found = divide(given, np.ones(workers), seed=seed, steps=30)
    sums_hold(given, found, workers)
    whole = pieces(neighbours(given), set(range(int(end[-1]))))
    named = [piece for piece in whole if piece <= set(found.joined.tolist())]
    assert found.extra_pieces <= len(named) <= islands - 1


def test_a_light_island_goes_to_the_nearest_unit_and_its_load_counts_there() -> None:
    big, island = board(10, 10), [(100, 101)]
    edges = [(one, int(other)) for one in range(100) for other in big.indices[big.indptr[one] : big.indptr[one + 1]]]
    xy = np.concatenate((big.xy, [[2000.0, 900.0], [2100.0, 900.0]]))
    given = units(102, edges + island, xy=xy)
    found = divide(given, np.ones(6))
    assert found.joined.tolist() == [100, 101]
    assert len({int(found.label[each]) for each in (99, 100, 101)}) == 1
    assert (found.extra_pieces, found.max_over_mean) == (1, 1.0)
    apart = divide(given, np.ones(51))
    assert (apart.joined.tolist(), apart.extra_pieces, apart.max_over_mean) == ([], 0, 1.0)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), workers=st.integers(2, 9))
def test_kept_districts_stay_in_one_piece_and_fixed_ones_stay_as_they_were(seed: int, workers: int) -> None:
    rng = np.random.default_rng(seed)
    given = board(8, 7, rng.random(56) + 0.1)
    old = divide(given, np.ones(workers), seed=seed, steps=20)
    label = np.where(rng.random(56) < 0.2, -1, old.label).astype(np.int32)
    free = Before(label, np.zeros(workers, dtype=bool))
    found = divide(given, np.ones(workers), seed=seed, steps=20, before=free)
    sums_hold(given, found, workers)
    assert found.extra_pieces == 0
    gone = int(rng.integers(workers))
    number = np.insert(np.arange(workers - 1), gone, -1).astype(np.int32)
    before = handed_over(given.indptr, given.indices, old.label, number, workers - 1)
    found = divide(given, np.ones(workers - 1), seed=seed, steps=20, before=before)
    sums_hold(given, found, workers - 1)
    stay = np.isin(before.label, np.flatnonzero(before.fixed))
    assert (found.label[stay] == before.label[stay]).all()
    assert not before.fixed[found.label[~stay]].any()


@pytest.mark.parametrize(("make", "workers", "most"), [(board, 9, 1.0), (chain, 8, 1.0), (everyone, 7, 1.0)])
def test_equal_units_are_divided_exactly_where_the_graph_allows_it(
    make: Callable[..., Units], workers: int, most: float
) -> None:
    given = {board: lambda: board(12, 12), chain: lambda: chain(200), everyone: lambda: everyone(42)}[make]()
    found = divide(given, np.ones(workers))
    assert (found.extra_pieces, found.max_over_mean, found.min_over_mean) == (0, most, most)


def test_lognormal_units_are_divided_to_a_hundredth() -> None:
    weight = np.random.default_rng(3).lognormal(0, 0.8, 3600)
    given = board(60, 60, weight)
    found = divide(given, np.ones(12), steps=300)
    assert found.extra_pieces == extra_pieces(given, found) == 0
    assert found.max_over_mean <= 1.01
    assert found.min_over_mean >= 0.99
    square = np.sqrt(2 * (6000 / np.sqrt(12)) ** 2 / 12)
    assert found.rms_m < 1.02 * square


def test_a_star_leaves_the_middle_with_whom_it_must() -> None:
    found = divide(star(20), np.ones(5))
    assert sorted(np.bincount(found.label).tolist()) == [1, 1, 1, 1, 16]
    assert found.extra_pieces == 0


def test_a_unit_above_the_mean_is_the_bound_and_the_others_are_even() -> None:
    weight = np.ones(400)
    weight[210] = 900.0
    found = divide(board(20, 20, weight), np.ones(5))
    assert found.bound == found.max_over_mean == pytest.approx(900 / (1299 / 5))
    rest = np.sort(found.load)[:4]
    assert rest.max() - rest.min() <= 1.0


def test_part_time_workers_get_their_share_near_home() -> None:
    homes = np.array([[0.0, 0.0], [2900.0, 0.0], [2900.0, 2900.0], [0.0, 2900.0]])
    shares = np.array([1.0, 0.5, 1.0, 0.25])
    given = board(30, 30)
    found = divide(given, shares, homes=homes)
    assert found.load == pytest.approx(900 * shares / shares.sum(), abs=3)
    for each, home in enumerate(homes):
        centre = given.xy[found.label == each].mean(axis=0)
        assert np.hypot(*(homes - centre).T).argmin() == each, home


def test_walls_are_not_crossed_and_workers_are_dealt_by_load() -> None:
    given = board(30, 10)
    walls = (given.xy[:, 0] >= 1000).astype(np.int64)
    found = divide(given, np.ones(6), walls=walls)
    assert all(len(np.unique(walls[found.label == each])) == 1 for each in range(6))
    assert np.bincount(walls[np.unique(found.label, return_index=True)[1]]).tolist() == [2, 4]
    assert (found.extra_pieces, found.max_over_mean) == (0, 1.0)
    with pytest.raises(ValueError, match="a worker for each of 2 walled parts, got 1"):
        divide(given, np.ones(1), walls=walls)


@settings(max_examples=60, deadline=None)
@given(
    load=st.lists(st.floats(0, 10), min_size=1, max_size=4), workers=st.integers(1, 9), seed=st.integers(0, 2**32 - 1)
)
def test_no_other_deal_has_a_smaller_largest_load_per_worker(load: list[float], workers: int, seed: int) -> None:
    count = np.random.default_rng(seed).integers(1, 5, len(load))
    workers = max(workers, len(load))
    given = dealt(np.array(load), count, workers)
    assert (given >= 1).all()
    assert (given <= count).all()
    assert given.sum() == min(workers, count.sum())
    deals = np.stack(np.meshgrid(*(np.arange(1, each + 1) for each in count)), axis=-1).reshape(-1, len(load))
    deals = deals[deals.sum(axis=1) == given.sum()]
    assert (np.array(load) / given).max() == pytest.approx((np.array(load) / deals).max(axis=1).min())


def test_five_percent_of_changed_work_moves_few_units() -> None:
    rng = np.random.default_rng(1)
    weight = rng.lognormal(0, 0.8, 6400)
    given = board(80, 80, weight)
    old = divide(given, np.ones(20), steps=200)
    now = given._replace(weight=np.where(rng.random(6400) < 0.05, rng.permutation(weight), weight))
    new = divide(now, np.ones(20), steps=200, before=Before(old.label, np.zeros(20, dtype=bool)))
    assert (new.label != old.label).mean() <= 0.03
    assert new.max_over_mean <= 1.03
    anew = divide(now, np.ones(20), seed=9, steps=200)
    assert (anew.label != old.label).mean() > 0.05
    loose = divide(
        now, np.ones(20), steps=200, before=Before(old.label, np.zeros(20, dtype=bool)), weights=Weights(tie=0)
    )
    assert (loose.label != old.label).mean() > (new.label != old.label).mean()


def test_a_new_worker_gets_half_of_the_heaviest_area() -> None:
    given = board(20, 20)
    old = divide(given, np.ones(4))
    before = Before(old.label, np.zeros(5, dtype=bool))
    found = divide(given, np.ones(5), before=before)
    assert (found.extra_pieces, found.empty) == (0, ())
    assert found.max_over_mean <= 1.03
    assert divide(given, np.ones(5), before=before, weights=Weights(slack=0.0)).max_over_mean == 1.0


def test_the_same_seed_and_steps_give_the_same_bytes_and_another_seed_does_not() -> None:
    given = board(20, 20, np.random.default_rng(0).random(400))
    one, two, other = (divide(given, np.ones(7), seed=seed, steps=50) for seed in (1, 1, 2))
    assert one.label.tobytes() == two.label.tobytes()
    assert one.steps == two.steps == 50
    assert one.label.tobytes() != other.label.tobytes()


def test_the_kind_of_numbers_in_a_graph_file_changes_nothing() -> None:
    given = board(12, 12, np.random.default_rng(0).integers(1, 9, 144).astype(float))
    other = Units(
        given.indptr.astype(np.int32),
        given.indices.astype(np.int64),
        given.weight.astype(np.int32),
        np.asfortranarray(given.xy.astype(np.float32)),
    )
    one, two = divide(given, np.ones(5), steps=40), divide(other, np.ones(5), steps=40)
    assert one.label.tolist() == two.label.tolist()
    assert one.rms_m == pytest.approx(two.rms_m)


def test_a_county_without_load_is_divided_by_its_units() -> None:
    found = divide(board(10, 10, np.zeros(100)), np.ones(5))
    assert np.bincount(found.label).tolist() == [20] * 5
    assert (found.max_over_mean, found.min_over_mean, found.bound, found.rms_m) == (1.0, 1.0, 1.0, 0.0)


def test_no_units_give_empty_districts() -> None:
    found = divide(units(0, []), np.ones(3))
    assert (found.label.tolist(), found.empty, found.extra_pieces, found.max_over_mean) == ([], (0, 1, 2), 0, 1.0)


@pytest.mark.parametrize(
    ("given", "shares", "message"),
    [
        (chain(3), np.empty(0), "at least one worker, got 0"),
        (units(2, [(0, 1)], np.array([1.0, -1.0])), np.ones(1), "every weight finite and not negative"),
        (units(2, [(0, 1)], np.array([1.0, np.nan])), np.ones(1), "every weight finite and not negative"),
        (units(2, [(0, 1)], xy=np.full((2, 2), np.inf)), np.ones(1), "finite places"),
        (chain(3)._replace(weight=np.ones(2)), np.ones(1), "2 units in indptr and xy, got 3"),
        (chain(3), np.zeros(2), "a share above 0"),
    ],
)
def test_what_cannot_be_divided_is_refused(given: Units, shares: Floats, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        divide(given, shares)


def test_fewer_sweeps_are_taken_the_more_links_and_the_more_units_of_a_district_there_are() -> None:
    assert (sweeps(60, 30, 2), sweeps(600_000, 200_000, 300), sweeps(10**10, 10**9, 300)) == (40_000, 600, 200)
    assert sweeps(600_000, 45_000, 300) == 1_600


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(2, 30))
def test_what_loses_touch_when_a_unit_leaves_is_found_as_by_walking(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    edges = [(int(rng.integers(each)), each) for each in range(1, count)]
    edges += [(one, other) for one in range(count) for other in range(one) if rng.random() < 0.05]
    given = units(count, edges)
    nothing, none, marks = np.zeros((1, 5)), np.zeros(count), np.zeros(count, dtype=np.int64)
    label = np.zeros(count, dtype=np.int32)
    room = Board(
        given.indptr, given.indices, np.zeros((count, 5)), label, none, label, nothing,
        np.array([count]), np.zeros(1), np.zeros(1), np.zeros(1, dtype=bool), marks, label.copy(),
    )  # fmt: skip
    unit = int(rng.integers(count))
    lost = _cut_off(room, unit, 1)
    sides = sorted(pieces(neighbours(given), set(range(count)) - {unit}), key=len)
    assert lost == sum(map(len, sides[:-1]))
    stays = set(range(count)) - {unit} - set(room.found[:lost].tolist())
    assert stays in sides
    assert len(stays) == len(sides[-1])
