"""Which footprints an address can mean: those that agree with it in all parts that both have.

Footprints are looked up in blocks (village and number, street and number, compound and block), so that a county of
addresses is compared with a county of footprints in one pass (blocking: Christen, Data Matching, 2012, ch. 4). A name
that no place bears may be off by a character or two (Levenshtein); one that some place bears is meant as it stands.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Levenshtein

from gis.find.address import Address
from gis.find.gazetteer import LANES, Kind
from gis.find.match_places import Places

Ints = npt.NDArray[np.int64]
NOWHERE = -1
LANE = re.compile(f"(?:{'|'.join(LANES)})$")
Block = tuple[str, str | int, str]


class Fit(NamedTuple):
    """How well a footprint fits an address; smaller is better, none contradicts it.

    `near` names are off by a character or two, `loose` parts are said of the row alone, `open` ones of the footprint
    alone.
    """

    near: int
    loose: int
    open: int


class Meant(NamedTuple):
    """What an address means: the footprints that fit it best, how well, and whether other places bear its names.

    `sure` tells that one town alone can be meant. No footprint: nothing fits.
    """

    footprints: tuple[int, ...] = ()
    fit: Fit = Fit(0, 0, 0)
    sure: bool = True
    others: tuple[int, ...] = ()

    @property
    def clear(self) -> bool:
        """Whether it means one footprint, with nothing said of it that is not on record."""
        return len(self.footprints) == 1 and self.fit.loose == 0 and self.sure


class Named(NamedTuple):
    """The places that an address names, by internal id; empty where it names none. `near`: names read as others."""

    towns: frozenset[int]
    villages: frozenset[int]
    near: int


@dataclass(slots=True)
class Directory:
    """The footprints of a county, ready to be asked for an address; built once by `directory`.

    `blocks` are the footprints by what they share, `spread` the towns in which a name is borne, `read` what pairs of
    names of town and village were found to mean.
    """

    places: Places
    addresses: Sequence[Address]
    town: Ints
    village: Ints
    floors: npt.NDArray[np.float64]
    blocks: dict[Block, list[int]] = field(default_factory=dict)
    spread: dict[tuple[Kind, str], frozenset[int]] = field(default_factory=dict)
    read: dict[tuple[str, str], Named] = field(default_factory=dict)

    def fits(self, address: Address, place: int) -> bool:
        """Whether nothing in an address contradicts a footprint."""
        return self._fit(address, self._named(address), place, None) is not None

    def meant(
        self, address: Address, *, town: int = NOWHERE, village: int = NOWHERE, floor: float | None = None
    ) -> Meant:
        """Give what an address means; `town` and `village` are its row's own, used where the names leave it open."""
        named = self._named(address)
        fits: dict[Fit, list[int]] = defaultdict(list)
        for each in self._candidates(address, named):
            fit = self._fit(address, named, each, floor)
            if fit is not None:
                fits[fit].append(each)
        if not fits:
            return Meant()
        ranked = sorted(fits)
        towns = self._towns(address, named)
        towns = towns & {town} if len(towns) > 1 and town in towns else towns
        best = sorted(each for fit in ranked if _as_good(fit, ranked[0]) for each in fits[fit])
        if len(best) > 1:
            best = [each for each in best if self.town[each] in towns] or best
        if len(best) > 1:
            best = [each for each in best if self.village[each] == village] or best
        others = tuple(sorted({each for of in fits.values() for each in of} - set(best)))
        sure = len(towns) <= 1 and all(self._lies_in(each, towns, address) for each in best)
        return Meant(tuple(best), ranked[0], sure, others)

    def _lies_in(self, place: int, towns: frozenset[int], address: Address) -> bool:
        """Whether a footprint lies in the one town that can be meant, or says so of itself."""
        return not towns or self.town[place] in towns or self.addresses[place].town == address.town != ""

    def _named(self, address: Address) -> Named:
        names = address.town, address.village
        if names not in self.read:
            self.read[names] = self._read(address)
        return self.read[names]

    def _read(self, address: Address) -> Named:
        places = self.places
        towns = places.towns.get(address.town, frozenset())
        near = 0
        if address.town and not towns:
            towns = _nearest(address.town, tuple(places.towns.items()))
            near += bool(towns)
        villages = places.villages.get(address.village, frozenset())
        if address.village and not villages:
            villages = _nearest(address.village, places.within(towns))
            near += bool(villages)
        if towns and villages:
            villages = frozenset(each for each in villages if places.town_of.get(each, NOWHERE) in {*towns, NOWHERE})
        return Named(towns, villages, near)

    def _candidates(self, address: Address, named: Named) -> set[int]:
        found: set[int] = set()
        for block in self._asked(address, named):
            found.update(self.blocks.get(block, ()))
        return found

    def _asked(self, address: Address, named: Named) -> Iterable[Block]:
        if address.number and address.street:
            yield "street", address.street, address.number
            if not named.villages:
                yield from (("street", each, address.number) for each in self._streets(address.street, named.towns))
        if address.number:
            yield from (("village", each, address.number) for each in named.villages)
        if address.compound:
            yield "compound", address.compound, address.block
        if address.block:
            yield from (("in village", each, address.block) for each in named.villages)

    def _streets(self, name: str, towns: frozenset[int]) -> list[str]:
        """Give the streets of these towns (of all, where none is named) that a name which none bears may be."""
        if self.places.gazetteer.knows(Kind.STREET, name):
            return []
        return [
            other
            for (kind, other), found_in in self.spread.items()
            if kind is Kind.STREET and (not towns or found_in & towns) and _alike(name, other)
        ]

    def _fit(self, address: Address, named: Named, place: int, floor: float | None) -> Fit | None:
        """Give how a footprint fits, None where it contradicts the address."""
        own = self.addresses[place]
        if named.villages and not named.villages & self._villages(place):
            return None
        if address.village and not named.villages and not _alike(address.village, own.village):
            return None
        if named.towns and self.town[place] not in named.towns and own.town != address.town:
            return None
        house = bool(address.compound and address.block and address.block == own.block)
        door = bool(address.number and address.number == own.number)
        near, loose, opened = named.near, 0, 0
        meant = self._meant_by_place(address, own)
        if meant:
            address = address._replace(**{meant: getattr(own, meant)}, place="")
            near += 1
        for name, said, here, needless in (
            ("street", address.street, own.street, house),
            ("number", address.number, own.number, house),
            ("compound", address.compound, own.compound, door and not address.block and not own.block),
            ("block", address.block, own.block, False),
            ("place", address.place, own.place, False),
            ("group", address.group, own.group, False),
        ):
            if said == here or (needless and not (said and here)):
                continue
            if said and here:
                if name in {"number", "block", "group"} or not self._off(name, said, here):
                    return None
                near += 1
            loose += bool(said and not here and name != "group")
            opened += bool(here and not said)
        storeys = self.floors[place]
        loose += bool(floor is not None and storeys > 0 and floor > storeys)
        return Fit(near, loose, opened)

    def _meant_by_place(self, address: Address, own: Address) -> str:
        """Give which part of a footprint's address a name of no kind is, written wrong in its last word."""
        if not address.place or own.place:
            return ""
        parts = ("street", address.street, own.street), ("compound", address.compound, own.compound)
        return next((name for name, said, here in parts if not said and _alike(address.place, here)), "")

    def _off(self, name: str, said: str, here: str) -> bool:
        """Whether one name is the other, written wrong: no place may bear it as it stands."""
        kind = {"street": Kind.STREET, "compound": Kind.COMPOUND}.get(name)
        known = kind is not None and self.places.gazetteer.knows(kind, said)
        return not known and _alike(said, here)

    def _villages(self, place: int) -> frozenset[int]:
        told = self.places.villages.get(self.addresses[place].village, frozenset())
        return told | {int(self.village[place])}

    def _towns(self, address: Address, named: Named) -> frozenset[int]:
        """Give the towns in which all the names of an address are borne."""
        parts = [named.towns, frozenset(self.places.town_of.get(each, NOWHERE) for each in named.villages)]
        parts += [
            self.spread.get((kind, name), frozenset())
            for kind, name in ((Kind.STREET, address.street), (Kind.COMPOUND, address.compound))
            if name
        ]
        parts = [each - {NOWHERE} for each in parts]
        return frozenset.intersection(*(each for each in parts if each)) if any(parts) else frozenset()


def directory(
    places: Places, addresses: Sequence[Address], town: Ints, village: Ints, floors: npt.NDArray[np.float64]
) -> Directory:
    """Give the directory of footprints; arrays in their order, ids -1 where they lie in none, 0 floors: unknown."""
    found = Directory(places, addresses, town, village, floors)
    blocks: dict[Block, list[int]] = defaultdict(list)
    spread: dict[tuple[Kind, str], set[int]] = defaultdict(set)
    for place, own in enumerate(addresses):
        here = places.villages.get(own.village, frozenset()) | {int(village[place])}
        if own.number:
            if own.street:
                blocks["street", own.street, own.number].append(place)
            for each in here:
                blocks["village", each, own.number].append(place)
        if own.compound:
            blocks["compound", own.compound, own.block].append(place)
        if own.block:
            for each in here:
                blocks["in village", each, own.block].append(place)
        for kind, name in ((Kind.STREET, own.street), (Kind.COMPOUND, own.compound)):
            if name:
                spread[kind, name].add(int(town[place]))
    found.blocks = dict(blocks)
    found.spread = {name: frozenset(towns) for name, towns in spread.items()}
    return found


def _as_good(fit: Fit, best: Fit) -> bool:
    """Whether a fit is no worse than the best; among names written wrong, what is left unsaid decides nothing."""
    return fit == best or (best.near > 0 and fit[:2] == best[:2])


def _alike(one: str, other: str) -> bool:
    """Whether two names of three characters or more are a character apart, of five or more two; 弄 is 巷."""
    least = min(len(one), len(other))
    allowed = 0 if least < 3 else 1 if least < 5 else 2
    if not allowed or abs(len(one) - len(other)) > allowed:
        return False
    return Levenshtein.distance(_in_one_word(one), _in_one_word(other), score_cutoff=allowed) <= allowed


def _in_one_word(name: str) -> str:
    return LANE.sub("巷", name) if name.endswith(LANES) else name


def _nearest(name: str, named: Sequence[tuple[str, frozenset[int]]]) -> frozenset[int]:
    """Give the ids of the names that a wrong one may be: all those at the least distance, none where none is alike."""
    least, found = 3, frozenset[int]()
    for other, ids in named:
        if not _alike(name, other):
            continue
        distance = Levenshtein.distance(name, other)
        if distance < least:
            least, found = distance, ids
        elif distance == least:
            found |= ids
    return found
