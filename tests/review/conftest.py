"""A review desk on each database."""

import pytest

from engine.store.database import Database
from tests.review.review_world import World


@pytest.fixture
def world(database: Database) -> World:
    return World(database)
