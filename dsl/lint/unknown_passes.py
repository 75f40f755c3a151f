"""W633: a hard rule that lets an unknown fact pass."""

from collections.abc import Iterator

from dsl.diagnostics import Diagnostic
from dsl.lint.subject import HARD, Subject


def unknown_passes(subject: Subject) -> Iterator[Diagnostic]:
    """Report enforced rules that refuse what they know and only remark on what they do not."""
    for judged in subject.rules():
        rule, missing = judged.rule, judged.text.missing
        is_hard = any(line.effect in HARD for line in rule.lines)
        if missing is None or not is_hard or rule.stage != "pre_trade" or rule.mode != "enforced":
            continue
        if missing.effect not in HARD:
            yield Diagnostic(
                "W633",
                f"{rule.id} refuses what is known to be wrong, and lets the unknown go with a `{missing.effect}`",
                missing.span,
                help="leave the clause out: an unknown fact then refuses new risk, and exits go flagged",
            )
