import math
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.plan.network import network
from gis.plan.regions import Region, Wall, walled
from gis.plan.solve import solved
from gis.plan.weigh import skeleton
from tests.test_plan_pipes import Case, cases


def best_of_kind(case: Case, region: set[int], *, entered: bool) -> float:
    """Give the least cost plus missed prizes of all plans that reach into the region, or of all others."""
    return min(
        (
            cost + sum(min(s, p) if node in reached else p for node, s, p in case.users)
            for cost, reached in case.digs()
            if bool(reached & region) is entered
        ),
        default=math.inf,
    )


@settings(max_examples=150, deadline=None, derandomize=True)
@given(cases(edges=8, users=4), st.sets(st.integers(0, 7), min_size=1))
def test_a_wall_parts_all_plans_in_two_and_bounds_both(case: Case, places: set[int]) -> None:
    case = replace(case, users=tuple((node, s, p) for node, s, p in case.users if node >= 0))
    net = network(case.graph(), case.live(), case.demand(), case.costs())
    reach = net.ways(np.array([net.root]))[0]
    who = net.possible
    bones, lost = skeleton(net, who), float(net.users.prize[~who].sum())
    region = {node for node in places if node < case.nodes and math.isfinite(reach[node]) and bones.core.around[node]}
    if not region:
        return
    found = Region(np.array(sorted(region)), float(reach[sorted(region)].max()))
    for entered in (True, False):
        core = bones.weighed()
        walled(core, (Wall(found, entered),), bones.unit_per_yuan)
        bound = bones.yuan(solved(core).bound) + lost
        least = best_of_kind(case, region, entered=entered)
        assert bound <= least + 1e-6
        assert math.isinf(least) or bound >= least - 1e-6
