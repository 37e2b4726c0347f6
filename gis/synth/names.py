"""Names that nobody bears: people, telephones, towns, villages and streets, recognisable as invented."""

import numpy as np
from numpy.random import Generator

COUNTY = "乌有县（合成）"
TOWNS = (
    *("子虚", "镜花", "蜃楼", "南柯", "华胥", "槐安", "黄粱", "桃源", "水月", "海市", "方壶", "瀛洲"),
    *("无何", "亡是", "浮云", "虚舟", "空青", "梦泽", "飞来", "若木", "扶桑", "昆吾", "归墟", "蓬莱"),
)
RIVER = "幻溪"
GAS_COMPANY = "合成燃气公司"
BUILDERS = ("合成建设公司", "虚拟建工公司", "样例工程公司")
SHOPS = ("合成面馆", "虚拟饭店", "样例小吃", "演示火锅", "假想早点")

_FAMILY = np.array(list("甲乙丙丁戊己庚辛壬癸"))
_GIVEN = np.array(["合成", "虚拟", "样例", "演示", "假名", "试用", "仿真", "占位"])
_WORDS = (
    *("虚拟", "假设", "想象", "如果", "样例", "示范", "演示", "也许", "大概", "仿佛", "幻影", "虚构"),
    *("假想", "乌有", "无中", "梦里", "云中", "泡影", "空想", "臆想", "模拟", "仿真", "合成", "占位"),
    *("拟造", "杜撰", "戏说", "传说", "神游", "未名", "莫须", "似是", "恍惚", "倒影", "回声", "画中"),
    *("纸上", "书外", "戏中", "梦外", "雾里", "镜中", "水中", "天外", "凭空", "若有", "亦幻", "如梦"),
)
_GROUND = "塘桥岭宅畈坞源溪头坑田村坪墩埠沿沙店岗湾垄洲堰井潭塔院厅巷门川谷坡峰泉林湖园台"
_AVENUES = ("大道", "东大道", "西大道", "南大道", "北大道")
_STREETS = ("街", "路", "东路", "西街", "南路", "北街", "中路", "新街", "后街", "前路")
_LANES = ("巷", "里", "坊", "支巷")
_COMPOUNDS = ("花园", "家园", "小区", "新村", "公寓", "名苑")
_NUMERALS = "零一二三四五六七八九"


def people(count: int, rng: Generator) -> list[str]:
    """Give names of people: a heavenly stem as family name and a word for `invented` as given name."""
    return [f"{a}{b}" for a, b in zip(rng.choice(_FAMILY, count), rng.choice(_GIVEN, count), strict=True)]


def telephones(count: int, rng: Generator) -> list[str]:
    """Give eleven digits that begin with 100, which no telephone in China does."""
    return [f"100{number:08d}" for number in rng.integers(0, 100_000_000, count)]


def villages(count: int) -> list[str]:
    """Give different names of villages without 村 or 社区: a word for `unreal` and a feature of the ground."""
    words, grounds = len(_WORDS), len(_GROUND)
    return [_WORDS[each % words] + _GROUND[(each // words + 5 * each) % grounds] for each in range(count)]


def street(serial: int) -> str:
    """Give the name of a street of the core; different numbers have different names."""
    return _numbered(serial, _STREETS)


def avenue(serial: int) -> str:
    """Give the name of a main road through the core; different numbers have different names."""
    return _numbered(serial, _AVENUES)


def lane(serial: int, village: int) -> str:
    """Give the name of a lane of a village; different numbers have different names within it."""
    first = serial - serial % len(_WORDS)
    return _numbered(first + (serial + 7 * village) % len(_WORDS), _LANES)


def compound(serial: int) -> str:
    """Give the name of a compound; different numbers have different names."""
    return _numbered(serial, _COMPOUNDS)


def _numbered(serial: int, tails: tuple[str, ...]) -> str:
    lap, word = divmod(serial, len(_WORDS))
    lap, tail = divmod(lap, len(tails))
    return f"{_WORDS[word]}{numeral(lap + 1) if lap else ''}{tails[tail]}"


def numeral(number: int) -> str:
    """Give a number below 100 in Chinese."""
    tens, ones = divmod(number, 10)
    lead = "" if tens == 0 else "十" if tens == 1 else f"{_NUMERALS[tens]}十"
    return lead + (_NUMERALS[ones] if ones or not tens else "")
