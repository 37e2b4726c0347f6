"""Runs: each plan that was made, with what it was made from and what it promises."""

from gis.layer import Field, Kind, Layer, Source, Use

LAYER = Layer(
    name="run",
    title="运算记录",
    title_en="Runs",
    doc="One row per plan: inputs' digest, parameters, seed, steps, code version, objective and bound.",
    source=Source(publisher="This database", licence="internal"),
    key="number",
    uses=frozenset({Use.RUN}),
    log=True,
    fields=(
        Field("number", Kind.TEXT, "Name of the run: plan and digest.", zh="编号", example="grid-0001", required=True),
        Field("plan", Kind.TEXT, "Which plan was run.", zh="方案", example="grid", required=True),
        Field("parameters", Kind.JSON, "Arguments of the plan.", zh="参数", example={"target": 60}, required=True),
        Field(
            "input_digest",
            Kind.TEXT,
            "SHA-256 of what the plan was given.",
            zh="输入摘要",
            example="0" * 64,
            required=True,
        ),
        Field("seed", Kind.INTEGER, "Seed of the randomness.", zh="随机种子", example=0),
        Field("steps", Kind.INTEGER, "Steps done.", zh="步数", example=0, low=0),
        Field("code_version", Kind.TEXT, "Version of the code.", zh="代码版本", example="0.1.0", required=True),
        Field(
            "objective", Kind.REAL, "Value of the plan, where it has one; smaller is better.", zh="目标值", example=1.0
        ),
        Field("bound", Kind.REAL, "Below which no plan can come.", zh="下界", example=0.9),
        Field("result", Kind.JSON, "Figures of the plan.", zh="结果", example={"cells": 1}),
    ),
)
