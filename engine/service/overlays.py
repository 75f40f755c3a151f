"""A configuration's tightenings as numbers of the rules: bound when a run starts, reopened when one is explained."""

from dsl.bundle import Bundle
from dsl.diagnostics import Diagnostic
from dsl.overlays import read_overlay, reopen_overlay
from dsl.program import Overlay
from engine.audit.canonical import parse_canonical
from engine.config.load import Config
from engine.service.refusal import RulesRefused


def bind_overlays(bundle: Bundle, config: Config) -> tuple[Overlay, ...]:
    """Return the configuration's tightenings, each held to its param's range and direction. Raises RulesRefused."""
    overlays: list[Overlay] = []
    found: list[Diagnostic] = []
    for stated in config.overlays:
        origin = f"{stated.origin.source}:{stated.origin.line}"
        since = stated.from_date.isoformat()
        bound, problems = read_overlay(bundle, stated.param, stated.key, stated.value_text, since, stated.cite, origin)
        found += problems
        if bound is not None:
            overlays.append(bound)
    if found:
        raise RulesRefused(tuple(found), {})
    return tuple(overlays)


def reopen_overlays(config: bytes) -> tuple[Overlay, ...]:
    """Return the tightenings of a stored configuration, as they were bound when its run started."""
    out = []
    for param, entries in sorted(parse_canonical(config, None).get("params", {}).items()):
        for entry in entries:
            overlay = reopen_overlay(
                param, tuple(entry.get("key", ())), entry["value"], entry["from"], entry["cite"], entry["origin"]
            )
            if overlay is not None:
                out.append(overlay)
    return tuple(out)
