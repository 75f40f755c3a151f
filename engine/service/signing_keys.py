"""Keys of principals: made once, then named by file or by environment variable; the private half is never shown."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.config.principals import FILE, load_principals
from engine.model.principal import Principal
from engine.review.keys import SigningKey, read_key_file, read_key_variable, write_new_key
from engine.review.statement import Signer
from engine.service.refusal import Refused
from engine.shipped import shipped


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts, and where the private half of their key is: a file, or the name of an environment variable."""

    principal: str
    key_file: Path | None = None
    key_variable: str | None = None
    config: Path | None = None


def make_key(path: Path) -> str:
    """Write a new private key to a file of its own and return the public half. Raises ReviewRefused and OSError."""
    return write_new_key(path).public


def public_half(path: Path) -> str:
    """Return the public half of a key file. Raises ReviewRefused and OSError."""
    return read_key_file(path).public


def read_principals(config: Path | None = None) -> Mapping[str, Principal]:
    """Return the principals of a configuration (None: the shipped one) by id. Raises ConfigRefused."""
    return {each.id: each for each in load_principals((config or shipped("config")) / FILE)}


def read_signer(acting: Acting) -> Signer:
    """Return who acts, ready to sign. Raises Refused, ReviewRefused, ConfigRefused and OSError."""
    principals = read_principals(acting.config)
    if acting.principal not in principals:
        raise Refused("PRINCIPAL_UNKNOWN", f"there is no principal {acting.principal}", "name one of principals.yaml")
    return Signer(principals[acting.principal], _key(acting))


def _key(acting: Acting) -> SigningKey:
    match acting.key_file, acting.key_variable:
        case Path() as file, None:
            return read_key_file(file)
        case None, str() as name:
            return read_key_variable(name, os.environ)
    raise Refused("KEY_NONE", "a step of a review is signed, and no key is named",
                  "say --key FILE, or --key-env NAME of an environment variable")  # fmt: skip
