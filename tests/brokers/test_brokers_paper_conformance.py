"""The paper broker passes the laws of every broker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brokers.conformance import BrokerLaws
from tests.brokers.paper_world import PaperWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[PaperWorld]:
    made = PaperWorld(tmp_path / "paper.db")
    yield made
    made.close()


class TestPaperBroker(BrokerLaws):
    """All laws, on a book in a file."""
