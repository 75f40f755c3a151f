"""Bringing a database to this program's schema; Alembic does the steps, this module the guarding."""

from pathlib import Path

from sqlalchemy import Connection, inspect
from sqlalchemy import text as sql

from engine.store.errors import SchemaNewer
from engine.store.schema import REVISIONS

_LOCK = 0x6D716B_6D696772  # "mqk" "migr"
_VERSION_TABLE = "alembic_version"


def read_version(connection: Connection) -> str | None:
    """Return the schema version of a database, None for an empty one."""
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    version: str | None = connection.execute(sql(f"SELECT version_num FROM {_VERSION_TABLE}")).scalar()
    return version


def upgrade(connection: Connection, scripts: Path, target: str = REVISIONS[-1]) -> None:
    """Apply the missing steps up to `target` inside the connection's transaction: all or none.

    Raises SchemaNewer for a version this program does not know.
    """
    from alembic import command
    from alembic.config import Config

    if connection.dialect.name == "postgresql":
        connection.execute(sql("SELECT pg_advisory_xact_lock(:name)"), {"name": _LOCK})
    current = read_version(connection)
    if current is not None and current not in REVISIONS:
        raise SchemaNewer(current, REVISIONS[-1])
    if current is not None and current >= target:
        return
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, target)
