"""Rule versions: the law as it was known to this database, with periods."""

from datetime import date

from gis.layer import EVERYONE, Constraint, Exclude, Field, Kind, Layer, Source, Use

LAYER = Layer(
    name="rule_version",
    title="规则版本",
    title_en="Rule versions",
    doc="Each rule with its period; a changed rule is withdrawn and written anew, so that past days keep their law.",
    source=Source(publisher="gis/law, or the county's own rules", licence="public law"),
    key="number",
    read=EVERYONE,
    uses=frozenset({Use.RULE}),
    log=True,
    fields=(
        Field("number", Kind.TEXT, "Name of the version.", zh="编号", example="house_check.A@default#1", required=True),
        Field("rule", Kind.TEXT, "Name of the rule.", zh="规则", example="house_check.A", required=True),
        Field("jurisdiction", Kind.TEXT, "Whose rule it is.", zh="法域", example="default", required=True),
        Field(
            "rank",
            Kind.INTEGER,
            "How specific the jurisdiction is; the highest in force holds.",
            zh="层级",
            example=0,
            low=0,
            required=True,
        ),
        Field("subject", Kind.TEXT, "What is ruled.", zh="事项", example="house_check", required=True),
        Field("category", Kind.TEXT, "Which class of it.", zh="类别", example="A", required=True),
        Field("amount", Kind.REAL, "The value of the rule.", zh="数值", example=365.0, required=True),
        Field("unit", Kind.TEXT, "Unit of the value: d, m, yuan, yuan/m.", zh="单位", example="d", required=True),
        Field(
            "notice_days",
            Kind.INTEGER,
            "Days before the due date from which an object is due.",
            zh="提前天数",
            example=30,
            low=0,
            required=True,
        ),
        Field("valid_from", Kind.DATE, "First day in force.", zh="施行日期", example=date(2020, 1, 1), required=True),
        Field("valid_to", Kind.DATE, "First day no longer in force; empty where open.", zh="失效日期"),
        Field("article", Kind.TEXT, "Article that says so.", zh="条款", example=""),
        Field("citation", Kind.TEXT, "Where it was read.", zh="出处", example="DOMAIN 1.6"),
        Field(
            "verified",
            Kind.BOOLEAN,
            "Whether the value was confirmed at its source.",
            zh="已核实",
            example=False,
            required=True,
        ),
        Field("withdrawn_at", Kind.INSTANT, "When the version was withdrawn.", zh="撤回时间", once=True),
    ),
    constraints=(
        Constraint("ends_after_start", "valid_to > valid_from", "a rule ends after it starts", "失效晚于施行"),
        Constraint(
            "whole_days",
            "unit <> 'd' OR (amount >= 1 AND amount = floor(amount) AND notice_days < amount + 1)",
            "an interval is whole days, and notice lies within it",
            "周期为整日且提前天数不超过周期",
        ),
    ),
    excludes=(
        Exclude(
            "one_version_a_day",
            (("jurisdiction", "="), ("subject", "="), ("category", "="), ("daterange(valid_from, valid_to)", "&&")),
            "withdrawn_at IS NULL",
            "a jurisdiction has one rule for a class on a day",
        ),
    ),
)
