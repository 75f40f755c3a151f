"""The language from text to bundle, one stage a line: this file is the table of contents.

    text      → syntax tree   parse.py      (grammar.lark, build.py → syntax.py; mistakes.py says what is wrong)
    syntax    → rulebooks     names.py      who is called what
    rulebooks → rule IR       lower.py      (lower_*.py on workbench.py; expressions.py types what is written → ir.py)
    rule IR   → bundle        bundle.py     content hash over text, contracts and dated values

Beside it: format.py lays a file out, render.py shows diagnostics, codes.py explains them, scenarios.py
runs tests, lint/ finds what compiles and is still not what somebody meant. A bundle is judged by
`interpret.py`, the reference, by `scalar/`, compiled Python, or many snapshots at once by `columnar/`. Every stage is
`stage(input) -> (output, diagnostics)`; an exception is a bug.
"""

from collections.abc import Mapping, Sequence

from dsl.bundle import Bundle, make_bundle
from dsl.contracts import Schema, read_contracts
from dsl.cost import check_cost
from dsl.diagnostics import Diagnostic, has_errors, in_order
from dsl.lower import lower
from dsl.names import resolve
from dsl.parse import parse
from dsl.text import Source


def compile_rules(sources: Sequence[Source], schemas: Mapping[str, Schema]) -> tuple[Bundle | None, list[Diagnostic]]:
    """Return the bundle of these rule files under these contracts, or None with what is wrong."""
    contracts = read_contracts(schemas)
    parsed = [parse(source) for source in sorted(sources, key=lambda source: source.name)]
    files, found = [file for file, _ in parsed], [d for _, problems in parsed for d in problems]
    books, clashes = resolve(files, contracts)
    ruleset, problems = lower(books, contracts)
    costs = check_cost(ruleset, contracts)
    found = in_order([*found, *clashes, *problems, *costs])
    if has_errors(found):
        return None, found
    return make_bundle(sources, schemas, contracts, books, ruleset), found
