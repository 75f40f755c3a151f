"""One rule on a real desk: compiled from text, asked through the decision stream, by both ways of judging alike."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from dsl.diagnostics import Severity
from dsl.interpret import judge as interpret
from dsl.judgement import Judgement
from dsl.program import Program
from dsl.snapshot import Snapshot
from engine.marketdata.calendar import load_calendar
from engine.model.time import MINUTE, Timestamp, format_timestamp
from engine.service.refusal import RulesRefused
from engine.service.rule_files import load_bundle
from engine.service.stream import judge_stream
from engine.service.stream_world import StreamRequest, read_house
from tests.cli.stream_script import ACCOUNT, fact, fill, intent, restate

CALENDAR = load_calendar()
TODAY = 300
"""Place of the day of the traps among the sessions of the calendar, far enough from both ends."""
SESSION = CALENDAR.sessions[-TODAY]
AT = Timestamp(SESSION.open + 10 * MINUTE)
HEAD = """rulebook pre_trade.trap "A trap"
calendar XNYS zone "America/New_York"
uses intent, account, market, integrity, projected

{declared}
rule TRAP-01 "The trap" {{
  on       pre_trade
{lines}
  cite     "Test"
  owner    tests
  because  "it is one"
}}
"""
Line = dict[str, Any]


class Interpreted:
    """Judges like a compiled program and compiles nothing."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def judge(self, snapshot: Snapshot) -> Judgement:
        return interpret(self._program, snapshot)


class TrapDesk:
    """A folder of one rulebook and its lists. `ask` takes facts over good ones, then one order."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, lines: str, declared: str = "") -> None:
        self._folder, self._monkeypatch = folder, monkeypatch
        book = folder / "rules" / "pre_trade" / "trap.rules"
        book.parent.mkdir(parents=True, exist_ok=True)
        indented = "\n".join(f"  {line.strip()}" for line in lines.strip().splitlines())
        book.write_text(HEAD.format(declared=declared, lines=indented), encoding="utf-8")

    @property
    def rules(self) -> Path:
        return self._folder / "rules"

    def complaints(self) -> set[str]:
        """Return the codes of the errors the rulebook has."""
        try:
            load_bundle(self.rules)
        except RulesRefused as refused:
            return {found.code for found in refused.diagnostics if found.severity is Severity.ERROR}
        return set()

    def keep_list(self, name: str, rows: tuple[str, ...], as_of: int = AT, column: str = "symbol") -> None:
        """Write a maintained list beside the rules."""
        heads = {"list": f"{name} v1", "as_of": format_timestamp(as_of), "owner": "t", "source": "t", "rows": len(rows)}
        text = "".join(f"#! {key} {value}\n" for key, value in heads.items())
        body = "".join(f"{row}\n" for row in (column, *rows))
        (self._folder / f"{name}.csv").write_text(text + body, encoding="utf-8")

    def ask(self, *facts: Line, held: int = 0, **order: Any) -> tuple[str, set[str]]:
        """Return the verdict on an order and the codes of its findings, the same by both ways of judging."""
        answer = self.answer(*facts, held=held, **order)
        return answer["verdict"], {finding["code"] for finding in answer["findings"]}

    def answer(self, *facts: Line, held: int = 0, **order: Any) -> Line:
        """Return the whole answer to an order, the same by both ways of judging."""
        lines = list(restate(AT, reference_age=CALENDAR.sessions[-TODAY - 300].close))
        lines += [fill("opening", AT, str(held))] if held else []
        lines += [*facts, intent("order", AT, **order)]
        compiled = self._judged(lines)
        with self._monkeypatch.context() as patched:
            patched.setattr("engine.decision.decide.Judge", Interpreted)
            assert self._judged(lines) == compiled
        return compiled

    def _judged(self, lines: list[Line]) -> Line:
        house = read_house(StreamRequest(rules=self.rules, lists=self._folder, account=ACCOUNT))
        stream = BytesIO("".join(json.dumps(line) + "\n" for line in lines).encode())
        *_, answer = judge_stream(house, stream, "trap")
        return answer.line


def withdrawn(path: str) -> Line:
    """Return the line that makes a fact unknown."""
    return fact(path, None, AT)


def aged(path: str, value: Any, sessions: int) -> Line:
    """Return the line of a fact as of the close of that many sessions ago."""
    return fact(path, value, AT, CALENDAR.sessions[-TODAY - sessions].close)
