"""Enterprises: who builds, supplies gas, runs places and employs welders."""

from datetime import date

from gis.layer import OFFICE, Choice, Constraint, Field, Kind, Layer, Mask, Match, Role, Source

NEAR = frozenset({Role.WORKER, Role.STEWARD})

LAYER = Layer(
    name="enterprise",
    title="企业",
    title_en="Enterprises",
    doc="The register of enterprises, by unified social credit code where they have one (GB 32100-2015).",
    source=Source(publisher="Market office and departments", licence="internal"),
    key="code",
    in_town=True,
    read=OFFICE | {Role.WORKER},
    match=Match(address="address"),
    fields=(
        Field(
            "code",
            Kind.TEXT,
            "Unified social credit code, or the number in its scheme.",
            zh="企业编号",
            example="91330784MA2XXXXX1A",
            required=True,
            source=("统一社会信用代码", "信用代码", "ENT_ID", "id"),
        ),
        Field(
            "code_scheme",
            Kind.TEXT,
            "Which numbers the code is from.",
            zh="代码类型",
            example="uscc",
            source=("编号类型",),
            choices=(
                Choice("uscc", "统一代码", "", "Unified social credit code", ("统一社会信用代码",)),
                Choice("registration", "注册号", "", "Registration number", ("工商注册号",)),
                Choice("local", "自编号", "", "Local number", ("自编",)),
            ),
        ),
        Field("name", Kind.TEXT, "Name.", zh="企业名称", example="某某有限公司", source=("单位名称", "名称", "NAME")),
        Field(
            "kind",
            Kind.TEXT,
            "What it does.",
            zh="企业类别",
            example="builder",
            source=("行业类别", "类别"),
            choices=(
                Choice("builder", "施工企业", "#c77d00", "Builder", ("施工", "建筑施工", "建筑业企业")),
                Choice("supervisor", "监理企业", "#e0b060", "Supervisor", ("监理",)),
                Choice("developer", "建设单位", "#a6761d", "Developer", ("开发企业", "房地产开发")),
                Choice("piped_gas", "管道燃气企业", "#1565c0", "Piped gas", ("管道燃气",)),
                Choice("bottled_gas", "瓶装燃气企业", "#b5651d", "Bottled gas", ("瓶装燃气", "液化气企业")),
                Choice("industrial", "工业企业", "#72607a", "Industrial", ("工业", "规上企业")),
                Choice("catering", "餐饮单位", "#e45756", "Catering", ("餐饮",)),
                Choice("commercial", "商业单位", "#f58518", "Commercial", ("商业", "商贸")),
                Choice("other", "其他企业", "#969696", "Other", ("其他", "*")),
            ),
        ),
        Field("address", Kind.TEXT, "Registered address.", zh="地址", example="某某路8号", source=("住所", "注册地址")),
        Field(
            "legal_person",
            Kind.TEXT,
            "Legal representative.",
            zh="法定代表人",
            example="王小明",
            source=("法人", "法人代表", "法定代表"),
            read=NEAR,
            mask=Mask.NAME,
        ),
        Field(
            "phone",
            Kind.TEXT,
            "Telephone.",
            zh="联系电话",
            example="13800000000",
            source=("电话", "手机"),
            read=NEAR,
            mask=Mask.PHONE,
        ),
        Field(
            "licence_no",
            Kind.TEXT,
            "Licence of its trade: gas business, safe production.",
            zh="许可证号",
            example="浙202607840001",
            source=("许可证编号", "安全生产许可证号", "燃气经营许可证号"),
        ),
        Field(
            "licence_to",
            Kind.DATE,
            "Last day of that licence.",
            zh="许可证有效期至",
            example=date(2028, 12, 31),
            source=("有效期至",),
        ),
        Field(
            "employees",
            Kind.INTEGER,
            "People employed.",
            zh="从业人数",
            example=45,
            low=0,
            high=1000000,
            source=("职工人数",),
        ),
        Field(
            "founded_on",
            Kind.DATE,
            "Day of registration.",
            zh="成立日期",
            example=date(2012, 8, 1),
            source=("注册日期",),
        ),
        Field(
            "closed_on", Kind.DATE, "Day it was struck off; empty while active.", zh="注销日期", source=("吊销日期",)
        ),
        Field(
            "source",
            Kind.TEXT,
            "System the row comes from, where it is not the steward's own list.",
            zh="来源系统",
            example="企业信用公示",
            source=("数据来源",),
            system=True,
        ),
    ),
    constraints=(
        Constraint(
            "uscc_well_formed",
            "code_scheme <> 'uscc' OR code ~ '^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$'",
            "a unified social credit code has 18 characters of GB 32100",
            "统一社会信用代码应为18位",
        ),
        Constraint(
            "closed_after_founded", "closed_on >= founded_on", "an enterprise ends after it begins", "注销不早于成立"
        ),
    ),
)
