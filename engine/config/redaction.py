"""Recognise credentials by their prefixes and blot them out of anything that is shown.

Prefixes and least length: BEHAVIOUR section 2.
"""

import re

SECRET_PREFIXES = (
    "sk-",
    "sk_live",
    "sk_test",
    "AKIA",
    "-----BEGIN",
    "ghp_",
    "gho_",
    "glpat-",
    "xoxb-",
    "xoxp-",
)
MIN_SECRET_LENGTH = 8
REDACTED = "<REDACTED>"

_TOKEN = re.compile("(?:" + "|".join(re.escape(prefix) for prefix in SECRET_PREFIXES) + r")[^\s'\",\]}]*")


def is_secret_like(text: str) -> bool:
    """Return whether a trimmed text starts as a known credential does and is long enough to be one."""
    trimmed = text.strip()
    return len(trimmed) >= MIN_SECRET_LENGTH and trimmed.startswith(SECRET_PREFIXES)


def redact(text: str) -> str:
    """Return `text` with everything that looks like the start of a credential blotted out."""
    return _TOKEN.sub(REDACTED, text)
