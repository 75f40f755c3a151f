"""Proofs: what is promised of every order, named things resolved and typed. Whether it holds is shown elsewhere."""

from dsl import ir
from dsl import syntax as s
from dsl.diagnostics import Diagnostic
from dsl.names import Rulebook
from dsl.remedies import with_article
from dsl.suggest import nearest
from dsl.types import Kind
from dsl.workbench import Workbench

MOVING = (Kind.NUMBER, Kind.TIMESTAMP, Kind.DATE, Kind.TIME, Kind.SESSIONS)
"""Kinds of facts that can rise and fall."""


def lower_proofs(bench: Workbench) -> None:
    """Check the proofs of a rulebook and put them on the bench."""
    for declared in bench.book.proofs:
        before = len(bench.found)
        fact = _moving(bench, declared.fact) if declared.fact is not None else None
        condition = bench.typer.condition(declared.condition) if declared.condition is not None else None
        if not declared.rule and not declared.title.strip():
            bench.say("E120", "the title of the proof is empty", declared.span, "say what is promised")
        if len(bench.found) == before:
            bench.proofs.append(
                ir.Proof(
                    declared.claim, declared.rule, declared.title, bench.book.name, bench.book.stage, fact,
                    declared.direction == "rises", condition, declared.doc, declared.span,
                )
            )  # fmt: skip


def _moving(bench: Workbench, written: s.Name) -> ir.FactRef | None:
    """Return the fact that is to rise or fall, or None when it is none that can (reported)."""
    typed = bench.typer.value(written)
    if typed is None:
        return None
    if not isinstance(typed, ir.FactRef):
        bench.say("E301", f"`{written.path}` is not a fact", written.span, "name the fact that rises or falls")
        return None
    if typed.type.kind not in MOVING:
        message = f"`{written.path}` is {with_article(typed.type)}; it neither rises nor falls"
        bench.say("E202", message, written.span, "name an amount, a count or a time")
        return None
    return typed


def unknown_subjects(books: list[Rulebook]) -> list[Diagnostic]:
    """Return an error for every proof about a rule that no rulebook declares."""
    known = {rule for book in books for rule in (*book.rules, *sorted(book.damaged))}
    if any({"rule", "limit"} & book.unread for book in books):
        return []
    found = []
    for book in books:
        for proof in book.proofs:
            if proof.rule is not None and proof.rule not in known:
                near = nearest(proof.rule, known)
                help_ = (
                    f"did you mean `{near}`?" if near else "name a rule of the rule files, or write a title in quotes"
                )
                found.append(Diagnostic("E105", f"there is no rule `{proof.rule}`", proof.span, help=help_))
    return found
