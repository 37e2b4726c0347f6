"""Welding machines (焊机): which are fitted with the chip 焊之芯 that lets only certified welders switch them on."""

from datetime import date

from gis.layer import OFFICE, Choice, Constraint, Field, Kind, Layer, Mask, Match, Role, Source

NEAR = frozenset({Role.WORKER, Role.STEWARD})

LAYER = Layer(
    name="welding_machine",
    title="焊机",
    title_en="Welding machines",
    doc="The register of welding machines with their owner and chip.",
    source=Source(publisher="Emergency office, welding register", licence="internal"),
    key="code",
    in_town=True,
    read=OFFICE | {Role.WORKER},
    match=Match(address="address"),
    fields=(
        Field(
            "code",
            Kind.TEXT,
            "Number of the machine in the register.",
            zh="设备编号",
            example="HJ-0581",
            required=True,
            source=("焊机编号", "机器编号", "MACHINE_ID", "id"),
        ),
        Field(
            "chip_no",
            Kind.TEXT,
            "Number of its chip; empty where none is fitted.",
            zh="焊之芯编号",
            example="HZX-000581",
            source=("芯片编号", "芯片号"),
        ),
        Field(
            "chip_on",
            Kind.DATE,
            "Day the chip was fitted.",
            zh="安装日期",
            example=date(2023, 9, 1),
            source=("安装时间",),
        ),
        Field(
            "kind",
            Kind.TEXT,
            "Kind of the machine.",
            zh="焊机类型",
            example="arc",
            source=("设备类型", "类型"),
            choices=(
                Choice("arc", "电弧焊机", "", "Arc", ("手工焊", "电焊机", "直流焊机", "交流焊机")),
                Choice("argon", "氩弧焊机", "", "Argon arc", ("氩弧焊",)),
                Choice("gas_shielded", "气保焊机", "", "Gas shielded", ("二保焊", "气体保护焊", "二氧化碳保护焊")),
                Choice("spot", "点焊机", "", "Spot", ("电阻焊", "碰焊机")),
                Choice("laser", "激光焊机", "", "Laser", ("激光焊",)),
                Choice("gas", "气焊设备", "", "Gas", ("气焊", "气割")),
                Choice("other", "其他焊机", "", "Other", ("其他", "*")),
            ),
        ),
        Field("model", Kind.TEXT, "Model.", zh="规格型号", example="ZX7-400", source=("型号",)),
        Field("maker", Kind.TEXT, "Who made it.", zh="生产厂家", example="某某焊机厂", source=("制造单位", "厂家")),
        Field(
            "serial_no", Kind.TEXT, "Number the maker gave it.", zh="出厂编号", example="2208-0117", source=("序列号",)
        ),
        Field(
            "phase",
            Kind.TEXT,
            "Whether it is in use.",
            zh="设备状态",
            example="in_use",
            source=("使用状态", "状态"),
            choices=(
                Choice("in_use", "在用", "#2e7d32", "In use", ("正常", "使用中")),
                Choice("idle", "停用", "#f9a825", "Idle", ("闲置", "封存")),
                Choice("scrapped", "报废", "#9e9e9e", "Scrapped", ("已报废", "注销")),
            ),
        ),
        Field(
            "enterprise_code",
            Kind.TEXT,
            "Owner, by number in the register of enterprises.",
            zh="企业编号",
            example="91330784MA2XXXXX1A",
            source=("统一社会信用代码", "单位代码"),
        ),
        Field(
            "owner_name",
            Kind.TEXT,
            "Name of the owner or keeper.",
            zh="所有人",
            example="王小明",
            source=("机主", "负责人", "使用人"),
            read=NEAR,
            mask=Mask.NAME,
        ),
        Field(
            "phone",
            Kind.TEXT,
            "Telephone of the owner.",
            zh="联系电话",
            example="13800000000",
            source=("电话", "手机"),
            read=NEAR,
            mask=Mask.PHONE,
        ),
        Field(
            "address", Kind.TEXT, "Where it is kept.", zh="存放地点", example="某某路8号", source=("地址", "使用地点")
        ),
    ),
    constraints=(
        Constraint(
            "chip_before_its_day",
            "chip_on IS NULL OR chip_no IS NOT NULL",
            "a fitted chip has a number",
            "已安装的芯片须有编号",
        ),
    ),
)
