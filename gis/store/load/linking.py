"""What rows name by code is linked to what is stored: places, objects, and the position that another layer gives."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import sqlalchemy as sa

from gis.layer import Layer, Use
from gis.store.county import County
from gis.store.formats.delivered import Fault
from gis.store.load import joining, naming, staging, subjects
from gis.store.load.beside import NAMED
from gis.store.load.conform import Conformed
from gis.store.load.places import Place

UNJUDGED = "未连县库，镇街、编号所指未核对 · without a county, what codes name was not checked"


class Links(NamedTuple):
    """What rows name: the places that their shapes must lie near, by row number, and the faults."""

    near: Mapping[int, tuple[tuple[Use, Place], ...]]
    faults: tuple[Fault, ...]


def linked(connection: sa.Connection, county: County, layer: Layer, rows: Conformed) -> tuple[Conformed, Links]:
    """Give the rows with what they name by code worked out, and what cannot be told.

    Rows with such a fault stay in the frame, so that keys which come twice are still seen.
    """
    found = joining.placed(layer, subjects.about(connection, county, layer, rows))
    placed, near = naming.named(connection, county, layer, found)
    own = tuple(placed.faults[len(rows.faults) :])
    return replace(placed, faults=rows.faults), Links(near, own)


def judged(connection: sa.Connection, county: County, layer: Layer, table: sa.Table, links: Links) -> list[Fault]:
    """Give staged rows without a shape their place, and every fault of a staged row: of its links and its constraints.

    A row of which a code could not be told is told so once: not besides that its shape or object is missing.
    """
    joining.place(connection, county, layer, table)
    own = [*links.faults, *joining.misplaced(connection, county, layer, table)]
    if layer.geometry is not None:
        own += naming.astray(connection, county, links.near, table)
    told = {fault.row for fault in own if fault.constraint in {"joins", "object"}}
    others = staging.judged(connection, layer, table)
    return [*own, *(each for each in others if not (each.row in told and _is_link(each)))]


def judged_alone(
    connection: sa.Connection, layer: Layer, table: sa.Table, rows: Conformed
) -> tuple[Conformed, list[Fault]]:
    """Give the faults of staged rows where there is no county, and the rows with a note on what was not judged."""
    faults = staging.judged(connection, layer, table)
    codes = [each.name for each in layer.joining if each.name in rows.fields] if layer.placed_by_code else []
    codes += [str(name) for name in rows.frame.columns if str(name).startswith(NAMED)]
    if not codes:
        return rows, faults
    given = rows.frame.loc[rows.frame[codes].notna().any(axis=1), "row_no"]
    named = set(given.tolist())
    kept = [each for each in faults if not (each.row in named and _is_link(each))]
    return replace(rows, notes=(*rows.notes, UNJUDGED)), kept


def _is_link(fault: Fault) -> bool:
    return fault.constraint == "required" and fault.field in {"geom", "layer", "object_id", "kind"}
