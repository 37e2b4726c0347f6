"""Steiner tree problems in files: SteinLib and DIMACS `.stp`, PACE `.gr`."""

import math
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from gis.errors import Refused

SECTIONS = ("graph", "terminals", "tree")


@dataclass(frozen=True, slots=True)
class Problem:
    """A graph with nodes from 1; `root` is None where any node will do; `terminals` are in every tree.

    Costs and prizes are exact: whole numbers, to be divided by `unit`.
    """

    name: str
    nodes: int
    edges: list[tuple[int, int, int]]
    terminals: list[int]
    prizes: dict[int, int]
    root: int | None
    unit: int


@dataclass(slots=True)
class _Read:
    """What lines have said so far."""

    section: str = ""
    nodes: int = 0
    edges: list[tuple[int, int, Fraction]] = field(default_factory=list)
    arcs: list[tuple[int, int, Fraction]] = field(default_factory=list)
    terminals: list[int] = field(default_factory=list)
    prizes: dict[int, Fraction] = field(default_factory=dict)
    root: int | None = None

    def take(self, word: str, rest: list[str]) -> None:
        """Take one line; other words and other sections say nothing of the problem."""
        if word == "section":
            self.section = rest[0].lower()
        elif self.section not in SECTIONS:
            return
        elif word == "nodes":
            self.nodes = int(rest[0])
        elif word == "e":
            self.edges.append((int(rest[0]), int(rest[1]), Fraction(rest[2])))
        elif word == "a":
            self.arcs.append((int(rest[0]), int(rest[1]), Fraction(rest[2])))
        elif word == "t":
            self.terminals.append(int(rest[0]))
        elif word == "tp":
            self.prizes[int(rest[0])] = Fraction(rest[1])
        elif word in {"root", "rootp"}:
            self.root = int(rest[0])


def problem(path: Path) -> Problem:
    """Read a problem. Raises Refused naming the file and the line that cannot be understood, or what contradicts."""
    if not path.is_file():
        raise Refused(f"{path}: 没有这个文件 · no such file")
    read = _Read()
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        try:
            read.take(words[0].lower(), words[1:])
        except (ValueError, IndexError, ZeroDivisionError):
            raise Refused(f"{path} 第 {number} 行 · line {number}: 看不懂 · not understood: {line.strip()}") from None
    return _checked(path, read)


def _checked(path: Path, read: _Read) -> Problem:
    edges = read.edges + _edges_of(path, read.arcs)
    named = [*(end for u, v, _ in edges for end in (u, v)), *read.terminals, *read.prizes, read.root or 1]
    if not read.nodes or not 1 <= min(named) <= max(named) <= read.nodes:
        raise Refused(f"{path}: 应有节点 1 至 {read.nodes} · expected nodes 1 to {read.nodes}, got {max(named)}")
    values = [*(cost for _, _, cost in edges), *read.prizes.values()]
    if min(values, default=Fraction(0)) < 0:
        raise Refused(f"{path}: 费用与奖励不得为负 · expected no negative cost or prize, got {min(values)}")
    if not read.terminals and not any(read.prizes.values()) and read.root is None:
        raise Refused(f"{path}: 没有终端 · expected terminals, prizes or a root, got none")
    unit = math.lcm(*(value.denominator for value in values))
    return Problem(
        path.stem,
        read.nodes,
        [(u, v, int(cost * unit)) for u, v, cost in edges],
        read.terminals,
        {node: int(prize * unit) for node, prize in read.prizes.items()},
        read.root,
        unit,
    )


def _edges_of(path: Path, arcs: list[tuple[int, int, Fraction]]) -> list[tuple[int, int, Fraction]]:
    """Give arcs as edges: each pair in one direction, or in both at the same cost."""
    cost = {(u, v): cost for u, v, cost in arcs}
    both = [(u, v) for u, v in cost if (v, u) in cost]
    unlike = [pair for pair in both if cost[pair] != cost[pair[::-1]]]
    if unlike or (both and len(both) < len(cost)):
        u, v = unlike[0] if unlike else next(pair for pair in cost if pair[::-1] not in cost)
        raise Refused(f"{path}: 弧 {u} {v} 两向费用不同 · arc {u} {v}: expected the same cost both ways")
    return [(u, v, each) for (u, v), each in cost.items() if (v, u) not in cost or u < v]
