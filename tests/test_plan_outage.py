from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import Refused
from gis.plan.outage import GasNet, outage

Closed = frozenset[tuple[str, int]]


def net(
    pipes: list[tuple[int, int]],
    *,
    nodes: int,
    valves: set[int] | None = None,
    sources: set[int] | None = None,
    regulators: list[tuple[int, int]] | None = None,
) -> GasNet:
    ends, lets = (
        np.array(pipes, dtype=np.int64).reshape(-1, 2),
        np.array(regulators or [], dtype=np.int64).reshape(-1, 2),
    )
    place = np.arange(nodes)
    marked = np.isin(place, list(valves or ())), np.isin(place, list(sources or ()))
    return GasNet(ends[:, 0], ends[:, 1], *marked, lets[:, 0], lets[:, 1])


def gas(of: GasNet, closed: Closed) -> tuple[set[int], set[int]]:
    """Give the nodes and pipes that hold gas when these are closed, by letting it spread until nothing changes."""
    nodes = {int(node) for node in np.flatnonzero(of.source) if ("node", int(node)) not in closed}
    pipes: set[int] = set()
    while True:
        live = {node for node in nodes if ("node", node) not in closed}
        more = {pipe for pipe in range(len(of.u)) if {int(of.u[pipe]), int(of.v[pipe])} & live}
        reached = {int(end) for pipe in more for end in (of.u[pipe], of.v[pipe])}
        reached |= {
            int(of.outlet[one])
            for one in range(len(of.inlet))
            if ("regulator", one) not in closed and int(of.inlet[one]) in live
        }
        if more <= pipes and reached <= nodes:
            return nodes, pipes
        nodes, pipes = nodes | reached, pipes | more


pairs = st.tuples(st.integers(0, 6), st.integers(0, 6))
few = st.sets(st.integers(0, 6), max_size=3)


@settings(deadline=None, max_examples=400)
@given(st.lists(pairs, min_size=1, max_size=9), few, few, st.lists(pairs, max_size=2), st.integers(0, 8))
def test_what_is_closed_is_the_least_that_frees_the_pipe(
    pipes: list[tuple[int, int]], valves: set[int], sources: set[int], regulators: list[tuple[int, int]], which: int
) -> None:
    broken = which % len(pipes)
    found_in = net(pipes, nodes=7, valves=valves, sources=sources, regulators=regulators)
    found = outage(found_in, [broken])
    closed: Closed = frozenset(
        [("node", node) for node in [*found.valves.tolist(), *found.stations.tolist()]]
        + [("regulator", one) for one in found.regulators.tolist()]
    )
    left, pipes_left = gas(found_in, closed)
    assert broken not in pipes_left
    assert not pipes_left & set(np.flatnonzero(found.zone).tolist())
    for each in closed:
        assert broken in gas(found_in, closed - {each})[1], "closed for nothing"
    plain = {node for node in range(7) if node not in valves | sources}
    before = gas(found_in, frozenset())[0]
    assert set(np.flatnonzero(found.dry).tolist()) & plain == (before - left) & plain
    can = [("node", node) for node in sorted(valves | sources)] + [("regulator", one) for one in range(len(regulators))]
    for size in range(len(can) + 1):
        for chosen in combinations(can, size):
            others, other_pipes = gas(found_in, frozenset(chosen))
            assert broken in other_pipes or others & plain <= left & plain, "another choice leaves more users their gas"


def test_a_regulator_is_shut_only_where_gas_would_come_through_it() -> None:
    # 0 source - 1 - regulator - 2 - 3 valve - 4, and a second way 1 - 5
    street = net([(0, 1), (1, 5), (2, 3), (3, 4)], nodes=6, valves={3}, sources={0}, regulators=[(1, 2)])
    low = outage(street, [2])
    assert (low.regulators.tolist(), low.valves.tolist(), low.spare.tolist()) == ([0], [], [3])
    assert np.flatnonzero(low.dry).tolist() == [2, 3, 4]
    main = outage(street, [1])
    assert (main.stations.tolist(), main.regulators.tolist()) == ([0], [])
    assert np.flatnonzero(main.dry).tolist() == [0, 1, 2, 3, 4, 5]


def test_users_behind_a_second_feed_keep_their_gas() -> None:
    ring = net([(0, 1), (1, 2), (2, 3), (3, 0)], nodes=4, valves={1, 2}, sources={0})
    found = outage(ring, [1])
    assert found.valves.tolist() == [1, 2]
    assert not found.dry[3]


def test_a_pipe_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Refused, match="expected numbers of pipes from 0 to 0"):
        outage(net([(0, 1)], nodes=2), [1])
    with pytest.raises(Refused, match="outside 0 to 1"):
        net([(0, 2)], nodes=2)
