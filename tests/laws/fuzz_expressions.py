"""Rule text by type: `number(kind)`, `condition()`, `word(kind)` write an expression that compiles.

Everything compound is in brackets, so an expression can stand wherever an operand can.
"""

from dataclasses import dataclass, field
from random import Random

from tests.laws.fuzz_world import ENUMS, NUMBERS, ORDERED, SYMBOLS, TEXTS, UNIT_OF, FactSketch, World

LITERALS = ("0", "1", "2", "3", "7", "10", "100", "0.5", "2.5", "33.333333", "1_000.01", "0.000001", "50_000")
POSITIVE = tuple(text for text in LITERALS if text != "0")
MONEY = ("money[USD]", "money[EUR]")
ROUNDINGS = ("half_up", "half_even", "down", "up")
OPERATORS = ("<", "<=", ">", ">=", "is", "is not")


@dataclass(slots=True)
class Local:
    """A name the rulebook declares: param, let, table or window. `keys` are the kinds of a keyed param."""

    name: str
    kind: str
    keys: tuple[str, ...] = ()
    is_positive: bool = False
    values: tuple[str, ...] = ()


@dataclass(slots=True)
class Writer:
    """Writes expressions over one world and what its rulebook has declared so far."""

    random: Random
    world: World
    locals: list[Local] = field(default_factory=list)
    optional_share: float = 0.15
    rows: list[tuple[str, FactSketch]] = field(default_factory=list)
    proven: list[FactSketch] = field(default_factory=list)
    kept: list[FactSketch] = field(default_factory=list)
    """Lists the rulebook declares; they may be long, so that only something small is asked of each row."""
    count: int = 0

    # ---------------------------------------------------------------------------------- numbers
    def number(self, kind: str, depth: int) -> str:
        """Return a number of a kind."""
        random = self.random
        if depth <= 0:
            return self._leaf(kind)
        makers = [self._leaf, self._sum, self._sum, self._scaled, self._quotient, self._signed, self._chosen]
        makers += [self._extreme, self._rounded, self._share, self._optional, self._derived, self._derived]
        if self.world.lists and len(self.rows) < 2:
            makers += [self._aggregate]
        maker = random.choice(makers)
        return self._leaf(kind) if maker == self._leaf else maker(kind, depth - 1)

    def _leaf(self, kind: str) -> str:
        random = self.random
        if self.rows and random.random() < 0.6:
            variable, source = random.choice(self.rows)
            fields = [f for f in source.fields if f.kind == kind]
            if fields:
                return f"{variable}.{random.choice(fields).path}"
        local = self._local(kind)
        if local and random.random() < 0.35:
            return local
        if random.random() < 0.7:
            return self._fact(kind).path
        return self.literal(kind)

    def _fact(self, kind: str) -> FactSketch:
        optional = self.random.random() < self.optional_share
        return self.random.choice(self.world.of_kind(kind, optional) or self.world.of_kind(kind))

    def _local(self, kind: str) -> str | None:
        named = [one for one in self.locals if one.kind == kind]
        return self.read(self.random.choice(named)) if named else None

    def read(self, local: Local) -> str:
        """Return a read of a declared name, with keys where it has any and they are not left to the intent."""
        if not local.keys or self.random.random() < 0.4:
            return local.name
        keys = ("intent.side" if key == "enum" else self.word(key, 0) for key in local.keys)
        return f"{local.name}[{', '.join(keys)}]"

    def literal(self, kind: str, positive: bool = False) -> str:
        """Return a literal of a number kind; negative ones are in brackets."""
        random = self.random
        digits = random.choice(POSITIVE if positive else LITERALS)
        sign = "-" if not positive and random.random() < 0.1 else ""
        unit = UNIT_OF[kind]
        if kind == "ratio":
            unit = random.choice((" x", "%", " bps"))
        elif kind == "duration":
            unit = random.choice((" s", " ms", " min", " h"))
        text = f"{sign}{digits}{unit}"
        return f"({text})" if sign else text

    def positive(self, kind: str) -> str:
        """Return a number the compiler can prove to be above zero."""
        random = self.random
        facts = [f for f in self.world.of_kind(kind) if f.is_positive and (not f.optional or random.random() < 0.2)]
        proven = [f.path for f in self.proven if f.kind == kind]
        if proven and random.random() < 0.7:
            return random.choice(proven)
        choices = [f.path for f in facts]
        choices += [self.read(one) for one in self.locals if one.kind == kind and one.is_positive]
        choices += [self.literal(kind, positive=True)] * 2
        if facts:
            choices.append(f"({random.choice(facts).path} + {self.literal(kind, positive=True)})")
            choices.append(f"max({self.literal(kind, positive=True)}, {random.choice(facts).path})")
        return random.choice(choices)

    def _sum(self, kind: str, depth: int) -> str:
        return f"({self.number(kind, depth)} {self.random.choice('+-')} {self.number(kind, depth)})"

    def _scaled(self, kind: str, depth: int) -> str:
        parts = [self.number(kind, depth), self.number("ratio", depth)]
        if self.random.random() < 0.5:
            parts.reverse()
        return f"({parts[0]} * {parts[1]})"

    def _quotient(self, kind: str, depth: int) -> str:
        if kind == "ratio":
            of = self.random.choice([k for k in NUMBERS if k != "ratio"])
            return f"({self.number(of, depth)} / {self.positive(of)})"
        by = self.random.choice(("ratio", "count")) if kind != "count" else "ratio"
        return f"({self.number(kind, depth)} / {self.positive(by)})"

    def _signed(self, kind: str, depth: int) -> str:
        inner = self.number(kind, depth)
        return f"abs({inner})" if self.random.random() < 0.5 else f"(-{inner})"

    def _chosen(self, kind: str, depth: int) -> str:
        return f"(if {self.condition(depth)} then {self.number(kind, depth)} else {self.number(kind, depth)})"

    def _extreme(self, kind: str, depth: int) -> str:
        function, size = self.random.choice((("min", 2), ("max", 2), ("min", 3), ("max", 3), ("clamp", 3)))
        return f"{function}({', '.join(self.number(kind, depth) for _ in range(size))})"

    def _rounded(self, kind: str, depth: int) -> str:
        return f"rounded({self.number(kind, depth)}, {self.positive(kind)}, {self.random.choice(ROUNDINGS)})"

    def _exact(self, _: str, depth: int) -> str:
        """A statistic, rounded against somebody: the only way a real decides."""
        direction, places = self.random.choice(("up", "down")), self.random.randrange(7)
        return f"exact({self._real(depth)}, {direction}, {places})"

    def _real(self, depth: int) -> str:
        random = self.random
        if depth <= 0 or random.random() < 0.4:
            return random_path(random, self.world.of_kind("real"))
        pick = random.random()
        if pick < 0.2:
            return f"ln({self._real(depth - 1)})"
        other = self._real(depth - 1) if pick < 0.6 else self.number("ratio", depth - 1)
        return f"({self._real(depth - 1)} {random.choice('+-*/')} {other})"

    def _share(self, kind: str, depth: int) -> str:
        return f"({self.random.choice(('80%', '33.3%', '103%'))} of {self.number(kind, depth)})"

    def _optional(self, kind: str, depth: int) -> str:
        facts = self.world.of_kind(kind, optional=True)
        if not facts:
            return self.number(kind, depth)
        path = self.random.choice(facts).path
        if self.random.random() < 0.5:
            return f"({path} otherwise {self.number(kind, depth)})"
        return f"(if known({path}) then {self._with(path, kind)} else {self.number(kind, depth)})"

    def _with(self, path: str, kind: str) -> str:
        return self.random.choice((path, f"({path} + {self._leaf(kind)})", f"(2 x * {path})"))

    def _derived(self, kind: str, depth: int) -> str:
        if kind == "money[USD]":
            if self.random.random() < 0.4:
                return f"({self.number('money[EUR]', depth)} in USD)"
            return f"({self.number('quantity', depth)} * {self.number('price[USD]', depth)})"
        if kind == "money[EUR]":
            return f"({self.number('money[USD]', depth)} in EUR)"
        if kind == "quantity":
            return f"({self.number('money[USD]', depth)} / {self.positive('price[USD]')})"
        if kind == "price[USD]":
            return f"({self.number('money[USD]', depth)} / {self.positive('quantity')})"
        if kind == "duration":
            kind = self.random.choice(("timestamp", "timestamp", "date"))
            return f"({self.moment(kind, depth)} - {self.moment(kind, depth)})"
        if kind == "count":
            return self._counted(depth)
        return self._quotient(kind, depth)

    # ---------------------------------------------------------------------------------- lists
    def _row(self) -> tuple[str, FactSketch]:
        source = self.random.choice(self.world.lists)
        if self.random.random() < 0.25 and not any(variable == "p" for variable, _ in self.rows):
            return "p", source
        self.count += 1
        return f"r{self.count}", source

    def _aggregate(self, kind: str, depth: int) -> str:
        function = self.random.choice(("sum", "min", "max"))
        variable, source = self._row()
        self.rows.append((variable, source))
        body = self.number(kind, depth)
        where = self.condition(depth) if self.random.random() < 0.5 else None
        self.rows.pop()
        empty = self.number(kind, 0) if function != "sum" or self.random.random() < 0.2 else None
        return f"{function}({body} for each {variable} in {source.path}{_picked(where, empty)})"

    def _counted(self, depth: int) -> str:
        variable, source = self._row()
        self.rows.append((variable, source))
        body = variable if self.random.random() < 0.4 else self.condition(depth)
        where = f" where ({self.condition(depth)})" if self.random.random() < 0.5 else ""
        self.rows.pop()
        return f"count({body} for each {variable} in {source.path}{where})"

    def _quantified(self, depth: int) -> str:
        function = self.random.choice(("any", "every"))
        variable, source = self._row()
        self.rows.append((variable, source))
        body = self.condition(depth)
        where = self.condition(depth) if self.random.random() < 0.3 else None
        self.rows.pop()
        empty = None if function == "any" and self.random.random() < 0.7 else self.random.choice(("true", "false"))
        return f"{function}({body} for each {variable} in {source.path}{_picked(where, empty)})"

    def _kept(self, _: int) -> str:
        """One comparison over the rows of a list kept outside the rules."""
        random, source = self.random, self.random.choice(self.kept)
        kind = random.choice(NUMBERS)
        column = next(f.path for f in source.fields if f.kind == kind)
        body = f"(row.{column} {random.choice(OPERATORS)} {self.literal(kind)})"
        where = random.choice(("", " where row.symbol is intent.symbol", " where row.is_on"))
        if random.random() < 0.5:
            return f"any({body} for each row in {source.path}{where})"
        total = f"sum(row.{column} for each row in {source.path}{where})"
        return f"({total} {random.choice(OPERATORS)} {self.literal(kind)})"

    # ---------------------------------------------------------------------------------- moments and words
    def moment(self, kind: str, depth: int) -> str:
        """Return a timestamp, date, time of day or number of sessions."""
        random = self.random
        if kind == "timestamp" and depth > 0 and random.random() < 0.4:
            return f"({self.moment(kind, depth - 1)} {random.choice('+-')} {self.number('duration', depth - 1)})"
        if kind == "date" and depth > 0 and random.random() < 0.35:
            moved = (
                "0 days",
                "90 days",
                "1 session",
                "3 sessions",
                "2 business days of XNYS",
                "1 business day of XNYS",
            )
            return f"({self.moment(kind, depth - 1)} {random.choice('+-')} {random.choice(moved)})"
        choices = {
            "timestamp": ("now", "2026-01-05T14:30:00Z", "2026-01-05T09:30:00.000001-05:00"),
            "date": ("law_date", "2026-01-05", "2026-09-01"),
            "time": ("09:30", "16:00", "15:59:59"),
            "sessions": ("1 session", "5 sessions", "0 sessions"),
        }[kind]
        if self.rows and random.random() < 0.4:
            variable, source = random.choice(self.rows)
            return f"{variable}.{next(f.path for f in source.fields if f.kind == kind)}"
        return random.choice((*choices, *(f.path for f in self.world.of_kind(kind) if not f.optional), self._opt(kind)))

    def _opt(self, kind: str) -> str:
        return random_path(self.random, self.world.of_kind(kind))

    def word(self, kind: str, depth: int) -> str:
        """Return a text or symbol; enums are written by `enum`."""
        random = self.random
        if self.rows and random.random() < 0.4:
            variable, source = random.choice(self.rows)
            return f"{variable}.{next(f.path for f in source.fields if f.kind == kind)}"
        named = [one for one in self.locals if one.kind == kind]
        if named and random.random() < 0.2:
            return self.read(random.choice(named))
        facts = [f.path for f in self.world.of_kind(kind) if not f.optional or random.random() < 0.3]
        if depth > 0 and random.random() < 0.2:
            left, right = self.word(kind, 0), self.word(kind, 0)
            if not left.startswith('"') and not right.startswith('"'):
                return f"(if {self.condition(depth - 1)} then {left} else {right})"
        return random.choice(facts)

    def quoted(self, kind: str) -> str:
        """Return a text or symbol literal."""
        return _quote(self.random.choice(SYMBOLS if kind == "symbol" else TEXTS))

    # ---------------------------------------------------------------------------------- conditions
    def condition(self, depth: int) -> str:
        """Return a condition."""
        random = self.random
        if depth <= 0:
            return random.choice((self._flag, self._compared, self._compared, self._worded, self._member))(0)
        makers = (
            [self._compared] * 3
            + [self._sharp] * 3
            + [self._flag, self._worded, self._member, self._known, self._joined]
        )
        makers += [self._joined, self._negated, self._between, self._multiple, self._branched, self._when]
        if self.world.lists and len(self.rows) < 2:
            makers += [self._quantified, self._quantified]
        if self.kept and not self.rows:
            makers += [self._kept]
        return random.choice(makers)(depth - 1)

    def _flag(self, _: int) -> str:
        if self.rows and self.random.random() < 0.5:
            return self._field("bool")[0]
        named = [one for one in self.locals if one.kind == "bool"]
        if named and self.random.random() < 0.5:
            return self.read(self.random.choice(named))
        facts = [f.path for f in self.world.of_kind("bool") if not f.optional or self.random.random() < 0.2]
        return self.random.choice((*facts, "true", "false", "intent.reduces_only"))

    def _compared(self, depth: int) -> str:
        depth = self.random.choice((0, min(1, depth), depth))
        kind = self.random.choice((*NUMBERS, *NUMBERS, *ORDERED))
        side = self.moment if kind in ORDERED else self.number
        return f"({side(kind, depth)} {self.random.choice(OPERATORS)} {side(kind, depth)})"

    def _sharp(self, depth: int) -> str:
        """One operation against a literal: what it gets wrong, the rule gets wrong."""
        random, kind = self.random, self.random.choice(NUMBERS)
        operator, fact = random.choice(OPERATORS), self._fact(kind).path
        pick = random.random()
        if pick < 0.08:
            return f"({self._exact(kind, depth)} {random.choice(('<', '<=', '>', '>='))} {self.literal('ratio')})"
        if pick < 0.35:
            unit = UNIT_OF[kind]
            step, bound = random.choice((("0.5", "3.5"), ("1", "4"), ("10", "30"), ("0.01", "2.02"), ("100", "700")))
            mode = random.choice(ROUNDINGS)
            return f"(rounded({fact}, {step}{unit}, {mode}) {operator} {bound}{unit})"
        if pick < 0.7 and self.world.lists and len(self.rows) < 2:
            variable, source = self._row()
            column = f"{variable}.{next(f.path for f in source.fields if f.kind == kind)}"
            body = random.choice((column, f"(-{column})", f"(2 x * {column})", f"({column} - {self.literal(kind)})"))
            function = random.choice(("min", "max", "sum"))
            empty = f" otherwise {self.literal(kind)}" if function != "sum" else ""
            bound = f"(-{random.choice(('10', '100', '300', '700'))}{UNIT_OF[kind]})" if body.startswith("(-") else ""
            bound = bound or random.choice((self.literal(kind), f"{random.choice(('100', '300'))}{UNIT_OF[kind]}"))
            return f"({function}({body} for each {variable} in {source.path}{empty}) {operator} {bound})"
        function = random.choice((f"abs((-{fact}))", f"min({fact}, (-{self._fact(kind).path}))", f"({fact} * -2.5 x)"))
        return f"({function.replace('* -2.5 x', '* (-2.5 x)')} {operator} {self.literal(kind)})"

    def _between(self, depth: int) -> str:
        kind = self.random.choice((*NUMBERS, *ORDERED))
        side = self.moment if kind in ORDERED else self.number
        return f"({side(kind, depth)} between {side(kind, depth)} and {side(kind, depth)})"

    def _multiple(self, depth: int) -> str:
        kind = self.random.choice(NUMBERS)
        return f"({self.number(kind, depth)} is a multiple of {self.positive(kind)})"

    def _worded(self, depth: int) -> str:
        kind = self.random.choice(("text", "symbol", "enum", "enum", "bool"))
        operator = self.random.choice(("is", "is not"))
        if kind == "bool":
            return f"({self.condition(depth)} {operator} {self.condition(depth)})"
        if kind == "enum":
            read, values = self.enum()
            return f"({read} {operator} {self.random.choice(values)})"
        right = self.quoted(kind) if self.random.random() < 0.6 else self.word(kind, depth)
        return f"({self.word(kind, depth)} {operator} {right})"

    def _field(self, kind: str) -> tuple[str, tuple[str, ...]]:
        """Return a read of a field of a kind, which every list has, and its values."""
        variable, source = self.random.choice(self.rows)
        one = next(f for f in source.fields if f.kind == kind)
        return f"{variable}.{one.path}", one.values

    def enum(self) -> tuple[str, tuple[str, ...]]:
        """Return an enum read and the values it may be compared with."""
        if self.rows and self.random.random() < 0.4:
            return self._field("enum")
        named = [one for one in self.locals if one.kind == "enum"]
        if named and self.random.random() < 0.3:
            local = self.random.choice(named)
            return self.read(local), local.values
        fact = self.random.choice(self.world.of_kind("enum"))
        return fact.path, fact.values

    def _member(self, depth: int) -> str:
        operator = self.random.choice(("in", "not in"))
        kind = self.random.choice(("symbol", "text", "enum", "count", "money[USD]"))
        if kind == "enum":
            read, values = self.enum()
            return f"({read} {operator} [{', '.join(self.random.sample(values, 2))}])"
        if kind in NUMBERS:
            items = ", ".join({self.literal(kind, positive=True): None for _ in range(3)})
            return f"({self.number(kind, depth)} {operator} [{items}])"
        sets = [f.path for f in self.world.of_kind(f"set of {kind}")]
        sets += [one.name for one in self.locals if one.kind == f"set of {kind}"]
        sets.append("[" + ", ".join(dict.fromkeys(self.quoted(kind) for _ in range(3))) + "]")
        return f"({self.word(kind, depth)} {operator} {self.random.choice(sets)})"

    def _known(self, depth: int) -> str:
        kind = self.random.choice(NUMBERS)
        facts = self.world.of_kind(kind, optional=True)
        path = self.random.choice(facts).path
        test = f"({self._with(path, kind)} {self.random.choice(OPERATORS)} {self.number(kind, depth)})"
        return self.random.choice(
            (f"known({path})", f"(not known({path}))", f"(known({path}) and {test})", f"(not known({path}) or {test})")
        )

    def _joined(self, depth: int) -> str:
        word = self.random.choice((" and ", " or "))
        return f"({word.join(self.condition(depth) for _ in range(self.random.choice((2, 2, 3))))})"

    def _negated(self, depth: int) -> str:
        inner = self.condition(depth)
        while inner.startswith("any("):  # the language wants the empty case said there
            inner = self.condition(depth)
        return f"(not {inner})"

    def _branched(self, depth: int) -> str:
        return f"(if {self.condition(depth)} then {self.condition(depth)} else {self.condition(depth)})"

    def _when(self, depth: int) -> str:
        optional = self.world.of_kind("bool", optional=True)
        return f"({self.random.choice(optional).path} otherwise {self.random.choice(('true', 'false'))})"


def _picked(where: str | None, empty: str | None) -> str:
    """The end of an aggregate. `otherwise` behind a bare operand would be read as that operand's own default,
    so a condition in front of it ends in a sum."""
    if where is None:
        return "" if empty is None else f" otherwise {empty}"
    return f" where {where}" if empty is None else f" where {where} and 1 < 1 + 1 otherwise {empty}"


def random_path(random: Random, facts: list[FactSketch]) -> str:
    """Return the path of one of these facts."""
    return random.choice(facts).path


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def enum_values(random: Random) -> tuple[str, ...]:
    """Return the values of a random enum."""
    return random.choice(ENUMS)
