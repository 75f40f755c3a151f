"""The grammar has one reading for every text."""

import pytest
from lark import Lark

from dsl import syntax as s
from dsl.keywords import RESERVED
from dsl.parse import grammar, parse_expression
from tests.dsl.checkout import ROOT


def test_no_text_can_be_read_in_two_ways() -> None:
    """Strict tables refuse every conflict the ordinary ones settle in silence."""
    ours = grammar()
    text = (ROOT / "dsl" / "grammar.lark").read_text(encoding="utf-8").replace("@RESERVED@", "|".join(RESERVED))
    Lark(
        text,
        parser="lalr",
        maybe_placeholders=True,
        propagate_positions=True,
        start=["declaration", "expr"],
        edit_terminals=ours.options.edit_terminals,
        strict=True,
    )


def test_otherwise_behind_a_filter_is_the_case_of_no_row() -> None:
    expr, found = parse_expression("max(p.v for each p in l where p.s is ENERGY otherwise 0 USD)")
    assert isinstance(expr, s.Aggregate) and not found
    assert isinstance(expr.where, s.Comparison) and isinstance(expr.otherwise, s.Number)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a + b * c", "a + (b * c)"),
        ("a - b - c", "(a - b) - c"),
        ("not a and b", "(not a) and b"),
        ("80% of a > b", "(80% of a) > b"),
        ("a otherwise b > c", "(a otherwise b) > c"),
        ("-a * b", "(-a) * b"),
    ],
)
def test_operators_bind_as_they_are_read(text: str, same: str) -> None:
    from tests.dsl.test_dsl_format import meaning

    assert meaning(parse_expression(text)[0]) == meaning(parse_expression(same)[0])
