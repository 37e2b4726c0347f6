"""The compiled loops over a forest of pipes that `hydraulics` and `sizes` share: each is one pass up or down.

Arrays are by pipe, each after the one that feeds it (`parent`, -1 at a root). A loss is `scale · friction · flow² /
bore⁵` on each metre; the Reynolds number is `mass · flow / bore`; below `zones_to` friction goes by the zones of flow.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis.plan.compiled import compiled

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

LAMINAR, TURBULENT = 2100.0, 3500.0
NEAR = 1e-6
BORE_POWER = 5.0
TWO_TENS = 2 / np.log(10)
"""Times a natural logarithm it is twice the common one."""
PASSES = 6


class Physics(NamedTuple):
    """The gas and the formulas as three numbers; see the module."""

    scale: float
    mass: float
    zones_to: float


class Sizes(NamedTuple):
    """Standard sizes, narrowest first: bores and roughness in mm, price in yuan a metre."""

    bore_mm: Floats
    roughness_mm: Floats
    price: Floats


@compiled
def friction_factor(reynolds: float, relative: float, zones_to: float) -> float:
    """Give Darcy's friction factor; Colebrook's formula by Newton's method on 1/√factor."""
    if reynolds <= zones_to:
        if reynolds <= LAMINAR:
            return 64 / reynolds
        return 0.03 + (reynolds - LAMINAR) / (65 * reynolds - 1e5)
    rough, smooth = relative / 3.7, 2.51 / reynolds
    inverse = 7.0
    for _ in range(20):
        inside = rough + smooth * inverse
        step = (inverse + TWO_TENS * np.log(inside)) / (1 + TWO_TENS * smooth / inside)
        inverse = max(inverse - step, 0.05)
        if abs(step) < NEAR * inverse:  # the error after a step is of the order of its square
            break
    return 1 / inverse**2


@compiled
def loss_of(flow: float, bore_mm: float, roughness_mm: float, physics: Physics) -> float:
    """Give the loss on each metre of one pipe."""
    if flow <= 0:
        return 0.0
    factor = friction_factor(physics.mass * flow / bore_mm, roughness_mm / bore_mm, physics.zones_to)
    return physics.scale * factor * flow**2 / bore_mm**5


@compiled
def losses(flow: Floats, bore_mm: Floats, roughness_mm: Floats, physics: Physics) -> Floats:
    """Give the loss on each metre of each pipe."""
    found = np.empty(len(flow))
    for pipe in range(len(flow)):
        found[pipe] = loss_of(flow[pipe], bore_mm[pipe], roughness_mm[pipe], physics)
    return found


@compiled
def gathered(parent: Integers, at: Floats) -> Floats:
    """Give for each pipe the sum of what stands at its far end and all far ends below."""
    total = at.copy()
    for pipe in range(len(parent) - 1, -1, -1):
        if parent[pipe] >= 0:
            total[parent[pipe]] += total[pipe]
    return total


@compiled
def fallen(parent: Integers, loss: Floats, supply: Floats) -> Floats:
    """Give the potential at the far end of each pipe; `loss` is along the whole pipe, `supply` is read at roots."""
    potential = np.empty(len(parent))
    for pipe in range(len(parent)):
        above = parent[pipe]
        potential[pipe] = (potential[above] if above >= 0 else supply[pipe]) - loss[pipe]
    return potential


@compiled
def price_power(sizes: Sizes) -> tuple[float, float]:
    """Give the power of the bore, and its factor, that the prices follow most nearly (least squares of logarithms)."""
    x, y = np.log(sizes.bore_mm), np.log(sizes.price)
    spread = ((x - x.mean()) ** 2).sum()
    power = ((x - x.mean()) * (y - y.mean())).sum() / spread if spread > 0 else 1.0
    return power, np.exp(y.mean() - power * x.mean())


@compiled
def narrowed(
    parent: Integers, length_m: Floats, flow: Floats, head: Floats, least: Integers, sizes: Sizes, physics: Physics
) -> Integers:
    """Give the size of each pipe so that no way loses more than the `head` of its root; see `sizes` for the method.

    No pipe is wider than the one that feeds it. Means nothing where the widest size does not do everywhere.
    """
    size, loss = _chosen(parent, length_m, flow, head, least, sizes, physics)
    for pipe in range(len(parent) - 1, -1, -1):
        above = parent[pipe]
        if above >= 0 and size[above] < size[pipe]:
            size[above] = size[pipe]
            loss[above] = length_m[above] * _loss(above, size[above], flow, sizes, physics)
    for _ in range(PASSES):
        if not _narrow(parent, length_m, flow, head, (size, least, loss), sizes, physics):
            break
    return size


@compiled
def _loss(pipe: int, size: int, flow: Floats, sizes: Sizes, physics: Physics) -> float:
    return loss_of(flow[pipe], sizes.bore_mm[size], sizes.roughness_mm[size], physics)


@compiled
def _chosen(
    parent: Integers, length_m: Floats, flow: Floats, head: Floats, least: Integers, sizes: Sizes, physics: Physics
) -> tuple[Integers, Floats]:
    """Give sizes and losses: going down, each the size that is cheapest with the closed form's cost of what follows."""
    count, widest, (power, factor) = len(parent), len(sizes.price) - 1, price_power(sizes)
    gamma, bore = power / BORE_POWER, sizes.bore_mm[widest]
    need, onward, share, loss = np.zeros(count), np.zeros(count), np.ones(count), np.empty(count)
    for pipe in range(count - 1, -1, -1):
        loss[pipe] = length_m[pipe] * _loss(pipe, widest, flow, sizes, physics)
        own = (factor * length_m[pipe] * bore**power * loss[pipe] ** gamma) ** (1 / (1 + gamma))
        whole = own + onward[pipe] ** (1 / (1 + gamma))
        share[pipe] = own / whole if own > 0 else 1.0
        if parent[pipe] >= 0:
            onward[parent[pipe]] += whole ** (1 + gamma)
            need[parent[pipe]] = max(need[parent[pipe]], loss[pipe] + need[pipe])
    size, left = np.empty(count, dtype=np.int64), np.empty(count)
    for pipe in range(count):
        above = parent[pipe]
        here, most = (left[above], size[above]) if above >= 0 else (head[pipe], widest)
        wanted = bore * (loss[pipe] / (here * share[pipe])) ** (1 / BORE_POWER) if here > 0 else bore
        size[pipe], loss[pipe] = _best(
            (pipe, here, wanted), (need[pipe], onward[pipe], gamma), (least[pipe], most), length_m, flow, sizes, physics
        )
        left[pipe] = here - loss[pipe]
    return size, loss


@compiled
def _best(
    at: tuple[int, float, float],
    after: tuple[float, float, float],
    between: tuple[int, int],
    length_m: Floats,
    flow: Floats,
    sizes: Sizes,
    physics: Physics,
) -> tuple[int, float]:
    """Give the size of a pipe that is cheapest together with all that follows, and its loss.

    `at` is the pipe, the head before it and the bore of the closed form, from where the search goes up and down;
    `after` the head that must be left, and weight and power of the cost of what follows. Where the widest of `between`
    loses too much the size is wider.
    """
    (pipe, here, wanted), (need, onward, gamma), (low, most) = at, after, between
    size, last = max(low, min(int(np.searchsorted(sizes.bore_mm, wanted)), most)), len(sizes.price) - 1
    loss = length_m[pipe] * _loss(pipe, size, flow, sizes, physics)
    while here - loss < need and size < last:
        size += 1
        loss = length_m[pipe] * _loss(pipe, size, flow, sizes, physics)
    left, cost = here - loss, sizes.price[size] * length_m[pipe]
    cost += onward * left**-gamma if onward > 0 else 0.0
    for step in (-1, 1):
        found = size
        while low <= found + step <= min(most, last):
            trial = length_m[pipe] * _loss(pipe, found + step, flow, sizes, physics)
            if here - trial < need:
                break
            price = sizes.price[found + step] * length_m[pipe]
            price += onward * (here - trial) ** -gamma if onward > 0 else 0.0
            if price >= cost:
                break
            found, loss, cost = found + step, trial, price
        if found != size:
            return found, loss
    return size, loss


@compiled
def _narrow(
    parent: Integers,
    length_m: Floats,
    flow: Floats,
    head: Floats,
    state: tuple[Integers, Integers, Floats],
    sizes: Sizes,
    physics: Physics,
) -> bool:
    """Narrow pipes, in place, from the roots down as far as the ways below them allow; whether any was."""
    (size, least, loss), count = state, len(parent)
    slack, below = fallen(parent, loss, head), np.full(count, -1)
    for pipe in range(count - 1, -1, -1):
        if parent[pipe] >= 0:
            slack[parent[pipe]] = min(slack[parent[pipe]], slack[pipe])
            below[parent[pipe]] = max(below[parent[pipe]], size[pipe])
    used, some = np.zeros(count), False
    for pipe in range(count):
        used[pipe] = used[parent[pipe]] if parent[pipe] >= 0 else 0.0
        while size[pipe] > max(least[pipe], below[pipe]):
            trial = length_m[pipe] * _loss(pipe, size[pipe] - 1, flow, sizes, physics)
            if used[pipe] + trial - loss[pipe] > slack[pipe]:
                break
            used[pipe] += trial - loss[pipe]
            size[pipe], loss[pipe], some = size[pipe] - 1, trial, True
    return some
