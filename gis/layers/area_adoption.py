"""Adoptions of patrol areas (片区启用): which run of areas is in force from which day; what is only proposed is not."""

from datetime import date

from gis.layer import Field, Kind, Layer, Source, Use

LAYER = Layer(
    name="area_adoption",
    title="片区启用",
    title_en="Adoptions of patrol areas",
    doc="One row per decision: on a day holds the run with the latest first day up to it, the last decision of a day.",
    source=Source(publisher="This database", licence="internal"),
    key="number",
    uses=frozenset({Use.AREA_ADOPTION}),
    log=True,
    fields=(
        Field("number", Kind.TEXT, "Number of the decision.", zh="编号", example="area_adoption-1", required=True),
        Field(
            "run_id", Kind.INTEGER, "Run of areas that is adopted.", zh="运算", example=1, required=True, refers="run"
        ),
        Field(
            "from_on",
            Kind.DATE,
            "First day on which its areas are in force.",
            zh="启用日期",
            example=date(2026, 7, 1),
            required=True,
        ),
        Field("reason", Kind.TEXT, "Why; empty where no reason is given.", zh="原因", example="新增两名网格员"),
    ),
)
