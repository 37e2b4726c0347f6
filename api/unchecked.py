"""The door to what is unchecked."""

from fastapi import APIRouter

from api.answers import UncheckedAnswer
from api.deps import Asked, OpenDoors

router = APIRouter()


@router.get("/unchecked")
def read_unchecked(asked: Asked, doors: OpenDoors) -> UncheckedAnswer:
    """Count a layer's objects by check state, with the denominator, and list them by key, at most 1000 a page."""
    return doors.unchecked(asked)
