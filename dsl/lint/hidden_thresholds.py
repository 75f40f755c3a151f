"""W625: a reason that does not tell the number that decided."""

from collections.abc import Iterator

from dsl import ir
from dsl.diagnostics import Diagnostic
from dsl.lint.reach import params_in, told, unfold
from dsl.lint.subject import DECISIVE, Subject


def hidden_thresholds(subject: Subject) -> Iterator[Diagnostic]:
    """Report params that decide and that the reason leaves out: whoever is refused cannot tell by how much."""
    params = subject.bundle.ruleset.params
    for judged in subject.rules("limit", "rule", "switch"):
        rule, clause = judged.rule, judged.text.clause("because")
        conditions = unfold([line.condition for line in rule.lines if line.effect in DECISIVE], subject.lets)
        compared = [part for part in conditions if isinstance(part, ir.Compare | ir.RealCompare | ir.Multiple)]
        numbers = [name for name in params_in(compared, subject.lets) if params[name].type.is_number]
        shown = params_in(told(rule), subject.lets)
        hidden = [name.rpartition(".")[2] for name in numbers if name not in shown]
        if clause is not None and hidden and told(rule):
            yield Diagnostic(
                "W625",
                f"{rule.id} decides by {', '.join(f'`{name}`' for name in hidden)}, and its reason does not tell it",
                clause.span,
                help=f"put {' and '.join(f'{{{name}}}' for name in hidden)} into the text",
            )
