"""${message[:1].upper() + message[1:]}.

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision: str | None = ${repr(down_revision)}
branch_labels: str | None = ${repr(branch_labels)}
depends_on: str | None = ${repr(depends_on)}

# Before you commit this:
# - Read it against the models. Checks, generated columns and storage parameters may be missing:
#   `make check` compares what Postgres made of both and names what is left.
# - The build before this one still runs while it is applied: add first, remove one release later.
# - On big tables: constraints NOT VALID first, then VALIDATE; indexes with postgresql_concurrently
#   in op.get_context().autocommit_block(), written so (IF NOT EXISTS) that they may run again.
# - Delete these lines.


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
