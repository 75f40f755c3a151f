"""The one exception of this package: it carries what is wrong with the user's files as data."""

from collections.abc import Iterable

from engine.contracts.diagnostic import Diagnostic


class ConfigRefused(Exception):
    """Configuration that cannot be used. `diagnostics` holds every fault found, in file order."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = in_order(diagnostics)
        super().__init__(*(str(fault) for fault in self.diagnostics))

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.diagnostics)


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return diagnostics without repeats, by file, line, pointer and code."""
    return tuple(
        sorted(
            set(diagnostics),
            key=lambda fault: (
                fault.source,
                fault.line,
                fault.column,
                fault.pointer,
                fault.code,
                fault.message,
            ),
        )
    )
