"""An option that is a number of people or a file that lists them, and what is said of those of unknown skills."""

from collections.abc import Sequence
from pathlib import Path

import click

from gis.errors import some

MOST = 5000


def skills_unknown(codes: Sequence[str], most: int) -> list[str]:
    """Give the line that names those of whom no skill is on record; none where there are none."""
    return [f"专长不明、按样样都会计 · skills unknown, taken as everything: {some(codes, most)}"] if codes else []


class Workers(click.ParamType[int | Path]):
    """A number of workers or groups, or a file that lists them."""

    name = "FILE|N"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int | Path:
        """Give the number, or the path of a file that is there."""
        text = str(value)
        try:
            count = int(text)
        except ValueError:
            if not Path(text).is_file():
                self.fail(f"expected a number or a CSV file that is there, got {text}", param, ctx)
            return Path(text)
        if not 1 <= count <= MOST:
            self.fail(f"{count} is not in the range 1<=x<={MOST}.", param, ctx)
        return count
