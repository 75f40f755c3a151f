"""Turn what pydantic says into diagnostics that name the file and line, without repeating any value."""

import difflib
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ValidationError

from engine.config.annotation import member_type, model_type
from engine.config.pointer import child
from engine.contracts.diagnostic import Diagnostic, Position, quote

Place = Callable[[str], tuple[str, Position]]
"""From a JSON pointer to the source and position of the value, or of the nearest one around it."""


def explain_faults(error: ValidationError, model: type[BaseModel], place: Place) -> list[Diagnostic]:
    """Return one diagnostic per fault: CFG_UNKNOWN_KEY, CFG_VALUE_MISSING or CFG_BAD_VALUE."""
    found: list[Diagnostic] = []
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    blamed = {fault["loc"][:-1] for fault in faults}
    for fault in faults:
        if fault["type"] == "too_short" and fault["loc"] in blamed:
            continue  # the list is short only because its elements were refused
        pointer = ""
        for token in fault["loc"]:
            pointer = child(pointer, token)
        code, message, advice = _explain(fault["type"], fault["msg"], fault["loc"], model)
        source, at = place(pointer)
        found.append(Diagnostic(code, message, source, at.line, at.column, pointer, advice))
    return found


def _explain(kind: str, message: str, loc: tuple[int | str, ...], model: type[BaseModel]) -> tuple[str, str, str]:
    if kind == "extra_forbidden":
        known = _known_names(model, loc[:-1])
        near = difflib.get_close_matches(str(loc[-1]), known, n=1)
        advice = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}" if known else ""
        return "CFG_UNKNOWN_KEY", f"there is no setting {quote(str(loc[-1]))} here", advice
    if kind == "missing":
        return "CFG_VALUE_MISSING", "has no value in any layer", ""
    plain = message.removeprefix("Value error, ")
    return "CFG_BAD_VALUE", plain[:1].lower() + plain[1:], ""


def _known_names(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Return the field names of the model that stands at a location."""
    here: Any = model
    for token in loc:
        here = member_type(here, token)
    inner = model_type(here)
    return sorted(inner.model_fields) if inner else []
