"""Reviews: proposals, their signed steps, what is in force, and retired rule ids."""

import sqlalchemy as sa
from alembic import op

revision = "0006_review"
down_revision = "0005"
branch_labels = None
depends_on = None

STATES = "'DRAFT', 'PROPOSED', 'APPROVED', 'ACTIVE', 'REJECTED', 'WITHDRAWN', 'EXPIRED', 'SUPERSEDED'"
WHOLE = ("review_steps", "retired_rules")
PARTLY = {"proposals": "proposal_id, target, subject, version, author, seal, reason, cite, opened_at"}


def upgrade() -> None:
    create_proposals()
    create_steps()
    create_heads()
    create_retired()
    freeze = freeze_on_postgresql if op.get_bind().dialect.name == "postgresql" else freeze_on_sqlite
    for table in WHOLE:
        freeze(table, "UPDATE")
    for table, columns in PARTLY.items():
        freeze(table, f"UPDATE OF {columns}")


def create_proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("proposal_id", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("cite", sa.String(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("base", sa.String(), nullable=True),
        sa.Column("relation", sa.String(), nullable=True),
        sa.Column("quorum", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("findings", sa.LargeBinary(), nullable=True),
        sa.Column("proposed_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("expires_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("activated_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("closed_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_proposals_state")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_proposals_version")),
        sa.CheckConstraint("quorum IS NULL OR quorum >= 1", name=op.f("ck_proposals_quorum")),
        sa.CheckConstraint(
            "state IN ('DRAFT', 'WITHDRAWN') OR (relation IS NOT NULL AND quorum IS NOT NULL AND findings IS NOT NULL "
            "AND proposed_at IS NOT NULL AND expires_at IS NOT NULL)",
            name=op.f("ck_proposals_compared"),
        ),
        sa.CheckConstraint("state <> 'ACTIVE' OR activated_at IS NOT NULL", name=op.f("ck_proposals_activated")),
        sa.ForeignKeyConstraint(
            ["subject"], ["documents.sha256"], name=op.f("fk_proposals_subject"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_proposals")),
    )
    op.create_index(op.f("ix_proposals_target_state"), "proposals", ["target", "state"], unique=False)
    for name, columns, where in (
        ("uq_proposals_active", ["target"], "state = 'ACTIVE'"),
        ("uq_proposals_activated", ["target", "version"], "activated_at IS NOT NULL"),
    ):
        op.create_index(
            name, "proposals", columns, unique=True, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )


def create_steps() -> None:
    op.create_table(
        "review_steps",
        sa.Column("proposal_id", sa.String(), nullable=False),
        sa.Column("ord", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("principal", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.CheckConstraint(
            "step IN ('draft', 'propose', 'approve', 'deny', 'withdraw', 'activate')",
            name=op.f("ck_review_steps_step"),
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["proposals.proposal_id"],
            name=op.f("fk_review_steps_proposal_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("proposal_id", "ord", name=op.f("pk_review_steps")),
        sa.UniqueConstraint("signature", name=op.f("uq_review_steps_signature")),
    )
    op.create_index(
        "uq_review_steps_approver",
        "review_steps",
        ["proposal_id", "principal"],
        unique=True,
        sqlite_where=sa.text("step = 'approve'"),
        postgresql_where=sa.text("step = 'approve'"),
    )


def create_heads() -> None:
    op.create_table(
        "review_heads",
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("proposal_id", sa.String(), nullable=True),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("moved_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint("version >= 0", name=op.f("ck_review_heads_version")),
        sa.PrimaryKeyConstraint("target", name=op.f("pk_review_heads")),
    )


def create_retired() -> None:
    op.create_table(
        "retired_rules",
        sa.Column("rule_id", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bundle", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["bundle"], ["documents.sha256"], name=op.f("fk_retired_rules_bundle"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("rule_id", "version", name=op.f("pk_retired_rules")),
    )


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


def downgrade() -> None:
    raise RuntimeError("history is never dropped: restore a backup made with the older version instead")
