"""Intents, decisions, and what they hold: reservations, holds, approvals."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "intents",
        sa.Column("intent_id", sa.String(), nullable=False),
        sa.Column("run_key", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("strategy", sa.String(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_key"], ["runs.run_key"], name=op.f("fk_intents_run_key"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("run_key", "intent_id", name=op.f("pk_intents")),
        sa.UniqueConstraint("run_key", "seq", name=op.f("uq_intents_run_key_seq")),
    )
    op.create_table(
        "decisions",
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("intent_id", sa.String(), nullable=False),
        sa.Column("run_key", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("record_hash", sa.String(), nullable=False),
        sa.Column("supersedes", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_key", "intent_id"],
            ["intents.run_key", "intents.intent_id"],
            name=op.f("fk_decisions_run_key_intent_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["run_key", "supersedes"],
            ["decisions.run_key", "decisions.decision_id"],
            name=op.f("fk_decisions_run_key_supersedes"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("run_key", "decision_id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("run_key", "seq", name=op.f("uq_decisions_run_key_seq")),
        sa.UniqueConstraint("run_key", "supersedes", name=op.f("uq_decisions_run_key_supersedes")),
    )
    op.create_index(
        op.f("ix_decisions_run_key_intent_id_seq"), "decisions", ["run_key", "intent_id", "seq"], unique=False
    )
    op.create_index(
        "uq_decisions_first",
        "decisions",
        ["run_key", "intent_id"],
        unique=True,
        sqlite_where=sa.text("supersedes IS NULL"),
        postgresql_where=sa.text("supersedes IS NULL"),
    )
    op.create_table(
        "findings",
        sa.Column("run_key", sa.String(), nullable=False),
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("ord", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("line", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("effect", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_key", "decision_id"],
            ["decisions.run_key", "decisions.decision_id"],
            name=op.f("fk_findings_run_key_decision_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("run_key", "decision_id", "ord", name=op.f("pk_findings")),
    )
    op.create_index(op.f("ix_findings_run_key_rule"), "findings", ["run_key", "rule"], unique=False)
    op.create_table(
        "books",
        sa.Column("book_id", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint("version >= 0", name=op.f("ck_books_version")),
        sa.PrimaryKeyConstraint("book_id", name=op.f("pk_books")),
    )
    op.create_table(
        "reservations",
        sa.Column("intent_id", sa.String(), nullable=False),
        sa.Column("book_id", sa.String(), nullable=False),
        sa.Column("run_key", sa.String(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("worst_price", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("notional", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("released_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(state = 'RELEASED' AND released_at IS NOT NULL AND reason IS NOT NULL) OR "
            "(state <> 'RELEASED' AND released_at IS NULL AND reason IS NULL)",
            name=op.f("ck_reservations_released_with_reason"),
        ),
        sa.CheckConstraint("side IN ('BUY', 'SELL')", name=op.f("ck_reservations_side")),
        sa.CheckConstraint("state IN ('HELD', 'WORKING', 'RELEASED')", name=op.f("ck_reservations_state")),
        sa.CheckConstraint(
            "quantity >= 0 AND worst_price >= 0 AND notional >= 0", name=op.f("ck_reservations_amounts")
        ),
        sa.ForeignKeyConstraint(
            ["book_id"], ["books.book_id"], name=op.f("fk_reservations_book_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["run_key", "intent_id"],
            ["intents.run_key", "intents.intent_id"],
            name=op.f("fk_reservations_run_key_intent_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("run_key", "intent_id", name=op.f("pk_reservations")),
    )
    op.create_index(op.f("ix_reservations_book_id_state"), "reservations", ["book_id", "state"], unique=False)
    op.create_table(
        "holds",
        sa.Column("hold_id", sa.String(), nullable=False),
        sa.Column("intent_id", sa.String(), nullable=False),
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("run_key", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("strategy", sa.String(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("nth", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("quorum", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("approved_value", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("resolved_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.CheckConstraint("(state = 'OPEN') = (resolved_at IS NULL)", name=op.f("ck_holds_resolved_once")),
        sa.CheckConstraint("state IN ('OPEN', 'APPROVED', 'DENIED', 'EXPIRED')", name=op.f("ck_holds_state")),
        sa.CheckConstraint("nth >= 1", name=op.f("ck_holds_nth")),
        sa.CheckConstraint("quorum >= 1", name=op.f("ck_holds_quorum")),
        sa.ForeignKeyConstraint(
            ["run_key", "decision_id"],
            ["decisions.run_key", "decisions.decision_id"],
            name=op.f("fk_holds_run_key_decision_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["run_key", "intent_id"],
            ["intents.run_key", "intents.intent_id"],
            name=op.f("fk_holds_run_key_intent_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("run_key", "hold_id", name=op.f("pk_holds")),
        sa.UniqueConstraint(
            "run_key",
            "rule",
            "strategy",
            "symbol",
            "nth",
            name=op.f("uq_holds_run_key_rule_strategy_symbol_nth"),
        ),
    )
    op.create_index(op.f("ix_holds_run_key_state"), "holds", ["run_key", "state"], unique=False)
    op.create_table(
        "approvals",
        sa.Column("run_key", sa.String(), nullable=False),
        sa.Column("hold_id", sa.String(), nullable=False),
        sa.Column("principal", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.CheckConstraint("action IN ('approve', 'deny')", name=op.f("ck_approvals_action")),
        sa.ForeignKeyConstraint(
            ["run_key", "hold_id"],
            ["holds.run_key", "holds.hold_id"],
            name=op.f("fk_approvals_run_key_hold_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("run_key", "hold_id", "principal", name=op.f("pk_approvals")),
    )


def downgrade() -> None:
    raise RuntimeError("history is never dropped: restore a backup made with the older version instead")
