"""Match column names that a Shapefile cut to ten bytes, also in the middle of a character, to the whole names."""

from collections.abc import Iterable, Mapping, Sequence

MOST_BYTES = 10


def matched(columns: Sequence[str], names: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Give per field, whose `names` are given, the columns that are one of its names cut short.

    A column that could be two fields' is no field's: it stays among the columns that are not used.
    """
    forms = {field: {form for name in each for form in _cut(name)} for field, each in names.items()}
    found: dict[str, list[str]] = {}
    for column in columns:
        fields = [field for field, each in forms.items() if column.lower() in each]
        if len(fields) == 1:
            found.setdefault(fields[0], []).append(column)
    return {field: tuple(each) for field, each in found.items()}


def _cut(name: str) -> set[str]:
    """Give what is left of a name in ten bytes of UTF-8 or GBK; nothing where it is not longer."""
    coded = [(name.encode(codec), codec) for codec in ("utf-8", "gb18030")]
    return {data[:MOST_BYTES].decode(codec, errors="ignore").lower() for data, codec in coded if len(data) > MOST_BYTES}
