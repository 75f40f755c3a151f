"""A version of the rules by its name: a folder, a file, a bundle of a database, or a folder of a git revision."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dsl.diagnostics import Diagnostic, has_errors
from dsl.text import Source
from engine.service.git import GitMissing, GitRefused, git
from engine.service.refusal import Kind, Refused, RulesRefused
from engine.service.rule_files import RULES, compile_files, read_rule_files, read_schemas

if TYPE_CHECKING:
    from dsl.bundle import Bundle

_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Version:
    """Compiled rules and where they came from: `shown` stands before the names of their files."""

    name: str
    bundle: "Bundle"
    shown: str
    texts: Mapping[str, str]


def read_version(name: str, database: str | None = None) -> Version:
    """Return the rules a name stands for.

    In this order: a folder or file that is there (a `.rules` file, or a bundle's canonical form), the hash of a
    bundle in a database, `REVISION:FOLDER` of git. Raises Refused, RulesRefused and the store's errors.
    """
    path = Path(name)
    if path.exists():
        return _of_path(name, path)
    if _HASH.fullmatch(name):
        return _of_database(name, database)
    if ":" in name:
        return _of_revision(name)
    what = f"{name} is neither a folder, nor a file, nor the hash of a bundle, nor REVISION:FOLDER of git"
    raise Refused("RULES_NONE", what, "name a rules folder, or a revision like HEAD~1:rules")


def name_base(name: str, folder: Path) -> str:
    """Return a base as `read_version` takes it: a bare revision of git means the same folder at that revision."""
    if Path(name).exists() or _HASH.fullmatch(name) or ":" in name:
        return name
    place = folder if folder.is_dir() else folder.parent
    prefix = _git("rev-parse", "--show-prefix", of=f"repository around {place}", folder=place).decode().strip()
    return f"{name}:{prefix.rstrip('/')}"


def _of_path(name: str, path: Path) -> Version:
    if path.is_file() and path.suffix != ".rules":
        return _of_canonical(name, path.read_bytes())
    files = read_rule_files(path)
    bundle, found = compile_files(files)
    if bundle is None or has_errors(found):
        raise RulesRefused(tuple(found), files.texts)
    return Version(name, bundle, files.shown, files.texts)


def _of_canonical(name: str, raw: bytes) -> Version:
    from dsl.bundle import open_form
    from dsl.pipeline import compile_rules

    try:
        sources, schemas = open_form(raw)
    except (ValueError, KeyError, TypeError) as fault:
        what = f"{name} is not the canonical form of a bundle: {fault}"
        raise Refused("BUNDLE_UNREADABLE", what, "name a file that holds one, or a rules folder") from None
    return _compiled(name, sources, compile_rules(sources, schemas))


def _of_database(sha256: str, database: str | None) -> Version:
    from engine.service.runs import open_existing

    if database is None:
        raise Refused(
            "BUNDLE_WHERE", f"{sha256[:12]}… names a bundle of a database", "name the database: --against URL"
        )
    with open_existing(database) as store, store.read() as unit:
        document = unit.documents.get(sha256)
    if document is None or document.kind != "bundle":
        raise Refused(
            "BUNDLE_NONE", f"the database holds no bundle {sha256}", "see the manifests of its runs for others"
        )
    return _of_canonical(sha256, document.content)


# ------------------------------------------------------------------------------------------ git
def _of_revision(name: str) -> Version:
    from dsl.pipeline import compile_rules

    revision, _, folder = name.partition(":")
    if not revision or revision.startswith("-"):
        raise Refused("GIT_REVISION", f"`{revision}` is no revision", "write REVISION:FOLDER, like HEAD~1:rules")
    tree = (
        _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}:{folder}", of=name).decode().strip()
    )
    listed = _git("ls-tree", "-r", "-z", "--full-tree", tree, of=name).decode("utf-8", "surrogateescape")
    sources = []
    for entry in filter(None, listed.split("\0")):
        kind, _, path = entry.partition("\t")
        if Path(path).match(RULES) and kind.split()[1] == "blob":
            raw = _git("cat-file", "blob", kind.split()[2], of=name)
            sources.append(Source(path, _text(raw, f"{name}/{path}")))
    if not sources:
        raise Refused("RULES_NONE", f"{name} holds no .rules file", "name the folder the rulebooks are in")
    return _compiled(name, sources, compile_rules(sources, read_schemas()))


def _git(*arguments: str, of: str, folder: Path | None = None) -> bytes:
    try:
        return git(folder, *arguments)
    except GitMissing:
        what = "git does not answer, and it alone knows revisions"
        raise Refused("GIT_NONE", what, "install git, or name two folders", Kind.UNAVAILABLE) from None
    except GitRefused as refused:
        what = f"git knows no {of}" + (f": {refused.said}" if refused.said else "")
        help_ = "the folder is named from the top of the repository, like HEAD~1:rules"
        raise Refused("GIT_REVISION", what, help_) from None


def _text(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as fault:
        what = f"{name} is not UTF-8: byte {fault.start} cannot be read"
        raise Refused("RULES_ENCODING", what, "save the file as UTF-8") from None


def _compiled(name: str, sources: list[Source], compiled: "tuple[Bundle | None, list[Diagnostic]]") -> Version:
    bundle, found = compiled
    shown = f"{name}/"
    texts = {shown + source.name: source.text for source in sources}
    if bundle is None or has_errors(found):
        placed = [replace(d, span=replace(d.span, file=shown + d.span.file)) for d in found]
        raise RulesRefused(tuple(placed), texts)
    return Version(name, bundle, shown, texts)
