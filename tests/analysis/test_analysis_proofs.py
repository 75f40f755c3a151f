"""Promises about every order: kept ones are proven, broken ones come with an order that breaks them."""

from datetime import date

import pytest

from dsl.analysis.proofs import Result, Standing, prove
from dsl.bundle import Bundle
from dsl.interpret import judge
from dsl.judgement import EFFECT_STRENGTH
from dsl.pipeline import compile_rules
from dsl.program import in_force
from dsl.scenarios import collect, run_case, snapshot_of
from dsl.text import Source
from tests.dsl.checkout import schemas, shipped, shipped_sources

BOOK = "pre_trade/size.rules"


def desk(*proofs: str, book: str = BOOK, replaced: tuple[str, str] = ("", "")) -> Bundle:
    """Return the shipped rules with proofs behind one rulebook, and something in it replaced."""
    sources = [
        Source(s.name, s.text.replace(*replaced) + "\n" + "\n".join(proofs) + "\n") if s.name == book else s
        for s in shipped_sources()
    ]
    bundle, found = compile_rules(sources, schemas())
    assert bundle is not None, found
    return bundle


def judged(*proofs: str, book: str = BOOK, baseline: Bundle | None = None) -> list[Result]:
    return list(prove(desk(*proofs, book=book), baseline))


def standing(*proofs: str, book: str = BOOK) -> list[str]:
    return [result.standing.value for result in judged(*proofs, book=book)]


def test_limits_get_no_easier_as_an_order_grows_and_whole_lots_do() -> None:
    proofs = [f"prove SIZE-0{n} tighter as intent.quantity rises" for n in (1, 2, 3)]
    assert standing(*proofs) == ["holds", "holds", "fails"]


def test_a_product_of_three_facts_rises_with_each() -> None:
    facts = ("intent.limit_price", "market.ask", "instrument.multiplier")
    assert standing(*(f"prove SIZE-01 tighter as {fact} rises" for fact in facts)) == ["holds"] * 3
    assert standing("prove SIZE-01 tighter as intent.limit_price falls") == ["fails"]


@pytest.mark.parametrize(
    ("book", "proof", "expected"),
    [
        ("pre_trade/exposure.rules", "prove EXP-07 tighter as account.equity falls", "holds"),
        ("pre_trade/exposure.rules", "prove EXP-07 tighter as account.equity rises", "fails"),
        ("pre_trade/exposure.rules", "prove EXP-01 tighter as intent.quantity rises", "holds"),
        ("pre_trade/loss.rules", "prove LOSS-01 tighter as account.pnl_today falls", "holds"),
        ("pre_trade/loss.rules", "prove LOSS-02 tighter as account.hwm rises", "holds"),
        ("pre_trade/rate.rules", "prove RATE-01 tighter as allowed_in_minute rises", "holds"),
        ("pre_trade/short_sale.rules", "prove SHORT-01 tighter as projected.short_quantity rises", "holds"),
        ("pre_trade/collar.rules", "prove COL-01 tighter as market.ask falls", "holds"),
        ("pre_trade/collar.rules", "prove COL-01 tighter as intent.limit_price rises", "fails"),
    ],
)  # fmt: skip
def test_a_rule_moves_one_way_with_a_fact_or_is_shown_not_to(book: str, proof: str, expected: str) -> None:
    assert standing(proof, book=book) == [expected]


def test_two_orders_that_break_a_direction_are_judged_as_they_say() -> None:
    (result,) = judged("prove SIZE-03 tighter as intent.quantity rises")
    before, after = result.exhibits
    assert EFFECT_STRENGTH[after.judgement.verdict] < EFFECT_STRENGTH[before.judgement.verdict]
    assert before.scenario.says_all and after.scenario.says_all


def test_what_a_limit_caps_is_never_allowed_and_a_dollar_less_is_not_promised() -> None:
    kept = 'prove "the cap" never allow when intent.increases_risk and order_notional > max_order_notional'
    broken = 'prove "too much" never allow when intent.increases_risk and order_notional > 29_999 USD'
    assert standing(kept, broken) == ["holds", "fails"]


def test_a_proof_of_one_rule_is_about_that_rule_alone() -> None:
    condition = "never allow when intent.quantity > max_order_quantity"
    assert standing(f"prove SIZE-02 {condition}", f"prove SIZE-01 {condition}") == ["holds", "fails"]


def test_the_order_that_breaks_a_proof_is_a_test_that_passes_as_pasted() -> None:
    proof = 'prove "too much" never allow when intent.increases_risk and order_notional > 29_999 USD'
    (result,) = judged(proof)
    (exhibit,) = result.exhibits
    assert exhibit.scenario.says_all
    text = exhibit.test(result.title)
    book = f"pre_trade/{exhibit.scenario.rulebook.partition('.')[2]}.rules"
    pasted = [Source(s.name, s.text + "\n" + text) if s.name == book else s for s in shipped_sources()]
    bundle, found = compile_rules(pasted, schemas())
    assert bundle is not None, found
    (case,) = [case for case in collect(bundle)[0] if case.title == "too much"]
    program = in_force(bundle, "pre_trade", case.law_date)
    assert judge(program, snapshot_of(program, case)).verdict == exhibit.judgement.verdict != "reject"


def test_a_proof_is_judged_on_every_law_date_unless_one_is_named() -> None:
    bundle = desk('prove "since September" never allow when intent.increases_risk and order_notional > 40_000 USD')
    assert [r.standing for r in prove(bundle)] == [Standing.HOLDS]  # a hold stops it before September too
    rejects = desk(
        "prove SIZE-01 never allow when intent.increases_risk and order_notional > 40_000 USD",
        replaced=("hold     above review_order_notional for 1 risk_officer within 10 min as ORDER_REVIEW",
                  "warn     above review_order_notional"),
    )  # fmt: skip
    (always,) = prove(rejects)
    assert always.standing is Standing.FAILS and str(always.stretch) == "until 2026-06-03"
    assert [r.standing for r in prove(rejects, law_date=date(2026, 9, 1))] == [Standing.HOLDS]


def test_a_baseline_is_needed_to_be_no_looser_than_it() -> None:
    proof = "prove SIZE-01 never looser than baseline"
    assert [(r.standing, r.why) for r in judged(proof)] == [(Standing.NOT_JUDGED, "no baseline was given")]
    assert [r.standing for r in judged(proof, baseline=shipped())] == [Standing.HOLDS]


@pytest.mark.parametrize(("change", "expected"), [("49_999.99", Standing.HOLDS), ("50_000.01", Standing.FAILS)])
def test_a_tick_in_either_direction_decides_whether_a_rule_is_looser(change: str, expected: Standing) -> None:
    proofs = ("prove SIZE-01 never looser than baseline", 'prove "desk" never looser than baseline')
    bundle = desk(*proofs, replaced=("50_000 USD cite", f"{change} USD cite"))
    results = prove(bundle, shipped())
    assert [r.standing for r in results] == [expected] * 2
    if expected is Standing.FAILS:
        assert [e.beside for e in results[0].exhibits] == ["baseline", "now"]


def test_a_rule_of_its_own_is_never_looser_than_a_baseline_without_it() -> None:
    sources = [s for s in shipped_sources() if s.name != BOOK]
    smaller, _ = compile_rules(sources, schemas())
    (result,) = judged("prove SIZE-01 never looser than baseline", baseline=smaller)
    assert result.standing is Standing.HOLDS


def test_some_order_passes_a_rule_and_all_rules_together() -> None:
    results = judged("prove SIZE-01 some order passes", 'prove "the desk trades" some order passes')
    assert [r.standing for r in results] == [Standing.HOLDS] * 2
    for result in results:
        (exhibit,) = result.exhibits
        assert EFFECT_STRENGTH[exhibit.judgement.verdict] <= EFFECT_STRENGTH["flag"]
        assert not any(finding.is_unknown for finding in exhibit.judgement.findings)


def test_a_limit_nothing_passes_is_shown_to_be_one() -> None:
    closed = ("reject   above max_order_quantity as", "reject   above 0 shares as")
    (result,) = prove(desk("prove SIZE-02 some order passes", replaced=closed))
    assert (result.standing, result.exhibits) == (Standing.FAILS, ())


def test_a_condition_no_order_meets_is_kept_and_said_to_be_empty() -> None:
    (result,) = judged('prove "nothing" never allow when intent.quantity > 2_000_000_000 shares')
    assert result.standing is Standing.HOLDS and "no order meets its condition" in result.why


def test_a_proof_about_a_rule_that_is_not_in_force_holds_and_says_so() -> None:
    proof = "prove SIZE-03 tighter as intent.quantity rises"
    line = "  reject   when not instrument.fractional"
    dated = desk(proof, replaced=(line, f"  effective until 2026-01-31\n{line}"))
    (before,) = prove(dated, law_date=date(2026, 1, 31))
    (after,) = prove(dated, law_date=date(2026, 2, 1))
    assert before.standing is Standing.FAILS
    assert after.standing is Standing.HOLDS and "no rule of it is in force" in after.why


def test_a_rulebook_without_a_fixture_gets_one_with_the_order_that_breaks_its_proof() -> None:
    text = """rulebook pre_trade.bare "Bare"
uses intent, market

rule BARE-01 "Bare" {
  on       pre_trade
  reject   when intent.quantity * market.ask > 1_000 USD
  cite     "House rule 1"
  owner    risk
  because  "the order is refused"
}

prove BARE-01 never allow when intent.quantity * market.ask >= 1_000 USD
"""
    alone, found = compile_rules([Source("pre_trade/bare.rules", text)], schemas())
    assert alone is not None, found
    (result,) = prove(alone)
    assert result.standing is Standing.FAILS and result.exhibits[0].scenario.says_all
    pasted = text + "\n" + result.exhibits[0].test(result.title)
    bundle, found = compile_rules([Source("pre_trade/bare.rules", pasted)], schemas())
    assert bundle is not None, found
    (case,) = collect(bundle)[0]
    assert run_case(bundle, case).passed


def test_an_order_that_is_only_flagged_goes_and_breaks_a_promise() -> None:
    flags = ("reject   above max_order_quantity as", "flag     above max_order_quantity as")
    (result,) = prove(desk("prove SIZE-02 never allow when intent.quantity > max_order_quantity", replaced=flags))
    assert result.standing is Standing.FAILS and result.exhibits[0].judgement.verdict == "flag"
