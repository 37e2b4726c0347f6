"""The encoding of delivered text is told from what is said and from the bytes; what is not certain is never guessed."""

from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gis.errors import DeliveryError
from gis.store.formats import encoding
from gis.store.formats.delivered import Asked
from gis.store.formats.encoding import Claim, Encoding, Value
from gis.store.reading import Reading, read
from tests.shapefile_bytes import dbf, squares, written

COMMON = "永康市方岩镇东城街道西城江南象珠唐先花街前仓石柱舟山龙山古山芝英燃气管线建筑名称编号"
NAMES = ["永康市方岩镇", "东城街道", "江南街道西塔新村", "象珠镇"]
CPG = Claim("UTF-8", ".cpg", ".cpg")


def told(texts: list[bytes], *claims: Claim, asked: str | None = None) -> Encoding:
    return encoding.told([Value(text, full=False) for text in texts], claims, asked)


def coded(codec: str, texts: list[str] | None = None) -> list[bytes]:
    return [text.encode(codec) for text in texts or NAMES]


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("UTF-8", "utf-8"),
        ("utf8", "utf-8"),
        ("65001", "utf-8"),
        ("GBK", "gb18030"),
        ("936", "gb18030"),
        ("CP936", "gb18030"),
        ("ANSI 936", "gb18030"),
        ("ANSI_936", "gb18030"),
        ("GB2312", "gb18030"),
        ("GB18030", "gb18030"),
        ("windows-936", "gb18030"),
        ("BIG5", "cp950"),
        ("Big-5", "cp950"),
        ("950", "cp950"),
        ("ISO-8859-1", "iso8859-1"),
        ("88591", "iso8859-1"),
        ("1252", "cp1252"),
        ("windows-1252", "cp1252"),
        ("rot13", None),
        ("punycode", None),
        ("", None),
        ("99999", None),
        ("../../etc", None),
    ],
)
def test_an_encoding_is_known_by_its_many_names(name: str, codec: str | None) -> None:
    assert encoding.codec(name) == codec


@pytest.mark.parametrize(
    ("codec", "claims", "came"),
    [
        ("utf-8", (), "utf-8"),
        ("gbk", (), "gb18030"),
        ("utf-8", (CPG,), "utf-8"),
        ("gbk", (CPG,), "gb18030"),  # the .cpg contradicts the bytes
        ("utf-8", (Claim("GBK", "语言字节", "language byte"),), "utf-8"),  # and so does this language byte
        ("utf-8", (Claim("1252", "语言字节", "language byte"),), "utf-8"),
        ("gbk", (Claim("1252", "语言字节", "language byte"),), "gb18030"),
        ("big5", (Claim("BIG5", ".cpg", ".cpg"),), "cp950"),
        ("gbk", (Claim("GBK", ".cpg", ".cpg"),), "gb18030"),
        ("gbk", (Claim("nonsense", ".cpg", ".cpg"), Claim("GBK", "语言字节", "byte")), "gb18030"),
    ],
)
def test_the_chain_is_claim_then_utf8_then_gb18030(codec: str, claims: tuple[Claim, ...], came: str) -> None:
    assert told(coded(codec, [*NAMES] if codec != "big5" else ["永康市", "方岩鎮", "東城街道"]), *claims).codec == came


def test_a_contradicted_claim_is_said() -> None:
    notes = told(coded("gbk"), CPG).notes
    assert notes[0] == ".cpg称 UTF-8，文字不符 · .cpg says UTF-8, the text does not fit"
    assert notes[1].startswith("文字编码 GB18030")


def test_western_words_under_a_western_claim_stay_western() -> None:
    words = ["Äscherstrasse", "Größe", "Rüttiweg", "Café", "Straße"]
    assert told(coded("cp1252", words), Claim("1252", "语言字节", "byte")).codec == "cp1252"


@pytest.mark.parametrize(
    ("codec", "texts"),
    [("big5", ["永康市", "方岩鎮", "東城街道"]), ("big5", ["永康"]), ("cp1252", ["Äscherstrasse", "Rüttiweg"])],
)
def test_undeclared_text_that_gb18030_would_read_as_rare_signs_is_asked_for(codec: str, texts: list[str]) -> None:
    with pytest.raises(DeliveryError, match="--encoding"):
        told(coded(codec, texts))


def test_rare_characters_beside_common_ones_are_no_doubt() -> None:
    assert told(coded("gb18030", ["永康市", "朱镕基路", "方岩镇𠮷"])).codec == "gb18030"


def test_what_the_steward_says_holds() -> None:
    assert told(coded("utf-8"), CPG, asked="GBK").codec == "gb18030"
    with pytest.raises(DeliveryError, match="expected --encoding such as UTF-8, GB18030 or BIG5, got 'klingon'"):
        told(coded("utf-8"), asked="klingon")


def test_a_row_in_another_encoding_is_not_read_as_rare_signs() -> None:
    mixed = [*coded("gbk"), "前仓镇".encode()]
    found = told(mixed)
    assert found.codec == "gb18030"
    assert found.text(Value(mixed[0], full=False)) == (NAMES[0], False)
    assert found.text(Value(mixed[-1], full=False)) == (None, False)


@pytest.mark.parametrize(("codec", "left"), [("utf-8", "永"), ("gb18030", "永康")])
def test_half_a_character_at_the_end_of_a_full_place_is_dropped_and_said(codec: str, left: str) -> None:
    data = "永康市".encode(codec)[:5]
    assert Encoding(codec).text(Value(data, full=True)) == (left, True)
    assert Encoding(codec).text(Value(data, full=False)) == (None, False)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.text(st.sampled_from(COMMON), min_size=1, max_size=12), min_size=4, max_size=8))
def test_common_chinese_text_is_told_in_both_encodings(texts: list[str]) -> None:
    assume(sum(map(len, texts)) >= 12)
    for codec in ("utf-8", "gb18030"):
        found = told(coded(codec, texts))
        assert found.codec == codec
        assert [found.text(Value(text.encode(codec), full=False))[0] for text in texts] == texts


@settings(deadline=None, max_examples=300)
@given(st.lists(st.binary(max_size=12), max_size=6), st.sampled_from(["", "UTF-8", "936", "BIG5", "1252", "?"]))
def test_any_bytes_are_text_that_says_so_or_nothing(texts: list[bytes], claim: str) -> None:
    try:
        found = told(texts, *([Claim(claim, "x", "x")] if claim else []))
    except DeliveryError:
        return
    for text in texts:
        came, cut = found.text(Value(text, full=False))
        assert not cut
        assert came is None or came.encode(found.codec) == text or found.codec != "utf-8"


def shapefile(folder: Path, texts: list[bytes], *, language: int = 0, cpg: str | None = None) -> Path:
    table = dbf([("名称".encode("gbk"), "C", 30)], [[text] for text in texts], language=language)
    return written(folder, table, squares(len(texts)), cpg=cpg)


def read_names(path: Path, asked: str | None = None) -> tuple[Reading, list[object]]:
    reading = read(path, Asked(encoding=asked))
    return reading, reading.frame.iloc[:, 0].tolist()


def test_a_gbk_table_without_a_word_is_read_exactly(tmp_path: Path) -> None:
    reading, names = read_names(shapefile(tmp_path, coded("gb18030", ["永康市", "方岩镇𠮷"])))
    assert (names, list(reading.frame)) == (["永康市", "方岩镇𠮷"], ["名称"])
    assert "GB18030" in reading.notes[0]


def test_the_language_byte_tells_gbk(tmp_path: Path) -> None:
    reading, names = read_names(shapefile(tmp_path, coded("gbk", ["永康市"]), language=0x4D))
    assert names == ["永康市"]
    assert reading.notes == ("文字编码 GBK（语言字节 0x4D） · text encoding GBK (language byte 0x4D)",)


def test_the_language_byte_tells_big5(tmp_path: Path) -> None:
    _, names = read_names(shapefile(tmp_path, coded("cp950", ["永康市", "方岩鎮"]), language=0x78))
    assert names == ["永康市", "方岩鎮"]


def test_utf8_without_a_word_is_told(tmp_path: Path) -> None:
    _, names = read_names(shapefile(tmp_path, coded("utf-8", ["永康市", "方岩镇"])))
    assert names == ["永康市", "方岩镇"]


def test_what_is_no_text_in_the_encoding_costs_its_own_row(tmp_path: Path) -> None:
    texts = [*coded("gbk", ["永康市", "方岩镇", "象珠镇"]), b"\xff\xff"]
    reading, names = read_names(shapefile(tmp_path, texts, language=0x4D))
    assert names == ["永康市", "方岩镇", "象珠镇"]
    assert [(fault.row, fault.constraint, fault.expected) for fault in reading.faults] == [
        (4, "text", "text in GB18030")
    ]
