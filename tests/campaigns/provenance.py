"""What a campaign proves, and how its work is handed to processes."""

import hashlib
import subprocess
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

CHECKOUT = Path(__file__).resolve().parents[2]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Provenance:
    """What was proven: the commit, whether the tree differed from it, and a hash over the language itself."""

    commit: str
    is_dirty: bool
    language: str


def provenance() -> Provenance:
    """Return what is about to be proven."""
    commit = _git("rev-parse", "HEAD")
    changed = bool(_git("status", "--porcelain", "--", "dsl", "tests/laws"))
    hashed = hashlib.sha256()
    for path in sorted((CHECKOUT / "dsl").rglob("*")):
        if path.suffix in (".py", ".lark"):
            hashed.update(path.relative_to(CHECKOUT).as_posix().encode() + b"\0" + path.read_bytes())
    return Provenance(commit, changed, hashed.hexdigest())


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def bounded(
    pool: ProcessPoolExecutor, work: Callable[[int], Result], seeds: Iterable[int], processes: int
) -> Iterator[Result]:
    """Yield what work gives of every seed, in their order, with only a few under way."""
    waiting: list[Future[Result]] = []
    for seed in seeds:
        waiting.append(pool.submit(work, seed))
        if len(waiting) > 2 * processes:
            yield waiting.pop(0).result()
    while waiting:
        yield waiting.pop(0).result()
