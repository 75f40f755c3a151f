"""Frozen cases: rule text, contracts and snapshots in one JSON file, with the judgement each must give.

Snapshots are kept by path, so that a file can be read by a person and does not depend on slot numbers.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from dsl.judgement import Judgement
from dsl.pipeline import compile_rules
from dsl.program import Program, in_force
from dsl.snapshot import Reason, Snapshot
from dsl.text import Source

FOLDER = Path(__file__).parent / "cases"


@dataclass(frozen=True, slots=True)
class FrozenCase:
    """One snapshot with its expected judgement in canonical form (None where it is still to be said)."""

    title: str
    program: Program
    snapshot: Snapshot
    expected: Mapping[str, Any] | None


def case_files(folder: Path = FOLDER) -> list[Path]:
    """Return the case files of a folder in order of name."""
    return sorted(folder.glob("*.json"))


def read_cases(path: Path, is_reversed: bool = False) -> Iterator[FrozenCase]:
    """Yield the cases of a file; `is_reversed` turns every mapping round. Raises ValueError when its rules
    do not compile."""
    body = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_turned if is_reversed else None)
    bundle, found = compile_rules([Source(body["name"], "\n".join(body["rules"]))], body["schemas"])
    if bundle is None:
        raise ValueError(f"{path.name}: {found[0].code} {found[0].message}")
    programs: dict[str, Program] = {}
    for number, case in enumerate(body["cases"], 1):
        day = case["law_date"]
        if day not in programs:
            programs[day] = in_force(bundle, "pre_trade", date.fromisoformat(day))
        program = programs[day]
        yield FrozenCase(f"{path.stem} #{number}", program, _snapshot(program, case), case.get("expected"))


def _turned(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(reversed(pairs))


def write_file(path: Path, name: str, text: str, schemas: Mapping[str, Any], cases: list[dict[str, Any]]) -> None:
    """Write a case file: a line per rule line, contract and case, so that a change shows up as its line."""
    rules = ",\n".join(json.dumps(line) for line in text.split("\n"))
    contracts = ",\n".join(f"{json.dumps(key)}: {_line(schema)}" for key, schema in sorted(schemas.items()))
    listed = ",\n".join(_line(case) for case in cases)
    head = f'"name": {json.dumps(name)},\n"rules": [\n{rules}],\n"schemas": {{\n{contracts}}}'
    body = f'{{{head},\n"cases": [\n{listed}]}}\n'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(body, encoding="utf-8")


def _line(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def freeze(program: Program, snapshot: Snapshot, expected: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a case as a file holds it."""
    paths = [slot.path for slot in program.slots]
    ages = [f"{paths[check.slot]} {check.age}" for check in program.ages]
    case: dict[str, Any] = {
        "law_date": program.law_date.isoformat(),
        "facts": {path: _plain(value) for path, value in zip(paths, snapshot.values, strict=True)},
        "unknown": {paths[at]: snapshot.reasons[at].value for at in range(len(paths)) if snapshot.unknown >> at & 1},
        "late": [age for number, age in enumerate(ages) if snapshot.late >> number & 1],
    }
    return case if expected is None else {**case, "expected": expected}


def _snapshot(program: Program, case: Mapping[str, Any]) -> Snapshot:
    values = tuple(_stored(case["facts"].get(slot.path)) for slot in program.slots)
    reasons = {program.index[path]: Reason(reason) for path, reason in case["unknown"].items() if path in program.index}
    ages = [f"{program.slots[check.slot].path} {check.age}" for check in program.ages]
    late = sum(1 << number for number, age in enumerate(ages) if age in case["late"])
    return Snapshot(values, sum(1 << at for at in reasons), late, reasons)


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return {"set": sorted(value)}
    return {"rows": [dict(sorted(row.items())) for row in value]} if isinstance(value, tuple) else value


def _stored(value: Any) -> Any:
    if isinstance(value, dict):
        return frozenset(value["set"]) if "set" in value else tuple(value["rows"])
    return value


def canonical(judgement: Judgement) -> dict[str, Any]:
    """Return a judgement as data: every field of every finding, fractions as `numerator/denominator`."""
    return {
        "verdict": judgement.verdict,
        "witnesses": list(judgement.witnesses),
        "findings": [
            {
                "rule": f.rule, "line": f.line, "effect": f.effect, "code": f.code, "mode": f.mode,
                "measure": None if f.measure is None else str(f.measure),
                "bound": None if f.bound is None else str(f.bound),
                "facts": [list(fact) for fact in f.facts], "flagged": f.flagged,
            }
            for f in judgement.findings
        ],
    }  # fmt: skip


def canonical_bytes(judgement: Judgement) -> bytes:
    """Return a judgement as bytes, the same for equal judgements on every machine."""
    return json.dumps(canonical(judgement), sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def digest(judgements: list[Judgement]) -> str:
    """Return one hash over many judgements, in order."""
    return hashlib.sha256(b"\n".join(canonical_bytes(one) for one in judgements)).hexdigest()
