"""Deliveries: each file that was loaded, with what became of its rows."""

from gis.layer import Constraint, Field, Kind, Layer, Source, Use

LAYER = Layer(
    name="delivery",
    title="数据交付",
    title_en="Deliveries",
    doc="One row per load; new + changed + unchanged + rejected = delivered, repaired within the first three.",
    source=Source(publisher="This database", licence="internal"),
    key="number",
    uses=frozenset({Use.DELIVERY}),
    log=True,
    fields=(
        Field("number", Kind.TEXT, "Name of the delivery.", zh="编号", example="D-1", required=True),
        Field("layer", Kind.TEXT, "Layer it was loaded into.", zh="图层", example="building", required=True),
        Field("file", Kind.TEXT, "Name of the file.", zh="文件", example="buildings.gpkg", required=True),
        Field("sha256", Kind.TEXT, "Digest of the file.", zh="摘要", example="0" * 64),
        Field("crs", Kind.TEXT, "Coordinate system of the file.", zh="坐标系", example="EPSG:4326"),
        Field(
            "synthetic",
            Kind.BOOLEAN,
            "Whether what it brings is invented (合成).",
            zh="合成",
            example=False,
            required=True,
        ),
        Field("columns", Kind.JSON, "Fields it brought.", zh="字段", example={"fields": ["code"]}, required=True),
        Field("delivered", Kind.INTEGER, "Rows in the file.", zh="交付", low=0, example=1, required=True),
        Field("new", Kind.INTEGER, "Rows that were not stored before.", zh="新增", low=0, example=1, required=True),
        Field(
            "changed",
            Kind.INTEGER,
            "Rows that differ from what was stored.",
            zh="变更",
            low=0,
            example=0,
            required=True,
        ),
        Field("unchanged", Kind.INTEGER, "Rows equal to what was stored.", zh="未变", low=0, example=0, required=True),
        Field("rejected", Kind.INTEGER, "Rows that were returned.", zh="退回", low=0, example=0, required=True),
        Field(
            "repaired",
            Kind.INTEGER,
            "Rows mended without a guess, within new, changed and unchanged.",
            zh="修复",
            low=0,
            example=0,
            required=True,
        ),
        Field("undone_at", Kind.INSTANT, "When the delivery was undone.", zh="撤销时间", once=True),
    ),
    constraints=(
        Constraint(
            "rows_add_up",
            '"new" + changed + unchanged + rejected = delivered',
            "every delivered row is accounted for",
            "交付各行须有去处",
        ),
    ),
)
