"""The shipped contracts and rules, compiled once, and example files checked with them."""

import json
import re
from collections.abc import Collection
from datetime import date
from functools import cache
from pathlib import Path

from dsl.analysis.idle import find_idle
from dsl.analysis.proofs import prove
from dsl.bundle import Bundle
from dsl.contracts import Schema
from dsl.cover.cover import cover
from dsl.cover.cover import diagnostic as shown_as
from dsl.diagnostics import Diagnostic, has_errors, in_order
from dsl.lint.catalogue import CODES
from dsl.lint.linter import lint
from dsl.lint.mending import with_edits
from dsl.lint.subject import Subject
from dsl.mutation.listing import mutants
from dsl.mutation.trial import Trial, judged
from dsl.mutation.trial import diagnostic as survives
from dsl.pipeline import compile_rules
from dsl.scenarios import Case, Outcome, collect, run_case
from dsl.text import Source

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
EXAMPLE = "pre_trade/example.rules"
TODAY = date(2026, 3, 2)
"""The day examples are linted on."""
_EXPECTED = re.compile(r"^# expect ([EWA]\d{3}) (\d+):(\d+)$", re.M)
_NEXT_FILE = re.compile(r"^# file (\S+)\n", re.M)


@cache
def schemas() -> dict[str, Schema]:
    """Return the shipped contracts by name."""
    return {
        path.name.removesuffix(".schema.json"): json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((ROOT / "specs").glob("*.schema.json"))
    }


@cache
def shipped_sources() -> tuple[Source, ...]:
    """Return every shipped rule file."""
    return tuple(
        Source(path.relative_to(ROOT / "rules").as_posix(), path.read_text(encoding="utf-8"))
        for path in sorted((ROOT / "rules").glob("*/*.rules"))
    )


@cache
def shipped() -> Bundle:
    """Return the shipped bundle; every diagnostic of it, warnings too, is a failure."""
    bundle, found = compile_rules(shipped_sources(), schemas())
    assert bundle is not None and not found, found
    return bundle


@cache
def shipped_cases() -> tuple[Case, ...]:
    """Return every inline scenario of the shipped rules."""
    cases, found = collect(shipped())
    assert not found, found
    return tuple(cases)


def sources_of(example: str) -> list[Source]:
    """Return an example as rule files; a line `# file NAME` begins another."""
    first, *others = _NEXT_FILE.split(example)
    name = EXAMPLE if first.startswith("rulebook pre_trade") or not first.startswith("rulebook") else "example.rules"
    return [Source(name, first), *(Source(n, text) for n, text in zip(others[::2], others[1::2], strict=True))]


def diagnose(example: str) -> list[Diagnostic]:
    """Return everything a check reports of an example, its tests included."""
    bundle, found = compile_rules(sources_of(example), schemas())
    return in_order([*found, *(collect(bundle)[1] if bundle else ())])


def outcomes(example: str) -> list[Outcome]:
    """Return how the tests of an example come out; every error is a failure."""
    bundle, _ = compile_rules(sources_of(example), schemas())
    assert bundle is not None and diagnose(example) == []
    return [run_case(bundle, case) for case in collect(bundle)[0]]


def linted(example: str, codes: Collection[str] = CODES) -> list[Diagnostic]:
    """Return what the linter says of an example; every error is a failure."""
    bundle, warned = compile_rules(sources_of(example), schemas())
    cases, wrong = collect(bundle) if bundle else ([], [])
    assert bundle is not None and not has_errors([*warned, *wrong]), [*warned, *wrong]
    return lint(Subject(bundle, tuple(cases), frozenset(), TODAY), with_edits(warned, bundle), codes)


def analysed(example: str) -> list[Diagnostic]:
    """Return what the solver shows of an example: idle rules and lines, proofs that fail or are not decided."""
    bundle, found = compile_rules(sources_of(example), schemas())
    assert bundle is not None, found
    proofs = (result.diagnostic() for result in prove(bundle))
    return in_order([*find_idle(bundle).diagnostics, *(failed for failed in proofs if failed is not None)])


def unshown(example: str) -> list[Diagnostic]:
    """Return what coverage says of an example."""
    bundle, cases = _proven(example)
    covered = cover(bundle, cases)
    return in_order([*(shown_as(one) for one in covered.open), *covered.wrong])


def unnoticed(example: str) -> list[Diagnostic]:
    """Return what mutation says of an example."""
    bundle, cases = _proven(example)
    trial, listed = Trial(bundle, cases), mutants(bundle)
    verdicts = judged(bundle, listed, [one for one in listed if trial.killer(one) is None], listed)
    return in_order([*(survives(one) for one in verdicts.survivors), *verdicts.wrong])


def _proven(example: str) -> tuple[Bundle, tuple[Case, ...]]:
    bundle, found = compile_rules(sources_of(example), schemas())
    cases, wrong = collect(bundle) if bundle else ([], [])
    assert bundle is not None and not has_errors([*found, *wrong]), [*found, *wrong]
    assert [outcome.problem for case in cases if (outcome := run_case(bundle, case)).problem] == []
    return bundle, tuple(cases)


def places(found: list[Diagnostic]) -> list[tuple[str, int, int]]:
    """Return code, line and column of each diagnostic."""
    return [(d.code, d.span.line, d.span.column) for d in found]


def expected(example: str) -> list[tuple[str, int, int]]:
    """Return what the `# expect CODE line:column` lines of an example announce."""
    return [(code, int(line), int(column)) for code, line, column in _EXPECTED.findall(example)]
