"""Pipe plans (瓶改管): from live roots along the streets to chosen users, stored with their run and proof."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from gis.errors import Refused
from gis.plan.network import Users
from gis.plan.phases import Phases, Point, Site, frontier, phased
from gis.plan.pipes import STEPS, Reason
from gis.plan.settled import ROUNDS
from gis.run.pipe_ground import SUBJECTS, Ground, ground
from gis.run.pipe_kept import PLAN, Kept, kept
from gis.run.pipe_pace import NOBODY, Tempo, Watch
from gis.run.pipe_prices import REACH_M, Priced, priced
from gis.run.pipe_prizes import Prizes, prizes
from gis.run.pipe_rows import Laid, store
from gis.run.pipe_sizes import SizedSite, sized_plan
from gis.run.record import Made, digest, record
from gis.store.county import County


@dataclass(frozen=True, slots=True)
class How:
    """How a plan is made: for a town alone, by a file of rules, from roots of one pressure class, in phases.

    `stable_from` is the number of an earlier run whose pipes and users up to phase `built` (all, where none is named)
    stand already. The first search ends after so many `steps`, or about half of the `seconds` (a half of each phase's
    part), which are looked at before each step; those for phases have as many steps as it did, those for sizes a
    quarter, in so many `rounds`. Fetching and sizing take their own time.
    """

    area: str | None = None
    rules: Path | None = None
    pressure: str | None = None
    phases: int = 1
    stable_from: str | None = None
    built: int | None = None
    rounds: int = ROUNDS
    steps: int = STEPS
    seconds: float | None = None

    def parameters(self) -> dict[str, object]:
        """Give what the record of the run says; of a file of rules its name, and the SHA-256 of its bytes."""
        own = {name: value for name, value in asdict(self).items() if name not in {"steps", "seconds"}}
        file = self.rules
        rules = {"file": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()} if file else None
        return own | {"rules": rules, "reach_m": REACH_M}

    def tempo(self, watch: Watch) -> Tempo:
        """Give how long searches go on."""
        seconds = None if self.seconds is None else self.seconds / 2 / self.phases
        return Tempo(self.steps, seconds, self.rounds, watch)


@dataclass(frozen=True, slots=True)
class Pipes:
    """What a plan comes to, in yuan at unverified unit costs: objective, bound and gap, and users of candidates.

    The cost is with the sizes, which add `size_cost`; `lowest_pa` is the least pressure at a user's end and
    `checked_pa` what pandapipes finds there (both None where nothing is laid), `least_pa` what it must be; `rounds`
    plans were drawn, and `stable` says whether the last changed nothing; somebody `ended` the search early, or nobody.
    `won` are the prizes of connected users and `most` what no plan within the budget can pass; `reasons` counts why
    users are in or out; `length_m` is of new mains and service lines together; `left_roots` tells of facilities by why
    they count as roots or do not; `pressure` is the class that gas is taken at; `rules` are those that were asked for.
    """

    run: int
    objective: float
    bound: float
    gap_pct: float
    users: int
    candidates: int
    cost: float
    missed: float
    won: float
    most: float
    mass_kg: float
    length_m: float
    roots: int
    budget: float | None
    exchange: float
    steps: int
    size_cost: float
    lowest_pa: float | None
    checked_pa: float | None
    least_pa: float
    rounds: int
    stable: bool
    ended: bool
    pressure: str
    reasons: Mapping[str, int]
    left_roots: Mapping[str, int]
    rules: Mapping[str, Mapping[str, object]]
    phases: tuple[Mapping[str, float], ...]

    @property
    def unverified(self) -> int:
        """How many of the rules were not confirmed."""
        return sum(not each["verified"] for each in self.rules.values())


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A ground with prices, prizes and what stands already; `site` is what the planner sees of it."""

    ground: Ground
    priced: Priced
    prizes: Prizes
    kept: Kept
    site: Site

    def digest(self) -> str:
        """Give the SHA-256 of what is planned and sized: streets, users, all amounts of the rules, what stands."""
        graph, users, ground, stands = self.site.graph, self.site.users, self.ground, self.kept
        rules = sorted((key, rule.amount) for key, rule in ground.tariff.rules.items() if key[0] in SUBJECTS)
        who = ground.users[["code", ground.by]].to_csv(index=False)
        drawn = (graph.geometry, graph.u, graph.v, graph.line, self.site.edge_cost, self.site.roots, self.priced.live)
        laid = (users.node, users.service, users.prize, stands.edge, stands.user, stands.diameter)
        return digest((*drawn, *laid, who, repr((rules, ground.sources.pressure))))


def question(connection: sa.Connection, county: County, how: How) -> Question:
    """Fetch what a plan is made from; Refused where a root, street or rule is missing."""
    found = ground(connection, county, area=how.area, rules=how.rules, pressure=how.pressure)
    costs, worth = priced(found), prizes(found)
    stands = kept(connection, county, how.stable_from, how.built, graph=costs.graph, users=found.users)
    out = worth.barred != ""
    users = Users(
        node=np.where(out, -1, costs.house),
        service=np.where(stands.user, 0.0, worth.hookup),
        prize=np.where(out, 0.0, worth.amount),
        ends=np.unique(costs.house[costs.house >= 0]),
    )
    cost = np.where(stands.edge, 0.0, costs.cost)
    return Question(found, costs, worth, stands, Site(costs.graph, costs.roots, users, cost))


def plan(
    county: County,
    *,
    budget: float | None = None,
    seed: int = 0,
    how: How | None = None,
    watch: Watch = NOBODY,
) -> Pipes:
    """Plan pipes to bottled users and store the plan; without a budget, cost + prizes missed is made small.

    `watch` is told what is being done, and may end the search: then the best plan so far is stored. The record holds
    the steps done, and of a run that was ended the rounds; a run with as many gives the same plan. Where phases are
    ended there are none, which the record says too. Refused where no live root or no street is stored, the law holds no
    unit costs, or phases are asked for without a budget.
    """
    asked = how or How()
    if asked.phases > 1 and budget is None:
        raise Refused("--phases 需要 --budget · phases part a budget, so name one")
    watch.begin("fetch")
    with county.reading() as connection:
        wanted = question(connection, county, asked)
    tempo = asked.tempo(watch)
    sizes = sized_plan(wanted.ground, wanted.priced, wanted.kept, wanted.site, tempo, budget=budget, seed=seed)
    found, ended = sizes.plan, watch.end()
    if asked.phases > 1:
        watch.begin("phases")
    phases = _phases(wanted.site, sizes, asked, seed=seed, end=watch.end)
    watch.begin("store")
    done = replace(asked, rounds=sizes.rounds if ended else asked.rounds, phases=asked.phases if phases else 1)
    told = _told(wanted, sizes, phases, ended=ended or done.phases < asked.phases)
    made = Made(
        PLAN,
        {"budget": budget} | done.parameters(),
        wanted.digest(),
        seed=seed,
        steps=found.steps,
        objective=found.objective,
        bound=found.bound,
        result={name: value for name, value in asdict(told).items() if name != "run"},
    )
    with county.writing() as connection:
        run = record(connection, county, made)
        store(connection, county, run, _laid(wanted, sizes, phases))
    return replace(told, run=run)


def _told(wanted: Question, sizes: SizedSite, phases: Phases | None, *, ended: bool) -> Pipes:
    found = sizes.plan
    total = float(wanted.site.users.prize.sum())
    new = ~(wanted.priced.live | _stands(wanted, sizes))[found.edges]
    return Pipes(
        run=0,
        objective=found.objective,
        bound=found.bound,
        gap_pct=found.gap_pct,
        users=int(found.connected.sum()),
        candidates=int((wanted.prizes.barred == "").sum()),
        cost=found.cost,
        missed=found.missed,
        won=total - found.missed,
        most=total - found.bound if found.budget is not None else total,
        mass_kg=float(wanted.prizes.mass_kg[found.connected].sum()),
        length_m=float(wanted.site.graph.length_m[found.edges[new]].sum()),
        roots=len(wanted.site.roots),
        budget=found.budget,
        exchange=found.exchange,
        steps=found.steps,
        size_cost=sizes.cost,
        lowest_pa=sizes.lowest_pa,
        checked_pa=sizes.checked_pa,
        least_pa=sizes.sizing.level.least_pa,
        rounds=sizes.rounds,
        stable=sizes.stable,
        ended=ended,
        pressure=wanted.ground.sources.pressure,
        reasons=dict(Counter(_reasons(wanted, sizes).tolist())),
        left_roots=wanted.ground.sources.left,
        rules=wanted.ground.tariff.told(),
        phases=tuple(asdict(each) | {"ratio": each.ratio} for each in phases.after) if phases is not None else (),
    )


def _phases(site: Site, sizes: SizedSite, how: How, *, seed: int, end: Callable[[], bool]) -> Phases | None:
    """Give the phases, or None where somebody says `end`.

    What no plan can win more than is found at the narrowest sizes, below which no plan costs.
    """
    found = sizes.plan
    if how.phases == 1 or found.budget is None:
        return None
    budgets = np.arange(1, how.phases) * found.budget / how.phases
    total = float(site.users.prize.sum())
    last = Point(found.budget, found, total - found.missed, total - found.bound)
    smaller = frontier(site, budgets, seed=seed, steps=found.steps, before=found, end=end)
    points = (*(replace(point, most=min(point.most, last.most)) for point in smaller), last)
    if len(points) < how.phases:
        return None
    return phased(sizes.site, found, points, seed=seed, steps=found.steps, end=end)


def _reasons(wanted: Question, sizes: SizedSite) -> NDArray[np.object_]:
    """Give the word of the layer for why each user is in or out."""
    found = sizes.plan
    words = {
        Reason.CONNECTED: "connected",
        Reason.TOO_DEAR: "too_dear",
        Reason.NO_STREET: "no_street",
        Reason.UNREACHABLE: "unreachable",
        Reason.OVER_BUDGET: "over_budget",
    }
    told = np.array([words[each] for each in found.reason], dtype=object)
    told[found.connected & wanted.kept.user] = "kept"
    told[sizes.barred & ~found.connected] = "no_pressure"
    told[wanted.priced.blocked & ~found.connected] = "no_clear_line"
    barred = wanted.prizes.barred
    told[barred != ""] = barred[barred != ""]
    return told


def _stands(wanted: Question, sizes: SizedSite) -> NDArray[np.bool_]:
    """Give which edges stand already in a size that is wide enough."""
    return np.asarray(wanted.kept.edge & (sizes.site.edge_cost == 0), dtype=bool)


def _laid(wanted: Question, sizes: SizedSite, phases: Phases | None) -> Laid:
    found = sizes.plan
    one = np.ones(len(found.edges), dtype=np.int64)
    return Laid(
        wanted.ground,
        wanted.priced,
        wanted.prizes,
        sizes,
        kept=_stands(wanted, sizes),
        edge_phase=one if phases is None else phases.edge,
        user_phase=found.connected.astype(np.int64) if phases is None else phases.user,
        reasons=_reasons(wanted, sizes),
    )
