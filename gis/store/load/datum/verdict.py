"""What the guard says of a delivery: its state, a measured shift, and the sentence for a person."""

from dataclasses import dataclass

import numpy as np

VERIFIED = "verified"
NOT_VERIFIED = "not_verified"
SHIFTED = "shifted"
ACCEPTED = "accepted_shift"


@dataclass(frozen=True, slots=True)
class Datum:
    """What was measured: `state`, and for a shift its vector in metres, its cause, and the rows it holds for.

    The vector leads from where the rows should lie to where they were delivered. `rows` is exact up to MOST_ROWS rows
    and estimated beyond; `part` names where they lie, empty for the whole delivery. `because` says what was held
    against what, or what is missing, in Chinese and English; `reason` why a steward accepts a shift.
    """

    state: str
    because: str
    east_m: float | None = None
    north_m: float | None = None
    cause: str = ""
    rows: int = 0
    part: str = ""
    reason: str = ""

    @property
    def shift_m(self) -> float:
        """The length of the shift; 0 where there is none."""
        return float(np.hypot(self.east_m or 0.0, self.north_m or 0.0))

    def logged(self) -> dict[str, object]:
        """Give what the log keeps of it, by the names of the delivery's fields."""
        return {
            "datum": self.state,
            "datum_evidence": self.because,
            "shift_east": self.east_m,
            "shift_north": self.north_m,
            "shift_reason": self.reason or None,
        }

    def facts(self) -> dict[str, object]:
        """Give what `--json` tells of it."""
        return {
            "state": self.state,
            "evidence": self.because,
            "east_m": self.east_m,
            "north_m": self.north_m,
            "cause": self.cause,
            "rows": self.rows,
            "part": self.part,
            "reason": self.reason,
        }

    def sentence(self) -> str:
        """Give what was measured for a person to read."""
        if self.state == VERIFIED:
            return f"基准已核实 · datum verified（{self.because}）"
        if self.state == NOT_VERIFIED:
            return f"基准未核实 · datum not verified（{self.because}）"
        taken = f"按“{self.reason}”接受 · accepted: " if self.reason else ""
        where_zh, where = (f"{self.part} {self.rows} 行", f"{self.rows} rows in {self.part}") if self.part else ("", "")
        east, north = self.east_m or 0.0, self.north_m or 0.0
        return (
            f"{taken}{where_zh or '整个交付'}偏移 {self.shift_m:.0f} m（东 {east:+.0f} m，北 {north:+.0f} m） · "
            f"{where or 'all rows'} lie {self.shift_m:.0f} m off (east {east:+.0f} m, north {north:+.0f} m)；"
            f"{self.cause}；依据 · measured by {self.because}"
        )
