"""Codes of grid cells that are never used twice: 15 digits, and the 20 of CJ/T 349-2010 where a service class is given.

15 digits: county 6, town 3, village 3 (000 across villages), serial 3, as Beijing's unit grids are coded. 20 digits:
service object class 6, county 6, street 3, community 3 (merged communities from 601), serial 2 (00: not subdivided).
Both layouts are known from summaries of the standards and were not verified against their text.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from gis.errors import Refused

ACROSS = "000"
MERGED = 601


class Codes:
    """The codes that were ever used, and the next ones; `towns` and `villages` hold the three digits of each."""

    def __init__(
        self,
        county: str,
        used: Iterable[str],
        towns: Mapping[str, str],
        villages: Mapping[str, str],
        *,
        professional: str,
    ) -> None:
        self._county = f"{county:0>6}"
        self._towns, self._villages, self._class = towns, villages, professional
        self._last: dict[str, int] = {}
        for code in used:
            cut = -3 if len(code) == 15 else -2
            self._last[code[:cut]] = max(self._last.get(code[:cut], -1), int(code[cut:]))

    def given(self, town: str, village: str | None) -> str:
        """Give the next code of a village's cell, of a cell across villages where none is named.

        Refused above 999 cells, and for a town that is not stored.
        """
        if town not in self._towns:
            raise Refused(f"没有镇街 {town}，不能编码 · no town {town} is stored: a cell's code is that of its town")
        prefix = self._county + self._towns[town] + (ACROSS if village is None else self._villages[village])
        serial = self._last.get(prefix, 0) + 1
        if serial > 999:
            raise Refused(
                f"{prefix}: 序号已用到999，编码只有三位 · a town or village would have more than 999 cells, and the "
                "code has three digits: raise --target"
            )
        self._last[prefix] = serial
        return f"{prefix}{serial:03d}"

    def professional(self, town: str, village: str | None, *, alone: bool) -> str | None:
        """Give the next 20 digits, None where no class is given; `alone`: the cell is all of its village.

        Refused above 99 cells of a community.
        """
        if not self._class:
            return None
        street = self._class + self._county + self._towns[town]
        if village is None:
            merged = [int(each[-3:]) for each in self._last if len(each) == 18 and each[:15] == street]
            prefix = f"{street}{max([MERGED - 1, *merged]) + 1:03d}"
        else:
            prefix = street + self._villages[village]
        whole = village is None or (alone and prefix not in self._last)
        serial = 0 if whole else self._last.get(prefix, 0) + 1
        if serial > 99 or int(prefix[-3:]) > 999:
            raise Refused(
                f"{prefix}: 专业网格序号已用到99，只有两位 · a 20-digit code has two digits for a serial, and 99 are "
                "used"
            )
        self._last[prefix] = serial
        return f"{prefix}{serial:02d}"


def digits(keys: Sequence[str], own: Sequence[str | None], known: Mapping[str, str]) -> dict[str, str]:
    """Give the three digits of towns, or of a town's villages, by key: the known ones, their own, else the next free.

    `keys` come in the order in which free numbers are dealt. Own digits that another holds already are not taken.
    """
    found = {key: known[key] for key in keys if key in known}
    taken = set(known.values()) | {ACROSS}
    for key, each in zip(keys, own, strict=True):
        if key not in found and each is not None and each not in taken:
            found[key] = each
            taken.add(each)
    free = (f"{number:03d}" for number in range(1, 1000) if f"{number:03d}" not in taken)
    for key in keys:
        if key not in found:
            number = next(free, None)
            if number is None:
                raise Refused(f"{key}: 三位编号已用完 · all 999 numbers of three digits are taken")
            found[key] = number
    return found


def own_digits(key: str, parent: str) -> str | None:
    """Give the last three digits of an official code that begins with its parent's, None for any other."""
    return key[-3:] if re.fullmatch(re.escape(parent) + "[0-9]{3}", key) and key[-3:] != ACROSS else None
