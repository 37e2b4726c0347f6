"""Who answers for the work of a worker on a day: that worker, who stands in, or who took over after leaving."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Why(StrEnum):
    """Why somebody answers, or nobody does, with its Chinese words."""

    OWN = "own"
    COVER = "cover"
    SUCCESSOR = "successor"
    NOBODY = "nobody"
    UNKNOWN = "unknown"
    EARLY = "early"
    LEFT = "left"
    ABSENT = "absent"
    LOOP = "loop"

    @property
    def zh(self) -> str:
        """The Chinese words."""
        return {
            "own": "本人",
            "cover": "替班",
            "successor": "接手",
            "nobody": "片区没有网格员",
            "unknown": "不在网格员名册",
            "early": "尚未到岗",
            "left": "已离岗，没有接手人",
            "absent": "请假，没有替班人",
            "loop": "替班或接手成环",
        }[self.value]


@dataclass(frozen=True, slots=True)
class Person:
    """A worker on a day: not begun yet, in service, or left; who took over after leaving, if anybody."""

    early: bool = False
    left: bool = False
    successor: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Who answers (None: nobody), why, and the codes that were asked one after the other, the first one's first."""

    worker: str | None
    why: Why
    chain: tuple[str, ...]

    @property
    def zh(self) -> str:
        """Why, in Chinese, and through whom where others were asked."""
        own = self.why in {Why.OWN, Why.NOBODY}
        return self.why.zh if own else f"{self.why.zh}：{' → '.join(self.chain)}"


def answering(codes: Iterable[str], people: Mapping[str, Person], away: Mapping[str, str | None]) -> dict[str, Answer]:
    """Give who answers for the work of each code on a day.

    `people` are those on the register, `away` those absent on the day with who stands in (None: nobody). Whoever left
    is followed by the successor, whoever is away by the one who stands in, as far as that leads. The reason is that of
    the first person where somebody answers in the end, that of the last where nobody does.
    """
    return {code: _followed(code, people, away) for code in codes}


def _followed(code: str, people: Mapping[str, Person], away: Mapping[str, str | None]) -> Answer:
    chain: list[str] = []
    first = Why.OWN
    following: str | None = code
    ended = Why.NOBODY
    while following is not None:
        if following in chain:
            return Answer(None, Why.LOOP, (*chain, following))
        chain.append(following)
        person = people.get(following)
        if person is None or person.early:
            return Answer(None, Why.UNKNOWN if person is None else Why.EARLY, tuple(chain))
        if not person.left and following not in away:
            return Answer(following, first, tuple(chain))
        if len(chain) == 1:
            first = Why.SUCCESSOR if person.left else Why.COVER
        ended = Why.LEFT if person.left else Why.ABSENT
        following = person.successor if person.left else away[following]
    return Answer(None, ended, tuple(chain))
