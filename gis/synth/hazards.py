"""Hazards that the invented checks find, drawn from the hidden risk, and what became of each (合成)."""

from datetime import date

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from gis.synth import names
from gis.synth.kitchens import only

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]

FOUND = {
    "house_check": (0.004, ("墙体裂缝", "屋面渗漏", "擅自拆改承重墙", "基础下沉", "违规加层")),
    "home_check": (0.045, ("软管超期", "无熄火保护", "报警器失效", "灶具老化", "私接三通", "钢瓶超检", "厨房连通卧室")),
    "site_check": (2.2, ("临边无防护", "脚手架缺件", "配电箱未上锁", "动火无监护", "基坑支护不足", "塔吊限位失效")),
    "hot_work_check": (0.25, ("无证作业", "未配灭火器", "未清理可燃物", "焊机未装芯片")),
    "facility_check": (0.02, ("围栏破损", "标志缺失", "阀门渗漏")),
    "station_check": (0.35, ("消防器材过期", "实瓶超量", "台账不全", "防爆灯损坏")),
    "place_check": (0.40, ("疏散通道堵塞", "消防栓无水", "违规住人", "应急灯损坏", "瓶装气无报警器")),
}
"""Hazards per visit of an object of middling risk, and what they are called (DOMAIN 0, 1.6)."""
SPREAD = 0.8
"""How strongly the hidden risk moves the logarithm of the rate."""
MAJOR, NEVER_MENDED = 0.035, 0.08
DEADLINE_D = {"general": 30, "major": 7}


def hazards(checks: pd.DataFrame, push: Floats, *, seed: int, today: date) -> pd.DataFrame:
    """Give the hazards that done checks found, in the order of the checks.

    `push` is the logarithm by which what is hidden and what is neglected raise the rate of each check's object.
    Reads `layer`, `object_key`, `kind`, `outcome`, `seen` (local, no zone) and `worker_code`; gives `number`, `layer`,
    `object_key`, `kind` and the fields of the hazard layer but for its key and object, days as datetime64.
    """
    rng = np.random.default_rng([seed, 41])
    base = checks["kind"].map({kind: rate for kind, (rate, _) in FOUND.items()}).to_numpy(float)
    rate = base * np.exp(push - SPREAD**2 / 2) * (checks["outcome"] == "done").to_numpy(float)
    at = np.repeat(np.arange(len(checks)), rng.poisson(rate))
    count = len(at)
    chosen = checks.iloc[at].reset_index(drop=True)
    grade = np.where(rng.random(count) < MAJOR, "major", "general").astype(object)
    what = _called(chosen["kind"].to_numpy(object), rng)
    now = np.datetime64(today, "D")
    days = _days(chosen["seen"].to_numpy("datetime64[D]"), grade, now, rng)
    mended = ~np.isnat(days["rectified_on"])
    return pd.DataFrame(
        {
            "number": [f"YH-{number:07d}" for number in range(1, count + 1)],
            **{name: chosen[name] for name in ("layer", "object_key", "kind")},
            "grade": grade,
            "category": what,
            "what": [f"合成：{each}" for each in what],
            **days,
            "state": _states(days, now),
            "found_by": chosen["worker_code"],
            "rectified_by": only(np.array(names.people(count, rng), dtype=object), mended),
            "closed_by": only(np.full(count, "合成复查员", dtype=object), ~np.isnat(days["closed_on"])),
        }
    )


def _called(kind: Texts, rng: Generator) -> Texts:
    found = np.empty(len(kind), dtype=object)
    for each, (_, words) in FOUND.items():
        own = kind == each
        found[own] = rng.choice(np.array(words, dtype=object), int(own.sum()))
    return found


def _days(
    found: "NDArray[np.datetime64]", grade: Texts, now: np.datetime64, rng: Generator
) -> "dict[str, NDArray[np.datetime64]]":
    """Give the days of a hazard's life that lie before `now`; those to come, or never, are empty."""
    count = len(found)
    limit_d = pd.Series(grade).map(DEADLINE_D).to_numpy(np.int64)
    taken_d = np.maximum(np.round(rng.lognormal(np.log(limit_d * 0.4), 0.7)), 0).astype(np.int64)
    rectified = found + taken_d
    rechecked = rectified + rng.integers(1, 8, count)
    closed = rechecked + rng.integers(0, 4, count)
    open_still = rng.random(count) < NEVER_MENDED
    nothing = np.datetime64("NaT", "D")
    life = {"rectified_on": rectified, "rechecked_on": rechecked, "closed_on": closed}
    return {
        "found_on": found,
        "deadline_on": found + limit_d,
        **{name: np.where((day >= now) | open_still, nothing, day) for name, day in life.items()},
    }


def _states(days: "dict[str, NDArray[np.datetime64]]", now: np.datetime64) -> Texts:
    """Give how far each hazard is: what nobody has begun to mend within three days is found, then rectifying."""
    closed, mended = ~np.isnat(days["closed_on"]), ~np.isnat(days["rectified_on"])
    waiting = np.where(days["found_on"] > now - 3, "found", "rectifying")
    return np.select([closed, mended], ["closed", "recheck"], waiting).astype(object)
