"""How well the users of a full invented county are tied to its houses, against its truth and two plain peers.

`python -m benchmarks.matching [--scale 1] [--seed 7]` makes the county as messy deliveries, loads its places, houses
and users through the loader, runs `wangge match gas_user --to building` twice, and prints one JSON line. `precision` is
of what is called matched, `recall` of all users; `precision_…` and `rows_…` tell them by evidence. The peers see the
same rows: `exact` ties where the normalised address is a house's, `begins` to the house whose address is the longest
that it begins with, `nearest` to the nearest footprint within the reach. `cpu_s` is this process's, `seconds` the
clock's, both of the first run. `--missing 0.05` takes one house in twenty off the map: who lives there is in no house,
and whoever ties him to one is wrong.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa

from gis import layers
from gis.find.match_evidence import Footprints, Limits, Subjects
from gis.find.match_rows import footprints, subjects
from gis.find.numerals import plain
from gis.layer import Use
from gis.run import invented
from gis.run.match import match
from gis.store import county as counties
from gis.store.county import County
from gis.store.settings import settings_from
from gis.synth.dress import Wanted

TODAY = date(2026, 6, 1)
DATABASE = "wangge_matching"
LOADED = ("town", "village", "place_code", "road", "compound", "building", "gas_user")
USERS, HOUSES = layers.named("gas_user"), layers.named("building")
Answer = Sequence[str | None]


def main() -> None:
    """Make, load, match twice, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--missing", type=float, default=0.0, help="share of the houses that are not on the map")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent, "county")
        invented.make(folder, Wanted(given.seed, given.scale, TODAY), progress=say)
        users = pd.read_csv(folder / "truth" / "users.csv", dtype=str)
        truth = dict(zip(users["code"], users["building"], strict=True))
        county = loaded(folder)
    try:
        missing = taken_away(county, given.missing)
        truth = {user: house for user, house in truth.items() if house not in missing}
        say("match")
        print_line({**vars(given), **figures(county, truth)})
    finally:
        county.close()
        counties.reset(county.settings)


def loaded(folder: Path) -> County:
    """Found the county and load what matching reads."""
    settings = replace(settings_from(os.environ), database=DATABASE)
    counties.reset(settings)
    found = invented.manifest(folder)
    wanted = tuple(each for each in found.entries if each["layer"] in LOADED)
    county = invented.founded(settings, found)
    invented.load(county, replace(found, entries=wanted), progress=say)
    return county


def taken_away(county: County, share: float) -> set[str]:
    """Remove a share of the houses, as if nobody had drawn them; give their codes."""
    table = county.schema.table(HOUSES)
    with county.writing() as connection:
        codes = np.array(connection.scalars(sa.select(table.c.code).order_by(table.c.code)).all(), dtype=object)
        gone = codes[np.random.default_rng(0).random(len(codes)) < share]
        connection.execute(sa.delete(table).where(table.c.code.in_(gone.tolist())))
    return set(gone)


def figures(county: County, truth: Mapping[str, str]) -> dict[str, object]:
    """Match twice and judge the links and the peers by the truth."""
    began, cpu = time.perf_counter(), time.process_time()
    first = match(county, USERS, HOUSES)
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    say("again")
    second = match(county, USERS, HOUSES)
    with county.reading() as connection:
        rows, _ = subjects(connection, county, USERS, HOUSES)
        houses = footprints(connection, county, HOUSES)
        table = county.schema.table(layers.one(Use.LINK))
        stored = connection.execute(sa.select(table.c.subject, table.c.house, table.c.evidence)).all()
    by_key = {each.subject: (each.house, each.evidence) for each in stored}
    links = pd.DataFrame([by_key[key] for key in rows.key], columns=["house", "evidence"], dtype=object)
    real = [truth.get(key) for key in rows.key]
    say("peers")
    peers = {"exact": exact(rows, houses), "begins": begins(rows, houses), "nearest": nearest(rows, houses)}
    return {
        "users": len(rows.key),
        "houses": len(houses.key),
        **judged(links["house"].tolist(), real),
        "matched": first.matched,
        "ambiguous": first.ambiguous,
        "unmatched": first.unmatched,
        "seconds": round(seconds, 1),
        "cpu_s": round(cpu_s, 1),
        **by_evidence(links, real),
        **{f"{name}_{part}": value for name, peer in peers.items() for part, value in judged(peer, real).items()},
        "position_inside": first.position_inside,
        "position_beside": first.position_beside,
        "again": {"new": second.new, "changed": second.changed, "unchanged": second.unchanged},
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }


def judged(answer: Answer, real: Answer) -> dict[str, float]:
    """Give which share of the answers is right, and which share of the rows that have a house is answered right."""
    right = sum(one == other is not None for one, other in zip(answer, real, strict=True))
    answered, wanted = (sum(each is not None for each in some) for some in (answer, real))
    return {"precision": round(right / max(answered, 1), 5), "recall": round(right / max(wanted, 1), 5)}


def by_evidence(links: pd.DataFrame, real: Answer) -> dict[str, float]:
    """Give the rows and the precision of each kind of evidence."""
    right = links["house"].to_numpy(object) == np.array(real, dtype=object)
    found: dict[str, float] = {}
    for kind in sorted(links["evidence"].dropna().unique()):
        mine = (links["evidence"] == kind).to_numpy(bool)
        found |= {f"rows_{kind}": int(mine.sum()), f"precision_{kind}": round(float(right[mine].mean()), 5)}
    return found


def exact(rows: Subjects, houses: Footprints) -> Answer:
    """Tie where the normalised address is that of one house."""
    known = one_each(houses)
    return [known.get(plain(text)) if text else None for text in rows.address]


def begins(rows: Subjects, houses: Footprints) -> Answer:
    """Tie to the house whose address is the longest that a row's begins with."""
    known = one_each(houses)
    return [first_known(plain(text), known) if text else None for text in rows.address]


def first_known(text: str, known: Mapping[str, str | None]) -> str | None:
    """Give the house of the longest known beginning."""
    return next((known[text[:end]] for end in range(len(text), 3, -1) if text[:end] in known), None)


def one_each(houses: Footprints) -> dict[str, str | None]:
    """Give the house of each normalised address; None where two have it."""
    found: dict[str, str | None] = {}
    for key, text in zip(houses.key, houses.address, strict=True):
        if text:
            found[plain(text)] = None if plain(text) in found else key
    return found


def nearest(rows: Subjects, houses: Footprints) -> Answer:
    """Tie to the nearest footprint within the reach, where a row has a position."""
    tree = shapely.STRtree(houses.shape)
    row, house = tree.query_nearest(rows.point, max_distance=Limits().reach_m, all_matches=False)
    found: list[str | None] = [None] * len(rows.key)
    for each, place in zip(row.tolist(), house.tolist(), strict=True):
        found[each] = houses.key[place]
    return found


def say(step: str) -> None:
    """Say on stderr what is being done."""
    sys.stderr.write(f"{time.perf_counter():8.1f}  {step}\n")


def print_line(facts: Mapping[str, object]) -> None:
    """Print the figures as the last line of stdout."""
    sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
