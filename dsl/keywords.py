"""The words of the language: one table for the grammar, the resynchroniser, editors and docs."""

DECLARATIONS = (
    "rulebook", "calendar", "uses", "param", "let", "list", "table", "window", "limit", "rule",
    "switch", "checklist", "gate", "fixture", "test", "prove",
)  # fmt: skip
EFFECTS = ("note", "warn", "flag", "clip", "hold", "reject")
"""Effects of a pre-trade line, weakest first."""
OUTCOMES = ("allow", *EFFECTS)

CLAUSES = (
    "on", "when", "effective", "mode", "scope", "needs", "missing", "cite", "owner", "because",
    "measure", "from", "fresh", "column", "may", "given", "gives", "row", "trips", "posture", "does", "reset",
    "require", "confirm", "signed", "promotes", "score", "rank",
)  # fmt: skip

RESERVED = (
    "above", "after", "always", "and", "as", "at", "because", "below", "between", "calendar", "checklist",
    "cite", "column", "effective", "else", "expect", "false", "fixture", "for", "from", "gate", "given", "if",
    "in", "is", "let", "limit", "list", "measure", "missing", "mode", "needs", "not", "of", "on", "or",
    "otherwise", "outside", "over", "owner", "param", "per", "prove", "rule", "rulebook", "scope", "switch",
    "since", "table", "test", "then", "true", "unless", "uses", "when", "where", "window", "with", "within", "without",
    "allow", "note", "warn", "flag", "clip", "hold", "reject", "posture", "does", "trips", "due", "require",
)  # fmt: skip
"""Words a bare name may not be; dotted names are exempt."""

CONNECTIVES = (
    "a", "and", "between", "business", "day", "days", "each", "else", "for", "if", "in", "is", "multiple", "not", "of",
    "or", "otherwise", "then", "unless", "where",
)  # fmt: skip
"""Words that join expressions."""
CONSTANTS = ("always", "any", "false", "infinite", "true")
"""Words that stand for a value."""
PHRASES = (
    "above", "after", "aged", "as", "at", "bar", "baseline", "be", "below", "by", "cited", "counts", "current",
    "database", "dated", "distinct", "due", "empty", "enum", "even", "every", "expect", "fail", "file", "including",
    "least", "looser", "manually", "never", "next", "no", "opens", "order", "outside", "over", "passes", "per",
    "points", "rebases", "reducing", "refuse", "requires", "restart", "set", "since", "some", "task", "than",
    "throughout", "tighter", "to", "trip", "until", "with", "within", "without", "zone",
)  # fmt: skip
"""Words inside a clause, between what they say something of. With declarations, clauses, outcomes, connectives and
constants these are all words of the grammar; editors colour and complete from here."""

STAGES = ("arming", "pre_trade", "in_flight", "post_trade", "kill", "promotion")
STAGE_EFFECTS = {
    "arming": (),
    "pre_trade": ("note", "warn", "flag", "clip", "hold", "reject", "posture"),
    "in_flight": ("note", "warn", "flag", "posture"),
    "post_trade": ("note", "warn", "flag"),
    "kill": ("posture",),
    "promotion": (),
}
"""What a line of a limit or rule may do at each stage; a checklist refuses, a gate fails, a switch trips."""
STAGE_OF = {"switch": "kill", "checklist": "arming", "gate": "promotion"}
"""Declarations that belong to one stage."""
MISSING_EFFECTS = {
    "arming": ("refuse",), "pre_trade": ("reject", "warn", "flag"), "in_flight": ("flag", "warn"),
    "post_trade": ("flag", "warn"), "kill": ("flag",), "promotion": ("fail",),
}  # fmt: skip
"""What an unknown fact may do at each stage, the default first."""
MOMENTS = ("fill", "session end", "month end")
"""When post-trade rules are judged."""
POSTURES = ("active", "reduce_only", "cancel_only", "halted", "disarmed")
"""Postures, weakest first."""
ACTIONS = ("cancel_working", "flatten", "alert")
RUNGS = ("research", "shadow", "paper", "live_limited", "live")
"""How far a strategy is trusted, least first: where a gate promotes it from and to, and where it is demoted to."""
MODES = ("trial", "advisory", "enforced")
SCOPES = ("firm", "account", "engine", "strategy", "symbol")
ROLES = ("viewer", "trader", "operator", "risk_officer", "compliance", "approver", "admin")
FUNCTIONS = ("abs", "min", "max", "clamp", "rounded", "known", "ln", "exact")
AGGREGATES = ("sum", "count", "min", "max", "any", "every")
WINDOWS = ("count", "sum", "min", "max", "first", "last", "distinct")
MAY_BE_EMPTY = ("min", "max", "first", "last")
"""Windows that have no value as long as nothing happened: absent, not zero."""
DIRECTIONS = ("lower", "higher")
"""Which way of a param is tighter."""
ORDERS = ("lowest", "highest")
"""Which end of a ranking is better."""
ROUNDINGS = ("half_up", "half_even", "down", "up")

UNITS = {
    "s": ("duration", 1), "ms": ("duration", "1/1000"), "min": ("duration", 60), "h": ("duration", 3600),
    "day": ("duration", 86400), "days": ("duration", 86400),
    "session": ("sessions", 1), "sessions": ("sessions", 1),
    "share": ("shares", 1), "shares": ("shares", 1),
    "bps": ("ratio", "1/10000"), "x": ("ratio", 1),
}  # fmt: skip
"""Unit suffixes of number literals: what they are and how many base units one is."""
