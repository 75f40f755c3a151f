"""Contracts between the desk and the outside: strict texts in, checked scaled integers inside."""

from engine.contracts.contract import Contract, compile_contract, contract, contract_names
from engine.contracts.diagnostic import Diagnostic, Position
from engine.contracts.fact_lines import FactField, FactLine, fact_fields, fact_from
from engine.contracts.json_text import load_json, load_jsonl
from engine.contracts.limits import JSON_LIMITS, LINE_LIMITS, MAX_INTEGER, YAML_LIMITS, Limits
from engine.contracts.loaded import Loaded
from engine.contracts.records import (
    bar_from,
    event_from,
    fill_from,
    instrument_from,
    intent_from,
    principal_from,
    render_bar,
    render_fill,
    render_instrument,
    render_intent,
    render_principal,
)
from engine.contracts.render import RenderFault
from engine.contracts.schema import SchemaFault
from engine.contracts.yaml_text import load_yaml

__all__ = [
    "JSON_LIMITS",
    "LINE_LIMITS",
    "MAX_INTEGER",
    "YAML_LIMITS",
    "Contract",
    "Diagnostic",
    "FactField",
    "FactLine",
    "Limits",
    "Loaded",
    "Position",
    "RenderFault",
    "SchemaFault",
    "bar_from",
    "compile_contract",
    "contract",
    "contract_names",
    "event_from",
    "fact_fields",
    "fact_from",
    "fill_from",
    "instrument_from",
    "intent_from",
    "load_json",
    "load_jsonl",
    "load_yaml",
    "principal_from",
    "render_bar",
    "render_fill",
    "render_instrument",
    "render_intent",
    "render_principal",
]
