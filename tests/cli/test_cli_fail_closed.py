"""For every fact of every shipped rule: absent, stale, NaN, wrong type or from the future never lets risk grow."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from dsl import ir
from dsl.program import Program, in_force
from dsl.reads import rule_expressions
from engine.contracts import fact_fields
from engine.marketdata.calendar import load_calendar
from engine.model.time import MILLISECOND, MINUTE, SECOND
from engine.service.rule_files import load_bundle
from engine.service.stream_desk import Answer
from tests.cli.stream_script import (
    COUNTED,
    HELD,
    PROBES,
    event,
    fact,
    fill,
    house_with_list,
    intent,
    play,
    probes,
    reducing,
    restate,
    rules_that_permit_short_sales,
)

DAY = date(2026, 3, 2)
CALENDAR = load_calendar()
SESSION = CALENDAR.session_on(DAY)
INDEX = CALENDAR.sessions.index(SESSION)
REFERENCE = CALENDAR.sessions[INDEX - 300].close
TOLERANCE = 50 * MILLISECOND
FAULTS = ("absent", "stale", "nan", "wrong type", "future")
PROVES_REDUCTION = ("reconcile.state",)
"""Facts the proof that an order reduces rests on: without them nothing is proven."""


def program() -> Program:
    return in_force(load_bundle(), "pre_trade", DAY)


PROGRAM = program()
STATED = tuple(
    slot.path for slot in PROGRAM.slots if slot.path in fact_fields() and not fact_fields()[slot.path].is_computed
)
"""Every fact of the shipped rules that comes from outside."""


def reads(rule: ir.Rule) -> frozenset[str]:
    """Return every fact a rule can need; reasons never create a need."""
    found: set[str] = set()

    def visit(expr: ir.Expr) -> None:
        for part in ir.walk(expr):
            if isinstance(part, ir.FactRef):
                found.add(part.path)
            elif isinstance(part, ir.LetRef):
                visit(PROGRAM.lets[part.name])

    spoken = {id(piece) for piece in rule.because.pieces}
    for expr in rule_expressions(rule):
        if id(expr) not in spoken:
            visit(expr)
    return frozenset(found)


READERS = {path: tuple(rule for rule in PROGRAM.rules if path in reads(rule)) for path in STATED}
OPTIONAL = tuple(slot.path for slot in PROGRAM.slots if slot.fact.optional and slot.path in STATED)
"""Facts whose absence is a case the text decides: what they do is for the tests of the rules that read them."""
PATHS = tuple(path for path in STATED if READERS[path] and path not in OPTIONAL)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the desk answered to every probe while one fact had one fault, and just before it had it."""

    broken: dict[str, Answer]
    edge: dict[str, Answer]


def bound(path: str) -> str:
    return str(fact_fields()[path].max_age)


def is_by_session(path: str) -> bool:
    return "session" in bound(path)


def wrong_type(path: str) -> Any:
    return "1" if isinstance(COUNTED[path], bool) else True


def broken_lines(path: str, fault: str, at: int) -> Iterator[dict[str, Any] | bytes]:
    """Yield the lines that give a fact its fault at `at`."""
    value = COUNTED[path]
    match fault:
        case "absent":
            yield fact(path, None, at)
        case "stale" if not is_by_session(path):
            yield fact(path, value, at, at - MINUTE - 1)
        case "stale":
            sessions = int(bound(path).split()[0])
            yield fact(path, value, at, CALENDAR.sessions[INDEX - sessions + 1].close)
        case "nan":
            yield json.dumps(fact(path, 0, at)).replace('"value": 0', '"value": NaN').encode() + b"\n"
        case "wrong type":
            yield fact(path, wrong_type(path), at)
        case "future":
            yield fact(path, value, at, at + TOLERANCE + 1)


def edge_lines(path: str, fault: str, at: int) -> Iterator[dict[str, Any]]:
    """Yield the lines that bring a fact to the last value that is still good, where the fault has such an edge."""
    if fault == "future":
        yield fact(path, COUNTED[path], at, at + TOLERANCE)
    elif fault == "stale" and not is_by_session(path):
        yield fact(path, COUNTED[path], at, at - MINUTE)


def ask(label: str, extra: int, at: int, answers: list[Answer], into: dict[str, Answer]) -> Iterator[dict[str, Any]]:
    """Ask with every probe, a reducing order and a cancel; take back what was allowed."""
    cancel = {"kind": "CANCEL", "target": "nothing", "quantity": "1"}
    asked = {**probes(extra), "reduce": reducing(extra), "cancel": cancel}
    for number, (name, fields) in enumerate(asked.items()):
        intent_id = f"{label}-{number}"
        yield intent(intent_id, at, f"s{label}", **fields)
        into[name] = answers[-1]
        if answers[-1].verdict != "reject" and name != "cancel":
            yield event("ORDER_CANCELED", at, {"intent_id": intent_id})


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Seen]:
    """Judge every case in two streams: one within a session, one a microsecond after its close."""
    out: dict[tuple[str, str], Seen] = {}
    cases = [(path, fault) for path in PATHS for fault in FAULTS]

    def within(answers: list[Answer]) -> Iterator[dict[str, Any] | bytes]:
        at = SESSION.open + 10 * MINUTE
        yield fill("opening", at, str(HELD))
        for number, (path, fault) in enumerate(cases):
            if fault == "stale" and is_by_session(path):
                continue
            at += 2 * MINUTE + SECOND
            result = out.setdefault((path, fault), Seen({}, {}))
            yield from restate(at, reference_age=REFERENCE, known=COUNTED)
            yield from edge_lines(path, fault, at)
            yield from ask(f"e{number}", 0, at, answers, result.edge)
            yield from broken_lines(path, fault, at)
            yield from ask(f"b{number}", 1, at, answers, result.broken)

    def after(answers: list[Answer]) -> Iterator[dict[str, Any] | bytes]:
        chosen = [(n, case) for n, case in enumerate(cases) if case[1] == "stale" and is_by_session(case[0])]
        yield fill("opening", SESSION.close, str(HELD))
        for late in (0, 1):
            for place, (number, (path, fault)) in enumerate(chosen):
                at = SESSION.close + late
                result = out.setdefault((path, fault), Seen({}, {}))
                yield from restate(at, reference_age=REFERENCE, known=COUNTED)
                yield from broken_lines(path, fault, at)
                into, label = (result.broken, "b") if late else (result.edge, "e")
                yield from ask(f"{label}{number}", 2 * place + late, at, answers, into)

    folder = tmp_path_factory.mktemp("lists")
    rules = rules_that_permit_short_sales(folder)
    play(house_with_list(folder / "a", SESSION.open, rules), within)
    play(house_with_list(folder / "b", SESSION.close + 1, rules), after)
    return out


def named(answer: Answer, path: str) -> list[dict[str, Any]]:
    """Return the findings that name a fact as unknown."""
    said = []
    for finding in answer.line["findings"]:
        if any(each["fact"].partition("[")[0] == path for each in finding.get("facts", ())):
            said.append(finding)
    return said


def test_the_cases_cover_every_stated_fact_but_those_that_reasons_only_show():
    shown = {piece.path for rule in PROGRAM.rules for piece in rule.because.pieces if isinstance(piece, ir.FactRef)}
    assert set(STATED) - set(PATHS) - set(OPTIONAL) <= shown and OPTIONAL == ("account.iml_adopted_on",)
    assert set(PATHS) <= set(COUNTED) and len(PATHS) >= 14


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("path", PATHS)
def test_a_fact_that_cannot_be_relied_on_rejects_and_is_named(seen, path, fault):
    answers = seen[path, fault].broken
    speaking = {finding["rule"] for name in PROBES for finding in named(answers[name], path)}
    assert {rule.id for rule in READERS[path] if rule.mode == "enforced"} <= speaking
    for name in PROBES:
        if named(answers[name], path):
            assert answers[name].verdict == "reject", (name, answers[name].line)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("path", PATHS)
def test_the_last_good_microsecond_of_a_fact_still_passes(seen, path, fault):
    for name, answer in seen[path, fault].edge.items():
        assert answer.verdict != "reject", (name, answer.line)
        assert not named(answer, path)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("path", PATHS)
def test_a_reducing_order_passes_flagged_unless_its_proof_reads_the_fact(seen, path, fault):
    answer = seen[path, fault].broken["reduce"]
    speaking = named(answer, path)
    binding = {rule.id for rule in READERS[path] if rule.missing.even_reducing}
    if path in PROVES_REDUCTION or binding & {finding["rule"] for finding in speaking}:
        assert answer.verdict == "reject"
        return
    assert answer.verdict in ("allow", "flag")
    assert {finding["effect"] for finding in speaking} <= {"flag"}
    assert (answer.verdict == "flag") == bool(speaking)


def test_some_reducing_order_is_flagged_so_that_the_law_above_says_something(seen):
    assert "flag" in {case.broken["reduce"].verdict for case in seen.values()}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("path", PATHS)
def test_a_cancel_always_passes(seen, path, fault):
    assert seen[path, fault].broken["cancel"].verdict == "allow"


REQUIRED = (
    "intent_id", "engine", "account", "strategy", "principal", "kind", "symbol", "side", "type", "quantity",
    "time_in_force", "limit_price",
)  # fmt: skip
COMPUTED = ("reduces_only", "increases_risk", "purpose", "leaves")


def intent_lines(at: int) -> Iterator[tuple[str, bytes]]:
    """Yield broken intents with the field each must be refused for."""
    good = intent("x", at)
    for field in REQUIRED:
        body = {name: value for name, value in good["intent"].items() if name != field}
        yield field, json.dumps({**good, "intent": body}).encode()
        for value in (None, True, {"a": 1}, "\u202eevil"):
            yield field, json.dumps({**good, "intent": {**good["intent"], field: value}}).encode()
        marked = json.dumps({**good, "intent": {**good["intent"], field: "MARK"}})
        yield field, marked.replace('"MARK"', "NaN").encode()
    for field in COMPUTED:
        yield field, json.dumps({**good, "intent": {**good["intent"], field: True}}).encode()
    yield "nonsense", json.dumps({**good, "intent": {**good["intent"], "nonsense": 1}}).encode()


def test_an_intent_its_contract_refuses_is_answered_by_a_recorded_reject_that_names_the_field(tmp_path):
    at = SESSION.open + MINUTE
    fields = [field for field, _ in intent_lines(at)]

    def script(answers: list[Answer]) -> Iterator[dict[str, Any] | bytes]:
        yield from restate(at, reference_age=REFERENCE, known=COUNTED)
        yield intent("first", at)
        for _, line in intent_lines(at):
            yield line + b"\n"

    first, *answers = play(house_with_list(tmp_path, SESSION.open), script)
    assert first.verdict == "allow"
    assert len(answers) == len(fields)
    for field, answer in zip(fields, answers, strict=True):
        (finding,) = answer.line["findings"]
        assert (answer.verdict, answer.line["quantity"], finding["code"]) == ("reject", "0", "INTENT_INVALID")
        assert field in finding["because"], finding
    ids = [answer.line["intent_id"] for answer in answers]
    assert len(set(ids)) == len(ids)
