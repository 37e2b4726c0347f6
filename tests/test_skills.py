"""Areas are dealt to workers so that the least work lacks its skill: against every way to deal them."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import Refused
from gis.run.crew import Crew
from gis.run.skills import dealt, lacking, lacks

SKILLS = ("gas", "structure")


def crew(*skills: str | None) -> Crew:
    return Crew(tuple(f"W{n}" for n in range(len(skills))), np.ones(len(skills)), None, (), skills)


@given(
    rows=st.lists(
        st.tuples(st.sampled_from((None, "both", *SKILLS)), st.integers(0, 9), st.integers(0, 9)),
        min_size=1,
        max_size=5,
    )
)
def test_no_other_deal_lacks_less(rows: list[tuple[str | None, int, int]]) -> None:
    given_crew, minutes = crew(*(row[0] for row in rows)), np.array([row[1:] for row in rows], dtype=float)
    away = lacking(given_crew, SKILLS, minutes)
    best = min(sum(away[worker, area] for area, worker in enumerate(order)) for order in permutations(range(len(rows))))
    lost = [
        n for n, skill in enumerate(SKILLS) if minutes[:, n].any() and not {None, "both", skill} & {*given_crew.skills}
    ]
    if lost:
        with pytest.raises(Refused, match=f"skill {SKILLS[lost[0]]}: expected a worker who has it"):
            dealt(given_crew, SKILLS, minutes)
        return
    found = dealt(given_crew, SKILLS, minutes)
    assert sorted(found.codes, key=str) == sorted(given_crew.codes, key=str)
    assert sum(each.minutes for each in lacks(found, SKILLS, minutes)) == pytest.approx(best)


def test_without_anything_lacking_everyone_keeps_the_place() -> None:
    given_crew = crew(None, "both", None)
    assert dealt(given_crew, SKILLS, np.ones((3, 2))).codes == given_crew.codes
