"""An option that is a number of people, or a file that lists them."""

from pathlib import Path

import click

MOST = 5000


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
