"""Rules, limits, switches, checklists and gates as entries of a handbook, with their numbers and their tests."""

from collections.abc import Iterable, Sequence

from dsl import ir
from dsl import syntax as s
from dsl.bundle import Bundle
from dsl.cases import Case, Expected
from engine.decision.words import show_duration
from engine.service.handbook_entries import reads_lines, values_grid
from engine.service.handbook_pages import Cell, Entry, Grid, Line
from engine.service.handbook_reads import Users
from engine.service.handbook_words import anchor, block, code, one_line, plain, prose_of

Tested = tuple[Case, bool]
"""A scenario and whether it passes."""


class RuleEntries:
    """Makes entries of one rulebook's rules; `home` is its name."""

    def __init__(self, bundle: Bundle, users: Users, home: str, tested: Sequence[Tested]) -> None:
        self._bundle, self._users, self._home, self._tested = bundle, users, home, tested

    def entry(self, written: s.RuleText) -> Entry:
        """Return a rule with everything that is said of it."""
        rule = self._bundle.rule(written.id)
        assert rule is not None
        reads = self._users.reads[rule.id]
        params = [self._bundle.ruleset.params[name] for name in reads.params]
        kept = [param for param in params if param.rows]
        grids = [self._lines(written, rule)]
        if kept:
            grids.append(values_grid("numbers and their dates", *kept, home=self._home))
        tests = self.tests((case, passes) for case, passes in self._tested if _is_of(case, rule.id))
        remarks = () if tests.rows else ("No test names this rule.",)
        properties = [*self._properties(written, rule), *self._own(written, rule), *reads_lines(reads, self._home)]
        span = written.span
        return Entry(
            rule.kind, rule.id, rule.title, anchor("rule", rule.id), prose_of(written.doc), tuple(properties),
            (*grids, *((tests,) if tests.rows else ())), block(self._bundle, span), f"{span.file}:{span.line}", remarks,
        )  # fmt: skip

    def tests(self, tested: Iterable[Tested]) -> Grid:
        """Return scenarios as a grid."""
        rows = []
        for case, passes in tested:
            is_inline = case.span.file in self._bundle.sources
            told = one_line(self._bundle, case.span) if is_inline else f"{case.span.file}:{case.span.line}"
            verdict = "passes" if passes else "FAILS"
            rows.append((Cell(case.title), Cell(told, is_code=is_inline), Cell(expected(case)), Cell(verdict)))
        return Grid("tests", ("test", "scenario", "expects", "result"), tuple(rows))

    def _properties(self, written: s.RuleText, rule: ir.Rule) -> list[tuple[str, Line]]:
        bundle = self._bundle
        found: list[tuple[str, Line]] = [("stage", plain(f"{rule.stage}{f', {rule.each}' if rule.each else ''}"))]
        if rule.mode != "enforced":
            found.append(("mode", plain(rule.mode)))
        if rule.scope:
            found.append(("judged for each", plain(", ".join(rule.scope))))
        if rule.since or rule.until:
            found.append(("in force", plain(_span_of_days(rule.since, rule.until))))
        if written.when is not None:
            found.append(("applies when", code(one_line(bundle, written.when.span))))
        if written.measure is not None:
            found.append(("measures", code(one_line(bundle, written.measure.span))))
        if written.needs:
            found.append(("needs", tuple(Cell(one_line(bundle, need.span), is_code=True) for need in written.needs)))
        if written.missing is not None:
            found.append(("when a fact is unknown", code(one_line(bundle, written.missing.span))))
        elif not isinstance(rule.own, ir.Switch):
            found.append(("when a fact is unknown", plain(rule.missing.effect)))
        said = written.clause("because")
        if said is not None:
            found.append(("says", plain(" ".join(said.values))))
        found += [("cite", plain("; ".join(rule.cite))), ("owner", plain(rule.owner))]
        return found

    def _lines(self, written: s.RuleText, rule: ir.Rule) -> Grid:
        rows = []
        for text, line in zip(written.lines, rule.lines, strict=True):
            name = Cell(line.label) if line.label else Cell(line.code, is_code=True)
            rows.append((Cell(line.effect), name, Cell(one_line(self._bundle, text.span), is_code=True)))
        return Grid("lines", ("effect", "code", "as written"), tuple(rows))

    def _own(self, written: s.RuleText, rule: ir.Rule) -> list[tuple[str, Line]]:
        own, text = rule.own, written.own
        found: list[tuple[str, Line]] = []
        if isinstance(own, ir.Switch) and isinstance(text, s.SwitchText):
            missing = "at once" if not own.missing.micros else f"for {show_duration(own.missing.micros)}"
            missing = f"for {own.missing.sessions} sessions" if own.missing.sessions else missing
            found += [("tripped by hand by", plain(", ".join(own.manual) or "nobody"))]
            found += [
                ("when facts are unknown", plain(f"trips when they are {missing}")),
                ("posture", plain(own.posture)),
            ]
            found += [("does", tuple(Cell(one_line(self._bundle, one.span), is_code=True) for one in text.actions))]
            found += [("reset", code(one_line(self._bundle, text.reset.span)))] if text.reset is not None else []
        elif isinstance(own, ir.Checklist) and isinstance(text, s.ChecklistText):
            found += [("to be typed", plain(text.confirm or ""))]
            found += [("signed by", plain(f"{own.signed.count} {own.signed.role}"))]
        elif isinstance(own, ir.Gate) and isinstance(text, s.GateText):
            found += [("promotes", plain(f"from {own.origin} to {own.target}"))]
            found += [("score", code(one_line(self._bundle, text.score.span)))] if text.score is not None else []
            ranked = ", ".join(f"{word} {fact.path}" for word, fact in own.ranked)
            near = f"within {own.points} points: " if own.points is not None else ""
            found += [("ties", plain(f"{near}{ranked}"))] if ranked else []
        return found


def expected(case: Case) -> str:
    """Return what a scenario expects, in words."""
    told = [", ".join(map(_outcome, case.outcomes))]
    told += [", ".join(map(_outcome, step.outcomes)) for step in case.steps if step.outcomes]
    return "; then ".join(words for words in told if words)


def _outcome(one: Expected) -> str:
    keys = f" on {', '.join(one.keys)}" if one.keys else ""
    return f"{one.effect}{f' {one.code}' if one.code else ''}{keys}{f' from {one.rule}' if one.rule else ''}"


def _is_of(case: Case, rule: str) -> bool:
    outcomes = (*case.outcomes, *(one for step in case.steps for one in step.outcomes))
    return rule in case.rules or any(one.rule == rule for one in outcomes)


def _span_of_days(since: str | None, until: str | None) -> str:
    return " ".join(words for words in (f"from {since}" if since else "", f"until {until}" if until else "") if words)
