"""Choosing whose risers are moved: against all choices, under compounds that share a pipe, with bounds that hold."""

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.plan.risers import Buildings, best, phased, spent_on


@st.composite
def problems(draw: st.DrawFn) -> tuple[Buildings, int]:
    """Give up to nine buildings in up to three compounds, some of whose pipes cost nothing, and a budget."""
    compounds = draw(st.integers(1, 3))
    courtyard = draw(st.lists(st.integers(0, 120_000), min_size=compounds, max_size=compounds))
    count = draw(st.integers(0, 9))
    numbers = st.integers(1, 200_000)
    cost = draw(st.lists(numbers, min_size=count, max_size=count))
    prize = draw(st.lists(numbers, min_size=count, max_size=count))
    compound = draw(st.lists(st.integers(0, compounds - 1), min_size=count, max_size=count))
    columns = (np.array(each, dtype=np.int64) for each in (cost, prize, compound, courtyard))
    return Buildings(*columns), draw(st.integers(0, 900_000))


def every_choice(found: Buildings) -> list[tuple[tuple[bool, ...], int, int]]:
    """Give each set of buildings with its cost and prize, added up one by one."""
    rows = []
    for chosen in product((False, True), repeat=len(found.cost)):
        yards = {int(found.compound[place]) for place, taken in enumerate(chosen) if taken}
        cost = sum(int(found.cost[place]) for place, taken in enumerate(chosen) if taken)
        cost += sum(int(found.courtyard[each]) for each in yards)
        rows.append((chosen, cost, sum(int(found.prize[place]) for place, taken in enumerate(chosen) if taken)))
    return rows


@settings(max_examples=150, deadline=None)
@given(problems())
def test_no_choice_within_the_budget_is_worth_more(problem: tuple[Buildings, int]) -> None:
    found, budget = problem
    taken = best(found, budget)
    most = max(prize for _, cost, prize in every_choice(found) if cost <= budget)
    assert taken.prize == taken.bound == most
    told = {chosen: (cost, prize) for chosen, cost, prize in every_choice(found)}
    assert told[tuple(taken.chosen.tolist())] == (taken.cost, taken.prize)
    assert taken.cost <= budget


@settings(max_examples=60, deadline=None)
@given(problems(), st.integers(1, 4))
def test_phases_keep_what_was_taken_and_none_exceeds_its_bound(problem: tuple[Buildings, int], phases: int) -> None:
    found, budget = problem
    plan = phased(found, budget, phases=phases)
    choices = every_choice(found)
    assert len(plan.steps) == phases
    assert plan.steps[-1].prize == best(found, budget).prize
    for number, step in enumerate(plan.steps, start=1):
        chosen = (plan.phase > 0) & (plan.phase <= number)
        assert step.allowed == budget * number // phases
        assert spent_on(found, chosen) == step.cost <= step.allowed
        assert int(found.prize[chosen].sum()) == step.prize
        assert step.bound == max(prize for _, cost, prize in choices if cost <= step.allowed)


@settings(max_examples=60, deadline=None)
@given(problems())
def test_whole_compounds_are_taken_or_left(problem: tuple[Buildings, int]) -> None:
    found, budget = problem
    chosen = phased(found, budget, whole=True).phase > 0
    for compound in np.unique(found.compound):
        own = chosen[found.compound == compound]
        assert own.all() or not own.any()
    alike = [
        prize
        for flags, cost, prize in every_choice(found)
        if cost <= budget and all(len({*np.array(flags)[found.compound == c]}) == 1 for c in np.unique(found.compound))
    ]
    assert int(found.prize[chosen].sum()) == max(alike)


def test_a_shared_pipe_is_paid_once_and_makes_neighbours_worth_their_while() -> None:
    numbers = ([30, 30, 50], [40, 40, 55], [0, 0, 1], [35, 0])
    found = Buildings(*(np.array(each, dtype=np.int64) for each in numbers))
    assert best(found, 94).chosen.tolist() == [False, False, True]
    assert best(found, 95).chosen.tolist() == [True, True, False]


def test_a_search_that_stops_early_says_how_far_it_may_be_from_the_best() -> None:
    rng = np.random.default_rng(5)
    count, compounds = 400, 40
    cost = rng.integers(20_000, 90_000, count)
    found = Buildings(
        cost, cost + rng.integers(5_000, 9_000, count), rng.integers(0, compounds, count), rng.integers(9, 99_000, 40)
    )
    budget = int(cost.sum() * 0.4)
    short = best(found, budget, nodes=1)
    longer = best(found, budget, nodes=200)
    assert short.prize <= longer.prize <= longer.bound <= short.bound
    assert short.cost <= budget
    assert short.bound <= 1.001 * short.prize
    again = best(found, budget, nodes=1)
    assert (again.chosen == short.chosen).all()
    assert again.bound == short.bound
