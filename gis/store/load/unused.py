"""Columns that no field takes: what is wrong with their values costs no row and is told in a note."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from gis.store.formats.delivered import Fault
from gis.store.load.destroyed import destroyed
from gis.store.reading import Reading

OF_A_VALUE = frozenset({"text", "number", "readable"})
"""The constraints that reading a file judges a single value by; all others speak of the row."""

TOLD = ("行号", "字段", "约束", "应为", "实为")
"""The columns that say why a row came back; mended and delivered again, they are nothing to be told of."""


def spared(reading: Reading, used: Collection[str]) -> Reading:
    """Give the reading with those rows among the good ones that have faults in columns alone that are not used."""
    kept = tuple(fault for fault in reading.faults if not _unused(fault, reading, used))
    faulty = {fault.row for fault in kept}
    back = ~reading.rejected.index.isin(faulty)
    if not back.any():
        return replace(reading, faults=kept)
    numbers = np.concatenate([reading.row, reading.rejected.index.to_numpy(dtype=np.int64)[back]])
    order = np.argsort(numbers, kind="stable")
    frame = pd.concat([reading.frame, reading.rejected[back].reset_index(drop=True)], ignore_index=True)
    geometry = np.concatenate([reading.geometry, reading.rejected_geometry[back]])
    return replace(
        reading,
        frame=frame.iloc[order].reset_index(drop=True),
        geometry=geometry[order],
        row=numbers[order],
        rejected=reading.rejected[~back],
        rejected_geometry=reading.rejected_geometry[~back],
        faults=kept,
    )


def notes(reading: Reading, used: Collection[str]) -> Iterator[str]:
    """Say in how many rows a column that is not used holds destroyed text, or a value that cannot be read."""
    unreadable = Counter(fault.field for fault in reading.faults if _unused(fault, reading, used))
    for name in reading.frame.columns:
        if name in used or name in TOLD:
            continue
        if count := _destroyed((reading.frame[name], reading.rejected[name])):
            yield (
                f"未用的列 {name} 有 {count} 行文字已损坏，不作猜测 · {count} rows hold destroyed text in the column "
                f"{name}, which is not used"
            )
        if count := unreadable[str(name)]:
            yield (
                f"未用的列 {name} 有 {count} 行的值读不懂 · {count} rows hold what cannot be read in the column "
                f"{name}, which is not used"
            )


def _unused(fault: Fault, reading: Reading, used: Collection[str]) -> bool:
    return fault.constraint in OF_A_VALUE and fault.field not in used and fault.field in reading.frame.columns


def _destroyed(columns: "Sequence[pd.Series[Any]]") -> int:
    """Give how many values are destroyed text; each different one is looked at once."""
    times = Counter(value for column in columns if column.dtype == object for value in column if type(value) is str)
    return sum(count for text, count in times.items() if destroyed(text.strip()))
