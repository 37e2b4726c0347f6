"""The county's own names of places, found in a text: towns, villages, streets and compounds, by longest match.

Nothing is hard-coded: the names are those stored, with the names that places had before and those other tables give
them. A name is also known without its last word (石柱 for 石柱镇) where that names one place alone and what follows
does not make it another; of a town and a village so called, the town is meant where another name follows. A lane is
known by either word for one (弄, 巷).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """What a name names, widest first."""

    TOWN = "town"
    VILLAGE = "village"
    STREET = "street"
    COMPOUND = "compound"


ENDINGS = {
    Kind.TOWN: ("街道办事处", "街道", "镇", "乡"),
    Kind.VILLAGE: ("村民委员会", "居民委员会", "村委会", "居委会", "行政村", "自然村", "社区", "村"),
    Kind.STREET: (),
    Kind.COMPOUND: ("小区",),
}
LANES = ("弄", "巷", "里弄", "胡同")
MAKES_ANOTHER = frozenset("路街巷弄道里小花新公家苑大厦广场山别府城庭湾园中心宿市商工")
"""First characters of words that make another name of what stands before them: 桃源 in 桃源路 is no village."""


class Found(NamedTuple):
    """A name in a text: where it begins and ends, what it names, and the stored name that it is."""

    start: int
    end: int
    kind: Kind
    name: str


class Gazetteer:
    """The names of a county, ready to be found in texts; names of one character are left out."""

    def __init__(self, names: Iterable[tuple[Kind, str]]) -> None:
        whole: dict[str, tuple[Kind, str]] = {}
        other: dict[str, set[tuple[Kind, str]]] = defaultdict(set)
        bare: dict[str, set[tuple[Kind, str]]] = defaultdict(set)
        order = list(Kind)
        self.names = frozenset((kind, name) for kind, name in names if len(name) >= 2)
        for kind, name in sorted(self.names, key=lambda pair: (order.index(pair[0]), pair[1])):
            whole.setdefault(name, (kind, name))
            for alias in _respelt(kind, name):
                other[alias].add((kind, name))
            for alias in _shortened(kind, name):
                bare[alias].add((kind, name))
        self._whole = whole | {name: next(iter(of)) for name, of in other.items() if name not in whole and len(of) == 1}
        self._bare = {name: next(iter(of)) for name, of in bare.items() if name not in self._whole and len(of) == 1}
        self._towns = {name: town for name, of in bare.items() if len(of) > 1 for kind, town in of if kind is Kind.TOWN}
        every = (*self._whole, *self._bare, *self._towns)
        self._heads = {name[:2] for name in every}
        lengths = {len(name) for name in every}
        self._lengths = tuple(sorted(lengths, reverse=True))

    def knows(self, kind: Kind, name: str) -> bool:
        """Whether a place of this kind is called so."""
        return (kind, name) in self.names

    def found(self, text: str) -> Iterator[Found]:
        """Give the names in a text from left to right, the longest where several begin at one place."""
        at, last = 0, len(text) - 1
        while at < last:
            name = self._at(text, at) if text[at : at + 2] in self._heads else None
            if name is None:
                at += 1
            else:
                yield name
                at = name.end

    def _at(self, text: str, at: int) -> Found | None:
        for length in self._lengths:
            piece = text[at : at + length]
            if len(piece) < length:
                continue
            if piece in self._whole:
                return Found(at, at + length, *self._whole[piece])
            if piece in self._bare and text[at + length : at + length + 1] not in MAKES_ANOTHER:
                kind, name = self._bare[piece]
                return Found(at, at + length + _wrong_ending(name[length:], text[at + length :]), kind, name)
            if piece in self._towns and text[at + length : at + length + 2] in self._heads:
                return Found(at, at + length, Kind.TOWN, self._towns[piece])
        return None


def _wrong_ending(ending: str, text: str) -> int:
    """Give how much of a text is the ending of a name with one character wrong: 设区 for 社区."""
    told = text[: len(ending)]
    wrong = sum(one != other for one, other in zip(ending, told, strict=False))
    return len(ending) if len(told) == len(ending) >= 2 and wrong == 1 else 0


def _respelt(kind: Kind, name: str) -> list[str]:
    """Give other whole spellings: a village by any word for one, a lane by either word for it."""
    if kind is Kind.STREET:
        return [name.removesuffix(lane) + other for lane in LANES if name.endswith(lane) for other in LANES]
    base = _base(kind, name)
    return [base + ending for ending in ENDINGS[kind]] if len(base) >= 2 else []


def _shortened(kind: Kind, name: str) -> list[str]:
    base = _base(kind, name)
    return [base] if len(base) >= 2 and base != name else []


def _base(kind: Kind, name: str) -> str:
    ending = next((each for each in ENDINGS[kind] if name.endswith(each)), "")
    return name.removesuffix(ending)
