"""How check states look on the map and which are most urgent; what they mean stands in `gis.find.states`."""

from typing import NamedTuple

from gis.find.states import State


class Look(NamedTuple):
    """The English title of a state and its colour: quiet where nothing is to be done."""

    title_en: str
    colour: str


LOOKS = {
    State.CURRENT: Look("Current", "#86b29a"),
    State.DUE: Look("Due", "#e3b341"),
    State.OVERDUE: Look("Overdue", "#c9432f"),
    State.NEVER: Look("Never checked", "#7b5ea7"),
    State.NO_RULE: Look("No rule", "#b9b9b4"),
}
URGENCY = (State.OVERDUE, State.NEVER, State.DUE, State.CURRENT, State.NO_RULE)
