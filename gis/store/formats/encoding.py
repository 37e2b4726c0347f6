"""Tell in which encoding text stands that was delivered as bytes; what fits none is said, never guessed.

What the steward says holds. Else what the file says holds, unless its own bytes contradict it; then strict UTF-8, then
GB18030 (of which GBK and GB2312 are parts). Random bytes of another encoding are all but never strict UTF-8, so that
is evidence stronger than a declaration; GB18030 accepts most bytes of Big5 and of Western text, so where it is not
declared its characters must be common ones, else the steward is asked.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gis.errors import DeliveryError

GB, BIG5, UTF8 = "gb18030", "cp950", "utf-8"
FAMILIES = {
    "UTF8": UTF8,
    "65001": UTF8,
    "GBK": GB,
    "GB2312": GB,
    "GB18030": GB,
    "EUCCN": GB,
    "936": GB,
    "54936": GB,
    "20936": GB,
    "BIG5": BIG5,
    "950": BIG5,
    "BIG5HKSCS": "big5hkscs",
    "951": "big5hkscs",
    "SHIFTJIS": "cp932",
    "SJIS": "cp932",
    "EUCKR": "cp949",
}
PREFIX = re.compile(r"^(CP|ANSI|WINDOWS|MS|OEM|IBM|X)+(?=\d|BIG|GB)")
WESTERN = re.compile(r"(?:cp(?:437|85\d|86\d|87\d|125\d)|iso8859-\d+)")
CUT = frozenset({"unexpected end of data", "incomplete multibyte sequence"})
ASIAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
SURE_CHARACTERS = 3
"""So many Chinese characters in text that is mostly strict UTF-8 are no accident of another encoding."""
COMMON_SHARE = 0.65
"""Chinese text of any office has a larger share of common characters; bytes of another encoding a smaller one."""
RARE_SHARE = 0.3
"""Where fewer characters than this are common ones, the text is none in GB18030."""
SAMPLE = 20_000
"""Different values looked at to tell the encoding; all are read."""


class Value(NamedTuple):
    """A delivered text, and whether it fills its place, so that its end may have been cut off."""

    data: bytes
    full: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """What a file says of its encoding, such as GBK, and where: in Chinese and English."""

    name: str
    where: str
    where_en: str


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding that was told: Python's name, and the notes on what told it.

    Of a `doubtful` one, which no steward named, a value that is also Chinese in strict UTF-8 is not read.
    """

    codec: str
    notes: tuple[str, ...] = ()
    doubtful: bool = False

    def text(self, value: Value) -> tuple[str | None, bool]:
        """Give the text, None where the bytes are none, and whether half a character was cut off its end."""
        if self.doubtful and self.codec == GB and _asian(value) >= 2:
            return None, False
        found = _decoded(value, self.codec)
        return found if found is not None else (None, False)


def codec(name: str) -> str | None:
    """Give Python's codec for what a file or a steward calls an encoding; None where that is not known."""
    bare = re.sub(r"[^A-Z0-9]", "", name.upper())
    bare = PREFIX.sub("", bare)
    if bare in FAMILIES:
        return FAMILIES[bare]
    western = re.fullmatch(r"(?:ISO)?8859(\d{1,2})", bare)
    candidate = f"iso8859-{western[1]}" if western else f"cp{bare}"
    try:
        "".encode(candidate)
    except LookupError:
        return None
    return candidate if bare.isdigit() or western else None


def told(values: Iterable[Value], claims: Sequence[Claim], asked: str | None = None) -> Encoding:
    """Give the encoding of a file's texts, given its `claims` in order of weight and what the steward says.

    DeliveryError where the steward names one that is not known, or must be asked.
    """
    if asked is not None:
        known = codec(asked)
        if known is None:
            raise DeliveryError(f"expected --encoding such as UTF-8, GB18030 or BIG5, got {asked!r}")
        return Encoding(known, _note(asked, "--encoding", "--encoding"))
    sample = _sample(values)
    if not sample:
        return Encoding(UTF8)
    doubts: list[str] = []
    for claim in claims:
        known = codec(claim.name)
        if known is not None and not _contradicted(known, sample):
            return Encoding(known, (*doubts, *_note(claim.name, claim.where, claim.where_en)), doubtful=True)
        doubts.append(
            f"{claim.where}称 {claim.name}，文字不符 · {claim.where_en} says {claim.name}, the text does not fit"
        )
    return _from_bytes(sample, doubts)


def _from_bytes(sample: Sequence[Value], doubts: Sequence[str]) -> Encoding:
    """Give UTF-8 where all is strictly that, or more values than fit GB18030 alone; else GB18030."""
    utf8 = [each for each in sample if _fits(each, UTF8)]
    others = [each for each in sample if not _fits(each, UTF8)]
    if not others and not _accident(sample):
        return Encoding(
            UTF8, (*doubts, *_note("UTF-8", "全部文字合乎 UTF-8", "all text is strict UTF-8")), doubtful=True
        )
    if others:
        _ask_where_big5_or_western(others)
    sure = sum(_asian(each) > 0 or not _fits(each, GB) for each in utf8)
    if sure > 0 and sure >= sum(_fits(each, GB) for each in others):
        return Encoding(
            UTF8, (*doubts, *_note("UTF-8", "多数文字合乎 UTF-8", "most text is strict UTF-8")), doubtful=True
        )
    why = ("未声明，文字合乎 GB18030", "not declared, the text is strict GB18030")
    return Encoding(GB, (*doubts, *_note("GB18030", *why)), doubtful=True)


def _accident(sample: Sequence[Value]) -> bool:
    """Tell whether text is strict UTF-8 by accident: no letters of ours in it, common characters throughout in GB18030.

    The character 山 alone is such a text, a letter of phonetics in UTF-8.
    """
    letters = {letter for each in sample for letter in (_decoded(each, UTF8) or ("",))[0] if letter > "~"}
    common, total = _common_letters(sample)
    return common == total and all(letter < "\u0800" for letter in letters) and max(letters) > "\u017f"


def _ask_where_big5_or_western(values: Sequence[Value]) -> None:
    """Refuse text that GB18030 would read as rare characters and another encoding as common ones."""
    common, total = _common_letters(values)
    if common == total:
        return
    rare = common < RARE_SHARE * total
    if all(_fits(each, BIG5) for each in values):
        text = "".join(each.data.decode(BIG5, "ignore") for each in values)
        leads = [letter.encode(BIG5)[0] for letter in text if letter > "~"]
        rare = rare or common < COMMON_SHARE * total or all(0xA4 <= lead <= 0xC6 for lead in leads)
    if rare:
        raise DeliveryError(
            "文字未声明编码，分不清 GB18030、BIG5 与西文，请以 --encoding 指明 · "
            "expected text that tells its encoding, got bytes that could be GB18030, BIG5 "
            "or a Western one; name it with --encoding"
        )


def _contradicted(known: str, sample: Sequence[Value]) -> bool:
    """Tell whether the bytes are plainly not in the encoding that is claimed, most of them at least."""
    utf8 = [each for each in sample if _fits(each, UTF8)]
    if known == UTF8:
        return len(utf8) * 2 < len(sample)
    if len(utf8) * 2 >= len(sample) and sum(map(_asian, utf8)) >= SURE_CHARACTERS:
        return True
    if WESTERN.fullmatch(known):  # fits anything; Western words have single high bytes, mostly not common characters
        common, total = _common_letters(sample)
        return common >= COMMON_SHARE * total
    return sum(_fits(each, known) for each in sample) * 2 < len(sample)


def _common_letters(values: Iterable[Value]) -> tuple[int, int]:
    """Give how many of the characters are common ones when read as GB18030, and of how many; what fits none is one."""
    common, total = 0, 0
    for each in values:
        found = _decoded(each, GB)
        letters = [letter.encode(GB) for letter in found[0] if letter > "\x7f"] if found else [b""]
        total += len(letters)
        common += sum(map(_common, letters))
    return common, total


def _common(letter: bytes) -> bool:
    """Tell whether the bytes are one of the 3,755 common characters of GB2312, or one of its signs or wide letters."""
    return len(letter) == 2 and letter[1] >= 0xA1 and (0xB0 <= letter[0] <= 0xD7 or 0xA1 <= letter[0] <= 0xA3)


def _sample(values: Iterable[Value]) -> list[Value]:
    found: list[Value] = []
    for each in values:
        if not each.data.isascii():
            found.append(each)
        if len(found) == SAMPLE:
            break
    return found


def _asian(value: Value) -> int:
    """Give how many Chinese characters a value holds as strict UTF-8."""
    found = _decoded(value, UTF8)
    return 0 if found is None else len(ASIAN.findall(found[0]))


def _fits(value: Value, known: str) -> bool:
    return _decoded(value, known) is not None


def _decoded(value: Value, known: str) -> tuple[str, bool] | None:
    try:
        return value.data.decode(known), False
    except UnicodeDecodeError as error:
        if value.full and error.reason in CUT and error.end == len(value.data):
            return value.data[: error.start].decode(known), True
    return None


def _note(name: str, why: str, why_en: str) -> tuple[str, ...]:
    return (f"文字编码 {name}（{why}） · text encoding {name} ({why_en})",)
