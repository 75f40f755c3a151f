"""The names in one declaration, found in its parse tree: one method per rule of the grammar that holds any."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lark import Token, Tree

from dsl.naming.holes import holes
from dsl.naming.occurrence import Occurrence, Use

TRIPPED = "switches.tripped"
"""The fact whose texts are rule ids."""
EVENT_HEADS = ("event", "fill", "intent", "order", "cancel")
"""What the fields of an event are read by, inside the `where` of a window."""
ROUNDING_ARGUMENT = {"rounded": 2, "exact": 1}

Node = Tree[Token] | Token | None
Nodes = Sequence[Node]
Found = Iterator[Occurrence]


@dataclass(frozen=True, slots=True)
class Around:
    """What a part of a declaration stands in.

    `rows` are the lists of row variables, `event` that of a `where`, `owner` the declared name, `rules` those a test is
    of, `inputs` what a table is given, `beside` what an UPPERCASE word or a text is held against.
    """

    rows: tuple[tuple[str, str], ...] = ()
    event: str = ""
    owner: str = ""
    rules: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    beside: str = ""

    def row(self, variable: str) -> str:
        """Return the list a variable runs over, empty where it is none."""
        return dict(self.rows).get(variable, "")


def occurrences(tree: Tree[Token]) -> list[Occurrence]:
    """Return every name of a declaration, or of an expression, in the order of the text."""
    return sorted(Finder().visit(tree, Around()), key=lambda one: (one.line, one.column))


def _one(token: Node, use: Use, *about: str, is_definition: bool = False) -> Occurrence:
    assert isinstance(token, Token)
    return Occurrence(token.line or 1, token.column or 1, str(token), use, about, is_definition)


def _named(c: Nodes, use: Use, *about: str) -> Found:
    """Yield the bare words among the children as names of one kind."""
    for node in c:
        if isinstance(node, Token) and node.type in ("NAME", "CODE", "RULE_ID"):
            yield _one(node, use, *about)


def _simple(node: Node) -> str:
    """Return the name an expression consists of, empty where it is more than that."""
    if isinstance(node, Tree) and node.data in ("name", "index"):
        return str(node.children[0])
    return ""


class DeclarationFinder:
    """Numbers, names, lists, tables and windows."""

    def visit(self, node: Node, around: Around) -> Found:
        """Yield the names of a part of a declaration, whatever rule made it."""
        if isinstance(node, Tree):
            find = getattr(self, f"{node.data}_names", None)
            yield from self.each(node.children, around) if find is None else find(node.children, around)
        elif isinstance(node, Token) and node.type == "RULE_ID":
            yield _one(node, Use.RULE)

    def each(self, nodes: Nodes, around: Around) -> Found:
        """Yield the names of several parts."""
        for node in nodes:
            yield from self.visit(node, around)

    def declared(self, use: Use, c: Nodes, around: Around) -> Found:
        """Yield a declared name, and the names of its body."""
        yield _one(c[0], use, is_definition=True)
        yield from self.each(c[1:], replace(around, owner=str(c[0])))

    def rulebook_names(self, c: Nodes, around: Around) -> Found:
        return self.declared(Use.RULEBOOK, c, around)

    def calendar_names(self, c: Nodes, around: Around) -> Found:
        return _named(c, Use.CALENDAR)

    def uses_names(self, c: Nodes, around: Around) -> Found:
        return _named(c, Use.NAMESPACE)

    def param_names(self, c: Nodes, around: Around) -> Found:
        return self.declared(Use.PARAM, c, around)

    def row_source_names(self, c: Nodes, around: Around) -> Found:
        yield _one(c[0], Use.LIST)
        yield from _named(c[1:], Use.COLUMN, str(c[0]))

    def direction_names(self, c: Nodes, around: Around) -> Found:
        return _named(c, Use.DIRECTION)

    def per_names(self, c: Nodes, around: Around) -> Found:
        return _named(c, Use.KEY, *filter(None, (around.event,)))

    def key_word_names(self, c: Nodes, around: Around) -> Found:
        return _named(c, Use.ENUM_VALUE)

    def code_value_names(self, c: Nodes, around: Around) -> Found:
        return _named(c, Use.ENUM_VALUE, *filter(None, (around.beside or around.owner,)))

    def enum_type_names(self, c: Nodes, around: Around) -> Found:
        return _named(c, Use.ENUM_VALUE, around.owner)

    def let_names(self, c: Nodes, around: Around) -> Found:
        return self.declared(Use.LET, c, around)

    def plain_type_names(self, c: Nodes, around: Around) -> Found:
        return _named(c, Use.TYPE)

    set_type_names = plain_type_names

    def unit_type_names(self, c: Nodes, around: Around) -> Found:
        yield _one(c[0], Use.TYPE)
        yield _one(c[1], Use.CURRENCY)

    def list_decl_names(self, c: Nodes, around: Around) -> Found:
        name, element, *rest = c
        yield _one(element, Use.TYPE)
        yield from self.declared(Use.LIST, [name, *rest], around)

    def column_names(self, c: Nodes, around: Around) -> Found:
        yield _one(c[0], Use.COLUMN, around.owner, is_definition=True)
        yield from self.visit(c[1], around)

    def owner_names(self, c: Nodes, around: Around) -> Found:
        return _named(c, Use.OWNER)

    def table_names(self, c: Nodes, around: Around) -> Found:
        given = next((n for n in c if isinstance(n, Tree) and n.data == "given"), None)
        inputs = tuple(_simple(one) for one in given.children) if given is not None else ()
        yield _one(c[0], Use.TABLE, is_definition=True)
        yield from self.each(c[1:], replace(around, owner=str(c[0]), inputs=inputs))

    def table_row_names(self, c: Nodes, around: Around) -> Found:
        *cells, _, value = c
        for at, cell in enumerate(cells):
            asked = around.inputs[at] if at < len(around.inputs) else ""
            yield from self.visit(cell, replace(around, beside=asked))
        yield from self.visit(value, around)

    def window_names(self, c: Nodes, around: Around) -> Found:
        name, _, function, event, reach, per, where = c
        yield _one(name, Use.WINDOW, is_definition=True)
        yield _one(function, Use.WINDOW_FUNCTION)
        yield _one(event, Use.EVENT)
        inside = replace(around, event=str(event))
        yield from self.each([reach, per, where], inside)

    def since_event_names(self, c: Nodes, around: Around) -> Found:
        return _named(c, Use.EVENT)


class RuleFinder(DeclarationFinder):
    """Limits, rules, switches, checklists and gates."""

    def limit_names(self, c: Nodes, around: Around) -> Found:
        return self.declared(Use.RULE, c, around)

    rule_names = switch_names = checklist_names = gate_names = limit_names

    def on_names(self, c: Nodes, around: Around) -> Found:
        yield _one(c[0], Use.STAGE)
        yield from _named(c[1:], Use.MOMENT)

    def mode_names(self, c: Nodes, around: Around) -> Found:
        return _named(c, Use.MODE)

    def scope_names(self, c: Nodes, around: Around) -> Found:
        return _named(c, Use.SCOPE)

    def need_names(self, c: Nodes, around: Around) -> Found:
        yield from self._value(c[0], around)
        yield from self.each(c[1:], replace(around, beside=str(c[0])))

    def because_names(self, c: Nodes, around: Around) -> Found:
        for text in c:
            yield from self._text(text, around)

    confirm_names = because_names

    def _text(self, text: Node, around: Around) -> Found:
        assert isinstance(text, Token)
        for hole in holes(str(text), text.column or 1):
            tree = hole.tree()
            for one in self.visit(tree, around):
                if one.line == 1 and one.column <= len(hole.columns):
                    yield replace(one, line=text.line or 1, column=hole.columns[one.column - 1])

    def posture_names(self, c: Nodes, around: Around) -> Found:
        return _named(c, Use.POSTURE)

    posture_clause_names = posture_names

    def outcome__names(self, c: Nodes, around: Around) -> Found:
        yield from self._reason(c[0], around)
        yield from self.each(c[1:], around)

    def _reason(self, code: Node, around: Around) -> Found:
        if code is not None:
            yield _one(code, Use.REASON, around.owner, is_definition=True)

    def trips_when_names(self, c: Nodes, around: Around) -> Found:
        *rest, code = c
        yield from self.each(rest, around)
        yield from self._reason(code, around)

    def requirement_names(self, c: Nodes, around: Around) -> Found:
        _, _, holds, code, *infinities = c
        yield from self._reason(code, around)
        yield from self.each([holds, *infinities], around)

    def plain_action_names(self, c: Nodes, around: Around) -> Found:
        return _named(c, Use.ACTION)

    def demotion_names(self, c: Nodes, around: Around) -> Found:
        yield _one(c[0], Use.ACTION)
        yield _one(c[1], Use.RUNG)

    def task_names(self, c: Nodes, around: Around) -> Found:
        title, role, due, _ = c
        yield from self._text(title, around)
        yield _one(role, Use.ROLE)
        yield from self.visit(due, around)

    def approval_names(self, c: Nodes, around: Around) -> Found:
        return _named(c, Use.ROLE)

    signature_names = trips_manually_names = approval_names

    def reset_names(self, c: Nodes, around: Around) -> Found:
        _, _, role, _, excluding, *rest = c
        yield _one(role, Use.ROLE)
        if excluding is not None:
            yield _one(excluding, Use.FACT)
        yield from self.each(rest, around)

    def after_next_names(self, c: Nodes, around: Around) -> Found:
        return _named(c, Use.MOMENT)

    def rebases_names(self, c: Nodes, around: Around) -> Found:
        return _named(c, Use.FACT)

    def tighter_as_names(self, c: Nodes, around: Around) -> Found:
        yield from _named(c[:1], Use.FACT)
        yield from _named(c[1:], Use.MOVEMENT)

    def promotes_names(self, c: Nodes, around: Around) -> Found:
        return _named(c[1:], Use.RUNG)

    def infinity_names(self, c: Nodes, around: Around) -> Found:
        return self._value(c[0], around)

    def ranked_names(self, c: Nodes, around: Around) -> Found:
        yield _one(c[0], Use.ORDER)
        yield from self._value(c[1], around)

    def _value(self, token: Node, around: Around) -> Found:
        """Yield a name of an expression: a row's field, an event's field, or whatever an expression may read."""
        word = str(token)
        head, _, rest = word.partition(".")
        source = around.row(head)
        if source and rest:
            yield _one(token, Use.FIELD, source)
        elif source:
            yield _one(token, Use.VARIABLE, source)
        elif around.event and rest and head in EVENT_HEADS:
            yield _one(token, Use.EVENT_FIELD, around.event)
        elif not around.event:
            yield _one(token, Use.VALUE)


class ExpressionFinder(RuleFinder):
    """Expressions, wherever they stand."""

    def name_names(self, c: Nodes, around: Around) -> Found:
        return self._value(c[0], around)

    def index_names(self, c: Nodes, around: Around) -> Found:
        yield from self._value(c[0], around)
        yield from self.each(c[1:], around)

    def code_names(self, c: Nodes, around: Around) -> Found:
        return _named(c, Use.ENUM_VALUE, *filter(None, (around.beside,)))

    def text_names(self, c: Nodes, around: Around) -> Found:
        text = c[0]
        if around.beside == TRIPPED and isinstance(text, Token) and len(text) > 2:
            yield Occurrence(text.line or 1, (text.column or 1) + 1, str(text)[1:-1], Use.RULE)

    def compare_names(self, c: Nodes, around: Around) -> Found:
        names = [_simple(node) for node in c]
        beside = next(filter(None, names), "")
        if beside:
            word, _, rest = beside.partition(".")
            source = around.row(word)
            beside = f"{source}.{rest}" if source and rest else beside
        return self.each(c, replace(around, beside=beside))

    is__names = is_not_names = in__names = not_in_names = between_names = compare_names

    def call_names(self, c: Nodes, around: Around) -> Found:
        function, *arguments = c
        yield _one(function, Use.FUNCTION)
        rounding = ROUNDING_ARGUMENT.get(str(function))
        for at, argument in enumerate(arguments):
            if at == rounding and isinstance(argument, Tree) and argument.data == "name":
                yield _one(argument.children[0], Use.ROUNDING)
            else:
                yield from self.visit(argument, replace(around, beside=""))

    def aggregate_names(self, c: Nodes, around: Around) -> Found:
        function, body, variable, source, where, otherwise = c
        rows = (*around.rows, (str(variable), _simple(source) or "?"))
        inside = replace(around, rows=rows, beside="")
        yield _one(function, Use.FUNCTION)
        yield _one(variable, Use.VARIABLE, _simple(source), is_definition=True)
        yield from self.visit(source, replace(around, beside=""))
        yield from self.each([body, where], inside)
        yield from self.visit(otherwise, replace(around, beside=""))


class Finder(ExpressionFinder):
    """Fixtures and tests."""

    def fixture_names(self, c: Nodes, around: Around) -> Found:
        return self.declared(Use.FIXTURE, c, around)

    def assign_fact_names(self, c: Nodes, around: Around) -> Found:
        name, *rest = c
        use, about = (Use.EVENT_FIELD, (around.event,)) if around.event else (Use.FACT, ())
        yield _one(name, use, *about)
        yield from self.each(rest, replace(around, beside=str(name), owner=str(name), event=""))

    def assign_param_names(self, c: Nodes, around: Around) -> Found:
        name, *rest = c
        yield _one(name, Use.PARAM)
        yield from self.each(rest, replace(around, beside=str(name), owner=str(name)))

    def setting_names(self, c: Nodes, around: Around) -> Found:
        """Yield what a scenario sets: plain values, where a bare word is no name but `infinite` or `nan`."""
        return (one for one in self.each(c, around) if one.use is not Use.VALUE)

    def record_names(self, c: Nodes, around: Around) -> Found:
        for name, value in zip(c[::3], c[2::3], strict=True):
            yield _one(name, Use.FIELD, around.owner)
            yield from self.visit(value, replace(around, beside=f"{around.owner}.{name}"))

    def test_names(self, c: Nodes, around: Around) -> Found:
        rules = tuple(str(node) for node in c if isinstance(node, Token) and node.type == "RULE_ID")
        return self.each(c, replace(around, rules=rules))

    def scenario_names(self, c: Nodes, around: Around) -> Found:
        yield _one(c[0], Use.FIXTURE)
        yield from self.each(c[1:], around)

    def without__names(self, c: Nodes, around: Around) -> Found:
        return _named(c, Use.FACT)

    def occurrence_names(self, c: Nodes, around: Around) -> Found:
        yield _one(c[0], Use.EVENT)
        yield from self.each(c[1:], replace(around, event=str(c[0])))

    def then__names(self, c: Nodes, around: Around) -> Found:
        return _named(c, Use.EVENT)

    def outcome_names(self, c: Nodes, around: Around) -> Found:
        *_, code, rule = c
        if code is not None:
            yield _one(code, Use.REASON, *((str(rule),) if rule is not None else around.rules))
        yield from self.visit(rule, around)

    trip_outcome_names = refuse_outcome_names = outcome_names

    def posture_outcome_names(self, c: Nodes, around: Around) -> Found:
        return _named(c[:1], Use.POSTURE)

    def action_outcome_names(self, c: Nodes, around: Around) -> Found:
        return _named(c, Use.ACTION)
