"""Rural craftsmen (农村建筑工匠): who may build and repair farm houses."""

from datetime import date

from gis.layer import OFFICE, Choice, Constraint, Field, Kind, Layer, Mask, Role, Source

NEAR = frozenset({Role.WORKER, Role.STEWARD})
STEWARDS = frozenset({Role.STEWARD})

LAYER = Layer(
    name="craftsman",
    title="农村工匠",
    title_en="Craftsmen",
    doc="The register of trained rural craftsmen (工匠数据库).",
    source=Source(publisher="Housing and construction office", licence="personal data, internal"),
    key="code",
    in_town=True,
    read=OFFICE | {Role.WORKER},
    fields=(
        Field(
            "code",
            Kind.TEXT,
            "Number in the register.",
            zh="工匠编号",
            example="GJ-001",
            required=True,
            source=("编号", "人员编号", "id"),
        ),
        Field(
            "name",
            Kind.TEXT,
            "Name.",
            zh="姓名",
            example="王小明",
            source=("工匠姓名", "NAME"),
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
            "id_number",
            Kind.TEXT,
            "Identity number.",
            zh="身份证号",
            en="Identity number",
            example="000000190001010000",
            source=("身份证号码", "证件号码"),
            read=STEWARDS,
            mask=Mask.HIDDEN,
        ),
        Field(
            "trade",
            Kind.TEXT,
            "Trade.",
            zh="工种",
            example="mason",
            source=("工匠类型", "专业"),
            choices=(
                Choice("mason", "泥瓦工", "", "Mason", ("砌筑工", "泥水工", "瓦工")),
                Choice("carpenter", "木工", "", "Carpenter", ("模板工",)),
                Choice("steel", "钢筋工", "", "Steel fixer", ("钢筋",)),
                Choice("plumber", "水电工", "", "Plumber and electrician", ("管道工", "电工")),
                Choice("foreman", "带头工匠", "", "Foreman", ("工匠带头人", "领班")),
                Choice("other", "其他工种", "", "Other", ("其他", "*")),
            ),
        ),
        Field(
            "trained_on",
            Kind.DATE,
            "Day of the training.",
            zh="培训日期",
            example=date(2023, 11, 2),
            source=("培训时间",),
        ),
        Field(
            "certificate_no",
            Kind.TEXT,
            "Number of the training certificate.",
            zh="证书编号",
            example="GJZ-2023-0001",
            source=("培训合格证号", "证号"),
            read=STEWARDS,
            mask=Mask.HIDDEN,
        ),
        Field(
            "valid_to",
            Kind.DATE,
            "Last day of the certificate.",
            zh="有效期至",
            example=date(2028, 11, 1),
            source=("有效期限", "有效期止"),
        ),
        Field("team", Kind.TEXT, "Team the craftsman works in.", zh="施工班组", example="某某班组", source=("班组",)),
        Field(
            "struck_on",
            Kind.DATE,
            "Day of being struck off the register; empty while on it.",
            zh="除名日期",
            source=("注销日期",),
        ),
        Field("struck_reason", Kind.TEXT, "Why struck off.", zh="除名原因", source=("注销原因",)),
        Field(
            "source",
            Kind.TEXT,
            "System the row comes from, where it is not the steward's own list.",
            zh="来源系统",
            example="浙建事",
            source=("数据来源",),
            system=True,
        ),
    ),
    constraints=(
        Constraint(
            "valid_after_training",
            "valid_to >= trained_on",
            "a certificate ends after the training",
            "有效期不早于培训",
        ),
    ),
)
