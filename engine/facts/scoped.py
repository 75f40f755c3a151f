"""What a watched rule is judged for: the keys of its scope, and the fill where there is one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.model.numbers import notional
from engine.model.order import Fill


@dataclass(frozen=True, slots=True)
class ScopeFacts:
    """The keys a rule is judged under, by name, and what a rule judged each fill sees of it.

    `session` is the fill's session date as an ordinal.
    """

    keys: Mapping[str, str]
    fill: Fill | None = None
    session: int | None = None

    def part(self, name: str) -> str | None:
        """Return one key, None where the scope has none of that name."""
        return self.keys.get(name)

    def value(self, path: str) -> Any:
        """Return a stored value of `scope.*` or `fill.*`; None where there is none."""
        namespace, _, name = path.partition(".")
        if namespace == "scope":
            return self.keys.get(name)
        if namespace != "fill" or self.fill is None:
            return None
        if name == "date":
            return self.session
        if name == "value":
            return notional(self.fill.quantity, self.fill.price)
        value = getattr(self.fill, name)
        return value.value if name == "side" else value
