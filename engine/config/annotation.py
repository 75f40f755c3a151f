"""Walk the types of a settings model: through optional values, maps and lists to the model inside."""

from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel


def bare_type(annotation: Any) -> Any:
    """Return an annotation without its `| None`; other unions stay as they are."""
    if get_origin(annotation) not in (Union, UnionType):
        return annotation
    inner = [part for part in get_args(annotation) if part is not type(None)]
    return inner[0] if len(inner) == 1 else annotation


def model_type(annotation: Any) -> type[BaseModel] | None:
    """Return the model an annotation stands for, optional or not, or None."""
    bare = bare_type(annotation)
    return bare if isinstance(bare, type) and issubclass(bare, BaseModel) else None


def member_type(annotation: Any, token: int | str) -> Any:
    """Return the annotation of a field, of a map's values or of a list's elements, or None."""
    model = model_type(annotation)
    if model is not None:
        field = model.model_fields.get(str(token))
        return field.annotation if field else None
    bare = bare_type(annotation)
    arguments = get_args(bare)
    if get_origin(bare) is dict:
        return arguments[1]
    return arguments[0] if get_origin(bare) in (list, tuple) and arguments else None
