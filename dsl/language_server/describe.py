"""A thing in words, as Markdown: what it is, what it says today, what changes next, and who says so."""

from collections.abc import Iterator
from datetime import date

from dsl import ir
from dsl import syntax as s
from dsl.contracts import Age, Fact
from dsl.cost import rule_cost
from dsl.diagnostics import Diagnostic
from dsl.edits import part_of
from dsl.language_server.folder import Folder
from dsl.language_server.words import DETAIL
from dsl.lint.reach import deciding, params_in
from dsl.naming.meaning import Kind, Thing
from dsl.program import Number, numbers_in_force
from dsl.text import Span
from dsl.types import Type, show

KEYS_SHOWN = 12
"""Rows of a keyed param that are listed; the rest is counted."""


def describe(folder: Folder, thing: Thing, on: date) -> str:
    """Return what there is to say of a thing on a law date; empty where there is nothing."""
    ruleset = folder.compiled.ruleset
    match thing.kind:
        case Kind.PARAM if thing.name in ruleset.params:
            return _joined(_param(folder, ruleset.params[thing.name], on))
        case Kind.LET if thing.name in ruleset.lets:
            return _joined(_let(folder, thing, ruleset.lets[thing.name]))
        case Kind.WINDOW if thing.name in ruleset.windows:
            return _joined(_window(folder, ruleset.windows[thing.name]))
        case Kind.LIST if thing.name in ruleset.lists:
            return _joined(_list(folder, thing, ruleset.lists[thing.name]))
        case Kind.TABLE if thing.name in ruleset.tables:
            return _joined(_table(folder, ruleset.tables[thing.name], on))
        case Kind.RULE:
            return _joined(_rule(folder, thing.name))
        case Kind.FIXTURE:
            return _joined(_fixture(folder, thing))
        case Kind.REASON:
            return _joined(_reason(folder, thing.name))
        case Kind.FACT:
            return _joined(_fact(folder.environment.contracts.facts[thing.name]))
        case Kind.FIELD:
            source, _, name = thing.name.rpartition(".")
            field = folder.environment.contracts.facts[source].field_named(name)
            return _joined(_field(field, f"a field of the rows of `{source}`")) if field else ""
        case Kind.EVENT_FIELD:
            event, _, name = thing.name.rpartition(".")
            field = folder.environment.contracts.events[event].get(name)
            return _joined(_field(field, f"a field of `{event}`")) if field else ""
        case Kind.COLUMN:
            return _joined(_column(folder, thing))
        case Kind.EVENT:
            return _joined(_event(folder, thing.name))
        case Kind.NAMESPACE:
            return _joined(_namespace(folder, thing.name))
        case Kind.RULEBOOK:
            return _joined(_rulebook(folder, thing.name))
        case Kind.WORD if thing.name in DETAIL:
            return DETAIL[thing.name]
        case Kind.PARAM | Kind.LET | Kind.WINDOW | Kind.LIST | Kind.TABLE:
            return f"{thing.kind} `{thing.short}`: declared, and does not compile yet"
    return ""


def _joined(parts: Iterator[str]) -> str:
    return "\n\n".join(part for part in parts if part)


def _code(text: str) -> str:
    return f"```mqk-rules\n{text}\n```"


def _written(folder: Folder, span: Span) -> str:
    """Return a declaration as it is written, without the lines of its body."""
    text = part_of(folder.text(span.file), span)
    return text.partition("{")[0].rstrip() if "{" in text else text


def _doc(text: str) -> str:
    return " ".join(text.split())


def _age(age: Age) -> str:
    return f"the {age}" if age.kind == "bar" else str(age)


def _type(kind: Type) -> str:
    return f"enum [{', '.join(kind.values)}]" if kind.values else str(kind)


# ------------------------------------------------------------------------------------------ numbers


def _param(folder: Folder, param: ir.Param, on: date) -> Iterator[str]:
    yield _code(_written(folder, param.span))
    yield _doc(param.doc)
    if param.source is not None:
        yield f"kept in list `{param.source.listed.removeprefix('list:')}`, column `{param.source.column}`"
    else:
        yield "\n".join(_in_force(param, numbers_in_force(param, on.isoformat(), ()), on))
        yield "\n".join(_coming(param, on))
    yield "\n".join(_tightened(folder, param, on))
    yield _readers(folder, param.name)


def _in_force(param: ir.Param, numbers: dict[tuple[str, ...], Number], on: date) -> Iterator[str]:
    if not numbers:
        yield f"nothing is in force on {on}: whatever reads it is unknown"
    for key, number in list(numbers.items())[:KEYS_SHOWN]:
        since = f"since {number.since}" if number.since else "from the beginning"
        yield f"- {_key(key)}**{show(number.value, param.type)}** on {on}, {since} · {number.cite}"
    if len(numbers) > KEYS_SHOWN:
        yield f"- and {len(numbers) - KEYS_SHOWN} more"


def _coming(param: ir.Param, on: date) -> Iterator[str]:
    for row in param.rows:
        if row.since is not None and row.since > on.isoformat():
            yield f"- {_key(row.key)}**{show(row.value, param.type)}** from {row.since} · {row.cite}"


def _tightened(folder: Folder, param: ir.Param, on: date) -> Iterator[str]:
    bundle = folder.compiled.bundle
    if bundle is None:
        return
    house = numbers_in_force(param, on.isoformat(), ())
    for engine, overlay in folder.environment.overlays(bundle, param.name):
        number = numbers_in_force(param, on.isoformat(), (overlay,)).get(overlay.key)
        if number is not None and number != house.get(overlay.key):
            value = show(number.value, param.type)
            yield f"- {_key(overlay.key)}**{value}** for engine {engine} · {overlay.cite} · `{overlay.origin}`"


def _key(key: tuple[str, ...]) -> str:
    return f"`{', '.join(key)}` " if key else ""


def _readers(folder: Folder, param: str) -> str:
    ruleset = folder.compiled.ruleset
    book = param.rpartition(".")[0]
    own = (rule for rule in ruleset.rules if rule.rulebook == book)
    readers = [rule.id for rule in own if param in params_in(deciding(rule), ruleset.lets)]
    return f"decides in {', '.join(readers)}" if readers else ""


# ------------------------------------------------------------------------------------------ names


def _let(folder: Folder, thing: Thing, body: ir.Expr) -> Iterator[str]:
    book, _, name = thing.name.rpartition(".")
    declared = next((one.lets[name] for one in folder.compiled.books if one.name == book and name in one.lets), None)
    if declared is not None:
        yield _code(part_of(folder.text(declared.span.file), declared.span))
        yield _doc(declared.doc)
    yield f"type: {_type(body.type)}"


def _window(folder: Folder, window: ir.Window) -> Iterator[str]:
    yield _code(part_of(folder.text(window.span.file), window.span))
    yield f"type: {_type(window.type)}"
    if window.since is not None:
        yield f"counts from the last `{window.since}` on"
    elif window.sessions:
        yield f"the current session and the {window.sessions - 1} before it, of {window.calendar}"
    else:
        yield "slides: what is older than that no longer counts; the current order is not counted"
    if window.is_market:
        yield "the market's own events: unknown until a whole stretch has been watched"


def _list(folder: Folder, thing: Thing, listed: ir.ListUse) -> Iterator[str]:
    yield _code(_written(folder, listed.span))
    book, _, name = thing.name.rpartition(".")
    declared = next((one.lists[name] for one in folder.compiled.books if one.name == book and name in one.lists), None)
    yield _doc(declared.doc) if declared is not None else ""
    yield f"kept in {listed.origin} `{listed.place}` by {listed.owner}"
    columns = [f"- `{column}`: {_type(kind)}" for column, kind in listed.type.fields]
    yield "\n".join(columns) if columns else f"type: {_type(listed.type)}"
    rows = f"at least {_count(listed.minimum_rows, 'row')}" if listed.minimum_rows else "may be empty"
    yield f"stale after {_age(listed.age)}, {rows}" if listed.age is not None else rows


def _column(folder: Folder, thing: Thing) -> Iterator[str]:
    listed, _, column = thing.name.rpartition(".")
    found = folder.compiled.ruleset.lists.get(listed)
    kind = found.type.field(column) if found is not None else None
    if kind is not None:
        yield f"column `{column}` of list `{listed.rpartition('.')[2]}`: {_type(kind)}"


def _table(folder: Folder, table: ir.Table, on: date) -> Iterator[str]:
    yield _code(f'table {table.name.rpartition(".")[2]} "{table.title}"')
    yield _doc(table.doc)
    given = ", ".join(f"`{part_of(folder.text(one.span.file), one.span)}`" for one in table.inputs)
    yield f"given {given} it gives a {_type(table.type)}"
    for version in table.versions:
        is_coming = version.since is not None and version.since > on.isoformat()
        begins = f"from {version.since}" if version.since else "always"
        yield f"- {begins}{' (not yet)' if is_coming else ''}{f' · {version.cite}' if version.cite else ''}"
    yield f"{' · '.join(table.cite)} · owner {table.owner}"


# ------------------------------------------------------------------------------------------ rules


def _rule(folder: Folder, rule_id: str) -> Iterator[str]:
    texts = (book.rules[rule_id] for book in folder.compiled.books if rule_id in book.rules)
    text = next(texts, None)
    if text is None:
        return
    yield _code(f'{text.kind} {text.id} "{text.title}"')
    yield _doc(text.doc)
    rule = next((one for one in folder.compiled.ruleset.rules if one.id == rule_id), None)
    if rule is None:
        yield "does not compile yet"
        return
    scope = f", judged per {', '.join(rule.scope)}" if rule.scope else ""
    dates = " ".join(f"{word} {day}" for word, day in (("from", rule.since), ("until", rule.until)) if day)
    yield f"on {rule.stage}, {rule.mode}{scope}{f', in force {dates}' if dates else ''}"
    yield "\n".join(f"- {_line(folder, line, text)}" for line in rule.lines)
    yield f"{' · '.join(rule.cite)} · owner {rule.owner}"
    steps = rule_cost(rule, folder.compiled.ruleset, folder.compiled.contracts)
    yield f"{_tests(folder, rule_id)}; at most {steps} steps"


def _line(folder: Folder, line: ir.Line, text: s.RuleText) -> str:
    written = " ".join(part_of(folder.text(text.span.file), line.span).split())
    return f"`{written}`" if line.code in written else f"`{written}` · code {line.code}"


def _tests(folder: Folder, rule_id: str) -> str:
    named = [test for book in folder.compiled.books for test in book.tests if rule_id in (id_ for id_, _ in test.rules)]
    scenarios = sum(len(test.scenarios) for test in named)
    return f"{_count(scenarios, 'scenario')} in {_count(len(named), 'test')}" if named else "no test names it"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _fixture(folder: Folder, thing: Thing) -> Iterator[str]:
    book, _, name = thing.name.rpartition(".")
    fixture = next((one.fixtures.get(name) for one in folder.compiled.books if one.name == book), None)
    if fixture is not None:
        yield _code(part_of(folder.text(fixture.span.file), fixture.span))


def _reason(folder: Folder, code: str) -> Iterator[str]:
    yield f"reason code `{code}`"
    for rule in folder.compiled.ruleset.rules:
        for line in rule.lines:
            if line.code == code:
                yield f"- {rule.id} {rule.title}: {line.effect}"


# ------------------------------------------------------------------------------------------ facts


def _fact(fact: Fact) -> Iterator[str]:
    yield _code(f"{fact.path}: {_type(fact.type)}")
    yield from _about(fact)
    yield f"contract `{fact.path.partition('.')[0]}`" if "." in fact.path else ""


def _field(field: Fact, whose: str) -> Iterator[str]:
    yield _code(f"{field.path}: {_type(field.type)}")
    yield whose
    yield from _about(field)


def _about(fact: Fact) -> Iterator[str]:
    yield fact.description
    bounds = _bounds(fact)
    traits = [
        f"stale after {_age(fact.max_age)}" if fact.max_age is not None else "",
        "optional: absence is a case to ask for" if fact.optional else "",
        "never unknown" if fact.total else "",
        "worked out by the desk" if fact.computed else "",
        f"kept per {', '.join(fact.key)}" if fact.key else "",
        f"{fact.monotone} as the order's quantity rises" if fact.monotone else "",
        f"at most {fact.max_items} rows" if fact.max_items else "",
    ]
    yield ", ".join(part for part in (bounds, *traits) if part)
    if fact.fields:
        yield "\n".join(f"- `{one.path}`: {_type(one.type)}" for one in fact.fields)


def _bounds(fact: Fact) -> str:
    low = None if fact.low is None else show(fact.low, fact.type)
    high = None if fact.high is None else show(fact.high, fact.type)
    if low is not None and high is not None:
        return f"{'more than ' if fact.low_open else ''}{low} .. {high}"
    if low is not None:
        return f"more than {low}" if fact.low_open else f"{low} or more"
    return f"at most {high}" if high is not None else ""


def _event(folder: Folder, event: str) -> Iterator[str]:
    contracts = folder.environment.contracts
    yield f"event `{event}`" + (", of the market" if event in contracts.market_events else "")
    yield "\n".join(f"- `{name}`: {_type(field.type)}" for name, field in contracts.events[event].items())


def _namespace(folder: Folder, name: str) -> Iterator[str]:
    facts = [fact for fact in folder.environment.contracts.facts.values() if fact.path.startswith(f"{name}.")]
    yield f"contract `{name}`, {_count(len(facts), 'fact')}"
    yield "\n".join(f"- `{fact.path}`: {_type(fact.type)}" for fact in facts)


def _rulebook(folder: Folder, name: str) -> Iterator[str]:
    book = next((one for one in folder.compiled.books if one.name == name), None)
    if book is not None:
        yield _code(f'rulebook {book.name} "{book.title}"')
        scenarios = sum(len(test.scenarios) for test in book.tests)
        counts = ((len(book.params), "param"), (len(book.rules), "rule"), (scenarios, "scenario"))
        yield ", ".join(_count(number, word) for number, word in counts)


def describe_diagnostic(found: Diagnostic) -> str:
    """Return why a diagnostic matters, from the page of its code; empty where there is none."""
    from dsl.codes import page

    known = page(found.code)
    return f"**{known.code}: {known.title}**\n\n{known.why}" if known is not None else ""
