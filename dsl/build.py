"""Parse tree to syntax tree: one method per grammar rule, nothing decided here."""

import re
from fractions import Fraction
from typing import Any

from lark import Token, Transformer, Tree, v_args

from dsl import syntax as s
from dsl.diagnostics import Diagnostic
from dsl.text import Span

MAX_NUMBER = 30


class BuildFault(Exception):
    """A literal the grammar admits but the language does not; carries its diagnostic."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


_ESCAPED = re.compile(r'\\(["\\{}n])')


def _unquote(token: str, holes: bool = False) -> str:
    """Return a quoted text's content; where `{ }` are holes an escaped brace is doubled."""

    def plain(match: re.Match[str]) -> str:
        char = match[1]
        return "\n" if char == "n" else char * 2 if holes and char in "{}" else char

    return _ESCAPED.sub(plain, token[1:-1])


def _number(text: str) -> Fraction:
    return Fraction(text.replace("_", ""))


@v_args(meta=True)
class Builder(Transformer[Token, Any]):
    """Builds the nodes of one piece that starts at `first_line` of the file."""

    def __init__(self, file: str, first_line: int, doc: str) -> None:
        super().__init__(visit_tokens=False)
        self._file, self._first, self._doc = file, first_line, doc

    # ---------------------------------------------------------------------------------- places
    def _span(self, meta: Any) -> Span:
        if getattr(meta, "empty", True):
            return Span(self._file, self._first + 1, 1, self._first + 1, 2)
        return Span(self._file, meta.line + self._first, meta.column, meta.end_line + self._first, meta.end_column)

    def _token(self, token: Token) -> Span:
        line, column = (token.line or 1) + self._first, token.column or 1
        return Span(self._file, line, column, line, column + len(token))

    def _literal(self, meta: Any, token: Token, sign: int, unit: str) -> s.Number:
        if len(token) > MAX_NUMBER:
            raise BuildFault(
                Diagnostic(
                    "E010",
                    f"a number has at most {MAX_NUMBER} characters",
                    self._token(token),
                    help="check the number for a key held down",
                )
            )
        return s.Number(self._span(meta), sign * _number(token.rstrip("% ")), unit)

    # ---------------------------------------------------------------------------------- declarations
    def declaration(self, meta: Any, c: list[Any]) -> Any:
        return c[0]

    def rulebook(self, meta: Any, c: list[Any]) -> s.Rulebook:
        return s.Rulebook(self._span(meta), self._doc, str(c[0]), _unquote(c[1]))

    def calendar(self, meta: Any, c: list[Any]) -> s.CalendarUse:
        return s.CalendarUse(self._span(meta), self._doc, str(c[0]), _unquote(c[1]))

    def uses(self, meta: Any, c: list[Any]) -> s.Uses:
        return s.Uses(self._span(meta), self._doc, tuple((str(t), self._token(t)) for t in c))

    def param(self, meta: Any, c: list[Any]) -> s.Param:
        name, kind, within, direction, per, *rows = c
        low, high = within or (None, None)
        return s.Param(self._span(meta), self._doc, str(name), kind, low, high, direction, per or (), tuple(rows))

    def within(self, meta: Any, c: list[Any]) -> tuple[Any, Any]:
        return c[0], c[2]

    def direction(self, meta: Any, c: list[Any]) -> str:
        if c[0] not in ("lower", "higher"):
            raise BuildFault(
                Diagnostic(
                    "E011",
                    f"`tighter when {c[0]}` is neither lower nor higher",
                    self._token(c[0]),
                    help="write `tighter when lower` or `tighter when higher`",
                )
            )
        return str(c[0])

    def per(self, meta: Any, c: list[Any]) -> tuple[str, ...]:
        return tuple(str(t) for t in c)

    def dated(self, meta: Any, c: list[Any]) -> s.DatedValue:
        key, since, _, value, cite = c
        return s.DatedValue(self._span(meta), key or (), since, value, _unquote(cite))

    def row_key(self, meta: Any, c: list[Any]) -> tuple[str, ...]:
        return tuple(c)

    def key_text(self, meta: Any, c: list[Any]) -> str:
        return _unquote(c[0])

    def key_word(self, meta: Any, c: list[Any]) -> str:
        return str(c[0])

    def always(self, meta: Any, c: list[Any]) -> None:
        return None

    def since_date(self, meta: Any, c: list[Any]) -> str:
        return str(c[0])

    def value(self, meta: Any, c: list[Any]) -> s.Expr:
        return c[0]  # type: ignore[no-any-return]

    def code_value(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Code(self._span(meta), str(c[0]))

    def text_value(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.TextLiteral(self._span(meta), _unquote(c[0]))

    def let(self, meta: Any, c: list[Any]) -> s.Let:
        return s.Let(self._span(meta), self._doc, str(c[0]), c[1], c[3])

    def plain_type(self, meta: Any, c: list[Any]) -> s.TypeName:
        return s.TypeName(self._span(meta), str(c[0]))

    def unit_type(self, meta: Any, c: list[Any]) -> s.TypeName:
        return s.TypeName(self._span(meta), str(c[0]), str(c[1]))

    def set_type(self, meta: Any, c: list[Any]) -> s.TypeName:
        return s.TypeName(self._span(meta), "set", str(c[0]))

    def enum_type(self, meta: Any, c: list[Any]) -> s.TypeName:
        return s.TypeName(self._span(meta), "enum", "", tuple(str(t) for t in c))

    def list_decl(self, meta: Any, c: list[Any]) -> s.ListUse:
        name, element, title, *clauses = c
        parts: dict[str, Any] = {}
        columns: list[tuple[str, s.TypeName]] = []
        repeated: list[str] = []
        for part in clauses:
            word, content = part if isinstance(part, tuple) else (part.word, "; ".join(part.values))
            if word == "column":
                columns.append(content)
            elif word in parts:
                repeated.append(word)
            else:
                parts[word] = content
        return s.ListUse(
            self._span(meta),
            self._doc,
            str(name),
            str(element),
            _unquote(title),
            parts.get("file"),
            tuple(columns),
            parts.get("fresh"),
            parts.get("rows"),
            parts.get("cite"),
            parts.get("owner"),
            tuple(repeated),
        )

    def from_file(self, meta: Any, c: list[Any]) -> tuple[str, Any]:
        return "file", _unquote(c[0])

    def column(self, meta: Any, c: list[Any]) -> tuple[str, Any]:
        return "column", (str(c[0]), c[1])

    def list_fresh(self, meta: Any, c: list[Any]) -> tuple[str, Any]:
        return "fresh", c[0]

    def may_be_empty(self, meta: Any, c: list[Any]) -> tuple[str, Any]:
        return "rows", 0

    def at_least(self, meta: Any, c: list[Any]) -> tuple[str, Any]:
        count = _number(c[0])
        if count.denominator != 1 or c[1] not in ("row", "rows"):
            raise BuildFault(
                Diagnostic(
                    "E015", "a list holds a whole number of rows", self._token(c[0]), help="write `at least 1 row`"
                )
            )
        return "rows", int(count)

    def window(self, meta: Any, c: list[Any]) -> s.Window:
        name, _, function, event, over, per, where = c
        return s.Window(self._span(meta), self._doc, str(name), str(function), str(event), over, per or (), where)

    # ---------------------------------------------------------------------------------- limits and rules
    def limit(self, meta: Any, c: list[Any]) -> s.RuleText:
        return self._rule("limit", meta, c)

    def rule(self, meta: Any, c: list[Any]) -> s.RuleText:
        return self._rule("rule", meta, c)

    def _rule(self, kind: str, meta: Any, c: list[Any]) -> s.RuleText:
        clauses: list[s.Clause] = []
        seen: dict[str, Any] = {}
        lines: list[s.EffectLine] = []
        repeated: list[tuple[str, Span]] = []
        crowded: list[Span] = []
        last_line = self._token(c[1]).line
        for part in c[2:]:
            place = part.span if isinstance(part, s.Clause | s.EffectLine) else part[2]
            if place.line == last_line:
                crowded.append(place)
            last_line = place.end_line
            if isinstance(part, s.EffectLine):
                lines.append(part)
                continue
            word = part.word if isinstance(part, s.Clause) else part[0]
            if word in seen:
                repeated.append((word, place))
                continue
            seen[word] = part
            if isinstance(part, s.Clause):
                clauses.append(part)

        def content(word: str, default: Any = None) -> Any:
            return seen[word][1] if word in seen else default

        return s.RuleText(
            self._span(meta),
            self._doc,
            kind,
            str(c[0]),
            _unquote(c[1]),
            tuple(clauses),
            content("when"),
            content("needs", ()),
            content("missing"),
            content("measure"),
            tuple(lines),
            tuple(repeated),
            tuple(crowded),
        )

    def on(self, meta: Any, c: list[Any]) -> s.Clause:
        return s.Clause(self._span(meta), "on", (str(c[0]),))

    def when(self, meta: Any, c: list[Any]) -> tuple[str, Any, Span]:
        return "when", c[0], self._span(meta)

    def effective_from(self, meta: Any, c: list[Any]) -> s.Clause:
        return s.Clause(self._span(meta), "effective", (str(c[0]), str(c[1]) if c[1] else ""))

    def effective_until(self, meta: Any, c: list[Any]) -> s.Clause:
        return s.Clause(self._span(meta), "effective", ("", str(c[0])))

    def mode(self, meta: Any, c: list[Any]) -> s.Clause:
        return s.Clause(self._span(meta), "mode", (str(c[0]),))

    def scope(self, meta: Any, c: list[Any]) -> s.Clause:
        return s.Clause(self._span(meta), "scope", tuple(str(t) for t in c))

    def needs(self, meta: Any, c: list[Any]) -> tuple[str, Any, Span]:
        return "needs", tuple(c), self._span(meta)

    def need(self, meta: Any, c: list[Any]) -> s.Need:
        name, operator, bound, fresh = c
        return s.Need(self._span(meta), str(name), str(operator) if operator else None, bound, fresh)

    def fresh_for(self, meta: Any, c: list[Any]) -> s.Freshness:
        return s.Freshness(self._span(meta), c[0])

    def current_bar(self, meta: Any, c: list[Any]) -> s.Freshness:
        return s.Freshness(self._span(meta), None)

    def missing(self, meta: Any, c: list[Any]) -> tuple[str, Any, Span]:
        return "missing", s.Missing(self._span(meta), str(c[0]), c[1], c[2] is not None), self._span(meta)

    def even_reducing(self, meta: Any, c: list[Any]) -> bool:
        return True

    def cite(self, meta: Any, c: list[Any]) -> s.Clause:
        return s.Clause(self._span(meta), "cite", tuple(_unquote(t) for t in c))

    def owner(self, meta: Any, c: list[Any]) -> s.Clause:
        return s.Clause(self._span(meta), "owner", (str(c[0]),))

    def because(self, meta: Any, c: list[Any]) -> s.Clause:
        return s.Clause(self._span(meta), "because", tuple(_unquote(t, holes=True) for t in c))

    def measure(self, meta: Any, c: list[Any]) -> tuple[str, Any, Span]:
        return "measure", c[0], self._span(meta)

    def threshold(self, meta: Any, c: list[Any]) -> s.EffectLine:
        effect, bound, unless, approval, code = c
        return s.EffectLine(self._span(meta), str(effect), None, bound, unless, approval, str(code) if code else None)

    def above(self, meta: Any, c: list[Any]) -> tuple[str, tuple[s.Expr, ...]]:
        return "above", (c[0],)

    def below(self, meta: Any, c: list[Any]) -> tuple[str, tuple[s.Expr, ...]]:
        return "below", (c[0],)

    def at_or_above(self, meta: Any, c: list[Any]) -> tuple[str, tuple[s.Expr, ...]]:
        return "at or above", (c[0],)

    def at_or_below(self, meta: Any, c: list[Any]) -> tuple[str, tuple[s.Expr, ...]]:
        return "at or below", (c[0],)

    def outside(self, meta: Any, c: list[Any]) -> tuple[str, tuple[s.Expr, ...]]:
        return "outside", (c[0], c[2])

    def effect_line(self, meta: Any, c: list[Any]) -> s.EffectLine:
        effect, when, unless, approval, code = c
        return s.EffectLine(self._span(meta), str(effect), when, None, unless, approval, str(code) if code else None)

    def approval(self, meta: Any, c: list[Any]) -> s.Approval:
        count, distinct, role, within = c
        if _number(count).denominator != 1 or not _number(count):
            raise BuildFault(
                Diagnostic("E015", "a whole number of people approves", self._token(count), help="write 1, 2 or more")
            )
        return s.Approval(self._span(meta), int(_number(count)), distinct is not None, str(role), within)

    def distinct(self, meta: Any, c: list[Any]) -> bool:
        return True

    # ---------------------------------------------------------------------------------- scenarios
    def fixture(self, meta: Any, c: list[Any]) -> s.Fixture:
        return s.Fixture(self._span(meta), self._doc, str(c[0]), tuple(a for a in c[1:] if a is not None))

    def assign_fact(self, meta: Any, c: list[Any]) -> s.Assignment:
        name, *keys, _, value, age = c
        return s.Assignment(self._span(meta), str(name), False, tuple(k for k in keys if k is not None), value, age)

    def assign_param(self, meta: Any, c: list[Any]) -> s.Assignment:
        name, *keys, _, value = c
        return s.Assignment(self._span(meta), str(name), True, tuple(k for k in keys if k is not None), value, None)

    def setting(self, meta: Any, c: list[Any]) -> s.Expr:
        return c[0]  # type: ignore[no-any-return]

    def test(self, meta: Any, c: list[Any]) -> s.Test:
        title, *rest = c
        rules = tuple((str(t), self._token(t)) for t in rest if isinstance(t, Token))
        return s.Test(
            self._span(meta),
            self._doc,
            _unquote(title),
            rules,
            tuple(x for x in rest if isinstance(x, s.Scenario)),
        )

    def scenario(self, meta: Any, c: list[Any]) -> s.Scenario:
        name, with_, without, after, then, instant, *outcomes = c
        return s.Scenario(
            self._span(meta),
            str(name),
            with_ or (),
            without or (),
            after or (),
            then,
            instant,
            tuple(outcomes),
        )

    def with_(self, meta: Any, c: list[Any]) -> tuple[s.Assignment, ...]:
        return tuple(c)

    def without_(self, meta: Any, c: list[Any]) -> tuple[str, ...]:
        return tuple(str(t) for t in c)

    def after_(self, meta: Any, c: list[Any]) -> tuple[s.Occurrence, ...]:
        return tuple(c)

    def occurrence(self, meta: Any, c: list[Any]) -> s.Occurrence:
        event, fields, at, repeats = c
        until, every = repeats or (None, None)
        return s.Occurrence(self._span(meta), str(event), fields or (), at, until, every)

    def repeats(self, meta: Any, c: list[Any]) -> tuple[Any, Any]:
        return c[1], c[2]

    def having(self, meta: Any, c: list[Any]) -> tuple[s.Assignment, ...]:
        return tuple(c)

    def then_(self, meta: Any, c: list[Any]) -> s.Number:
        return c[1]  # type: ignore[no-any-return]

    def on_date(self, meta: Any, c: list[Any]) -> s.Moment:
        return s.Moment(self._span(meta), "date", str(c[0]))

    def at_time(self, meta: Any, c: list[Any]) -> s.Moment:
        return s.Moment(self._span(meta), "timestamp", str(c[0]))

    def outcome(self, meta: Any, c: list[Any]) -> s.ExpectedOutcome:
        return s.ExpectedOutcome(self._span(meta), str(c[0]), str(c[1]) if c[1] else None, str(c[2]) if c[2] else None)

    # ---------------------------------------------------------------------------------- proofs
    def prove(self, meta: Any, c: list[Any]) -> s.Prove:
        subject, claim = c
        rule = str(subject) if subject.type == "RULE_ID" else None
        title = "" if rule else _unquote(subject)
        return s.Prove(self._span(meta), self._doc, rule, title, **claim)

    def never_looser(self, meta: Any, c: list[Any]) -> dict[str, Any]:
        return {"claim": "never_looser"}

    def never_allow(self, meta: Any, c: list[Any]) -> dict[str, Any]:
        return {"claim": "never_allow", "condition": c[1]}

    def tighter_as(self, meta: Any, c: list[Any]) -> dict[str, Any]:
        if c[1] not in ("rises", "falls"):
            message = f"`tighter as {c[0]} {c[1]}` is neither rises nor falls"
            help_ = f"write `tighter as {c[0]} rises` or `tighter as {c[0]} falls`"
            raise BuildFault(Diagnostic("E011", message, self._token(c[1]), help=help_))
        fact = s.Name(self._token(c[0]), str(c[0]))
        return {"claim": "tighter_as", "fact": fact, "direction": str(c[1])}

    def some_passes(self, meta: Any, c: list[Any]) -> dict[str, Any]:
        return {"claim": "some_passes"}

    # ---------------------------------------------------------------------------------- expressions
    def if_else(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.If(self._span(meta), c[0], c[1], c[2])

    def or_(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Logic(self._span(meta), "or", tuple(c))

    def and_(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Logic(self._span(meta), "and", tuple(c))

    def not_(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Not(self._span(meta), c[0])

    def _comparison(self, meta: Any, c: list[Any]) -> s.Expr:
        return c[0]  # type: ignore[no-any-return]

    _test = _part = _atom = _comparison

    def compare(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Comparison(self._span(meta), str(c[1]), c[0], c[2])

    def multiple(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Comparison(self._span(meta), "multiple", c[0], c[2])

    def is_(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Comparison(self._span(meta), "is", c[0], c[1])

    def is_not(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Comparison(self._span(meta), "is_not", c[0], c[2])

    def in_(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Comparison(self._span(meta), "in", c[0], c[1])

    def not_in(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Comparison(self._span(meta), "not_in", c[0], c[2])

    def between(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Between(self._span(meta), c[0], c[1], c[2])

    def percent_of(self, meta: Any, c: list[Any]) -> s.Expr:
        percent = s.Number(self._token(c[0]), _number(c[0].rstrip("% ")), "%")
        return s.Binary(self._span(meta), "*", percent, c[1])

    def otherwise(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Otherwise(self._span(meta), c[0], c[1])

    def add(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Binary(self._span(meta), "+", c[0], c[2])

    def subtract(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Binary(self._span(meta), "-", c[0], c[2])

    def multiply(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Binary(self._span(meta), "*", c[0], c[2])

    def divide(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Binary(self._span(meta), "/", c[0], c[2])

    def negate(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Negate(self._span(meta), c[1])

    def name(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Name(self._span(meta), str(c[0]))

    def index(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Index(self._span(meta), str(c[0]), tuple(c[1:]))

    def code(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Code(self._span(meta), str(c[0]))

    def text(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.TextLiteral(self._span(meta), _unquote(c[0]))

    def date(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Moment(self._span(meta), "date", str(c[0]))

    def timestamp(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Moment(self._span(meta), "timestamp", str(c[0]))

    def time(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Moment(self._span(meta), "time", str(c[0]))

    def true_(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Truth(self._span(meta), True)

    def false_(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Truth(self._span(meta), False)

    def truth(self, meta: Any, c: list[Any]) -> s.Expr:
        return c[0]  # type: ignore[no-any-return]

    def percent(self, meta: Any, c: list[Any]) -> s.Expr:
        return self._literal(meta, c[0], 1, "%")

    def measured(self, meta: Any, c: list[Any]) -> s.Number:
        return self._literal(meta, c[0], 1, str(c[1]) if c[1] else "")

    def signed_measured(self, meta: Any, c: list[Any]) -> s.Number:
        return self._literal(meta, c[1], -1 if c[0] else 1, str(c[2]) if c[2] else "")

    def signed_percent(self, meta: Any, c: list[Any]) -> s.Number:
        return self._literal(meta, c[1], -1 if c[0] else 1, "%")

    def call(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Call(self._span(meta), str(c[0]), tuple(c[1:]))

    def aggregate(self, meta: Any, c: list[Any]) -> s.Expr:
        function, body, variable, source, where, otherwise = c
        return s.Aggregate(self._span(meta), str(function), body, str(variable), source, where, otherwise)

    def set_(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.SetLiteral(self._span(meta), tuple(item for item in c if item is not None))

    def __default__(self, data: Any, children: list[Any], meta: Any) -> Any:
        return Tree(data, children, meta)
