"""Why a file as a whole is not taken, said in Chinese before the English sentence that names what came."""

import re

REFUSALS = tuple(
    (re.compile(pattern), zh)
    for pattern, zh in (
        (r"expected rows, got", "文件里没有内容"),
        (r"expected a readable file", "文件打不开"),
        (r"expected a (workbook|worksheet)", "不是 Excel 工作簿"),
        (r"expected (text|--encoding|\S+ as --encoding)", "文字编码不符"),
        (r"expected (one sublayer|the sublayer|one of the (sub)?layers|one of the sheets)", "请用 --sublayer 指明图层"),
        (r"expected a sublayer", "文件里没有图层"),
        (r"expected (JSON|a GeoJSON|GeoJSON,|the type FeatureCollection|a list of features)", "不是有效的 GeoJSON"),
        (r"expected (a crs|a known crs|one coordinate system)", "坐标系不明"),
        (r"expected at most|needs? more$|grows \d+ times|reading took|of memory", "文件太大，超出读取限度"),
        (r"expected (an intact|a readable|intact|readable|whole|the \d+)", "文件损坏，读不懂"),
        (r"expected (a row that names|.*--header-row)", "找不到表头"),
        (r"expected a (file of this machine|file|folder)|expected files alone", "不是可以交付的文件"),
        (r"expected (one column|both columns) of the position|expected letters", "位置的列说不清"),
        (r"expected XML without", "文件夹带不安全的内容"),
    )
)
OTHERWISE = "文件读不了"
CHINESE = re.compile("[\u4e00-\u9fff]+[^\n]* · ")


def bilingual(sentence: str) -> str:
    """Give a sentence of refusal in both languages; one that has both stays as it is."""
    if CHINESE.search(sentence):
        return sentence
    zh = next((zh for pattern, zh in REFUSALS if pattern.search(sentence)), OTHERWISE)
    return f"{zh} · {sentence}"
