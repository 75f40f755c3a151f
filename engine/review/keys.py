"""Ed25519 keys (RFC 8032) of principals: made, read and used here alone; a private half is never shown."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from engine.model.principal import is_weak_key
from engine.review.refusal import ReviewRefused

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

MAX_BYTES = 4_096


class SigningKey:
    """The private half of a key in memory; it prints as its public half."""

    __slots__ = ("_private", "public")

    def __init__(self, private: "Ed25519PrivateKey") -> None:
        self._private = private
        self.public = private.public_key().public_bytes_raw().hex()

    def __repr__(self) -> str:
        return f"<the signing key of {self.public}>"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a signing key is not written anywhere")

    def sign(self, message: bytes) -> str:
        """Return the signature of a message, 128 hex digits."""
        return self._private.sign(message).hex()


def is_signed(public_key: str, signature: str, message: bytes) -> bool:
    """Return whether a signature (hex) over a message is that of a public key (hex); malformed ones are not."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        if is_weak_key(public_key):
            return False
        # bytes.fromhex accepts blanks and capitals, so two texts could be one signature.
        if len(signature) != 128 or signature != bytes.fromhex(signature).hex():
            return False
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def write_new_key(path: Path) -> SigningKey:
    """Make a key and write its private half (PKCS 8, PEM) to a new file only its owner may read.

    Raises ReviewRefused (KEY_EXISTS) when anything has that name, and OSError.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ReviewRefused("KEY_EXISTS", f"{path} is there already", "name a new file; keys are not written over") \
            from None  # fmt: skip
    with os.fdopen(handle, "wb") as file:
        # The mask of the process can only take permissions away; 0600 is made certain before anything is in it.
        os.fchmod(file.fileno(), 0o600)
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    return SigningKey(private)


def read_key_file(path: Path) -> SigningKey:
    """Return the key of a file that nobody but its owner may read.

    Raises ReviewRefused (KEY_EXPOSED, KEY_MALFORMED) and OSError.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise _malformed(str(path))
        if found.st_mode & 0o077:
            mode = f"{stat.S_IMODE(found.st_mode):04o}"
            advice = f"whoever read it can sign as you: make a new key, or `chmod 600 {path}` if nobody did"
            raise ReviewRefused("KEY_EXPOSED", f"others may read {path} (mode {mode})", advice)
        return _open(file.read(MAX_BYTES + 1), str(path))


def read_key_variable(name: str, environ: Mapping[str, str]) -> SigningKey:
    """Return the key whose PEM text an environment variable holds. Raises ReviewRefused (KEY_NONE, KEY_MALFORMED)."""
    text = environ.get(name, "").strip()
    if not text:
        raise ReviewRefused(
            "KEY_NONE", f"the environment has no {name}, or it is blank", "put the PEM text of the key in it"
        )
    return _open(text.encode() + b"\n", f"the variable {name}")


def _open(pem: bytes, where: str) -> SigningKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if len(pem) > MAX_BYTES:
        raise _malformed(where)
    try:
        private = load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # What the library says could quote the key.
        raise _malformed(where) from None
    if not isinstance(private, Ed25519PrivateKey):
        raise _malformed(where)
    return SigningKey(private)


def _malformed(where: str) -> ReviewRefused:
    what = f"{where} holds no Ed25519 private key in PEM form without a password"
    return ReviewRefused("KEY_MALFORMED", what, "make one with `mqk keys new`")
