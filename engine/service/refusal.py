"""Why a use case cannot be served, as exceptions that carry data; a front end only words them."""

from collections.abc import Mapping
from enum import StrEnum

from dsl.diagnostics import Diagnostic
from engine.contracts.diagnostic import Diagnostic as ContractFault


class Kind(StrEnum):
    """What a refusal means to whoever asked."""

    USAGE = "USAGE"
    """What was asked, or a file that was handed in, cannot be used."""
    UNAVAILABLE = "UNAVAILABLE"
    """Something that is needed does not answer."""
    INTEGRITY = "INTEGRITY"
    """What is stored is not what was written."""
    FINDINGS = "FINDINGS"
    """What was examined has something wrong with it."""


class Refused(Exception):
    """A request that cannot be served: a stable code, what is wrong in one line, and what to do about it."""

    def __init__(self, code: str, what: str, help: str = "", kind: Kind = Kind.USAGE) -> None:
        super().__init__(code, what, help, kind)
        self.code, self.what, self.help, self.kind = code, what, help, kind

    def __str__(self) -> str:
        return f"{self.code}: {self.what}"


class RulesRefused(Exception):
    """Rule files that do not compile; `texts` holds the files by the name the diagnostics use."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...], texts: Mapping[str, str]) -> None:
        super().__init__(diagnostics)
        self.diagnostics, self.texts = diagnostics, texts

    def __str__(self) -> str:
        return "\n".join(f"{d.span}: {d.code} {d.message}" for d in self.diagnostics)


class StreamRefused(Exception):
    """A line after which a decision stream cannot go on; what came before it stays answered."""

    def __init__(self, diagnostics: tuple[ContractFault, ...]) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.diagnostics)


class DocumentRefused(Exception):
    """A document that was handed in and cannot be used; what is wrong with it, in its own order."""

    def __init__(self, diagnostics: tuple[ContractFault, ...]) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.diagnostics)
