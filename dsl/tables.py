"""The parser's tables as data: built once from the grammar, stored as JSON, loaded in a fraction of the time.

Lark can save a parser only by pickling it, and this project unpickles nothing. What it would pickle is
plain data, so it travels as JSON here, under a key that names the grammar and the Lark that built it.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import lark
from lark import Lark
from lark.grammar import Rule
from lark.lexer import TerminalDef

PATH = Path(__file__).with_name("tables.json")
_PAIRS, _TUPLE = "pairs:", "tuple:"


def key_of(grammar: str) -> str:
    """Return what stored tables must have been made from to be used."""
    return hashlib.sha256(f"{lark.__version__}\n{grammar}".encode()).hexdigest()


def dump_tables(parser: Lark, grammar: str) -> str:
    """Return a parser's tables as JSON text; the same parser gives the same text."""
    data, memo = parser.memo_serialize([TerminalDef, Rule])
    data["options"]["edit_terminals"] = None  # applied already: the terminals stored are the edited ones
    body = {"key": key_of(grammar), "data": _encode(data), "memo": _encode(memo)}
    return json.dumps(body, separators=(",", ":"), ensure_ascii=True)


def load_tables(grammar: str) -> Lark | None:
    """Return the stored parser, or None when it was made from another grammar or by another Lark."""
    try:
        body = json.loads(PATH.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    if body.get("key") != key_of(grammar):
        return None
    parser: Lark = Lark._load_from_dict(_decode(body["data"]), _decode(body["memo"]))  # type: ignore[no-untyped-call]
    return parser


def _encode(value: Any) -> Any:
    if isinstance(value, dict):
        if all(isinstance(key, str) for key in value):
            return {key: _encode(item) for key, item in value.items()}
        return {_PAIRS: [[_encode(key), _encode(item)] for key, item in value.items()]}
    if isinstance(value, tuple):
        return {_TUPLE: [_encode(item) for item in value]}
    if isinstance(value, list):
        return [_encode(item) for item in value]
    return value


def _decode(value: Any) -> Any:
    if isinstance(value, dict):
        if _PAIRS in value:
            return {_decode(key): _decode(item) for key, item in value[_PAIRS]}
        if _TUPLE in value:
            return tuple([_decode(item) for item in value[_TUPLE]])
        return {key: _decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_decode(item) for item in value]
    return value
