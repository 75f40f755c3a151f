"""Rulebooks to rule IR: names become things, sugar goes, every clause is checked once."""

import re
from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from dsl import ir
from dsl import syntax as s
from dsl import types as t
from dsl.contracts import Age, Contracts
from dsl.diagnostics import Diagnostic
from dsl.expressions import Names, Typer
from dsl.intervals import Bounds, Interval
from dsl.keywords import EFFECTS, MODES, ROLES, SCOPES
from dsl.monotone import CONSTANT, FALLING, RISING, direction
from dsl.names import Rulebook
from dsl.parse import parse_expression
from dsl.suggest import nearest
from dsl.text import Span
from dsl.types import Kind, Type

JUDGED_STAGES = ("pre_trade",)
_MISSING_EFFECTS = ("warn", "flag", "reject")
_HOLE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")


def lower(books: list[Rulebook], contracts: Contracts) -> tuple[ir.Ruleset, list[Diagnostic]]:
    """Return the typed rules of all rulebooks, sorted by id, and everything wrong with them."""
    found: list[Diagnostic] = []
    rules: list[ir.Rule] = []
    ruleset = ir.Ruleset((), {}, {}, {}, {}, _zone(books, found))
    for book in books:
        rules += _Lowering(book, contracts, ruleset, found).run()
    rules.sort(key=lambda rule: rule.id)
    return ir.Ruleset(tuple(rules), ruleset.params, ruleset.lets, ruleset.windows, ruleset.lists, ruleset.zone), found


def _zone(books: list[Rulebook], found: list[Diagnostic]) -> str:
    zones = {book.calendar.zone: book.calendar.span for book in books if book.calendar}
    for zone, span in sorted(zones.items())[1:]:
        found.append(
            Diagnostic(
                "E113",
                f"another rulebook keeps its dates in {sorted(zones)[0]}, this one in {zone}",
                span,
                help="one desk keeps one calendar",
            )
        )
    return sorted(zones)[0] if zones else "America/New_York"


class _Lowering:
    """Lowers one rulebook into the shared ruleset."""

    def __init__(self, book: Rulebook, contracts: Contracts, ruleset: ir.Ruleset, found: list[Diagnostic]) -> None:
        self._book, self._contracts, self._set, self._found = book, contracts, ruleset, found
        self._open: list[str] = []
        self._lets: dict[str, ir.Expr | None] = {}
        self._params: dict[str, ir.Param] = {}
        self._windows: dict[str, ir.Window] = {}
        self._lists: dict[str, ir.ListUse] = {}
        self._ranges: dict[str, Interval] = {}
        self._names = Names(contracts, self._params, self._windows, self._lists, self._let, book.local_names())
        self._bounds = Bounds(contracts.facts, self._ranges, lambda name: ruleset.lets.get(name))
        self._typer = Typer(self._names, self._bounds, found)

    def _say(self, code: str, message: str, span: Span, help_: str = "") -> None:
        self._found.append(Diagnostic(code, message, span, help=help_))

    def _qualified(self, name: str) -> str:
        return f"{self._book.name}.{name}"

    def run(self) -> list[ir.Rule]:
        for param in self._book.params.values():
            self._param(param)
        for listed in self._book.lists.values():
            self._list(listed)
        for window in self._book.windows.values():
            self._window(window)
        for name in self._book.lets:
            self._let(name)
        rules = [self._rule(rule) for rule in self._book.rules.values()]
        self._check_uses()
        self._set.params.update({p.name: p for p in self._params.values()})
        self._set.windows.update({w.name: w for w in self._windows.values()})
        self._set.lists.update({entry.name: entry for entry in self._lists.values()})
        return [rule for rule in rules if rule is not None]

    def _check_uses(self) -> None:
        for name in sorted(self._names.used - set(self._book.uses) - {"now", "law_date"}):
            self._say(
                "E302",
                f"the rulebook reads `{name}` but does not say so",
                self._book.span,
                f"add `{name}` to its `uses` line",
            )

    # ---------------------------------------------------------------------------------- names
    def _let(self, name: str) -> tuple[str, ir.Expr] | None:
        declared = self._book.lets.get(name)
        if declared is None:
            return None
        if name in self._open:
            self._say(
                "E108",
                f"`{name}` is defined by itself: " + " → ".join([*self._open, name]),
                declared.span,
                "break the circle; nothing in the language recurses",
            )
            return None
        if name not in self._lets:
            self._open.append(name)
            expected = self._written_type(declared.type) if declared.type else None
            body = Typer(self._names, self._bounds, self._found).value(declared.body, expected)
            self._open.pop()
            self._lets[name] = body
            if body is not None:
                self._set.lets[self._qualified(name)] = body
        body = self._lets[name]
        return (self._qualified(name), body) if body is not None else None

    def _written_type(self, written: s.TypeName) -> Type | None:
        if written.name == "enum":
            return t.enum(written.values)
        if written.name == "set" and written.unit in t.NAMED:
            return t.set_of(t.NAMED[written.unit])
        if written.unit and written.name in ("money", "price"):
            return t.money(written.unit) if written.name == "money" else t.price(written.unit)
        if not written.unit and written.name in t.NAMED:
            return t.NAMED[written.name]
        near = nearest(written.name, (*t.NAMED, "money[USD]", "price[USD]", "enum"))
        self._say(
            "E211",
            f"there is no type `{written.name}{f'[{written.unit}]' if written.unit else ''}`",
            written.span,
            f"did you mean `{near}`?"
            if near
            else "types are " + ", ".join(sorted(t.NAMED)) + ", money[CCY], price[CCY]",
        )
        return None

    # ---------------------------------------------------------------------------------- params
    def _param(self, declared: s.Param) -> None:
        kind = self._written_type(declared.type)
        if kind is None:
            return
        low = self._bound(declared.low, kind)
        high = self._bound(declared.high, kind)
        if kind.is_number and (low is None or high is None):
            self._say("E109", f"param `{declared.name}` has no range", declared.span, "add `within LOW .. HIGH`")
        if kind.is_number and declared.direction is None:
            self._say(
                "E109",
                f"param `{declared.name}` does not say which way is tighter",
                declared.span,
                "add `tighter when lower` or `tighter when higher`",
            )
        rows = tuple(r for r in (self._row(row, declared, kind, low, high) for row in declared.rows) if r is not None)
        self._check_rows(rows, declared)
        param = ir.Param(
            self._qualified(declared.name),
            kind,
            low,
            high,
            declared.direction,
            declared.per,
            rows,
            declared.doc,
            declared.span,
        )
        self._params[declared.name] = param
        if kind.is_number:
            self._ranges[param.name] = Interval(low, high)

    def _bound(self, written: s.Expr | None, kind: Type) -> Fraction | None:
        if written is None:
            return None
        typed = self._typer.value(written, kind)
        return typed.value if isinstance(typed, ir.Const) and isinstance(typed.value, Fraction) else None

    def _row(
        self, row: s.DatedValue, declared: s.Param, kind: Type, low: Fraction | None, high: Fraction | None
    ) -> ir.ParamRow | None:
        typed = self._typer.value(row.value, kind)
        if not isinstance(typed, ir.Const):
            return None
        if len(row.key) != len(declared.per):
            self._say(
                "E306",
                f"the row has {len(row.key)} key(s), the param is per {', '.join(declared.per) or 'nothing'}",
                row.span,
            )
            return None
        value = typed.value
        if isinstance(value, Fraction) and ((low is not None and value < low) or (high is not None and value > high)):
            shown = f"{t.show(low, kind)} .. {t.show(high, kind)}" if low is not None and high is not None else ""
            self._say(
                "E216",
                f"{t.show(value, kind)} is outside the declared range {shown}",
                row.value.span,
                "change the value, or widen `within` under review",
            )
        if row.since is not None and not _is_date(row.since):
            self._say("E213", f"`{row.since}` does not exist", row.span)
            return None
        return ir.ParamRow(row.key, row.since, value, row.cite, row.span)

    def _check_rows(self, rows: tuple[ir.ParamRow, ...], declared: s.Param) -> None:
        last: dict[tuple[str, ...], ir.ParamRow] = {}
        for row in rows:
            before = last.get(row.key)
            if before is not None and (row.since is None or (before.since or "") >= row.since):
                self._say(
                    "E114",
                    f"the line of {row.since or 'always'} does not come after {before.since or 'always'}",
                    row.span,
                    "order a key's lines by date, `always` first, each date once",
                )
            last[row.key] = row

    # ---------------------------------------------------------------------------------- lists and windows
    def _list(self, declared: s.ListUse) -> None:
        if declared.file is None:
            self._say(
                "E115",
                f"list `{declared.name}` does not say where it comes from",
                declared.span,
                'add `from file "NAME.csv"`',
            )
        if declared.minimum_rows is None:
            self._say(
                "E115",
                f"list `{declared.name}` does not say whether it may be empty",
                declared.span,
                "add `may be empty` or `at least 1 row`",
            )
        if declared.owner is None:
            self._say("E110", f"list `{declared.name}` has no owner", declared.span, "add `owner WHO`")
        kind: Type | None
        if declared.element == "record":
            fields = [(name, self._written_type(written)) for name, written in declared.columns]
            kind = Type(Kind.LIST, fields=tuple((n, k) for n, k in fields if k is not None))
        else:
            element = self._written_type(s.TypeName(declared.span, declared.element))
            kind = t.set_of(element) if element else None
        if kind is None:
            return
        age = self._age(declared.fresh) if declared.fresh else None
        self._lists[declared.name] = ir.ListUse(
            self._qualified(declared.name),
            declared.title,
            declared.file or "",
            kind,
            age,
            declared.minimum_rows or 0,
            declared.owner or "",
            declared.span,
        )

    def _window(self, declared: s.Window) -> None:
        event, field = declared.event, None
        if event not in self._contracts.events:
            event, _, field = declared.event.rpartition(".")
        fields = self._contracts.events.get(event)
        if fields is None:
            near = nearest(declared.event, self._contracts.events)
            self._say(
                "E307",
                f"there is no event `{declared.event}`",
                declared.span,
                f"did you mean `{near}`?" if near else "events are " + ", ".join(sorted(self._contracts.events)),
            )
            return
        if declared.function not in ("count", "sum", "max", "min"):
            self._say(
                "E208",
                f"a window cannot take the `{declared.function}`",
                declared.span,
                "one of count, sum, max, min",
            )
            return
        if (declared.function == "count") != (field is None) or (field is not None and field not in fields):
            near = nearest(field or "", fields)
            self._say(
                "E308",
                f"`{declared.function} of {declared.event}` does not fit",
                declared.span,
                f"did you mean `{event}.{near}`?" if near else "count an event; sum or max one of its number fields",
            )
            return
        kind = fields[field].type if field else t.COUNT
        if not kind.is_number:
            self._say("E202", f"a window sums numbers, `{field}` is {kind}", declared.span)
            return
        over = self._typer.value(declared.over, t.DURATION)
        if not isinstance(over, ir.Const) or not isinstance(over.value, Fraction) or over.value <= 0:
            return
        for key in declared.per:
            if key not in fields or f"intent.{key}" not in self._contracts.facts:
                near = nearest(key, fields)
                self._say(
                    "E308",
                    f"`{event}` carries no `{key}` to count by",
                    declared.span,
                    f"did you mean `{near}`?" if near else "",
                )
                return
        where = None
        if declared.where is not None:
            where = Typer(self._names, self._bounds, self._found, event=fields).condition(declared.where)
        self._windows[declared.name] = ir.Window(
            self._qualified(declared.name),
            declared.function,
            event,
            field,
            int(over.value * 1_000_000),
            declared.per,
            where,
            kind,
            declared.span,
        )

    def _age(self, fresh: s.Freshness) -> Age | None:
        if fresh.measure is None:
            return Age("bar")
        typed = self._typer.value(fresh.measure)
        if isinstance(typed, ir.Const) and isinstance(typed.value, Fraction) and typed.value > 0:
            if typed.type == t.SESSIONS and typed.value.denominator == 1:
                return Age("sessions", int(typed.value))
            if typed.type == t.DURATION:
                return Age("duration", int(typed.value * 1_000_000))
        self._say(
            "E217",
            "freshness is a duration, a number of sessions, or `current bar`",
            fresh.span,
            "write `fresh 5 s`",
        )
        return None

    # ---------------------------------------------------------------------------------- rules
    def _rule(self, text: s.RuleText) -> ir.Rule | None:
        before = len(self._found)
        self._check_clauses(text)
        needs, typer = self._needs(text)
        when = typer.condition(text.when) if text.when is not None else None
        measure = typer.value(text.measure) if text.measure is not None else None
        lines = [self._line(number, line, text, measure, typer) for number, line in enumerate(text.lines, 1)]
        missing = self._missing(text, typer)
        because = self._because(text, typer)
        since, until = self._effective(text)
        damaged = text.id in self._book.damaged
        if damaged or any(not d.code.startswith("W") for d in self._found[before:]) or None in lines:
            return None
        words = {c.word: c.values for c in text.clauses}
        return ir.Rule(
            text.id,
            text.kind,
            text.title,
            self._book.name,
            words["on"][0],
            words.get("mode", ("enforced",))[0],
            words.get("scope", ()),
            since,
            until,
            when,
            measure,
            needs,
            missing,
            tuple(line for line in lines if line),
            because,
            words["cite"],
            words["owner"][0],
            text.doc,
            text.span,
        )

    def _check_clauses(self, text: s.RuleText) -> None:
        for word, span in text.repeated:
            self._say("E111", f"`{word}` is written twice in {text.id}", span, "keep one of them")
        if text.id in self._book.damaged:
            return
        for word, example in (
            ("on", "on pre_trade"),
            ("cite", 'cite "Risk Policy 4.2"'),
            ("owner", "owner risk"),
            ("because", 'because "{measure} is above {cap}"'),
        ):
            if text.clause(word) is None:
                self._say("E110", f"{text.id} has no `{word}`", text.span, f"add `{example}`")
        if text.kind == "limit" and text.measure is None:
            self._say("E110", f"{text.id} has no `measure`", text.span, "add `measure` and what is measured")
        if not text.lines:
            self._say(
                "E110",
                f"{text.id} has no effect",
                text.span,
                "add a line such as `reject above …`" if text.kind == "limit" else "add a line such as `reject when …`",
            )
        on = text.clause("on")
        if on and on.values[0] != self._book.stage:
            self._say(
                "E104",
                f"{text.id} is on {on.values[0]}, its rulebook is {self._book.name}",
                on.span,
                f"write `on {self._book.stage}` or move the rule",
            )
        elif on and on.values[0] not in JUDGED_STAGES:
            self._say("E112", f"stage {on.values[0]} is not judged by this language version", on.span)
        for word, allowed in (("mode", MODES), ("scope", SCOPES)):
            clause = text.clause(word)
            for value in clause.values if clause else ():
                if clause and value not in allowed:
                    self._say("E116", f"`{value}` is not a {word}", clause.span, "one of " + ", ".join(allowed))

    def _needs(self, text: s.RuleText) -> tuple[tuple[ir.Need, ...], Typer]:
        needs: list[ir.Need] = []
        positive: set[str] = set()
        for need in text.needs:
            fact = self._typer.value(s.Name(need.span, need.path))
            if fact is None:
                continue
            if not isinstance(fact, ir.FactRef):
                self._say("E301", f"`{need.path}` is not a fact", need.span, "needs names facts, lists and windows")
                continue
            bound = None
            if need.operator and need.bound is not None:
                bound = self._typer.condition(
                    s.Comparison(need.span, need.operator, s.Name(need.span, need.path), need.bound)
                )
                if (
                    isinstance(bound, ir.Compare)
                    and isinstance(bound.right, ir.Const)
                    and isinstance(bound.right.value, Fraction)
                ):
                    least = bound.right.value
                    if (need.operator == ">" and least >= 0) or (need.operator == ">=" and least > 0):
                        positive.add(fact.path)
            age = self._age(need.fresh) if need.fresh else None
            needs.append(ir.Need(fact, age, bound))
        return tuple(needs), self._typer.with_positive(frozenset(positive))

    def _line(
        self, number: int, line: s.EffectLine, text: s.RuleText, measure: ir.Expr | None, typer: Typer
    ) -> ir.Line | None:
        unless = typer.condition(line.unless) if line.unless is not None else None
        if text.kind == "limit" and line.bound is None:
            self._say(
                "E117",
                "a limit's line compares its measure",
                line.span,
                "write `reject above …`, or use a rule",
            )
            return None
        if text.kind == "rule" and line.bound is not None:
            self._say("E117", "a rule has no measure to compare", line.span, "write `reject when …`, or use a limit")
            return None
        relation: str | None = None
        bounds: tuple[ir.Expr, ...] = ()
        condition: ir.Expr | None = None
        if line.when is not None:
            condition = typer.condition(line.when)
        elif line.bound is not None and measure is not None:
            relation = line.bound[0]
            typed = tuple(typer.value(b, measure.type) for b in line.bound[1])
            bounds = tuple(b for b in typed if b is not None)
            if len(bounds) == len(typed):
                condition = _relation(relation, measure, bounds, line.span)
        approval = self._approval(line)
        if condition is None or (line.unless is not None and unless is None):
            return None
        if line.effect == "clip" and not self._is_clippable(measure, relation, bounds):
            self._say(
                "E218",
                f"`clip` in {text.id} has no proven direction",
                line.span,
                "clip `above` a bound that does not move, on a measure that can only grow with intent.quantity",
            )
        code = line.code or text.id.replace("-", "_")
        return ir.Line(number, line.effect, code, condition, relation, bounds, unless, approval, line.span)

    def _is_clippable(self, measure: ir.Expr | None, relation: str | None, bounds: tuple[ir.Expr, ...]) -> bool:
        facts = self._contracts.facts
        return (
            measure is not None
            and relation in ("above", "at or above")
            and direction(measure, facts, self._bounds) in (RISING, CONSTANT)
            and all(direction(b, facts, self._bounds) in (CONSTANT, FALLING) for b in bounds)
        )

    def _approval(self, line: s.EffectLine) -> ir.Approval | None:
        if (line.effect == "hold") != (line.approval is not None):
            self._say(
                "E118",
                "a hold says who approves it, and only a hold does",
                line.span,
                "write `hold above X for 1 risk_officer within 10 min`",
            )
            return None
        if line.approval is None:
            return None
        if line.approval.role not in ROLES:
            self._say(
                "E116",
                f"`{line.approval.role}` is not a role",
                line.approval.span,
                "one of " + ", ".join(ROLES),
            )
        within = self._typer.value(line.approval.within, t.DURATION)
        if not isinstance(within, ir.Const) or not isinstance(within.value, Fraction):
            return None
        return ir.Approval(
            line.approval.count, line.approval.distinct, line.approval.role, int(within.value * 1_000_000)
        )

    def _missing(self, text: s.RuleText, typer: Typer) -> ir.MissingPolicy:
        if text.missing is None:
            return ir.MissingPolicy("reject", None, False)
        missing = text.missing
        if missing.effect not in _MISSING_EFFECTS:
            self._say(
                "E309",
                f"an unknown fact cannot `{missing.effect}`",
                missing.span,
                "one of " + ", ".join(_MISSING_EFFECTS),
            )
        if missing.even_reducing and missing.effect != "reject":
            self._say("E309", "`even reducing` belongs to `missing reject`", missing.span)
        unless = typer.condition(missing.unless) if missing.unless is not None else None
        return ir.MissingPolicy(missing.effect, unless, missing.even_reducing)

    def _because(self, text: s.RuleText, typer: Typer) -> ir.Because:
        clause = text.clause("because")
        pieces: list[str | ir.Expr] = []
        for value in clause.values if clause else ():
            at = 0
            for hole in _HOLE.finditer(value):
                pieces.append(value[at : hole.start()])
                at = hole.end()
                if hole[0] in ("{{", "}}"):
                    pieces.append(hole[0][0])
                    continue
                typed = self._hole(hole[1], clause.span if clause else text.span, typer)
                if typed is not None:
                    pieces.append(typed)
            pieces.append(value[at:])
        return ir.Because(tuple(p for p in pieces if p != ""))

    def _hole(self, inside: str, span: Span, typer: Typer) -> ir.Expr | None:
        written, problems = parse_expression(inside)
        if written is None:
            self._say("E119", f"`{{{inside}}}` is not an expression", span, problems[0].help if problems else "")
            return None
        mark = len(self._found)
        typed = typer.value(written)
        self._found[mark:] = [Diagnostic(d.code, d.message, span, d.label, d.help) for d in self._found[mark:]]
        return typed

    def _effective(self, text: s.RuleText) -> tuple[str | None, str | None]:
        clause = text.clause("effective")
        if clause is None:
            return None, None
        since, until = (value or None for value in clause.values)
        for value in (since, until):
            if value and not _is_date(value):
                self._say("E213", f"`{value}` does not exist", clause.span)
        if since and until and until < since:
            self._say("E114", f"{text.id} ends on {until}, before it begins on {since}", clause.span)
        return since, until


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _relation(relation: str, measure: ir.Expr, bounds: tuple[ir.Expr, ...], span: Span) -> ir.Expr:
    if relation == "outside":
        low = ir.Compare(t.BOOL, span, "<", measure, bounds[0])
        return ir.Logic(t.BOOL, span, "or", (low, ir.Compare(t.BOOL, span, ">", measure, bounds[1])))
    operator = {"above": ">", "at or above": ">=", "below": "<", "at or below": "<="}[relation]
    return ir.Compare(t.BOOL, span, operator, measure, bounds[0])


def all_facts(ruleset: ir.Ruleset, lets: Mapping[str, ir.Expr]) -> tuple[str, ...]:
    """Return every fact path the rules read, lets included, sorted."""
    paths: set[str] = set()
    seen: set[str] = set()

    def visit(expr: ir.Expr) -> None:
        for part in ir.walk(expr):
            if isinstance(part, ir.FactRef):
                paths.add(part.path)
            elif isinstance(part, ir.LetRef) and part.name not in seen:
                seen.add(part.name)
                visit(lets[part.name])

    for rule in ruleset.rules:
        for expr in rule_expressions(rule):
            visit(expr)
    return tuple(sorted(paths))


def rule_expressions(rule: ir.Rule) -> list[ir.Expr]:
    """Return every expression of a rule that can decide something or is shown with it."""
    out: list[ir.Expr] = [e for e in (rule.when, rule.measure, rule.missing.unless) if e is not None]
    for need in rule.needs:
        out.append(need.fact)
        if need.bound is not None:
            out.append(need.bound)
    for line in rule.lines:
        out += [line.condition, *line.bounds]
        if line.unless is not None:
            out.append(line.unless)
    return out + [piece for piece in rule.because.pieces if isinstance(piece, ir.Expr)]


EFFECT_STRENGTH = {"allow": 0, **{effect: rank for rank, effect in enumerate(EFFECTS, 1)}}
"""Verdict order: allow < note < warn < flag < clip < hold < reject."""
