"""W616: a rule in force before its number has a value."""

from collections.abc import Iterator

from dsl.diagnostics import Diagnostic
from dsl.lint.reach import deciding, params_in
from dsl.lint.subject import Subject


def early_rules(subject: Subject) -> Iterator[Diagnostic]:
    """Report rules that begin before a param they read: until then the number is unknown and nothing passes."""
    params = subject.bundle.ruleset.params
    for judged in subject.rules():
        rule = judged.rule
        for name in params_in(deciding(rule), subject.lets):
            param = params[name]
            first = min((row.since or "" for row in param.rows), default="")
            if param.per or (rule.since or "") >= first or (rule.until or "9999-12-31") < first:
                continue
            begins = f"from {rule.since}" if rule.since else "from the start"
            short = name.rpartition(".")[2]
            yield Diagnostic(
                "W616",
                f"{rule.id} is in force {begins}, `{short}` has no value before {first}",
                judged.text.span,
                help=f"write `effective from {first}`, or open `{short}` with `always`",
                notes=((param.span, "the number it needs"),),
            )
