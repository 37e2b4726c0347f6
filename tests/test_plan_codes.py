"""Codes follow those that were ever used, in 15 digits and in 20."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import Refused
from gis.plan.codes import Codes, digits, own_digits

TOWNS, VILLAGES = {"t": "007"}, {"v": "201", "w": "202"}


def codes(*used: str, professional: str = "") -> Codes:
    return Codes("990001", used, TOWNS, VILLAGES, professional=professional)


def test_the_first_code_of_a_village_is_one_and_of_cells_across_too() -> None:
    given_codes = codes()
    assert given_codes.given("t", "v") == "990001007201001"
    assert given_codes.given("t", None) == "990001007000001"
    assert given_codes.given("t", "v") == "990001007201002"


@given(st.lists(st.sampled_from(["v", "w", None]), max_size=60), st.sets(st.integers(1, 400), max_size=30))
def test_no_code_is_given_that_was_used(asked: list[str | None], serials: set[int]) -> None:
    used = [f"990001007201{serial:03d}" for serial in serials] + ["01020399000100720100"]
    given_codes = codes(*used, professional="010203")
    pairs = [(given_codes.given("t", each), given_codes.professional("t", each, alone=True)) for each in asked]
    short, long = [one for one, _ in pairs], [str(other) for _, other in pairs]
    assert len({*short, *used}) == len(short) + len(used)
    assert len({*long, *used}) == len(long) + len(used)
    assert all(len(each) == 15 for each in short)
    assert all(len(each) == 20 for each in long)


def test_a_village_of_one_cell_is_not_subdivided_and_merged_ones_count_from_601() -> None:
    given_codes = codes(professional="010203")
    assert given_codes.professional("t", "v", alone=True) == "01020399000100720100"
    assert given_codes.professional("t", "v", alone=False) == "01020399000100720101"
    assert given_codes.professional("t", "w", alone=False) == "01020399000100720201"
    assert given_codes.professional("t", None, alone=False) == "01020399000100760100"
    assert given_codes.professional("t", None, alone=True) == "01020399000100760200"
    assert codes().professional("t", "v", alone=True) is None


def test_codes_that_run_out_are_refused() -> None:
    with pytest.raises(Refused, match="more than 999 cells"):
        codes("990001007201999").given("t", "v")
    with pytest.raises(Refused, match="no town elsewhere is stored"):
        codes().given("elsewhere", None)
    with pytest.raises(Refused, match="two digits for a serial"):
        codes("01020399000100720199", professional="010203").professional("t", "v", alone=False)


def test_digits_are_those_known_then_its_own_then_the_next_free() -> None:
    found = digits(["a", "b", "c", "d"], [None, "003", "002", None], {"a": "002", "z": "001"})
    assert found == {"a": "002", "b": "003", "c": "004", "d": "005"}


@pytest.mark.parametrize(
    ("key", "own"),
    [("990001007", "007"), ("990001000", None), ("way/3", None), ("9900010071", None), ("880001007", None)],
)
def test_only_a_code_that_begins_with_its_parents_has_digits_of_its_own(key: str, own: str | None) -> None:
    assert own_digits(key, "990001") == own
