"""What is known of each row before it is judged: what its code, its address and its position say, read apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import Geometries
from gis.find.address import Address, parsed
from gis.find.match_addresses import NOWHERE, Directory, Meant, directory
from gis.find.match_places import Places, with_names_of
from gis.find.match_positions import Near, near, of_areas
from gis.find.numerals import plain

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
MEASURED = 50
"""Rows with a clear address that it takes to say how far positions can be trusted."""


class State(Enum):
    """What became of a row."""

    MATCHED = "matched"
    AMBIGUOUS = "ambiguous"
    UNMATCHED = "unmatched"


@dataclass(frozen=True, slots=True)
class Limits:
    """How near is near: a position reaches `reach_m`, contradicts an address beyond `far_m`.

    Positions alone count where they agree with at least `agreement` of the clear addresses.
    """

    reach_m: float = 15.0
    far_m: float = 500.0
    agreement: float = 0.99


@dataclass(frozen=True, slots=True)
class Footprints:
    """The footprints: keys, addresses, places (ids, -1 in none), storeys (0 unknown) and shapes in storage metres."""

    key: Sequence[str]
    address: Sequence[str | None]
    town: Ints
    village: Ints
    floors: Floats
    shape: Geometries


@dataclass(frozen=True, slots=True)
class Subjects:
    """The rows to be tied: keys, and what each says: code of a footprint, address, storey, position.

    `town` and `village` are ids of those that it lies in or belongs to, -1 where none. A position
    that was worked out from the code is no evidence and is left empty.
    """

    key: Sequence[str]
    code: Sequence[str | None]
    address: Sequence[str | None]
    floor: Sequence[int | None]
    point: Geometries
    town: Ints
    village: Ints


class Link(NamedTuple):
    """What one row is tied to: the footprint's index (-1: none), how surely, by what, why, what else it could be."""

    state: State
    footprint: int = NOWHERE
    score: float = 0.0
    evidence: str = ""
    reason: str = ""
    candidates: tuple[int, ...] = ()
    floor: int | None = None
    unit: str = ""
    room: str = ""


@dataclass(frozen=True, slots=True)
class Trust:
    """How often positions mean the footprint that a clear address names, and of how many rows this was measured.

    Of positions in a footprint (`inside`) and of those beside one alone (`beside`); None where there were none.
    """

    inside: float | None
    beside: float | None
    measured_inside: int
    measured_beside: int

    def counts(self, limits: Limits, *, inside: bool) -> bool:
        """Whether such a position counts alone; one in a footprint also where there is too little to measure it by."""
        share, measured = (self.inside, self.measured_inside) if inside else (self.beside, self.measured_beside)
        return inside if share is None or measured < MEASURED else share >= limits.agreement


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known before rows are judged; lists in the order of the rows.

    `by_code` is the footprint that a row's code names, -1 where none; `own` tells positions that are a row's own and
    not an area's.
    """

    subjects: Subjects
    footprints: Footprints
    limits: Limits
    directory: Directory
    by_code: list[int]
    addresses: list[Address]
    meant: list[Meant]
    position: Near
    own: npt.NDArray[np.bool_]

    def away_m(self, row: int, footprint: int) -> float | None:
        """Give how far a row's own position lies from a footprint, 0 inside; None where it has none."""
        if not self.own[row]:
            return None
        return float(shapely.distance(self.subjects.point[row], self.footprints.shape[footprint]))

    def trust(self) -> Trust:
        """Measure positions against the addresses that are clear."""
        named = np.array([each.footprints[0] if each.clear and not each.fit.near else NOWHERE for each in self.meant])
        position, asked = self.position, named.reshape(-1) != NOWHERE
        agree = position.footprint == named
        inside, beside = asked & position.inside, asked & self.alone
        shares = [float(agree[each].mean()) if each.any() else None for each in (inside, beside)]
        return Trust(shares[0], shares[1], int(inside.sum()), int(beside.sum()))

    @property
    def alone(self) -> npt.NDArray[np.bool_]:
        """Which positions lie beside one footprint, with no other within its distance and the reach."""
        position = self.position
        clear_of_others = position.next_m >= position.away_m + self.limits.reach_m
        found: npt.NDArray[np.bool_] = (position.footprint != NOWHERE) & ~position.inside & clear_of_others
        return found


def gathered(subjects: Subjects, footprints: Footprints, places: Places, limits: Limits) -> Evidence:
    """Read codes, addresses and positions apart."""
    stored = [parsed(each, places.gazetteer) for each in footprints.address]
    known = with_names_of(places, stored)
    found = directory(known, stored, footprints.town, footprints.village, footprints.floors)
    addresses = [parsed(each, known.gazetteer) for each in subjects.address]
    empty = shapely.is_missing(subjects.point) | shapely.is_empty(subjects.point)
    own = ~(empty | of_areas(subjects.point, [_house(each) for each in addresses]))
    points = subjects.point.copy()
    points[~own] = None
    return Evidence(
        subjects=subjects,
        footprints=footprints,
        limits=limits,
        directory=found,
        by_code=_by_code(subjects.code, footprints.key),
        addresses=addresses,
        meant=[_meant(found, subjects, row, address) for row, address in enumerate(addresses)],
        position=near(points, footprints.shape, reach_m=limits.reach_m),
        own=own,
    )


def _meant(found: Directory, subjects: Subjects, row: int, address: Address) -> Meant:
    if address.beside:
        return Meant()
    return found.meant(
        address,
        town=int(subjects.town[row]),
        village=int(subjects.village[row]),
        floor=storey(subjects.floor[row], address),
    )


def storey(said: int | None, address: Address) -> int | None:
    """Give the storey of a row: the one it says itself, else its address's."""
    return said if said is not None else address.floor


def _by_code(codes: Sequence[str | None], keys: Sequence[str]) -> list[int]:
    """Give the footprint that each code names, as it stands or in its normal form; a form that two share names none."""
    exact = {key: place for place, key in enumerate(keys)}
    normal: dict[str, int] = {}
    for place, key in enumerate(keys):
        form = _normal(key)
        normal[form] = NOWHERE if form in normal else place
    return [NOWHERE if code is None else exact.get(code, normal.get(_normal(code), NOWHERE)) for code in codes]


def _normal(code: str) -> str:
    return "".join(each for each in plain(code) if each.isalnum())


def _house(address: Address) -> tuple[str, ...] | None:
    if not (address.number or address.block):
        return None
    return address.village, address.street, address.number, address.compound, address.block
