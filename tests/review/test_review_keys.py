"""Keys: made once, kept to their owner, and never shown."""

import json
import os
import pickle
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from engine.review.keys import SigningKey, is_signed, read_key_file, read_key_variable, write_new_key
from engine.review.refusal import ReviewRefused
from tests.review.review_world import key_of, refused

VECTORS = json.loads((Path(__file__).parents[1] / "fixtures" / "review" / "rfc8032.json").read_text("utf-8"))["vectors"]
PEM = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["public"][:8])
def test_signatures_are_those_of_the_standard(vector: dict[str, str]) -> None:
    key = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["secret"])))
    message = bytes.fromhex(vector["message"])
    assert (key.public, key.sign(message)) == (vector["public"], vector["signature"])
    assert is_signed(vector["public"], vector["signature"], message)


def test_no_flipped_bit_of_message_signature_or_key_is_signed() -> None:
    key = key_of("rhea")
    message = b"what was said"
    signature = key.sign(message)
    assert is_signed(key.public, signature, message)
    for what, raw in (
        ("key", bytes.fromhex(key.public)),
        ("signature", bytes.fromhex(signature)),
        ("message", message),
    ):
        for bit in range(len(raw) * 8):
            flipped = bytearray(raw)
            flipped[bit // 8] ^= 1 << bit % 8
            said = {"key": key.public, "signature": signature, "message": message}
            said[what] = bytes(flipped) if what == "message" else flipped.hex()
            assert not is_signed(str(said["key"]), str(said["signature"]), bytes(said["message"])), (what, bit)


@pytest.mark.parametrize(
    "change", [str.upper, lambda s: s[:64] + " " + s[64:], lambda s: s[:-2], lambda s: "", lambda s: "xy"]
)
def test_a_signature_has_one_form(change) -> None:
    key = key_of("rhea")
    signature = key.sign(b"said")
    assert is_signed(key.public, signature, b"said")
    assert not is_signed(key.public, change(signature), b"said")
    assert not is_signed("00", signature, b"said")


def test_a_key_without_a_private_half_has_signed_nothing() -> None:
    """R the neutral point and S zero verify under the neutral key whatever was said; the library takes it."""
    neutral, forged = "01" + "00" * 31, "01" + "00" * 63
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(neutral)).verify(bytes.fromhex(forged), b"anything")
    assert not is_signed(neutral, forged, b"anything")


def test_a_new_key_can_be_read_by_nobody_else_under_any_mask(tmp_path: Path) -> None:
    for mask in (0o000, 0o022, 0o277):
        before = os.umask(mask)
        try:
            path = tmp_path / f"{mask}.pem"
            public = write_new_key(path).public
        finally:
            os.umask(before)
        assert path.stat().st_mode & 0o777 == 0o600
        assert read_key_file(path).public == public


def test_no_key_is_written_over_anything(tmp_path: Path) -> None:
    path = tmp_path / "rhea.pem"
    write_new_key(path)
    before = path.read_bytes()
    assert refused(lambda: write_new_key(path)) == "KEY_EXISTS"
    assert path.read_bytes() == before
    link = tmp_path / "link.pem"
    link.symlink_to(tmp_path / "elsewhere.pem")
    assert refused(lambda: write_new_key(link)) == "KEY_EXISTS"
    assert not (tmp_path / "elsewhere.pem").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o620])
def test_a_key_others_may_reach_is_not_used(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "rhea.pem"
    write_new_key(path)
    path.chmod(mode)
    assert refused(lambda: read_key_file(path)) == "KEY_EXPOSED"


def test_a_key_is_read_from_a_plain_file_alone(tmp_path: Path) -> None:
    write_new_key(tmp_path / "rhea.pem")
    (tmp_path / "link.pem").symlink_to(tmp_path / "rhea.pem")
    with pytest.raises(OSError):
        read_key_file(tmp_path / "link.pem")
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert refused(lambda: read_key_file(tmp_path / "pipe")) == "KEY_MALFORMED"


def test_what_is_no_ed25519_key_is_refused_and_never_quoted(tmp_path: Path) -> None:
    private = Ed25519PrivateKey.generate()
    plain = private.private_bytes(*PEM)
    contents = {
        "another algorithm": generate_private_key(65537, 2048).private_bytes(*PEM),
        "a password": private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")),
        "no key": b"secret-canary\n",
        "cut off": plain[:60],
        "too long": plain + b" " * 5_000,
        "empty": b"",
    }
    for what, raw in contents.items():
        path = tmp_path / "key.pem"
        path.write_bytes(raw)
        path.chmod(0o600)
        with pytest.raises(ReviewRefused) as caught:
            read_key_file(path)
        assert caught.value.code == "KEY_MALFORMED", what
        assert "canary" not in str(caught.value) and caught.value.__cause__ is None


def test_a_key_in_a_variable_is_named_and_never_shown() -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(*PEM).decode()
    key = read_key_variable("DESK_KEY", {"DESK_KEY": pem})
    assert len(key.public) == 64
    assert refused(lambda: read_key_variable("DESK_KEY", {})) == "KEY_NONE"
    assert refused(lambda: read_key_variable("DESK_KEY", {"DESK_KEY": "  "})) == "KEY_NONE"
    with pytest.raises(ReviewRefused) as caught:
        read_key_variable("DESK_KEY", {"DESK_KEY": "secret-canary"})
    assert caught.value.code == "KEY_MALFORMED" and "canary" not in str(caught.value)


def test_a_key_prints_as_its_public_half_and_is_not_copied_out() -> None:
    key = key_of("rhea")
    assert repr(key) == f"<the signing key of {key.public}>"
    with pytest.raises(TypeError):
        pickle.dumps(key)
