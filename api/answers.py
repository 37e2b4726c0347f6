"""What routes answer with: models that hold no personal field, whatever a query gives."""

from datetime import date, datetime

import geopandas as gpd
from pydantic import BaseModel, ConfigDict

from gis.find.states import State
from gis.find.unchecked import Counts, Question


class TownCounts(BaseModel):
    """Objects of one town by state; objects outside every town stand under their own name."""

    model_config = ConfigDict(frozen=True)

    code: str
    name: str
    counts: dict[State, int]


class UncheckedRow(BaseModel):
    """One object: where it lies, its state, and what the state follows from."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    key: str
    town: str | None
    cell: str | None
    category: str | None
    state: State
    last_done_at: datetime | None
    last_try_at: datetime | None
    last_try: str | None
    due_at: datetime | None
    rule: str | None
    jurisdiction: str | None
    article: str | None
    verified: bool | None


class UncheckedAnswer(BaseModel):
    """The cross table of one question with its denominator, and one page of its rows in order of their key.

    `stock` is the sum of `counts` and of all towns' counts; `rows` are those in the asked states. `next` is the `after`
    of the next page, empty on the last one.
    """

    model_config = ConfigDict(frozen=True)

    layer: str
    title: str
    day: date
    stock: int
    counts: dict[State, int]
    towns: list[TownCounts]
    rows: list[UncheckedRow]
    next: str | None

    @classmethod
    def of(cls, asked: Question, counted: Counts, found: gpd.GeoDataFrame) -> "UncheckedAnswer":
        """Give the answer from the counts and the page of rows that `gis.find.unchecked` gave for `asked`."""
        names = tuple(UncheckedRow.model_fields)
        plain = found[list(names)].astype(object)
        records = plain.where(plain.notna(), None).to_dict("records")
        rows = [UncheckedRow.model_validate(each) for each in records]
        return cls(
            layer=asked.layer.name,
            title=asked.layer.title,
            day=counted.day,
            stock=counted.stock,
            counts=dict(counted.total),
            towns=[
                TownCounts(code=code, name=counted.town_names.get(code, code), counts=dict(of_town))
                for code, of_town in counted.by_town.items()
            ],
            rows=rows,
            next=rows[-1].key if rows and len(rows) == asked.limit else None,
        )
