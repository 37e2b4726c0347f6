"""Villages too small for a cell of their own joined to neighbours, so that the whole is parted into cells."""

from dataclasses import dataclass
from math import pi

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.plan.blocks import Blocks

Integers = NDArray[np.int64]

FULL = 1.25  # no cell is planned above so many targets: 500 households where the target is 400
EMPTY = 0.1  # what carries less than so much of the target may join a full neighbour


@dataclass(slots=True)
class _Unit:
    """Connected blocks of a village, and what it has joined: load, area, outline, and metres of border by neighbour."""

    load: float
    area_m2: float
    outline_m: float
    beside: dict[int, float]


def joined(blocks: Blocks, unit: Integers, *, target: float, smallest: float) -> Integers:
    """Give the group of each block, 0, 1, …: units under `smallest` targets join a neighbour, the lightest first.

    It joins the neighbour with which it shares most border and makes the roundest whole, of those with which no cell
    would be over `FULL` targets; a unit without such a neighbour stays alone, unless it carries next to nothing.
    """
    units = _units(blocks, unit)
    group = np.arange(len(units))
    light = {each for each, held in units.items() if held.load < smallest * target}
    while light:
        least = min(light, key=lambda each: (units[each].load, units[each].area_m2, each))
        light.remove(least)
        fits = [each for each in sorted(units[least].beside) if _fits(units[least].load, units[each].load, target)]
        if not fits:
            continue
        kept = max(fits, key=lambda each: _shape(units[least], units[each], units[least].beside[each]))
        _join(units, least, kept)
        group[group == least] = kept
        if units[kept].load < smallest * target:
            light.add(kept)
        else:
            light.discard(kept)
    return np.unique(group, return_inverse=True)[1][unit].astype(np.int64)


def parts_of(load: float, target: float) -> int:
    """Give into how many cells a load is parted: the number that brings them nearest to the target, as a ratio."""
    fewer = max(1, int(load // target))
    return fewer if load / fewer / target <= target * (fewer + 1) / max(load, 1e-9) else fewer + 1


def _units(blocks: Blocks, unit: Integers) -> dict[int, _Unit]:
    load, area_m2 = np.bincount(unit, blocks.load), np.bincount(unit, shapely.area(blocks.shapes))
    outline = np.bincount(unit, shapely.length(blocks.shapes))
    beside: list[dict[int, float]] = [{} for _ in load]
    ends = zip(unit[blocks.borders.first].tolist(), unit[blocks.borders.second].tolist(), strict=True)
    for (one, other), metres in zip(ends, blocks.borders.length_m.tolist(), strict=True):
        if one == other:
            outline[one] -= 2 * metres
        else:
            beside[one][other] = beside[other][one] = beside[one].get(other, 0.0) + metres
    measures = zip(load.tolist(), area_m2.tolist(), outline.tolist(), beside, strict=True)
    return {place: _Unit(*each) for place, each in enumerate(measures)}


def _fits(light: float, other: float, target: float) -> bool:
    """Say whether the cells of two joined units stay under their limit, or the lighter one counts for nothing."""
    whole = light + other
    return whole / parts_of(whole, target) <= FULL * target or light <= EMPTY * target


def _shape(light: _Unit, other: _Unit, border_m: float) -> float:
    """Give the share of the lighter outline that vanishes plus the roundness of the union (1 for a circle)."""
    outline = light.outline_m + other.outline_m - 2 * border_m
    return border_m / light.outline_m + 4 * pi * (light.area_m2 + other.area_m2) / outline**2


def _join(units: dict[int, _Unit], gone: int, kept: int) -> None:
    light, whole = units.pop(gone), units[kept]
    whole.outline_m += light.outline_m - 2 * light.beside[kept]
    whole.load += light.load
    whole.area_m2 += light.area_m2
    for other, metres in light.beside.items():
        del units[other].beside[gone]
        if other != kept:
            whole.beside[other] = units[other].beside[kept] = whole.beside.get(other, 0.0) + metres
