"""What routes ask for by type: the doors they open, the layer that a reader may see, the question asked."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import Depends, Query, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api.answers import UncheckedAnswer
from gis import layers
from gis.crs import Box
from gis.errors import Refused, UnknownName
from gis.find.states import State
from gis.find.unchecked import Question
from gis.layer import Layer
from web_map.columns import READER

LARGEST_PAGE = 1000
_PLAIN_TEXT = r"^[^\x00-\x1f\x7f]*$"


@dataclass(frozen=True, slots=True)
class Doors:
    """What the application is given to answer with: the map as HTML, and answers to what is unchecked."""

    page: Callable[[], str]
    unchecked: Callable[[Question], UncheckedAnswer]


def _day(text: object) -> object:
    if isinstance(text, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError(f"expected a day as YYYY-MM-DD, got {text}")
    return text


Day = Annotated[date, BeforeValidator(_day)]
Text = Annotated[str, Field(max_length=200, pattern=_PLAIN_TEXT)]


class UncheckedParameters(BaseModel):
    """The query of /unchecked; an unknown parameter is refused, since ignoring it would give a wrong figure."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    layer: Text = Field("building", description="Name of a layer whose objects are checked.")
    town: Text | None = Field(None, description="Code or name of a town.")
    cell: Text | None = Field(None, description="Code of a grid cell.")
    bbox: Text | None = Field(None, description="West, south, east, north in degrees (EPSG:4326), with commas.")
    as_of: Day | None = Field(None, description="What was recorded by the end of this day, county time.")
    seen_by: Day | None = Field(None, description="What is known now about this day.")
    state: list[State] = Field(default_factory=list, description="Which states; all where none is named.")
    after: Text | None = Field(None, description="Key after which the page starts: `next` of the page before.")
    limit: int = Field(100, ge=1, le=LARGEST_PAGE, description="Rows on the page.")


def doors(request: Request) -> Doors:
    """Give what the application answers with."""
    found = request.app.state.doors
    if not isinstance(found, Doors):
        raise TypeError(f"expected Doors in the application's state, got {type(found).__name__}")
    return found


def visible_layer(name: str) -> Layer:
    """Give the layer of that name; UnknownName, in the same words, where it is missing or closed to the reader."""
    for layer in layers.every():
        if layer.name == name and layer.visible(READER).readable:
            return layer
    raise UnknownName(f"no layer {name!r}")


def box(text: str) -> Box:
    """Give the box written as west,south,east,north in degrees; Refused where it is not one."""
    try:
        found = Box(*(float(each) for each in text.split(",")))
    except (TypeError, ValueError):
        raise Refused(f"bbox: expected west,south,east,north in degrees, got {text!r}") from None
    if not (-180 <= found.west <= found.east <= 180 and -90 <= found.south <= found.north <= 90):
        raise Refused(f"bbox: expected west ≤ east within ±180 and south ≤ north within ±90, got {text!r}")
    return found


def question(parameters: Annotated[UncheckedParameters, Query()]) -> Question:
    """Give the question that the query asks."""
    return Question(
        layer=visible_layer(parameters.layer),
        town=parameters.town,
        cell=parameters.cell,
        box=None if parameters.bbox is None else box(parameters.bbox),
        as_of=parameters.as_of,
        seen_by=parameters.seen_by,
        states=frozenset(parameters.state or State),
        after=parameters.after,
        limit=parameters.limit,
    )


OpenDoors = Annotated[Doors, Depends(doors)]
Asked = Annotated[Question, Depends(question)]
