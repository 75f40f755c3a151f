"""Texts with values in braces: `because`, and what a checklist asks to be typed."""

import re

from dsl import ir
from dsl.diagnostics import Diagnostic
from dsl.expressions import Typer
from dsl.parse import parse_expression
from dsl.text import Span
from dsl.workbench import Workbench

_HOLE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")


def lower_reason(bench: Workbench, texts: tuple[str, ...], span: Span) -> ir.Because:
    """Return the text as literal pieces and typed values in turn; what is no expression is reported."""
    pieces: list[str | ir.Expr] = []
    for value in texts:
        at = 0
        for hole in _HOLE.finditer(value):
            pieces.append(value[at : hole.start()])
            at = hole.end()
            if hole[0] in ("{{", "}}"):
                pieces.append(hole[0][0])
                continue
            typed = _hole(bench, hole[1], span, bench.typer)
            if typed is not None:
                pieces.append(typed)
        pieces.append(value[at:])
    return ir.Because(tuple(piece for piece in pieces if piece != ""))


def _hole(bench: Workbench, inside: str, span: Span, typer: Typer) -> ir.Expr | None:
    written, problems = parse_expression(inside)
    if written is None:
        bench.say("E119", f"`{{{inside}}}` is not an expression", span, problems[0].help if problems else "")
        return None
    mark = len(bench.found)
    typed = typer.value(written)
    bench.found[mark:] = [Diagnostic(d.code, d.message, span, d.label, d.help) for d in bench.found[mark:]]
    return typed
