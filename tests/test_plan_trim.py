"""Trees trimmed to a budget and what is left of it spent, held against all subtrees and against slow walks."""

import math
from collections.abc import Iterator
from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.plan.network import Network, Users, network
from gis.plan.purse import filled, spent, won
from gis.plan.streets import Integers
from gis.plan.trim import Choice, Mask, peeled, served, trimmed
from tests.test_plan_settled import grid

SEEDS = st.integers(0, 10**6)


def scene(seed: int, *, side: int = 4, count: int = 8) -> tuple[Network, Integers, Mask]:
    """Give a network, some users at its root and at one node, and a random tree on it."""
    draw, graph = np.random.default_rng(seed), grid(side, 100.0)
    node = draw.integers(0, graph.node_count, count)
    users = Users(node, draw.uniform(0, 3_000, count) * (draw.random(count) < 0.7), draw.uniform(1_000, 40_000, count))
    cost = graph.length_m * draw.uniform(20, 200, graph.edge_count) * (draw.random(graph.edge_count) < 0.9)
    net = network(graph, np.array([0]), users, cost)
    order = draw.permutation(np.flatnonzero(net.u != net.v))
    joined, edges = {net.root}, list[int]()
    for _ in range(4):  # nodes up to four edges from the root
        ring = set[int]()
        for edge in order.tolist():
            u, v = int(net.u[edge]), int(net.v[edge])
            if (u in joined) != (v in joined) and not {u, v} & ring:
                ring |= {u, v} - joined
                edges.append(edge)
        joined |= ring
    return net, np.array(sorted(edges)), net.possible & (draw.random(count) < 0.9)


def parents(net: Network, edges: Integers) -> dict[int, int]:
    """Give the node that each node of a tree hangs on, walked from the root."""
    found, waiting = {net.root: -1}, [net.root]
    for node in waiting:
        for edge in edges.tolist():
            for one, other in ((net.u[edge], net.v[edge]), (net.v[edge], net.u[edge])):
                if one == node and int(other) not in found:
                    found[int(other)] = node
                    waiting.append(int(other))
    return found


def subtrees(net: Network, edges: Integers) -> Iterator[list[int]]:
    """Give the edges of all parts of a tree that hang on the root."""
    for chosen in chain.from_iterable(combinations(edges.tolist(), size) for size in range(len(edges) + 1)):
        if len(parents(net, np.array(chosen, dtype=np.int64))) == len(chosen) + 1:
            yield list(chosen)


def hangs(net: Network, choice: Choice) -> bool:
    """Give whether a choice is a tree on the root that reaches all its users."""
    found = parents(net, choice.edges)
    return len(found) == len(choice.edges) + 1 and set(net.users.node[choice.connected].tolist()) <= set(found)


def ways(net: Network, choice: Choice) -> dict[int, float]:
    """Give what the cheapest way from a tree to each node costs (Bellman and Ford)."""
    far = dict.fromkeys(range(net.root + 1), math.inf) | dict.fromkeys(parents(net, choice.edges), 0.0)
    for _ in range(net.root):
        for u, v, cost in zip(net.u.tolist(), net.v.tolist(), net.cost.tolist(), strict=True):
            far[u], far[v] = min(far[u], far[v] + cost), min(far[v], far[u] + cost)
    return far


@settings(deadline=None, max_examples=40)
@given(SEEDS)
def test_a_tree_is_hung_parents_first_and_what_is_apart_is_left_out(seed: int) -> None:
    net, edges, _ = scene(seed, side=6)
    apart = np.array([edge for edge in edges.tolist() if edge % 5], dtype=np.int64)
    found = net.hung(apart)
    assert found.node[0] == net.root
    assert (found.above[1:] < np.arange(1, len(found.node))).all()
    assert dict(zip(found.node[1:].tolist(), found.node[found.above[1:]].tolist(), strict=True)) | {
        net.root: -1
    } == parents(net, apart)
    for node, above, edge in zip(found.node[1:], found.above[1:], found.edge[1:], strict=True):
        assert {int(net.u[edge]), int(net.v[edge])} == {int(node), int(found.node[above])}
    assert (found.place[found.node] == np.arange(len(found.node))).all()
    assert (found.place >= 0).sum() == len(found.node)


@settings(deadline=None, max_examples=25)
@given(SEEDS, st.floats(0.0, 1.1))
def test_no_part_of_a_tree_that_costs_no_more_wins_more_than_the_trimmed_one(seed: int, share: float) -> None:
    net, edges, who = scene(seed)
    edges = net.hung(edges).edge[1:11]
    budget = share * net.cost_of(edges, who)
    cheap, dear = (trimmed(net, edges, who, budget=budget) * 2)[:2]
    for found in (cheap, dear):
        assert net.cost_of(found.edges, found.connected) <= budget
        assert hangs(net, found)
        assert not (found.connected & ~who).any()
    spare = net.cost_of(cheap.edges, cheap.connected)
    for part in subtrees(net, edges):
        rest = spare - float(net.cost[part].sum())
        near = np.flatnonzero(who & net.nodes_of(np.array(part, dtype=np.int64))[net.users.node])
        for chosen in chain.from_iterable(combinations(near.tolist(), size) for size in range(len(near) + 1)):
            if net.users.service[list(chosen)].sum() < rest - 1e-6:
                assert net.users.prize[list(chosen)].sum() <= won(net, cheap) + 1e-6


@settings(deadline=None, max_examples=40)
@given(SEEDS, st.floats(0.0, 1.0))
def test_what_is_peeled_is_a_part_that_the_budget_pays_for(seed: int, share: float) -> None:
    net, edges, who = scene(seed, side=6, count=20)
    whole = served(net, edges, who)
    assert hangs(net, whole)
    budget = share * net.cost_of(whole.edges, whole.connected)
    found = peeled(net, whole, budget)
    assert hangs(net, found)
    assert net.cost_of(found.edges, found.connected) <= budget
    assert set(found.edges.tolist()) <= set(whole.edges.tolist())
    assert not (found.connected & ~whole.connected).any()
    same = peeled(net, whole, net.cost_of(whole.edges, whole.connected))
    assert same.edges.tolist() == whole.edges.tolist()


@settings(deadline=None, max_examples=40)
@given(SEEDS, st.floats(0.0, 1.2))
def test_money_is_spent_until_nobody_left_out_can_be_afforded(seed: int, share: float) -> None:
    net, edges, who = scene(seed, side=6, count=20)
    budget = share * net.cost_of(edges, who)
    first = min(trimmed(net, edges, who, budget=budget / 2), key=lambda each: len(each.edges))
    for found in (filled(net, first, who, budget=budget), spent(net, edges, who, budget=budget)):
        cost = net.cost_of(found.edges, found.connected)
        assert cost <= budget
        assert hangs(net, found)
        near = ways(net, found)
        for user in np.flatnonzero(who & ~found.connected).tolist():
            assert near[int(net.users.node[user])] + net.users.service[user] > budget - cost - 1e-3
    assert not (first.connected & ~filled(net, first, who, budget=budget).connected).any()


def test_without_money_or_users_nothing_is_dug() -> None:
    net, edges, who = scene(1)
    for budget, some in ((0.0, who & (net.users.service > 0)), (1e9, np.zeros_like(who))):
        found = spent(net, edges, some, budget=budget)
        assert net.cost_of(found.edges, found.connected) == pytest.approx(0)
        assert won(net, found) == pytest.approx(0)
