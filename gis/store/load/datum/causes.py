"""Shifts that have a name in China: GCJ-02 and BD-09 forgotten, undone without need, or taken one for the other."""

from collections.abc import Sequence

import numpy as np

from gis.crs import EXCHANGE, Shifted, is_chinese
from gis.crs.ways import registered, way
from gis.store.county import County
from gis.store.load.datum.decide import Found, Named
from gis.store.load.datum.evidence import Move, Places

NOWHERE_M = 1e9


def named_shifts(county: County) -> list[Named]:
    """Give the shifts that have a name, in China: forgotten, undone without need, or taken one for the other."""
    if not is_chinese(county.jurisdiction):
        return []
    gcj, bd = Shifted.GCJ_02, Shifted.BD_09
    needless = (
        "去掉 --crs {0}；或数据已被纠正两次；或已存数据才是 {0} · "
        "leave out --crs {0}; or it was undone twice; or what is stored is {0} itself"
    )
    there = way(registered(county.srid), registered(EXCHANGE))
    back = way(registered(EXCHANGE), registered(county.srid))

    return [
        Named(zh, en, advice, _move(there, steps, back))
        for zh, en, advice, steps in (
            ("像 GCJ-02", "looks like GCJ-02", "--crs GCJ-02", (gcj.undone,)),
            ("像 BD-09", "looks like BD-09", "--crs BD-09", (bd.undone,)),
            ("像多纠正一次 GCJ-02", "GCJ-02 was undone in vain", needless.format(gcj.value), (gcj.applied,)),
            ("像多纠正一次 BD-09", "BD-09 was undone in vain", needless.format(bd.value), (bd.applied,)),
            ("像 BD-09 当作 GCJ-02", "BD-09 taken for GCJ-02", "--crs BD-09", (gcj.applied, bd.undone)),
            ("像 GCJ-02 当作 BD-09", "GCJ-02 taken for BD-09", "--crs GCJ-02", (bd.applied, gcj.undone)),
        )
    ]


def _move(there: Move, steps: Sequence[Move], back: Move) -> Move:
    """Give steps in degrees as one move of places in storage metres; what has no place there goes far away."""

    def move(places: Places) -> Places:
        degrees = there(places)
        for step in steps:
            degrees = step(degrees)
        found = back(degrees)
        return np.where(np.isfinite(found), found, NOWHERE_M)

    return move


def cause(found: Found) -> str:
    """Give the likely cause of a shift and what to do, in Chinese and English."""
    told = found.shift.named if found.shift is not None else None
    if told is not None:
        return f"{told.zh} · {told.en}：{told.advice}"
    return (
        "原因不明，如北京54、西安80 未转换，或已存数据偏移 · cause unknown, such as Beijing 1954 or Xian 1980 read as "
        "CGCS2000, or what is stored lies off"
    )
