"""A config layer's tightening, read as its param's own kind of number and held to its range and direction."""

from datetime import date
from fractions import Fraction

from dsl import ir
from dsl.bundle import Bundle
from dsl.contracts import Contracts
from dsl.diagnostics import Diagnostic
from dsl.expressions import Names, Typer
from dsl.intervals import Bounds
from dsl.parse import parse_expression
from dsl.program import Overlay, in_force, is_tighter
from dsl.suggest import nearest
from dsl.text import Span
from dsl.types import show


def read_overlay(
    bundle: Bundle, param_name: str, key: tuple[str, ...], value_text: str, since: str, cite: str, origin: str
) -> tuple[Overlay | None, list[Diagnostic]]:
    """Return the overlay, or why the layer may not say this: unknown param, wrong unit, out of range, looser."""
    place = Span(origin, 1, 1, 1, 1)
    param = bundle.ruleset.params.get(param_name)
    if param is None:
        near = nearest(param_name, bundle.ruleset.params)
        help_ = f"did you mean `{near}`?" if near else "params are those of the rulebooks"
        return None, [Diagnostic("E601", f"there is no param `{param_name}` to tighten", place, help=help_)]
    value, found = _value(bundle, param, value_text, origin)
    if value is None:
        return None, found
    problem = _problem(bundle, param, key, value, since)
    if problem:
        help_ = "a layer may only tighten, inside the declared range"
        return None, [Diagnostic("E602", f"`{param_name}` = {show(value, param.type)}: {problem}", place, help=help_)]
    return Overlay(param_name, key, value, since, cite, origin), []


def _value(bundle: Bundle, param: ir.Param, text: str, origin: str) -> tuple[Fraction | None, list[Diagnostic]]:
    written, found = parse_expression(text, origin)
    if written is None:
        return None, found
    names = Names(bundle.contracts, {}, {}, {}, lambda _: None, ())
    typed = Typer(names, Bounds(bundle.contracts.facts, {}, lambda _: None), found).value(written, param.type)
    if isinstance(typed, ir.Const) and isinstance(typed.value, Fraction):
        return typed.value, found
    place = Span(origin, 1, 1, 1, 1)
    return None, found or [Diagnostic("E602", f"`{text}` is not a number a layer can set", place)]


def _problem(bundle: Bundle, param: ir.Param, key: tuple[str, ...], value: Fraction, since: str) -> str:
    if param.low is not None and value < param.low:
        return f"below the range, which begins at {show(param.low, param.type)}"
    if param.high is not None and value > param.high:
        return f"above the range, which ends at {show(param.high, param.type)}"
    stage = param.name.partition(".")[0]
    dated = in_force(bundle, stage, date.fromisoformat(since)).numbers[param.name].get(key)
    if dated is None:
        return f"no value is in force on {since} for {', '.join(key) or 'it'}, and a layer cannot add one"
    if value != dated.value and not is_tighter(param, value, dated.value):
        return f"looser than {show(dated.value, param.type)}, in force on {since}"
    return ""


def reopen_overlay(
    param_name: str, key: tuple[str, ...], value_text: str, since: str, cite: str, origin: str
) -> Overlay | None:
    """Return an overlay that was checked when its run started, read back from the run's configuration.

    None when the text is no number any more: the configuration is not the one that was checked.
    """
    written, _ = parse_expression(value_text, origin)
    if written is None:
        return None
    names = Names(Contracts({}, ()), {}, {}, {}, lambda _: None, ())
    typed = Typer(names, Bounds({}, {}, lambda _: None), []).value(written)
    if isinstance(typed, ir.Const) and isinstance(typed.value, Fraction):
        return Overlay(param_name, key, typed.value, since, cite, origin)
    return None
