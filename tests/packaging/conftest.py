"""The wheel is built once for all packaging tests of a process."""

from pathlib import Path

import pytest

from tests.packaging.installation import build_wheel


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))
