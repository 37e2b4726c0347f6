"""The invented county's addresses: which street a house belongs to, and its door number there."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import shapely

from gis.synth import names
from gis.synth.arrays import Floats, Integers, Texts, middles
from gis.synth.land import Land
from gis.synth.patches import CORE
from gis.synth.streets import THROUGH, Drawn, Streets


class Gates(NamedTuple):
    """Where houses and compounds meet their street: village, drawn street, foot on it, side (1 left, -1 right)."""

    village: Integers
    street: Integers
    foot: Floats
    side: Integers


def road_names(ground: Land, net: Streets) -> Texts:
    """Give the name of each street piece, None for tracks; a road between villages is named after the one it passes."""
    own = lane_names(net.drawn)
    found = own[net.street]
    through = np.flatnonzero(net.drawn.seat[net.street] == THROUGH)
    village = ground.nearest(middles(net.lines[through]))
    found[through] = _through_names(ground, village, net.street[through])
    found[net.road_class == "track"] = None
    return found


def lane_names(drawn: Drawn) -> Texts:
    """Give the name of every drawn street, None for roads between villages.

    Streets of the core have names that are unique in the county, lanes of a village unique in the village; an alley
    is named after the street that it leaves (弄).
    """
    found = np.full(len(drawn.seat), None, dtype=object)
    own = np.flatnonzero((drawn.seat != THROUGH) & (drawn.parent < 0))
    seats = drawn.seat[own]
    serial = pd.Series(own).groupby(seats).cumcount()
    found[own] = [
        names.street(number) if seat == CORE else names.lane(number, seat)
        for number, seat in zip(serial.tolist(), seats.tolist(), strict=True)
    ]
    alleys = np.flatnonzero(drawn.parent >= 0)
    parents = drawn.parent[alleys]
    count = pd.Series(alleys).groupby(parents).cumcount() + 1
    found[alleys] = [f"{found[parent]}{number}弄" for parent, number in zip(parents, count, strict=True)]
    return found


def _through_names(ground: Land, village: Integers, street: Integers) -> Texts:
    """Give names of roads between villages as each village calls them: its own name and 路; in the core, avenues."""
    group = _groups(ground, village)
    base = names.villages(len(ground.seats.town))
    pairs, place = np.unique(np.column_stack([group, street]), axis=0, return_inverse=True)
    serial = pd.Series(pairs[:, 1]).groupby(pairs[:, 0]).cumcount()
    called = [
        names.avenue(number) if seat == CORE else f"{base[seat]}{names.numeral(number + 1) if number else ''}路"
        for number, seat in zip(serial.tolist(), pairs[:, 0].tolist(), strict=True)
    ]
    return np.array(called, dtype=object)[place.ravel()]


def _groups(ground: Land, village: Integers) -> Integers:
    """Give the village that names and numbers its own streets; the core does so as one."""
    return np.where(ground.seats.kind[village] == "core", CORE, village).astype(np.int64)


def addresses(ground: Land, net: Streets, gates: Gates) -> tuple[Texts, Integers]:
    """Give street name and door number of each gate.

    Numbers rise along the street, odd on the left and even on the right, and are unique on it. In villages (not in the
    core and the towns' seats) they go on from street to street, so that village and number alone name one house.
    """
    drawn = net.drawn
    group = _groups(ground, gates.village)
    keys, key = np.unique(np.column_stack([group, gates.street]), axis=0, return_inverse=True)
    key = key.ravel()
    along_m = shapely.line_locate_point(drawn.whole[gates.street], shapely.points(gates.foot))
    order = np.lexsort((along_m, gates.side, key))
    place = np.empty(len(order), dtype=np.int64)
    turn = pd.DataFrame({"key": key[order], "side": gates.side[order]}).groupby(["key", "side"]).cumcount()
    place[order] = turn.to_numpy()
    number = 2 * place + np.where(gates.side > 0, 1, 2)
    span = 2 * (pd.Series(place).groupby(key).max().to_numpy() + 1)
    before = pd.Series(span).groupby(keys[:, 0]).cumsum().to_numpy() - span
    seats = ground.seats.kind[np.maximum(keys[:, 0], 0)]
    number += np.where((keys[:, 0] == CORE) | (seats == "seat"), 0, before)[key]
    called = lane_names(drawn)[gates.street]
    through = drawn.seat[gates.street] == THROUGH
    called[through] = _through_names(ground, gates.village[through], gates.street[through])
    return called, number.astype(np.int64)
