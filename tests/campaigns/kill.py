"""The long leg of the kill matrix: the desk is killed before and after every statement and taken up again.

`python -m tests.campaigns.kill` kills the short market at every moment, then the whole market at drawn moments,
once and twice over, and under rules that watch it, on SQLite, and writes docs/evidence/kill.md. Exit status: 0
when every promise held, else 1.
"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from engine.runtime.inputs import RunInputs
from engine.store.database import open_database
from tests.faults.kill_case import Truth, judge, run_in_fork
from tests.runtime.proof_market import proof_inputs, short
from tests.runtime.watched import watched

CHECKOUT = Path(__file__).resolve().parents[2]
EVIDENCE = CHECKOUT / "docs" / "evidence" / "kill.md"
FIRST_SEED = 20_260_105


@dataclass(slots=True)
class Leg:
    """What one leg killed and found."""

    title: str
    planned: int
    moments: int
    ran: int = 0
    killed: int = 0
    returned: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    where: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, at: tuple[int, ...], died: int, truth: Truth | None, found: list[str]) -> None:
        """Count one case."""
        self.ran += 1
        self.killed += died
        self.returned += bool(truth and truth.returned)
        self.faults.update(found)
        self.where += [f"{at}: {text}" for text in found]


@dataclass(frozen=True, slots=True)
class Field:
    """A run to be killed: its inputs, an empty migrated database, and what it says uninterrupted."""

    inputs: RunInputs
    template: Path
    folder: Path
    reference: Truth

    def case(self, kills: tuple[int, ...]) -> tuple[int, Truth | None, list[str]]:
        """Kill the run at each moment in turn, let it end, and judge it; return how often it died."""
        with tempfile.TemporaryDirectory(dir=self.folder) as made:
            folder = Path(made)
            shutil.copyfile(self.template, folder / "desk.db")
            address = f"sqlite:///{folder / 'desk.db'}"
            died = 0
            for moment in kills:
                truth = run_in_fork(self.inputs, address, folder, kill_at=moment)
                if truth is not None:
                    return died, truth, judge(truth, self.reference)
                died += 1
            truth = run_in_fork(self.inputs, address, folder)
            return died, truth, judge(truth, self.reference)


def prepare(inputs: RunInputs, folder: Path, name: str) -> Field:
    """Run once uninterrupted and return what is to be killed."""
    own = folder / name
    own.mkdir()
    template = own / "template.db"
    with open_database(f"sqlite:///{template}") as database:
        database.migrate()
    shutil.copyfile(template, own / "desk.db")
    reference = run_in_fork(inputs, f"sqlite:///{own / 'desk.db'}", own)
    assert reference is not None and reference.status == "STOPPED" and not reference.broken
    return Field(inputs, template, own, reference)


def run(minutes: float, whole: int, twice: int, stride: int, seed: int) -> list[Leg]:
    """Run every leg in drawn order, so that a campaign that runs out of time has seen every part of each."""
    draw = random.Random(seed)
    until = time.monotonic() + minutes * 60
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as made:
        folder = Path(made)
        (folder / "inputs").mkdir()
        inputs = proof_inputs(folder / "inputs")
        brief, full = prepare(short(inputs), folder, "short"), prepare(inputs, folder, "whole")
        eyed = prepare(watched(inputs, folder), folder, "eyed")
        total = full.reference.moments
        moments = range(1, brief.reference.moments + 1, stride)
        which = "every moment" if stride == 1 else f"one moment in {stride}"
        legs = [
            Leg(f"short market, {which}", len(moments), brief.reference.moments),
            Leg("whole market, drawn moments", whole, total),
            Leg("whole market, killed again while it recovers", twice, total),
            Leg("whole market under rules that watch it", whole, eyed.reference.moments),
        ]
        cases: list[tuple[Leg, Field, tuple[int, ...]]] = [(legs[0], brief, (moment,)) for moment in moments]
        cases += [(legs[1], full, (draw.randrange(1, total + 1),)) for _ in range(whole)]
        cases += [(legs[2], full, (draw.randrange(1, total + 1), draw.randrange(1, 400))) for _ in range(twice)]
        cases += [(legs[3], eyed, (draw.randrange(1, eyed.reference.moments + 1),)) for _ in range(whole)]
        draw.shuffle(cases)
        for n, (leg, ground, kills) in enumerate(cases, 1):
            began = time.monotonic()
            if began > until:
                break
            leg.add(kills, *ground.case(kills))
            leg.seconds += time.monotonic() - began
            if n % 50 == 0:
                print(f"{n} of {len(cases)}, {sum(len(leg.where) for leg in legs)} broken promises", file=sys.stderr)
        return legs


def page(legs: list[Leg], seed: int) -> str:
    """Return the evidence as a page."""
    commit = _git("rev-parse", "--short=12", "HEAD")
    dirty = " with uncommitted changes" if _git("status", "--porcelain", "--", "engine", "tests") else ""
    failures = sum(sum(leg.faults.values()) for leg in legs)
    cases = sum(leg.ran for leg in legs)
    lines = [
        "# Kill matrix",
        "",
        "Written by `python -m tests.campaigns.kill`. A process of the desk is killed (SIGKILL) before or after a",
        "statement or COMMIT of its database or of the paper broker's book; another takes the run up. Held against an",
        "uninterrupted run: no order nobody allowed, every allowed order at the broker once, none sent again that the",
        "broker had, every fill stored and booked once, ledger equal to the broker's cash and positions, no room left",
        "reserved, audit chain intact, and the same record and content hash. The one difference that may be is a",
        "request that provably never arrived: ORDER_RETURNED, and the dispatch that follows it.",
        "",
        f"Commit {commit}{dirty}, seed {seed}, SQLite, {sum(leg.seconds for leg in legs):.0f} s on one process.",
        "",
        "| leg | moments in the run | cases planned | cases run | kills | with a returned request | broken promises |",
        "|---|---|---|---|---|---|---|",
    ]
    for leg in legs:
        lines.append(
            f"| {leg.title} | {leg.moments} | {leg.planned} | {leg.ran} | {leg.killed} | {leg.returned} "
            f"| {sum(leg.faults.values())} |"
        )
    bound = (
        f"; with no failure in {cases} cases the rate is below {3 / max(cases, 1):.1e} (95 %)" if not failures else ""
    )
    lines += ["", f"Broken promises: {failures}{bound}.", ""]
    lines += [f"- {leg.title} {text}" for leg in legs for text in leg.where[:20]]
    return "\n".join(lines).rstrip() + "\n"


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=False).stdout.strip()


def main() -> int:
    """Run the campaign and write its evidence."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--whole", type=int, default=200)
    parser.add_argument("--twice", type=int, default=200)
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--seed", type=int, default=FIRST_SEED)
    parser.add_argument("--evidence", type=Path, default=EVIDENCE)
    chosen = parser.parse_args()
    legs = run(chosen.minutes, chosen.whole, chosen.twice, chosen.stride, chosen.seed)
    chosen.evidence.parent.mkdir(parents=True, exist_ok=True)
    chosen.evidence.write_text(page(legs, chosen.seed), encoding="utf-8")
    print(chosen.evidence.read_text(encoding="utf-8"))
    return 1 if any(leg.faults for leg in legs) else 0


if __name__ == "__main__":
    sys.exit(main())
