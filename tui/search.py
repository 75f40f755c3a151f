"""The filter of the tape: plain words, and `field:value` terms that name where to look."""

from dataclasses import dataclass

from engine.service.desk_lines import DecisionLine

FIELDS = ("verdict", "rule", "code", "symbol", "strategy", "side")
LIMIT = 200


@dataclass(frozen=True, slots=True)
class Term:
    """One term: `field` is empty for a word sought everywhere; `excludes` for a leading minus."""

    field: str
    value: str
    excludes: bool


@dataclass(frozen=True, slots=True)
class Search:
    """Terms that must all match; several values of one field are alternatives. `unknown` are no fields of ours."""

    text: str = ""
    terms: tuple[Term, ...] = ()
    unknown: tuple[str, ...] = ()

    def matches(self, line: DecisionLine) -> bool:
        """Return whether a decision is shown."""
        wanted: dict[str, bool] = {}
        for term in self.terms:
            found = _is_in(term, line)
            if term.excludes or not term.field:
                if found == term.excludes:
                    return False
            else:
                wanted[term.field] = wanted.get(term.field, False) or found
        return all(wanted.values())


def parse(text: str) -> Search:
    """Return the search a person typed; nothing typed matches everything."""
    terms, unknown = [], []
    for word in text[:LIMIT].split():
        excludes = word.startswith("-") and len(word) > 1
        field, colon, value = word[excludes:].partition(":")
        if colon and field.lower() in FIELDS:
            if value:
                terms.append(Term(field.lower(), value.casefold(), excludes))
        elif colon and field.isalpha():
            unknown.append(field)
        else:
            terms.append(Term("", word[excludes:].casefold(), excludes))
    return Search(" ".join(text[:LIMIT].split()), tuple(terms), tuple(unknown))


def _is_in(term: Term, line: DecisionLine) -> bool:
    match term.field:
        case "":
            words = (line.verdict, *line.rules, line.code, line.order, line.strategy, line.because, line.decision_id)
            return any(term.value in word.casefold() for word in words)
        case "rule":
            return any(rule.casefold().startswith(term.value) for rule in line.rules)
        case "code" | "strategy":
            return term.value in getattr(line, term.field).casefold()
        case _:
            return str(getattr(line, term.field)).casefold() == term.value
