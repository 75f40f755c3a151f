"""Rule IR to the graph: what an expression is worth, and the truth that it may be computed at all.

The divisor of every quotient becomes a need to be above zero, so that nothing here rests on a contract: where a need
does not hold the interpreter decides.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dsl import ir
from dsl.columnar import numbers as n
from dsl.columnar.block import Form
from dsl.columnar.layout import NUMBERS, Layout
from dsl.columnar.nodes import Graph, Node, Op
from dsl.columnar.numbering import Numbering
from dsl.columnar.numbers import NotColumnar, Number
from dsl.columnar.tables import Table
from dsl.program import Program
from dsl.types import Type


@dataclass(frozen=True, slots=True)
class Truth:
    node: Node


@dataclass(frozen=True, slots=True)
class Word:
    """A text: constant (`text`), or codes of a numbering."""

    text: str = ""
    codes: Node | None = None
    numbering: Numbering[Any] | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One of two texts, by a truth."""

    condition: Node
    then: "Text"
    otherwise: "Text"


@dataclass(frozen=True, slots=True)
class SetOf:
    """A set of texts: constant (`members`), or codes of a numbering of sets."""

    members: frozenset[object] = frozenset()
    codes: Node | None = None
    numbering: Numbering[Any] | None = None


Text = Word | Choice
Meaning = Number | Truth | Word | Choice | SetOf


@dataclass(frozen=True, slots=True)
class Emitted:
    """What an expression means, and the node that is true where its value may be used."""

    meaning: Meaning
    needs: Node


class Translator:
    """Translates the expressions of one program into one graph."""

    def __init__(self, program: Program, layout: Layout) -> None:
        self._program, self.layout = program, layout
        self.graph = Graph()
        self.tables: list[Table] = []
        self.pairs: list[tuple[Numbering[Any], Numbering[Any]]] = []
        self._lets: dict[str, Emitted] = {}

    # ---------------------------------------------------------------------------------- entry
    def condition(self, expr: ir.Expr) -> tuple[Node, Node]:
        """Return a condition's truth and its needs. Raises NotColumnar."""
        out = self.emit(expr)
        if not isinstance(out.meaning, Truth):
            raise NotColumnar("a condition was expected")
        return out.meaning.node, out.needs

    def emit(self, expr: ir.Expr) -> Emitted:
        """Return what any expression means. Raises NotColumnar for what columns cannot say."""
        match expr:
            case ir.Const():
                return Emitted(self._constant(expr.type, expr.value), self.graph.yes)
            case ir.FactRef():
                return self._fact(expr)
            case ir.LetRef():
                if expr.name not in self._lets:
                    self._lets[expr.name] = self.emit(self._program.lets[expr.name])
                return self._lets[expr.name]
            case ir.ParamRef():
                return self._param(expr)
            case ir.If():
                condition, needs = self.condition(expr.condition)
                chosen = self._chosen(condition, self.emit(expr.then), self.emit(expr.otherwise))
                return Emitted(chosen.meaning, self.graph.both(needs, chosen.needs))
            case ir.Known():
                return self._known(expr)
            case ir.Nothing():
                return self._nothing(expr.type)
            case ir.DaysBetween():
                return self._days_between(expr)
            case ir.Otherwise():
                fact = Emitted(self._cells(expr.fact), self.graph.yes)
                return self._chosen(self._present(expr.fact), fact, self.emit(expr.default))
            case ir.Logic():
                return self._logic(expr)
            case ir.Not():
                truth, needs = self.condition(expr.operand)
                return Emitted(Truth(self.graph.negation(truth)), needs)
            case ir.Compare():
                return self._compare(expr)
            case ir.Member():
                return self._member(expr)
            case ir.Arithmetic() | ir.Negate() | ir.Apply() | ir.Rounded() | ir.Multiple():
                return self._operation(expr)
            case _:
                raise NotColumnar(type(expr).__name__)

    # ---------------------------------------------------------------------------------- leaves
    def _constant(self, kind: Type, value: Any) -> Meaning:
        if kind.kind in NUMBERS and isinstance(value, Fraction | int) and not isinstance(value, bool):
            return n.literal(self.graph, Fraction(value))
        if isinstance(value, bool):
            return Truth(self.graph.truth(value))
        if isinstance(value, str):
            return Word(value)
        if isinstance(value, frozenset):
            return SetOf(value)
        raise NotColumnar(f"a constant {kind}")

    def _cells(self, ref: ir.FactRef) -> Meaning:
        at = self._program.index[ref.path]
        form, numbering = self.layout.forms[at], self.layout.numberings[at]
        if form is Form.NUMBER:
            return Number(self.graph.make(Op.SLOT, at), Fraction(1, self._program.slots[at].fact.scale))
        if form is Form.TRUTH:
            return Truth(self.graph.make(Op.TRUTH, at))
        if form is Form.OBJECT:
            raise NotColumnar(f"{ref.path} is a {ref.type}")
        codes = self.graph.make(Op.CODES, at)
        return SetOf(codes=codes, numbering=numbering) if form is Form.SET else Word("", codes, numbering)

    def _present(self, ref: ir.FactRef) -> Node:
        return self.graph.make(Op.PRESENT, self._program.index[ref.path])

    def presence(self, ref: ir.FactRef) -> Node:
        """Return where a fact that is not unknown has a value."""
        is_optional = self._program.slots[self._program.index[ref.path]].fact.optional
        return self._present(ref) if is_optional else self.graph.yes

    def _fact(self, ref: ir.FactRef) -> Emitted:
        return Emitted(self._cells(ref), self.presence(ref))

    def _known(self, expr: ir.Known) -> Emitted:
        """Return whether a fact or the row of a param is there; what the param's keys need is needed."""
        match expr.fact:
            case ir.FactRef():
                return Emitted(Truth(self._present(expr.fact)), self.graph.yes)
            case ir.ParamRef():
                found, needs = self._param_row(expr.fact)
                return Emitted(Truth(found.needs), needs)
        raise NotColumnar("whether a row of a list is there")

    # ---------------------------------------------------------------------------------- params
    def _param(self, ref: ir.ParamRef) -> Emitted:
        found, needs = self._param_row(ref)
        return Emitted(found.meaning, self.graph.both(needs, found.needs))

    def _param_row(self, ref: ir.ParamRef) -> tuple[Emitted, Node]:
        """Return a param's value, which needs its row to be there, and what its keys need."""
        rows = {key: number.value for key, number in self._program.numbers[ref.name].items()}
        keys: list[Text] = []
        needs = self.graph.yes
        for key in ref.keys:
            out = self.emit(key)
            if not isinstance(out.meaning, Word | Choice):
                raise NotColumnar("a key that is no text")
            keys.append(out.meaning)
            needs = self.graph.both(needs, out.needs)
        return self._row(tuple(keys), rows, ref.type), needs

    def _row(self, keys: tuple[Text, ...], rows: Mapping[tuple[str, ...], Any], kind: Type) -> Emitted:
        """Return the value of a param under these keys; a choice of keys is a choice of values."""
        for at, key in enumerate(keys):
            before, after = keys[:at], keys[at + 1 :]
            if isinstance(key, Choice):
                then = self._row((*before, key.then, *after), rows, kind)
                otherwise = self._row((*before, key.otherwise, *after), rows, kind)
                return self._chosen(key.condition, then, otherwise)
            if key.codes is None:
                left = {(*row[:at], *row[at + 1 :]): value for row, value in rows.items() if row[at] == key.text}
                return self._row((*before, *after), left, kind)
        if not keys:
            if () not in rows:
                return self._nothing(kind)
            return Emitted(self._constant(kind, rows[()]), self.graph.yes)
        return self._looked_up(keys, rows, kind)

    def _nothing(self, kind: Type) -> Emitted:
        """The value of a param that has none: it may not be used."""
        meaning: Meaning = n.literal(self.graph, Fraction(1)) if kind.kind in NUMBERS else Word()
        return Emitted(meaning, self.graph.no)

    def _looked_up(self, keys: tuple[Text, ...], rows: Mapping[tuple[str, ...], Any], kind: Type) -> Emitted:
        columns = [
            (key.codes, key.numbering)
            for key in keys
            if isinstance(key, Word) and key.codes is not None and key.numbering is not None
        ]
        place = self._table(Table.of(tuple(columns), rows, is_number=kind.kind in NUMBERS))
        table = self.tables[place]
        node, needs = self.graph.make(Op.LOOKUP, place), self.graph.make(Op.HAS_ROW, place)
        if table.words is not None:
            return Emitted(Word("", node, table.words), needs)
        return Emitted(Number(node, Fraction(1, table.scale)), needs)

    def _table(self, table: Table) -> int:
        """Return the place of a table; equal tables are one."""
        if table not in self.tables:
            self.tables.append(table)
        return self.tables.index(table)

    # ---------------------------------------------------------------------------------- choices
    def _chosen(self, condition: Node, then: Emitted, otherwise: Emitted) -> Emitted:
        """Return one of two meanings; only what the branch taken needs is needed."""
        needs = self.graph.choose(condition, then.needs, otherwise.needs)
        match then.meaning, otherwise.meaning:
            case Number() as a, Number() as b:
                return Emitted(n.choose(self.graph, condition, a, b), needs)
            case Truth() as a, Truth() as b:
                return Emitted(Truth(self.graph.choose(condition, a.node, b.node)), needs)
            case (Word() | Choice()) as a, (Word() | Choice()) as b:
                return Emitted(a if a == b else Choice(condition, a, b), needs)
        raise NotColumnar("a choice of sets")

    # ---------------------------------------------------------------------------------- conditions
    def _logic(self, expr: ir.Logic) -> Emitted:
        parts = [self.condition(part) for part in expr.parts]
        join = {"and": self.graph.both, "or": self.graph.either}[expr.operator]
        return Emitted(Truth(join(*(truth for truth, _ in parts))), self.graph.both(*(needs for _, needs in parts)))

    def _compare(self, expr: ir.Compare) -> Emitted:
        left, right = self.emit(expr.left), self.emit(expr.right)
        needs = self.graph.both(left.needs, right.needs)
        match left.meaning, right.meaning:
            case Number() as a, Number() as b:
                one, other, _, _ = n.aligned(self.graph, a, b)
                return Emitted(Truth(self.graph.compare(expr.operator, one, other)), needs)
            case Truth() as a, Truth() as b:
                same = self.graph.make(Op.AGREE, *sorted((a.node, b.node)))
            case (Word() | Choice()) as a, (Word() | Choice()) as b:
                same = self._same_text(a, b)
            case _:
                raise NotColumnar("a comparison of unlike things")
        if expr.operator not in ("==", "!="):
            raise NotColumnar(f"{expr.operator} of what has no order")
        return Emitted(Truth(same if expr.operator == "==" else self.graph.negation(same)), needs)

    def _same_text(self, left: Text, right: Text) -> Node:
        if isinstance(left, Choice):
            return self._per_branch(left, lambda text: self._same_text(text, right))
        if isinstance(right, Choice):
            return self._same_text(right, left)
        if left.codes is None:
            left, right = right, left
        if left.codes is None or left.numbering is None:
            return self.graph.truth(left.text == right.text)
        if right.codes is None or right.numbering is None:
            return self.graph.make(Op.IS_CODE, left.codes, left.numbering.code(right.text))
        if left.codes == right.codes:
            return self.graph.yes
        return self.graph.make(Op.SAME_WORD, left.codes, right.codes, self._pair(left.numbering, right.numbering))

    def _per_branch(self, text: Choice, test: Callable[[Text], Node]) -> Node:
        return self.graph.choose(text.condition, test(text.then), test(text.otherwise))

    def _pair(self, left: Numbering[Any], right: Numbering[Any]) -> int:
        for at, (one, other) in enumerate(self.pairs):
            if one is left and other is right:
                return at
        self.pairs.append((left, right))
        return len(self.pairs) - 1

    def _member(self, expr: ir.Member) -> Emitted:
        item, container = self.emit(expr.item), self.emit(expr.container)
        needs = self.graph.both(item.needs, container.needs)
        if not isinstance(container.meaning, SetOf):
            raise NotColumnar("a container that is no set")
        if isinstance(item.meaning, Number):
            return Emitted(Truth(self._is_one_of(item.meaning, container.meaning)), needs)
        if not isinstance(item.meaning, Word | Choice):
            raise NotColumnar("a set of what is no text and no number")
        return Emitted(Truth(self._is_in(item.meaning, container.meaning)), needs)

    def _is_one_of(self, item: Number, container: SetOf) -> Node:
        if container.codes is not None:
            raise NotColumnar("a set of numbers that varies")
        equal = []
        for value in sorted(v for v in container.members if isinstance(v, Fraction | int)):
            a, b, _, _ = n.aligned(self.graph, item, n.literal(self.graph, Fraction(value)))
            equal.append(self.graph.compare("==", a, b))
        return self.graph.either(*equal)

    def _is_in(self, item: Text, container: SetOf) -> Node:
        if isinstance(item, Choice):
            return self._per_branch(item, lambda text: self._is_in(text, container))
        if item.codes is None or item.numbering is None:
            if container.codes is None:
                return self.graph.truth(item.text in container.members)
            item = self._constant_word(item.text)
        assert item.codes is not None and item.numbering is not None
        if container.codes is None or container.numbering is None:
            codes = frozenset(item.numbering.code(text) for text in sorted(map(str, container.members)))
            return self.graph.make(Op.IS_AMONG, item.codes, codes) if codes else self.graph.no
        pair = self._pair(item.numbering, container.numbering)
        return self.graph.make(Op.IN_SET, item.codes, container.codes, pair)

    def _constant_word(self, text: str) -> Word:
        """Return a constant as a table of one row, so that it has a code like any other text."""
        place = self._table(Table.of((), {(): text}, is_number=False))
        return Word("", self.graph.make(Op.LOOKUP, place), self.tables[place].words)

    # ---------------------------------------------------------------------------------- arithmetic
    def _days_between(self, expr: ir.DaysBetween) -> Emitted:
        left, right = self.emit(expr.left), self.emit(expr.right)
        if not isinstance(left.meaning, Number) or not isinstance(right.meaning, Number):
            raise NotColumnar("a date was expected")
        days = n.add(self.graph, left.meaning, right.meaning, -1)
        meaning = n.multiply(self.graph, days, n.literal(self.graph, Fraction(86_400)))
        return Emitted(meaning, self.graph.both(left.needs, right.needs))

    def _operation(self, expr: ir.Expr) -> Emitted:
        values: list[Number] = []
        needs = self.graph.yes
        for child in ir.children(expr):
            out = self.emit(child)
            if not isinstance(out.meaning, Number):
                raise NotColumnar("a number was expected")
            values.append(out.meaning)
            needs = self.graph.both(needs, out.needs)
        divisor = self.divisor(expr)
        if divisor is not None:
            needs = self.graph.both(needs, divisor)
        return Emitted(self._applied(expr, values), needs)

    def divisor(self, expr: ir.Expr) -> Node | None:
        """Return where what an expression divides by is above zero, None where it divides by nothing."""
        if isinstance(expr, ir.Arithmetic) and expr.operator != "/":
            return None
        if not isinstance(expr, ir.Arithmetic | ir.Rounded | ir.Multiple):
            return None
        by = self.emit(ir.children(expr)[1]).meaning
        if not isinstance(by, Number):
            raise NotColumnar("a number was expected")
        return self.graph.compare("<", self.graph.whole(0), by.node)

    def _applied(self, expr: ir.Expr, values: list[Number]) -> Meaning:
        graph = self.graph
        match expr:
            case ir.Arithmetic(operator="+" | "-"):
                return n.add(graph, values[0], values[1], 1 if expr.operator == "+" else -1)
            case ir.Arithmetic(operator="*"):
                return n.multiply(graph, values[0], values[1])
            case ir.Arithmetic(operator="/"):
                return n.divide(graph, values[0], values[1])
            case ir.Negate():
                return Number(values[0].node, -values[0].factor, values[0].under)
            case ir.Apply(function="abs"):
                one = values[0]
                return Number(graph.make(Op.ABS, one.node), abs(one.factor), one.under)
            case ir.Apply(function="min" | "max"):
                out = values[0]
                for other in values[1:]:
                    out = n.extreme(graph, expr.function, out, other)
                return out
            case ir.Rounded():
                return n.rounded(graph, values[0], values[1], expr.mode)
            case ir.Multiple():
                return Truth(graph.make(Op.DIVISIBLE, *n.quotient(graph, values[0], values[1])))
        raise NotColumnar(type(expr).__name__)
