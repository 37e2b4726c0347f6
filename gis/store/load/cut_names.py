"""Match column names that a Shapefile cut to ten bytes, also in the middle of a character, to the whole names."""

from collections.abc import Iterable, Mapping, Sequence

MOST_BYTES = 10


def matched(columns: Sequence[str], *names: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Give per field the columns that are one of its names cut short; the first `names` that tell a field decide.

    A column that could be two fields' is no field's: it stays among the columns that are not used.
    """
    told = [{field: {form for name in each for form in _cut(name)} for field, each in some.items()} for some in names]
    found: dict[str, list[str]] = {}
    for column in columns:
        meant = ([field for field, forms in each.items() if column.lower() in forms] for each in told)
        fields = next((each for each in meant if each), [])
        if len(fields) == 1:
            found.setdefault(fields[0], []).append(column)
    return {field: tuple(each) for field, each in found.items()}


def _cut(name: str) -> set[str]:
    """Give what is left of a name in ten bytes of UTF-8 or GBK; nothing where it is not longer."""
    coded = [(name.encode(codec), codec) for codec in ("utf-8", "gb18030")]
    return {data[:MOST_BYTES].decode(codec, errors="ignore").lower() for data, codec in coded if len(data) > MOST_BYTES}
