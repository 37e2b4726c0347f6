"""Sizes of planned pipes: the tables of the law, the planner asked until plan and sizes agree, and the check."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gis.errors import Refused
from gis.plan.hydraulics import Simultaneity
from gis.plan.loops import Checked, checked
from gis.plan.network import Users
from gis.plan.phases import Site
from gis.plan.pipes import PipePlan, repriced
from gis.plan.settled import Fitted, Laid, Level, Settled, fitted, settled, topped_up
from gis.plan.sizes import Catalogue
from gis.plan.streets import Floats
from gis.run.pipe_ground import Ground
from gis.run.pipe_kept import Kept
from gis.run.pipe_pace import Tempo
from gis.run.pipe_prices import Priced
from gis.run.pipe_sources import LOW
from gis.run.tariff import Tariff

BORE, ROUGH, COST, LEAST = "pipe_bore", "pipe_roughness", "pipe_size_cost", "least_pipe"
TOGETHER, BURNS, PRESSURE, SPEED = "simultaneity", "appliance_flow", "gas_pressure", "gas_speed"
RESIDENT = "resident"
MATERIAL = "PE100"
TOLERATED = 0.01
"""By so much of the allowed drop the check may lie below the least pressure: its friction is another in slow gas."""


@dataclass(frozen=True, slots=True, eq=False)
class Sizing:
    """What sizes are chosen by: standard sizes, the least of mains and of service lines, who burns what, pressures."""

    catalogue: Catalogue
    main: int
    service: int
    simultaneity: Simultaneity
    level: Level
    gas: str
    homes: Floats
    flow: Floats


@dataclass(frozen=True, slots=True, eq=False)
class SizedSite:
    """A plan with sizes that keep all limits, on a site whose prices are those of the sizes; and its check (or none).

    `barred` are users whom no sizes can serve. `cost` is what the sizes add to the price of the narrowest, in yuan;
    `diameter` names the size of each of the plan's edges. The check is missing where nothing is laid.
    """

    site: Site
    plan: PipePlan
    fitted: Fitted
    barred: NDArray[np.bool_]
    stable: bool
    rounds: int
    sizing: Sizing
    check: Checked | None

    @property
    def cost(self) -> float:
        """What the sizes add, in yuan."""
        return float(self.fitted.extra.sum())

    @property
    def diameter(self) -> list[str]:
        """The size of each edge of the plan, such as `PE100 SDR11 dn63`."""
        return [_shown(self.sizing.catalogue.name[size]) for size in self.fitted.size.tolist()]

    @property
    def lowest_pa(self) -> float | None:
        """The least pressure at a user's end, None where nothing is laid."""
        return float(self.fitted.pressure_pa.min()) if len(self.fitted.pressure_pa) else None

    @property
    def checked_pa(self) -> float | None:
        """The same as pandapipes finds it."""
        return float(self.check.pressure_pa.min()) if self.check is not None else None


def sizing(ground: Ground) -> Sizing:
    """Give what sizes are chosen by, from the ground's rules; Refused where one is missing.

    At low pressure a root gives 0.75 · nominal + (0.75 · nominal + 150) Pa and an appliance needs 0.75 · nominal; part
    of the drop is kept for what is indoors (GB 50028-2006 6.2.8).
    """
    tariff = ground.tariff
    catalogue = _catalogue(tariff)
    low = ground.sources.pressure == LOW
    if low:
        nominal, indoors = tariff.of(PRESSURE, "nominal"), tariff.of(PRESSURE, "indoors")
        supply, least = 1.5 * nominal + 150, 0.75 * nominal + indoors
    else:
        supply, least = tariff.of(PRESSURE, "medium_supply"), tariff.of(PRESSURE, "medium_least")
    kinds = ground.users[ground.by].to_numpy(dtype=object)
    burns = {kind: tariff.of(BURNS, str(kind)) for kind in sorted(set(kinds.tolist()))}
    table = _table(tariff, TOGETHER)
    count = np.array(sorted(float(name) for name in table))
    return Sizing(
        catalogue=catalogue,
        main=_least(catalogue, tariff.of(LEAST, "main")),
        service=_least(catalogue, tariff.of(LEAST, "service")),
        simultaneity=Simultaneity(count, np.array([table[f"{each:g}"] for each in count])),
        level=Level(supply, least, tariff.of(SPEED, LOW if low else "medium"), low),
        gas=ground.sources.pressure,
        homes=(kinds == RESIDENT).astype(float),
        flow=np.array([burns[kind] for kind in kinds], dtype=float),
    )


def _table(tariff: Tariff, subject: str) -> dict[str, float]:
    found = {category: each.amount for (name, category), each in tariff.rules.items() if name == subject}
    if not found:
        raise Refused(f"没有规则 {subject} · no such rule; `wangge law apply` brings sizes, pressures and flows")
    return found


def _catalogue(tariff: Tariff) -> Catalogue:
    bores = {name: bore for name, bore in _table(tariff, BORE).items() if name.startswith(MATERIAL)}
    names = sorted(bores, key=bores.__getitem__)
    return Catalogue(
        tuple(names),
        np.array([bores[name] for name in names]),
        np.full(len(names), tariff.of(ROUGH, MATERIAL)),
        np.array([_table(tariff, COST)[name] for name in names]),
    )


def _outer_mm(name: str) -> float:
    return float(name.rpartition("dn")[2])


def _least(catalogue: Catalogue, outer_mm: float) -> int:
    fits = [place for place, name in enumerate(catalogue.name) if _outer_mm(name) >= outer_mm]
    if not fits:
        raise Refused(
            f"{LEAST}: 没有外径 {outer_mm:g} mm 以上的管 · expected a standard size at least as wide, got none"
        )
    return fits[0]


def _shown(name: str) -> str:
    material, series = name.rpartition("_dn")[0].split("_", 1)
    return f"{material} {series.replace('_', '.')} dn{_outer_mm(name):g}"


def sized_plan(
    ground: Ground,
    priced: Priced,
    kept: Kept,
    site: Site,
    tempo: Tempo,
    *,
    budget: float | None,
    seed: int,
) -> SizedSite:
    """Give a plan whose pipes have sizes that keep pressure and speed, its cost with the sizes, checked by pandapipes.

    The plan tells the steps of the first search; a later one begins with the plan before it. Where `tempo` is ended
    early, the best plan so far is sized and checked. Money that sizes leave of a budget is spent on more users. Live
    mains count as the widest size, and cost nothing; kept pipes have the size laid, and one that must be wider is dug
    for again. Refused where no plan keeps the limits, or the check finds a pressure below the least.
    """
    known = sizing(ground)
    planner = _Planner(priced, kept, site, known, tempo, seed)
    users, edges = site.users, site.graph.edge_count
    found = settled(
        planner.draw,
        planner.fit,
        users.node,
        users.prize,
        edges,
        budget=budget,
        rounds=tempo.rounds,
        end=tempo.watch.end,
    )
    if not found.feasible:
        raise Refused(
            f"没有满足压力、流速和预算的方案（试 {found.rounds} 次）· expected a plan that keeps pressure, speed and "
            f"budget, got none in {found.rounds} rounds"
        )
    if budget is not None:
        found = topped_up(found, planner.fill, planner.fit, users.node, users.prize, edges, budget=budget)
    return _finished(ground.tariff, site, found, known, steps=planner.drawn[0].steps, budget=budget)


@dataclass(frozen=True, slots=True, eq=False)
class _Planner:
    """Who is asked for plans and their sizes; all plans `drawn` are kept."""

    priced: Priced
    kept: Kept
    site: Site
    known: Sizing
    tempo: Tempo
    seed: int
    drawn: list[PipePlan] = field(default_factory=list)

    def draw(self, extra: Floats, allowed: NDArray[np.bool_], left: float | None, idle: Callable[[], bool]) -> PipePlan:
        """Give a plan as `settled` asks for it."""
        before = self.drawn[-1] if self.drawn else None
        pace = self.tempo.later(self.drawn[0].steps, idle) if self.drawn else self.tempo.first()
        self.drawn.append(self._dearer(extra, allowed).plan(left, seed=self.seed, pace=pace, before=before))
        return self.drawn[-1]

    def fill(self, best: Settled, extra: Floats, left: float) -> PipePlan:
        """Give a plan with more users as `topped_up` asks for it."""
        return self._dearer(extra, ~best.barred).fuller(best.plan, left)

    def fit(self, plan: PipePlan) -> Fitted:
        """Give the sizes of a plan."""
        laid = _laid(self.priced, self.kept, self.site.users, plan, self.known)
        return fitted(laid, self.known.level, self.known.simultaneity, self.known.catalogue)

    def _dearer(self, extra: Floats, allowed: NDArray[np.bool_]) -> Site:
        """Give the site with what sizes cost more, for the users allowed."""
        site, users = self.site, self.site.users
        users = replace(users, prize=np.where(allowed, users.prize, 0.0))
        return replace(site, users=users, edge_cost=site.edge_cost + extra)


def _laid(priced: Priced, kept: Kept, users: Users, plan: PipePlan, known: Sizing) -> Laid:
    graph, edges = priced.graph, plan.edges
    inside = np.flatnonzero(plan.connected)
    homes, home_flow, other = (np.zeros(graph.node_count) for _ in range(3))
    at, resident = users.node[inside], known.homes[inside]
    np.add.at(homes, at, resident)
    np.add.at(home_flow, at, resident * known.flow[inside])
    np.add.at(other, at, (1 - resident) * known.flow[inside])
    least = np.where(graph.line[edges] < 0, known.service, known.main)
    least[priced.live[edges]] = len(known.catalogue.name) - 1
    stands = kept.edge[edges] & ~priced.live[edges]
    least[stands] = _places(known.catalogue, kept.diameter[edges[stands]])
    return Laid(
        u=graph.u[edges],
        v=graph.v[edges],
        length_m=graph.length_m[edges],
        least_size=least.astype(np.int64),
        anew=np.where(stands, priced.cost[edges], 0.0),
        roots=priced.roots,
        homes=homes,
        home_flow=home_flow,
        other_flow=other,
    )


def _places(catalogue: Catalogue, sizes: NDArray[np.object_]) -> list[int]:
    """Give the place in the catalogue of each size as `diameter` names it; Refused where it is not there."""
    place = {_shown(name): number for number, name in enumerate(catalogue.name)}
    strange = sorted({str(size) for size in sizes.tolist()} - place.keys())
    if strange:
        raise Refused(
            f"已建管线的管径 {'、'.join(strange)} 不在管径表里 · expected one of {', '.join(place)} for each kept pipe"
        )
    return [place[size] for size in sizes.tolist()]


def _finished(
    tariff: Tariff, site: Site, found: Settled, known: Sizing, *, steps: int, budget: float | None
) -> SizedSite:
    extra = np.zeros(site.graph.edge_count)
    extra[found.plan.edges] = found.fitted.extra
    own = replace(site, edge_cost=site.edge_cost + extra)
    plan = repriced(
        replace(found.plan, steps=steps),
        own.graph,
        own.roots,
        own.users,
        edge_cost=own.edge_cost,
        budget=budget,
        bound=found.bound,
    )
    check = checked(found.fitted.question, found.fitted.sized) if len(plan.edges) else None
    level = known.level
    if check is not None and check.pressure_pa.min() < level.least_pa - TOLERATED * (level.supply_pa - level.least_pa):
        raise Refused(
            f"pandapipes 复核：末端压力 {check.pressure_pa.min():,.0f} Pa 低于 {level.least_pa:,.0f} Pa · "
            f"expected {level.least_pa:,.0f} Pa at every user, got {check.pressure_pa.min():,.0f}"
        )
    for size in sorted(set(found.fitted.size.tolist())):
        tariff.of(BORE, known.catalogue.name[size])
        tariff.of(COST, known.catalogue.name[size])
    for count in known.simultaneity.homes.tolist() if found.fitted.question.tree.homes.any() else ():
        tariff.of(TOGETHER, f"{count:g}")
    return SizedSite(own, plan, found.fitted, found.barred, found.stable, found.rounds, known, check)
