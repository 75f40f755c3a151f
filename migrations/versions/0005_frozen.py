"""History is frozen: triggers refuse to update or delete what was recorded."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WHOLE = (
    "documents",
    "intents",
    "decisions",
    "findings",
    "approvals",
    "broker_order_map",
    "fills",
    "audit",
)
PARTLY = {
    "inbox": "arrival, run_key, message_id, fill_id, client_order_id, kind, at, payload, received_at",
    "outbox": "client_order_id, run_key, seq, order_id, decision_id, intent_id, action, payload, payload_hash",
}

REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = '23001',
        CONSTRAINT = 'frozen_' || TG_TABLE_NAME,
        MESSAGE = 'frozen_' || TG_TABLE_NAME;
END
$$
"""


def freeze_on_postgresql(table: str, update: str) -> None:
    op.execute(
        f"CREATE TRIGGER frozen_{table} BEFORE DELETE OR {update} ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER frozen_{table}_whole BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def freeze_on_sqlite(table: str, update: str) -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, 'frozen_{table}'); END"
    op.execute(f"CREATE TRIGGER frozen_{table}_delete BEFORE DELETE ON {table} {refuse}")
    op.execute(f"CREATE TRIGGER frozen_{table}_update BEFORE {update} ON {table} {refuse}")


def upgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    if is_postgresql:
        op.execute(REFUSE)
    freeze = freeze_on_postgresql if is_postgresql else freeze_on_sqlite
    for table in WHOLE:
        freeze(table, "UPDATE")
    for table, columns in PARTLY.items():
        freeze(table, f"UPDATE OF {columns}")


def downgrade() -> None:
    raise RuntimeError("history is never dropped: restore a backup made with the older version instead")
