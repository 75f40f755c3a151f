"""What no scenario can show, and why: parts of rules that are judged elsewhere, or by nobody."""

from collections.abc import Iterator

from dsl import ir
from dsl.bundle import Bundle
from dsl.text import Span

Beyond = tuple[Span, str, str, str]
"""Place, rule, what cannot be shown, and why."""
_ARMS = "a scenario asks whether the run may be armed; typing and signing happen when it is"
_APPROVES = "a scenario ends where the order is held; who lets it go is decided when it is released"
_DUE = "a scenario shows that a task opens, not for whom and until when"
_BASIS = "the account's baseline is the desk's own; a scenario gives it as a fact"


def beyond(bundle: Bundle) -> tuple[Beyond, ...]:
    """Return what of a bundle no scenario can show, by place."""
    found = [one for rule in bundle.ruleset.rules for one in _of_rule(rule)]
    return tuple(sorted(found, key=lambda one: (one[0], one[2])))


def _of_rule(rule: ir.Rule) -> Iterator[Beyond]:
    match rule.own:
        case ir.Checklist():
            yield rule.span, rule.id, "what is typed and who signs", _ARMS
        case ir.Switch(reset=reset) if reset.rebases is not None:
            yield rule.span, rule.id, f"that a reset rebases {reset.rebases}", _BASIS
        case _:
            pass
    actions = [action for line in rule.lines for action in line.actions]
    actions += rule.own.actions if isinstance(rule.own, ir.Switch) else ()
    if any(action.task is not None for action in actions):
        yield rule.span, rule.id, "whose task it is and when it is due", _DUE
    for line in rule.lines:
        if line.approval is not None:
            yield line.span, rule.id, f"who approves line {line.number}", _APPROVES
