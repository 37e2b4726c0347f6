"""Changes of grid cells (网格沿革): which cell came out of which, when, by whom and why."""

from datetime import date

from gis.layer import EVERYONE, Choice, Constraint, Field, Kind, Layer, Source, Use

LAYER = Layer(
    name="cell_change",
    title="网格沿革",
    title_en="Changes of grid cells",
    doc="One row per pair of a cell that ended and one that began; rows of one change share its run.",
    source=Source(publisher="This database", licence="internal"),
    key="number",
    read=EVERYONE,
    uses=frozenset({Use.CELL_CHANGE}),
    log=True,
    fields=(
        Field("number", Kind.TEXT, "Number of the row.", zh="编号", example="cell_change-1", required=True),
        Field(
            "kind",
            Kind.TEXT,
            "What was done.",
            zh="变更类型",
            example="split",
            required=True,
            choices=(
                Choice("make", "划分", "", "Made"),
                Choice("split", "拆分", "", "Split"),
                Choice("merge", "合并", "", "Merged"),
                Choice("renumber", "重编", "", "Renumbered"),
            ),
        ),
        Field(
            "parent_code",
            Kind.TEXT,
            "Code of the cell that ended; empty where there was none.",
            zh="原网格编码",
            example="330784001000001",
        ),
        Field(
            "child_code",
            Kind.TEXT,
            "Code of the cell that began.",
            zh="新网格编码",
            example="330784001000017",
            required=True,
        ),
        Field(
            "changed_on",
            Kind.DATE,
            "First day of the new cell; the old one ended the day before.",
            zh="生效日期",
            example=date(2026, 7, 1),
            required=True,
        ),
        Field("run_id", Kind.INTEGER, "Run that did it.", zh="运算", example=1, required=True, refers="run"),
        Field("made_by", Kind.TEXT, "Who ordered it; empty where nobody is named.", zh="经办人", example="张某某"),
        Field("reason", Kind.TEXT, "Why; empty where no reason is given.", zh="原因", example="户数超过500"),
    ),
    constraints=(
        Constraint(
            "made_from_nothing",
            "(kind = 'make') = (parent_code IS NULL)",
            "a cell that was made has no cell before it, any other has one",
            "划分的网格没有原网格，其余变更必有",
        ),
    ),
)
