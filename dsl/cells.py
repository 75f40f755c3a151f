"""The proof that a table's rows cover every input exactly once: each input is cut at the values its rows name.

Between two neighbouring values nothing a row asks can change, so one sample of each piece decides for all of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dsl import types as t
from dsl.ir import Value
from dsl.types import Kind, Type

MOST = 3
"""Gaps or overlaps named at most; the rest show once these are mended."""


@dataclass(frozen=True, slots=True)
class Domain:
    """An input's type, and where it is ordered the least and greatest value its contract allows.

    `is_open` says that the least value itself is excluded.
    """

    type: Type
    low: Fraction | None = None
    high: Fraction | None = None
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What a row asks of an input: any; is, in; < <= > >=; `..` with both ends; `[)` without the upper."""

    relation: str
    values: tuple[Value, ...]


Row = tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of one input nothing distinguishes: a sample of it, and its name."""

    sample: Value
    name: str


Found = tuple[tuple[_Piece, ...], tuple[int, ...]]
"""A combination of pieces, and the rows that ask for it."""


def find_gaps(rows: Sequence[Row], domains: Sequence[Domain]) -> list[str]:
    """Return the names of inputs no row is for, a few at most."""
    found = _combinations(rows, domains, lambda hits: not hits)
    return [", ".join(piece.name for piece in pieces) for pieces, hits in found if not hits][:MOST]


def find_overlaps(rows: Sequence[Row], domains: Sequence[Domain]) -> list[tuple[int, int, str]]:
    """Return pairs of rows (by index, the first first) that are for one input, with its name, each pair once."""
    found: dict[tuple[int, int], str] = {}
    for pieces, hits in _combinations(rows, domains, lambda hits: len(hits) < 2):
        if len(hits) > 1:
            found.setdefault((hits[0], hits[1]), ", ".join(piece.name for piece in pieces))
    return [(first, second, where) for (first, second), where in found.items()][:MOST]


def _combinations(
    rows: Sequence[Row], domains: Sequence[Domain], is_settled: Callable[[tuple[int, ...]], bool]
) -> list[Found]:
    """Return every combination of pieces with its rows; of those with the same rows so far, one stands for all."""
    pieces = [_pieces(domain, [row[at] for row in rows]) for at, domain in enumerate(domains)]
    seen: set[tuple[int, tuple[int, ...]]] = set()
    out: list[Found] = []

    def descend(at: int, hits: tuple[int, ...], path: tuple[_Piece, ...]) -> None:
        if (at, hits) in seen:
            return
        seen.add((at, hits))
        if at == len(pieces) or is_settled(hits):
            out.append((path, hits))
            return
        for piece in pieces[at]:
            left = tuple(row for row in hits if _asks_for(rows[row][at], piece.sample))
            descend(at + 1, left, (*path, piece))

    descend(0, tuple(range(len(rows))), ())
    return out


def _asks_for(asked: Asked, sample: Any) -> bool:
    values: tuple[Any, ...] = asked.values
    match asked.relation:
        case "any":
            return True
        case "is" | "in":
            return sample in values
        case "..":
            return bool(values[0] <= sample <= values[1])
        case "[)":
            return bool(values[0] <= sample < values[1])
        case "<":
            return bool(sample < values[0])
        case "<=":
            return bool(sample <= values[0])
        case ">":
            return bool(sample > values[0])
        case _:
            return bool(sample >= values[0])


def _pieces(domain: Domain, column: Sequence[Asked]) -> list[_Piece]:
    kind = domain.type
    if kind.kind is Kind.BOOL:
        return [_Piece(True, "true"), _Piece(False, "false")]
    if kind.kind is Kind.ENUM:
        return [_Piece(word, word) for word in kind.values]
    named: set[Any] = {value for asked in column for value in asked.values}
    if kind.kind in (Kind.TEXT, Kind.SYMBOL):
        return [*(_Piece(value, t.show(value, kind)) for value in sorted(named)), _Piece("\x00", f"any other {kind}")]
    return _stretches(domain, sorted(map(Fraction, named)))


def _stretches(domain: Domain, cuts: list[Fraction]) -> list[_Piece]:
    """Return the points named and what lies between and beyond them, inside the contract's bounds."""
    kind, low, high = domain.type, domain.low, domain.high
    inside = [cut for cut in cuts if (low is None or cut >= low) and (high is None or cut <= high)]
    if domain.is_open and inside and inside[0] == low:
        inside = inside[1:]
    if not inside:
        sample = high if high is not None else Fraction(0) if low is None else low + 1
        return [_Piece(sample, f"any {kind}")]
    is_whole = kind.kind is Kind.DATE
    shown = [t.show(int(cut) if is_whole else cut, kind) for cut in inside]
    out: list[_Piece] = []
    if low is None or low < inside[0]:
        out.append(_Piece(inside[0] - 1 if low is None else (low + inside[0]) / 2, f"below {shown[0]}"))
    for at, cut in enumerate(inside):
        out.append(_Piece(cut, f"exactly {shown[at]}"))
        if at + 1 < len(inside) and not (is_whole and inside[at + 1] == cut + 1):
            out.append(_Piece((cut + inside[at + 1]) / 2, f"between {shown[at]} and {shown[at + 1]}"))
    if high is None or high > inside[-1]:
        out.append(_Piece(inside[-1] + 1 if high is None else (high + inside[-1]) / 2, f"above {shown[-1]}"))
    return out
