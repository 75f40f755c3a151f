"""The columns of a journal in Parquet: one row a decision, and three columns for every fact.

docs/specs/replay.md is the page of this layout; VERSION changes with it.
"""

from dsl.contracts import Fact
from dsl.types import Kind

VERSION = "1"
VERSION_KEY, DOCUMENT_KEY = "mqk.journal", "mqk.document:"
"""Keys of the file's metadata: the version of the layout, and every document records name, by hash."""
ROW_GROUP = 32_768
"""Decisions of a row group: a block, so that no block is read twice."""
HEAD = {
    "decision_id": "VARCHAR", "run": "VARCHAR", "seq": "BIGINT", "at": "TIMESTAMP", "law_date": "DATE",
    "stage": "VARCHAR", "bundle": "VARCHAR", "config": "VARCHAR", "unjudged": "VARCHAR", "verdict": "VARCHAR",
    "asked": "BIGINT", "quantity": "BIGINT", "intent": "VARCHAR", "findings": "VARCHAR", "said": "VARCHAR",
    "late": "VARCHAR",
}  # fmt: skip
"""Columns every journal has, in order."""
NOT_HELD = "NOT_HELD"
"""The reason of a fact the rules of that day did not read."""


def value_type(fact: Fact) -> str:
    """Return the column type of a fact's values: stored integers, truths, texts; sets and rows as JSON."""
    match fact.type.kind:
        case Kind.BOOL:
            return "BOOLEAN"
        case Kind.REAL:
            return "DOUBLE"
        case Kind.NUMBER | Kind.TIMESTAMP | Kind.DATE | Kind.TIME | Kind.SESSIONS:
            return "BIGINT"
        case _:
            return "VARCHAR"


def columns_of(path: str) -> tuple[str, str, str]:
    """Return the names of a fact's columns: value, reason it is unknown, as-of."""
    return path, f"{path}.reason", f"{path}.as_of"
