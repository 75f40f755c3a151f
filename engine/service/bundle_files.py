"""Bundles as files: built from rule files, sealed by their author, written whole and read back."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.model.clock import Clock
from engine.review.proof import RULES
from engine.review.refusal import ReviewRefused
from engine.review.seal import Seal, read_seal, seal_bundle
from engine.service.refusal import Refused
from engine.service.rule_files import load_bundle
from engine.service.runs import open_existing
from engine.service.signing_keys import Acting, read_signer

SUFFIX = ".seal"
MAX_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Built:
    """A bundle on disk: `hash` is the SHA-256 of the file, `seal` is empty when nobody signed it."""

    hash: str
    version: int | None
    author: str
    rules: int
    file: str
    seal: str

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class BundleFile:
    """A bundle's exact bytes and the seal that lay beside them."""

    raw: bytes
    seal: Seal


def build_bundle(
    rules: Path | None, out: Path, acting: Acting | None, version: int | None, database: str, clock: Clock
) -> Built:
    """Compile rule files and write the bundle, and beside it the seal of whoever acts.

    `version` None means one above what is in force in the database. Files that are there are not written
    over. Raises RulesRefused, Refused, ReviewRefused, ConfigRefused and OSError.
    """
    seal_path = out.with_name(out.name + SUFFIX)
    for path in (out, seal_path):
        if path.exists() or path.is_symlink():
            raise Refused("FILE_EXISTS", f"{path} is there already", "name a new file; a bundle is not written over")
    bundle = load_bundle(rules)
    if acting is None:
        _write_new(out, bundle.canonical)
        return Built(bundle.hash, None, "", len(bundle.ruleset.rules), str(out), "")
    signer = read_signer(acting)
    number = next_version(database) if version is None else version
    seal = seal_bundle(bundle, number, signer, clock.now())
    _write_new(out, bundle.canonical)
    _write_new(seal_path, seal.as_text().encode())
    return Built(bundle.hash, number, signer.principal.id, len(bundle.ruleset.rules), str(out), str(seal_path))


def read_bundle(path: Path) -> BundleFile:
    """Return a bundle file with its seal. Raises ReviewRefused (BUNDLE_UNSIGNED, BUNDLE_SIZE) and OSError."""
    seal_path = path.with_name(path.name + SUFFIX)
    raw = _read(path)
    if not seal_path.is_file():
        raise ReviewRefused("BUNDLE_UNSIGNED", f"{path} has no {seal_path.name} beside it",
                            "build it with --as and a key; what nobody signed is not proposed")  # fmt: skip
    return BundleFile(raw, read_seal(_read(seal_path), seal_path.name))


def next_version(database: str) -> int:
    """Return the version one above what is in force in a database. Raises Refused and the store's errors."""
    with open_existing(database) as opened, opened.read() as unit:
        head = unit.reviews.head(RULES)
    return 1 if head is None else head.version + 1


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise ReviewRefused("BUNDLE_SIZE", f"{path} is larger than {MAX_BYTES} bytes", "name a file that was built")
    return raw


def _write_new(path: Path, raw: bytes) -> None:
    with path.open("xb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
