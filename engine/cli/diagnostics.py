"""What went wrong, for people: code, fact, place and remedy on standard error, never a traceback."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from engine.cli.exits import Exit

Ending = Exit | Callable[[Any], Exit]
Reading = Callable[[Any], Iterator[str]]


def warn(code: str, what: str, help: str = "") -> None:
    """Write one warning to standard error."""
    _write(_spoken("warning", code, what, help))


def complain(code: str, what: str, help: str = "") -> None:
    """Write one error to standard error."""
    _write(_spoken("error", code, what, help))


def note(text: str) -> None:
    """Write text for people to standard error."""
    _write(text.split("\n"))


def explain_failure(error: BaseException) -> Exit:
    """Write what an exception says and return how the command ends.

    Faults that carry data are shown as such. Anything else is broken machinery: one line with its
    kind; MQK_DEBUG=1 shows the traceback beside it.
    """
    if os.environ.get("MQK_DEBUG") == "1":
        import traceback

        traceback.print_exception(error, file=sys.stderr)
    for module, name, ending, read in _KNOWN:
        # An error's own module is loaded once it is raised; importing the others would cost start-up.
        kind = getattr(sys.modules.get(module), name, None)
        if kind is not None and isinstance(error, kind):
            _write(read(error))
            return ending if isinstance(ending, Exit) else ending(error)
    if isinstance(error, OSError) and error.filename is not None:
        what = f"{error.strerror or type(error).__name__}: {error.filename}"
        _write(_spoken("error", "FILE", what, "check the path and its permissions"))
        return Exit.USAGE
    text = " ".join(str(error).split())[:300]
    help_ = "this is a fault of the program: set MQK_DEBUG=1, run it again and report what it prints"
    _write(_spoken("error", "INTERNAL", f"{type(error).__name__}: {text}" if text else type(error).__name__, help_))
    return Exit.UNAVAILABLE


def _write(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stderr.write(_printable(line) + "\n")
    sys.stderr.flush()


def _printable(line: str) -> str:
    """Return a line in which nothing steers a terminal: names of files and values come from outside."""
    return "".join(c if c.isprintable() or c == "\t" else "�" for c in line)


def _spoken(severity: str, code: str, what: str, help: str, place: str = "") -> Iterator[str]:
    for number, line in enumerate(str(what).split("\n")):
        yield f"{severity}[{code}]: {line}" if number == 0 else f"  {line}"
    if place:
        yield f"  --> {place}"
    if help:
        yield f"  = help: {help}"


def _contract_faults(error: Any) -> Iterator[str]:
    for fault in error.diagnostics:
        where = f"{fault.source}:{fault.line}:{fault.column}" if fault.line else fault.source
        place = " ".join(part for part in (where, fault.pointer) if part)
        yield from _spoken("error", fault.code, fault.message, fault.help, place)


def _rule_faults(error: Any) -> Iterator[str]:
    from dsl.render import render

    yield from (
        render(error.diagnostics, getattr(error, "texts", None) or getattr(error, "sources", {}))
        .rstrip("\n")
        .split("\n")
    )


def _data_faults(error: Any) -> Iterator[str]:
    for fault in error.faults:
        yield from _spoken("error", str(fault.code), fault.what, fault.help, str(fault.where))
        yield f"  = why it matters: {fault.why}"


def _artifact_fault(error: Any) -> Iterator[str]:
    fault = error.fault
    yield from _spoken("error", fault.code.value, fault.found, fault.help, fault.what)
    yield f"  = why it matters: {fault.why}"


def _coded(error: Any) -> Iterator[str]:
    yield from _spoken("error", error.code, _reason(error), getattr(error, "help", ""))


def _reason(error: Any) -> str:
    """Return what an error says, without the code it begins with."""
    reason = getattr(error, "reason", None) or getattr(error, "what", None) or str(error)
    return str(reason).removeprefix(f"{error.code}: ")


def _plain(code: str) -> Reading:
    return lambda error: _spoken("error", code, str(error), "")


def _service_exit(error: Any) -> Exit:
    return Exit[error.kind.name]


def _named_exit(error: Any) -> Exit:
    return Exit[error.kind]


def _review_exit(error: Any) -> Exit:
    return Exit.INTEGRITY if error.is_integrity else Exit.USAGE


_KNOWN: tuple[tuple[str, str, Ending, Reading], ...] = (
    ("engine.service.refusal", "RulesRefused", Exit.FINDINGS, _rule_faults),
    ("engine.service.refusal", "Refused", _service_exit, _coded),
    ("engine.service.refusal", "StreamRefused", Exit.USAGE, _contract_faults),
    ("engine.service.refusal", "DocumentRefused", Exit.USAGE, _contract_faults),
    ("engine.promotion.evaluations", "EvaluationsRefused", Exit.USAGE, _contract_faults),
    ("engine.backtest.faults", "ReplayRefused", _named_exit, _coded),
    ("engine.review.refusal", "ReviewRefused", _review_exit, _coded),
    ("engine.config.refusal", "ConfigRefused", Exit.USAGE, _contract_faults),
    ("engine.marketdata.faults", "DataRefused", Exit.FINDINGS, _data_faults),
    ("engine.runtime.halt", "RunRefused", Exit.USAGE, _coded),
    ("engine.runtime.halt", "HaltRequired", Exit.INTEGRITY, _coded),
    ("engine.brokers.paper_book", "PaperBookUnusable", Exit.UNAVAILABLE, _plain("BROKER_BOOK")),
    ("engine.runtime.journal", "SecondWriter", Exit.UNAVAILABLE, _plain("SECOND_WRITER")),
    ("engine.runtime.state", "BrokenRecord", Exit.INTEGRITY, _plain("BROKEN_RECORD")),
    ("engine.service.explanations", "NotExplained", Exit.USAGE, _coded),
    ("engine.decision.explain", "WhyMismatch", Exit.INTEGRITY, _coded),
    ("engine.artifacts.faults", "ArtifactRefused", Exit.INTEGRITY, _artifact_fault),
    ("engine.audit.verify", "MalformedText", Exit.INTEGRITY, _plain("MALFORMED")),
    ("engine.audit.canonical", "NotCanonical", Exit.INTEGRITY, _plain("NOT_CANONICAL")),
    ("engine.store.errors", "UnsupportedDatabase", Exit.USAGE, _coded),
    ("engine.store.errors", "ContentMismatch", Exit.INTEGRITY, _coded),
    ("engine.store.errors", "StoreError", Exit.UNAVAILABLE, _coded),
)
