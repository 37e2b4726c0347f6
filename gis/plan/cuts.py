"""The linear relaxation of the rooted prize-collecting Steiner problem by directed cuts, with an exact bound (HiGHS).

T. Koch and A. Martin, "Solving Steiner tree problems in graphs to optimality", Networks 32 (1998); flow balance as in
T. Polzin and S. Vahdati Daneshmand, "A comparison of Steiner tree relaxations", Discrete Applied Math. 112 (2001), and
prizes as in I. Ljubić et al., "An algorithmic framework for the exact solution of the prize-collecting Steiner tree
problem", Math. Programming 105 (2006). A column per arc (used) and per prize (missed), each from 0 to 1. The solver
counts in floating point; its duals are rounded to whole numbers and the bound is recounted from them exactly.
"""

from typing import Any, NamedTuple

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gis.plan.ascent import Ascent
from gis.plan.compiled import Integers
from gis.plan.flow import WHOLE, violated
from gis.plan.graph import FAR, Graph

Floats = NDArray[np.float64]
BITS = 60
TOLERANCE = 1e-6
PATIENCE = 12
CUTS = 600
CREEP = 1_000
"""Room (of WHOLE) on each arc besides what is used, so that of two cuts the one with fewer arcs is found."""
STEPS, LATER = 20_000, 4_000
"""Iterations of the solver: at most so many, and fewer after a finished solution, to which it only adds some cuts."""


class _Row(NamedTuple):
    """Columns and their coefficients, and the least and the most that they come to."""

    columns: Integers
    signs: Integers
    low: float
    high: float


class Relaxation:
    """A relaxation that is made tighter step by step: `solve`, then `separate`, until no cut is violated.

    `bound`, `left` and `prize_left` are the best certified so far; `used` (per arc) and `missed` (per node) the amounts
    of the last solution, `finished` whether it is the best one or the solver was stopped after STEPS or LATER. `alive`
    arcs are those that a better plan may hold; of arcs marked `once`, if any, it holds one.
    """

    def __init__(
        self, graph: Graph, ascent: Ascent, alive: NDArray[np.bool_], *, once: NDArray[np.bool_] | None = None
    ) -> None:
        arcs = len(graph.tail)
        self.graph, self.bound = graph, ascent.bound
        self.left, self.prize_left = ascent.left, ascent.prize_left
        self.used, self.missed = np.zeros(arcs), np.zeros(len(graph.prize))
        self.ends = np.flatnonzero(graph.prize[1:] > 0) + 1
        self.places = np.flatnonzero(np.concatenate((alive, graph.prize > 0)))
        self.places = self.places[self.places != arcs]
        self.column = np.full(arcs + len(graph.prize), -1)
        self.column[self.places] = np.arange(len(self.places))
        self.cost = np.concatenate((np.repeat(graph.cost, 2), graph.prize))[self.places]
        self.finished = False
        self.rows: list[_Row] = []
        self.idle: list[int] = []
        self.known: set[bytes] = set()
        self.certain = 0
        self._balance()
        if once is not None:
            columns = self._columns(np.flatnonzero(once))
            self._row(_Row(columns, np.ones(len(columns), dtype=np.int64), 1.0, 1.0))
        dear = self.cost[self.cost > 0]
        self.unit = max(1.0, float(np.median(dear)) / 100) if len(dear) else 1.0
        self.solver: Any = self._solver()  # the solver's methods have no types
        ends = ascent.ends.tolist()
        for start, end, owner in zip([0, *ends], ends, ascent.owner.tolist(), strict=False):
            self._cut(ascent.cuts[start:end], owner)

    def solve(self) -> None:
        """Solve the relaxation as it stands; recount the bound, and what is left of costs where it rises."""
        self._hand_over()
        self.solver.setOptionValue("simplex_iteration_limit", LATER if self.finished else STEPS)
        self.solver.run()
        self.finished = self.solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        solution = self.solver.getSolution()
        amounts, duals = np.array(solution.col_value), np.array(solution.row_dual)
        if len(amounts) == len(self.places) and len(duals) == len(self.rows):
            self._take(amounts, duals)

    def separate(self, limit: int = CUTS) -> int:
        """Add violated cuts and leave out rows that have long been idle; give how many cuts were added.

        A cut that is violated by less than CREEP for each of its arcs may be passed over.
        """
        self._tidy()
        flows = np.rint(self.used * WHOLE).astype(np.int64) + CREEP * (self.column[: len(self.used)] >= 0)
        before = len(self.rows)
        needs = WHOLE - np.rint(self.missed * WHOLE).astype(np.int64)
        slack = int(TOLERANCE * WHOLE) + 2
        turn = len(self.known) % max(1, len(self.ends))
        for node in np.roll(self.ends, -turn).tolist():
            if needs[node] > slack:
                for arcs in violated(self.graph, flows, node, need=int(needs[node]) - slack):
                    self._cut(arcs, node)
            if len(self.rows) - before > limit:
                break
        return len(self.rows) - before

    def _solver(self) -> Any:  # the solver's methods have no types
        made: Any = highspy.Highs
        solver = made()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        count, empty = len(self.places), np.empty(0)
        costs, none = self.cost / self.unit, np.zeros(count, dtype=np.int32)
        solver.addCols(count, costs, np.zeros(count), np.ones(count), 0, none, empty.astype(np.int32), empty)
        return solver

    def _balance(self) -> None:
        """A node with a prize is entered once or missed; from another no less goes out than comes in.

        The least of what entering and missing cost is `certain`, and is taken off the others.
        """
        graph, arcs = self.graph, len(self.graph.tail)
        for node in range(1, len(graph.prize)):
            entering = graph.arc[graph.start[node] : graph.start[node + 1]]
            into, out = self._columns(entering), self._columns(entering ^ 1)
            if graph.prize[node] > 0:
                columns = np.append(into, self.column[arcs + node])
                least = self.cost[columns].min()
                self.cost[columns] -= least
                self.certain += int(least)
                self._row(_Row(columns, np.ones(len(columns), dtype=np.int64), 1.0, 1.0))
            elif len(into):
                signs = np.repeat((-1, 1), (len(into), len(out)))
                self._row(_Row(np.concatenate((into, out)), signs, 0.0, highspy.kHighsInf))

    def _columns(self, places: Integers) -> Integers:
        columns = self.column[places]
        return columns[columns >= 0]

    def _cut(self, arcs: Integers, owner: int) -> None:
        columns = np.sort(np.append(self._columns(arcs), self.column[len(self.graph.tail) + owner]))
        if columns.tobytes() not in self.known:
            self.known.add(columns.tobytes())
            self._row(_Row(columns, np.ones(len(columns), dtype=np.int64), 1.0, highspy.kHighsInf))

    def _row(self, row: _Row) -> None:
        self.rows.append(row)
        self.idle.append(0)

    def _hand_over(self) -> None:
        """Hand the rows that the solver has not yet over to it."""
        new = self.rows[self.solver.getNumRow() :]
        if new:
            starts = np.cumsum([0, *(len(row.columns) for row in new[:-1])]).astype(np.int32)
            columns = np.concatenate([row.columns for row in new]).astype(np.int32)
            signs = np.concatenate([row.signs for row in new]).astype(np.float64)
            low, high = np.array([row.low for row in new]), np.array([row.high for row in new])
            self.solver.addRows(len(new), low, high, len(columns), starts, columns, signs)

    def _take(self, amounts: Floats, duals: Floats) -> None:
        everywhere = np.zeros(len(self.column))
        everywhere[self.places] = np.clip(amounts, 0, 1)
        self.used, self.missed = np.split(everywhere, [len(self.graph.tail)])
        self.idle = [
            0 if dual or row.high == row.low else idle + 1
            for dual, row, idle in zip(duals, self.rows, self.idle, strict=True)
        ]
        bound, left = self._recounted(duals)
        if bound > self.bound:
            everything = np.full(len(self.column), FAR // 4)
            everything[len(self.graph.tail) :] = 0
            everything[self.places] = left
            self.bound = bound
            self.left, self.prize_left = np.split(everything, [len(self.graph.tail)])

    def _recounted(self, duals: Floats) -> tuple[int, Integers]:
        """Give the bound that the duals prove, rounded up, and what they leave of each column's cost, rounded down."""
        share = 1 << max(0, BITS - (2 * int(self.cost.sum())).bit_length())
        whole = np.rint(duals * self.unit * share).astype(np.int64)
        free = np.array([row.high == row.low for row in self.rows])
        whole = np.where(free, whole, np.maximum(whole, 0))
        starts = np.cumsum([0, *(len(row.columns) for row in self.rows)])
        columns = np.concatenate([row.columns for row in self.rows])
        signs = np.concatenate([row.signs for row in self.rows])
        matrix = csr_array((signs, columns, starts), shape=(len(self.rows), len(self.places)))
        left = self.cost * share - matrix.T @ whole
        low = np.array([int(row.low) for row in self.rows])
        total = int(low @ whole) + int(np.minimum(left, 0).sum())
        return self.certain - (-total // share), np.maximum(left, 0) // share

    def _tidy(self) -> None:
        gone = [place for place, idle in enumerate(self.idle) if idle > PATIENCE]
        if len(gone) * 4 < len(self.rows):
            return
        self.solver.deleteRows(len(gone), np.array(gone, dtype=np.int32))
        for place in gone:
            self.known.discard(self.rows[place].columns.tobytes())
        stay = sorted(set(range(len(self.rows))) - set(gone))
        self.rows, self.idle = [self.rows[place] for place in stay], [self.idle[place] for place in stay]
