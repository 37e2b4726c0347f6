"""Which valves to close so that a gas pipe can be worked on, and where gas then fails: traced in any network.

Gas spreads both ways along pipes, and only onward through a regulator. A valve is a node: closed, no gas passes it. The
pipes that no valve, station or regulator parts from the broken one are one zone and go dry together.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.errors import Refused
from gis.plan.sweeps import Integers

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class GasNet:
    """A gas network: pipes between nodes numbered from 0, which nodes are valves, which always have gas, regulators.

    Regulator i lets gas from node `inlet[i]` to node `outlet[i]`, never back.
    """

    u: Integers
    v: Integers
    valve: Flags
    source: Flags
    inlet: Integers
    outlet: Integers

    def __post_init__(self) -> None:
        """Refuse arrays that differ in length or name a node that does not exist."""
        count = len(self.valve)
        if len(self.source) != count or len(self.u) != len(self.v) or len(self.inlet) != len(self.outlet):
            raise Refused("gas network: its arrays differ in length")
        named = np.concatenate([self.u, self.v, self.inlet, self.outlet])
        if len(named) and not 0 <= named.min() <= named.max() < count:
            raise Refused(f"gas network: a pipe or regulator names a node outside 0 to {count - 1}")


@dataclass(frozen=True, slots=True, eq=False)
class Outage:
    """What to close, and what goes dry.

    `valves` (nodes) and `regulators` must be closed, `stations` (nodes with a source in or at the zone) be shut: leave
    one open and gas reaches the zone. `spare` are valves at the zone's edge behind which no gas is left. `zone` flags
    pipes; `dry` flags nodes that have gas today and lose it, `unfed` those that no source reaches even today.
    """

    valves: Integers
    stations: Integers
    regulators: Integers
    spare: Integers
    zone: Flags
    dry: Flags
    unfed: Flags


def outage(net: GasNet, broken: Iterable[int]) -> Outage:
    """Give what to close so that no gas is left in the `broken` pipes (numbers), and which nodes lose gas.

    What must be closed is the least set: no other set that frees the pipes from gas leaves gas at more nodes, and with
    one left open gas comes. Method: one search for the zone, two for the gas. Raises Refused where no pipe is named.
    """
    links = _links(net)
    pipes = sorted(set(broken))
    if not pipes or not 0 <= pipes[0] <= pipes[-1] < len(net.u):
        raise Refused(f"outage: expected numbers of pipes from 0 to {len(net.u) - 1}, got {pipes or 'none'}")
    zone, edge = _zone(net, links, pipes)
    before = _wet(net, links, np.zeros(len(net.u), dtype=bool), frozenset())
    after = _wet(net, links, zone, edge)
    border = np.array(sorted(edge), dtype=np.int64)
    shut = border[net.source[border]]
    valves = border[~net.source[border]]
    touched = np.zeros(len(net.valve), dtype=bool)
    touched[net.u[zone]] = touched[net.v[zone]] = True
    closed = np.zeros(len(net.valve), dtype=bool)
    closed[border] = True
    feeds = touched[net.outlet] & ~closed[net.outlet] & after[net.inlet] & ~closed[net.inlet]
    return Outage(
        valves=valves[after[valves]],
        stations=shut,
        regulators=np.flatnonzero(feeds),
        spare=valves[~after[valves]],
        zone=zone,
        dry=before & ~after,
        unfed=~before,
    )


def _links(net: GasNet) -> dict[int, list[tuple[int, int]]]:
    links: dict[int, list[tuple[int, int]]] = {}
    for pipe, (a, b) in enumerate(zip(net.u.tolist(), net.v.tolist(), strict=True)):
        links.setdefault(a, []).append((pipe, b))
        links.setdefault(b, []).append((pipe, a))
    return links


def _zone(net: GasNet, links: dict[int, list[tuple[int, int]]], broken: list[int]) -> tuple[Flags, frozenset[int]]:
    """Give the pipes that go dry together with the broken ones, and the valves and stations at their edge."""
    zone, ends = np.zeros(len(net.u), dtype=bool), net.valve | net.source
    zone[broken] = True
    walk = [node for pipe in broken for node in (int(net.u[pipe]), int(net.v[pipe]))]
    seen = set(walk)
    for node in walk:
        if ends[node]:
            continue
        for pipe, other in links.get(node, ()):
            zone[pipe] = True
            if other not in seen:
                seen.add(other)
                walk.append(other)
    return zone, frozenset(node for node in seen if ends[node])


def _wet(net: GasNet, links: dict[int, list[tuple[int, int]]], zone: Flags, closed: frozenset[int]) -> Flags:
    """Give the nodes that gas reaches from the sources without the zone; it comes to a closed node, not past it."""
    onward: dict[int, list[int]] = {}
    for a, b in zip(net.inlet.tolist(), net.outlet.tolist(), strict=True):
        onward.setdefault(a, []).append(b)
    inside = np.zeros(len(net.valve), dtype=bool)
    inside[net.u[zone]] = inside[net.v[zone]] = True
    wet = np.zeros(len(net.valve), dtype=bool)
    walk = [node for node in np.flatnonzero(net.source).tolist() if node not in closed]
    wet[walk] = True
    for node in walk:
        if node in closed:
            continue
        for other in _next(links, onward, node, zone):
            if not wet[other] and (not inside[other] or other in closed):
                wet[other] = True
                walk.append(other)
    return wet


def _next(
    links: dict[int, list[tuple[int, int]]], onward: dict[int, list[int]], node: int, zone: Flags
) -> Iterator[int]:
    yield from (other for pipe, other in links.get(node, ()) if not zone[pipe])
    yield from onward.get(node, ())
