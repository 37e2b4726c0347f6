"""What more money wins: the frontier of a pipe plan as a figure (PNG or SVG) and as a list."""

import io
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from gis.errors import Refused
from gis.report.picture import SYNTHETIC, chinese

COLUMNS = {
    "budget": "预算(元)",
    "cost": "造价(元)",
    "users": "接入户数",
    "mass_kg": "减少存瓶(kg)",
    "won": "效益(元，未核实)",
    "most": "效益上界(元)",
    "ratio": "效益/上界",
}
BOUND, WON = "#b5271f", "#00a152"


def figure(rows: pd.DataFrame, title: str, form: str, *, invented: bool = False) -> bytes:
    """Give the curve of prizes won and of their upper bound over the cost, with the users at each point.

    `rows` has the columns budget, cost, users, won and most, by budget. `form` is png or svg; the same rows give the
    same bytes. Refused where it is another.
    """
    if form not in {"png", "svg"}:
        raise Refused(f"{form}: 图形只写 .png 或 .svg · expected a .png or .svg file")
    text = chinese()
    drawn = Figure(figsize=(8, 5), dpi=150)
    axes = drawn.add_subplot()
    axes.plot(rows["budget"] / 1e4, rows["most"] / 1e4, color=BOUND, linestyle="--", marker="_", label="上界")
    axes.plot(rows["cost"] / 1e4, rows["won"] / 1e4, color=WON, marker="o", label="方案")
    for cost, won, users in zip(rows["cost"], rows["won"], rows["users"], strict=True):
        axes.annotate(f"{users:,} 户", (cost / 1e4, won / 1e4), (4, -12), textcoords="offset points", font=text, size=8)
    axes.set_xlabel("造价（万元，单价未核实）", fontproperties=text)
    axes.set_ylabel("效益（万元，未核实）", fontproperties=text)
    axes.set_title(title + (f"（{SYNTHETIC}）" if invented else ""), fontproperties=text)
    axes.set_xlim(0, 1.12 * max(rows["budget"].max() / 1e4, 1e-9))
    axes.set_ylim(bottom=0)
    axes.grid(color="#dddddd")
    axes.legend(prop=text, loc="lower right")
    out = io.BytesIO()
    canvas = FigureCanvasSVG if form == "svg" else FigureCanvasAgg
    with mpl.rc_context({"svg.hashsalt": "wangge", "svg.fonttype": "path"}):
        canvas(drawn)
        drawn.savefig(out, format=form, metadata={"Date": None} if form == "svg" else {"Software": None})
    return out.getvalue()


def listed(rows: pd.DataFrame) -> pd.DataFrame:
    """Give the rows under the headings that a planner reads."""
    return rows[list(COLUMNS)].rename(columns=COLUMNS)


def form_of(path: Path, forms: Sequence[str]) -> str:
    """Give the form of a file by its ending; Refused where it is none of these."""
    form = path.suffix.lower().removeprefix(".")
    if form not in forms:
        raise Refused(f"{path.name}: 应为 {' '.join(f'.{each}' for each in forms)} · expected such an ending")
    return form
