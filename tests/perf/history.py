"""The benchmark of history: a million stored intents judged again, beside engines that compute in columns."""

import statistics
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from dsl.columnar.judge import ColumnJudge
from dsl.columnar.judged import Judged
from dsl.scalar.judge import Judge
from tests.perf import measure, ours
from tests.perf.columns import Columns, Laid, columns, lay_out
from tests.perf.pack import Rules, oracle_of_stored, pack

RULES = 60
OURS, OURS_LAID, OURS_TWO = "ours", "ours, blocks made too", "ours, 2 threads"
Hits = dict[str, int]
Run = Callable[[], Any]
Peers = Callable[[Columns], Mapping[str, tuple[Run, Callable[[Any], Hits]]]]


@dataclass(slots=True)
class Contender:
    """An engine: `run` judges every intent, `hits` counts what each rule found in its answer."""

    name: str
    run: Run
    hits: Callable[[Any], Hits]
    times: list[float] = field(default_factory=list)

    def ns(self, size: int) -> float:
        return statistics.median(self.times) / size * 1e9


def ours_of(rules: Rules, drawn: Columns) -> tuple[ColumnJudge, Laid]:
    """Return our judge of a pack and the intents in its slots."""
    judge = ColumnJudge(ours.build(rules).program)
    return judge, lay_out(judge.layout, drawn)


def our_contenders(judge: ColumnJudge, laid: Laid, threads: ThreadPoolExecutor) -> list[Contender]:
    """Return our rows: one thread on blocks that are ready, the same with their making in the time, and two threads."""
    blocks = list(laid.blocks())

    def hits(judged: list[Judged]) -> Hits:
        totals = sum(one.hits() for one in judged)
        return {line.code: int(count) for line, count in zip(judge.lines.plain, totals, strict=True)}

    return [
        Contender(OURS, lambda: [judge.judge(block) for block in blocks], hits),
        Contender(OURS_LAID, lambda: [judge.judge(block) for block in laid.blocks()], hits),
        Contender(OURS_TWO, lambda: list(threads.map(judge.judge, blocks)), hits),
    ]


def verify(judge: ColumnJudge, laid: Laid, drawn: Columns, rules: Rules, rows: int) -> str:
    """Compare a sample, row by row, with the scalar judge's findings and the oracle's ids; return what differs."""
    broken, scalar = oracle_of_stored(rules), Judge(judge.program)
    block = next(laid.blocks(rows))
    judged = judge.judge(block)
    for row in range(judged.size):
        findings = judged.judgement(row)
        if findings != scalar.judge(block.snapshot(row)):
            return f"row {row} differs from the scalar judge"
        if sorted(ours.ids(findings)) != broken(drawn.raw(row)):
            return f"row {row} differs from the oracle"
    if judged.spoken or judged.alike:
        return f"{len(judged.spoken)} rows were not decided in columns"
    return ""


def run(size: int, rounds: int, sample: int, peers: Peers) -> int:
    """Measure, print the table and the gates; return the number of gates missed."""
    rules, drawn = pack(RULES), columns(size)
    judge, laid = ours_of(rules, drawn)
    problem = verify(judge, laid, drawn, rules, min(sample, size))
    print(f"\n== history: {size:,} stored intents, {RULES} rules; {sample:,} compared one by one")
    if problem:
        print(f"  MISS  {problem}")
        return 1
    with ThreadPoolExecutor(2) as threads:
        contenders = our_contenders(judge, laid, threads)
        contenders += [Contender(name, *made) for name, made in peers(drawn).items()]
        kept = _agreeing(contenders)
        for _ in range(rounds):
            for one in kept:
                start = time.perf_counter()
                one.run()
                one.times.append(time.perf_counter() - start)
    _show(kept, size)
    return _gates({one.name: one for one in kept}, size)


def _agreeing(contenders: list[Contender]) -> list[Contender]:
    """Return those whose hits of every rule are ours, each run once already."""
    kept: list[Contender] = []
    wanted: Hits = {}
    for one in contenders:
        hits = one.hits(one.run())
        wanted = wanted or hits
        if hits != wanted:
            differing = sorted(rule for rule in wanted if hits.get(rule) != wanted[rule])
            print(f"  {one.name}: DISAGREES on {', '.join(differing[:5])}")
        else:
            kept.append(one)
    print(f"  {sum(wanted.values()):,} findings, the same by all of {len(kept)} engines")
    return kept


def _show(contenders: list[Contender], size: int) -> None:
    print(f"  {'engine':<26}{'ns an intent':>14}{'least':>10}{'most':>10}")
    for one in sorted(contenders, key=lambda c: c.ns(size)):
        least, most = (edge(one.times) / size * 1e9 for edge in (min, max))
        print(f"  {one.name:<26}{one.ns(size):>14.1f}{least:>10.1f}{most:>10.1f}", flush=True)


def ratio(one: Contender, other: Contender) -> float:
    """Return how many times slower `one` is than `other`: the median over rounds."""
    return statistics.median(a / b for a, b in zip(one.times, other.times, strict=True))


def _gates(named: Mapping[str, Contender], size: int) -> int:
    met = [measure.show_gate("ns an intent", named[OURS].ns(size), 100, False)]
    for peer, bound in (("polars", 1.2), ("duckdb", 0.6)):
        if peer in named:
            met.append(measure.show_gate(f"ours over {peer}", ratio(named[OURS], named[peer]), bound, False))
    return met.count(False)
