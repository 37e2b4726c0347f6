import string
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.find.address import Address, floor_of, parsed
from gis.find.gazetteer import Gazetteer, Kind

TOWNS = ("子虚镇", "镜花街道", "石柱镇", "无何乡")
VILLAGES = ("石柱村", "桃源村", "三村", "五里铺村", "水月社区", "昔年坞", "十八弯村")
STREETS = ("虚拟路", "石板弄", "八一路", "如果大街", "三号路", "仿佛巷")
COMPOUNDS = ("水月花园", "七星小区", "永联大厦", "华胥新村")
NAMES = Gazetteer(
    [
        *((Kind.TOWN, each) for each in TOWNS),
        *((Kind.VILLAGE, each) for each in VILLAGES),
        *((Kind.STREET, each) for each in STREETS),
        *((Kind.COMPOUND, each) for each in COMPOUNDS),
    ]
)

HOUSE: dict[str, object] = {"town": "子虚镇", "village": "桃源村", "number": "12"}
DOOR: dict[str, object] = {"street": "虚拟路", "number": "12"}
FLAT: dict[str, object] = {"compound": "水月花园", "block": "3", "unit": "2", "floor": 5, "room": "501"}
NO_UNIT = {name: value for name, value in FLAT.items() if name != "unit"}
WRITTEN: list[tuple[str, dict[str, object]]] = [
    # a house in a village
    ("子虚镇桃源村12号", HOUSE),
    ("子虚镇桃源村十二号", HOUSE),
    ("子虚镇桃源村１２号", HOUSE),
    ("子虚镇桃源村壹拾贰号", HOUSE),
    ("子虚镇桃源村012号", HOUSE),
    ("子虚镇桃源村12", HOUSE),
    ("子虚镇桃源村12#", HOUSE),
    ("子虚镇桃源村No.12", HOUSE),
    ("乌有县 子虚镇 桃源村 12 号", HOUSE),
    ("子虚镇，桃源村，12号。", HOUSE),
    ("子虚镇（桃源村）12号", HOUSE),
    ("子虚鎮桃源村12號", HOUSE),
    ("浙江省合成市乌有县子虚镇桃源村12号", HOUSE),
    ("合成市子虚镇桃源村12号", HOUSE),
    ("中国浙江省合成市子虚镇桃源村12号", HOUSE),
    ("子虚镇桃源行政村12号", HOUSE),
    ("子虚镇桃源村委会12号", HOUSE),
    ("子虚镇桃源社区12号", HOUSE),
    ("子虚桃源12号", HOUSE),
    ("12号 桃源村 子虚镇", HOUSE),
    ("桃源12号", {"village": "桃源村", "number": "12"}),
    ("子虚镇桃源村一百零三号", HOUSE | {"number": "103"}),
    ("子虚镇桃源村一〇三号", HOUSE | {"number": "103"}),
    ("子虚镇桃源村廿三号", HOUSE | {"number": "23"}),
    ("子虚镇桃源村二千零五十号", HOUSE | {"number": "2050"}),
    ("子虚镇桃源村12-1号", HOUSE | {"number": "12-1"}),
    ("子虚镇桃源村12－1号", HOUSE | {"number": "12-1"}),
    ("子虚镇桃源村12号-2", HOUSE | {"number": "12-2"}),
    ("子虚镇桃源村12号之2", HOUSE | {"number": "12-2"}),
    ("子虚镇桃源村十二号之二", HOUSE | {"number": "12-2"}),
    ("子虚镇桃源村12号附3号", HOUSE | {"number": "12-3"}),
    ("子虚镇桃源村附12号", HOUSE | {"number": "附12"}),
    ("子虚镇桃源村12甲号", HOUSE | {"number": "12甲"}),
    ("子虚镇桃源村甲12号", HOUSE | {"number": "12甲"}),
    ("子虚镇桃源村12号乙", HOUSE | {"number": "12乙"}),
    ("子虚镇桃源村3组12号", HOUSE | {"group": "3"}),
    ("子虚镇桃源村第三村民小组12号", HOUSE | {"group": "3"}),
    ("子虚镇桃源村石塘12号", HOUSE | {"place": "石塘"}),
    ("子虚镇桃源村石塘自然村12号", HOUSE | {"place": "石塘"}),
    ("子虚镇桃源村12号3楼", HOUSE | {"floor": 3}),
    ("子虚镇桃源村12号301室", HOUSE | {"floor": 3, "room": "301"}),
    ("石柱镇石柱村8号", {"town": "石柱镇", "village": "石柱村", "number": "8"}),
    ("石柱石柱村8号", {"town": "石柱镇", "village": "石柱村", "number": "8"}),
    ("子虚镇昔年坞12号", {"town": "子虚镇", "village": "昔年坞", "number": "12"}),
    ("镜花街道三村三组三号", {"town": "镜花街道", "village": "三村", "group": "3", "number": "3"}),
    ("镜花街道五里铺村五号", {"town": "镜花街道", "village": "五里铺村", "number": "5"}),
    ("无何乡十八弯村十八号", {"town": "无何乡", "village": "十八弯村", "number": "18"}),
    # names that nobody has, as written
    ("子虚镇桃园村12号", HOUSE | {"village": "桃园村"}),
    ("子墟镇桃源村12号", HOUSE | {"town": "子墟镇"}),
    ("子虚镇桃源村虚似路12号", HOUSE | {"street": "虚似路"}),
    # a house at a street
    ("虚拟路12号", DOOR),
    ("虚拟路12", DOOR),
    ("虚拟路一十二号", DOOR),
    ("镜花街道虚拟路12号", DOOR | {"town": "镜花街道"}),
    ("镜花街道五里铺村八一路八号", {"town": "镜花街道", "village": "五里铺村", "street": "八一路", "number": "8"}),
    ("镜花街道办事处水月社区虚拟路12号", DOOR | {"town": "镜花街道", "village": "水月社区"}),
    ("三号路三号", {"street": "三号路", "number": "3"}),
    ("虚拟路12-14号", DOOR | {"number": "12-14"}),
    ("虚拟路123弄4号", {"street": "虚拟路123弄", "number": "4"}),
    ("石板巷4号", {"street": "石板弄", "number": "4"}),
    ("虚拟路石板弄4号", {"street": "石板弄", "number": "4"}),
    ("镜花街道新桥巷4号", {"town": "镜花街道", "street": "新桥巷", "number": "4"}),
    ("桃源路12号", {"street": "桃源路", "number": "12"}),
    ("虚拟路12501室", DOOR | {"floor": 5, "room": "501"}),
    ("虚拟路12-301", DOOR | {"floor": 3, "room": "301"}),
    ("如果大街９９号二楼", {"street": "如果大街", "number": "99", "floor": 2}),
    ("如果大街99号地下一层", {"street": "如果大街", "number": "99", "floor": -1}),
    ("如果大街99号负1楼", {"street": "如果大街", "number": "99", "floor": -1}),
    ("如果大街99号B1层", {"street": "如果大街", "number": "99", "floor": -1}),
    ("虚拟路12号合成面馆", DOOR | {"unread": "合成面馆"}),
    ("合成面馆（虚拟路12号）", DOOR | {"unread": "合成面馆"}),
    # a flat in a compound
    ("水月花园3幢2单元501室", FLAT),
    ("水月花园3栋2单元501室", FLAT),
    ("水月花园3号楼2单元501", FLAT),
    ("水月花园3#楼2单元501", FLAT),
    ("水月花园三幢二单元五〇一室", FLAT),
    ("水月花园三座二单元五零一", FLAT),
    ("水月花园3-2-501", FLAT),
    ("水月花园３－２－５０１室", FLAT),
    ("水月花园3-501", NO_UNIT),
    ("水月花园3楼501室", NO_UNIT),
    ("水月花园A座1203室", {"compound": "水月花园", "block": "A", "floor": 12, "room": "1203"}),
    ("水月花园甲幢203", {"compound": "水月花园", "block": "甲", "floor": 2, "room": "203"}),
    ("水月花园12号", {"compound": "水月花园", "block": "12"}),
    ("虚拟路12号水月花园3幢2单元501室", DOOR | FLAT),
    ("虚拟路12水月花园3-2-501", DOOR | FLAT),
    ("虚拟路12号（水月花园）（3幢501室）", DOOR | NO_UNIT),
    ("水月花园3幢2单元501室虚拟路12号", DOOR | FLAT),
    ("七星小区7幢107室", {"compound": "七星小区", "block": "7", "floor": 1, "room": "107"}),
    ("镜花街道合成家园3幢201室", {"town": "镜花街道", "compound": "合成家园", "block": "3", "floor": 2, "room": "201"}),
    ("虚拟路12号合甫小区3幢", DOOR | {"compound": "合甫小区", "block": "3"}),
    ("虚拟路十二号合甫小区三幢", DOOR | {"compound": "合甫小区", "block": "3"}),
    ("永联大厦1203", {"compound": "永联大厦", "floor": 12, "room": "1203"}),
    ("永联大厦B座-1层", {"compound": "永联大厦", "block": "B", "floor": -1}),
    # beside something, or nothing at all
    ("虚拟路12号旁边", DOOR | {"beside": "旁边"}),
    ("虚拟路12号对面", DOOR | {"beside": "对面"}),
    ("虚拟路12号斜对面", DOOR | {"beside": "斜对面"}),
    ("虚拟路12号往东50米", DOOR | {"beside": "往东50米"}),
    ("虚拟路与八一路交叉口", {"street": "八一路", "beside": "交叉口", "unread": "与"}),
    ("子虚镇", {"town": "子虚镇"}),
    ("12号", {"number": "12"}),
    ("不详", {"unread": "不详"}),
    ("", {}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "parts"), WRITTEN)
def test_an_address_is_read_as_people_mean_it(text: str, parts: dict[str, object]) -> None:
    found = {name: value for name, value in parsed(text, NAMES)._asdict().items() if value not in {"", None}}
    assert found == parts


def test_no_address_has_no_parts() -> None:
    assert parsed(None, NAMES) == Address()


def said(number: int) -> str:
    """Say a number below 1,000 by places, written here anew."""
    digits = "零一二三四五六七八九"
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    text = digits[hundreds] + "百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else digits[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (digits[ones] if ones else "")


def in_full_width(text: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) if each in string.digits else each for each in text)


FIGURES: dict[str, Callable[[int], str]] = {
    "digits": str,
    "full": lambda number: in_full_width(str(number)),
    "said": said,
}
SPELT = FIGURES | {"said": lambda number: "".join("〇一二三四五六七八九"[int(each)] for each in str(number))}
doors = st.integers(1, 999)
flats = st.tuples(st.integers(1, 30), st.integers(1, 9), st.integers(1, 32), st.integers(1, 9))


@st.composite
def written(draw: st.DrawFn) -> tuple[str, Address]:
    """Draw an address in its parts and a way to write it."""
    town, village = draw(st.sampled_from(("", *TOWNS))), draw(st.sampled_from(("", *VILLAGES)))
    street = draw(st.sampled_from(STREETS if not village else ("", *STREETS)))
    script = draw(st.sampled_from(sorted(FIGURES)))
    number = draw(doors)
    mark = draw(st.sampled_from(("号", "#") if script != "said" else ("号",)))
    parts = Address(town=town, village=village, street=street, number=str(number))
    pieces = [town, village, f"{street}{FIGURES[script](number)}{mark}"]
    if draw(st.booleans()):
        block, unit, floor, place = draw(flats)
        room = 100 * floor + place
        compound = draw(st.sampled_from(COMPOUNDS))
        parts = parts._replace(compound=compound, block=str(block), unit=str(unit), floor=floor, room=str(room))
        inner = [f"{compound}{_inner(draw, script, (block, unit, room))}"]
        swapped = bool(street) and draw(st.booleans())
        pieces = [*pieces[:2], *inner, pieces[2]] if swapped else [*pieces, *inner]
    stop = draw(st.sampled_from(("", " ", "，", ", ", "　")))
    county = draw(st.sampled_from(("", "乌有县", "浙江省合成市乌有县")))
    return county + stop.join(each for each in pieces if each), parts


def _inner(draw: st.DrawFn, script: str, flat: tuple[int, int, int]) -> str:
    block, unit, room = flat
    if draw(st.booleans()):
        return f"{block}-{unit}-{room}" + draw(st.sampled_from(("", "室")))
    word = draw(st.sampled_from(("幢", "栋", "座", "号楼")))
    figure = FIGURES[script]
    return f"{figure(block)}{word}{figure(unit)}单元{SPELT[script](room)}{draw(st.sampled_from(('室', '')))}"


@given(written())
def test_what_is_composed_is_read_back_however_it_is_written(case: tuple[str, Address]) -> None:
    text, parts = case
    assert parsed(text, NAMES) == parts


@given(
    st.text(
        alphabet="子虚镇桃源村虚拟路水月花园号幢单元室楼层弄附之甲A-#十二零〇0123456789 ，（）旁对面米", max_size=30
    )
)
def test_whatever_is_written_is_read_without_a_failure(text: str) -> None:
    found = parsed(text, NAMES)
    assert found.floor is None or -9 <= found.floor <= 200
    assert "|" not in "".join(str(each) for each in found)


@given(st.text(max_size=40))
def test_no_text_at_all_makes_the_reader_fail(text: str) -> None:
    parts = "".join(str(each) for each in parsed(text, NAMES))
    assert not any("\ue000" <= each <= "\ue00f" for each in parts)  # the marks that stand for names


@pytest.mark.parametrize(
    ("room", "storey"), [("501", 5), ("1203", 12), ("A301", 3), ("5", None), ("012", None), ("", None)]
)
def test_a_room_says_its_storey(room: str, storey: int | None) -> None:
    assert floor_of(room) == storey
