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
    records=True,
    keyed_by=("source", "number"),
    about_object=True,
    fields=(
        Field(
            "uid",
            Kind.UUID,
            "UUIDv7 made by the client, or UUIDv5 of another system and its number: what is sent again is one record.",
            zh="记录标识",
            en="Record UUID",
            example=UUID("01890a5d-ac96-774b-bcce-b302099a8057"),
            required=True,
        ),
        Field("layer", Kind.TEXT, "Layer of the object.", zh="图层", example="building", required=True),
        Field("object_id", Kind.INTEGER, "Internal id of the object.", zh="对象", example=1, required=True),
        Field(
            "kind",
            Kind.TEXT,
            "Kind of the visit, as the layer's patrol names it.",
            zh="巡检事项",
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
            source=("检查结果", "安检结果", "巡查结果", "巡检结果", "入户结果", "检查情况"),
            choices=(
                Choice(
                    "done",
                    "已检查",
                    "#2e7d32",
                    "Done",
                    (
                        *("已检", "已安检", "已巡查", "已巡检", "已入户", "已完成", "完成", "正常", "合格", "通过"),
                        *("不合格", "有隐患", "存在隐患", "发现隐患", "需整改", "安检合格", "安检不合格", "检查合格"),
                    ),
                ),
                Choice(
                    "no_answer",
                    "到访不遇",
                    "#f9a825",
                    "No answer",
                    ("不遇", "无人", "无人在家", "家中无人", "敲门无人", "门闭", "到访未遇"),
                ),
                Choice("refused", "拒检", "#b5271f", "Refused", ("拒绝", "拒绝检查", "拒绝入户", "拒访", "拒绝安检")),
                Choice("vacant", "空置", "#9e9e9e", "Vacant", ("空房", "空置房", "无人居住", "未入住")),
                Choice(
                    "not_found", "查无此处", "#616161", "Not found", ("查无此户", "找不到", "地址不存在", "查无此人")
                ),
            ),
        ),
        Field(
            "seen_at",
            Kind.INSTANT,
            "When it was seen, by the phone's clock; where only the day is known, when that day began.",
            zh="检查时间",
            source=(
                "检查日期",
                "安检时间",
                "安检日期",
                "巡查时间",
                "巡查日期",
                "巡检时间",
                "巡检日期",
                "入户时间",
                "入户日期",
            ),
            precision="seen_precision",
            example=datetime(2026, 3, 4, 1, 30, tzinfo=UTC),
            required=True,
        ),
        Field(
            "seen_precision",
            Kind.TEXT,
            "Whether only the county's day is known, and no order within it; empty where the instant is.",
            zh="时间精度",
            choices=(Choice("day", "只知日期", "", "Day only"),),
        ),
        Field(
            "worker_code",
            Kind.TEXT,
            "Who made the visit.",
            zh="工号",
            example="W-001",
            source=("检查人工号", "安检员工号", "网格员工号", "安检员编号"),
        ),
        Field(
            "note",
            Kind.TEXT,
            "Remark.",
            zh="备注",
            example="",
            source=("说明",),
            read=frozenset({Role.WORKER, Role.STEWARD}),
        ),
        Field(
            "source",
            Kind.TEXT,
            "System the record came from; empty for our own.",
            zh="来源",
            example="demo",
            source=("来源系统", "数据来源", "系统名称"),
            system=True,
        ),
        Field(
            "number",
            Kind.TEXT,
            "Number of the record in that system.",
            zh="记录编号",
            source=("记录号", "检查编号", "安检编号", "安检单号", "巡查编号", "单号", "流水号", "RECORD_NO"),
        ),
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
