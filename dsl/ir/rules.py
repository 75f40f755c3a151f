"""Rules ready for any back end."""

from dataclasses import dataclass
from dataclasses import field as attribute
from fractions import Fraction

from dsl.contracts import Age
from dsl.ir.expressions import Expr, FactRef
from dsl.text import Span


@dataclass(frozen=True, slots=True)
class Approval:
    """Who may approve: `count` principals of `role` within `within` microseconds (0: no limit)."""

    count: int
    distinct: bool
    role: str
    within: int


@dataclass(frozen=True, slots=True)
class Because:
    """The reason text: literal pieces and named values in turn."""

    pieces: tuple[str | Expr, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """How long something lasts: microseconds, or a number of sessions, the current one among them."""

    micros: int = 0
    sessions: int = 0


@dataclass(frozen=True, slots=True)
class Posture:
    """What a line makes of its scope: as long as it holds, and for `stretch` after each time it did."""

    name: str
    stretch: Stretch | None


@dataclass(frozen=True, slots=True)
class Task:
    """Something somebody must do: until `due`, a date, at a time of day in microseconds (None: its end)."""

    title: Because
    role: str
    due: Expr
    at: int | None


@dataclass(frozen=True, slots=True)
class Action:
    """What is done when a line begins to hold: cancel_working, flatten, alert, demote or task.

    `argument` is the rung a demotion leads to, or `exits` where cancelling does not spare them.
    """

    word: str
    argument: str | None = None
    task: Task | None = None


@dataclass(frozen=True, slots=True)
class Infinity:
    """What an infinite statistic counts as on one line."""

    fact: FactRef
    value: Expr


@dataclass(frozen=True, slots=True)
class Line:
    """One effect line. A limit's line compares `measure` with `bounds` by `relation`; a rule's has
    only a condition. `condition` is what decides in both.

    `lasting` is how long (microseconds) it must have held at every look. `posture`, `actions` and `trips` (switch
    ids) follow when it begins to hold. A line of a checklist or gate refuses or fails while its requirement,
    named `label`, does not hold; `throughout` ones are looked at as long as the run is armed.
    """

    number: int
    effect: str
    code: str
    condition: Expr
    relation: str | None
    bounds: tuple[Expr, ...]
    unless: Expr | None
    approval: Approval | None
    span: Span = attribute(compare=False)
    lasting: int = 0
    posture: Posture | None = None
    actions: tuple[Action, ...] = ()
    trips: tuple[str, ...] = ()
    label: str = ""
    throughout: bool = False
    infinities: tuple[Infinity, ...] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """A fact every line needs, with a tighter age or a bound its value must keep."""

    fact: FactRef
    age: Age | None
    bound: Expr | None


@dataclass(frozen=True, slots=True)
class MissingPolicy:
    """What an unknown fact does: the effect, its exception, and whether it binds reducing orders too."""

    effect: str
    unless: Expr | None
    even_reducing: bool


@dataclass(frozen=True, slots=True)
class Reset:
    """Who resets a switch: `count` principals of `role`, never one who tripped it, within microseconds of each other.

    `after` is how long after the trip at the earliest. `requires` are checklists and gates that must hold then,
    `rebases` the fact whose baseline the reset sets anew.
    """

    count: int
    role: str
    within: int
    after: Stretch | None
    requires: tuple[str, ...]
    rebases: str | None


@dataclass(frozen=True, slots=True)
class Switch:
    """A latch: who may trip it by hand, how long its facts may be unknown, and what follows until it is reset."""

    manual: tuple[str, ...]
    missing: Stretch
    posture: str
    actions: tuple[Action, ...]
    reset: Reset


@dataclass(frozen=True, slots=True)
class Checklist:
    """What arming asks for beside its requirements: the text to type, and who signs."""

    confirm: Because
    signed: Approval


@dataclass(frozen=True, slots=True)
class Gate:
    """A rung of promotion: what is scored among those that pass, and what decides within `points` of the best.

    `ranked` pairs `lowest` or `highest` with a fact, the first that tells two apart.
    """

    origin: str
    target: str
    score: Expr | None
    infinities: tuple[Infinity, ...]
    points: Fraction | None
    ranked: tuple[tuple[str, FactRef], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, limit, switch, checklist or gate, ready for any back end. `since` and `until` are ISO dates, inclusive.

    `scope` are the keys it is judged for one by one; `each` is the moment a post-trade rule is judged at.
    `own` is what a switch, checklist or gate has beside its lines.
    """

    id: str
    kind: str
    title: str
    rulebook: str
    stage: str
    mode: str
    scope: tuple[str, ...]
    since: str | None
    until: str | None
    when: Expr | None
    measure: Expr | None
    needs: tuple[Need, ...]
    missing: MissingPolicy
    lines: tuple[Line, ...]
    because: Because
    cite: tuple[str, ...]
    owner: str
    doc: str
    span: Span = attribute(compare=False)
    each: str = ""
    own: Switch | Checklist | Gate | None = None
