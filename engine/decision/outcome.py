"""What a decision is: the verdict on one intent with everything that led to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from dsl import ir
from dsl.judgement import Finding
from dsl.postures import Cause
from dsl.program import Program
from dsl.snapshot import Snapshot
from engine.facts.snapshot import Taken
from engine.facts.windows import Inside
from engine.model.numbers import Quantity


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """An approval a line asks for before the order may go."""

    rule: str
    line: int
    code: str
    approval: ir.Approval
    value: Fraction | None


@dataclass(frozen=True, slots=True)
class Approved:
    """A hold that was approved, with the value it was approved at (None: a rule without a measure).

    `facts_digest` names the facts the line saw; where there is no measure to compare, only the
    same facts and payload are covered.
    """

    rule: str
    line: int
    value: Fraction | None
    facts_digest: str


@dataclass(frozen=True, slots=True)
class Clip:
    """How a size was found: asked, granted, and how many sizes were judged on the way.

    `is_proven` is false where the search gave up: then no larger size is known to pass, and none to fail.
    """

    asked: Quantity
    granted: Quantity
    tried: int
    is_proven: bool = True


@dataclass(frozen=True, slots=True)
class Decision:
    """The judgement of one intent. `quantity` is what may be sent: 0 when rejected.

    `findings` are those at the quantity asked; `final` those at the quantity granted where a clip
    changed it (`granted` is then the snapshot at that size). `passing` is the largest size that would
    have passed a reject, or gone without the hold: 0 where provably none would, None where it was not
    found. `refusal` is set when no rule was asked: the intent broke its contract or the engine broke.
    `stopped_by` are the postures that rejected it. `inside` are the events inside the windows, by slot
    path, where a window has a part in a reject.
    """

    verdict: str
    quantity: Quantity
    asked: Quantity
    findings: tuple[Finding, ...]
    final: tuple[Finding, ...]
    witnesses: tuple[str, ...]
    holds: tuple[HoldRequest, ...] = ()
    clip: Clip | None = None
    refusal: tuple[str, str] | None = None
    passing: Quantity | None = None
    program: Program | None = None
    snapshot: Snapshot | None = None
    taken: tuple[Taken, ...] = ()
    granted: Snapshot | None = None
    stopped_by: tuple[Cause, ...] = ()
    inside: Mapping[str, Inside] = field(default_factory=dict)

    @property
    def last_snapshot(self) -> Snapshot | None:
        """The snapshot the verdict rests on."""
        return self.granted or self.snapshot

    @property
    def may_be_sent(self) -> bool:
        return self.quantity > 0 and self.verdict not in ("reject", "hold")

    @property
    def reserves(self) -> bool:
        """Whether the decision takes room in the book: a held order waits with its reservation."""
        return self.quantity > 0 and self.verdict != "reject"
