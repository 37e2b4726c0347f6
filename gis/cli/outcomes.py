"""What a delivery came to, said for people and for `--json`."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gis.layer import Layer
    from gis.store.load import Outcome
    from gis.store.reading import Reading

SHOWN = 20
LISTED = 1000
COUNTS = (
    "layer",
    "number",
    "delivered",
    "stored",
    "new",
    "changed",
    "unchanged",
    "rejected",
    "repaired",
    "gone",
    "matched",
    "ambiguous",
    "keyed_by_geometry",
)


def facts(layer: "Layer", outcome: "Outcome", reading: "Reading") -> dict[str, object]:
    """Give what `--json` tells of a delivery; faults and repairs are listed up to a thousand."""
    from gis.store.load.words import said

    return {
        **{name: getattr(outcome, name) for name in COUNTS},
        "crs": reading.crs,
        "datum": outcome.datum.facts() if outcome.datum is not None else None,
        "notes": [*reading.notes, *outcome.notes],
        "fields": list(outcome.fields),
        "ignored": list(outcome.ignored),
        "emptied": dict(outcome.emptied),
        "faults": [{**fault._asdict(), "zh": said(layer, fault).sentence} for fault in outcome.faults[:LISTED]],
        "repairs": [{"row": row, "what": what} for row, what in outcome.repairs[:LISTED]],
    }


def lines(layer: "Layer", outcome: "Outcome", reading: "Reading") -> list[str]:
    """Give what is told of a delivery, Chinese first."""
    found = [line(outcome), *(f"  {note}" for note in (*reading.notes, *outcome.notes)), *told(layer, outcome)]
    if outcome.datum is not None:
        found.append(f"  {outcome.datum.sentence()}")
    if outcome.matched or outcome.ambiguous:
        found.append(
            f"  按重叠配对 {outcome.matched} 行，不能确定 {outcome.ambiguous} 行 · paired by overlap "
            f"{outcome.matched}, ambiguous {outcome.ambiguous}"
        )
    if outcome.keyed_by_geometry:
        found.append(f"  {outcome.keyed_by_geometry} 行没有编号，以图形为准 · rows keyed by their shape")
    if outcome.ignored:
        found.append(f"  未用的列 · columns not used: {', '.join(outcome.ignored)}")
    return found


def line(outcome: "Outcome") -> str:
    """Give the one line in which every row is accounted for."""
    kept = f"新增 {outcome.new} + 变更 {outcome.changed} + 未变 {outcome.unchanged}"
    gone = f"；终止 {outcome.gone}" if outcome.gone else ""
    name = f"{outcome.number} {outcome.layer}" if outcome.number else outcome.layer
    return f"{name}: 交付 {outcome.delivered} = {kept} + 退回 {outcome.rejected}；修复 {outcome.repaired}{gone}"


def told(layer: "Layer", outcome: "Outcome") -> list[str]:
    """Say why rows were rejected and which values were left empty because they could not be read."""
    from gis.store.load.words import sentence

    found = [f"  {sentence(layer, fault)}" for fault in outcome.faults[:SHOWN]]
    if len(outcome.faults) > SHOWN:
        more = len(outcome.faults) - SHOWN
        found.append(f"  …… 另有 {more} 处（--rejects 写出全部） · {more} more, --rejects writes them all")
    if outcome.emptied:
        emptied = "，".join(f"{name} {count}" for name, count in sorted(outcome.emptied.items()))
        found.append(f"  读不懂而留空的值 · values left empty: {emptied}")
    return found


def returned(outcome: "Outcome", path: Path | None) -> str:
    """Say how many rows come back and where they are, or how to get them; empty where none does."""
    if not outcome.rejected:
        return ""
    many = f"退回 {outcome.rejected} 行 · {outcome.rejected} rows rejected"
    if path is not None:
        return f"{many}: {path}"
    return f"{many}；加 --rejects 写出退回的行，修正后可再次交付 · --rejects writes them out to be mended"
