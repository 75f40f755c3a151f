"""Strict YAML: block and flow maps, lists and scalars, and nothing that can surprise a reader.

PyYAML gives the events; composing them is ours, so that no tag, anchor, alias, merge key or implicit
type ever becomes a value. Plain scalars follow the YAML 1.2 core schema, narrowed: `true`, `false`,
`null` or nothing, decimal integers; everything else, `NO`, `012`, `1:30`, `1_000`, `0.20`, is text.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from engine.contracts.decode import decode
from engine.contracts.diagnostic import Diagnostic, Position, escape_pointer, quote, shorten
from engine.contracts.limits import MAX_INTEGER, MAX_INTEGER_TEXT, MAX_KEY, YAML_LIMITS, Limits
from engine.contracts.loaded import Loaded, Mark

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)\Z", re.ASCII)
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The event parser: libyaml where PyYAML was built with it (200 times faster), else PyYAML's own."""


@dataclass(slots=True)
class _Fault(Exception):
    code: str
    message: str
    mark: Any
    help: str = ""


@dataclass(slots=True)
class _Frame:
    """An open container, its mark, the member read last and, for a map, the key that waits for its value."""

    value: dict[str, Any] | list[Any]
    mark: Mark
    member: str | None = None
    key: str | None = None
    key_at: Position | None = None


@dataclass(slots=True)
class _Composer:
    depth: int
    root: Any = None
    mark: Mark = field(default_factory=lambda: Mark(Position(1, 1)))
    documents: int = 0
    stack: list[_Frame] = field(default_factory=list)

    def pointer(self) -> str:
        """Return where the composition stands."""
        members = [frame.member for frame in self.stack if frame.member is not None]
        return "".join(f"/{escape_pointer(shorten(member))}" for member in members)

    def take(self, event: Any) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self._start(event)
        elif isinstance(event, yaml.AliasEvent):
            raise _Fault("Y007", "aliases are not accepted", event.start_mark, "write the value out")
        elif isinstance(event, yaml.ScalarEvent):
            self._check(event)
            self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._check(event)
            self._open({} if isinstance(event, yaml.MappingStartEvent) else [], event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.stack.pop()

    def _start(self, event: Any) -> None:
        self.documents += 1
        if event.version or event.tags:
            raise _Fault("Y012", "directives are not accepted", event.start_mark, "remove the % line")
        if self.documents > 1:
            raise _Fault("Y011", "a second document starts", event.start_mark, "one document a file")

    def _check(self, event: Any) -> None:
        if event.anchor is not None:
            raise _Fault("Y007", "anchors are not accepted", event.start_mark, "write the value out")
        if event.tag is not None:
            raise _Fault("Y008", f"the tag {quote(event.tag)} is not accepted", event.start_mark, "remove it")

    def _scalar(self, event: Any) -> None:
        frame = self.stack[-1] if self.stack else None
        if frame is not None and isinstance(frame.value, dict) and frame.key is None:
            self._name(frame, frame.value, event)
            return
        self._step()
        self._put(_resolve(event), event)

    def _step(self) -> None:
        """Move to the element of a list that starts here; a map has moved with its key."""
        if self.stack and isinstance(self.stack[-1].value, list):
            self.stack[-1].member = str(len(self.stack[-1].value))

    def _name(self, frame: _Frame, members: dict[str, Any], event: Any) -> None:
        name: str = event.value
        if name == "<<" and not event.style:
            raise _Fault("Y009", "merge keys are not accepted", event.start_mark, "write the members out")
        if len(name) > MAX_KEY:
            raise _Fault("Y015", f"the key is longer than {MAX_KEY} characters", event.start_mark)
        frame.member = name
        if name in members:
            message = f"the key {quote(name)} is given twice"
            raise _Fault("Y006", message, event.start_mark, "keep one of the two")
        frame.key, frame.key_at = name, Position(event.start_mark.line + 1, event.start_mark.column + 1)

    def _open(self, value: dict[str, Any] | list[Any], event: Any) -> None:
        self._step()
        if len(self.stack) >= self.depth:
            raise _Fault("Y004", f"containers nest deeper than {self.depth}", event.start_mark, "flatten it")
        frame = self.stack[-1] if self.stack else None
        if frame is not None and isinstance(frame.value, dict) and frame.key is None:
            raise _Fault("Y013", "a key must be plain text", event.start_mark)
        self.stack.append(_Frame(value, self._put(value, event)))

    def _put(self, value: Any, event: Any) -> Mark:
        """Hang a value into the container that is open, or make it the document; return its mark."""
        mark = Mark(Position(event.start_mark.line + 1, event.start_mark.column + 1))
        if not self.stack:
            self.root, self.mark = value, mark
            return mark
        frame = self.stack[-1]
        if isinstance(frame.value, list):
            frame.mark.below[str(len(frame.value))] = mark
            frame.value.append(value)
        else:
            key = frame.key or ""
            mark.key = frame.key_at
            frame.mark.below[key] = mark
            frame.value[key] = value
            frame.key = None
        return mark


def load_yaml(raw: bytes | str, source: str = "", limits: Limits = YAML_LIMITS) -> Loaded | list[Diagnostic]:
    """Return the value of one YAML document, or the first thing wrong with it.

    An empty document is None. Depth is bounded while events arrive, so nothing deep is ever built.
    Codes Y001..Y015.
    """
    text = decode(raw, source, limits.size, "Y")
    if isinstance(text, Diagnostic):
        return [text]
    if bad := _FORBIDDEN.search(text):
        line, column = text.count("\n", 0, bad.start()) + 1, bad.start() - text.rfind("\n", 0, bad.start())
        found = f"U+{ord(bad.group()):04X}"
        return [Diagnostic("Y005", f"the character {found} is not accepted", source, line, column)]
    composer = _Composer(limits.depth)
    try:
        for event in yaml.parse(text, Loader=LOADER):
            composer.take(event)
    except _Fault as fault:
        line, column = fault.mark.line + 1, fault.mark.column + 1
        return [Diagnostic(fault.code, fault.message, source, line, column, composer.pointer(), fault.help)]
    except yaml.YAMLError as error:
        return [_syntax(error, source, composer.pointer())]
    except (RecursionError, MemoryError, ValueError):
        return [Diagnostic("Y014", "the text exhausts the parser", source, 1, 1, help="make it smaller")]
    return Loaded(composer.root, source, "", composer.mark)


def _resolve(event: Any) -> Any:
    text: str = event.value
    if event.style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if not _INTEGER.match(text):
        return text
    if len(text) > MAX_INTEGER_TEXT or abs(int(text)) > MAX_INTEGER:
        shown = quote(text, 24)
        raise _Fault("Y010", f"the integer {shown} is beyond 2^53-1", event.start_mark, "put it in quotes")
    return int(text)


def _syntax(error: yaml.YAMLError, source: str, pointer: str) -> Diagnostic:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "the text is not YAML"
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Diagnostic("Y005", str(problem)[:120], source, line, column, pointer)
