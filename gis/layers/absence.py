"""Absences (请假与替班): when a worker is away, and who stands in."""

from datetime import date

from gis.layer import Choice, Constraint, Field, Kind, Layer, Role, Source, Use

STEWARDS = frozenset({Role.STEWARD})

LAYER = Layer(
    name="absence",
    title="请假替班",
    title_en="Absences",
    doc="One row per worker and stretch of days away, with the worker who stands in.",
    source=Source(publisher="County safety office", licence="personal data, internal"),
    key="code",
    uses=frozenset({Use.ABSENCE}),
    fields=(
        Field(
            "code",
            Kind.TEXT,
            "Number of the absence.",
            zh="请假编号",
            example="A-0001",
            required=True,
            source=("编号",),
        ),
        Field(
            "worker_code", Kind.TEXT, "Worker who is away.", zh="工号", example="W-001", required=True, source=("工号",)
        ),
        Field(
            "from_on",
            Kind.DATE,
            "First day away.",
            zh="开始日期",
            example=date(2026, 12, 1),
            required=True,
            source=("开始日期", "请假开始"),
        ),
        Field(
            "to_on",
            Kind.DATE,
            "Last day away.",
            zh="结束日期",
            example=date(2026, 12, 3),
            required=True,
            source=("结束日期", "请假结束"),
        ),
        Field(
            "cover_code",
            Kind.TEXT,
            "Worker who stands in; empty where nobody is named.",
            zh="替班工号",
            example="W-002",
            source=("替班工号", "替班人工号"),
        ),
        Field(
            "reason",
            Kind.TEXT,
            "Why.",
            zh="类别",
            example="leave",
            source=("类别", "请假类别"),
            read=STEWARDS,
            choices=(
                Choice("leave", "休假", "", "Leave"),
                Choice("sick", "病假", "", "Sick"),
                Choice("training", "培训", "", "Training"),
                Choice("other", "其他", "", "Other"),
            ),
        ),
    ),
    constraints=(
        Constraint("ends_after_start", "to_on >= from_on", "an absence ends after its start", "结束不早于开始"),
        Constraint("covered_by_another", "cover_code <> worker_code", "nobody stands in for himself", "替班不能是本人"),
    ),
)
