"""Checks (巡查、安检、检查): one visit to one object, with its outcome."""

from datetime import UTC, datetime
from uuid import UUID

from gis.layer import OFFICE, Choice, Constraint, Field, Kind, Layer, Role, Source, Use

LAYER = Layer(
    name="check",
    title="检查记录",
    title_en="Checks",
    doc="Visits; only an outcome `done` that is not voided resets the clock. A record is voided, never deleted.",
    source=Source(publisher="Grid workers, gas companies", licence="internal"),
    key="uid",
    read=OFFICE | {Role.WORKER},
    write=frozenset({Role.WORKER, Role.STEWARD}),
    uses=frozenset({Use.CHECK}),
    log=True,
    fields=(
        Field(
            "uid",
            Kind.UUID,
            "UUIDv7 made by the client, so that a repeated upload is one record.",
            zh="记录号",
            example=UUID("01890a5d-ac96-774b-bcce-b302099a8057"),
            required=True,
        ),
        Field("layer", Kind.TEXT, "Layer of the object.", zh="图层", example="building", required=True),
        Field("object_id", Kind.INTEGER, "Internal id of the object.", zh="对象", example=1, required=True),
        Field(
            "kind",
            Kind.TEXT,
            "Kind of the visit, as the layer's patrol names it.",
            zh="检查类别",
            example="house_check",
            required=True,
        ),
        Field(
            "outcome",
            Kind.TEXT,
            "What came of the visit.",
            zh="结果",
            example="done",
            required=True,
            choices=(
                Choice("done", "已检查", "#2e7d32", "Done"),
                Choice("no_answer", "到访不遇", "#f9a825", "No answer"),
                Choice("refused", "拒检", "#b5271f", "Refused"),
                Choice("vacant", "空置", "#9e9e9e", "Vacant"),
                Choice("not_found", "查无此处", "#616161", "Not found"),
            ),
        ),
        Field(
            "seen_at",
            Kind.INSTANT,
            "When it was seen, by the phone's clock.",
            zh="检查时间",
            example=datetime(2026, 3, 4, 1, 30, tzinfo=UTC),
            required=True,
        ),
        Field("worker_code", Kind.TEXT, "Who made the visit.", zh="工号", example="W-001"),
        Field("note", Kind.TEXT, "Remark.", zh="备注", example="", read=frozenset({Role.WORKER, Role.STEWARD})),
        Field("source", Kind.TEXT, "System the record came from; empty for our own.", zh="来源", example="demo"),
        Field("synthetic", Kind.BOOLEAN, "Whether the record is invented (合成).", zh="合成", example=True),
        Field(
            "voided_at", Kind.INSTANT, "When the record was voided, by the server's clock.", zh="作废时间", once=True
        ),
        Field("void_reason", Kind.TEXT, "Why it was voided.", zh="作废原因", once=True),
    ),
    constraints=(
        Constraint(
            "not_seen_in_the_future",
            "seen_at <= recorded_at + interval '5 minutes'",
            "a visit is recorded after it was made",
            "检查时间不晚于记录时间",
        ),
        Constraint(
            "void_says_why", "(voided_at IS NULL) = (void_reason IS NULL)", "a void has a reason", "作废须注明原因"
        ),
    ),
)
