"""A state is read from the index that finds it."""

from alembic import op

from gis.store.migrate import objects

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    objects(revision, "before")
    op.drop_constraint("status_object_id_rule_version_id_key", "status", type_="unique")
    op.execute(
        "ALTER TABLE status ADD CONSTRAINT status_object_id_rule_version_id_key "
        "UNIQUE (object_id, rule_version_id) INCLUDE (due_at, notice_at)"
    )
    objects(revision, "after")


def downgrade() -> None:
    raise RuntimeError("a county's past is not unmade: restore a backup instead")
