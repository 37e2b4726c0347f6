"""Certificates: who or what may do what, and until when; of people, enterprises, machines and vehicles."""

from datetime import date
from uuid import UUID

from gis.layer import OFFICE, Choice, Constraint, Field, Kind, Layer, Mask, Role, Source

NEAR = frozenset({Role.WORKER, Role.STEWARD})
STEWARDS = frozenset({Role.STEWARD})

LAYER = Layer(
    name="certificate",
    title="证书",
    title_en="Certificates",
    doc="Certificates and licences as their own system counts them, one row per certificate; a renewal is a new row.",
    source=Source(publisher="Existing systems of departments", licence="personal data, internal"),
    key="uid",
    keyed_by=("source", "number"),
    read=OFFICE | {Role.WORKER},
    fields=(
        Field(
            "uid",
            Kind.UUID,
            "Made of the system and the certificate's number, which may hold an identity number and is not shown.",
            zh="记录号",
            example=UUID("7dbf6907-e961-5f88-8a82-6f8c49cf1f3d"),
            required=True,
        ),
        Field(
            "source",
            Kind.TEXT,
            "System the row comes from.",
            zh="来源系统",
            example="特种作业操作证查询平台",
            required=True,
            source=("数据来源", "系统名称"),
            system=True,
        ),
        Field(
            "kind",
            Kind.TEXT,
            "What is certified.",
            zh="证书类别",
            example="welder",
            source=("证书类型", "证书名称", "类别"),
            choices=(
                Choice(
                    "welder", "焊接操作证", "", "Welder", ("焊工证", "熔化焊接与热切割作业", "特种作业操作证（焊接）")
                ),
                Choice(
                    "operator", "特种作业证", "", "Special operation", ("特种作业操作证", "建筑施工特种作业操作资格证")
                ),
                Choice(
                    "manager", "安全管理人员证", "", "Safety manager", ("安全员证", "三类人员证", "安全生产考核合格证")
                ),
                Choice("craftsman", "工匠证", "", "Craftsman", ("农村建筑工匠培训合格证", "工匠培训合格证")),
                Choice(
                    "gas_worker",
                    "燃气从业证",
                    "",
                    "Gas worker",
                    ("燃气从业人员证", "送气工证", "燃气经营企业从业人员证"),
                ),
                Choice("gas_licence", "燃气经营许可证", "", "Gas licence", ("燃气经营许可",)),
                Choice("safety_licence", "安全生产许可证", "", "Safe production licence", ("安全生产许可",)),
                Choice("building_permit", "施工许可证", "", "Building permit", ("建筑工程施工许可证",)),
                Choice("other", "其他证书", "", "Other", ("其他", "*")),
            ),
        ),
        Field(
            "number",
            Kind.TEXT,
            "Number of the certificate.",
            zh="证书编号",
            example="T000000190001010000",
            required=True,
            source=("证号", "许可证号", "操作证号"),
            read=STEWARDS,
            mask=Mask.HIDDEN,
        ),
        Field(
            "holder_layer",
            Kind.TEXT,
            "Register in which the holder stands: welder, craftsman, enterprise, vehicle.",
            zh="持证对象图层",
            example="welder",
            source=("持证对象类型",),
        ),
        Field(
            "holder_code",
            Kind.TEXT,
            "Key of the holder in that register.",
            zh="持证对象编号",
            example="H-001",
            source=("人员编号", "企业编号", "统一社会信用代码"),
        ),
        Field(
            "holder_name",
            Kind.TEXT,
            "Name of the holder.",
            zh="持证人",
            example="王小明",
            source=("姓名", "持有人", "单位名称"),
            read=NEAR,
            mask=Mask.NAME,
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
            "valid_to",
            Kind.DATE,
            "Last day on which it holds.",
            zh="有效期至",
            example=date(2029, 5, 9),
            source=("有效期限", "有效期止"),
        ),
        Field(
            "review_due_on",
            Kind.DATE,
            "Day by which it is to be reviewed.",
            zh="复审日期",
            example=date(2026, 5, 9),
            source=("应复审日期", "下次复审日期"),
        ),
        Field("reviewed_on", Kind.DATE, "Day of the last review.", zh="实际复审日期", source=("上次复审日期",)),
        Field("issuer", Kind.TEXT, "Who issued it.", zh="发证机关", example="浙江省应急管理厅", source=("发证单位",)),
        Field(
            "revoked_on", Kind.DATE, "Day it was revoked; empty while it holds.", zh="吊销日期", source=("注销日期",)
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
        Constraint(
            "revoked_after_issue",
            "revoked_on >= issued_on",
            "a certificate is revoked after its issue",
            "吊销不早于发证",
        ),
        Constraint(
            "holder_has_its_register",
            "holder_code IS NULL OR holder_layer IS NOT NULL",
            "a holder is named with the register",
            "持证对象编号须注明登记册",
        ),
    ),
)
