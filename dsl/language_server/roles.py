"""What a name would be at a place somebody types at, told from what the parser has read before it."""

from dsl.language_server.cursor import Cursor
from dsl.naming.occurrence import Use

EXPRESSION, ASSIGNMENT, SETTING, NOTHING = "expression", "assignment", "setting", ""
Role = Use | str
"""A use of a name, an expression, a fact with its value, such a value, or nothing that could be offered."""

_BY_WORD: dict[str, Role] = {
    "RULEBOOK": Use.RULEBOOK, "USES": Use.NAMESPACE, "PER": Use.KEY, "SINCE": Use.EVENT, "ON": Use.STAGE,
    "MODE": Use.MODE, "SCOPE": Use.SCOPE, "OWNER": Use.OWNER, "NEEDS": Use.VALUE, "POSTURE": Use.POSTURE,
    "DOES": Use.ACTION, "REBASES": Use.FACT, "INFINITE": Use.VALUE, "WITH": ASSIGNMENT, "WITHOUT": Use.FACT,
    "AFTER": Use.EVENT, "TO": Use.RUNG, "DATED": Use.COLUMN, "CITED": Use.COLUMN,
}  # fmt: skip
"""Words behind which one kind of name stands, whatever the declaration."""
_DECLARING = ("LET", "TABLE", "FIXTURE", "WINDOW")
_ROLE_WORDS = ("FOR", "BY")


def role_of(cursor: Cursor) -> Role:
    """Return what a bare word would be at the cursor."""
    if cursor.piece is None or cursor.accepted is None:
        return EXPRESSION
    anchor, back = cursor.anchor()
    word, top = cursor.piece.word, cursor.top()
    if anchor == "EQ" and word in ("fixture", "test"):
        return SETTING
    if "NAME" not in cursor.accepted:
        return NOTHING
    if anchor in _BY_WORD:
        role = _BY_WORD[anchor]
        return Use.EVENT if anchor == "AFTER" and word == "test" else role
    match anchor:
        case "PARAM":
            return NOTHING if word == "param" else Use.PARAM
        case "LIST":
            return NOTHING if word == "list" else Use.LIST
        case "COLUMN":
            return Use.COLUMN if word == "param" else NOTHING
        case "COLON":
            return EXPRESSION if word in ("checklist", "gate") else Use.TYPE
        case "SET":
            return Use.TYPE
        case "OF":
            return _behind_of(cursor, word, back)
        case "EQ":
            return _behind_eq(word, top)
        case "WHEN" if cursor.top(back + 1) == "TIGHTER":
            return Use.DIRECTION
        case "EACH":
            return Use.MOMENT if cursor.top(back + 2) == "ON" else NOTHING
        case "GIVEN" if word == "test":
            return Use.FIXTURE
        case "THEN" if word == "test":
            return Use.EVENT
        case "FROM" if word == "gate":
            return Use.RUNG
        case "IN" if cursor.top(back + 2) == "EACH":
            return Use.LIST
        case "NOT_IN" if word == "switch":
            return Use.FACT
        case "LPAR" if word == "test":
            return Use.EVENT_FIELD
        case "LPAR":
            return _in_call(cursor, back)
        case "LBRACE":
            return _behind_brace(cursor, word, back)
        case _ if anchor in _ROLE_WORDS:
            return _behind_for(cursor, back)
        case _ if anchor in _DECLARING:
            return NOTHING
    return EXPRESSION if "NUMBER" in cursor.accepted else NOTHING


def _behind_of(cursor: Cursor, word: str, back: int) -> Role:
    if word == "list" and cursor.top(back + 2) == "LIST":
        return Use.TYPE
    if word == "window" and cursor.top(back + 1) == "NAME":
        return Use.EVENT
    return Use.TYPE if cursor.top(back + 1) == "SET" else EXPRESSION


def _behind_eq(word: str, top: str) -> Role:
    if word == "window":
        return Use.WINDOW_FUNCTION if top == "EQ" else NOTHING
    return EXPRESSION


def _in_call(cursor: Cursor, back: int) -> Role:
    """Return what an argument is: the way of rounding, or an expression."""
    function = cursor.stack[-back - 1][1] if len(cursor.stack) > back else ""
    listed = back - 1
    if (function == "rounded" and listed >= 4) or (function == "exact" and listed == 2):
        return Use.ROUNDING
    return EXPRESSION


def _behind_brace(cursor: Cursor, word: str, back: int) -> Role:
    if word in ("fixture", "test"):
        return Use.FIELD if cursor.top(back + 1) in ("LSQB", "COMMA") else ASSIGNMENT
    return NOTHING


def _behind_for(cursor: Cursor, back: int) -> Role:
    """Return who is counted, what a ranking is by, or nothing where an amount follows."""
    if "POINTS" in (cursor.top(back + 1), cursor.top(back + 2)):
        return Use.ORDER if cursor.top() in ("BY", "COMMA") else Use.VALUE
    return Use.ROLE
