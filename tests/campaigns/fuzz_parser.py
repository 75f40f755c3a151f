"""The long leg of the reading proof: a million rule texts, most of them wrong, each answered in time and in memory.

`python -m tests.campaigns.fuzz_parser --texts 1000000` writes docs/evidence/fuzz-parser.md; `make campaign-fuzz` runs
it after the agreement. Exit status: 0 when every text kept every law, else 1.
"""

import argparse
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from tests.campaigns.provenance import CHECKOUT, Provenance, bounded, provenance
from tests.dsl.checkout import schemas
from tests.laws.fuzz_text import COMPILED_SHARE, KINDS, SECONDS, Reading, corpus, read_seed, words

EVIDENCE = CHECKOUT / "docs" / "evidence" / "fuzz-parser.md"
CHUNK = 500
MEMORY_MB = 256
FIRST_SEED = 1_000_000


def read_chunk(seed: int) -> tuple[Reading, float]:
    """Read the texts of one seed; return what was found and the most memory this process has held, in MB."""
    reading = read_seed(seed, CHUNK)
    return reading, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(texts: int, processes: int, minutes: float, seed: int) -> tuple[Reading, float, float]:
    """Return what was read, the most memory a process held, in MB, and the seconds it took."""
    started, total, peak = time.monotonic(), Reading(), 0.0
    corpus(), words(), schemas(), read_seed(0, 20)
    with ProcessPoolExecutor(processes, mp_context=get_context("fork")) as pool:
        seeds = range(seed, seed + -(-texts // CHUNK))
        for chunk, memory in bounded(pool, read_chunk, seeds, processes):
            total.add(chunk)
            peak = max(peak, memory)
            if time.monotonic() - started > minutes * 60:
                break
    return total, peak, time.monotonic() - started


def report(read: Reading, peak: float, seconds: float, about: Provenance, asked: int, processes: int) -> str:
    """Return the evidence page."""
    lines = [
        "# Every text is answered", "",
        "Written by `python -m tests.campaigns.fuzz_parser`. Every text is read by `dsl.parse.parse`; one that reads",
        "is formatted twice and compiled against the shipped contracts, and so is a sample of the others.", "",
        "Held of each: no exception, an answer within the time, diagnostics with a code that has a page and a place",
        "inside the text; `parse ∘ format = parse`, `format ∘ format = format`.", "",
        "| | |", "|---|---|",
        f"| texts | {read.texts.total():,} of {asked:,} asked |",
        f"| that broke a law | {len(read.broken)} |",
        f"| that read without a mistake | {read.parsed.total():,} |",
        f"| compiled to a bundle | {read.compiled:,} |",
        f"| compiled although they do not read | {COMPILED_SHARE:.0%} of the rest |",
        f"| longest allowed | {SECONDS} s |",
        f"| most memory a process held | {peak:.0f} MB of {MEMORY_MB} allowed |",
        f"| diagnostic codes met | {len(read.codes)} |",
        f"| seeds | {FIRST_SEED} and up, {CHUNK} texts each |",
        f"| commit | `{about.commit}`{' with local changes' if about.is_dirty else ''} |",
        f"| SHA-256 over dsl/ | `{about.language}` |",
        f"| time | {seconds / 60:.1f} min on {processes} processes |",
        "", "## Kinds", "", "| kind | texts | that read |", "|---|---|---|",
        *(f"| {kind} | {read.texts[kind]:,} | {read.parsed[kind]:,} |" for kind in KINDS),
        "", "## Codes", "", "| code | times |", "|---|---|",
        *(f"| {code} | {count:,} |" for code, count in sorted(read.codes.items())),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def prove(texts: int, processes: int, minutes: float, seed: int, out: Path) -> int:
    """Run, write the evidence, print what broke; return the exit status."""
    about = provenance()
    read, peak, seconds = run(texts, processes, minutes, seed)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(report(read, peak, seconds, about, texts, processes), encoding="utf-8")
    for problem, text in read.broken[:20]:
        print(f"{problem}: {text!r}")
    print(f"{read.texts.total():,} texts, {len(read.broken)} broke a law, {seconds:.0f} s → {out}")
    return 0 if not read.broken and peak < MEMORY_MB else 1


def main() -> int:
    """Read the command line and prove."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=90.0, help="stop here, with the true number of texts")
    parser.add_argument("--seed", type=int, default=FIRST_SEED)
    parser.add_argument("--out", type=Path, default=EVIDENCE)
    arguments = parser.parse_args()
    return prove(arguments.texts, arguments.processes, arguments.minutes, arguments.seed, arguments.out)


if __name__ == "__main__":
    raise SystemExit(main())
