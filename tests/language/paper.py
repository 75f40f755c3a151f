"""The controls of the paper as rulebooks: compiled once, under the shipped contracts and those they would need."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from dsl.bundle import Bundle
from dsl.contracts import Schema
from dsl.pipeline import compile_rules
from dsl.scenarios import Case, collect
from dsl.text import Source
from tests.dsl.checkout import ROOT, schemas

CONTROLS = ROOT / "tests" / "fixtures" / "controls"
PAGE = ROOT / "docs" / "language" / "controls-on-paper.md"


@dataclass(frozen=True, slots=True)
class Control:
    """One control of the paper. `otherwise`: its wording changed; `is_rule`: it became a rule at all."""

    id: str
    file: str
    otherwise: bool
    is_rule: bool = True


@cache
def controls() -> tuple[Control, ...]:
    """Return every control of the paper."""
    rows = yaml.safe_load((Path(__file__).parent / "controls.yaml").read_text(encoding="utf-8"))
    return tuple(Control(**row) for row in rows)


@cache
def paper_sources() -> tuple[Source, ...]:
    """Return the rulebooks of the paper."""
    return tuple(
        Source(path.relative_to(CONTROLS).as_posix(), path.read_text(encoding="utf-8"))
        for path in sorted(CONTROLS.glob("*/*.rules"))
    )


@cache
def wanted_schemas() -> dict[str, Schema]:
    """Return the contracts of facts the paper's controls read and nothing posts."""
    return {
        path.name.removesuffix(".schema.json"): json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((CONTROLS / "contracts").glob("*.schema.json"))
    }


@cache
def paper() -> Bundle:
    """Return the bundle of the paper; every diagnostic of it, warnings too, is a failure."""
    bundle, found = compile_rules(paper_sources(), {**schemas(), **wanted_schemas()})
    assert bundle is not None and not found, found
    return bundle


@cache
def paper_cases() -> tuple[Case, ...]:
    """Return every scenario of the paper's rulebooks."""
    cases, found = collect(paper())
    assert not found, found
    return tuple(cases)
