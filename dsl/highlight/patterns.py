"""What a stretch of a rule file looks like: one pattern for each kind of token, tried in this order.

The patterns are read by Python and, generated into a TextMate grammar, by Oniguruma: they keep to what both know.
"""

from dsl.keywords import (
    ACTIONS,
    AGGREGATES,
    CLAUSES,
    CONNECTIVES,
    CONSTANTS,
    DECLARATIONS,
    DIRECTIONS,
    FUNCTIONS,
    MODES,
    ORDERS,
    OUTCOMES,
    PHRASES,
    POSTURES,
    ROLES,
    ROUNDINGS,
    RUNGS,
    SCOPES,
    STAGES,
    UNITS,
    WINDOWS,
)
from dsl.types import NAMED

TYPES = (*sorted(NAMED), "money", "price", "real", "record")
VOCABULARY = tuple(
    dict.fromkeys(
        (*STAGES, *MODES, *SCOPES, *ROLES, *POSTURES, *ACTIONS, *RUNGS, *DIRECTIONS, *ORDERS, *ROUNDINGS, "trial")
    )
)
"""Words of closed lists, such as stages, roles and postures."""


def words(*known: str) -> str:
    """Return the pattern of these words, standing by themselves; the longest first."""
    listed = "|".join(sorted(dict.fromkeys(known), key=lambda word: (-len(word), word)))
    return rf"(?<![\w.])(?:{listed})(?![\w.])"


def _followed(pattern: str, by: str) -> str:
    return rf"{pattern}(?=\s*{by})"


_NUMBER = r"\d+(?:_\d{3})*(?:\.\d+)?"
_UNIT = rf"(?:(?:{'|'.join(sorted(UNITS, key=lambda unit: (-len(unit), unit)))})|[A-Z]{{3}}(?:/(?:share|[A-Z]{{3}}))?)"

PATTERNS: tuple[tuple[str, str], ...] = (
    ("doc", r"##[^\n]*"),
    ("comment", r"#[^\n]*"),
    ("string", r'"(?:[^"\\\n]|\\.)*"?'),
    ("moment", r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?|\d\d:\d\d(?::\d\d)?(?!\d)"),
    ("number", rf"{_NUMBER}(?: ?%|(?: {_UNIT})?(?![\w.]\w))"),
    ("rule_id", r"(?<![\w.])[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)+(?!\w)"),
    ("code", r"(?<![\w.])[A-Z][A-Z0-9_]*(?!\w)"),
    ("declaration", words(*DECLARATIONS)),
    ("function", _followed(words(*FUNCTIONS, *AGGREGATES), r"\(")),
    ("effect", words(*OUTCOMES)),
    ("clause", words(*CLAUSES)),
    ("connective", words(*CONNECTIVES)),
    ("constant", words(*CONSTANTS)),
    ("phrase", words(*PHRASES)),
    ("window_function", _followed(words(*WINDOWS), "of")),
    ("type", words(*TYPES)),
    ("vocabulary", words(*VOCABULARY)),
    ("fact", r"(?<![\w.])[a-z_]\w*(?:\.[a-z_]\w*)+"),
    ("name", r"[A-Za-z_]\w*"),
    ("operator", r"<=|>=|\.\.|[-+*/<>=]"),
    ("punctuation", r"[(){}\[\],:]"),
)
"""Each kind of token with its pattern."""
