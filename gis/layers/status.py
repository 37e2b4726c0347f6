"""Live status: per object and rule version, when it was last checked and when it is due; and where the object lies.

The places are the object's own, held here too so that a town's or a cell's states are read from one index.
"""

from datetime import UTC, datetime

from gis.layer import OFFICE, Field, Kind, Layer, Role, Source, Use

LAYER = Layer(
    name="status",
    title="检查状态",
    title_en="Status",
    doc="Kept by triggers, equal to a recount from the checks; the day asked about decides which version counts.",
    # No key leads to the rules: the triggers alone write here, from rules, and those are never deleted. Asking again
    # for each row of a load would tell nothing.
    source=Source(publisher="This database", licence="internal"),
    key="object_id",
    read=OFFICE | {Role.WORKER},
    uses=frozenset({Use.STATUS}),
    derived=True,
    unique=(("object_id", "rule_version_id"),),
    fields=(
        Field("object_id", Kind.INTEGER, "Internal id of the object.", zh="对象", example=1, required=True),
        Field("layer", Kind.TEXT, "Layer of the object.", zh="图层", example="building", required=True),
        Field("rule_version_id", Kind.INTEGER, "Version of the rule.", zh="规则版本", example=1, required=True),
        Field(
            "last_done_at",
            Kind.INSTANT,
            "Last valid check; empty where never.",
            zh="上次检查",
            example=datetime(2026, 3, 4, 1, 30, tzinfo=UTC),
        ),
        Field(
            "last_try_at",
            Kind.INSTANT,
            "Last visit of any outcome.",
            zh="上次到访",
            example=datetime(2026, 3, 4, 1, 30, tzinfo=UTC),
        ),
        Field("last_try", Kind.TEXT, "Outcome of that visit.", zh="到访结果", example="done"),
        Field(
            "notice_at",
            Kind.INSTANT,
            "From when the object is due: `due_at` less the rule's notice days.",
            zh="提醒时间",
            example=datetime(2027, 2, 1, 16, 0, tzinfo=UTC),
        ),
        Field(
            "due_at",
            Kind.INSTANT,
            "The midnight that ends the due day; empty where never checked.",
            zh="到期时间",
            example=datetime(2027, 3, 4, 16, 0, tzinfo=UTC),
        ),
    ),
)
