"""Place codes (区划代码): what other tables call the county's towns and villages."""

from gis.layer import EVERYONE, Choice, Field, Kind, Layer, Source, Use

LAYER = Layer(
    name="place_code",
    title="区划代码",
    title_en="Place codes",
    doc="Codes of towns and villages in every scheme in use; two official tables give one code to different towns.",
    source=Source(publisher="Statistics bureau, civil affairs office", licence="public"),
    key="place",
    read=EVERYONE,
    uses=frozenset({Use.PLACE_CODE}),
    keyed_by=("scheme", "level", "code"),
    fields=(
        Field(
            "place",
            Kind.TEXT,
            "Scheme, level and code.",
            zh="区划编号",
            example="mca/town/330784105",
            required=True,
        ),
        Field(
            "scheme",
            Kind.TEXT,
            "Which table the code is from: nbs, mca, local.",
            zh="编码体系",
            example="mca",
            required=True,
            source=("代码体系", "code_scheme"),
        ),
        Field(
            "level",
            Kind.TEXT,
            "Whether it is a town or a village.",
            zh="级别",
            example="town",
            required=True,
            source=("层级",),
            choices=(
                Choice("town", "镇街", "", "Town", ("镇", "街道", "乡", "乡镇", "乡级")),
                Choice("village", "村社", "", "Village", ("村", "社区", "行政村", "村级")),
            ),
        ),
        Field(
            "code",
            Kind.TEXT,
            "Code within its scheme.",
            zh="代码",
            example="330784105",
            required=True,
            source=("区划代码", "统计用区划代码"),
        ),
        Field(
            "name",
            Kind.TEXT,
            "Name that the scheme gives it.",
            zh="名称",
            example="石柱镇",
            required=True,
            source=("区划名称", "NAME"),
        ),
        Field(
            "town_code",
            Kind.TEXT,
            "For a village, the code of its town in the same scheme.",
            zh="镇街代码",
            source=("streetCode", "上级代码"),
        ),
        Field(
            "stands_for",
            Kind.TEXT,
            "Key of the stored town or village; where it is empty, the one of that name.",
            zh="对应编号",
        ),
    ),
)
