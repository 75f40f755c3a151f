"""The words of diagnostics about units: articles, and the usual way two units can be brought together."""

from dsl import types as t
from dsl.types import Type


def with_article(kind: Type) -> str:
    """Return a type with `a` or `an`."""
    name = str(kind)
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def unit_remedy(left: Type, right: Type) -> str:
    """Return the usual remedy for two units that do not meet."""
    pair = {left, right}
    if pair == {t.COUNT, t.RATIO}:
        return "write the number as a ratio: `5%`, `50 bps` or `2 x`"
    if t.COUNT in pair:
        other = left if right == t.COUNT else right
        return f"give the number its unit, like `100{t.unit_suffix(other)}`"
    if t.RATIO in pair:
        other = left if right == t.RATIO else right
        return f"divide to get a ratio, or write `N% of` something in {other}"
    if t.QUANTITY in pair and any(t.currency_of(k) for k in pair):
        return "multiply the shares by a price first"
    currencies = {t.currency_of(left), t.currency_of(right)} - {None}
    if len(currencies) == 2:
        return f"convert one of them, like `x in {sorted(c for c in currencies if c)[0]}`"
    return ""
