"""Data sheets: every layer in the words its steward needs, worked out from the definitions."""

from collections.abc import Iterable

from gis import layers
from gis.layer import EVERYONE, Field, Layer, Mask
from gis.store.load import beside
from gis.store.schema import constraints

HEAD = """# 数据说明 · Data sheets

由图层定义生成（`wangge describe`），请勿手改。
Generated from the layer definitions by `wangge describe`; a test keeps them equal.

本目录 `sample/` 中的文件全部为合成数据（虚构）。Everything in `sample/` is invented.
"""
MASKS = {Mask.NAME: "姓名掩码", Mask.PHONE: "电话掩码", Mask.ADDRESS: "地址掩码", Mask.HIDDEN: "不显示"}


def sheets(chosen: Iterable[Layer] | None = None) -> str:
    """Give the data sheets of these layers, or of all, as Markdown, an index of them first."""
    told = tuple(chosen or layers.every())
    return HEAD + _index(told) + "".join(f'\n<a id="{layer.name}"></a>\n\n{sheet(layer)}' for layer in told)


def _index(told: Iterable[Layer]) -> str:
    lines = ["", "| 图层 layer | 类别 kind | 几何 geometry | 主键 key |", "|---|---|---|---|"]
    for layer in told:
        name = f"[{layer.title} · {layer.title_en}](#{layer.name})"
        lines.append(f"| {name} | {_kind(layer)} | {_shape(layer)} | `{layer.key}` |")
    return "\n".join(lines) + "\n"


def _kind(layer: Layer) -> str:
    return "日志 · log" if layer.log else "成果 · derived" if layer.derived else "数据 · delivered"


def _shape(layer: Layer) -> str:
    return layer.geometry.value if layer.geometry is not None else "无几何 · no geometry"


def sheet(layer: Layer) -> str:
    """Give one layer's data sheet: what it is, its fields with limits and delivered names, and its constraints."""
    readers = "所有角色 · everyone" if layer.read == EVERYONE else ", ".join(sorted(role.value for role in layer.read))
    origin = f"来源 {layer.source.publisher}（{layer.source.licence}）。"
    lines = [
        f"## {layer.title} · {layer.title_en} (`{layer.name}`)",
        "",
        f"{layer.doc} {_kind(layer)}；{_shape(layer)}；主键 key `{layer.key}`；可读 read: {readers}；{origin}",
        "",
        "| 字段 field | 名称 | 类型 type | 说明 | 取值 values | 交付列名 delivered as |",
        "|---|---|---|---|---|---|",
        *(_row(field) for field in layer.fields),
    ]
    lines += _beside(layer)
    own = [each for each in constraints(layer) if each in layer.constraints]
    if own or layer.excludes:
        lines += ["", "约束 · constraints:", ""]
        lines += [f"- `{each.check}` — {each.zh or each.reason} ({each.reason})" for each in own]
        lines += [f"- `{each.name}` — {each.reason}" for each in layer.excludes]
    return "\n".join(lines) + "\n"


def _beside(layer: Layer) -> list[str]:
    """Give what a delivery may hold beside the fields: the names of its place and object, and where a place is from."""
    told = []
    for each in beside.fields(layer):
        names = "、".join(f"`{name}`" for name in dict.fromkeys((each.zh, *each.source)) if name)
        told += [f"- `{each.name}` — {each.doc} {names}"] if names else []
    lines = ["", "字段之外可附的列 · columns beside the fields:", "", *told] if told else []
    if layer.placed_by_code:
        codes = "、".join(f"{each.title} → {layers.named(each.joins).title}" for each in layer.joining)
        zh = f"没有坐标的行取所在对象的位置（{codes}），来源记入 `placed_by`；编号未入库者退回。"
        en = "A row without a shape lies on the object whose key it holds, and `placed_by` says so."
        lines += ["", f"{zh} {en}"]
    if layer.keyed_by:
        parts = " + ".join(f"`{name}`" for name in layer.keyed_by)
        lines += ["", f"未给主键的行由 {parts} 生成主键。 A row without its key gets one made of {parts}."]
    return lines


def _row(field: Field) -> str:
    need = "必填 required" if field.required else ""
    unit = f"[{field.unit}]" if field.unit else ""
    private = MASKS[field.mask] if field.mask is not None else "仅限授权角色" if field.read else ""
    doc = " ".join(part for part in (field.doc, need, private) if part)
    delivered = ", ".join(f"`{name}`" for name in field.source)
    cells = (f"`{field.name}`", field.title, f"{field.kind.value} {unit}".strip(), doc, _values(field), delivered)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _values(field: Field) -> str:
    if field.choices:
        return "；".join(f"`{choice.value}` {choice.title}" for choice in field.choices)
    if field.low is not None and field.high is not None:
        return f"{field.low:g} … {field.high:g}"
    if field.low is not None:
        return f"≥ {field.low:g}"
    return f"≤ {field.high:g}" if field.high is not None else ""
