from pathlib import Path

import pandas as pd
import pytest

from gis.errors import Refused
from gis.report.frontier import figure, form_of, listed

ROWS = pd.DataFrame(
    {
        "budget": [10_000.0, 20_000.0],
        "cost": [9_000.0, 20_000.0],
        "users": [3, 1_200],
        "mass_kg": [45.0, 90.0],
        "won": [15_000.0, 24_000.0],
        "most": [15_500.0, 24_000.0],
        "ratio": [15 / 15.5, 1.0],
    }
)


@pytest.mark.parametrize(("form", "head"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_the_same_frontier_is_drawn_to_the_same_bytes(form: str, head: bytes) -> None:
    one = figure(ROWS, "试验县 瓶改管", form, invented=True)
    assert one.startswith(head)
    assert one == figure(ROWS, "试验县 瓶改管", form, invented=True)


def test_the_figure_shows_what_is_won() -> None:
    less = ROWS.assign(won=[5_000.0, 24_000.0])
    assert figure(ROWS, "县", "png") != figure(less, "县", "png")


def test_the_list_is_headed_in_chinese_and_other_endings_are_refused() -> None:
    assert listed(ROWS).columns[2] == "接入户数"
    with pytest.raises(Refused, match=r"f\.gif: 应为 \.png \.svg"):
        form_of(Path("f.gif"), ("png", "svg"))
