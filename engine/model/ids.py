"""Derived identity: the same inputs name the same thing on every machine and every attempt."""

import hashlib


def digest(*parts: str | int | bytes) -> str:
    """Return the SHA-256 hex of the parts, each prefixed by its length so no two lists collide."""
    state = hashlib.sha256()
    for part in parts:
        raw = part if isinstance(part, bytes) else str(part).encode()
        state.update(len(raw).to_bytes(8, "big"))
        state.update(raw)
    return state.hexdigest()


def derived_id(kind: str, *parts: str | int | bytes) -> str:
    """Return `kind_` and 32 hex digits derived from the kind and the parts."""
    return f"{kind}_{digest(kind, *parts)[:32]}"


def client_order_id(engine: str, sequence: int, decision_hash: str) -> str:
    """Return the id a broker sees: engine prefix, decision sequence and 48 bits of its record's hash.

    The broker's own order list thereby witnesses which decision allowed each order (RELIABILITY 0.10).
    """
    return f"{engine}_{sequence:08d}_{decision_hash[:12]}"
