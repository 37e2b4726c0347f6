"""Postings and rotations against trying every one, and against what must hold of any."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import Refused
from gis.plan.supervision import NOBODY, postings, rotation


def cheapest(cost: np.ndarray[tuple[int, int], np.dtype[np.float64]], each: int) -> float | None:
    experts, towns = cost.shape
    best: float | None = None
    for choice in product(range(-1, towns), repeat=experts):
        if all(choice.count(town) == each for town in range(towns)):
            spent = sum(cost[expert, town] for expert, town in enumerate(choice) if town >= 0)
            best = spent if np.isfinite(spent) and (best is None or spent < best) else best
    return best


@settings(max_examples=60, deadline=None)
@given(data=st.data(), experts=st.integers(1, 5), towns=st.integers(1, 3), each=st.integers(1, 2))
def test_a_posting_is_the_cheapest_of_all(data: st.DataObject, experts: int, towns: int, each: int) -> None:
    prices = st.one_of(st.integers(0, 20).map(float), st.just(np.inf))
    rows = st.lists(st.lists(prices, min_size=towns, max_size=towns), min_size=experts, max_size=experts)
    cost = np.array(data.draw(rows))
    best = cheapest(cost, each)
    if best is None:
        with pytest.raises(Refused, match=r"keeps all conditions|expected at least"):
            postings(cost, each=each)
        return
    found = postings(cost, each=each)
    assert found.cost == pytest.approx(best)
    assert found.proved
    assert np.bincount(found.town[found.town >= 0], minlength=towns).tolist() == [each] * towns


def test_every_town_has_an_expert_who_is_able() -> None:
    cost = np.array([[1.0, 9.0], [1.0, 9.0], [9.0, 1.0], [9.0, 1.0]])
    able = np.array([True, True, False, False])
    found = postings(cost, each=2, able=able)
    assert {found.town[0], found.town[1]} == {0, 1}
    assert found.cost == 20.0


def test_too_few_experts_are_counted_in_the_refusal() -> None:
    with pytest.raises(Refused, match="只有 3 名 · postings: expected at least 4 experts for 2 towns, got 3"):
        postings(np.ones((3, 2)), each=2)
    with pytest.raises(Refused, match="各 1 名懂结构的专家，至少要 2 名，只有 1 名"):
        postings(np.ones((4, 2)), each=2, able=np.array([True, False, False, False]), able_each=1)


def test_eight_groups_and_fourteen_towns_rotate_evenly_and_never_come_home() -> None:
    rng = np.random.default_rng(3)
    load, home = rng.integers(20, 60, 14).astype(float), np.arange(8)
    found = rotation(load, home, rounds=6, steps=100)
    for group, town in enumerate(home):
        assert group not in found.group[town]
    assert all(len(set(row)) == 6 for row in found.group.tolist())
    for turn in range(6):
        assert set(np.bincount(found.group[:, turn], minlength=8).tolist()) <= {1, 2}
    again = [load[np.nonzero(found.group == group)[0]].sum() for group in range(8)]
    assert found.load == pytest.approx(again)
    assert found.load.sum() == pytest.approx(load.sum() * 6)
    assert found.heaviest / found.load.mean() <= 1.02
    assert found.bound <= found.heaviest


@settings(max_examples=25, deadline=None)
@given(load=st.lists(st.integers(0, 9), min_size=2, max_size=3), groups=st.integers(2, 3), rounds=st.integers(1, 2))
def test_a_rotation_is_as_even_as_the_best_of_all(load: list[int], groups: int, rounds: int) -> None:
    towns, home = len(load), np.arange(groups) % len(load)
    heights = []
    for choice in product(range(groups), repeat=towns * rounds):
        table = np.array(choice).reshape(towns, rounds)
        may = [sum(home[group] != town for group in range(groups)) for town in range(towns)]
        kept = all(home[table[town, turn]] != town for town in range(towns) for turn in range(rounds))
        kept &= all(
            np.bincount(table[:, turn], minlength=groups).max() <= -(-towns // groups)
            and np.bincount(table[:, turn], minlength=groups).min() >= towns // groups
            for turn in range(rounds)
        )
        kept &= all(
            np.bincount(table[town], minlength=groups).max() <= -(-rounds // max(may[town], 1)) for town in range(towns)
        )
        if kept:
            heights.append(max(sum(load[t] for t, _ in np.argwhere(table == group)) for group in range(groups)))
    given_ = np.array(load, dtype=float)
    if not heights:
        with pytest.raises(Refused, match="keeps all conditions"):
            rotation(given_, home, rounds=rounds)
        return
    found = rotation(given_, home, rounds=rounds)
    assert found.heaviest == pytest.approx(min(heights))
    assert found.proved


def test_one_group_in_its_own_town_is_refused_and_none_too() -> None:
    with pytest.raises(Refused, match="轮换"):
        rotation(np.array([1.0]), np.array([0]), rounds=1)
    with pytest.raises(Refused, match="at least one group"):
        rotation(np.array([1.0]), np.array([], dtype=np.int64), rounds=1)
    alone = rotation(np.array([4.0]), np.array([NOBODY]), rounds=2)
    assert (alone.group.tolist(), alone.heaviest, alone.proved) == ([[0, 0]], 8.0, True)
