"""Grid cells (网格): the unit that has one responsible person."""

from datetime import date

from gis.layer import EVERYONE, Choice, Constraint, Field, Geometry, Kind, Layer, Source, Style, Use

LAYER = Layer(
    name="grid_cell",
    title="网格",
    title_en="Grid cells",
    doc="Cells that tile each town without gap or overlap; a code is never used twice, and a cell that ends stays.",
    geometry=Geometry.POLYGON,
    source=Source(publisher="This database, or the county's delivered cells", licence="internal"),
    key="code",
    read=EVERYONE,
    uses=frozenset({Use.CELL}),
    fields=(
        Field(
            "code",
            Kind.TEXT,
            "15 digits: county 6, town 3, village 3 (000 across villages), serial 3.",
            zh="网格编码",
            example="330784001000001",
            required=True,
            fixed=True,
            popup=True,
            source=("网格编码", "GRID_CODE"),
        ),
        Field(
            "code_scheme",
            Kind.TEXT,
            "local, or the standard the code follows.",
            zh="编码体系",
            example="local",
            required=True,
        ),
        Field(
            "town_code",
            Kind.TEXT,
            "Code of the town the cell lies in.",
            zh="镇街代码",
            example="330784001",
            required=True,
            source=("镇街代码",),
        ),
        Field(
            "village_code",
            Kind.TEXT,
            "Code of the village the cell lies in; empty where it crosses villages.",
            zh="村社代码",
            example="330784001201",
            source=("村社代码", "村代码"),
        ),
        Field(
            "professional_code",
            Kind.TEXT,
            "20 digits as CJ/T 349-2010 lays them out (known from a summary, not verified): service object class 6, "
            "county 6, street 3, community 3 (merged ones from 601), serial 2 (00: not subdivided).",
            zh="专业网格编码",
            example="00000133078400120101",
            source=("专业网格编码",),
        ),
        Field(
            "load",
            Kind.REAL,
            "Households or objects in the cell when it was made.",
            zh="户数或对象数",
            example=412.0,
            low=0,
            popup=True,
        ),
        Field(
            "load_kind",
            Kind.TEXT,
            "What `load` counts.",
            zh="计数单位",
            example="household",
            choices=(Choice("household", "户", "", "Households"), Choice("object", "对象", "", "Objects")),
        ),
        Field(
            "valid_from",
            Kind.DATE,
            "First day the cell is in use.",
            zh="启用日期",
            example=date(2026, 1, 1),
            required=True,
            source=("启用日期",),
        ),
        Field(
            "valid_to",
            Kind.DATE,
            "Last day the cell was in use; empty while it is.",
            zh="停用日期",
            source=("停用日期",),
        ),
    ),
    constraints=(
        Constraint("code_is_15_digits", "code ~ '^[0-9]{15}$'", "a cell code has 15 digits", "网格编码应为15位数字"),
        Constraint(
            "professional_code_is_20_digits",
            "professional_code ~ '^[0-9]{20}$'",
            "a professional grid code has 20 digits",
            "专业网格编码应为20位数字",
        ),
        Constraint("ends_after_start", "valid_to >= valid_from", "a cell ends after it starts", "停用不早于启用"),
    ),
    style=Style(colour="#7a7a7a", fill=False, width=0.7, order=60),
)
