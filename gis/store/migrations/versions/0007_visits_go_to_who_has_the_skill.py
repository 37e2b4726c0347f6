"""Visits go to who has the skill."""

from alembic import op

from gis.store.migrate import objects

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    objects(revision, "before")
    op.create_table_comment(
        "gas_facility",
        "燃气设施 · Where gas is let down, shut off or handed over; a live station or cabinet is a root of distribution.",
        existing_comment="燃气设施 · Where gas is let down, shut off or handed over; a live regulator is a root of distribution.",
    )
    objects(revision, "after")


def downgrade() -> None:
    raise RuntimeError("a county's past is not unmade: restore a backup instead")
