"""One worker's outing: every visit once or named, hours and shift kept, parts of one door told as one stop."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gis.plan.outing import DUE, EARLY, MOST_S, PLANNED, Outing, Terms, Visits, outing
from gis.plan.routes import Effort

Floats = NDArray[np.float64]
DAY_S = 24 * 3600
EFFORT = Effort(steps=150)


def visits(door: list[int], **changed: object) -> Visits:
    """Give visits of ten minutes at doors, each in a house of its own beside the street."""
    count = len(door)
    usual: dict[str, object] = {
        "house": np.arange(count),
        "aside_m": np.zeros(count),
        "service_s": 600,
        "opens_s": 0,
        "closes_s": DAY_S,
        "urgency": PLANNED,
    }
    values = {name: np.broadcast_to(np.asarray(each), count) for name, each in (usual | changed).items()}
    return Visits(np.array(door), **values)


def along(*places: float) -> Floats:
    """Give the metres between places on one straight street."""
    at = np.array(places, dtype=float)
    return np.asarray(np.abs(at[:, None] - at[None]))


def terms(hours: float = 8.0, **changed: object) -> Terms:
    usual: dict[str, object] = {"pace": 1.0, "worth_m": 150.0, "effort": EFFORT} | changed
    return Terms(8 * 3600, 8 * 3600 + round(hours * 3600), **usual)  # type: ignore[arg-type]  # one thing changed


def done(found: Outing) -> list[int]:
    return sorted(visit for halt in found.halts for visit in halt.visits.tolist())


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_every_visit_is_made_once_in_its_hours_and_shift_or_named(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 9))
    opens = np.array(data.draw(st.lists(st.integers(7, 12), min_size=count, max_size=count))) * 3600
    wanted = visits(
        data.draw(st.lists(st.integers(1, 4), min_size=count, max_size=count)),
        service_s=np.array(data.draw(st.lists(st.integers(60, 3600), min_size=count, max_size=count))),
        opens_s=opens,
        closes_s=opens + data.draw(st.integers(1, 8)) * 3600,
        urgency=np.array(data.draw(st.lists(st.integers(EARLY, DUE), min_size=count, max_size=count))),
        house=np.array(data.draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))),
        aside_m=np.full(count, 20.0),
    )
    asked = terms(data.draw(st.floats(0.5, 6)))
    found = outing(wanted, along(0, 100, 250, 300, 1000), asked)
    named = sorted([*done(found), *found.missed.tolist(), *found.unreachable.tolist()])
    must = set(np.flatnonzero(wanted.urgency != EARLY).tolist())
    assert len(named) == len(set(named))
    assert must <= set(named)
    assert not set(found.missed.tolist()) - must
    for halt in found.halts:
        assert asked.start_s <= found.leave_s <= halt.arrive_s <= halt.leave_s <= found.back_s <= asked.end_s
        ahead_s = np.cumsum(wanted.service_s[halt.visits][::-1])[::-1]  # from each visit on
        assert (halt.leave_s - ahead_s >= wanted.opens_s[halt.visits]).all()
        assert halt.arrive_s + ahead_s[0] <= halt.leave_s
        assert wanted.opens_s[halt.visits[0]] <= halt.arrive_s <= wanted.closes_s[halt.visits[0]]
    assert found.bound_m <= found.metres + 1e-6


def test_visits_at_one_door_are_one_halt_even_where_they_take_longer_than_a_part() -> None:
    found = outing(visits([1] * 12 + [2]), along(0, 100, 200), terms())
    assert sorted(len(halt.visits) for halt in found.halts) == [1, 12]
    assert found.metres == 400
    assert MOST_S < 12 * 600


def test_the_way_from_the_street_is_walked_once_for_each_house() -> None:
    wanted = visits([1, 1, 1], house=np.array([7, 7, 8]), aside_m=np.array([30.0, 30.0, 5.0]))
    (halt,) = outing(wanted, along(0, 100), terms()).halts
    assert halt.leave_s - halt.arrive_s == 3 * 600 + 2 * 30 + 2 * 5


def test_of_a_day_too_short_the_visits_that_are_due_are_made() -> None:
    wanted = visits([1, 2, 3, 4], service_s=1500, urgency=np.array([PLANNED, PLANNED, PLANNED, DUE]))
    found = outing(wanted, along(0, 10, 20, 30, 2000), terms(hours=1.6))
    assert 3 in done(found)
    assert len(found.missed) > 0


def test_an_early_visit_is_made_where_it_is_worth_the_detour() -> None:
    wanted = visits([1, 2], urgency=np.array([PLANNED, EARLY]))
    metres = along(0, 1000, 1060)
    assert done(outing(wanted, metres, terms(worth_m=130.0))) == [0, 1]
    left = outing(wanted, metres, terms(worth_m=110.0))
    assert (done(left), left.missed.tolist(), left.unreachable.tolist()) == ([0], [], [])


def test_what_no_street_leads_to_is_named_and_never_visited() -> None:
    metres = np.pad(along(0, 100), (0, 1), constant_values=np.inf)
    found = outing(visits([1, 2, 2], urgency=np.array([DUE, PLANNED, EARLY])), metres, terms())
    assert (done(found), found.unreachable.tolist(), found.missed.tolist()) == ([0], [1], [])


def test_where_nothing_can_be_made_nobody_moves() -> None:
    found = outing(visits([1]), np.full((2, 2), np.inf), terms())
    assert (found.halts, found.metres, found.bound_m, found.unreachable.tolist()) == ((), 0.0, 0.0, [0])


def test_on_one_street_the_way_is_there_and_back_and_so_is_its_bound() -> None:
    found = outing(visits([3, 1, 2]), along(0, 100, 400, 900), terms())
    assert found.metres == 1800
    assert found.bound_m == pytest.approx(1800)


def test_the_same_outing_comes_again() -> None:
    wanted = visits([1, 2, 3, 4, 2])
    first, second = (outing(wanted, along(0, 5, 80, 33, 61), terms(seed=3)) for _ in range(2))
    assert [(h.door, h.visits.tolist(), h.arrive_s) for h in first.halts] == [
        (h.door, h.visits.tolist(), h.arrive_s) for h in second.halts
    ]
