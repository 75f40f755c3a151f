"""The long leg of the solver's proof: its formulas against the interpreter, its claims against random snapshots.

`python -m tests.campaigns.solver --cases 100000 --pairs 1000` writes docs/evidence/solver.md. Exit status: 0 when
nothing parts and no claim is refuted, else 1.
"""

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from dsl.solver import rows
from tests.campaigns.fuzz import CHECKOUT, Provenance, provenance
from tests.laws.fuzz_relations import RelationTally, hold_pair
from tests.laws.fuzz_solver import ROWS, SolverTally, hold_seed

EVIDENCE = CHECKOUT / "docs" / "evidence" / "solver.md"
SNAPSHOTS, PAIR_SNAPSHOTS = 60, 120
CHUNK = 10
FIRST_SEED = 2_000_000
_Tally = TypeVar("_Tally", SolverTally, RelationTally)


def hold_chunk(first: int) -> SolverTally:
    """Hold the translation of one run of seeds against the interpreter."""
    rows.MOST = ROWS
    tally = SolverTally()
    for seed in range(first, first + CHUNK):
        hold_seed(seed, SNAPSHOTS, tally)
    return tally


def pair_chunk(first: int) -> RelationTally:
    """Hold the comparisons of one run of seeds against random snapshots."""
    tally = RelationTally()
    for seed in range(first, first + CHUNK):
        hold_pair(seed, PAIR_SNAPSHOTS, tally)
    return tally


def added(total: _Tally, other: _Tally) -> _Tally:
    """Return two tallies as one."""
    for field in fields(total):
        mine, theirs = getattr(total, field.name), getattr(other, field.name)
        setattr(total, field.name, mine | theirs if isinstance(mine, set) else mine + theirs)
    return total


def report(solver: SolverTally, pairs: RelationTally, seconds: float, about: Provenance, seed: int) -> str:
    """Return the evidence page."""
    lines = [
        "# The solver reads rules as the interpreter judges them", "",
        "Written by `python -m tests.campaigns.solver`. A case is one rule of a drawn bundle on one drawn snapshot:",
        "which lines fire and how strong the verdict is, once by the interpreter and once by the formulas with every",
        "fact fixed. A pair is a drawn bundle and the same with one edit; what their comparison claims is held against",
        "snapshots.", "",
        "| | |", "|---|---|",
        f"| cases | {solver.cases:,} in {solver.bundles:,} bundles |",
        f"| of these a line fired / something was unknown | {solver.firing:,} / {solver.lacking:,} |",
        f"| cases that part | {len(solver.partings)} |",
        f"| snapshots z3 gave up on | {solver.undecided} |",
        f"| pairs compared | {pairs.pairs:,}, {pairs.rules:,} claims |",
        f"| snapshots they were held against | {pairs.snapshots:,} |",
        f"| claims refuted | {len(pairs.refuted)} |",
        *(f"| claims *{name}* | {count:,} |" for name, count in sorted(pairs.relations.items())),
        f"| seeds | {seed} and up |",
        f"| commit | `{about.commit}`{' with local changes' if about.is_dirty else ''} |",
        f"| SHA-256 over dsl/ | `{about.language}` |",
        f"| time | {seconds / 60:.1f} min |",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run, and write the evidence."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--pairs", type=int, default=1_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=45.0, help="stop here, with the true numbers")
    parser.add_argument("--seed", type=int, default=FIRST_SEED)
    parser.add_argument("--out", type=Path, default=EVIDENCE)
    arguments = parser.parse_args()
    about, started = provenance(), time.monotonic()
    solver, pairs = SolverTally(), RelationTally()
    firsts = range(arguments.seed, arguments.seed + 1_000_000, CHUNK * arguments.processes)
    with ProcessPoolExecutor(arguments.processes, mp_context=get_context("spawn")) as pool:
        for first in firsts:
            late = time.monotonic() - started > arguments.minutes * 60
            wanted = [pool.submit(hold_chunk, first + CHUNK * n) for n in range(arguments.processes)]
            wanted = wanted if solver.cases < arguments.cases and not late else []
            more = [pool.submit(pair_chunk, first + CHUNK * n) for n in range(arguments.processes)]
            more = more if pairs.pairs < arguments.pairs and not late else []
            if not wanted and not more:
                break
            for done in wanted:
                added(solver, done.result())
            for shown in more:
                added(pairs, shown.result())
    seconds = time.monotonic() - started
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(report(solver, pairs, seconds, about, arguments.seed), encoding="utf-8")
    for parting in solver.partings[:20]:
        print(f"parts: {parting}")
    for refuted in pairs.refuted[:20]:
        print(f"refuted: {refuted}")
    print(f"{solver.cases:,} cases, {pairs.pairs:,} pairs, {seconds:.0f} s → {arguments.out}")
    return 1 if solver.partings or pairs.refuted else 0


if __name__ == "__main__":
    raise SystemExit(main())
