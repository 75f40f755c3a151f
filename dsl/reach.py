"""What a rule may read: the facts its stage has, under the keys its scope gives."""

from collections.abc import Mapping

from dsl import ir
from dsl.contracts import Contracts
from dsl.reads import all_facts

ALWAYS = ("account", "engine", "firm")
"""Keys every run has one value of, whatever the scope."""
OF_THE_INTENT = ("intent", "projected")
OF_THE_FILL = "fill"


def out_of_reach(
    rule: ir.Rule, lets: Mapping[str, ir.Expr], windows: Mapping[str, ir.Window], contracts: Contracts
) -> list[tuple[str, str]]:
    """Return the facts the rule reads and cannot have, each with the reason in words."""
    found = []
    keys = {*rule.scope, *ALWAYS}
    for path in all_facts((rule,), lets):
        reason = _moment(path, rule)
        if not reason and rule.stage != "pre_trade":
            lacking = [key for key in _keys(path, windows, contracts) if key not in keys]
            if lacking:
                reason = f"is kept per {lacking[0]}, and the rule is judged per {', '.join(rule.scope) or 'firm'}"
        if reason:
            found.append((path.rpartition(":")[2], reason))
    return found


def _moment(path: str, rule: ir.Rule) -> str:
    """Return why a fact does not exist at the rule's stage, or nothing."""
    namespace = path.partition(".")[0]
    if namespace in OF_THE_INTENT and rule.stage != "pre_trade":
        return f"belongs to an order, and nothing is ordered on {rule.stage}"
    if namespace == OF_THE_FILL and rule.each != "fill":
        return "belongs to a fill; only a rule judged `each fill` has one"
    if namespace == "scope" and rule.stage == "pre_trade":
        return "belongs to a rule judged per key; on pre_trade read it of the intent"
    return ""


def _keys(path: str, windows: Mapping[str, ir.Window], contracts: Contracts) -> tuple[str, ...]:
    if path.startswith("scope."):
        return (path.removeprefix("scope."),)
    if path.startswith("window:"):
        return windows[path.removeprefix("window:")].per
    fact = contracts.facts.get(path)
    if fact is None or path.startswith("fx.") or path.partition(".")[0] == OF_THE_FILL:
        return ()
    return fact.key
