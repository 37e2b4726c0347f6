"""Data sheets: every layer in the words its steward needs, worked out from the definitions."""

from collections.abc import Iterable

from gis import layers
from gis.layer import EVERYONE, Field, Layer, Mask
from gis.store.schema import constraints

HEAD = """# 数据说明 · Data sheets

由图层定义生成（`wangge describe`），请勿手改。
Generated from the layer definitions by `wangge describe`; a test keeps them equal.

本目录 `sample/` 中的文件全部为合成数据（虚构）。Everything in `sample/` is invented.
"""
MASKS = {Mask.NAME: "姓名掩码", Mask.PHONE: "电话掩码", Mask.ADDRESS: "地址掩码", Mask.HIDDEN: "不显示"}


def sheets(chosen: Iterable[Layer] | None = None) -> str:
    """Give the data sheets of these layers, or of all, as Markdown."""
    return HEAD + "".join(f"\n{sheet(layer)}" for layer in chosen or layers.every())


def sheet(layer: Layer) -> str:
    """Give one layer's data sheet: what it is, its fields with limits and delivered names, and its constraints."""
    shape = layer.geometry.value if layer.geometry is not None else "无几何 · no geometry"
    kind = "日志 · log" if layer.log else "成果 · derived" if layer.derived else "数据 · delivered"
    readers = "所有角色 · everyone" if layer.read == EVERYONE else ", ".join(sorted(role.value for role in layer.read))
    origin = f"来源 {layer.source.publisher}（{layer.source.licence}）。"
    lines = [
        f"## {layer.title} · {layer.title_en} (`{layer.name}`)",
        "",
        f"{layer.doc} {kind}；{shape}；主键 key `{layer.key}`；可读 read: {readers}；{origin}",
        "",
        "| 字段 field | 名称 | 类型 type | 说明 | 取值 values | 交付列名 delivered as |",
        "|---|---|---|---|---|---|",
        *(_row(field) for field in layer.fields),
    ]
    own = [each for each in constraints(layer) if each in layer.constraints]
    if own or layer.excludes:
        lines += ["", "约束 · constraints:", ""]
        lines += [f"- `{each.check}` — {each.zh or each.reason} ({each.reason})" for each in own]
        lines += [f"- `{each.name}` — {each.reason}" for each in layer.excludes]
    return "\n".join(lines) + "\n"


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
