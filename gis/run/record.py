"""The record of a plan: what it was made from, how, and what it promises, so that it can be defended and repeated."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import sqlalchemy as sa

from gis import layers
from gis.errors import UnknownName
from gis.layer import Use
from gis.store.county import County


@dataclass(frozen=True, slots=True)
class Made:
    """A plan that was made: its name, arguments, seed and steps, the digest of its input, its value and figures."""

    plan: str
    parameters: Mapping[str, object]
    input_digest: str
    seed: int | None = None
    steps: int | None = None
    objective: float | None = None
    bound: float | None = None
    result: Mapping[str, object] | None = None


def record(connection: sa.Connection, county: County, made: Made) -> int:
    """Write a plan into the run log and give the run's id."""
    table = county.schema.table(layers.one(Use.RUN))
    number = sa.func.concat(f"{made.plan}-", sa.func.nextval("object_id"))
    values = {
        "plan": made.plan,
        "parameters": dict(made.parameters),
        "input_digest": made.input_digest,
        "seed": made.seed,
        "steps": made.steps,
        "code_version": version("wangge"),
        "objective": made.objective,
        "bound": made.bound,
        "result": dict(made.result) if made.result is not None else None,
    }
    return int(connection.execute(sa.insert(table).values(number=number, **values).returning(table.c.id)).scalar_one())


def latest(
    connection: sa.Connection, county: County, plan: str
) -> Any:  # a row of SQLAlchemy’s, whose columns it cannot type
    """Give the newest run of a plan: its id, parameters and result; None where there is none."""
    table = county.schema.table(layers.one(Use.RUN))
    query = sa.select(table.c.id, table.c.parameters, table.c.result, table.c.objective, table.c.bound)
    found: Any = connection.execute(query.where(table.c.plan == plan).order_by(table.c.id.desc()).limit(1)).first()
    return found


def named(
    connection: sa.Connection, county: County, plan: str, run: str | None, *, option: str = "RUN"
) -> Any:  # a row, as above
    """Give a run of a plan by its id or number, the newest where none is named: id, number, recorded_at, and more.

    UnknownName where there is no such run, or none at all; `option` is where it was named.
    """
    table = county.schema.table(layers.one(Use.RUN))
    query = sa.select(table).where(table.c.plan == plan).order_by(table.c.id.desc()).limit(1)
    if run is not None:
        query = query.where((table.c.number == run) | (sa.cast(table.c.id, sa.Text) == run))
    found: Any = connection.execute(query).first()
    if found is None:
        if run is None:
            raise UnknownName(f"{plan}: 还没有运算 · no run of this plan yet")
        raise UnknownName(
            f"{option} {run}: 没有这次运算 · expected the id or number of a run of the plan {plan}, got none such"
        )
    return found


def digest(inputs: Iterable[npt.NDArray[np.generic] | pd.DataFrame | str]) -> str:
    """Give the SHA-256 of a plan's inputs: arrays of numbers, of shapes or of text, and frames."""
    found = hashlib.sha256()
    for each in inputs:
        if isinstance(each, str):
            found.update(each.encode())
        elif isinstance(each, pd.DataFrame):
            found.update(each.to_csv(index=False).encode())
        elif each.dtype == object and len(each) and isinstance(each[0], shapely.Geometry):
            for wkb in shapely.to_wkb(each):
                found.update(wkb)
        elif each.dtype == object:
            found.update(json.dumps(each.tolist(), default=str, ensure_ascii=False).encode())
        else:
            found.update(np.ascontiguousarray(each).tobytes())
        found.update(b"\x00")
    return found.hexdigest()
