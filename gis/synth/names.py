"""Names that nobody bears: people, telephones, towns, villages and streets, recognisable as invented."""

import numpy as np
from numpy.random import Generator

COUNTY = "乌有县（合成）"
TOWNS = ("子虚镇", "南柯镇", "蜃楼镇", "镜花街道")
VILLAGES = (
    *("桃源村", "华胥村", "槐安村", "黄粱村", "水月村", "海市村", "方壶村", "瀛洲村"),
    *("无何村", "亡是村", "浮云村", "虚舟村", "幻溪村", "空青村", "梦泽村", "飞来村"),
    *("若木村", "扶桑村", "昆吾村", "归墟村"),
)
RIVER = "幻溪"
STREETS = ("虚拟路", "假设街", "想象路", "如果街", "样例路", "示范街", "演示路", "也许巷", "大概巷", "仿佛巷")
GAS_COMPANY = "合成燃气公司"
BUILDERS = ("合成建设公司", "虚拟建工公司", "样例工程公司")
SHOPS = ("合成面馆", "虚拟饭店", "样例小吃", "演示火锅", "假想早点")

_FAMILY = np.array(list("甲乙丙丁戊己庚辛壬癸"))
_GIVEN = np.array(["合成", "虚拟", "样例", "演示", "假名", "试用", "仿真", "占位"])


def people(count: int, rng: Generator) -> list[str]:
    """Give names of people: a heavenly stem as family name and a word for `invented` as given name."""
    return [f"{a}{b}" for a, b in zip(rng.choice(_FAMILY, count), rng.choice(_GIVEN, count), strict=True)]


def telephones(count: int, rng: Generator) -> list[str]:
    """Give eleven digits that begin with 100, which no telephone in China does."""
    return [f"100{number:08d}" for number in rng.integers(0, 100_000_000, count)]
