"""Addresses of the invented county: in the standard form, and as clerks write them down.

The standard order is the administrative one: county, town, village, street, number, compound, block, unit, room; in a
strip village the number follows the village's name. What clerks do to it is what matching has to undo.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

COUNTY = "乌有县"
DIGITS = "零一二三四五六七八九"
FULL = str.maketrans("0123456789", "０１２３４５６７８９")
PAIRS = (
    *("虚须", "乌吴", "梦孟", "幻换", "溪西", "源原", "桃陶", "海孩", "云芸", "空孔", "泽则", "华花", "安按", "黄皇"),
    *("水谁", "月阅", "方芳", "壶湖", "洲州", "何河", "浮福", "舟周", "青清", "飞非", "来莱", "若弱", "木目", "桑丧"),
    *("昆坤", "吾伍", "归规", "墟须", "想响", "像象", "示视", "演眼", "样洋", "例力", "如儒", "果裹", "假贾", "设社"),
    *("也野", "许徐", "大达", "概盖", "仿访", "佛弗", "镜竟", "子紫", "南男", "柯科", "楼娄", "石时", "山三", "东冬"),
)
HOMOPHONES = {pair[0]: pair[1] for pair in PAIRS} | {pair[1]: pair[0] for pair in PAIRS}
FORMER = [
    *("昔年", "旧梦", "前尘", "往昔", "故园", "当初", "曾经", "从前", "彼时", "依稀"),
    *("早先", "原先", "当年", "昨日", "前身", "旧称", "往年", "昔时", "旧时", "那年"),
]
ENDINGS = ("村", "坞", "头", "畈", "岙")
SLIPS = "甫苑枫岭晖彤朔霁岚汀"
"""What a slipping hand writes for a character that has no homophone here."""


class Place(NamedTuple):
    """An address in its parts; an empty text or 0 is a part that it lacks. A room is 100 × floor + its place."""

    town: str
    village: str
    street: str = ""
    number: int = 0
    compound: str = ""
    block: int = 0
    unit: int = 0
    room: int = 0


class Hand(NamedTuple):
    """How one clerk writes one address; `AT_REST` writes the standard form.

    `slip` is the place of a wrong character or -1; `swap` puts the compound before the street; `beside` names the
    neighbour's number and how one lies to it.
    """

    script: str = "digits"
    head: str = "town and village"
    block: str = "幢"
    mark: str = "号"
    blot: str = ""
    slip: int = -1
    swap: bool = False
    beside: str = ""


AT_REST = Hand()
SCRIPTS = {"digits": 0.78, "chinese": 0.10, "full": 0.06, "short": 0.06}
HEADS = {"town and village": 0.78, "county": 0.10, "village": 0.08, "town": 0.04}
BLOCKS = {"幢": 0.72, "栋": 0.12, "号楼": 0.12, "座": 0.04}
MARKS = {"号": 0.87, "": 0.07, "#": 0.03, "弄": 0.03}
BLOTS = {"": 0.92, " ": 0.04, "，": 0.02, "（）": 0.02}
BESIDES = {"": 0.996, "旁边": 0.001, "对面": 0.001, "隔壁": 0.001, "斜对面": 0.001}
SLIP, SWAP = 0.03, 0.015
"""How often clerks write so. `弄` exchanges the words for a lane; `（）` brackets what lies in a compound."""


def standard(place: Place) -> str:
    """Give the address in the standard form, without the county."""
    return written(place, AT_REST)


def hands(count: int, rng: Generator) -> list[Hand]:
    """Draw how each of `count` addresses is written: about one in three in the standard form."""
    chosen = [
        rng.choice(np.array(list(habit), dtype=object), count, p=list(habit.values())).tolist()
        for habit in (SCRIPTS, HEADS, BLOCKS, MARKS, BLOTS, BESIDES)
    ]
    slip = np.where(rng.random(count) < SLIP, rng.integers(0, 64, count), -1).tolist()
    swap = (rng.random(count) < SWAP).tolist()
    return [Hand(*row) for row in zip(*chosen[:5], slip, swap, chosen[5], strict=True)]


def told(hand: Hand) -> str:
    """Give what a hand did to the address, in one word a habit; `standard` where nothing."""
    did = [name for name, was, rest in zip(Hand._fields, hand, AT_REST, strict=True) if was != rest]
    return "+".join(did) or "standard"


def all_written(places: Sequence[Place], rng: Generator) -> tuple[list[str], list[str]]:
    """Give each address as a clerk writes it, and what the clerk did to it."""
    drawn = hands(len(places), rng)
    return [written(place, hand) for place, hand in zip(places, drawn, strict=True)], [told(hand) for hand in drawn]


def written(place: Place, hand: Hand) -> str:
    """Give the address as that hand writes it."""
    named = _slipped(place, hand.slip)
    head = _head(named, hand)
    number = named.number + 2 if hand.beside else named.number
    street = _lane(named.street) if hand.mark == "弄" else named.street
    outer = f"{street}{_number(number, hand)}" if number else street
    inner = _inner(named, hand)
    parts = [named.compound, inner, outer] if hand.swap and named.compound else [outer, named.compound, inner]
    if hand.beside:
        parts.append(hand.beside)
    return _joined([*head, *parts], inner, hand.blot)


def former(towns: Sequence[int], rng: Generator, *, share: float = 1 / 6) -> list[str]:
    """Give a former name for about `share` of the villages, unlike every other in its town; "" for those without."""
    words = [word + ending for ending in ENDINGS for word in FORMER]
    found, used = [], dict.fromkeys(towns, 0)
    start = rng.integers(0, len(words))
    for town, drawn in zip(towns, rng.random(len(towns)), strict=True):
        renamed = bool(drawn < share) and used[town] < len(words)
        found.append(words[(start + 7 * used[town]) % len(words)] if renamed else "")
        used[town] += renamed
    return found


def chinese(number: int) -> str:
    """Give a number from 1 to 9,999 as it is said: 十二, 一百零三, 二千零五十."""
    said, gap = "", False
    for power, word in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // power % 10
        if digit:
            said += ("零" if gap and said else "") + DIGITS[digit] + word
        gap = not digit
    return said.removeprefix("一") if 10 <= number < 20 else said


def spelt(number: int) -> str:
    """Give a number digit by digit, as rooms are said: 五〇一."""
    return "".join("〇" if each == "0" else DIGITS[int(each)] for each in str(number))


def _head(place: Place, hand: Hand) -> list[str]:
    if hand.head == "county":
        return [COUNTY, place.town, place.village]
    if hand.head == "village":
        return [place.village]
    if hand.head == "town" and (place.street or place.compound):
        return [place.town]
    return [place.town, place.village]


def _lane(street: str) -> str:
    for old, new in (("巷", "弄"), ("弄", "巷")):
        if street.endswith(old):
            return street.removesuffix(old) + new
    return street


def _number(number: int, hand: Hand) -> str:
    return f"{_figure(number, hand.script)}{'号' if hand.mark == '弄' else hand.mark}"


def _figure(number: int, script: str, *, room: bool = False) -> str:
    if script == "chinese":
        return spelt(number) if room else chinese(number)
    return str(number).translate(FULL) if script == "full" else str(number)


def _inner(place: Place, hand: Hand) -> str:
    """Give block, unit and room; a house of its own has a room at most."""
    if not place.block:
        return f"{_figure(place.room, hand.script, room=True)}室" if place.room else ""
    if hand.script == "short":
        return "-".join(str(each) for each in (place.block, place.unit, place.room) if each)
    found = f"{_figure(place.block, hand.script)}{hand.block}"
    if place.unit:
        found += f"{_figure(place.unit, hand.script)}单元"
    return found + (f"{_figure(place.room, hand.script, room=True)}室" if place.room else "")


def _slipped(place: Place, slip: int) -> Place:
    """Give the place with one character of its village, street or compound written wrong; the last one stays."""
    spots = [
        (name, at) for name in ("village", "street", "compound") for at in range(max(len(getattr(place, name)) - 1, 0))
    ]
    if slip < 0 or not spots:
        return place
    name, at = spots[slip % len(spots)]
    text = getattr(place, name)
    wrong = HOMOPHONES.get(text[at], SLIPS[slip % len(SLIPS)])
    return place._replace(**{name: text[:at] + wrong + text[at + 1 :]})


def _joined(parts: Sequence[str], inner: str, blot: str) -> str:
    kept = [each for each in parts if each]
    if blot == "（）":
        return "".join(f"（{each}）" if each == inner else each for each in kept)
    return blot.join(kept)
