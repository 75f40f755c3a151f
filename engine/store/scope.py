"""The run a unit of work is bound to: names such as a decision's mean one row only within a run.

Two attempts at a run derive the same names, because what they say must be equal byte for byte.
"""

from engine.store.errors import RunMismatch, RunUnbound


class Scope:
    """The run a unit of work looks names up in; None binds it to no run."""

    __slots__ = ("_run_key",)

    def __init__(self, run_key: str | None) -> None:
        self._run_key = run_key

    @property
    def run_key(self) -> str:
        """The bound run. Raises RunUnbound."""
        if self._run_key is None:
            raise RunUnbound
        return self._run_key

    def agree(self, run_key: str) -> str:
        """Return a run named by the caller. Raises RunMismatch when another one is bound."""
        if self._run_key is not None and run_key != self._run_key:
            raise RunMismatch(self._run_key, run_key)
        return run_key
