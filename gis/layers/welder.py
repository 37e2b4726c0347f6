"""Welders (焊工): who may weld, and until when their certificate holds."""

from datetime import date

from gis.layer import OFFICE, Choice, Constraint, Field, Kind, Layer, Mask, Role, Source

NEAR = frozenset({Role.WORKER, Role.STEWARD})
STEWARDS = frozenset({Role.STEWARD})

LAYER = Layer(
    name="welder",
    title="焊工",
    title_en="Welders",
    doc="The register of welders with their operator's certificate: valid 6 years, reviewed every 3 (gis/law).",
    source=Source(publisher="Emergency office, welding register", licence="personal data, internal"),
    key="code",
    in_town=True,
    read=OFFICE | {Role.WORKER},
    fields=(
        Field(
            "code",
            Kind.TEXT,
            "Number in the register; not the certificate's, which holds the identity number.",
            zh="焊工编号",
            example="H-001",
            required=True,
            source=("工号", "人员编号", "WELDER_ID", "id"),
        ),
        Field(
            "name",
            Kind.TEXT,
            "Name.",
            zh="姓名",
            example="王小明",
            source=("焊工姓名", "NAME"),
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
            "certificate_no",
            Kind.TEXT,
            "Number of the operator's certificate; T and the identity number, so as personal as that.",
            zh="证书编号",
            example="T000000190001010000",
            source=("证号", "操作证号", "特种作业操作证号"),
            read=STEWARDS,
            mask=Mask.HIDDEN,
        ),
        Field(
            "work",
            Kind.TEXT,
            "Work for which the certificate was given.",
            zh="操作项目",
            example="fusion",
            source=("作业类别", "准操项目", "焊接类别"),
            choices=(
                Choice(
                    "fusion", "熔化焊接与热切割", "", "Fusion welding and cutting", ("熔化焊接与热切割作业", "熔化焊")
                ),
                Choice("pressure", "压力焊", "", "Pressure welding", ("压力焊作业",)),
                Choice("brazing", "钎焊", "", "Brazing", ("钎焊作业",)),
                Choice("other", "其他焊接", "", "Other", ("其他", "*")),
            ),
        ),
        Field(
            "issued_on",
            Kind.DATE,
            "Day of issue.",
            zh="发证日期",
            example=date(2023, 5, 10),
            source=("初领日期", "领证日期"),
        ),
        Field(
            "review_due_on",
            Kind.DATE,
            "Day by which the certificate is to be reviewed.",
            zh="复审日期",
            example=date(2026, 5, 9),
            source=("应复审日期", "下次复审日期"),
        ),
        Field(
            "valid_to",
            Kind.DATE,
            "Last day of the certificate.",
            zh="有效期至",
            example=date(2029, 5, 9),
            source=("有效期限", "有效期止", "证书有效期"),
        ),
        Field("issuer", Kind.TEXT, "Who issued it.", zh="发证机关", example="浙江省应急管理厅", source=("发证单位",)),
        Field(
            "enterprise_code",
            Kind.TEXT,
            "Employer, by number in the register of enterprises.",
            zh="企业编号",
            example="91330784MA2XXXXX1A",
            source=("统一社会信用代码", "单位代码"),
        ),
        Field(
            "employer", Kind.TEXT, "Name of the employer.", zh="工作单位", example="某某工贸公司", source=("所属单位",)
        ),
        Field(
            "source",
            Kind.TEXT,
            "System the row comes from, where it is not the steward's own list.",
            zh="来源系统",
            example="焊有序",
            source=("数据来源",),
            system=True,
        ),
    ),
    constraints=(
        Constraint(
            "valid_after_issue", "valid_to >= issued_on", "a certificate ends after its issue", "有效期不早于发证"
        ),
        Constraint(
            "reviewed_within_validity",
            "review_due_on BETWEEN issued_on AND valid_to",
            "a certificate is reviewed while it is valid",
            "复审应在有效期内",
        ),
    ),
)
