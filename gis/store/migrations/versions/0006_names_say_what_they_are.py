"""Names say what they are."""

from alembic import op

from gis.store.migrate import objects

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    objects(revision, "before")
    op.drop_column("planned_visit", "moved")
    op.alter_column("supervision", "away_m", new_column_name="away")
    objects(revision, "after")


def downgrade() -> None:
    raise RuntimeError("a county's past is not unmade: restore a backup instead")
