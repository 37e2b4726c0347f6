"""Four weeks of a county's checks against the plain earliest-due-date calendar of the same visits.

`python -m benchmarks.calendar [--workers 300] [--objects 1710] [--never 0.02] [--seed 7]` prints one JSON line. Every
worker has so many objects in villages of 2 by 2 km, of the kinds and intervals of the shipped rules, checked at random
within their intervals; a part was never checked. `late_over_peer` is ours over the peer's late visits, and those
without a day. `joined_over_peer` is the same of the metres of the shortest tree that joins a day's visits, per visit,
where the peer fills its days as evenly as ours (up to 1.05 of the mean), for a fuller day has its visits closer;
`fullest_over_mean` is the mean over workers of the fullest day over the mean day. `moved_again` counts the visits that
a second calendar, made from the first, has on another day. `cpu_s` is of planning all workers once, on one core.
"""

import argparse
import json
import resource
import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import pdist, squareform

from gis.plan.calendar import NEVER
from gis.plan.rounds import LONG_AGO
from gis.run.post import Booking, Post, post

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

DAYS, SHIFT, WALK, SIDE_M = 28, 480.0, 2.0, 2_000.0
KINDS = (
    *((365, 30, 12.0, 0.42), (90, 30, 12.0, 0.05), (7, 2, 12.0, 0.008), (1, 0, 12.0, 0.001)),
    *((365, 30, 14.0, 0.49), (182, 30, 14.0, 0.02), (30, 10, 14.0, 0.006), (60, 20, 120.0, 0.005)),
)
"""Interval and notice in days, minutes, and share of the objects: houses A to D, homes, shops, kitchens and sites."""


def objects(rng: np.random.Generator, count: int, never: float, first: int) -> pd.DataFrame:
    """Give the objects of one worker, as `gis.run.visits.Due.frame` has them; those that fall due in the calendar."""
    kind = rng.choice(len(KINDS), size=count, p=np.array([each[3] for each in KINDS]) / sum(e[3] for e in KINDS))
    every, notice, minutes, _ = (np.array(column)[kind] for column in zip(*KINDS, strict=True))
    centres = rng.uniform(0, SIDE_M, (8, 2))
    xy = centres[rng.integers(0, 8, count)] + rng.normal(0, 120, (count, 2))
    due = np.where(rng.random(count) < never, LONG_AGO, rng.integers(0, every.astype(int)))
    columns = {"every": every.astype(np.int64), "notice": notice.astype(np.int64), "minutes": minutes, "due": due}
    frame = pd.DataFrame(columns).assign(x=xy[:, 0], y=xy[:, 1], brisk=0)
    return frame.assign(object_id=first + np.arange(count))[due < DAYS].reset_index(drop=True)


def by_due_date(rows: pd.DataFrame, minutes: Floats, capacity: Floats) -> Integers:
    """Give the day of each visit where all are taken by their due day, each on the first day with room."""
    left, found = capacity.copy(), np.full(len(rows), NEVER)
    opens = rows["opens"].to_numpy()
    for visit in np.lexsort((np.arange(len(rows)), rows["due"].to_numpy())).tolist():
        free = np.flatnonzero(left[opens[visit] :] >= minutes[visit])
        if len(free):
            found[visit] = opens[visit] + free[0]
            left[found[visit]] -= minutes[visit]
    return found


def late(rows: pd.DataFrame, day: Integers) -> int:
    """Give how many visits that were not overdue before are late or have no day."""
    due = rows["due"].to_numpy()
    return int(((due >= 0) & ((day == NEVER) | (day > due))).sum())


def joined_m(xy: Floats, day: Integers) -> tuple[float, int]:
    """Give the metres of the shortest trees that join the visits of each day, and how many visits they are."""
    total = 0.0
    for each in np.unique(day[day != NEVER]):
        here = np.unique(xy[day == each], axis=0)
        total += float(minimum_spanning_tree(squareform(pdist(here))).sum()) if len(here) > 1 else 0.0
    return total, int((day != NEVER).sum())


def bookings(frame: pd.DataFrame, found: Post) -> dict[int, Booking]:
    """Give the days of a calendar as the next one is told of them."""
    ids, due = frame["object_id"].to_numpy(), frame["due"].to_numpy()
    made: dict[int, Booking] = {}
    for row, day in found.rows.sort_values(["row", "due"])[["row", "day"]].itertuples(index=False):
        days = made.get(int(ids[row]), Booking((), int(due[row]))).days
        made[int(ids[row])] = Booking((*days, int(day)) if day != NEVER else days, int(due[row]))
    return made


def run(workers: int, count: int, never: float, seed: int) -> dict[str, object]:
    """Plan all workers, twice, and their peers."""
    capacity = np.array(([SHIFT] * 5 + [0.0] * 2) * (DAYS // 7))
    tally = dict.fromkeys(("visits", "ours", "peer", "again", "unmet"), 0)
    distances: dict[str, list[tuple[float, int]]] = {"ours": [], "peer": []}
    fullest: list[float] = []
    cpu_s = 0.0
    for worker in range(workers):
        frame = objects(np.random.default_rng((seed, worker)), count, never, worker * count)
        began = time.process_time()
        found = post(frame, capacity, capacity, {}, walk_minutes=WALK, storm=None)
        cpu_s += time.process_time() - began
        again = post(frame, capacity, capacity, bookings(frame, found), walk_minutes=WALK, storm=None)
        rows, place = found.rows, found.rows["row"].to_numpy()
        minutes, xy = frame["minutes"].to_numpy()[place] + WALK, frame[["x", "y"]].to_numpy()[place]
        ours, peer = rows["day"].to_numpy(), by_due_date(rows, minutes, capacity)
        even = capacity * min(1.0, 1.05 * float(minutes.sum() / capacity.sum()))
        tally["visits"] += len(rows)
        tally["ours"] += late(rows, ours)
        tally["peer"] += late(rows, peer)
        tally["unmet"] += int((ours == NEVER).sum())
        tally["again"] += int((again.rows["day"].to_numpy() != ours).sum())
        distances["ours"].append(joined_m(xy, ours))
        distances["peer"].append(joined_m(xy, by_due_date(rows, minutes, even)))
        fullest.append(float(found.used.max() / found.used[capacity > 0].mean()))
    joined = {name: sum(d for d, _ in each) / sum(n for _, n in each) for name, each in distances.items()}
    return {
        "workers": workers,
        "objects": workers * count,
        "visits": tally["visits"],
        "late": tally["ours"],
        "late_peer": tally["peer"],
        "late_over_peer": round(tally["ours"] / max(tally["peer"], 1), 3),
        "unmet": tally["unmet"],
        "joined_m": round(joined["ours"], 1),
        "joined_over_peer": round(joined["ours"] / joined["peer"], 3),
        "fullest_over_mean": round(float(np.mean(fullest)), 3),
        "moved_again": tally["again"],
        "cpu_s": round(cpu_s, 1),
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=300)
    parser.add_argument("--objects", type=int, default=1710)
    parser.add_argument("--never", type=float, default=0.02)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args(arguments)
    print(json.dumps(run(asked.workers, asked.objects, asked.never, asked.seed)))


if __name__ == "__main__":
    main()
