"""The words of the language: one table for the grammar, the resynchroniser, editors and docs."""

DECLARATIONS = (
    "rulebook", "calendar", "uses", "param", "let", "list", "table", "window", "limit", "rule",
    "switch", "checklist", "gate", "fixture", "test", "prove",
)  # fmt: skip
UNAVAILABLE = ("table", "switch", "checklist", "gate")
"""Declarations LANGUAGE names that this language version refuses with E009."""

EFFECTS = ("note", "warn", "flag", "clip", "hold", "reject")
"""Effects of a pre-trade line, weakest first."""
OUTCOMES = ("allow", *EFFECTS)

CLAUSES = (
    "on", "when", "effective", "mode", "scope", "needs", "missing", "cite", "owner", "because",
    "measure", "from", "fresh", "column", "may", "given",
)  # fmt: skip

RESERVED = (
    "above", "after", "always", "and", "as", "at", "because", "below", "between", "calendar", "checklist",
    "cite", "column", "effective", "else", "expect", "false", "fixture", "for", "from", "gate", "given", "if",
    "in", "is", "let", "limit", "list", "measure", "missing", "mode", "needs", "not", "of", "on", "or",
    "otherwise", "outside", "over", "owner", "param", "per", "prove", "rule", "rulebook", "scope", "switch",
    "table", "test", "then", "true", "unless", "uses", "when", "where", "window", "with", "within", "without",
    "allow", "note", "warn", "flag", "clip", "hold", "reject",
)  # fmt: skip
"""Words a bare name may not be; dotted names are exempt."""

STAGES = ("arming", "pre_trade", "in_flight", "post_trade", "kill", "promotion")
MODES = ("trial", "advisory", "enforced")
SCOPES = ("firm", "account", "engine", "strategy", "symbol")
ROLES = ("viewer", "trader", "operator", "risk_officer", "compliance", "approver", "admin")
FUNCTIONS = ("abs", "min", "max", "clamp", "rounded", "known")
AGGREGATES = ("sum", "count", "min", "max", "any", "every")
ROUNDINGS = ("half_up", "half_even", "down", "up")

UNITS = {
    "s": ("duration", 1), "ms": ("duration", "1/1000"), "min": ("duration", 60), "h": ("duration", 3600),
    "day": ("duration", 86400), "days": ("duration", 86400),
    "session": ("sessions", 1), "sessions": ("sessions", 1),
    "share": ("shares", 1), "shares": ("shares", 1),
    "bps": ("ratio", "1/10000"), "x": ("ratio", 1),
}  # fmt: skip
"""Unit suffixes of number literals: what they are and how many base units one is."""
