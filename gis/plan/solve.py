"""The best tree found in a core and a proof of how good it is: ascend, grow, strike out what cannot matter, again."""

import random
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from gis.plan.ascent import Ascent, ascend
from gis.plan.core import Compact, Core
from gis.plan.forest import Grower, Tree

WORTHWHILE = 0.01


@dataclass(frozen=True, slots=True)
class Solution:
    """The first-made edges of the best tree found, its value, and a bound that no tree is below."""

    edges: list[int]
    value: int
    bound: int


def solved(core: Core, *, rounds: int = 4, shakes: int = 6, seed: int = 0) -> Solution:
    """Give a tree with small edge cost plus missed prizes and a proven bound; the core is used up.

    A round raises the bound, grows trees along the used-up arcs, and strikes out edges that no better tree can hold:
    those where the bound and the cheapest way from the root over the edge to a prize, in costs left, come to the best
    value. What is left then bounds every tree better than the best one, so the smaller of the two values stays a bound
    for all. It stops when the two meet, when nothing much is struck out, or after `rounds`.
    """
    best: Solution | None = None
    chance = random.Random(seed)  # noqa: S311 - nothing is kept secret
    for to_come in reversed(range(max(1, rounds))):
        core.simplify()
        compact = core.compact()
        ascent = ascend(compact)
        tree = _grown(compact, ascent, [chance.getrandbits(32) for _ in range(shakes)])
        value, bound = core.base + tree.value, core.base + ascent.bound
        if best is None or value < best.value:
            edges = core.expanded((compact.node[node] for node in tree.nodes), (compact.edge[e] for e in tree.edges))
            best = Solution(edges, value, bound)
        best = Solution(best.edges, best.value, min(best.value, max(best.bound, bound)))
        if not to_come or best.bound == best.value or not _struck(core, compact, ascent, room=best.value - bound):
            break
    assert best is not None
    return best


def _grown(compact: Compact, ascent: Ascent, seeds: list[int]) -> Tree:
    """Give the best of a few trees: along used-up edges, to all prizes and to those not used up, and shaken ones."""
    grower = Grower(compact)
    prizes = [node for node, prize in enumerate(compact.prize) if prize > 0]
    sure = [node for node in prizes if ascent.prize_left[node] > 0]
    left = ascent.left
    slack = [min(left[2 * edge], left[2 * edge + 1]) for edge in range(len(compact.cost))]
    tight = [not each for each in slack]
    trees = (grower.connecting(wanted, compact.cost, tight) for wanted in (sure, prizes))
    best = min((grower.improved(tree) for tree in trees), key=lambda tree: tree.value)
    for seed in seeds:
        chance = random.Random(seed)  # noqa: S311 - lengths are shaken, nothing is kept secret
        shaken = [round(cost * chance.uniform(0.8, 1.2)) for cost in compact.cost]
        taken = [node for node in best.nodes if compact.prize[node] > 0]
        best = min(best, grower.improved(grower.connecting(taken, shaken)), key=lambda tree: tree.value)
    return best


def _struck(core: Core, compact: Compact, ascent: Ascent, *, room: int) -> bool:
    """Strike out the edges that no better tree holds; give whether that were enough for another round."""
    outward, inward = _ways(compact, ascent, from_root=True), _ways(compact, ascent, from_root=False)
    gone = 0
    for edge, (u, v) in enumerate(compact.ends):
        along = outward[u] + ascent.left[2 * edge] + inward[v]
        against = outward[v] + ascent.left[2 * edge + 1] + inward[u]
        if min(along, against) >= room:
            core.remove(compact.node[u], compact.node[v])
            gone += 1
    return gone > WORTHWHILE * len(compact.ends)


def _ways(compact: Compact, ascent: Ascent, *, from_root: bool) -> list[int]:
    """Give per node the cheapest way from the root, or on to the nearest prize, in costs left."""
    near: list[list[tuple[int, int]]] = [[] for _ in compact.prize]
    for edge, (u, v) in enumerate(compact.ends):
        forth, back = (2 * edge, 2 * edge + 1) if from_root else (2 * edge + 1, 2 * edge)
        near[u].append((ascent.left[forth], v))
        near[v].append((ascent.left[back], u))
    far = 1 + sum(ascent.left)
    best = [far] * len(compact.prize)
    starts = [0] if from_root else [node for node, prize in enumerate(compact.prize) if prize > 0]
    queue = [(0, node) for node in starts]
    heapify(queue)
    for node in starts:
        best[node] = 0
    while queue:
        reach, node = heappop(queue)
        if reach > best[node]:
            continue
        for length, other in near[node]:
            if reach + length < best[other]:
                best[other] = reach + length
                heappush(queue, (reach + length, other))
    return best
