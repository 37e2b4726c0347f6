"""Running a transaction again where the database asks for it."""

import time
from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa
from psycopg import Error
from psycopg.errors import DeadlockDetected, SerializationFailure

from gis.store.county import County

TRIES = 6
Given = TypeVar("Given")


def retried(county: County, write: Callable[[sa.Connection], Given], *, also: tuple[type[Error], ...] = ()) -> Given:
    """Give what `write` gives in a transaction of its own; run again after a deadlock, or where a day ended in between.

    `also` names further failures after which another try can succeed. The last failure is raised as it came.
    """
    again: tuple[type[Error], ...] = (DeadlockDetected, SerializationFailure, *also)
    for attempt in range(TRIES):
        try:
            with county.writing() as connection:
                return write(connection)
        except sa.exc.DBAPIError as error:
            if not isinstance(error.orig, again) or attempt == TRIES - 1:
                raise
            time.sleep(0.05 * 2**attempt)
    raise AssertionError("unreachable: the last attempt returns or raises")
