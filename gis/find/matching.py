"""Rows tied to footprints by code, by address and by position: matched, ambiguous or unmatched, with score and reason.

The three kinds of evidence are read apart and then judged together, by rules that a planner can check; a rule names a
footprint or says why it does not, and nothing is matched by guess. A position narrows what an address leaves open; it
never overrules a clear address, and where they contradict each other the row is ambiguous. How far positions alone can
be trusted is measured on the rows at hand: of those whose address is clear, how many lie in the footprint it names.
(Deterministic record linkage with blocking; Fellegi and Sunter, JASA 64, 1969, for weights that add as independent
evidence.)
"""

from dataclasses import dataclass

from gis.find.match_addresses import NOWHERE
from gis.find.match_evidence import Evidence, Footprints, Limits, Link, State, Subjects, Trust, gathered, storey
from gis.find.match_places import Places

LISTED = 10
CODE, CLEAR, WRITTEN_WRONG, LOOSE, INSIDE, BESIDE = 0.98, 0.97, 0.93, 0.7, 0.9, 0.6
"""What each kind of evidence is worth alone; together 1 - (1 - a)(1 - b)."""


@dataclass(frozen=True, slots=True)
class Matches:
    """A link for each row, and how far positions could be trusted."""

    links: list[Link]
    trust: Trust


def matched(subjects: Subjects, footprints: Footprints, places: Places, limits: Limits) -> Matches:
    """Tie each row to a footprint, where the evidence names one alone. Same input, same links."""
    evidence = gathered(subjects, footprints, places, limits)
    trust = evidence.trust()
    return Matches([_Row(evidence, trust, row).link() for row in range(len(subjects.key))], trust)


class _Row:
    """One row before its judges: code first, then address, then position."""

    def __init__(self, evidence: Evidence, trust: Trust, row: int) -> None:
        self.evidence, self.trust, self.row = evidence, trust, row
        self.address = evidence.addresses[row]
        self.meant = evidence.meant[row]
        self.limits = evidence.limits
        self.own = bool(evidence.own[row])

    def link(self) -> Link:
        """Give what the row is tied to, with its storey, unit and room as the row says them."""
        code = self.evidence.by_code[self.row]
        if code != NOWHERE:
            found = self._by_code(code)
        elif len(self.meant.footprints) == 1:
            found = self._by_address(self.meant.footprints[0])
        elif self.meant.footprints:
            found = self._by_one_of(self.meant.footprints)
        else:
            found = self._by_position()
        reasons = [found.reason]
        if code == NOWHERE and self.evidence.subjects.code[self.row]:
            reasons.append("编号查无")
        floor = storey(self.evidence.subjects.floor[self.row], self.address)
        if found.state is State.MATCHED and self._too_high(found.footprint, floor):
            reasons.append("楼层高于房屋层数")
        return found._replace(reason="；".join(reasons), floor=floor, unit=self.address.unit, room=self.address.room)

    def _by_code(self, place: int) -> Link:
        clear, away = place in self.meant.footprints, self._away(place)
        if self._readable() and not self._agrees(place):
            return self._open("编号与地址各指一处", (place, *self.meant.footprints), CODE)
        if not clear and away is not None and away > self.limits.far_m:
            return self._open(f"编号与位置相距约{away:.0f}米", (place,), CODE)
        said = "编号相符" + ("，地址相符" if clear else "")
        return self._tied(place, {"code": CODE} | ({"address": self._worth()} if clear else {}), said)

    def _by_address(self, place: int) -> Link:
        away = self._away(place)
        if away is not None and away > self.limits.far_m:
            return self._open(f"地址与位置相距约{away:.0f}米", (place,), self._worth())
        near = away is not None and away <= self.limits.reach_m
        if not near and not (self.meant.clear and self.meant.fit.near < 2):
            return self._open(self._doubt(), (place, *self.meant.others), self._worth())
        wrong = "（个别字不同）" if self.meant.fit.near else ""
        return self._tied(place, {"address": self._worth()}, f"地址相符{wrong}")

    def _by_one_of(self, places: tuple[int, ...]) -> Link:
        """Let the position choose among footprints that fit the address alike; it must leave no other."""
        said = f"{len(places)}处房屋同样符合地址"
        ways = sorted((self._away(each) or 0.0, each) for each in places) if self.own else []
        if ways:
            (first_m, first), (second_m, _) = ways[:2]
            apart = second_m >= first_m + self.limits.reach_m
            inside = first_m == 0 < second_m and self.trust.counts(self.limits, inside=True)
            if first_m <= self.limits.reach_m and (apart or inside):
                return self._tied(first, {"address": LOOSE}, f"{said}，位置选定其一")
        return self._open(said, tuple(each for _, each in ways) or places, LOOSE / len(places))

    def _by_position(self) -> Link:
        position = self.evidence.position
        place, inside = int(position.footprint[self.row]), bool(position.inside[self.row])
        why = self._no_address()
        if place == NOWHERE:
            return Link(State.UNMATCHED, reason=f"{why}；{self._no_position()}")
        where = "位置在房屋内" if inside else "位置在房屋旁"
        worth = INSIDE if inside else BESIDE
        if not self.address.beside and not self._agrees(place):
            return self._open(f"{why}；{where}，但该房屋地址不同", (place,), worth)
        if not inside and not self.evidence.alone[self.row]:
            return self._open(f"{why}；位置附近不止一处房屋", (place,), worth)
        if not self.trust.counts(self.limits, inside=inside):
            return self._open(f"{why}；{where}，但此类位置不足以单独为凭", (place,), worth)
        return self._tied(place, {}, why)

    def _tied(self, place: int, worth: dict[str, float], reason: str) -> Link:
        """Tie the row; a position within reach adds its own weight and word."""
        away = self._away(place)
        if away is not None and away <= self.limits.reach_m:
            worth = worth | {"position": INSIDE if away == 0 else BESIDE}
            reason += "；位置在房屋内" if away == 0 else f"；位置距房屋{away:.0f}米"
        missing = 1.0
        for each in worth.values():
            missing *= 1 - each
        return Link(State.MATCHED, place, round(1 - missing, 4), "+".join(worth), reason)

    def _open(self, reason: str, candidates: tuple[int, ...], worth: float) -> Link:
        listed = tuple(dict.fromkeys(candidates))[:LISTED]
        return Link(State.AMBIGUOUS, score=round(worth / 2, 4), reason=reason, candidates=listed)

    def _away(self, place: int) -> float | None:
        return self.evidence.away_m(self.row, place)

    def _agrees(self, place: int) -> bool:
        return self.evidence.directory.fits(self.address, place)

    def _readable(self) -> bool:
        """Whether the address says a house, so that it can contradict a code."""
        address = self.address
        named = address.village or address.street or address.compound
        return bool(named and (address.number or address.block) and not address.beside)

    def _worth(self) -> float:
        if not self.meant.clear:
            return LOOSE
        return WRITTEN_WRONG if self.meant.fit.near else CLEAR

    def _doubt(self) -> str:
        if not self.meant.sure:
            return "不止一个镇街有此地名"
        return "地名有两处以上不同" if self.meant.fit.near > 1 else "地址的一部分在该房屋没有登记"

    def _no_address(self) -> str:
        if not self.evidence.subjects.address[self.row]:
            return "没有地址"
        if self.address.beside:
            return "地址写的是邻近处"
        return "没有房屋符合地址" if self._readable() else "地址读不出门牌"

    def _no_position(self) -> str:
        if self.own:
            return f"位置{self.limits.reach_m:g}米内没有房屋"
        return "没有位置" if self.evidence.subjects.point[self.row] is None else "位置不是本户的（多户同点）"

    def _too_high(self, place: int, floor: int | None) -> bool:
        storeys = self.evidence.footprints.floors[place]
        return floor is not None and 0 < storeys < floor
