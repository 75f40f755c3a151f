"""A judgement disturbed in one place: what shows that the place decides."""

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from dsl import ir
from dsl.cover.sight import Judged, Sight, outcome_of
from dsl.interpret import Interpreter, Unknown
from dsl.operations import operate
from dsl.program import Program
from dsl.rewrite import Change
from dsl.snapshot import Reason, Snapshot
from dsl.statistics import of_reals

_ERASED = Unknown((("nothing", Reason.MISSING.value),))


class Disturbed(Interpreter):
    """Evaluates as the reference does, except for one node, that very object."""

    def __init__(self, program: Program, snapshot: Snapshot, node: ir.Expr, probe: "NodeProbe") -> None:
        super().__init__(program, snapshot)
        self._node, self._probe = node, probe

    def evaluate(self, expr: ir.Expr, kleene: bool = False) -> Any:
        """Return the exact value, or what the disturbance makes of it."""
        value = super().evaluate(expr, kleene)
        if expr is self._node and not isinstance(value, Unknown):
            return self._probe.instead(self, value)
        return value


@dataclass(frozen=True, slots=True)
class NodeProbe:
    """Shown when a rule says something else once a node's value is otherwise."""

    node: ir.Expr

    def instead(self, interpreter: Interpreter, value: Any) -> Any:
        """Return the value the node has when it is disturbed: none."""
        return _ERASED

    def shows(self, sight: Sight, rules: tuple[str, ...]) -> bool:
        """Return whether some look of the case makes a difference to one of the rules."""
        return any(self._matters(judged) for rule in rules for judged in sight.judged(rule))

    def _matters(self, judged: Judged) -> bool:
        disturbed = Disturbed(judged.program, judged.snapshot, self.node, self)
        try:
            return outcome_of(judged.rule, disturbed) != judged.outcome
        except ZeroDivisionError:
            return True  # a need that keeps a divisor positive decides by keeping the line from being judged


@dataclass(frozen=True, slots=True)
class Stuck(NodeProbe):
    """A condition that is `at` whatever happens: shown by a case in which it is the opposite, and decides."""

    at: bool

    def instead(self, interpreter: Interpreter, value: Any) -> Any:
        """Return the truth the condition is stuck at."""
        return self.at


@dataclass(frozen=True, slots=True)
class Shifted(NodeProbe):
    """A comparison whose right side is moved: shown by a case that lies nearer to the line than that."""

    node: ir.Compare | ir.RealCompare
    by: Fraction

    def instead(self, interpreter: Interpreter, value: Any) -> Any:
        """Return what the comparison says of the line where it is not."""
        left, right = interpreter.evaluate(self.node.left), interpreter.evaluate(self.node.right)
        if isinstance(self.node, ir.RealCompare):
            return of_reals(self.node, [left, right + self.by])
        return operate(self.node, [left, right + self.by])


@dataclass(frozen=True, slots=True)
class Without(NodeProbe):
    """A condition that does not know one of the values it names: shown by a case in which that value decides."""

    node: ir.Member
    item: ir.Value

    def instead(self, interpreter: Interpreter, value: Any) -> Any:
        """Return false where it is this value that makes the condition true."""
        return value and interpreter.evaluate(self.node.item) != self.item


@dataclass(frozen=True, slots=True)
class Cell(NodeProbe):
    """A row of a table without its value: shown by a case that meets the row by way of one of a cell's values."""

    given: ir.Expr
    item: ir.Value

    def instead(self, interpreter: Interpreter, value: Any) -> Any:
        """Return nothing where the table is given this very value."""
        return _ERASED if interpreter.evaluate(self.given) == self.item else value


@dataclass(frozen=True, slots=True)
class Lacking:
    """Shown when a rule says that it could not be judged, because of this fact and for this reason."""

    path: str
    reason: Reason
    unset: str = ""
    """The fact that must not be set: the key of a window."""

    def shows(self, sight: Sight, rules: tuple[str, ...]) -> bool:
        """Return whether a finding of one of the rules names the fact."""
        if self.unset and self.unset in sight.case.settings:
            return False
        return any(self._names(judged) for rule in rules for judged in sight.judged(rule))

    def _names(self, judged: Judged) -> bool:
        found = Interpreter(judged.program, judged.snapshot).rule(judged.rule)
        return any(self._is_in(finding.facts) for finding in found) or self._unscored(judged)

    def _is_in(self, facts: tuple[tuple[str, str], ...]) -> bool:
        """Return whether unknown facts have this one among them; what a row of a list lacks is told with its list."""
        wanted = [path for path in (self.path, self.unset) if path]
        return any(
            reason == self.reason.value and (path == one or path.endswith(f":{one}"))
            for path, reason in facts
            for one in wanted
        )

    def _unscored(self, judged: Judged) -> bool:
        gate = judged.rule.own
        if not isinstance(gate, ir.Gate):
            return False
        interpreter = Interpreter(judged.program, judged.snapshot)
        scored = [gate.score] if gate.score is not None else []
        values = [interpreter.with_infinities(gate.infinities, part) for part in scored]
        values += [interpreter.evaluate(fact) for _, fact in gate.ranked]
        return any(isinstance(value, Unknown) and self._is_in(value.facts) for value in values)


@dataclass(frozen=True, slots=True)
class Alone:
    """Shown when of all requirements this one fails and nothing else is said."""

    line: int

    def shows(self, sight: Sight, rules: tuple[str, ...]) -> bool:
        """Return whether at some look the line alone speaks, over facts that are known."""
        return any(
            len(found) == 1 and found[0].line == self.line and not found[0].is_unknown
            for rule in rules
            for judged in sight.judged(rule)
            for found in [Interpreter(judged.program, judged.snapshot).rule(judged.rule)]
        )


@dataclass(frozen=True, slots=True)
class Otherwise:
    """Shown when something a scenario can see would differ under another bundle."""

    change: Change = field(compare=False)
    on: date | None = None
    """The law date the case must have."""

    def shows(self, sight: Sight, rules: tuple[str, ...]) -> bool:
        """Return whether the case comes to something else under the other bundle."""
        if self.on is not None and sight.case.law_date != self.on:
            return False
        return sight.would_see(self.change) != sight.seen


@dataclass(frozen=True, slots=True)
class Refused:
    """Shown when somebody asks for the reset of a switch and is refused for this reason."""

    code: str

    def shows(self, sight: Sight, rules: tuple[str, ...]) -> bool:
        """Return whether a reset was asked for in the case, and that refusal came of it."""
        happened = [*sight.case.happenings, *(h for step in sight.case.steps for h in step.happenings)]
        asked = any(happening.event == "switch.reset" for happening in happened)
        return asked and any(self.code in seen.refusals for seen in sight.seen)
