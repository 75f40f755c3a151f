"""The long leg of the agreement proof: interpreter, compiler and columns on a million drawn cases.

`python -m tests.campaigns.fuzz --cases 1000000` writes docs/evidence/fuzz.md. A case that disagrees is cut
down and written to tests/regress/. The reading of a million texts follows (`--texts`, fuzz_parser). Exit status: 0 when
all agree, every operator was hit often enough and every text was answered, else 1.
"""

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from tests.campaigns import fuzz_parser
from tests.campaigns.provenance import CHECKOUT, Provenance, bounded, provenance
from tests.golden.case_files import freeze, write_file
from tests.laws.fuzz_agreement import Disagreement, Tally, judge_seed, parts_on, program_of, snapshot_for
from tests.laws.fuzz_rulebook import NAME, Drawing, compile_drawing

EVIDENCE = CHECKOUT / "docs" / "evidence" / "fuzz.md"
REGRESSIONS = CHECKOUT / "tests" / "regress" / "agreement"
SNAPSHOTS = 400
CHUNK = 10
LEAST_HITS = 100
LEFT_BY_COLUMNS = (" each", "moved by", "row in force")
"""Operators that columns leave to the scalar judge: over lists, by a calendar, in the rows of a list."""
FIRST_SEED = 1_000_000


def judge_chunk(first: int) -> Tally:
    """Judge the bundles of one run of seeds."""
    tally = Tally()
    for seed in range(first, first + CHUNK):
        judge_seed(seed, SNAPSHOTS, tally)
    return tally


def run(cases: int, processes: int, minutes: float, seed: int) -> tuple[Tally, float]:
    """Return the tally of at least `cases` cases, fewer when the time is up, and the seconds it took."""
    started = time.monotonic()
    compile_drawing(Drawing({}, "", ()))
    total = Tally()
    with ProcessPoolExecutor(processes, mp_context=get_context("fork")) as pool:
        firsts = range(seed, seed + cases // SNAPSHOTS + CHUNK, CHUNK)
        for chunk in bounded(pool, judge_chunk, firsts, processes):
            total.add(chunk)
            if total.cases >= cases or time.monotonic() - started > minutes * 60:
                break
    return total, time.monotonic() - started


# ------------------------------------------------------------------------------------------ evidence
def cut_down(found: Disagreement) -> Drawing:
    """Return the bundle with as few rules as still disagree."""
    drawing = found.drawing
    at = 0
    while at < len(drawing.rules):
        fewer = drawing.only(tuple(n for n in range(len(drawing.rules)) if n != at))
        if fewer.rules and parts_on(fewer, found):
            drawing = fewer
        else:
            at += 1
    return drawing


def keep(found: Disagreement) -> Path:
    """Write a disagreement as a regression file and return where."""
    drawing = cut_down(found)
    program, whole = program_of(drawing, found.law_date), program_of(found.drawing, found.law_date)
    case = freeze(program, snapshot_for(program, whole, found.snapshot), None)
    path = REGRESSIONS / f"seed_{found.seed}.json"
    write_file(path, NAME, drawing.text, drawing.schemas, [case])
    return path


def report(tally: Tally, seconds: float, about: Provenance, arguments: argparse.Namespace) -> str:
    """Return the evidence page."""
    weak = weak_pairs(tally)
    share, left = (100 * count // max(tally.rules, 1) for count in (tally.interpreted, tally.left))
    filtered = f"{tally.filters:,} in {3 * tally.bundles:,} blocks"
    lines = [
        "# Interpreter, compiler and columns agree", "",
        "Written by `python -m tests.campaigns.fuzz`; every case is one drawn bundle judged on one drawn snapshot by",
        "`dsl.interpret.judge`, by `dsl.scalar.judge.Judge`, and with the other snapshots of its bundle, in three",
        "blocks, by `dsl.columnar.judge.ColumnJudge`. Verdict, every finding with all its fields, witnesses and the",
        "class of any error must be equal.", "",
        "| | |", "|---|---|",
        f"| cases | {tally.cases:,} of {arguments.cases:,} asked |",
        f"| disagreements | {len(tally.disagreements)} |",
        f"| bundles drawn | {tally.bundles:,} ({tally.refused} more did not compile) |",
        f"| rules | {tally.rules:,}, {share} % left to the interpreter by the compiler, {left} % to the scalar judge |",
        f"| rules of cases decided in columns | {tally.columnar:,} |",
        f"| comparisons filtered in float64 | {filtered} |",
        f"| cases with every fact known and fresh | {tally.fully_known:,} |",
        f"| seeds | {arguments.seed} and up, {SNAPSHOTS} snapshots each |",
        f"| commit | `{about.commit}`{' with local changes' if about.is_dirty else ''} |",
        f"| SHA-256 over dsl/ | `{about.language}` |",
        f"| time | {seconds / 60:.1f} min on {arguments.processes} processes |",
        f"| operator × kind pairs below {LEAST_HITS} hits | {', '.join(weak) or 'none'} |",
        "", "## Verdicts", "", "| verdict | cases |", "|---|---|",
        *(f"| {verdict} | {count:,} |" for verdict, count in sorted(tally.verdicts.items())),
        "", "## Operator × kind", "",
        "A hit is a rule that holds the operator and was decided by compiled code in a case with every fact known, or",
        "by columns in any case. Columns leave lists, dates moved by a calendar and rows kept in lists to the scalar",
        "judge, and the compiler leaves statistics to the interpreter.", "",
        "| operator | operand kind | hits, compiled | hits, columns |", "|---|---|---|---|",
        *(
            f"| {operator} | {kind} | {hits:,} | {tally.column_hits[operator, kind]:,} |"
            for (operator, kind), hits in sorted(tally.hits.items())
        ),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def weak_pairs(tally: Tally) -> list[str]:
    """Return the pairs of operator and kind a back end met too rarely to have been proven."""
    found = [f"{operator} × {kind}" for (operator, kind), hits in sorted(tally.hits.items()) if hits < LEAST_HITS]
    return found + [
        f"{operator} × {kind} in columns"
        for (operator, kind) in sorted(tally.hits)
        if tally.column_hits[operator, kind] < LEAST_HITS and not any(part in operator for part in LEFT_BY_COLUMNS)
    ]


def main() -> int:
    """Run, write the evidence, keep what disagreed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=60.0, help="stop here, with the true number of cases")
    parser.add_argument("--seed", type=int, default=FIRST_SEED)
    parser.add_argument("--texts", type=int, default=1_000_000, help="texts to read afterwards")
    parser.add_argument("--out", type=Path, default=EVIDENCE)
    arguments = parser.parse_args()
    about = provenance()
    tally, seconds = run(arguments.cases, arguments.processes, arguments.minutes, arguments.seed)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(report(tally, seconds, about, arguments), encoding="utf-8")
    for found in {one.seed: one for one in reversed(tally.disagreements)}.values():
        print(f"disagreement kept: {keep(found)}")
    enough = not weak_pairs(tally)
    print(f"{tally.cases:,} cases, {len(tally.disagreements)} disagreements, {seconds:.0f} s → {arguments.out}")
    agreed = 0 if not tally.disagreements and enough else 1
    if not arguments.texts:
        return agreed
    seed, out = fuzz_parser.FIRST_SEED, fuzz_parser.EVIDENCE
    return agreed | fuzz_parser.prove(arguments.texts, arguments.processes, arguments.minutes, seed, out)


if __name__ == "__main__":
    raise SystemExit(main())
