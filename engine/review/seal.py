"""A bundle as two files: its canonical bytes, named by their SHA-256, and the author's seal on them.

The seal binds hash, version, language, author and time. The version is not part of the hash: the same
rules may come into force again later, as a higher version.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dsl.bundle import LANGUAGE, Bundle
from engine.audit.canonical import canonical
from engine.contracts import contract, load_json
from engine.model.principal import Principal
from engine.model.time import Timestamp, format_timestamp
from engine.review.keys import is_signed
from engine.review.refusal import ReviewRefused, altered
from engine.review.roles import check_role
from engine.review.statement import Signer, require_own_key

DOMAIN = b"miniquantdesk/bundle/v1\0"


@dataclass(frozen=True, slots=True)
class Seal:
    """An author's signature (hex) on a bundle: `hash` names its canonical bytes, `at` is when it was built."""

    hash: str
    version: int
    language: int
    author: str
    at: Timestamp
    signature: str

    @property
    def message(self) -> bytes:
        """The bytes the signature is over."""
        return DOMAIN + canonical({name: value for name, value in self.as_data().items() if name != "signature"})

    def as_data(self) -> dict[str, Any]:
        """Return the seal as its contract has it."""
        return {
            "v": 1, "hash": self.hash, "version": self.version, "language": self.language, "author": self.author,
            "at": format_timestamp(self.at), "signature": self.signature,
        }  # fmt: skip

    def as_text(self) -> str:
        """Return the seal as a file."""
        return json.dumps(self.as_data(), indent=2) + "\n"


def seal_bundle(bundle: Bundle, version: int, signer: Signer, at: Timestamp) -> Seal:
    """Return the author's seal on a compiled bundle.

    Raises ReviewRefused: REVIEW_ROLE, REVIEW_KEY and those of `check_role`.
    """
    author = signer.principal.id
    check_role({author: signer.principal}, author, "draft", at)
    require_own_key(signer)
    unsigned = Seal(bundle.hash, version, LANGUAGE, author, at, "")
    return Seal(bundle.hash, version, LANGUAGE, author, at, signer.key.sign(unsigned.message))


def read_seal(raw: bytes, name: str = "the seal") -> Seal:
    """Return the seal of a file or row. Raises ReviewRefused (BUNDLE_SEAL) for what its contract refuses."""
    loaded = load_json(raw, name)
    value = loaded if isinstance(loaded, list) else contract("seal").parse(loaded)
    if isinstance(value, list):
        fault = value[0]
        raise altered("BUNDLE_SEAL", f"{name} line {fault.line}: {fault.message}")
    fields = {field: value[field] for field in Seal.__slots__}
    return Seal(**fields)


def check_seal(seal: Seal, sha256: str, principals: Mapping[str, Principal]) -> None:
    """Prove that a seal is its author's, on the bytes of that hash.

    Raises ReviewRefused: BUNDLE_ALTERED, BUNDLE_LANGUAGE, BUNDLE_SEAL, and those of `check_role`.
    """
    if seal.hash != sha256:
        raise altered("BUNDLE_ALTERED", f"the bundle hashes to {sha256[:12]}, its seal is on {seal.hash[:12]}")
    author = check_role(principals, seal.author, "draft", seal.at)
    if not is_signed(author.public_key, seal.signature, seal.message):
        raise altered("BUNDLE_SEAL", f"the seal on bundle {sha256[:12]} is not {seal.author}'s")
    if seal.language != LANGUAGE:
        raise ReviewRefused(
            "BUNDLE_LANGUAGE", f"the bundle speaks language {seal.language}, this desk language {LANGUAGE}",
            "build it again with this program",
        )  # fmt: skip
