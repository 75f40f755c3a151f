"""What can be wrong with a run folder, as data a person can act on."""

from dataclasses import dataclass
from enum import StrEnum


class FaultCode(StrEnum):
    """Stable codes; each has its entry in `docs/specs/artifacts.md`."""

    RUN_ID = "ARTIFACT_RUN_ID"
    INPUT = "ARTIFACT_INPUT"
    UNWRITABLE = "ARTIFACT_UNWRITABLE"
    UNREADABLE = "ARTIFACT_UNREADABLE"
    CONFLICT = "ARTIFACT_CONFLICT"
    MANIFEST = "ARTIFACT_MANIFEST"
    MISSING = "ARTIFACT_MISSING"
    ALTERED = "ARTIFACT_ALTERED"
    UNEXPECTED = "ARTIFACT_UNEXPECTED"


_TEXT: dict[FaultCode, tuple[str, str]] = {
    FaultCode.RUN_ID: (
        "the run id names the folder and must not lead out of the root",
        "use letters, digits and _ . : @ -, beginning with a letter or digit, at most 80",
    ),
    FaultCode.INPUT: (
        "content is hashed in its canonical form and this value has none",
        "hand in text, integers, booleans, lists and maps; decimals as text",
    ),
    FaultCode.UNWRITABLE: (
        "a run without its record cannot be shown to anybody",
        "check the folder, its rights and the space left, then export again",
    ),
    FaultCode.UNREADABLE: ("what cannot be read cannot be verified", "check the folder and its rights"),
    FaultCode.CONFLICT: (
        "a run is named by its inputs, so equal names must have equal content",
        "keep both folders and compare them: the run is not deterministic or its folder was changed",
    ),
    FaultCode.MANIFEST: (
        "the manifest says what the run is and which files belong to it",
        "export the run again into an empty root",
    ),
    FaultCode.MISSING: ("the manifest lists the file", "restore it from a copy or export the run again"),
    FaultCode.ALTERED: (
        "its bytes are not those the manifest was written for",
        "restore it from a copy or export the run again",
    ),
    FaultCode.UNEXPECTED: (
        "nothing but the listed files belongs to the record of a run",
        "move it out of the folder",
    ),
}


@dataclass(frozen=True, slots=True)
class ArtifactFault:
    """One thing wrong: a stable code, the file or value it is about and what was found."""

    code: FaultCode
    what: str
    found: str

    @property
    def why(self) -> str:
        return _TEXT[self.code][0]

    @property
    def help(self) -> str:
        return _TEXT[self.code][1]

    def __str__(self) -> str:
        return f"{self.code.value}: {self.what}: {self.found}; {self.why}"


class ArtifactRefused(Exception):
    """Artifacts that could not be written or read; carries what was wrong."""

    def __init__(self, fault: ArtifactFault) -> None:
        super().__init__(str(fault))
        self.fault = fault
