"""Who patrols: so many of the register, or the people of a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import sqlalchemy as sa

from gis import layers
from gis.crs import EXCHANGE, to_storage
from gis.errors import Refused
from gis.layer import Use
from gis.store.county import County
from gis.store.fetch import features

Floats = npt.NDArray[np.float64]

NAMES: Mapping[str, tuple[str, ...]] = {
    "code": ("code", "工号"),
    "share": ("share", "工时比例"),
    "lon": ("lon", "经度"),
    "lat": ("lat", "纬度"),
    "to_on": ("to_on", "离岗日期"),
}


@dataclass(frozen=True, slots=True)
class Crew:
    """Workers in order: codes (None for a place nobody is named for) and shares of full time.

    `homes` are in storage metres, None where nobody's is known; `left` are the codes of those who have left.
    """

    codes: tuple[str | None, ...]
    shares: Floats
    homes: Floats | None
    left: tuple[str, ...]


def registered(connection: sa.Connection, county: County, count: int) -> Crew:
    """Give so many workers, the first of the register who have not left, all full time; the rest are nobody yet."""
    people = features(connection, county, layers.one(Use.WORKER))
    gone = [to_on is not None and to_on < county.today() for to_on in people["to_on"]]
    here = [str(code) for code, away in zip(people["code"], gone, strict=True) if not away]
    left = tuple(str(code) for code, away in zip(people["code"], gone, strict=True) if away)
    codes = (*here[:count], *([None] * (count - len(here))))
    return Crew(codes, np.ones(count), None, left)


def listed(county: County, path: Path) -> Crew:
    """Give the workers of a CSV file: 工号, and where there are 工时比例, 经度 and 纬度 (WGS 84), 离岗日期.

    Who left before today is left out. Refused, naming the file, row and field, where a value cannot be read.
    """
    frame = _read(path)
    code = frame["code"].str.strip()
    for row in np.flatnonzero((code.fillna("") == "") | code.duplicated()).tolist():
        raise _wrong(path, row, "工号", "a code of its own", frame["code"].iloc[row])
    share = _numbers(path, frame, "share", 0.05, 1.0).fillna(1.0)
    lon, lat = _numbers(path, frame, "lon", -180, 180), _numbers(path, frame, "lat", -90, 90)
    to_on = _days(path, frame)
    here = np.array([day is None or day >= county.today() for day in to_on])
    if not here.any():
        raise Refused(f"{path.name}: 没有在岗的网格员 · expected a worker who has not left, got none of {len(frame)}")
    homes = None
    known = (lon.notna() & lat.notna()).to_numpy()
    if (known & here).any():
        points = np.asarray(shapely.points(lon[known], lat[known]), dtype=object)
        homes = np.zeros((len(frame), 2))
        homes[known] = shapely.get_coordinates(to_storage(points, EXCHANGE, county.srid))
        homes[~known] = homes[known & here].mean(axis=0)
        homes = homes[here]
    return Crew(tuple(code[here]), share.to_numpy(float)[here], homes, tuple(code[~here]))


def _read(path: Path) -> pd.DataFrame:
    try:
        frame = pd.read_csv(path, dtype=str, encoding="utf-8-sig", skipinitialspace=True)
    except (OSError, ValueError) as error:
        raise Refused(f"{path.name}: 读不了 · cannot be read as CSV in UTF-8: {error}") from None
    found = {name: [each for each in known if each in frame.columns] for name, known in NAMES.items()}
    if not found["code"]:
        raise Refused(
            f"{path.name}: 缺“工号”列 · expected a column 工号 or code, got {', '.join(map(str, frame.columns))}"
        )
    return pd.DataFrame({name: frame[each[0]] if each else None for name, each in found.items()}, dtype=object)


def _numbers(path: Path, frame: pd.DataFrame, name: str, low: float, high: float) -> "pd.Series[float]":
    found = pd.to_numeric(frame[name], errors="coerce").astype(float)
    bad = (frame[name].notna() & found.isna()) | (found < low) | (found > high)
    for row in np.flatnonzero(bad).tolist():
        raise _wrong(path, row, NAMES[name][1], f"a number from {low:g} to {high:g}", frame[name].iloc[row])
    return found


def _days(path: Path, frame: pd.DataFrame) -> list[date | None]:
    found = pd.to_datetime(frame["to_on"], errors="coerce", format="%Y-%m-%d")
    for row in np.flatnonzero(frame["to_on"].notna() & found.isna()).tolist():
        raise _wrong(path, row, "离岗日期", "a day as 2026-12-31", frame["to_on"].iloc[row])
    return [None if pd.isna(each) else each.date() for each in found]


def _wrong(path: Path, row: int, field: str, expected: str, got: object) -> Refused:
    return Refused(f"{path.name} 第{row + 2}行 {field}: 数值不对 · row {row + 2}: expected {expected}, got {got}")
