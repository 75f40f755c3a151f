"""Arming: every checklist in force is judged at once, on facts gathered for it; one line that fails refuses."""

from dataclasses import dataclass
from typing import Any

from dsl.interpret import Interpreter
from dsl.judgement import Finding
from dsl.reasons import because
from engine.decision.watching import Seen
from engine.model.event import EventType
from engine.model.time import Timestamp
from engine.runtime.comparison import Comparison
from engine.runtime.entry import Entry
from engine.runtime.halt import RunRefused
from engine.runtime.setting import RunSetting
from engine.runtime.watch_desk import WatchDesk


@dataclass(frozen=True, slots=True)
class Unmet:
    """A requirement that does not hold, or that nobody can tell: of which checklist, for which key, and why."""

    checklist: str
    key: tuple[str, ...]
    line: str
    code: str
    because: str
    facts: tuple[tuple[str, str], ...] = ()

    def as_data(self) -> dict[str, Any]:
        data: dict[str, Any] = {
            "checklist": self.checklist, "key": list(self.key), "line": self.line, "code": self.code,
            "because": self.because,
        }  # fmt: skip
        if self.facts:
            data["facts"] = [{"path": path, "reason": reason} for path, reason in self.facts]
        return data

    def __str__(self) -> str:
        unknown = ", ".join(f"{path} is {reason}" for path, reason in self.facts)
        return f'{self.checklist} "{self.line}" ({self.code}){f": {unknown}" if unknown else ""}'


class Arming:
    """Asks the checklists of a run. Confirmation and signatures are for live modes, which are not armed here."""

    def __init__(self, setting: RunSetting, comparison: Comparison, watch: WatchDesk) -> None:
        self._setting, self._comparison, self._watch = setting, comparison, watch

    def compare(self, at: Timestamp) -> Entry:
        """Return how our book compares with the broker's now; what it says holds until the next close."""
        return self._comparison.compare(at, self._setting.calendar.next_close_after(at))

    def unmet(self, at: Timestamp) -> tuple[Unmet, ...]:
        """Return every requirement of every checklist in force that does not hold, by checklist and line."""
        law_date, watcher = self._setting.law_date_at(at), self._watch.watcher
        found: list[Unmet] = []
        for group in watcher.groups(law_date, "arming"):
            scope = group.program.rules[0].scope
            for key in self._watch.alive(scope):
                seen = watcher.judged(group, watcher.facts(scope, key), key, at, law_date)
                found += [_unmet(seen, finding) for finding in seen.judgement.findings if finding.mode == "enforced"]
        return tuple(sorted(found, key=lambda one: (one.checklist, one.key)))

    def asked(self, at: Timestamp) -> tuple[str, ...]:
        """Return the checklists in force."""
        groups = self._watch.watcher.groups(self._setting.law_date_at(at), "arming")
        return tuple(sorted(rule.id for group in groups for rule in group.program.rules))


def refused(at: Timestamp, unmet: tuple[Unmet, ...]) -> Entry:
    """Return the entry of an arming that was refused."""
    return Entry(EventType.ARMING_REFUSED, at, {"unmet": [one.as_data() for one in unmet]})


def refusal(unmet: tuple[Unmet, ...]) -> RunRefused:
    """Return what is raised where arming is refused: every line at once."""
    help_ = "meet every line, then start again; `mqk rules doc` says what each asks for"
    return RunRefused("ARMING_REFUSED", "; ".join(map(str, unmet)), help_)


def _unmet(seen: Seen, finding: Finding) -> Unmet:
    rule = seen.rule(finding.rule)
    label = rule.lines[finding.line - 1].label if finding.line else "every line"
    told = because(rule.because, Interpreter(seen.program, seen.snapshot))
    return Unmet(rule.id, seen.key, label, finding.code, told, tuple(finding.facts))
