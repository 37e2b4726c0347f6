"""Who answers, against following everybody's next one step at a time, and in the cases a planner asks about."""

from hypothesis import given
from hypothesis import strategies as st

from gis.plan.cover import Answer, Person, Why, answering

CODES = ("a", "b", "c", "d", "e")
SOMEBODY = st.one_of(st.none(), st.sampled_from((*CODES, "stranger")))
PEOPLE = st.dictionaries(st.sampled_from(CODES), st.builds(Person, st.booleans(), st.booleans(), SOMEBODY))


@given(people=PEOPLE, away=st.dictionaries(st.sampled_from(CODES), SOMEBODY))
def test_who_answers_is_where_everybodys_next_leads(people: dict[str, Person], away: dict[str, str | None]) -> None:
    step: dict[str | None, str | None] = {None: None, "stranger": None}
    serving = {code for code, person in people.items() if not person.early and not person.left and code not in away}
    for code in CODES:
        person = people.get(code)
        if person is None or person.early:
            step[code] = None
        elif code in serving:
            step[code] = code
        else:
            step[code] = person.successor if person.left else away[code]
    found = answering(CODES, people, away)
    for code in CODES:
        end: str | None = code
        for _ in range(len(CODES) + 1):
            end = step[end]
        assert found[code].worker == (end if end in serving else None)
        assert found[code].chain[0] == code
        assert (found[code].why is Why.LOOP) == (len(set(found[code].chain)) < len(found[code].chain))
        assert (found[code].why is Why.OWN) == (code in serving)


def test_a_chain_of_covers_is_followed_and_a_loop_is_named() -> None:
    people = {code: Person() for code in "abc"} | {"d": Person(left=True, successor="a")}
    found = answering("abcd", people, {"a": "b", "b": "c"})
    assert found["a"] == Answer("c", Why.COVER, ("a", "b", "c"))
    assert found["d"] == Answer("c", Why.SUCCESSOR, ("d", "a", "b", "c"))
    looped = answering("ad", people, {"a": "b", "b": "a"})
    assert looped["a"] == Answer(None, Why.LOOP, ("a", "b", "a"))
    assert looped["d"] == Answer(None, Why.LOOP, ("d", "a", "b", "a"))


def test_why_nobody_answers_is_said_of_the_last_who_was_asked() -> None:
    people = {"a": Person(), "b": Person(early=True), "c": Person(left=True)}
    assert answering("a", people, {"a": None})["a"] == Answer(None, Why.ABSENT, ("a",))
    assert answering("a", people, {"a": "b"})["a"] == Answer(None, Why.EARLY, ("a", "b"))
    assert answering("a", people, {"a": "c"})["a"] == Answer(None, Why.LEFT, ("a", "c"))
    assert answering("a", people, {"a": "x"})["a"] == Answer(None, Why.UNKNOWN, ("a", "x"))
