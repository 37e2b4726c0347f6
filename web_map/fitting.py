"""Making a page fit its limit, in a stated order, and saying what that left out.

First outlines lose points (none moves by more than 0.3 m); then popup lines go that take over half a percent of the
limit, the longest first and keys last; then rows of the largest layer, the quietest check states and smallest shapes
first. The legend keeps counting all rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from gis.errors import Refused
from web_map.drawing import Drawing
from web_map.packed import simplified

SIMPLIFIED_M = 0.3
FEWEST_ROWS = 50
SPARE = 0.02
WORTHWHILE = 0.005


@dataclass(frozen=True)
class Fitted:
    """Drawings that fit, the text of each, and a sentence for each thing left out."""

    drawings: tuple[Drawing, ...]
    texts: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """How long the texts are in UTF-8."""
        return sum(_bytes(text) for text in self.texts)

    def with_one(self, place: int, drawn: Drawing) -> "Fitted":
        """Give the same with one drawing replaced."""
        return replace(
            self,
            drawings=(*self.drawings[:place], drawn, *self.drawings[place + 1 :]),
            texts=(*self.texts[:place], drawn.text(), *self.texts[place + 1 :]),
        )


def fitted(drawings: Sequence[Drawing], *, max_bytes: int) -> Fitted:
    """Give the drawings within `max_bytes` of text; Refused where even the fewest rows are too long."""
    found = Fitted(tuple(drawings), tuple(each.text() for each in drawings))
    for lighter in (_simplified, _without_columns, _with_fewer_rows):
        if found.bytes <= max_bytes:
            return found
        found = lighter(found, max_bytes)
    if found.bytes > max_bytes:
        raise Refused(f"map: {max_bytes:,} bytes hold no map of these layers, at least {found.bytes:,} are needed")
    return found


def _bytes(text: str) -> int:
    return len(text.encode())


def _points(drawings: Sequence[Drawing]) -> int:
    return sum(int(shapely.get_num_coordinates(each.geometries).sum()) for each in drawings)


def _simplified(found: Fitted, _: int) -> Fitted:
    before = _points(found.drawings)
    drawings = tuple(
        replace(each, geometries=simplified(each.geometries, within_m=SIMPLIFIED_M)) for each in found.drawings
    )
    after = _points(drawings)
    said = f"轮廓简化至 {SIMPLIFIED_M} m：顶点 {before:,} → {after:,} (outlines simplified: points before → after)"
    return Fitted(drawings, tuple(each.text() for each in drawings), (*found.left_out, said))


def _without_columns(found: Fitted, max_bytes: int) -> Fitted:
    while found.bytes > max_bytes:
        longest = max(
            (
                (not column.identifies, _bytes("".join(column.texts)) + len(column.places), place, column.label)
                for place, drawn in enumerate(found.drawings)
                for column in drawn.columns
                if not column.kept and _bytes("".join(column.texts)) + len(column.places) > max_bytes * WORTHWHILE
            ),
            default=None,
        )
        if longest is None:
            break
        *_, place, label = longest
        drawn = found.drawings[place]
        lighter = replace(drawn, columns=tuple(each for each in drawn.columns if each.label != label))
        said = f"弹窗省略：{drawn.layer.title}的{label} ({drawn.counted:,} 行; popup line left out)"
        found = replace(found.with_one(place, lighter), left_out=(*found.left_out, said))
    return found


def _with_fewer_rows(found: Fitted, max_bytes: int) -> Fitted:
    before = [len(each.geometries) for each in found.drawings]
    while found.bytes > max_bytes:
        reducible = [place for place, each in enumerate(found.drawings) if len(each.geometries) > FEWEST_ROWS]
        if not reducible:
            break
        place = max(reducible, key=lambda each: len(found.texts[each]))
        drawn = found.drawings[place]
        share = 1 - (found.bytes - max_bytes) / _bytes(found.texts[place])
        rows = len(drawn.geometries)
        keep = max(FEWEST_ROWS, int(rows * min(max(share - SPARE, 0.5), 1 - SPARE)))
        urgent = np.argsort(drawn.urgency, kind="stable")[:keep]
        found = found.with_one(place, drawn.rows(np.sort(urgent)))
    said = tuple(
        f"图上未画：{each.layer.title} {rows - len(each.geometries):,} / {each.counted:,} 个 "
        "(not drawn; small and checked ones first)"
        for rows, each in zip(before, found.drawings, strict=True)
        if rows > len(each.geometries)
    )
    return replace(found, left_out=(*found.left_out, *said))
