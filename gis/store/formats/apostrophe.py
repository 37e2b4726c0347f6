"""Text that a spreadsheet would run as a formula, made harmless by an apostrophe and given back without it."""

import re

DANGEROUS = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
GUARDED = re.compile(r"''*[=+\-@\t\r＝＋－＠]")


def guarded(text: str) -> str:
    """Give a text that no spreadsheet takes for a formula: with one apostrophe more where it begins like one."""
    return f"'{text}" if DANGEROUS.match(text) else text


def unguarded(text: str) -> str:
    """Give the text that `guarded` was given."""
    return text[1:] if text[:1] == "'" and GUARDED.match(text) else text
