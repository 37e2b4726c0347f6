"""What is tied to what, on a hamlet small enough to see: a street with numbers, a village without, a compound."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import shapely

from gis.find.gazetteer import Gazetteer, Kind
from gis.find.match_evidence import Footprints, Limits, Link, State, Subjects
from gis.find.match_places import Places
from gis.find.match_positions import near, of_areas
from gis.find.matching import Matches, matched

EAST, WEST = 1, 2
PEACH, THREE, PLUM, PLUM_TOO, PEACH_WEST = 11, 12, 13, 14, 21
PLACES = Places(
    Gazetteer(
        [
            (Kind.TOWN, "东镇"),
            (Kind.TOWN, "西镇"),
            *((Kind.VILLAGE, name) for name in ("桃源村", "三村", "梅岭村", "梅令村", "昔年坞")),
            (Kind.STREET, "虚拟路"),
            (Kind.COMPOUND, "水月花园"),
        ]
    ),
    {"东镇": frozenset({EAST}), "西镇": frozenset({WEST})},
    {
        "桃源村": frozenset({PEACH, PEACH_WEST}),
        "三村": frozenset({THREE}),
        "梅岭村": frozenset({PLUM}),
        "梅令村": frozenset({PLUM_TOO}),
        "昔年坞": frozenset({PLUM}),  # what 梅岭村 was called
    },
    {PEACH: EAST, THREE: EAST, PLUM: EAST, PLUM_TOO: EAST, PEACH_WEST: WEST},
)
HOUSES = [
    ("B1", "东镇桃源村1号", EAST, PEACH, 2),
    ("B2", "东镇桃源村2号", EAST, PEACH, 2),
    ("B3", "东镇三村虚拟路1号", EAST, THREE, 3),
    ("B4", "东镇三村虚拟路2号", EAST, THREE, 3),
    ("B5", "东镇三村虚拟路9号水月花园1幢", EAST, THREE, 6),
    ("B6", "东镇三村虚拟路9号水月花园2幢", EAST, THREE, 6),
    ("B7", "西镇桃源村2号", WEST, PEACH_WEST, 2),
    ("B8", "东镇梅岭村5号", EAST, PLUM, 2),
    ("B9", None, EAST, PLUM, 2),
    ("B10", "东镇桃源村8号", EAST, PEACH, 2),
    ("B11", "东镇桃源村8号", EAST, PEACH, 1),
    ("B12", "东镇梅岭村6号", EAST, PLUM, 2),
    ("B13", "东镇梅令村石板弄6号", EAST, PLUM_TOO, 2),
]
SIDE_M, STEP_M = 10.0, 40.0
PLACE = {key: number for number, (key, *_) in enumerate(HOUSES)}


def middle(key: str, east_m: float = 0.0) -> shapely.Point:
    return shapely.Point(PLACE[key] * STEP_M + SIDE_M / 2 + east_m, SIDE_M / 2)


def footprints() -> Footprints:
    keys, addresses, towns, villages, floors = zip(*HOUSES, strict=True)
    shapes = [shapely.box(n * STEP_M, 0, n * STEP_M + SIDE_M, SIDE_M) for n in range(len(HOUSES))]
    return Footprints(
        list(keys), list(addresses), np.array(towns), np.array(villages), np.array(floors, float), np.array(shapes)
    )


def rows(
    addresses: Sequence[str | None],
    *,
    points: Sequence[shapely.Point | None] | None = None,
    codes: Sequence[str | None] | None = None,
    floors: Sequence[int | None] | None = None,
    village: int = -1,
) -> Subjects:
    count = len(addresses)
    placed = np.full(count, None, dtype=object)
    placed[:] = list(points) if points is not None else [None] * count
    towns = np.full(count, PLACES.town_of.get(village, -1))
    none = [None] * count
    keys = [f"U{number}" for number in range(count)]
    return Subjects(keys, codes or none, addresses, floors or none, placed, towns, np.full(count, village))


def tied(subjects: Subjects, limits: Limits | None = None) -> Matches:
    return matched(subjects, footprints(), PLACES, limits or Limits())


def link(
    address: str | None = None,
    *,
    point: shapely.Point | None = None,
    code: str | None = None,
    floor: int | None = None,
    village: int = -1,
) -> Link:
    """Tie one row."""
    return tied(rows([address], points=[point], codes=[code], floors=[floor], village=village)).links[0]


def house(found: Link) -> str | None:
    return HOUSES[found.footprint][0] if found.footprint >= 0 else None


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("东镇桃源村2号", "B2"),
        ("乌有县东镇桃源村贰号", "B2"),
        ("西镇桃源村2号", "B7"),
        ("虚拟路2号", "B4"),
        ("三村虚拟路2", "B4"),
        ("虚拟路9号水月花园2幢1单元301室", "B6"),
        ("水月花园二栋301室", "B6"),
        ("三村水月花园1-1-201", "B5"),
        ("梅岭村5号", "B8"),
        ("东镇昔年坞5号", "B8"),  # by its former name
        ("东镇梅玲村5号", "B8"),  # one character wrong
        ("东镇三村虚似路2号", "B4"),
        ("三村虚拟路9号水玥花园2幢", "B6"),
        ("桃源村1号", "B1"),  # 西镇 has a 桃源村, but the position of no row is needed: see below for number 2
    ],
)
def test_a_clear_address_is_tied(address: str, key: str) -> None:
    found = link(address, village=PEACH if address == "桃源村1号" else -1)
    assert (found.state, house(found), found.evidence) == (State.MATCHED, key, "address")


@pytest.mark.parametrize(
    ("address", "candidates"),
    [
        ("桃源村2号", {"B2", "B7"}),  # two towns have such a village
        ("虚拟路9号301室", {"B5", "B6"}),  # which block?
        ("东镇桃源村8号", {"B10", "B11"}),  # two houses of one number
        ("桃源村1号", {"B1"}),  # only one is stored, but the other town's number 1 may be missing
        ("东镇三村虚拟路2号水月花园7幢", {"B4"}),  # the house has no such block on record
        ("东镇梅领村6号", {"B12", "B13"}),  # 梅岭村 and 梅令村 are a character off, though one is in a lane
    ],
)
def test_what_an_address_leaves_open_is_ambiguous(address: str, candidates: set[str]) -> None:
    found = link(address)
    assert (found.state, found.footprint) == (State.AMBIGUOUS, -1)
    assert {HOUSES[each][0] for each in found.candidates} == candidates
    assert 0 < found.score < 0.5


@pytest.mark.parametrize("address", ["东镇桃源村77号", "东镇", "不详", None, "东镇桃源村2号旁边", "东镇三村假设路1号"])
def test_what_names_no_house_is_unmatched(address: str | None) -> None:
    found = link(address)
    assert (found.state, found.footprint, found.score, found.candidates) == (State.UNMATCHED, -1, 0.0, ())
    assert found.reason


def test_a_position_chooses_among_what_the_address_leaves_open() -> None:
    found = link("桃源村2号", point=middle("B7"))
    assert (found.state, house(found), found.evidence) == (State.MATCHED, "B7", "address+position")
    found = link("东镇桃源村8号", point=middle("B11", east_m=3))
    assert (found.state, house(found)) == (State.MATCHED, "B11")
    assert link("东镇桃源村8号", point=middle("B10", east_m=20)).state is State.AMBIGUOUS  # half way


def test_a_row_that_lies_in_another_town_than_the_one_house_left_is_ambiguous() -> None:
    assert link("桃源村1号", village=PEACH_WEST).state is State.AMBIGUOUS  # 1 is stored in the other 桃源村 alone


def test_the_village_that_a_row_lies_in_chooses_too() -> None:
    assert house(link("桃源村2号", village=PEACH_WEST)) == "B7"
    assert house(link("桃源村1号", village=PEACH)) == "B1"


def test_a_position_does_not_overrule_a_clear_address() -> None:
    found = link("东镇桃源村2号", point=middle("B3"))
    assert (found.state, house(found), found.evidence) == (State.MATCHED, "B2", "address")


def test_a_position_far_from_a_clear_address_makes_it_ambiguous() -> None:
    found = link("东镇桃源村2号", point=middle("B2", east_m=900))
    assert found.state is State.AMBIGUOUS
    assert [HOUSES[each][0] for each in found.candidates] == ["B2"]
    assert "地址与位置相距约" in found.reason


def test_a_position_in_a_house_counts_alone_unless_the_address_says_another() -> None:
    assert (house(link(point=middle("B9"))), link(point=middle("B9")).evidence) == ("B9", "position")
    assert house(link("东镇梅岭村77号", point=middle("B9"))) == "B9"  # whose own address is not on record
    contrary = link("东镇桃源村77号", point=middle("B2"))
    assert contrary.state is State.AMBIGUOUS
    assert "地址不同" in contrary.reason
    assert house(link("东镇桃源村1号旁边", point=middle("B9"))) == "B9"


def test_a_position_beside_a_house_counts_alone_only_where_such_positions_are_known_to_be_good() -> None:
    beside = middle("B9", east_m=9)
    assert link(point=beside).state is State.AMBIGUOUS
    many = [f"东镇桃源村{1 + n % 2}号" for n in range(60)]
    places = [middle(f"B{1 + n % 2}", east_m=6 + n / 30) for n in range(60)]
    found = tied(rows([*many, None], points=[*places, beside]))
    assert (found.trust.beside, found.trust.measured_beside) == (1.0, 60)
    assert house(found.links[-1]) == "B9"


def test_positions_that_disagree_with_clear_addresses_do_not_count_alone() -> None:
    many = [f"东镇桃源村{1 + n % 2}号" for n in range(60)]
    places = [middle(f"B{2 - n % 2}", east_m=n / 30) for n in range(60)]  # each in the neighbour's house
    found = tied(rows([*many, None], points=[*places, middle("B9")]))
    assert found.trust.inside == 0.0
    assert found.links[-1].state is State.AMBIGUOUS
    assert all(each.state is State.MATCHED for each in found.links[:-1])


def test_a_spot_shared_by_different_houses_is_a_village_and_no_position() -> None:
    found = tied(rows(["东镇桃源村1号", "东镇桃源村2号", "东镇三村虚拟路1号", None], points=[middle("B9")] * 4))
    assert [house(each) for each in found.links] == ["B1", "B2", "B3", None]
    assert "多户同点" in found.links[-1].reason


@pytest.mark.parametrize("code", ["B4", "b4", "Ｂ４", " B-4 "])
def test_a_code_is_read_however_it_is_written(code: str) -> None:
    found = link(code=code)
    assert (found.state, house(found), found.evidence) == (State.MATCHED, "B4", "code")


def test_a_code_and_an_address_that_agree_add_up_and_that_differ_are_ambiguous() -> None:
    both = link("三村虚拟路2号", code="B4")
    assert (house(both), both.evidence) == ("B4", "code+address")
    assert both.score > link(code="B4").score
    contrary = link("东镇桃源村2号", code="B4")
    assert contrary.state is State.AMBIGUOUS
    assert [HOUSES[each][0] for each in contrary.candidates] == ["B4", "B2"]
    assert house(link("桃源村2号", code="B7")) == "B7"  # it chooses what the address leaves open
    assert link(code="B4", point=middle("B4", east_m=900)).state is State.AMBIGUOUS
    assert "编号查无" in link("三村虚拟路2号", code="B99").reason


def test_storey_unit_and_room_come_from_the_row_or_its_address() -> None:
    found = link("水月花园2幢3单元502室")
    assert (found.floor, found.unit, found.room) == (5, "3", "502")
    assert link("水月花园2幢3单元502室", floor=4).floor == 4
    assert link("三村虚拟路2号9楼").state is State.AMBIGUOUS  # a house of three storeys
    assert "楼层高于房屋层数" in link(code="B4", floor=9).reason


def test_the_reasons_quote_no_address() -> None:
    texts = ["东镇桃源村2号", "桃源村2号", "东镇桃源村77号", "虚拟路9号301室", "东镇桃源村2号旁边"]
    for found in tied(rows(texts, points=[middle("B2", east_m=7)] * 5)).links:
        assert not any(word in found.reason for word in ("桃源", "虚拟", "77", "301"))


def test_the_same_rows_are_tied_alike_whatever_their_order() -> None:
    texts = ["东镇桃源村2号", "桃源村2号", "虚拟路9号301室", "水月花园二栋301室", "东镇梅玲村5号", None]
    forth, back = tied(rows(texts)).links, tied(rows(texts[::-1])).links
    assert forth == back[::-1]
    assert forth == tied(rows(texts)).links


def test_limits_are_arguments() -> None:
    far = rows(["东镇桃源村2号"], points=[middle("B2", east_m=900)])
    assert tied(far, Limits(far_m=1000)).links[0].state is State.MATCHED
    beside = rows([None] * 1, points=[middle("B9", east_m=12)])
    assert tied(beside, Limits(reach_m=5)).links[0].state is State.UNMATCHED
    assert tied(replace(beside)).links[0].state is State.AMBIGUOUS


def test_nothing_to_tie_and_nothing_to_tie_it_to() -> None:
    assert tied(rows([])).links == []
    none = Footprints([], [], np.array([], int), np.array([], int), np.array([]), np.array([], dtype=object))
    found = matched(rows(["东镇桃源村2号"], points=[middle("B2")]), none, PLACES, Limits())
    assert found.links[0].state is State.UNMATCHED


def test_what_is_near_is_what_looking_at_every_house_finds() -> None:
    rng = np.random.default_rng(7)
    shapes = np.array([shapely.box(x, y, x + 9, y + 9) for x, y in rng.uniform(0, 300, (80, 2))])
    points = np.full(201, None, dtype=object)
    points[:-1] = shapely.points(rng.uniform(0, 300, (200, 2)))
    found = near(points, shapes, reach_m=12)
    away = np.array([[point.distance(shape) for shape in shapes] for point in points[:-1]])
    first = away.argmin(axis=1)
    reached = away.min(axis=1) <= 12
    assert (found.footprint[:-1] == np.where(reached, first, -1)).all()
    assert (found.away_m[:-1][reached] == away.min(axis=1)[reached]).all()
    second = np.sort(away, axis=1)[:, 1]
    close = second <= 24
    assert (found.next_m[:-1][close] == second[close]).all()
    assert np.isinf(found.next_m[:-1][~close]).all()
    assert (found.footprint[-1], found.inside[-1]) == (-1, False)


def test_a_spot_of_one_house_is_its_own_however_many_live_there() -> None:
    flat, other = shapely.Point(1, 1), shapely.Point(2, 2)
    points = np.array([flat] * 5 + [other] * 3 + [None], dtype=object)
    houses = [("a",)] * 5 + [("a",), ("b",), ("c",)] + [None]
    assert of_areas(points, houses).tolist() == [False] * 5 + [True] * 3 + [False]
