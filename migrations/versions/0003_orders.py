"""What leaves and what comes back: outbox, inbox, orders, fills."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("client_order_id", sa.String(), nullable=False),
        sa.Column("run_key", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("intent_id", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("payload_hash", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("claimed_by", sa.String(), nullable=True),
        sa.Column("claim_token", sa.String(), nullable=True),
        sa.Column("claimed_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("dispatching_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("sent_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("attempts", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.CheckConstraint(
            "action <> 'SUBMIT' OR order_id = client_order_id", name=op.f("ck_outbox_submit_names_itself")
        ),
        sa.CheckConstraint("action IN ('SUBMIT', 'CANCEL', 'REPLACE')", name=op.f("ck_outbox_action")),
        sa.CheckConstraint(
            "status <> 'CLAIMED' OR (claimed_by IS NOT NULL AND claim_token IS NOT NULL AND claimed_at IS NOT NULL)",
            name=op.f("ck_outbox_claimed_has_claim"),
        ),
        sa.CheckConstraint(
            "status <> 'DISPATCHING' OR dispatching_at IS NOT NULL",
            name=op.f("ck_outbox_dispatching_has_time"),
        ),
        sa.CheckConstraint(
            "status <> 'PENDING' OR (claimed_by IS NULL AND claim_token IS NULL AND "
            "claimed_at IS NULL AND dispatching_at IS NULL)",
            name=op.f("ck_outbox_pending_has_no_claim"),
        ),
        sa.CheckConstraint("status <> 'SENT' OR sent_at IS NOT NULL", name=op.f("ck_outbox_sent_has_time")),
        sa.CheckConstraint(
            "status IN ('PENDING', 'CLAIMED', 'DISPATCHING', 'SENT', 'ACKED', 'FAILED', 'AMBIGUOUS')",
            name=op.f("ck_outbox_status"),
        ),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_outbox_attempts")),
        sa.ForeignKeyConstraint(
            ["run_key", "decision_id"],
            ["decisions.run_key", "decisions.decision_id"],
            name=op.f("fk_outbox_run_key_decision_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("run_key", "client_order_id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("claim_token", name=op.f("uq_outbox_claim_token")),
        sa.UniqueConstraint("run_key", "seq", name=op.f("uq_outbox_run_key_seq")),
    )
    op.create_index(op.f("ix_outbox_run_key_order_id"), "outbox", ["run_key", "order_id"], unique=False)
    op.create_index(op.f("ix_outbox_run_key_status_seq"), "outbox", ["run_key", "status", "seq"], unique=False)
    op.create_table(
        "broker_order_map",
        sa.Column("run_key", sa.String(), nullable=False),
        sa.Column("client_order_id", sa.String(), nullable=False),
        sa.Column("broker_order_id", sa.String(), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["run_key", "client_order_id"],
            ["outbox.run_key", "outbox.client_order_id"],
            name=op.f("fk_broker_order_map_run_key_client_order_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("run_key", "client_order_id", name=op.f("pk_broker_order_map")),
        sa.UniqueConstraint("run_key", "broker_order_id", name=op.f("uq_broker_order_map_run_key_broker_order_id")),
    )
    op.create_table(
        "inbox",
        sa.Column(
            "arrival",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("run_key", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("fill_id", sa.String(), nullable=True),
        sa.Column("client_order_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("applied_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(["run_key"], ["runs.run_key"], name=op.f("fk_inbox_run_key"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("arrival", name=op.f("pk_inbox")),
        sa.UniqueConstraint("run_key", "message_id", name=op.f("uq_inbox_run_key_message_id")),
    )
    op.create_index(
        "ix_inbox_unapplied",
        "inbox",
        ["run_key", "arrival"],
        unique=False,
        sqlite_where=sa.text("applied_at IS NULL"),
        postgresql_where=sa.text("applied_at IS NULL"),
    )
    op.create_index(
        "uq_inbox_fill",
        "inbox",
        ["run_key", "fill_id"],
        unique=True,
        sqlite_where=sa.text("fill_id IS NOT NULL"),
        postgresql_where=sa.text("fill_id IS NOT NULL"),
    )
    op.create_table(
        "orders",
        sa.Column("client_order_id", sa.String(), nullable=False),
        sa.Column("run_key", sa.String(), nullable=False),
        sa.Column("intent_id", sa.String(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("filled", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("limit_price", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("pending", sa.String(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint("side IN ('BUY', 'SELL')", name=op.f("ck_orders_side")),
        sa.CheckConstraint(
            "state IN ('OPEN', 'PARTIALLY_FILLED', 'CANCEL_PENDING', 'REPLACE_PENDING', "
            "'FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED')",
            name=op.f("ck_orders_state"),
        ),
        sa.CheckConstraint("type IN ('MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT')", name=op.f("ck_orders_type")),
        sa.CheckConstraint(
            "quantity >= 0 AND filled >= 0 AND filled <= quantity", name=op.f("ck_orders_never_overfilled")
        ),
        sa.ForeignKeyConstraint(
            ["run_key", "intent_id"],
            ["intents.run_key", "intents.intent_id"],
            name=op.f("fk_orders_run_key_intent_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("run_key", "client_order_id", name=op.f("pk_orders")),
    )
    op.create_index(op.f("ix_orders_run_key_state"), "orders", ["run_key", "state"], unique=False)
    op.create_table(
        "fills",
        sa.Column("run_key", sa.String(), nullable=False),
        sa.Column("fill_id", sa.String(), nullable=False),
        sa.Column("client_order_id", sa.String(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("price", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fee", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint("side IN ('BUY', 'SELL')", name=op.f("ck_fills_side")),
        sa.CheckConstraint("quantity > 0 AND price >= 0 AND fee >= 0", name=op.f("ck_fills_amounts")),
        sa.ForeignKeyConstraint(
            ["run_key", "client_order_id"],
            ["orders.run_key", "orders.client_order_id"],
            name=op.f("fk_fills_run_key_client_order_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("run_key", "fill_id", name=op.f("pk_fills")),
    )
    op.create_index(op.f("ix_fills_run_key_client_order_id"), "fills", ["run_key", "client_order_id"], unique=False)


def downgrade() -> None:
    raise RuntimeError("history is never dropped: restore a backup made with the older version instead")
