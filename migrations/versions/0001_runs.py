"""Runs and the documents they were started from."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "documents",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('bundle', 'config', 'inputs', 'classification', 'list')", name=op.f("ck_documents_kind")
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_documents")),
    )
    op.create_table(
        "runs",
        sa.Column("run_key", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("bundle_hash", sa.String(), nullable=False),
        sa.Column("config_hash", sa.String(), nullable=False),
        sa.Column("law_date", sa.String(), nullable=True),
        sa.Column("inputs", sa.LargeBinary(), nullable=False),
        sa.Column("book_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("armed_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("armed_by", sa.String(), nullable=True),
        sa.Column("arm_record", sa.LargeBinary(), nullable=True),
        sa.Column("running_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("stopped_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("halted_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("halt_reason", sa.String(), nullable=True),
        sa.CheckConstraint("mode IN ('BACKTEST', 'PAPER', 'LIVE-SHADOW', 'LIVE-CAPITAL')", name=op.f("ck_runs_mode")),
        sa.CheckConstraint(
            "status <> 'HALTED' OR (halted_at IS NOT NULL AND halt_reason IS NOT NULL)",
            name=op.f("ck_runs_halted_with_reason"),
        ),
        sa.CheckConstraint(
            "status IN ('CREATED', 'ARMED', 'RUNNING', 'STOPPED', 'HALTED')", name=op.f("ck_runs_status")
        ),
        sa.CheckConstraint(
            "status NOT IN ('ARMED', 'RUNNING') OR (armed_at IS NOT NULL AND armed_by IS NOT "
            "NULL AND arm_record IS NOT NULL)",
            name=op.f("ck_runs_armed_by_record"),
        ),
        sa.CheckConstraint("attempt >= 1", name=op.f("ck_runs_attempt")),
        sa.PrimaryKeyConstraint("run_key", name=op.f("pk_runs")),
        sa.UniqueConstraint("run_id", "attempt", name=op.f("uq_runs_run_id_attempt")),
    )
    op.create_index(op.f("ix_runs_created_at"), "runs", ["created_at"], unique=False)
    op.create_index(
        "uq_runs_live_engine",
        "runs",
        ["engine"],
        unique=True,
        sqlite_where=sa.text("mode IN ('LIVE-SHADOW', 'LIVE-CAPITAL') AND status IN ('ARMED', 'RUNNING')"),
        postgresql_where=sa.text("mode IN ('LIVE-SHADOW', 'LIVE-CAPITAL') AND status IN ('ARMED', 'RUNNING')"),
    )


def downgrade() -> None:
    raise RuntimeError("history is never dropped: restore a backup made with the older version instead")
