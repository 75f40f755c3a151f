"""Drafts in the words of a rule file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dsl import ir
from dsl.bundle import Bundle
from dsl.cases import DEFAULT_DAY, SESSION, Setting
from dsl.collect import BY_HAND
from dsl.contracts import Fact
from dsl.literals import literal, number, quoted, stretch
from dsl.names import Rulebook
from dsl.program import fact_of
from dsl.skeleton.draft import Draft, Event, Later
from dsl.types import rate


class Unsayable(Exception):
    """Something in a draft has no way to be written; it carries what."""


@dataclass(frozen=True, slots=True)
class Written:
    """A scenario in words: the fixture it needs where its rulebook has none that fits, and its parts.

    `given` stands before the first `expect`, `later` before each that follows.
    """

    fixture: str
    given: str
    later: tuple[str, ...]

    def test(self, title: str, rules: tuple[str, ...], expects: tuple[str, ...]) -> str:
        """Return the whole test, its fixture before it."""
        of = f" of {', '.join(rules)}" if rules else ""
        first, *others = expects
        lines = [f"test {quoted(title)}{of} {{", f"  {self.given} expect {first}"]
        lines += [f"    {later} expect {one}" for later, one in zip(self.later, others, strict=True)]
        head = f"{self.fixture}\n\n" if self.fixture else ""
        return head + "\n".join([*lines, "}"]) + "\n"


class Writer:
    """Writes drafts for one rulebook. `fixtures` are what its fixtures set."""

    def __init__(self, bundle: Bundle, book: Rulebook, fixtures: Mapping[str, Mapping[str, Setting]]) -> None:
        self._bundle, self._book, self._fixtures = bundle, book, fixtures

    def write(self, draft: Draft, own_fixture: str) -> Written:
        """Return a draft over the fixture it differs from least; `own_fixture` names one where there is none.

        Raises Unsayable.
        """
        best: list[str] | None = None
        for name, held in self._fixtures.items():
            parts = [f"given {name}", *self._differences(draft, held)]
            if best is None or len(" ".join(parts)) < len(" ".join(best)):
                best = parts
        fixture = ""
        if best is None:
            listed = [self._assignment(path, one) for path, one in draft.settings.items()]
            fixture = f"fixture {own_fixture} {{ {', '.join(listed)} }}" if listed else f"fixture {own_fixture} {{}}"
            best = [f"given {own_fixture}", *self._differences(draft, draft.settings)]
        tail = [*self._after(draft.events, draft.settings)]
        tail += [f"then {self._moment(draft)} at {stretch(draft.judged)}"] if draft.judged is not None else []
        tail += [f"at {draft.day.isoformat()}"] if draft.day != DEFAULT_DAY else []
        return Written(fixture, " ".join([*best, *tail]), tuple(self._later(draft)))

    def _moment(self, draft: Draft) -> str:
        """Return what comes when the scenario is judged: the order, or nothing but time."""
        return "intent.proposed" if draft.stage == "pre_trade" else "look"

    def _later(self, draft: Draft) -> Iterator[str]:
        settings = dict(draft.settings)
        for step in draft.later:
            yield " ".join([f"then at {stretch(step.at)}", *self._changes(step, settings)])
            for path, one in step.changes.items():
                settings.pop(path, None)
                settings.update({path: one} if one is not None else {})

    def _changes(self, step: Later, before: Mapping[str, Setting]) -> Iterator[str]:
        set_ = [self._assignment(path, one) for path, one in step.changes.items() if one is not None]
        left = [self._name(path) for path, one in step.changes.items() if one is None and path in before]
        yield from [f"with {', '.join(set_)}"] if set_ else []
        yield from [f"without {', '.join(left)}"] if left else []
        after = {p: one for p, one in {**before, **step.changes}.items() if one is not None}
        yield from self._after(step.events, after)

    def _differences(self, draft: Draft, held: Mapping[str, Setting]) -> Iterator[str]:
        changed = [self._assignment(p, one) for p, one in draft.settings.items() if held.get(p) != one]
        changed += [self._number(*one) for one in draft.numbers]
        left = [self._name(path) for path in held if path not in draft.settings]
        yield from [f"with {', '.join(changed)}"] if changed else []
        yield from [f"without {', '.join(left)}"] if left else []

    def _assignment(self, path: str, one: Setting) -> str:
        fact = _fact(self._bundle, path)
        text = literal(one.value, fact.type)
        if text is None:
            raise Unsayable(path)
        aged = f" aged {_age(one.age)}" if one.age else ""
        return f"{self._name(path)} = {text}{aged}"

    def _number(self, name: str, key: tuple[str, ...], value: ir.Value) -> str:
        param = self._bundle.ruleset.params[name]
        own, _, short = name.rpartition(".")
        shown = short if own == self._book.name else name
        text = number(value, param.type) if param.type.is_number else literal(value, param.type)  # type: ignore[arg-type]
        if text is None:
            raise Unsayable(name)
        keys = f"[{', '.join(map(_key, key))}]" if key else ""
        return f"param {shown}{keys} = {text}"

    def _after(self, events: tuple[Event, ...], settings: Mapping[str, Setting]) -> Iterator[str]:
        said = [self._event(event) for event in events]
        yield from [f"after {', '.join(said)}"] if said else []

    def _event(self, event: Event) -> str:
        facts = {**self._bundle.contracts.events, **BY_HAND}[event.name]
        having = [f"{name} = {_stored(value, facts[name])}" for name, value in event.fields.items()]
        text = event.name + (f" ({', '.join(having)})" if having else "") + f" at {stretch(event.at)}"
        return text + (f" .. {stretch(event.until)} every {stretch(event.every)}" if event.until is not None else "")

    def _name(self, path: str) -> str:
        if path.startswith("list:"):
            own, _, short = path.removeprefix("list:").rpartition(".")
            return short if own == self._book.name else f"{own}.{short}"
        return path.replace(",", ", ") if path.startswith("fx.rate[") else path


def _stored(value: Any, fact: Fact) -> str:
    text = literal(value, fact.type)
    if text is None:
        raise Unsayable(fact.path)
    return text


def _fact(bundle: Bundle, path: str) -> Fact:
    fact = fact_of(bundle, path)
    if path.startswith("fx.rate["):
        source, _, target = path.partition("[")[2].rstrip("]").partition(",")
        return replace(fact, type=rate(source, target))
    return fact


def _key(part: str) -> str:
    is_word = part.replace("_", "").isalnum() and part == part.upper() and part[:1].isalpha()
    return part if is_word else quoted(part)


def _age(micros: int) -> str:
    """Return an age: in sessions where it is a whole number of them, which in a scenario last a day."""
    if micros % SESSION == 0:
        count = micros // SESSION
        return f"{count} session{'' if count == 1 else 's'}"
    return stretch(micros)
