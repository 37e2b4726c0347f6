"""Faults in the words of a county office: which field, which constraint, what was expected and what came, in Chinese.

Constraints of a layer say it themselves (`Constraint.zh`); here stands what reading and loading judge besides. English
phrases of a fault are translated piece by piece, and what is no phrase, such as a delivered value, stays as it is.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from gis.layer import Layer
from gis.store.formats.delivered import Fault
from gis.store.schema import constraints

BETWEEN = " · "
"""What stands between the Chinese and the English of a sentence."""
GEOMETRY = "图形"
FIELDS = {
    "": "整行",
    "geom": GEOMETRY,
    "geometry": GEOMETRY,
    "id": "要素编号",
    "properties": "属性",
    "town": "镇街",
    "village": "村社",
    "layer": "图层",
    "kind": "类别",
}
"""Titles of what is judged and is no field of the layer."""


class Meaning(NamedTuple):
    """What a constraint is called, and what it expects where the fault's own words say it in English only."""

    title: str
    expected: str


MEANINGS = {
    "required": Meaning("必填", "非空的值"),
    "readable": Meaning("可读", "能读懂的值"),
    "unique": Meaning("编号唯一", "编号不重复"),
    "key_length": Meaning("编号长度", "编号不超过500字节"),
    "keyed_by": Meaning("编号一致", "与来源和原编号一致的编号"),
    "one_match": Meaning("一一对应", "只与一行在库数据重叠一半以上"),
    "within_town": Meaning("镇街范围", "位于指定镇街之内"),
    "within_reach": Meaning("坐标范围", "位于本县坐标系可量测的范围"),
    "degrees": Meaning("经纬度范围", "经度在±180、纬度在±90之内"),
    "geometry": Meaning(GEOMETRY, "可读的图形"),
    "geometry_valid": Meaning("图形有效", "有效的图形"),
    "geometry_not_empty": Meaning("图形非空", "含有坐标的图形"),
    "position": Meaning("位置", "完整可读的坐标"),
    "place": Meaning("镇街村社", "代码、编码体系与名称相符的镇街村社"),
    "place_near": Meaning("镇街村社", "位于所写的镇街村社附近"),
    "joins": Meaning("关联", "已入库的编号"),
    "near_joined": Meaning("关联位置", "与所关联的对象相距不远"),
    "object": Meaning("检查对象", "图层及其在库编号"),
    "kind_of_layer": Meaning("类别相符", "与图层相符的类别"),
    "recorded": Meaning("记录不改", "与已有记录一致，日志不改写"),
    "feature": Meaning("要素", "类型为Feature的对象"),
    "once": Meaning("名称唯一", "同一对象内名称不重复"),
    "id": Meaning("要素编号", "文字或数字"),
    "properties": Meaning("属性", "对象或null"),
    "text": Meaning("文字", "编码正确的文字"),
    "number": Meaning("数字", "有限的数字"),
    "deleted": Meaning("未删除", "未被标为删除的记录"),
    "record": Meaning("记录完整", "完整的.dbf记录"),
    "entity": Meaning("图形实体", "点、线、多段线、圆弧、圆、椭圆或样条曲线"),
    "quotes": Meaning("引号", "引号成对，整格包在引号里，格内的引号写两个"),
    "columns": Meaning("列数", "与表头相同的列数"),
    "data_row": Meaning("数据行", "数据行，而不是合计、签名或说明"),
}
"""What reading and loading judge themselves, by the constraint that a fault names."""
LIMITS = {"low": "下限", "high": "上限", "choices": "取值"}
SHAPES = {
    "MultiPolygon": "面",
    "Polygon": "面",
    "MultiLineString": "线",
    "LineString": "线",
    "LinearRing": "环",
    "MultiPoint": "多点",
    "Point": "点",
    "GeometryCollection": "几何集合",
}
REASONS: Sequence[tuple[str, str]] = (
    (r"Ring Self-intersection", "环自相交"),
    (r"Self-intersection", "自相交"),
    (r"Hole lies outside shell", "洞在外环之外"),
    (r"Holes are nested", "洞互相嵌套"),
    (r"Nested shells", "外环互相嵌套"),
    (r"Interior is disconnected", "内部不连通"),
    (r"Duplicate Rings", "环重复"),
    (r"Too few points in geometry component", "点数太少"),
    (r"Ring is not closed", "环不闭合"),
    (r"Invalid Coordinate", "坐标无效"),
    (r"Valid Geometry, ", ""),
)
PHRASES: Sequence[tuple[str, str]] = (
    (r"a value, of which the key is made", "组成编号的值"),
    (r"a value", "非空的值"),
    (r"a row of data", "数据行，而不是合计、签名或说明"),
    (r"quotes around whole cells, and doubled within them", "引号成对，整格包在引号里，格内的引号写两个"),
    (r"a key of its own", "编号不重复"),
    (r"a key of at most (\d+) bytes", r"编号不超过\1字节"),
    (r"one stored row that it overlaps by half", "只与一行在库数据重叠一半以上"),
    (r"a place in (.+)", r"位于\1"),
    (r"a place on the earth", "地球上的位置"),
    (r"a place that (EPSG:\d+) measures truer than 1:2000", r"位于\1误差小于1:2000的范围"),
    (r"outside all towns", "不在任何镇街"),
    (r"longitude within ±180 and latitude within ±90", "经度在±180、纬度在±90之内"),
    (r"(-?[\d.e+-]+) (-?[\d.e+-]+) to (-?[\d.e+-]+) (-?[\d.e+-]+)", r"\1 \2 至 \3 \4"),
    (r"a readable geometry", "可读的图形"),
    (r"bytes that are none", "无法解析的字节"),
    (r"points that are none", "无法解析的坐标"),
    (r"a geometry with points", "含有坐标的图形"),
    (r"a valid geometry", "有效的图形"),
    (r"a geometry object", "几何对象"),
    (r"a geometry with a type", "带类型的几何对象"),
    (r"a geometry as WKT", "WKT图形"),
    (r"a list of geometries", "几何列表"),
    (r"finite coordinates", "有限的坐标"),
    (r"numbers in a position", "坐标应为数字"),
    (r"a position of at least two numbers", "至少两个数字的坐标"),
    (r"both halves of the position", "经度与纬度（或东与北）都有"),
    (r"(.+) alone", r"只有\1"),
    (r"a number of metres", "以米计的数字"),
    (r"degrees such as (.+) or (.+)", r"经纬度，如 \1 或 \2"),
    (r"longitude and latitude such as (.+)", r"经度与纬度，如 \1"),
    (r"two numbers", "两个数字"),
    (r"positions inside (\d+) lists for a (\w+)", r"\2 的坐标应嵌套\1层"),
    (r"(.+) at depth (\d+)", r"\1，嵌套\2层"),
    (r"at most (\d+) collections inside each other", r"几何集合嵌套不超过\1层"),
    (r"one of ((?:\w+, )+\w+)", r"下列之一：\1"),
    (r"a member `geometry`, null where there is none", "成员 geometry，没有图形时写 null"),
    (r"more", "更多"),
    (r"a length above zero in every part", "各部分长度大于零"),
    (r"an area above zero in every part", "各部分面积大于零"),
    (r"a length of zero", "长度为零"),
    (r"an area of zero", "面积为零"),
    (r"an object of the type Feature", "类型为Feature的对象"),
    (r"an object or null", "对象或null"),
    (r"an object", "对象"),
    (r"a list of (\d+)", r"\1项的列表"),
    (r"each name once in an object", "同一对象内名称不重复"),
    (r"twice", "出现两次"),
    (r"text or a number", "文字或数字"),
    (r"text in UTF-8 without NUL", "不含NUL的UTF-8文字"),
    (r"text in the drawing's encoding", "图纸编码的文字"),
    (r"text in (\S+)", r"\1编码的文字"),
    (r"intact text", "未损坏的文字"),
    (r"valid Unicode without NUL", "不含NUL的文字"),
    (r"a name in valid Unicode", "有效的名称"),
    (r"text", "文字"),
    (r"a finite number", "有限的数字"),
    (r"a whole number", "整数"),
    (r"a number", "数字"),
    (r"yes or no \((.+)\)", r"是或否（\1）"),
    (r"a day such as (\S+)", r"日期，如 \1"),
    (r"an instant such as (\S+)", r"时间，如 \1"),
    (r"a UUID", "UUID"),
    (r"a JSON object", "JSON对象"),
    (r"a record in the \.dbf", ".dbf 中的记录"),
    (r"a record that is not deleted", "未被标为删除的记录"),
    (r"one that the \.dbf marks as deleted", ".dbf 标为已删除的记录"),
    (r"none: the (\.\w+) is cut off", r"无，\1 不完整"),
    (r"a readable shape", "可读的图形"),
    (r"a MultiPatch", "多面体（MultiPatch）"),
    (r"a record that lies outside the file", "文件之外的记录"),
    (r"a record whose length is not that of the \.shx", "长度与.shx不符的记录"),
    (r"a record of a kind that does not exist", "类型不存在的记录"),
    (r"a record too short for its points", "放不下其点数的记录"),
    (r"a date as YYYYMMDD", "年月日八位数字"),
    (r"T, Y, F, N or \?", "T、Y、F、N 或 ?"),
    (r"POINT, LINE, .+ or SPLINE", "点、线、多段线、圆弧、圆、椭圆或样条曲线"),
    (r"an entity of the drawing itself", "模型空间的实体"),
    (r"one of a sheet's layout", "图纸空间的实体"),
    (r"a readable entity", "可读的实体"),
    (r"a broken (.+)", r"损坏的 \1"),
    (r"(\d+) columns", r"\1列"),
    (r"(\d+) bytes", r"\1字节"),
    (r"(.+) as in most rows", r"与多数行相同的 \1"),
    (r"no SRID", "无SRID"),
    (r"none", "无"),
    (r"null", "空"),
    (r"(.+) also in row (\d+), which has a fault", r"\1 与有错误的第\2行重复"),
    (r"(.+) also in row (\d+)", r"\1 与第\2行重复"),
    (r"(.+) in (\d+) rows that differ", r"\1 出现在\2行，内容不同"),
)
"""What faults say in English, whole, and how it is said in Chinese."""
KIND = "|".join(SHAPES)
SHAPED: Sequence[tuple[str, str]] = (
    (rf"an? ({KIND}), or the .+ of a stored row", "{0}，或在库记录的编号"),
    (rf"a valid ({KIND})", "有效的{0}"),
    (rf"an empty ({KIND})", "空的{0}"),
    (rf"coordinates of a ({KIND})", "{0}的坐标"),
    (rf"(?:an? )?({KIND})", "{0}"),
    (rf"({KIND}) of (\d+) parts \((.+)\)", "{0}，含{1}个部分（{2}）"),
)
PATTERNS = tuple((re.compile(pattern), zh) for pattern, zh in PHRASES)
SHAPE_PATTERNS = tuple((re.compile(pattern), zh) for pattern, zh in SHAPED)


class Said(NamedTuple):
    """A fault in Chinese: the field's title, the constraint, what was expected and what came."""

    field: str
    constraint: str
    expected: str
    actual: str

    @property
    def sentence(self) -> str:
        """Give it as one sentence."""
        return f"{self.field}〔{self.constraint}〕应为{self.expected}，实为 {self.actual}"


def said(layer: Layer, fault: Fault) -> Said:
    """Give a fault of a layer's row in Chinese."""
    own = next((each for each in constraints(layer) if each.name == fault.constraint and each.zh), None)
    actual = phrase(fault.actual)
    if own is not None and fault.constraint not in MEANINGS:
        limit = fault.constraint.rpartition("_")[2] if fault.constraint.startswith(f"{fault.field}_") else ""
        expected = own.zh.removeprefix("应为：")
        told = LIMITS.get(limit, expected)
        if fault.field != own.name:
            return Said(_title(layer, fault.field), told, expected, actual)
        named = [each for each in layer.fields if re.search(rf"\b{each.name}\b", own.check)]
        for each in named:
            actual = re.sub(rf"\b{each.name}=", f"{each.title}=", actual)
        return Said("、".join(each.title for each in named), told, expected, actual)
    meaning = MEANINGS.get(fault.constraint, Meaning(fault.constraint, ""))
    return Said(_title(layer, fault.field), meaning.title, _expected(fault.expected, meaning), actual)


def sentence(layer: Layer, fault: Fault) -> str:
    """Give a fault as a sentence, Chinese first."""
    english = f"row {fault.row} {fault.field} {fault.constraint}: expected {fault.expected}, got {fault.actual}"
    return f"第{fault.row}行 {said(layer, fault).sentence}{BETWEEN}{english}"


def phrase(text: str) -> str:
    """Give a fault's phrase in Chinese; what is no phrase, such as a delivered value, stays as it is."""
    for pattern, zh in SHAPE_PATTERNS:
        found = pattern.fullmatch(text)
        if found:
            return zh.format(*(_shapes(each) for each in found.groups()))
    for pattern, zh in PATTERNS:
        found = pattern.fullmatch(text)
        if found:
            return found.expand(zh)
    for english, zh in REASONS:
        text = text.replace(english, zh)
    return text


def _title(layer: Layer, name: str) -> str:
    own = {field.name: field.title for field in layer.fields}
    return own.get(name) or FIELDS.get(name, name)


def _expected(text: str, meaning: Meaning) -> str:
    """Give what was expected: its Chinese half, its translation, else what the constraint always expects."""
    if BETWEEN in text:
        return text.split(BETWEEN, maxsplit=1)[0]
    zh = phrase(text)
    known = zh != text or re.search(r"[\u4e00-\u9fff]", zh) is not None
    if known or not meaning.expected:
        return zh
    return f"{meaning.expected}（{text}）" if text else meaning.expected


def _shapes(text: str) -> str:
    return ", ".join(SHAPES.get(each, each) for each in text.split(", "))
