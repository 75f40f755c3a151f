"""The optional solver: asked for by whoever is about to use it, refused in one way where it is not installed."""

from engine.service.refusal import Kind, Refused

MISSING = "ANALYSIS_MISSING"


def require_solver() -> None:
    """Raise Refused where z3 cannot be loaded. Nothing is analysed without it, and nothing passes unanalysed."""
    from dsl.analysis import is_available

    if not is_available():
        what = "the solver z3 is not installed, so nothing can be shown of rules"
        raise Refused(MISSING, what, 'install it with: pip install "miniquantdesk[analysis]"', Kind.UNAVAILABLE)
