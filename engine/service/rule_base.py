"""The rules as they were at a revision of git, with their scenarios."""

import io
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.service.git import GitMissing, GitRefused, git
from engine.service.refusal import Kind, Refused
from engine.service.rule_files import RuleFiles, read_rule_files
from engine.shipped import shipped

MAX_BYTES = 64_000_000


@contextmanager
def files_at(revision: str, path: Path | None = None) -> Iterator[RuleFiles]:
    """Give the rule and scenario files a folder held at a revision, until the block ends. Raises Refused."""
    given = shipped("rules") if path is None else path
    folder = given if given.is_dir() else given.parent
    if not revision or revision.startswith("-"):
        raise Refused("GIT_REVISION", f"`{revision}` is no revision", "name a branch, a tag or a commit, like main")
    # An archive is asked for from the top: git packs only what lies below the folder it is called in.
    top = Path(_git(folder, "rev-parse", "--show-toplevel").decode().rstrip("\n"))
    inside = _git(folder, "rev-parse", "--show-prefix").decode().strip().rstrip("/")
    tree = f"{revision}:{inside}" if inside else revision
    packed = _git(top, "archive", "--format=tar", tree)
    if len(packed) > MAX_BYTES:
        raise Refused("RULES_MANY", f"{tree} holds more than {MAX_BYTES} bytes", "name the rules folder itself")
    with tempfile.TemporaryDirectory(prefix="mqk-base-") as name:
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(name, filter="data")
        files = read_rule_files(Path(name) if given.is_dir() else Path(name) / given.name)
        yield RuleFiles(files.root, files.sources, files.scenarios, f"{tree}/")


def _git(folder: Path, *arguments: str) -> bytes:
    try:
        return git(folder, *arguments)
    except GitMissing:
        what = "git does not answer, and it alone knows revisions"
        raise Refused("GIT_NONE", what, "install git, or leave --base out", Kind.UNAVAILABLE) from None
    except GitRefused as refused:
        what = f"git knows no {arguments[-1]}" + (f": {refused.said}" if refused.said else "")
        raise Refused("GIT_REVISION", what, "name a branch, a tag or a commit that holds the folder") from None
