"""How the unit of a number is written in deliveries: behind the number, or in brackets behind its column's name."""

import re

from gis.layer import Field, Kind

UNITS = {
    "m": ("m", "米"),
    "mm": ("mm", "毫米"),
    "km": ("km", "千米", "公里"),
    "m2": ("m2", "m²", "㎡", "平方米"),
    "m3": ("m3", "m³", "立方米"),
    "kg": ("kg", "公斤", "千克"),
    "t": ("t", "吨"),
    "yuan": ("元",),
    "%": ("%", "％"),
    "years": ("年",),
    "MPa": ("MPa", "兆帕"),
}
"""How a unit is written; a unit that is not here is written as itself."""
COUNTED = re.compile(".*([\u4e00-\u9fff])数|.*(年)份?")
"""Titles of numbers that say by which word is counted."""


def written_units(field: Field) -> tuple[str, ...]:
    """Give how the field's unit is written, in letters and in Chinese; none where it has no unit.

    A whole number without one is counted by the word its title ends in: 层数 in 层, 建成年份 in 年.
    """
    if field.unit:
        return UNITS.get(field.unit, (field.unit,))
    counted = COUNTED.fullmatch(field.zh) if field.kind is Kind.INTEGER else None
    return (counted[1] or counted[2],) if counted is not None else ()
