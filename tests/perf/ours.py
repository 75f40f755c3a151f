"""Our engine as the bench sees it, through its public face: rule text in, ids of all broken rules out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from dsl.judgement import Judgement
from dsl.pipeline import compile_rules
from dsl.program import REDUCES, Program, in_force
from dsl.scalar.judge import Judge
from dsl.snapshot import Snapshot
from engine.facts.prepare import Plan
from engine.facts.prepare import Source as RowSource
from engine.facts.row import Row
from engine.model.calendar import SessionCalendar
from tests.perf.pack import FACTS, RESTRICTED, Raw, Rules, stored
from tests.perf.rulebook import RESTRICTED as RESTRICTED_PATH
from tests.perf.rulebook import path_of, schemas, sources

NOW = 1_767_625_200_000_000
LAW_DATE = date(2026, 1, 5)
_PATHS = {name: path_of(name) for name in FACTS}
_AS_OF = {path: NOW - 1_000 * at for at, path in enumerate([*_PATHS.values(), RESTRICTED_PATH, REDUCES])}


@dataclass(frozen=True, slots=True)
class Ours:
    """`judge.judge` is from a snapshot to all findings, `prepare` from arrived facts to a snapshot."""

    program: Program
    plan: Plan
    judge: Judge

    def whole(self) -> Callable[[Row], Judgement]:
        """Return the function from arrived facts to all findings."""
        judge, take = self.judge.judge, self.plan.snapshot
        return lambda arrived: judge(take((), (arrived,), NOW))

    def prepare(self, arrived: Row) -> Snapshot:
        return self.plan.snapshot((), (arrived,), NOW)

    def from_raw(self, raw: Raw) -> Judgement:
        return self.whole()(arrive(raw))


def ids(judgement: Judgement) -> list[str]:
    """Return the ids of the broken rules: a finding's code is its rule's id in the pack."""
    return [finding.code for finding in judgement.findings]


def arrive(raw: Raw) -> Row:
    """Return an intent's facts as they reach the desk: integers by path, each with its as-of."""
    row = Row()
    row.values = {_PATHS[name]: value for name, value in stored(raw).items()}
    row.values[RESTRICTED_PATH] = RESTRICTED
    row.values[REDUCES] = False
    row.as_of = dict(_AS_OF)
    return row


def build(rules: Rules) -> Ours:
    """Return the rules compiled. Raises ValueError with the diagnostics where they do not compile."""
    bundle, found = compile_rules(sources(rules), schemas())
    if bundle is None:
        raise ValueError("\n".join(f"{d.code} {d.message}" for d in found[:5]))
    program = in_force(bundle, "pre_trade", LAW_DATE)
    paths = tuple(slot.path for slot in program.slots)
    source = RowSource(tuple(range(len(paths))), paths)
    return Ours(program, Plan(program, (), [source], _no_sessions()), Judge(program))


def _no_sessions() -> SessionCalendar:
    return SessionCalendar("XNYS", "America/New_York", "bench", ())


def hand_written(rules: Rules) -> Callable[[Raw], list[str]]:
    """Return the function a Python programmer would write: one `if` a rule, facts read where they are used."""
    names = {name: f"i[{name!r}]" for name in FACTS}
    lines = ["def check(i):", " out = []"]
    for rule, text in rules.items():
        lines.append(f" if {_spelled(text, names)}: out.append({rule!r})")
    scope: dict[str, Any] = {"RESTRICTED": RESTRICTED}
    exec(compile("\n".join([*lines, " return out"]), "<pack>", "exec"), scope)
    check: Callable[[Raw], list[str]] = scope["check"]
    return check


def _spelled(text: str, names: dict[str, str]) -> str:
    import ast

    class Read(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return ast.parse(names[node.id], mode="eval").body if node.id in names else node

    return ast.unparse(Read().visit(ast.parse(text, mode="eval")))
