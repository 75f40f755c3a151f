"""Read who may act on the desk: `config/principals.yaml`."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationError

from engine.audit.canonical import canonical
from engine.config.document import Document, read_document
from engine.config.model_faults import explain_faults
from engine.config.refusal import ConfigRefused
from engine.config.secret_scan import find_secrets
from engine.config.settings import Section
from engine.contracts.diagnostic import Diagnostic
from engine.model.principal import Principal, Role, is_weak_key
from engine.model.time import TimeFault, Timestamp, parse_timestamp

FILE = "principals.yaml"
_KEY = re.compile(r"[0-9a-f]{64}\Z", re.ASCII)


class PrincipalEntry(Section):
    """One principal as written in the file; `Principal` is what the desk uses."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    """Stable identity; never given to somebody else."""
    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    """Name for people."""
    roles: Annotated[tuple[Role, ...], Field(min_length=1, max_length=len(Role))]
    """Roles out of the one closed table."""
    public_key: str
    """Ed25519 public key (RFC 8032), 64 lower-case hex digits."""
    valid_from: str
    """RFC 3339 instant from which the principal may act, inclusive."""
    valid_until: str | None = None
    """RFC 3339 instant from which the principal may no longer act."""


class PrincipalFile(Section):
    """The file: its format version and the principals."""

    v: Literal[1]
    """Version of the format."""
    principals: Annotated[tuple[PrincipalEntry, ...], Field(max_length=10_000)]
    """Everybody who ever acted; an expired principal stays listed."""


def load_principals(path: Path) -> tuple[Principal, ...]:
    """Return the principals of a file, sorted by id. Raises ConfigRefused.

    Codes: those of `read_document`, CONFIG_SECRET_DETECTED, CFG_UNKNOWN_KEY, CFG_VALUE_MISSING,
    CFG_BAD_VALUE, CFG_PRINCIPAL_KEY, CFG_PRINCIPAL_VALIDITY and CFG_PRINCIPAL_TWICE.
    """
    document = read_document(path, path.name)
    if isinstance(document, list):
        raise ConfigRefused(document)
    if secrets := find_secrets(document):
        raise ConfigRefused(secrets)
    try:
        listed = PrincipalFile.model_validate_json(canonical(document.value, None), strict=True).principals
    except ValidationError as error:
        raise ConfigRefused(explain_faults(error, PrincipalFile, document.place)) from None
    faults: list[Diagnostic] = []
    principals = [_principal(document, index, entry, faults) for index, entry in enumerate(listed)]
    _refuse_repeats(document, listed, faults)
    if faults:
        raise ConfigRefused(faults)
    return tuple(sorted(principals, key=lambda principal: principal.id))


def _principal(document: Document, index: int, entry: PrincipalEntry, faults: list[Diagnostic]) -> Principal:
    at = f"/principals/{index}"
    if not _KEY.match(entry.public_key):
        message = "is not an Ed25519 public key"
        advice = "write 64 lower-case hex digits"
        faults.append(document.fault("CFG_PRINCIPAL_KEY", message, f"{at}/public_key", advice))
    elif is_weak_key(entry.public_key):
        message = "is a key anybody can sign for"
        faults.append(document.fault("CFG_PRINCIPAL_KEY", message, f"{at}/public_key", "make one with `mqk keys new`"))
    if len(set(entry.roles)) != len(entry.roles):
        faults.append(document.fault("CFG_PRINCIPAL_TWICE", "names a role twice", f"{at}/roles"))
    if not entry.name.isprintable() or not entry.name.strip():
        message = "holds characters that cannot be shown"
        faults.append(document.fault("CFG_BAD_VALUE", message, f"{at}/name"))
    start = _instant(document, entry.valid_from, f"{at}/valid_from", faults)
    end = None
    if entry.valid_until is not None:
        end = _instant(document, entry.valid_until, f"{at}/valid_until", faults)
        if end <= start:
            message = "ends before it begins"
            faults.append(document.fault("CFG_PRINCIPAL_VALIDITY", message, f"{at}/valid_until"))
    return Principal(entry.id, entry.name, frozenset(entry.roles), entry.public_key, start, end)


def _instant(document: Document, text: str, pointer: str, faults: list[Diagnostic]) -> Timestamp:
    try:
        return parse_timestamp(text)
    except TimeFault:
        message = "is not an RFC 3339 instant with an offset"
        advice = "write it like 2026-01-05T15:00:00Z"
        faults.append(document.fault("CFG_PRINCIPAL_VALIDITY", message, pointer, advice))
        return Timestamp(0)


def _refuse_repeats(document: Document, listed: tuple[PrincipalEntry, ...], faults: list[Diagnostic]) -> None:
    """Refuse a second principal of the same id or key: one person must not count as two."""
    for field in ("id", "public_key"):
        seen: dict[str, int] = {}
        for index, entry in enumerate(listed):
            value = getattr(entry, field)
            if value in seen:
                message = f"the {field} of principal {seen[value] + 1} again"
                at = f"/principals/{index}/{field}"
                faults.append(document.fault("CFG_PRINCIPAL_TWICE", message, at))
            seen.setdefault(value, index)
