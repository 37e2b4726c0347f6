"""An angle written by a person: decimal degrees, or degrees, minutes and seconds in any of their usual forms."""

import re
import unicodedata

MINUTES = "'′’‘´`分"
SECONDS = '"″”“秒'
SPELLED = str.maketrans(
    {**dict.fromkeys(MINUTES, "'"), **dict.fromkeys(SECONDS, '"'), "度": "°", "º": "°", "˚": "°", "−": "-", "–": "-"}
)
WORDS = (("东经", "E"), ("西经", "W"), ("北纬", "N"), ("南纬", "S"), ("东", "E"), ("西", "W"), ("北", "N"), ("南", "S"))
NUMBER = r"(\d{1,3}(?:\.\d+)?)"
WHOLE = r"(\d{1,3})"
PART = r"(\d{1,2})"
LAST = r"(\d{1,2}(?:\.\d+)?)"
ANGLE = re.compile(
    rf"""([NSEW]?)\s*([-+]?)\s*(?:
        {NUMBER}\s*°?
      | {WHOLE}\s*°\s*{LAST}\s*'?
      | {WHOLE}\s*°\s*{PART}\s*'\s*{LAST}\s*(?:"|'')?
      | {WHOLE}[ :]{PART}[ :]{LAST}
    )\s*([NSEW]?)""",
    re.VERBOSE | re.IGNORECASE,
)
SIDES = {"": "", "N": "lat", "S": "lat", "E": "lon", "W": "lon"}


def angle(text: str) -> tuple[float, str] | None:
    """Give an angle in degrees and which axis its letter names (`lon`, `lat`, or empty); None where it is none.

    A letter on both ends, a sign beside a letter, and minutes or seconds from 60 up make it none.
    """
    plain = unicodedata.normalize("NFKC", text.translate(SPELLED)).translate(SPELLED).strip()
    for word, letter in WORDS:
        plain = plain.replace(word, letter)
    match = ANGLE.fullmatch(plain)
    if match is None:
        return None
    before, sign, *numbers, after = match.groups()
    letter = (before + after).upper()
    parts = [float(each) for each in numbers if each is not None]
    if len(letter) > 1 or (letter and sign) or any(part >= 60 for part in parts[1:]):
        return None
    size = sum(part / 60**place for place, part in enumerate(parts))
    return (-size if sign == "-" or letter in {"S", "W"} else size), SIDES[letter]
