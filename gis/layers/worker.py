"""Grid workers (网格员): who patrols cells."""

from datetime import date

from gis.layer import Choice, Constraint, Field, Kind, Layer, Mask, Role, Source, Use

STEWARDS = frozenset({Role.STEWARD})

LAYER = Layer(
    name="worker",
    title="网格员",
    title_en="Workers",
    doc="The register of people who patrol; names and telephones are for stewards.",
    source=Source(publisher="County safety office", licence="personal data, internal"),
    key="code",
    uses=frozenset({Use.WORKER}),
    fields=(
        Field("code", Kind.TEXT, "Number of the worker.", zh="工号", example="W-001", required=True, source=("工号",)),
        Field(
            "name",
            Kind.TEXT,
            "Name.",
            zh="姓名",
            example="李某某",
            required=True,
            source=("姓名",),
            read=STEWARDS,
            mask=Mask.NAME,
        ),
        Field(
            "phone",
            Kind.TEXT,
            "Telephone.",
            zh="电话",
            example="13900000000",
            source=("电话", "手机"),
            read=STEWARDS,
            mask=Mask.PHONE,
        ),
        Field(
            "town_code",
            Kind.TEXT,
            "Town the worker belongs to.",
            zh="镇街代码",
            example="330784001",
            source=("镇街代码",),
        ),
        Field(
            "share", Kind.REAL, "Part of full time.", zh="工时比例", example=1.0, low=0.05, high=1, source=("工时比例",)
        ),
        Field(
            "skills",
            Kind.TEXT,
            "What the worker may check; empty: not on record, taken as everything.",
            zh="专长",
            example="both",
            source=("专长", "资质"),
            choices=(
                Choice("gas", "燃气", "", "Gas", ("燃气安检",)),
                Choice("structure", "房屋结构", "", "Structure", ("结构", "房屋")),
                Choice("both", "燃气和房屋结构", "", "Both", ("燃气+结构", "燃气、结构", "燃气、房屋结构", "全部")),
            ),
        ),
        Field(
            "from_on", Kind.DATE, "First day of service.", zh="到岗日期", example=date(2025, 1, 1), source=("到岗日期",)
        ),
        Field("to_on", Kind.DATE, "Last day of service; empty while in service.", zh="离岗日期", source=("离岗日期",)),
        Field(
            "successor_code",
            Kind.TEXT,
            "Worker who takes over what is open after the last day of service; empty where nobody is named.",
            zh="接手工号",
            example="W-002",
            source=("接手工号", "接手人工号", "交接工号"),
        ),
    ),
    constraints=(
        Constraint("succeeded_by_another", "successor_code <> code", "nobody succeeds himself", "接手不能是本人"),
        Constraint("leaves_after_start", "to_on >= from_on", "a worker leaves after the start", "离岗不早于到岗"),
    ),
)
