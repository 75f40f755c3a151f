"""A bundle's two files: bytes named by their hash, and a seal that binds everything it says."""

import hashlib
import json
from dataclasses import replace

import pytest

from engine.contracts import contract
from engine.model.principal import Role
from engine.model.time import HOUR
from engine.review.bundles import Bundles
from engine.review.seal import Seal, check_seal, read_seal
from engine.service.rule_files import load_bundle
from tests.review.review_world import REWORDED, START, World, bundle_of, principal, refused


@pytest.fixture
def seal(world: World) -> Seal:
    return world.seal(bundle_of(), 7)


def test_a_bundle_is_named_by_the_hash_of_its_canonical_bytes(world: World) -> None:
    bundle = bundle_of()
    assert hashlib.sha256(bundle.canonical).hexdigest() == bundle.hash
    assert bundle_of(*REWORDED).hash != bundle.hash
    assert Bundles().take(bundle.canonical).hash == bundle.hash


def test_a_bundle_file_is_what_its_contract_says() -> None:
    for bundle in (bundle_of(), load_bundle()):
        value = json.loads(bundle.canonical)
        assert contract("bundle").parse(value) == value


def test_a_seal_survives_being_a_file(world: World, seal: Seal) -> None:
    again = read_seal(seal.as_text().encode())
    assert again == seal
    check_seal(again, bundle_of().hash, world.principals)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hash", "0" * 64), ("version", 8), ("language", 2), ("author", "rory"), ("at", START + 1),
        ("signature", "0" * 128),
    ],
)  # fmt: skip
def test_a_seal_binds_every_word_of_it(world: World, seal: Seal, field: str, value: object) -> None:
    forged = replace(seal, **{field: value})
    sha256 = forged.hash if field == "hash" else bundle_of().hash
    assert refused(lambda: check_seal(forged, sha256, world.principals)) == "BUNDLE_SEAL"


def test_a_seal_is_on_one_bundle_alone(world: World, seal: Seal) -> None:
    assert refused(lambda: check_seal(seal, bundle_of(*REWORDED).hash, world.principals)) == "BUNDLE_ALTERED"
    assert refused(lambda: world.propose(bundle_of(*REWORDED), 7, seal=seal)) == "BUNDLE_ALTERED"


def test_a_seal_is_good_only_while_its_author_may_write_rules(world: World, seal: Seal) -> None:
    for other in (
        principal("rhea", Role.OPERATOR),
        principal("rhea", Role.RISK_OFFICER, until=START - HOUR),
    ):
        assert refused(lambda other=other: check_seal(seal, bundle_of().hash, {"rhea": other})) == "REVIEW_ROLE"
    assert refused(lambda: check_seal(seal, bundle_of().hash, {})) == "REVIEW_PRINCIPAL"


def test_every_flipped_byte_of_a_bundle_or_its_seal_is_refused(world: World, seal: Seal) -> None:
    """Each byte of the seal, and bytes all over the bundle, at one bit each."""
    bundle, text = bundle_of(), seal.as_text().encode()
    for at in range(len(text)):
        flipped = text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :]
        if json.loads(text) == _value(flipped):
            continue
        refused(lambda raw=flipped: check_seal(read_seal(raw), bundle.hash, world.principals))
    for at in range(0, len(bundle.canonical), 37):
        raw = bundle.canonical[:at] + bytes([bundle.canonical[at] ^ 1]) + bundle.canonical[at + 1 :]
        digest = hashlib.sha256(raw).hexdigest()
        assert refused(lambda d=digest: check_seal(seal, d, world.principals)) == "BUNDLE_ALTERED"


def _value(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except ValueError:
        return None


@pytest.mark.parametrize("raw", [b"", b"{}", b"[1]", b'{"v": 2}', b"\xff", b'{"v":1,"v":1}', b"9" * 300_000])
def test_what_is_no_seal_is_refused(raw: bytes) -> None:
    assert refused(lambda: read_seal(raw)) == "BUNDLE_SEAL"


def test_a_bundle_nobody_signed_is_not_proposed(world: World) -> None:
    bundle = bundle_of()
    step = lambda seal: world.desk.propose(  # noqa: E731
        world.matter, "rules", ("bundle", bundle.canonical), 1, world.signer("rhea"), "r", "c", seal
    )
    assert refused(lambda: step(None)) == "BUNDLE_UNSIGNED"
    assert refused(lambda: step(world.seal(bundle, 2).as_text().encode())) == "BUNDLE_SEAL"
    assert refused(lambda: step(world.seal(bundle, 1, "rory").as_text().encode())) == "REVIEW_NOT_AUTHOR"


def test_a_bundle_from_the_future_is_not_proposed(world: World) -> None:
    later = World(world.database)
    later.wait(2 * HOUR)
    seal = later.seal(bundle_of(), 1)
    assert refused(lambda: world.propose(bundle_of(), 1, seal=seal)) == "REVIEW_CLOCK"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"{}", "BUNDLE_LANGUAGE"),
        (b"not json", "BUNDLE_LANGUAGE"),
        (b'{"contracts":{},"language":99,"rulebooks":[]}', "BUNDLE_LANGUAGE"),
        (b'{"contracts":{},"language":1,"rulebooks":[{"name":"a.rules","text":"rulebook"}]}', "BUNDLE_COMPILE"),
        (b'{"contracts":{}, "language":1,"rulebooks":[]}', "BUNDLE_ALTERED"),
    ],
)
def test_bytes_that_are_no_bundle_of_this_language_are_refused(raw: bytes, code: str) -> None:
    assert refused(lambda: Bundles().take(raw)) == code


def test_a_bundle_built_under_other_contracts_is_refused(world: World) -> None:
    body = json.loads(bundle_of().canonical)
    body["contracts"]["intent"]["title"] = "another"
    raw = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert refused(lambda: world.propose(Bundles().take(raw), 1)) == "BUNDLE_CONTRACTS"
