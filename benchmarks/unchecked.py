"""What is unchecked among a million objects with five million checks: ours, and peers on the same rows.

`python -m benchmarks.unchecked [--objects N] [--checks N] [--runs N]` prints one JSON line. All of it runs in a
throw-away cluster that writes durably; objects and checks are put in by the database (see `benchmarks.ground`), the
status is rebuilt by the product's `status_rebuild` and compared wholly with a plain GROUP BY over the checks.

`town_ratio_antijoin`: the ids of one town's overdue and never checked objects. Ours reads them from the status rows;
the peer is the faster of two queries over the checks, a NOT EXISTS and a LATERAL … ORDER BY seen_at DESC LIMIT 1, on
the index (object_id, seen_at) after VACUUM ANALYZE; both are handed the rule's cut-off instant of each class as a
constant, which spares them the county's midnights. `town_ratio_partial` is the same with an index made for this one
question, (object_id, seen_at) WHERE outcome = 'done' AND voided_at IS NULL. Each side's is the median over the towns.

`p95_ms_1m`: what the door does for one question, counts and the first page of 100 overdue, never checked or due, for
random towns, cells and boxes of 2 km; the largest of the three 95th percentiles, each of so many questions. `asof_s`:
one town's counts as recorded by the end of today, from the events and past versions. `check_insert_ms`: the statement
that inserts one check, with all triggers and (`bare`) with those that keep the status taken away; `batch_1000_ms` the
same for a thousand rows in one statement.
"""

import argparse
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import shapely
import sqlalchemy as sa

from benchmarks import ground
from benchmarks.ground import LAYER, SRID, X, Y, say
from gis import crs, layers
from gis.crs import Box
from gis.find import health, live, unchecked
from gis.find.states import State, Where
from gis.find.unchecked import Question
from gis.layer import Use
from gis.store import server
from gis.store.county import County, engine_for, now, opened
from gis.store.server import DatabaseRole
from gis.store.settings import Settings

BOX_M = 2_000.0
PAGE = 100
QUESTIONS = 60
SEED = 7
UNCHECKED = frozenset({State.OVERDUE, State.NEVER})
TO_DO = UNCHECKED | {State.DUE}
CHECK, STATUS = layers.one(Use.CHECK), layers.one(Use.STATUS)

CHECKS = """
INSERT INTO "check" (uid, layer, object_id, kind, outcome, seen_at, worker_code, source, number, synthetic, recorded_at,
                     voided_at, void_reason)
SELECT CAST(lpad(to_hex((extract(epoch FROM m.recorded_at) * 1000)::bigint), 12, '0') || '7' || substr(m.bits, 1, 3)
            || '8' || substr(m.bits, 4, 15) AS uuid), 'building', m.id, 'house_check', m.outcome, m.seen_at,
       'W-' || m.id % 400, 'bench', m.id || '-' || m.visit, true, m.recorded_at,
       CASE WHEN m.voided THEN m.recorded_at + interval '1 day' END, CASE WHEN m.voided THEN '重复' END
FROM (
    SELECT v.*, v.seen_at + random() * interval '3 hours' AS recorded_at, md5(random()::text) AS bits
    FROM (
        SELECT o.id, k AS visit, random() < 0.01 AS voided,
               CASE WHEN NOT o.never AND random() < 0.97 THEN 'done'
                    ELSE (ARRAY['no_answer', 'refused', 'vacant', 'not_found'])[1 + floor(random() * 4)::integer]
                    END AS outcome,
               CAST(:now AS timestamptz) - interval '4 hours'
               - (o.latest + (k - 1) * 0.9 + random() * 0.1) * o.days * interval '1 day' AS seen_at
        FROM (
            SELECT b.id, random() < 0.02 AS never,
                   CASE coalesce(b.grade, 'A') WHEN 'A' THEN 365 WHEN 'B' THEN 90 WHEN 'C' THEN 7 ELSE 1 END AS days,
                   CASE WHEN random() < 0.03 THEN 1 + 2 * random() ELSE 0.9 * random() END AS latest
            FROM building b
        ) o CROSS JOIN generate_series(1, CAST(:visits AS integer)) k
    ) v
) m
ORDER BY m.recorded_at
"""
RECOUNT = """
SELECT count(*) FROM (
    SELECT b.id, b.town_id, b.cell_id, r.id AS rule_version_id, c.done, c.tried,
           ((c.done AT TIME ZONE 'Asia/Shanghai')::date + r.amount::integer + 1)::timestamp
           AT TIME ZONE 'Asia/Shanghai' AS due_at
    FROM building b
    JOIN rule_version r ON r.subject = 'house_check' AND r.category = coalesce(b.grade, 'A') AND r.withdrawn_at IS NULL
    LEFT JOIN (SELECT object_id, max(seen_at) FILTER (WHERE outcome = 'done') AS done, max(seen_at) AS tried
               FROM "check" WHERE kind = 'house_check' AND voided_at IS NULL GROUP BY object_id) c ON c.object_id = b.id
) w FULL JOIN status s ON s.object_id = w.id AND s.rule_version_id = w.rule_version_id
WHERE (w.id, w.town_id, w.cell_id, w.done, w.tried, w.due_at)
      IS DISTINCT FROM (s.object_id, s.town_id, s.cell_id, s.last_done_at, s.last_try_at, s.due_at)
"""
PEERS = {
    "antijoin": """
        WITH ruled (category, cutoff) AS (
            SELECT DISTINCT ON (category) category,
                   (CAST(:day AS date) - amount::integer)::timestamp AT TIME ZONE 'Asia/Shanghai'
            FROM rule_version WHERE subject = 'house_check' AND unit = 'd' AND withdrawn_at IS NULL
                 AND valid_from <= :day AND (valid_to IS NULL OR valid_to > :day)
            ORDER BY category, rank DESC, valid_from DESC, id DESC
        )
        SELECT array_agg(b.id) FROM building b JOIN ruled r ON r.category = coalesce(b.grade, 'A')
        WHERE b.town_id = :town AND NOT EXISTS (
            SELECT FROM "check" c WHERE c.object_id = b.id AND c.seen_at >= r.cutoff AND c.outcome = 'done'
            AND c.voided_at IS NULL AND c.kind = 'house_check')""",
    "lateral": """
        WITH ruled (category, cutoff) AS (
            SELECT DISTINCT ON (category) category,
                   (CAST(:day AS date) - amount::integer)::timestamp AT TIME ZONE 'Asia/Shanghai'
            FROM rule_version WHERE subject = 'house_check' AND unit = 'd' AND withdrawn_at IS NULL
                 AND valid_from <= :day AND (valid_to IS NULL OR valid_to > :day)
            ORDER BY category, rank DESC, valid_from DESC, id DESC
        )
        SELECT array_agg(b.id) FROM building b JOIN ruled r ON r.category = coalesce(b.grade, 'A')
        LEFT JOIN LATERAL (
            SELECT c.seen_at FROM "check" c WHERE c.object_id = b.id AND c.outcome = 'done' AND c.voided_at IS NULL
            AND c.kind = 'house_check' ORDER BY c.seen_at DESC LIMIT 1) last ON true
        WHERE b.town_id = :town AND (last.seen_at IS NULL OR last.seen_at < r.cutoff)""",
}
PARTIAL = """CREATE INDEX peer_partial ON "check" (object_id, seen_at)
             WHERE outcome = 'done' AND voided_at IS NULL AND kind = 'house_check'"""


def filled(county: County, objects: int, visits: int) -> dict[str, object]:
    """Put in objects and checks, rebuild the status and compare it wholly with a recount; give what each step took."""
    steps: dict[str, float] = {}

    def step(name: str, work: Callable[[], object]) -> object:
        began = time.perf_counter()
        done = work()
        steps[name] = time.perf_counter() - began
        say(f"{name} {steps[name]:.1f} s")
        return done

    with ground.unwatched(county) as connection:
        step("objects", lambda: ground.built(county, objects))
        connection.exec_driver_sql("SELECT setseed(0.7)")
        with ground.unindexed(connection, CHECK.name):
            step("checks", lambda: connection.execute(sa.text(CHECKS), {"now": now(), "visits": visits}))
        step("analyze", lambda: connection.exec_driver_sql("VACUUM ANALYZE"))
        step("status", lambda: connection.exec_driver_sql("SELECT status_rebuild(array_agg(id)) FROM building"))
        step("analyze_status", lambda: connection.exec_driver_sql(f"VACUUM ANALYZE {STATUS.name}"))
        wrong = step("recount", lambda: connection.scalar(sa.text(RECOUNT)))
    return {"filled_s": steps, "status_differs": wrong}


def sizes(county: County) -> dict[str, object]:
    """Give the rows of the large tables and the MiB of tables and indexes."""
    names = (LAYER.name, CHECK.name, STATUS.name)
    query = """SELECT c.reltuples::bigint, pg_table_size(c.oid) / 1048576.0, pg_indexes_size(c.oid) / 1048576.0
               FROM pg_class c WHERE c.oid = CAST(:name AS regclass)"""
    with county.reading() as connection:
        found = {name: connection.execute(sa.text(query), {"name": f'"{name}"'}).one() for name in names}
    return {
        name: {"rows": each[0], "mib": float(each[1]), "indexes_mib": float(each[2])} for name, each in found.items()
    }


def codes(county: County, use: Use) -> dict[str, int]:
    """Give the internal id of each area by its code."""
    table = county.schema.table(layers.one(use))
    with county.reading() as connection:
        return {code: int(key) for code, key in connection.execute(sa.select(table.c.code, table.c.id))}


def against_events(county: County, runs: int, *, partial: bool) -> dict[str, object]:
    """Ask each town's overdue and never checked ids, ours and the peers in turn on one connection, and compare them."""
    moment = unchecked.moment_of(county, Question(LAYER), now())
    queries: dict[str, sa.Executable] = {name: sa.text(text) for name, text in PEERS.items()}
    times: dict[str, list[float]] = {}
    same, found = True, 0
    with county.reading() as connection:
        for town in codes(county, Use.TOWN).values():
            queries["ours"] = live.ruled(county.schema, LAYER, moment, Where(town_id=town), UNCHECKED)
            answers = []
            for name, query in queries.items():
                took, ids = timed(connection, query, {} if name == "ours" else {"town": town, "day": moment.day}, runs)
                times.setdefault(name, []).append(took)
                answers.append(ids)
            found += len(answers[0])
            same &= all(np.array_equal(answers[0], each) for each in answers)
    median_ms = {name: statistics.median(each) * 1000 for name, each in times.items()}
    ours, peer = median_ms.pop("ours"), min(median_ms.values())
    if partial:
        return {"town_ratio_partial": peer / ours, "peer_partial_ms": median_ms, "identical_partial": same}
    return {
        "town_ratio_antijoin": peer / ours,
        "identical": same,
        "town_ms": ours,
        "peer_ms": median_ms,
        "unchecked_share": found / stock(county),
    }


def timed(
    connection: sa.Connection, query: sa.Executable, values: dict[str, Any], runs: int
) -> tuple[float, "np.ndarray[Any, np.dtype[np.int64]]"]:
    """Give the median seconds until all that a query gives is here, and the ids in its last column, in order."""
    took = []
    for _ in range(runs):
        began = time.perf_counter()
        rows = connection.execute(query, values).all()
        took.append(time.perf_counter() - began)
    return statistics.median(took), np.sort(np.concatenate([np.asarray(row[-1] or [], np.int64) for row in rows]))


def stock(county: County) -> int:
    """Give the number of objects."""
    with county.reading() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(county.schema.table(LAYER))).scalar_one())


def as_the_door_asks(county: County, objects: int) -> dict[str, object]:
    """Ask counts and first page of random towns, cells and boxes, and give the 95th percentile of each kind."""
    county = opened(county.settings, compare=False, kept=True)
    random = np.random.default_rng(SEED)
    towns, cells = (list(codes(county, use)) for use in (Use.TOWN, Use.CELL))
    corners = random.uniform(0, ground.side(objects) - BOX_M, (QUESTIONS, 2)) + np.array([X, Y])
    outlines = shapely.box(*corners.T, *(corners + BOX_M).T)
    boxes = [Box(*each.bounds) for each in crs.from_storage(np.asarray(outlines), crs.EXCHANGE, SRID)]
    asked = {
        "town": [
            Question(LAYER, town=towns[each], states=TO_DO, limit=PAGE)
            for each in random.integers(0, len(towns), QUESTIONS)
        ],
        "cell": [
            Question(LAYER, cell=cells[each], states=TO_DO, limit=PAGE)
            for each in random.integers(0, len(cells), QUESTIONS)
        ],
        "box": [Question(LAYER, box=box, states=TO_DO, limit=PAGE) for box in boxes],
    }
    found: dict[str, object] = {}
    for kind, questions in asked.items():
        took, rows = [], 0
        for question in questions:
            began = time.perf_counter()
            moment = unchecked.moment_of(county, question, now())
            counted = unchecked.counts(county, question, moment)
            rows += len(unchecked.rows(county, question, moment))
            took.append((time.perf_counter() - began) * 1000)
        found[f"p95_ms_{kind}"] = float(np.quantile(took, 0.95))
        found[f"p50_ms_{kind}"] = statistics.median(took)
        found[f"last_{kind}"] = {"stock": counted.stock, "rows": rows / len(questions)}
        say(f"{kind} {found[f'p50_ms_{kind}']:.1f} ms, 95 % {found[f'p95_ms_{kind}']:.1f} ms")
    county.close()
    return {"p95_ms_1m": max(found[f"p95_ms_{kind}"] for kind in asked), **found}  # type: ignore[type-var]


def in_the_past(county: County, runs: int) -> dict[str, object]:
    """Ask one town's counts as of today, from the events, as they are known for a day that is over."""
    question = Question(LAYER, town=min(codes(county, Use.TOWN)), as_of=county.today())
    took = []
    for _ in range(runs):
        began = time.perf_counter()
        counted = unchecked.counts(county, question, unchecked.moment_of(county, question, now()))
        took.append(time.perf_counter() - began)
    return {"asof_s": statistics.median(took), "asof_stock": counted.stock}


INSERT = """
INSERT INTO "check" (uid, layer, object_id, kind, outcome, seen_at, synthetic)
SELECT gen_random_uuid(), 'building', (SELECT min(id) FROM building) + (number * 7919 + :shift) % :objects,
       'house_check', 'done', now() - interval '1 second', true
FROM generate_series(1, CAST(:rows AS bigint)) number
"""
KEEPING = ("check_count", "check_recount")


def inserts(county: County, objects: int) -> dict[str, object]:
    """Insert checks one by one and by the thousand, with all triggers and without those that keep the status."""
    engine = engine_for(county.settings, DatabaseRole.SUPERUSER, str(county.timezone))
    found: dict[str, object] = {}
    with engine.connect() as connection:
        for name, rows, times in (("check_insert_ms", 1, 300), ("batch_1000_ms", 1000, 15)):
            took: dict[bool, list[float]] = {True: [], False: []}
            for number in range(2 * times):
                kept = number % 2 == 0
                for trigger in KEEPING:
                    connection.exec_driver_sql(
                        f'ALTER TABLE "check" {"ENABLE" if kept else "DISABLE"} TRIGGER {trigger}'
                    )
                connection.commit()
                began = time.perf_counter()
                connection.execute(sa.text(INSERT), {"rows": rows, "shift": number * 104729, "objects": objects})
                took[kept].append(time.perf_counter() - began)
                connection.commit() if kept else connection.rollback()
            own, bare = (statistics.median(took[each]) * 1000 for each in (True, False))
            found |= {name: own, f"{name.removesuffix('_ms')}_bare_ms": bare}
    engine.dispose()
    return found


def main() -> None:
    """Make the county, ask, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=1_000_000)
    parser.add_argument("--checks", type=int, default=5_000_000)
    parser.add_argument("--cells", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    if given.checks % given.objects:
        parser.error(f"expected --checks to be a multiple of --objects, got {given.checks} and {given.objects}")
    with tempfile.TemporaryDirectory(prefix="wangge-unchecked-") as folder:
        settings = Settings(Path(folder), database="unchecked")
        try:
            county = ground.founded(settings, given.objects, given.cells)
            found: dict[str, object] = {"objects": given.objects, "checks": given.checks}
            found |= filled(county, given.objects, given.checks // given.objects)
            found |= measured(county, given.objects, given.runs)
            county.close()
        finally:
            server.down(settings)
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")


def measured(county: County, objects: int, runs: int) -> dict[str, object]:
    """Ask everything of a filled county."""
    found = {**sizes(county), **as_the_door_asks(county, objects), **in_the_past(county, 3)}
    found |= against_events(county, runs, partial=False)
    with ground.unwatched(county) as connection:
        connection.exec_driver_sql(PARTIAL)
        connection.exec_driver_sql(f'VACUUM ANALYZE "{CHECK.name}"')
        found |= against_events(county, runs, partial=True)
        connection.exec_driver_sql("DROP INDEX peer_partial")
    found |= inserts(county, objects)
    with county.reading() as connection:
        found["status_stale_after"] = health.stale(connection, county)
    return found | {"peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}


if __name__ == "__main__":
    main()
