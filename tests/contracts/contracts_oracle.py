"""An independent judge of contracts: the `jsonschema` library, told what the x- keywords mean."""

import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft202012Validator, FormatChecker, ValidationError, validators

EXAMPLES = Path(__file__).parents[2] / "docs" / "specs" / "examples"
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def examples(name: str) -> list[Any]:
    """Return the shipped examples of a contract."""
    single = EXAMPLES / f"{name}.json"
    if single.exists():
        return [orjson.loads(single.read_bytes())]
    return [orjson.loads(line) for line in (EXAMPLES / f"{name}.jsonl").read_bytes().splitlines()]


def judge(schema: dict[str, Any]) -> Any:
    """Return a jsonschema validator of a contract, x- bounds judged by decimal arithmetic.

    Python's `$` also matches before a last newline, ECMA-262's does not; the patterns are told so.
    """
    return _JUDGE(_ecma(schema), format_checker=_FORMATS)


def _ecma(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            name: re.sub(r"\$\Z", r"\\Z", body) if name == "pattern" and isinstance(body, str) else _ecma(body)
            for name, body in schema.items()
        }
    return [_ecma(body) for body in schema] if isinstance(schema, list) else schema


def _bound(is_broken: Any) -> Any:
    def check(validator: Any, bound: str, instance: Any, schema: Any) -> Any:
        is_decimal = isinstance(instance, str) and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", instance, re.ASCII)
        if is_decimal and is_broken(Decimal(instance), Decimal(bound)):
            yield ValidationError(f"{instance} breaks {bound}")

    return check


def _depth(value: Any) -> int:
    if isinstance(value, dict | list):
        members = value.values() if isinstance(value, dict) else value
        return 1 + max((_depth(member) for member in members), default=0)
    return 0


def _max_depth(validator: Any, bound: int, instance: Any, schema: Any) -> Any:
    if _depth(instance) > bound:
        yield ValidationError("too deep")


_JUDGE: Any = validators.extend(
    Draft202012Validator,
    {
        "x-minimum": _bound(lambda value, bound: value < bound),
        "x-exclusive-minimum": _bound(lambda value, bound: value <= bound),
        "x-maximum": _bound(lambda value, bound: value > bound),
        "x-max-depth": _max_depth,
    },
)
_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date-time")
def _is_instant(value: object) -> bool:
    if not isinstance(value, str):
        return True
    if not _INSTANT.fullmatch(value) or value[:2] in ("00", "01"):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


@_FORMATS.checks("date")
def _is_date(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        return bool(_DATE.fullmatch(value)) and bool(datetime.strptime(value, "%Y-%m-%d"))  # noqa: DTZ007
    except ValueError:
        return False
