"""Plans under a budget: the prizes won over what no plan within the budget can win, on a seeded set of towns.

`python -m benchmarks.budget [--instances 12] [--nodes 6000] [--users 500] [--steps 100]` makes towns (as in
`benchmarks.streets`), plans each within a share of what its plan without a budget costs, and prints one JSON line:
`mean_ratio` and `worst_ratio` of prizes won to the certified upper bound (Lagrange, branched on regions), and of each
town the share of all prizes that the plan wins (`won`) and that no plan can pass (`bound`).
"""

import argparse
import json
import sys
import time

from benchmarks.streets import demand, streets
from gis.plan.pace import Pace
from gis.plan.pipes import plan_forest

SHARES = (0.2, 0.35, 0.5, 0.7)


def main() -> None:
    """Plan the towns and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=12)
    parser.add_argument("--nodes", type=int, default=6000)
    parser.add_argument("--users", type=int, default=500)
    parser.add_argument("--steps", type=int, default=100)
    given = parser.parse_args()
    towns: list[tuple[float, float]] = []
    began = time.perf_counter()
    for seed in range(given.instances):
        graph, cost = streets(given.nodes, seed)
        roots, users = demand(graph, given.users, seed)
        free = plan_forest(graph, roots, users, edge_cost=cost, pace=Pace(2))
        budget = SHARES[seed % len(SHARES)] * free.cost
        plan = plan_forest(graph, roots, users, edge_cost=cost, budget=budget, pace=Pace(given.steps))
        total = float(users.prize.sum())
        towns.append((1 - plan.missed / total, 1 - plan.bound / total))
        sys.stderr.write(f"{seed}: won {towns[-1][0]:.4f}, bound {towns[-1][1]:.4f}\n")
    ratios = [won / bound for won, bound in towns]
    found = {
        "mean_ratio": sum(ratios) / len(ratios),
        "worst_ratio": min(ratios),
        "instances": len(ratios),
        "ratios": [round(ratio, 4) for ratio in ratios],
        "won": [round(won, 4) for won, _ in towns],
        "bound": [round(bound, 4) for _, bound in towns],
        "seconds": round(time.perf_counter() - began, 1),
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
