"""Numbers and signs as clerks write them, brought to one form: full width, Chinese numerals, dashes, old characters."""

import re
import unicodedata

DIGITS = {each: value for value, row in enumerate(("零〇○", "一壹", "二两贰", "三叁", "四肆")) for each in row}
DIGITS |= {each: value + 5 for value, row in enumerate(("五伍", "六陆", "七柒", "八捌", "九玖")) for each in row}
POWERS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
TENS = {"廿": "二十", "卅": "三十"}
SEPARATOR = "|"
TALLEST = 20
"""The highest storey that is believed of a room whose number is written into that of its door."""
_FOLDED = str.maketrans("號棟樓層單縣鎮鄉莊園區—–―─－‐‑~～〜至", "号栋楼层单县镇乡庄园区" + "-" * 11)
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])\s+(?=[0-9])")
_BLANK = re.compile(r"\s+|NO\.?(?=\s*[0-9])")
_STOPS = re.compile(r"[,，.。、;；:：()（）\[\]【】{}<>《》\"'“”‘’!！?？/\\|·_+*=&]+")
_NUMERAL = "[" + "".join((*DIGITS, *POWERS, *TENS)) + "]+"
_COUNTED = re.compile(rf"({_NUMERAL})(?=[号幢栋座单层楼室房弄组队户F#|甲乙丙丁0-9-]|$)")
"""Numerals before a word that counts; before anything else they are part of a word."""


def plain(text: str) -> str:
    """Give an address without blanks, in half width and today's characters; its stops become `|`, its dashes `-`."""
    folded = unicodedata.normalize("NFKC", text).translate(_FOLDED).upper()
    parted = _BLANK.sub("", _BETWEEN_DIGITS.sub(SEPARATOR, folded.strip()))
    return _STOPS.sub(SEPARATOR, parted).strip(SEPARATOR)


def counted(text: str) -> str:
    """Give a text whose Chinese numerals before a counting word are digits: 十二号 → 12号, 五〇一室 → 501室."""
    return _COUNTED.sub(lambda found: _digits(found.group(1)), text)


def number(text: str) -> int | None:
    """Give what Chinese numerals say, by places (一百零三) or digit by digit (五〇一); None where neither."""
    spelt = "".join(TENS.get(each, each) for each in text)
    if not spelt:
        return None
    if all(each in DIGITS for each in spelt):
        return int("".join(str(DIGITS[each]) for each in spelt))
    total, digit, least = 0, -1, 10_000
    for each in spelt:
        if each in POWERS:
            power = POWERS[each]
            if power >= least or (digit < 0 and power > 10) or digit == 0:
                return None
            total, digit, least = total + max(digit, 1) * power, -1, power
        elif DIGITS.get(each) == 0:
            if digit >= 0 or not total:
                return None
        elif each in DIGITS and digit < 0:
            digit = DIGITS[each]
        else:
            return None
    return total + max(digit, 0)


def _digits(numeral: str) -> str:
    found = number(numeral)
    if found is None:
        readings = [(numeral[:-size], numeral[-size:]) for size in (3, 4)]
        doors = [(number(door), room) for door, room in readings if {*room} <= {*DIGITS}]
        found_two = _plausible([(str(door), str(number(room))) for door, room in doors if door is not None])
        return numeral if found_two is None else SEPARATOR.join(found_two)
    alone = all(each in DIGITS for each in numeral)
    return "".join(str(DIGITS[each]) for each in numeral) if alone else str(found)


def door_and_room(digits: str) -> tuple[str, str] | None:
    """Give door and room of a number that is both (12501: 12, 501); None where it can be read in two ways (11201)."""
    return _plausible([(digits[:-size], digits[-size:]) for size in (3, 4) if len(digits) > size])


def _plausible(readings: list[tuple[str, str]]) -> tuple[str, str] | None:
    found = [
        (door, room)
        for door, room in readings
        if not door.startswith("0") and len(room) >= 3 and 1 <= int(room[:-2]) <= TALLEST
    ]
    return found[0] if len(found) == 1 else None
