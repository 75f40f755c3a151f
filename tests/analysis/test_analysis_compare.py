"""Two versions of rules: what changed is called what it is, and every order shown is judged as it says."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from dsl.analysis.compare import A, B, compare
from dsl.analysis.relation import Relation, Witness
from dsl.bundle import Bundle
from dsl.pipeline import compile_rules
from dsl.solver.outcome import says_less
from dsl.text import Source
from tests.dsl.checkout import schemas

_FILE: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("differences.yaml").read_text(encoding="utf-8"))
CHANGES: list[dict[str, Any]] = _FILE["changes"]
NAME = "pre_trade/example.rules"


@cache
def compiled(text: str) -> Bundle:
    bundle, found = compile_rules([Source(NAME, text)], schemas())
    assert bundle is not None, found
    return bundle


def versions(change: dict[str, Any]) -> tuple[Bundle, Bundle]:
    return compiled(begun(change)), compiled(changed(change))


def begun(change: dict[str, Any]) -> str:
    text: str = _FILE["rules"]
    return text.replace(*change["both"]) if "both" in change else text


def changed(change: dict[str, Any]) -> str:
    text = begun(change)
    old, new = change["replace"], change["by"]
    for one, other in zip([old] if isinstance(old, str) else old, [new] if isinstance(new, str) else new, strict=True):
        assert text.count(one) == 1, one
        text = text.replace(one, other)
    return text


@pytest.mark.parametrize("change", CHANGES, ids=[change["name"] for change in CHANGES])
def test_a_change_is_called_what_it_is(change: dict[str, Any]) -> None:
    found = compare(*versions(change))
    assert {rule.rule: rule.relation.value for rule in found.rules if rule.relation is not Relation.EQUAL} == change[
        "rules"
    ]
    (stage,) = found.stages
    assert stage.relation.value == change["together"]
    assert [part.lets_go for part in stage.parts][:1] == ([change["goes"]] if "goes" in change else [])
    if "since" in change:
        assert [str(part.stretch) for part in stage.parts] == [change["since"]]


@pytest.mark.parametrize("change", CHANGES, ids=[change["name"] for change in CHANGES])
def test_an_order_shown_is_judged_as_it_says_on_both_sides(change: dict[str, Any]) -> None:
    before, after = versions(change)
    found = compare(before, after)
    shown = [part for stage in found.stages for part in (*stage.parts, *(p for r in stage.rules for p in r.parts))]
    assert bool(shown) == bool(change["rules"])
    for part in shown:
        assert (part.looser is not None) == (part.relation in (Relation.LOOSER, Relation.INCOMPARABLE))
        assert (part.tighter is not None) == (part.relation in (Relation.TIGHTER, Relation.INCOMPARABLE))
        for witness, is_looser in ((part.looser, True), (part.tighter, False)):
            if witness is not None:
                assert says_less(*_ends(witness, before, after, is_looser))
                assert list(witness.scenario.unsaid) == change.get("unsaid", []), witness.scenario
                assert witness.scenario.says_all == ("unsaid" not in change), witness.scenario


def _ends(witness: Witness, before: Bundle, after: Bundle, is_looser: bool) -> tuple[Any, ...]:
    sides = [(witness.before, before), (witness.after, after)]
    weak, strong = (sides[B], sides[A]) if is_looser else (sides[A], sides[B])
    rules = [{rule.id: rule for rule in bundle.ruleset.rules} for _, bundle in (weak, strong)]
    return weak[0].findings, rules[0], strong[0].findings, rules[1]


def test_a_rule_that_was_added_or_removed_is_named_and_shown() -> None:
    text = _FILE["rules"]
    start, end = text.index("rule LIST-01"), text.index("rule LOSS-01")
    less = text[:start] + text[end:]
    removed = compare(compiled(text), compiled(less))
    added = compare(compiled(less), compiled(text))
    for found, relation, stage in (
        (removed, Relation.REMOVED, Relation.LOOSER),
        (added, Relation.ADDED, Relation.TIGHTER),
    ):
        (moved,) = (rule for rule in found.rules if rule.relation is not Relation.EQUAL)
        assert (moved.rule, moved.relation, found.relation) == ("LIST-01", relation, stage)
    assert removed.stages[0].parts[0].lets_go is True


def test_numbers_lists_and_words_that_changed_are_listed() -> None:
    by_name = {change["name"]: change for change in CHANGES}
    text = _FILE["rules"]

    def found(name: str) -> Any:
        return compare(compiled(text), compiled(changed(by_name[name])))

    (number,) = found("looser by a tick").numbers
    assert (number.name, number.what, number.before, number.after, number.relation) == (
        "pre_trade.example.cap", "2026-09-01", "40_000.00 USD", "40_000.01 USD", Relation.LOOSER,
    )  # fmt: skip
    assert [change.relation for change in found("a number takes force a month later").numbers] == ["removed", "added"]
    assert [(c.what, c.relation) for c in found("only the range of a number").numbers] == [("range", "incomparable")]
    assert [(c.what, c.relation) for c in found("a list may be empty").lists] == [("at least rows", "looser")]
    assert [(c.what, c.relation) for c in found("a list may be older").lists] == [("fresh", "looser")]
    words = [rule.words for rule in found("other words alone").rules if rule.words]
    assert [[change.what for change in each] for each in words] == [["because"]]


def test_one_law_date_is_compared_alone() -> None:
    from datetime import date

    text = _FILE["rules"]
    later = changed(CHANGES[0])
    assert compare(compiled(text), compiled(later), date(2026, 8, 31)).relation is Relation.EQUAL
    assert compare(compiled(text), compiled(later), date(2026, 9, 1)).relation is Relation.LOOSER


def test_what_is_no_verdict_is_never_called_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule of a stage that knows more than verdicts: a change of that part alone must not pass for none."""
    from dsl.solver import meaning

    text = _FILE["rules"]
    monkeypatch.setattr(meaning, "HANDLED_RULE", meaning.HANDLED_RULE - {"owner"})
    found = compare(compiled(text), compiled(text.replace("owner    stock_loan", "owner    risk")))
    (moved,) = (rule for rule in found.rules if rule.relation is not Relation.EQUAL)
    assert (moved.rule, moved.relation) == ("SHORT-01", Relation.UNKNOWN)
    assert "owner" in moved.parts[0].why


def test_the_same_question_gets_the_same_answer() -> None:
    text, other = _FILE["rules"], changed(CHANGES[3])
    first, second = (compare(compiled(text), compiled(other)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    "condition",
    [
        "rounded(account.cash, account.equity, down) > 5 USD",
        "rounded(account.cash, account.equity, half_even) > 5 USD",
        "account.cash is a multiple of account.equity",
        "account.cash / account.equity > 2 x",
        "rounded(account.cash / account.equity, 0.5 x, up) > 2 x",
    ],
)
def test_orders_on_which_a_need_fails_are_compared_too(condition: str) -> None:
    """A step or divisor is positive only where the need holds; another rule's change shows just where it does not."""
    text = f"""rulebook pre_trade.example "Example"
uses account

rule EX-01 "Needs" {{
  on       pre_trade
  needs    account.equity > 0 USD
  missing  warn
  warn     when {condition}
  cite     "House rule 1"
  owner    risk
  because  "warned"
}}

rule EX-02 "Ruined" {{
  on       pre_trade
  reject   when account.equity < -5 USD
  cite     "House rule 2"
  owner    risk
  because  "the order is refused"
}}
"""
    found = compare(compiled(text), compiled(text.replace("reject   when", "warn     when")))
    assert [rule.relation for rule in found.rules] == [Relation.EQUAL, Relation.LOOSER]
    assert found.relation is Relation.LOOSER and found.stages[0].parts[0].lets_go is True


ROUNDED = """rulebook pre_trade.example "Example"
uses intent

rule EX-01 "Rounded" {
  on       pre_trade
  reject   when rounded(intent.quantity, 1 share, down) > 5 shares
  cite     "House rule 1"
  owner    risk
  because  "the order is refused"
}
"""


def test_a_node_nobody_translates_leads_to_unknown_and_to_no_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second condition follows from the first; to whom rounding is anything it does not, and nothing replays."""
    from dsl import ir
    from dsl.solver.translate import Translator

    same = ROUNDED.replace("> 5 shares", "> 5 shares and intent.quantity > 5 shares")
    assert compare(compiled(ROUNDED), compiled(same)).relation is Relation.EQUAL
    real = Translator._operate
    monkeypatch.setattr(
        Translator, "_operate", lambda self, expr, v: None if isinstance(expr, ir.Rounded) else real(self, expr, v)
    )
    found = compare(compiled(ROUNDED), compiled(same))
    assert found.relation is Relation.UNKNOWN
    assert (
        found.rules[0].parts[0].looser is None
        and found.rules[0].parts[0].why == "what the solver found does not replay"
    )


def test_no_work_is_an_answer_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver that may not work proves nothing and finds nothing: what it was asked is unknown, never equal."""
    from dsl.analysis import compare as comparing

    monkeypatch.setattr(comparing, "WORK", 1)
    other = ROUNDED.replace("> 5 shares", "> 6 shares")
    found = compare(compiled(ROUNDED), compiled(other))
    assert found.relation is Relation.UNKNOWN and found.stages[0].parts[0].lets_go is None


AGED = """rulebook pre_trade.example "Example"
uses market

rule EX-01 "Aged" {
  on       pre_trade
  needs    market.ask fresh 5 s
  missing  reject even reducing
  warn     when market.ask > 900 USD/share
  cite     "House rule 1"
  owner    risk
  because  "the offer is {market.ask}"
}
"""


def test_seconds_and_sessions_do_not_follow_from_one_another() -> None:
    """Across a close five seconds are another session; within one an hour is not."""
    found = compare(compiled(AGED), compiled(AGED.replace("fresh 5 s", "fresh 1 session")))
    assert found.relation is Relation.INCOMPARABLE
    assert compare(compiled(AGED), compiled(AGED.replace("fresh 5 s", "fresh 6 s"))).relation is Relation.LOOSER
    assert compare(compiled(AGED), compiled(AGED.replace("fresh 5 s", "fresh 4 s"))).relation is Relation.TIGHTER


QUOTED = """rulebook pre_trade.example "Example"
uses intent

window quotes = count of quote over 60 s per symbol

rule EX-01 "Quoted" {
  on       pre_trade
  missing  reject even reducing
  reject   when quotes > 5
  cite     "House rule 1"
  owner    risk
  because  "{quotes} quotes"
}
"""


def test_a_longer_window_over_the_market_may_not_be_covered_where_a_shorter_one_is() -> None:
    event = {**schemas()["event"]}
    allowed = event["x-window-events"]["intent.allowed"]
    event["x-window-events"] = {**event["x-window-events"], "quote": {**allowed, "x-market": True}}
    known = {**schemas(), "event": event}
    sides = [QUOTED, QUOTED.replace("60 s", "90 s")]
    bundles = [compile_rules([Source(NAME, text)], known)[0] for text in sides]
    assert bundles[0] is not None and bundles[1] is not None
    assert compare(bundles[0], bundles[1]).relation is Relation.TIGHTER
    spared = [compile_rules([Source(NAME, text.replace(" even reducing", ""))], known)[0] for text in sides]
    assert spared[0] is not None and spared[1] is not None
    assert compare(spared[0], spared[1]).relation is Relation.INCOMPARABLE  # an exit is flagged, no longer rejected


UNSET = """rulebook pre_trade.example "Example"
uses intent

param most: quantity within 1 share .. 10_000 shares tighter when lower {
  2030-01-01 = 100 shares cite "C 1"
}
param shorts: enum [FORBIDDEN, PERMITTED] {
  2030-01-01 = PERMITTED cite "C 2"
}

rule EX-01 "Not yet" {
  on       pre_trade
  reject   when shorts is FORBIDDEN
  reject   when intent.quantity > most
  cite     "House rule 1"
  owner    risk
  because  "the order is refused"
}
"""


def test_numbers_that_are_not_in_force_yet_are_unknown_whatever_their_kind() -> None:
    changed_line = UNSET.replace("shorts is FORBIDDEN", "shorts is PERMITTED")
    (moved,) = compare(compiled(UNSET), compiled(changed_line)).rules
    assert [(str(part.stretch), part.relation.value) for part in moved.parts] == [("from 2030-01-01", "tighter")]
