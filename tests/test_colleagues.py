"""What a worker lacks the skill for goes to colleagues: never to who lacks it too, and nothing is lost."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.plan.calendar import NEVER
from gis.plan.workdays import Workdays
from gis.run.colleagues import Colleagues
from gis.run.shifts import NOBODY, Room, Shifts
from gis.run.skills import knows
from gis.run.visits import Due

SKILLS = ("", "gas", "structure")
DAYS = 3


def crew(own: Sequence[Sequence[float]], goes: Sequence[Sequence[int]], skills: Sequence[str | None]) -> Shifts:
    worked = Workdays(tuple(date(2026, 6, 1 + day) for day in range(len(own[0]))), ())
    minutes, people = np.array(own), tuple(f"W-{number}" for number in range(len(own)))
    return Shifts(people, minutes, minutes, np.array(goes), worked, (), (), tuple(skills), ())


def due(rows: Sequence[tuple[str | None, str, float]], middles: dict[str, tuple[float, float]], every: int = 99) -> Due:
    """Give objects of 60 minutes on a line: whose area they lie in, which skill they need, and how far east."""
    frame = pd.DataFrame(list(rows), columns=["worker", "skill", "x"], dtype=object)
    frame = frame.assign(x=frame["x"].astype(float), y=0.0, minutes=60.0, every=every, brisk=0)
    return Due(frame, None, 1, None, tuple(sorted(middles)), {}, middles)


@st.composite
def places(draw: st.DrawFn) -> tuple[Shifts, Due]:
    """Give people of whom all or some have areas, with who goes for them on each day, and objects of their areas."""
    count = draw(st.integers(1, 5))
    own = np.array([[draw(st.sampled_from([0.0, 240.0, 480.0])) for _ in range(DAYS)] for _ in range(count)])
    goes = np.repeat(np.arange(count)[:, None], DAYS, axis=1)
    for person, day in zip(*np.nonzero(own == 0), strict=True):
        other = draw(st.integers(0, count - 1))
        goes[person, day] = other if own[other, day] > 0 else NOBODY
    skills = [draw(st.sampled_from([None, "both", "gas", "structure"])) for _ in range(count)]
    posts = [f"W-{number}" for number in range(draw(st.integers(1, count)))]
    row = st.tuples(st.sampled_from([*posts, None]), st.sampled_from(SKILLS), st.integers(0, 9).map(float))
    middles = {code: (float(draw(st.integers(0, 9))), 0.0) for code in posts}
    return crew(own.tolist(), goes.tolist(), skills), due(draw(st.lists(row, max_size=30)), middles)


@settings(max_examples=400, deadline=None)
@given(places())
def test_what_most_who_go_lack_the_skill_for_goes_to_who_has_it_and_nothing_is_lost(place: tuple[Shifts, Due]) -> None:
    people, asked = place
    frame, taken = Colleagues(people, asked.middles).dealt(asked, walk_minutes=0.0)
    number = {code: each for each, code in enumerate(people.people)}
    has = [code for code in asked.workers if people.own[number[code]].any()]
    moved = 0
    for was, now, skill, unable in zip(
        asked.frame["worker"], frame["worker"], frame["skill"], frame["unable"], strict=True
    ):
        if was is None:
            assert (now, unable) == (None, False)
            continue
        goers = [int(goer) for day, goer in enumerate(people.goes[number[was]]) if goer >= 0 and people.own[goer, day]]
        lack = sum(not knows(people.skills[each], skill) for each in goers)
        able = [code for code in has if knows(people.skills[number[code]], skill)]
        if lack * 2 > len(goers):
            moved += 1
            assert now in able if able else now is None
            assert unable == (not able)
        else:
            assert (now, unable) == (was, False)
    assert sum(each.objects for each in taken) == moved
    assert sum(each.minutes for each in taken) == 60.0 * moved


@settings(max_examples=300, deadline=None)
@given(places(), st.data())
def test_what_a_colleague_spares_is_given_to_nobody_else(place: tuple[Shifts, Due], data: st.DataObject) -> None:
    people, _ = place
    work = np.array([data.draw(st.sampled_from([0.0, 100.0, 900.0])) for _ in people.people])
    room, spent = Room(people, work), np.zeros_like(people.own)
    for post in room.order():
        held = room.of(post)
        assert (held >= 0).all()
        used = held * data.draw(st.sampled_from([0.3, 1.0]))
        for day in np.flatnonzero(used > 0).tolist():
            other, minutes = data.draw(st.integers(0, len(work) - 1)), float(used[day]) / 2
            if room.spared(other, day, minutes):
                used[day] -= minutes
                spent[other, day] += minutes
            spent[people.goes[post, day], day] += used[day]
        room.use(post, used)
    assert (spent <= people.own + 1e-6).all()


def test_the_nearest_takes_what_is_nearest_as_far_as_there_is_room_and_the_next_takes_the_rest() -> None:
    people = crew([[480.0]] * 3, [[0], [1], [2]], ["gas", "structure", "structure"])
    rows = [("W-0", "structure", float(x)) for x in range(8)]
    rows += [("W-1", "", 10.0)] * 4 + [("W-2", "", 30.0)]
    asked = due(rows, {"W-0": (4.0, 0.0), "W-1": (10.0, 0.0), "W-2": (30.0, 0.0)})
    frame, taken = Colleagues(people, asked.middles).dealt(asked, walk_minutes=0.0)
    assert frame["worker"].tolist()[:8] == ["W-2"] * 4 + ["W-1"] * 4
    assert [(each.worker, each.colleague, each.objects) for each in taken] == [("W-0", "W-1", 4), ("W-0", "W-2", 4)]


def test_who_goes_for_others_and_comes_again_has_less_room() -> None:
    goes = [[0, 0], [3, 3], [2, 2], [3, 3]]
    people = crew([[480.0] * 2, [0.0] * 2, [480.0] * 2, [480.0] * 2], goes, ["gas", "gas", "both", "both"])
    rows = [("W-0", "structure", float(x)) for x in range(4)] + [("W-1", "", 5.0)] * 6
    asked = due(rows, {"W-0": (0.0, 0.0), "W-1": (5.0, 0.0), "W-2": (90.0, 0.0), "W-3": (6.0, 0.0)}, every=1)
    _, taken = Colleagues(people, asked.middles).dealt(asked, walk_minutes=0.0)
    assert [(each.colleague, each.objects, each.minutes) for each in taken] == [("W-2", 2, 240.0), ("W-3", 2, 240.0)]


def test_on_a_day_of_a_stand_in_without_the_skill_the_nearest_with_minutes_left_goes() -> None:
    people = crew([[0.0], [480.0], [480.0], [50.0]], [[1], [1], [2], [3]], ["both", "gas", "both", "both"])
    middles = {f"W-{each}": (float(place), 0.0) for each, place in enumerate((0, 1, 50, 2))}
    asked = due([("W-0", "structure", 0.0), ("W-0", "gas", 0.0), ("W-0", "structure", 0.0)], middles)
    able = Colleagues(people, asked.middles)
    room = Room(people, np.array([180.0, 0.0, 0.0, 0.0]))
    rows = pd.DataFrame(
        {"row": [0, 1, 2], "day": [0, 0, NEVER], "why": None, "booked": [0, 0, NEVER], "moved_for": None}
    )
    found = able.replaced(rows, asked.frame, np.full(3, 60.0), 0, room)
    assert found["goer"].tolist() == [2, 1, 0]
    assert found["day"].tolist() == [0, 0, NEVER]
    assert found["moved_for"].tolist() == [None, None, None]
    alone = crew([[0.0], [480.0]], [[1], [1]], ["both", "gas"])
    left = Colleagues(alone, {"W-0": (0.0, 0.0), "W-1": (1.0, 0.0)}).replaced(
        rows.iloc[:1], asked.frame, np.full(3, 60.0), 0, Room(alone, np.array([180.0, 0.0]))
    )
    assert left[["goer", "day", "why", "moved_for"]].to_numpy().tolist() == [[0, NEVER, "no_skill", "no_skill"]]
