"""How a delivered row names what it belongs to: its town and village, and the object that it is about; said once."""

from gis.layer.attribute import Choice, Field, Kind

NAMED_PLACE = (
    Field(
        "town_code",
        Kind.TEXT,
        "Code of the town, in the scheme of `place_scheme`.",
        zh="镇街代码",
        example="330784105",
        source=("乡镇代码", "街镇代码", "乡镇街道代码", "所属镇街代码", "TOWN_CODE"),
    ),
    Field(
        "town",
        Kind.TEXT,
        "Name of the town; 东城 is 东城街道 where no other town is called so.",
        zh="镇街",
        example="石柱镇",
        source=(
            "镇街名称",
            "乡镇",
            "乡镇名称",
            "街镇",
            "乡镇街道",
            "乡镇（街道）",
            "所属镇街",
            "所在镇街",
            "TOWN_NAME",
        ),
    ),
    Field(
        "village_code",
        Kind.TEXT,
        "Code of the village or community, in the scheme of `place_scheme`.",
        zh="村代码",
        example="330784001201",
        source=("行政村代码", "村社代码", "村居代码", "社区代码", "VILLAGE_CODE", "VILL_CODE"),
    ),
    Field(
        "village",
        Kind.TEXT,
        "Name of the village or community.",
        zh="行政村",
        example="黄城里村",
        source=("村社", "村居", "村社区", "村（社区）", "社区", "村名", "所属村居", "所在村", "VILLAGE_NAME"),
    ),
    Field(
        "place_scheme",
        Kind.TEXT,
        "Which table the codes are from: nbs, mca, local; empty is the county's own.",
        zh="编码体系",
        example="nbs",
        source=("代码体系", "代码来源", "CODE_SCHEME"),
        choices=(
            Choice("nbs", "统计局", "", "NBS", ("国家统计局", "统计", "统计代码", "NBS", "统计用区划代码")),
            Choice("mca", "民政部", "", "MCA", ("民政", "民政局", "民政代码", "MCA")),
            Choice("local", "本地", "", "Local", ("自编", "本县")),
        ),
    ),
)
"""Columns under which any located layer, and any register with `in_town`, may be delivered; they are not fields.

A scheme of another name is as good.
"""

NAMED_OBJECT = (
    Field("layer", Kind.TEXT, "Layer of the object, by its name or title.", zh="图层", example="building"),
    Field(
        "object_key",
        Kind.TEXT,
        "Key of the object within its layer.",
        zh="对象编号",
        example="way/3",
        source=("检查对象编号", "对象代码", "OBJECT_KEY"),
    ),
)
"""Columns that name the object of a row in a layer with `about_object`, beside the keys of single layers (建筑编号)."""
