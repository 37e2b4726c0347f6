"""Text that lost what it said on its way: told only where it is certain, and never mended by a guess."""

import re

WRECK = re.compile("\ufffd|锟斤拷|烫烫烫|屯屯屯")
"""What bytes become that are no text, that mark once more read as GBK, and memory that was never written, read so."""
ERROR = re.compile(
    r"#(?:REF!|N/A|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!|FIELD!|BLOCKED!|GETTING_DATA|公式无值!|#+)|[?？]{2,}"
)
"""The errors of a sheet, and characters that an encoding did not have."""
ROUNDED = re.compile(r"\d(?:\.\d+)?[Ee]\+(?:1\d|[2-9]\d|\d{3,})")
IN_THREES = re.compile(rb"(?:[\xe3-\xe9\xef][\x80-\xbf]{2}|[ -~])+")
"""The bytes of Chinese in UTF-8."""
LEADS = frozenset(
    bytes((lead, trail)).decode("gbk", "ignore") for lead in (*range(0xE3, 0xEA), 0xEF) for trail in range(0x80, 0xC0)
)
"""The characters with which Chinese in UTF-8 begins where it is read as GBK."""
LATIN = re.compile(r"[\u0080-\u00ff]{4,}")
LEAST, SURE = 2, 4
"""Characters that a misread text must turn back into: with rare ones among its own, and with usual ones alone."""


def destroyed(text: str) -> bool:
    """Whether a value is certainly no longer what was written: an error of a sheet, or the wreck of an encoding."""
    if text[:1] in "#?？" and ERROR.fullmatch(text) is not None:
        return True
    if text.isascii():
        return False
    wrecked = "\ufffd" in text or "锟斤" in text or "烫烫" in text or "屯屯" in text
    return (wrecked and WRECK.search(text) is not None) or _misread(text)


def rounded(text: str) -> bool:
    """Whether a value is a long code that a spreadsheet took for a number and rounded, as in 3.30784E+17."""
    return "+" in text and ROUNDED.fullmatch(text) is not None


def _misread(text: str) -> bool:
    """Whether a text is Chinese in UTF-8 that was read as GBK, or Chinese that was read as Latin-1."""
    first = text[0]
    if first > "\u00ff" and first not in LEADS:
        return False
    if "\u0080" <= first <= "\u00ff":
        return LATIN.fullmatch(text) is not None and any(
            _usual(_turned(text, "latin-1", into)) >= LEAST for into in ("utf-8", "gb2312")
        )
    if IN_THREES.fullmatch(text.encode("gb18030", "replace")) is None:
        return False
    return _usual(_turned(text, "gbk", "utf-8")) >= (SURE if _encodes(text, "gb2312") else LEAST)


def _turned(text: str, of: str, into: str) -> str:
    try:
        return text.encode(of).decode(into)
    except UnicodeError:
        return ""


def _usual(text: str) -> int:
    """Give how many Chinese characters a text holds, 0 where not all of it is usual."""
    return sum("\u4e00" <= character <= "\u9fff" for character in text) if _encodes(text, "gb2312") else 0


def _encodes(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
