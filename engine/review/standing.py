"""What is in force, believed only after proof; and the last good one where the newest is damaged, loudly.

The chain says what was activated and in which order; each is proven from its signatures, its bytes and by
compiling it. One that fails stays out of force however the tables name it, and the one before it holds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dsl.bundle import Bundle
from engine.model.principal import Principal
from engine.model.time import Timestamp
from engine.review.bundles import Bundles, read_bytes
from engine.review.history import ReviewEvent, Told, differences, fold
from engine.review.proof import RULES, Proven, prove_active
from engine.review.refusal import ReviewRefused
from engine.store.database import Database
from engine.store.unit import UnitOfWork


@dataclass(frozen=True, slots=True)
class Alert:
    """Something about what is in force that somebody must look at now: a code and what it is."""

    code: str
    what: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A bundle that is in force, who carried it there, and what was found damaged on the way to it."""

    bundle: Bundle
    version: int
    proposal: str
    activated_at: Timestamp
    proven: Proven
    alerts: tuple[Alert, ...]


def bundle_in_force(
    database: Database, principals: Mapping[str, Principal], bundles: Bundles, at: Timestamp
) -> Standing | None:
    """Return the bundle in force, None when none was ever activated; what is damaged goes on the record.

    Raises ReviewRefused: BUNDLE_NONE_GOOD when nothing that was activated is sound, REVIEW_HISTORY.
    """
    with database.read() as unit:
        history = fold(unit.audit.read_desk())
        alerts = [Alert("REVIEW_TABLES", each) for each in differences(unit, history)]
        standing = None
        for told, judged in _judge(unit, history.activations(RULES), principals, bundles):
            if isinstance(judged, ReviewRefused):
                alerts.append(Alert(judged.code, f"version {told.claim.version} is not in force: {judged.what}"))
                continue
            bundle, proven = judged
            claim, since = told.claim, Timestamp(told.activated_at or 0)
            standing = Standing(bundle, claim.version, claim.proposal, since, proven, tuple(alerts))
            break
    if alerts:
        _record(database, alerts, standing, at)
    if standing is None and history.activations(RULES):
        raise ReviewRefused("BUNDLE_NONE_GOOD", "; ".join(f"{a.code} {a.what}" for a in alerts)[:600],
                            "restore the database from a backup and verify its audit chain", True)  # fmt: skip
    return standing


def is_in_force(unit: UnitOfWork, principals: Mapping[str, Principal], sha256: str) -> bool:
    """Return whether the bundle of that hash, which the caller has compiled, is the one in force.

    The newest activation whose signatures and bytes are sound decides; older ones only where it is not.
    """
    for told in fold(unit.audit.read_desk()).activations(RULES):
        try:
            prove_active(told.claim, principals)
            read_bytes(unit, told.claim.subject)
        except ReviewRefused:
            continue
        return told.claim.subject == sha256
    return False


def _judge(
    unit: UnitOfWork, activations: tuple[Told, ...], principals: Mapping[str, Principal], bundles: Bundles
) -> Iterator[tuple[Told, tuple[Bundle, Proven] | ReviewRefused]]:
    for told in activations:
        try:
            proven = prove_active(told.claim, principals)
            yield told, (bundles.open(unit, told.claim.subject), proven)
        except ReviewRefused as refused:
            yield told, refused


def _record(database: Database, alerts: list[Alert], standing: Standing | None, at: Timestamp) -> None:
    body = {
        "in_force": None if standing is None else standing.bundle.hash,
        "version": None if standing is None else standing.version,
        "found": [{"code": alert.code, "what": alert.what[:400]} for alert in alerts[:20]],
    }
    with database.write() as unit:
        unit.audit.append(ReviewEvent.BUNDLE_REFUSED.value, at, None, body)
