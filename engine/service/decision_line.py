"""A stored decision as the line that answers an intent (specs/decision)."""

from collections.abc import Mapping
from typing import Any

from engine.service.display import clean

DESK = "DESK-CONTRACT"
"""Stands where a rule's id stands when the desk itself refuses."""
_LONGEST = 1_000


def decision_line(record: Mapping[str, Any], record_hash: str, hold_id: str | None) -> dict[str, Any]:
    """Return the line of a decision record, keys in the order of the contract."""
    line: dict[str, Any] = {
        "v": 1, "type": "decision", "at": record["at"], "decision_id": record["decision_id"],
        "intent_id": record["intent"]["intent_id"], "verdict": record["verdict"], "quantity": record["quantity"],
        "findings": _findings(record), "witnesses": len(record["witnesses"]), "bundle": record["bundle"],
        "config": record["config"], "law_date": record["law_date"], "record_hash": record_hash,
    }  # fmt: skip
    if record["verdict"] == "hold":
        line["hold_id"] = hold_id
    return line


def _findings(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    refusal = record.get("refusal")
    if refusal is not None:
        return [
            {
                "rule": DESK, "line": 0, "effect": "reject", "code": refusal["code"], "mode": "enforced",
                "because": clean(refusal["because"], _LONGEST - 1),
            }
        ]  # fmt: skip
    keys = {fact["path"]: fact.get("key", ()) for fact in record.get("facts", ())}
    return [_finding(finding, keys) for finding in record["findings"]]


def _finding(finding: Mapping[str, Any], keys: Mapping[str, Any]) -> dict[str, Any]:
    line = {name: finding[name] for name in ("rule", "line", "effect", "code", "mode")}
    line["because"] = clean(finding["because"], _LONGEST - 1)
    for name in ("measure", "threshold", "unit"):
        if name in finding:
            line[name] = finding[name]
    if "facts" in finding:
        line["facts"] = [{"fact": _named(fact["path"], keys), "code": fact["reason"]} for fact in finding["facts"]]
    return line


def _named(path: str, keys: Mapping[str, Any]) -> str:
    """Return a fact with its key; lists and windows are named by their own name."""
    own = path.rpartition(":")[2]
    key = [part for part in keys.get(path, ()) if part]
    return f"{own}[{', '.join(key)}]" if key and not path.startswith(("list:", "window:")) else own
