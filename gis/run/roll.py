"""Lists of people and groups in CSV files, under Chinese or coded names of columns."""

from collections.abc import Mapping
from datetime import date
from io import StringIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gis.crs import EXCHANGE, to_storage
from gis.errors import DeliveryError, Refused
from gis.store.formats.text_file import decoded

Names = Mapping[str, tuple[str, ...]]
"""For each column wanted the names it may have in the file, the Chinese one second."""


def rows_of(path: Path, names: Names) -> pd.DataFrame:
    """Give the wanted columns of a file as text, empty where the file lacks one; `code` is required, each its own.

    In UTF-8, or in GB18030 as Excel saves Chinese lists. Refused, naming the file, row and field, where the file cannot
    be read or a code is missing or comes twice.
    """
    try:
        text, _ = decoded(path.read_bytes(), None)
        if "\ufffd" in text:
            row = text[: text.index("\ufffd")].count("\n") + 1
            raise Refused(f"{path.name} 第{row}行: 文字读不出 · row {row}: expected text, got bytes that are none")
        frame = pd.read_csv(StringIO(text), dtype=str, skipinitialspace=True)
    except (OSError, ValueError, DeliveryError) as error:
        raise Refused(f"{path.name}: 读不了 · cannot be read as CSV: {error}") from None
    found = {name: [each for each in known if each in frame.columns] for name, known in names.items()}
    code, zh = names["code"][:2]
    if not found["code"]:
        got = ", ".join(map(str, frame.columns))
        raise Refused(f"{path.name}: 缺“{zh}”列 · expected a column {zh} or {code}, got {got}")
    rows = pd.DataFrame({name: frame[each[0]] if each else None for name, each in found.items()}, dtype=object)
    rows["code"] = rows["code"].str.strip()
    for row in np.flatnonzero((rows["code"].fillna("") == "") | rows["code"].duplicated()).tolist():
        raise wrong(path, row, zh, "a code of its own", rows["code"].iloc[row])
    return rows


def numbers(path: Path, values: "pd.Series[str]", title: str, low: float, high: float) -> "pd.Series[float]":
    """Give a column of numbers, NaN where empty. Refused where one is no number or beyond its limits."""
    found = pd.to_numeric(values, errors="coerce").astype(float)
    bad = (values.notna() & found.isna()) | (found < low) | (found > high)
    for row in np.flatnonzero(bad).tolist():
        raise wrong(path, row, title, f"a number from {low:g} to {high:g}", values.iloc[row])
    return found


def places(path: Path, rows: pd.DataFrame, srid: int) -> npt.NDArray[np.float64]:
    """Give where 经度 and 纬度 (WGS 84) of each row lie (n × 2, storage metres), NaN where one of them is empty."""
    lon, lat = numbers(path, rows["lon"], "经度", -180, 180), numbers(path, rows["lat"], "纬度", -90, 90)
    known = (lon.notna() & lat.notna()).to_numpy()
    found = np.full((len(rows), 2), np.nan)
    points = np.asarray(shapely.points(lon[known], lat[known]), dtype=object)
    found[known] = shapely.get_coordinates(to_storage(points, EXCHANGE, srid))
    return found


def days(path: Path, values: "pd.Series[str]", title: str) -> list[date | None]:
    """Give a column of days, None where empty. Refused where one is no day."""
    found = pd.to_datetime(values, errors="coerce", format="%Y-%m-%d")
    for row in np.flatnonzero(values.notna() & found.isna()).tolist():
        raise wrong(path, row, title, "a day as 2026-12-31", values.iloc[row])
    return [None if pd.isna(each) else each.date() for each in found]


def choices(path: Path, values: "pd.Series[str]", title: str, known: Mapping[str, str]) -> npt.NDArray[np.object_]:
    """Give a column of words by what each means, None where empty. Refused where one is not known."""
    words = values.str.strip()
    for row in np.flatnonzero(words.notna() & ~words.isin(list(known))).tolist():
        raise wrong(path, row, title, f"one of {'、'.join(known)}", words.iloc[row])
    return np.array([None if pd.isna(word) else known[str(word)] for word in words], dtype=object)


def wrong(path: Path, row: int, field: str, expected: str, got: str | float | None) -> Refused:
    """Give the refusal of a value, by the row of the file (the head is its first)."""
    came = "nothing" if pd.isna(got) else got
    return Refused(f"{path.name} 第{row + 2}行 {field}: 数值不对 · row {row + 2}: expected {expected}, got {came}")
