import csv
from pathlib import Path

import pytest

from gis.plan.ascent import ascend
from gis.plan.core import Core
from gis.plan.detour import detoured
from gis.plan.graph import graph
from gis.plan.pace import Pace
from gis.plan.solve import solved

STEINER = Path(__file__).parents[2] / "shared" / "data" / "steiner"


def steiner(name: str) -> Core:
    """Give a PACE 2018 instance: the first terminal is the root, the others have a prize above all edges together."""
    edges, terminals, nodes = [], [], 0
    for line in (STEINER / name).read_text().splitlines():
        word, *rest = line.split() or [""]
        if word == "Nodes":
            nodes = int(rest[0])
        elif word == "E":
            edges.append((int(rest[0]) - 1, int(rest[1]) - 1, int(rest[2])))
        elif word == "T":
            terminals.append(int(rest[0]) - 1)
    prize = [0] * nodes
    for node in terminals[1:]:
        prize[node] = 1 + sum(edge[2] for edge in edges)
    core = Core(terminals[0], prize)
    for u, v, cost in edges:
        core.add(u, v, cost)
    return core


@pytest.mark.skipif(not STEINER.is_dir(), reason="needs ../shared/data/steiner")
@pytest.mark.parametrize("name", ["instance009.gr", "instance010.gr", "instance061.gr", "instance121.gr"])
def test_a_published_optimum_lies_between_bound_and_value(name: str) -> None:
    with (STEINER / "optima.csv").open() as file:
        optimum = next(int(row["optimum"]) for row in csv.DictReader(file) if row["instance"] == name)
    found = solved(steiner(name), pace=Pace(4))
    assert 0.995 * optimum <= found.bound <= optimum <= found.value <= 1.005 * optimum


def core(*edges: tuple[int, int, int], prize: list[int]) -> Core:
    made = Core(0, prize)
    for u, v, cost in edges:
        made.add(u, v, cost)
    return made


def test_a_dead_end_that_pays_is_folded_into_its_neighbour() -> None:
    small = core((0, 1, 5), (1, 2, 3), prize=[0, 0, 10])
    small.simplify()
    assert small.base == 8
    assert small.compact().cost == []
    assert small.expanded([0], []) == [0, 1]


def test_a_dead_end_that_does_not_pay_is_cut_off_and_its_prize_missed() -> None:
    small = core((0, 1, 5), (1, 2, 3), prize=[0, 0, 7])
    small.simplify()
    assert small.base == 7
    assert small.expanded([0], []) == []


def test_the_ascent_closes_the_gap_on_a_ring() -> None:
    ring = core((0, 1, 4), (1, 2, 4), (2, 3, 4), (3, 0, 4), prize=[0, 9, 9, 9])
    ring.simplify()
    assert ascend(graph(ring.compact())).bound + ring.base == 12
    found = solved(ring)
    assert (found.value, found.bound) == (12, 12)
    assert len(found.edges) == 3


def test_a_prize_pays_once_for_a_detour_that_would_pass_it_twice() -> None:
    # from 0 to 1 over 2 costs 14 less the prize of 3, more than the edge of 10; a walk 0-2-3-2-1 would count 3 twice
    fork = core((0, 1, 10), (0, 2, 7), (1, 2, 7), (2, 3, 1), (0, 4, 9), prize=[0, 100, 3, 0, 0])
    assert detoured(graph(fork.compact())) == []


def test_a_prize_on_the_way_pays_for_a_detour() -> None:
    # from 0 to 1 over 2 costs 14 less the prize of 4, as much as the edge
    fork = core((0, 1, 10), (0, 2, 7), (1, 2, 7), (2, 3, 1), prize=[0, 100, 4, 0])
    assert detoured(graph(fork.compact())) == [0]


def test_a_cut_off_piece_with_a_prize_is_missed() -> None:
    found = solved(core((1, 2, 1), (2, 3, 1), (3, 1, 1), prize=[0, 5, 5, 5]))
    assert (found.value, found.bound, found.edges) == (15, 15, [])
