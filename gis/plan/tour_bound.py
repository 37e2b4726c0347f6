"""How short a round tour can be at best: a bound that holds for every order of the stops.

The 1-tree bound of Held & Karp (1970, Operations Research 18(6)), raised by the subgradient steps of Held, Wolfe &
Crowder (1974, Mathematical Programming 6): a tour is a spanning tree of all places but the first, and two ways to the
first; prices on places change no tour's rank and push the tree towards two ways at each place.
"""

import numpy as np
from numpy.typing import NDArray

from gis.plan.compiled import Integers, compiled

Floats = NDArray[np.float64]

ROUNDS = 300
_PATIENCE = 15  # rounds without a gain before the step is halved


def shortest_possible(lengths: NDArray[np.int64], best: int, *, rounds: int = ROUNDS) -> int:
    """Give a length that no round tour through all places is below; `lengths` is symmetric, in whole units.

    `best` is the length of a tour that is known: it scales the steps and nothing else. Windows and shifts only make
    tours longer, so it holds with them too. 0 for one place.
    """
    count = len(lengths)
    if count < 3:
        return int(lengths[0, -1] * 2) if count else 0
    bound = float(_raised(lengths.astype(np.float64), float(best), rounds))
    return max(0, int(np.ceil(bound - 1e-6)))


@compiled
def _raised(lengths: Floats, best: float, rounds: int) -> float:
    """Give the highest bound of so many rounds of prices."""
    count = len(lengths)
    price = np.zeros(count)
    highest, step, idle = -np.inf, 2.0, 0
    for _ in range(rounds):
        ties = np.zeros(count, np.int64)
        bound = _one_tree(lengths, price, ties) - 2 * price.sum()
        if bound > highest + 1e-9:
            highest, idle = bound, 0
        else:
            idle += 1
        if idle == _PATIENCE:
            step, idle = step / 2, 0
        over = ((ties - 2) ** 2).sum()
        if over == 0 or best <= highest:
            break
        price += step * max(best - bound, 1.0) / over * (ties - 2)
    return float(highest)


@compiled
def _one_tree(lengths: Floats, price: Floats, ties: Integers) -> float:
    """Give the priced length of the least 1-tree (Prim's algorithm); `ties` counts the ways at each place."""
    count = len(lengths)
    near, came = np.full(count, np.inf), np.ones(count, np.int64)
    done = np.zeros(count, np.bool_)
    done[0] = done[1] = True
    whole, here = 0.0, 1
    for _ in range(count - 2):
        following = -1
        for place in range(2, count):
            if not done[place]:
                way = lengths[here, place] + price[here] + price[place]
                if way < near[place]:
                    near[place], came[place] = way, here
                if following < 0 or near[place] < near[following]:
                    following = place
        done[following] = True
        whole += near[following]
        ties[following] += 1
        ties[came[following]] += 1
        here = following
    ways = lengths[0, 1:] + price[0] + price[1:]
    first = int(ways.argmin())
    nearest = ways[first]
    ways[first] = np.inf
    second = int(ways.argmin())
    ties[0] += 2
    ties[first + 1] += 1
    ties[second + 1] += 1
    return float(whole + nearest + ways[second])
