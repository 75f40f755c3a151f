"""Whether what a record holds under a path is what a candidate's rules mean by it."""

from dsl.bundle import Bundle
from dsl.program import fact_of

WINDOW, LIST = "window:", "list:"
NO_BUNDLE = "the rules it was recorded under are not at hand"


def difference(path: str, candidate: Bundle, recorded: Bundle | None, is_same_bundle: bool) -> str:
    """Return why a recorded value cannot be taken for the candidate's fact; empty where it can.

    A window counts what its definition says, a list is the file it names: under the same name they may be
    something else. A fact of a contract is the same while its type and its key are.
    """
    if is_same_bundle:
        return ""
    if path.startswith(WINDOW):
        return _windows_differ(path.removeprefix(WINDOW), candidate, recorded)
    if path.startswith(LIST):
        return _lists_differ(path.removeprefix(LIST), candidate, recorded)
    if recorded is None or path not in recorded.contracts.facts:
        return ""
    mine, theirs = fact_of(candidate, path), fact_of(recorded, path)
    if mine.type != theirs.type:
        return f"it was recorded as {theirs.type}"
    return "" if mine.key == theirs.key else "it was recorded for another key"


def _windows_differ(name: str, candidate: Bundle, recorded: Bundle | None) -> str:
    if recorded is None:
        return NO_BUNDLE
    theirs = recorded.ruleset.windows.get(name)
    return "" if theirs == candidate.ruleset.windows[name] else "the window is defined otherwise"


def _lists_differ(name: str, candidate: Bundle, recorded: Bundle | None) -> str:
    if recorded is None:
        return NO_BUNDLE
    mine, theirs = candidate.ruleset.lists[name], recorded.ruleset.lists.get(name)
    is_same = theirs is not None and (theirs.origin, theirs.place) == (mine.origin, mine.place)
    return "" if is_same else "the list is another one"
