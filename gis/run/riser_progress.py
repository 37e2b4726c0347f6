"""How far a plan of moving risers has come: what of it the ledger now shows outdoors, and what keeps the rest."""

from dataclasses import dataclass
from datetime import date

import pandas as pd
import sqlalchemy as sa

from gis import layers
from gis.layer import Use
from gis.run.record import named
from gis.run.riser_ledger import BLOCKED, CHOSEN, DONE, judged, ledger, rules_of
from gis.run.risers import PLAN
from gis.store.county import County


@dataclass(frozen=True, slots=True)
class Advance:
    """What a phase took and what of it is done: buildings, households, and the buildings' own cost in yuan."""

    phase: int
    buildings: int
    done: int
    households: int
    done_households: int
    cost: float
    done_cost: float


@dataclass(frozen=True, slots=True)
class Stuck:
    """A building that a plan took and that something keeps now."""

    code: str
    name: str | None
    compound: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come since `planned_on`, the county's day on which it was made.

    `elsewhere` counts buildings that were moved since without being in the plan; `stuck` are those to plan anew.
    """

    run: int
    planned_on: date
    buildings: int
    done: int
    elsewhere: int
    phases: tuple[Advance, ...]
    stuck: tuple[Stuck, ...]


def progress(county: County, run: str | None) -> Progress:
    """Give how far a run of risers has come, by its id or number; the newest where none is named.

    UnknownName where there is no such run.
    """
    table = county.schema.table(layers.one(Use.RISER_PLAN))
    columns = [table.c[name] for name in ("code", "name", "compound_name", "outcome", "phase", "households", "cost")]
    with county.reading() as connection:
        found = named(connection, county, PLAN, run)
        result = connection.execute(sa.select(*columns).where(table.c.run_id == found.id).order_by(table.c.code))
        planned = pd.DataFrame(result.all(), columns=list(result.keys()), dtype=object)
        signed_only = bool(found.parameters["signed_only"])
        rows = judged(ledger(connection, county), rules_of(connection, county), signed_only=signed_only)
    now = planned.merge(rows[["code", "outcome", "reason"]], on="code", how="left", suffixes=("", "_now"))
    now["done"] = now["outcome_now"] == DONE
    taken = now[now["outcome"] == CHOSEN]
    stuck = taken[taken["outcome_now"].isin(BLOCKED)]
    return Progress(
        run=int(found.id),
        planned_on=found.recorded_at.astimezone(county.timezone).date(),
        buildings=len(taken),
        done=int(taken["done"].sum()),
        elsewhere=int((now["done"] & ~now["outcome"].isin([CHOSEN, DONE])).sum()),
        phases=tuple(_advance(int(phase), own) for phase, own in taken.groupby(taken["phase"].astype(int))),
        stuck=tuple(
            Stuck(row["code"], row["name"], row["compound_name"], row["reason"]) for row in stuck.to_dict("records")
        ),
    )


def _advance(phase: int, own: pd.DataFrame) -> Advance:
    done = own[own["done"]]
    return Advance(
        phase,
        len(own),
        len(done),
        int(own["households"].sum()),
        int(done["households"].sum()),
        float(own["cost"].sum()),
        float(done["cost"].sum()),
    )
