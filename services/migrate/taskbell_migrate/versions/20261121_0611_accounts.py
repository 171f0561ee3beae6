"""Accounts: profile, links in mails, API tokens, identities elsewhere, exports, deletion.

Revision ID: 20261121_0611
Revises: 20261120_0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_0611"
down_revision: str | None = "20261120_0001"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "account_export",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_account_export_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_export")),
    )
    op.create_index(
        op.f("ix_account_export_expires_at"), "account_export", ["expires_at"], unique=False
    )
    op.create_index(op.f("ix_account_export_user_id"), "account_export", ["user_id"], unique=False)
    op.create_table(
        "api_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_api_token_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_index("ix_api_token_user", "api_token", ["user_id", "id"], unique=False)
    op.create_table(
        "identity",
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_identity_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_identity")),
    )
    op.create_index(op.f("ix_identity_user_id"), "identity", ["user_id"], unique=False)
    op.create_table(
        "mailed_link",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_mailed_link_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_mailed_link")),
    )
    op.create_index(op.f("ix_mailed_link_user_id"), "mailed_link", ["user_id"], unique=False)
    op.create_table(
        "account_export_part",
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["export_id"],
            ["account_export.id"],
            name=op.f("fk_account_export_part_export_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("export_id", "number", name=op.f("pk_account_export_part")),
    )
    op.add_column(
        "auth_session", sa.Column("address", sa.String(), server_default="", nullable=False)
    )
    op.add_column("auth_session", sa.Column("proven_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("user_account", sa.Column("pending_email", sa.String(), nullable=True))
    op.add_column(
        "user_account", sa.Column("locale", sa.String(), server_default="en", nullable=False)
    )
    op.add_column(
        "user_account",
        sa.Column("week_start", sa.String(), server_default="monday", nullable=False),
    )
    op.add_column(
        "user_account", sa.Column("deletion_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(
        "ix_user_account_admins",
        "user_account",
        ["id"],
        unique=False,
        postgresql_where=sa.text("role = 'admin'"),
    )
    op.create_check_constraint(
        op.f("ck_user_account_week_start"),
        "user_account",
        "week_start IN ('monday', 'saturday', 'sunday')",
    )


def downgrade() -> None:
    op.drop_index(
        "ix_user_account_admins",
        table_name="user_account",
        postgresql_where=sa.text("role = 'admin'"),
    )
    op.drop_column("user_account", "deletion_at")
    op.drop_column("user_account", "week_start")
    op.drop_column("user_account", "locale")
    op.drop_column("user_account", "pending_email")
    op.drop_column("auth_session", "proven_at")
    op.drop_column("auth_session", "address")
    op.drop_table("account_export_part")
    op.drop_index(op.f("ix_mailed_link_user_id"), table_name="mailed_link")
    op.drop_table("mailed_link")
    op.drop_index(op.f("ix_identity_user_id"), table_name="identity")
    op.drop_table("identity")
    op.drop_index("ix_api_token_user", table_name="api_token")
    op.drop_table("api_token")
    op.drop_index(op.f("ix_account_export_user_id"), table_name="account_export")
    op.drop_index(op.f("ix_account_export_expires_at"), table_name="account_export")
    op.drop_table("account_export")
