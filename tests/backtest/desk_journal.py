"""A journal of records made by a desk in this process, and candidates made by rewriting the shipped rules."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from dsl.bundle import Bundle
from dsl.interpret import judge as interpret
from dsl.pipeline import compile_rules
from dsl.program import Overlay, in_force
from dsl.text import Source
from engine.backtest.journal import RecordStretch, stretches_of
from engine.backtest.parquet import ParquetJournal
from engine.backtest.records import Signature, recorded_from, signature_from, signature_of
from engine.backtest.replay import Replay, Replayed
from engine.backtest.settings import Documents, PackedDocuments, Settings
from engine.decision.record import snapshot_from
from engine.marketdata.calendar import load_calendar
from engine.model.time import parse_date
from engine.shipped import shipped
from tests.explain.judged_desk import CONFIG, LIST_FILE, LISTED, RESTRICTED, JudgedDesk, every_verdict, sources

CONFIGURED = hashlib.sha256(CONFIG).hexdigest()


def schemas() -> dict[str, Any]:
    """Return the shipped contracts."""
    files = sorted(shipped("specs").glob("*.schema.json"))
    return {file.name.removesuffix(".schema.json"): json.loads(file.read_text(encoding="utf-8")) for file in files}


def candidate(*changes: tuple[str, str], extra: str = "", contracts: Mapping[str, Any] | None = None) -> Bundle:
    """Return the shipped rules with texts replaced, each of which must be there, and one more rulebook."""
    texts = {source.name: source.text for source in sources()}
    for old, new in changes:
        assert any(old in text for text in texts.values()), old
        texts = {name: text.replace(old, new) for name, text in texts.items()}
    files = [Source(name, text) for name, text in texts.items()]
    if extra:
        files.append(Source("rules/pre_trade/extra.rules", HEAD + extra))
    bundle, found = compile_rules(files, contracts or schemas())
    assert bundle is not None, [d.message for d in found]
    return bundle


HEAD = 'rulebook pre_trade.extra "Extra"\ncalendar XNYS zone "America/New_York"\nuses account, intent, market\n'


def rule(line: str, clauses: str = "") -> str:
    """Return a rule text with one effect line."""
    return f'rule X-01 "x" {{\n  on pre_trade\n{clauses}  {line}\n  cite "C"\n  owner o\n  because "x"\n}}\n'


@dataclass
class DeskJournal:
    """Records in memory as a journal, with what they refer to."""

    records: Sequence[Mapping[str, Any]]
    documents: Documents

    def total(self) -> int:
        return len(self.records)

    def stretches(self, rows: int) -> Iterator[RecordStretch]:
        return stretches_of((recorded_from(r["decision_id"], r) for r in self.records), rows)


def journal_of(desk: JudgedDesk, **without: bool) -> DeskJournal:
    """Return what a desk has decided; `bundle=False` and so on leave a document out."""
    contents = {"bundle": desk.bundle.canonical, "config": CONFIG, "list": LIST_FILE}
    kept = [content for name, content in contents.items() if without.get(name, True)]
    return DeskJournal(
        desk.records, PackedDocuments({hashlib.sha256(content).hexdigest(): content for content in kept})
    )


def desk_of_every_verdict() -> JudgedDesk:
    """Return a desk that has decided of every verdict, with facts unknown to some."""
    desk = JudgedDesk()
    list(every_verdict(desk))
    for symbol, shares in (("ALFA", 700), ("BRVO", 900)):
        desk.wait(61 * 1_000_000)
        desk.judge(desk.intent("BUY", shares, symbol))
    desk.hold_position("DLTA", 100)
    desk.forget("market.ask", "DLTA")
    desk.forget("market.bid", "DLTA")
    for side, limit in (("SELL", "77.10"), ("BUY", None), ("BUY", "77.10"), ("SELL", None)):
        desk.wait(61 * 1_000_000)
        desk.judge(desk.intent(side, 10, "DLTA", limit))
    return desk


def replay(
    journal: DeskJournal | ParquetJournal, bundle: Bundle, law_date: date | None = None,
    overlays: tuple[Overlay, ...] = (), examples: int = 2,
) -> Replayed:  # fmt: skip
    """Judge a journal again."""
    settings = Settings(journal.documents, lambda raw: overlays)
    return Replay(bundle, settings, load_calendar(), law_date, examples).run(journal, lambda done, total: None)


def expected_signatures(
    records: Sequence[Mapping[str, Any]], bundle: Bundle, overlays: tuple[Overlay, ...] = ()
) -> list[tuple[Signature, Signature]]:
    """Return what was said of every record and what the interpreter now says, for a candidate with the same slots."""
    out = []
    for record in records:
        program = in_force(bundle, record["stage"], parse_date(record["law_date"]), overlays)
        judgement = interpret(program, snapshot_from(record, program, {LISTED: RESTRICTED}))
        out.append((signature_from(record["findings"]), signature_of(judgement.findings)))
    return out


def number(text: str) -> Fraction:
    return Fraction(text)
