"""A visit that moved for want of a skill says so."""

from gis.store.migrate import objects

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    objects(revision, "before")
    objects(revision, "after")


def downgrade() -> None:
    raise RuntimeError("a county's past is not unmade: restore a backup instead")
