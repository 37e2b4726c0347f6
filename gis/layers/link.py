"""Links: which house each user, licence or sale belongs in, and by what evidence."""

from gis.layer import OFFICE, Choice, Constraint, Field, Kind, Layer, Role, Source, Use

NEAR = frozenset({Role.WORKER, Role.STEWARD})

LAYER = Layer(
    name="link",
    title="归户",
    title_en="Links to houses",
    doc="Per row that was asked about: its house, or why it has none; no run overrules a decision by hand.",
    # Rows are named by their layer and key, so that a list can be mended in a workbook and delivered again. The reason
    # quotes no address: this is read by more people than addresses are.
    source=Source(publisher="This database, or the steward's decision", licence="internal"),
    key="code",
    keyed_by=("layer", "subject", "houses"),
    read=OFFICE | {Role.WORKER},
    uses=frozenset({Use.LINK}),
    fields=(
        Field(
            "code",
            Kind.TEXT,
            "Layer and key of the row and layer of the houses, joined by slashes.",
            zh="归户编号",
            example="gas_user/U-000001/building",
            required=True,
        ),
        Field("layer", Kind.TEXT, "Layer of the row.", zh="图层", example="gas_user", required=True),
        Field("subject", Kind.TEXT, "Key of the row.", zh="对象编号", example="U-000001", required=True),
        Field("houses", Kind.TEXT, "Layer of the houses.", zh="房屋图层", example="building", required=True),
        Field("house", Kind.TEXT, "Key of the house it is in; empty unless matched.", zh="房屋编号", example="way/3"),
        Field(
            "state",
            Kind.TEXT,
            "What became of the row.",
            zh="结论",
            example="matched",
            required=True,
            choices=(
                Choice("matched", "已归户", "#2e7d32", "Matched"),
                Choice("ambiguous", "待定", "#f9a825", "Ambiguous"),
                Choice("unmatched", "未归户", "#b5271f", "Unmatched"),
            ),
        ),
        Field("score", Kind.REAL, "Weight of the evidence.", zh="得分", example=0.97, low=0, high=1),
        Field(
            "evidence",
            Kind.TEXT,
            "What tied it: code, address, position, joined by +; hand where a person decided.",
            zh="依据",
            example="address+position",
        ),
        Field("reason", Kind.TEXT, "Why, in words.", zh="理由", example="地址相符；位置在房屋内"),
        Field(
            "candidates",
            Kind.JSON,
            "Keys of the houses that it could be, likeliest first, where it is ambiguous.",
            zh="候选房屋",
            example={"houses": ["way/3", "way/4"]},
        ),
        Field("floor", Kind.INTEGER, "Storey; negative below ground.", zh="楼层", example=3, low=-9, high=200),
        Field("unit", Kind.TEXT, "Unit of the house.", zh="单元", example="2", read=NEAR),
        Field("room", Kind.TEXT, "Room.", zh="室号", example="301", read=NEAR),
        Field(
            "decided_by",
            Kind.TEXT,
            "Whether a run or a person decided.",
            zh="判定方式",
            example="run",
            required=True,
            choices=(Choice("run", "自动", "", "Run"), Choice("hand", "人工", "", "By hand")),
        ),
        Field("run_id", Kind.INTEGER, "Run that last changed the row; empty where a person did.", zh="运算", example=1),
    ),
    constraints=(
        Constraint(
            "matched_names_a_house",
            "(state = 'matched') = (house IS NOT NULL)",
            "what is matched names its house, and nothing else does",
            "已归户须有房屋编号，其余不应有",
        ),
        Constraint(
            "hand_says_why",
            "decided_by <> 'hand' OR reason IS NOT NULL",
            "a decision by hand has a reason",
            "人工判定须写理由",
        ),
    ),
)
