"""The text of a delivered text file: its encoding told from a byte order mark, from what is said, or from its lines."""

import codecs
from collections.abc import Sequence

from gis.errors import DeliveryError
from gis.store.formats.encoding import UTF8, Encoding, Value, codec, told

MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
WIDE = {"UTF16": "utf-16", "UTF16LE": "utf-16-le", "UTF16BE": "utf-16-be"}
HEAD_BYTES = 4096
MOSTLY = 0.9


def decoded(data: bytes, said: str | None) -> tuple[str, list[str]]:
    """Give a file's text and what is to be noted of it; in a line that is none, the lost characters are U+FFFD.

    DeliveryError where the encoding cannot be told, is not known, or is contradicted by the file.
    """
    mark, marked = next(((mark, name) for mark, name in MARKS if data.startswith(mark)), (b"", None))
    wide = None if said is None else WIDE.get(said.upper().replace("-", "").replace("_", ""))
    if marked is not None:
        named = None if said is None else wide or codec(said)
        if named not in {None, marked, marked[:6]}:
            raise DeliveryError(f"expected {said} as --encoding says, got a file that is marked as {marked.upper()}")
        return _by_lines(data[len(mark) :], "utf-8") if marked == "utf-8" else _whole(data[len(mark) :], marked)
    if wide is not None:
        return _whole(data, wide)
    if said is None and data[:HEAD_BYTES].count(0) * 10 > len(data[:HEAD_BYTES]):
        raise DeliveryError(
            "文字编码不明，请用 --encoding 说明 · expected text, got many bytes of 0; name it, as --encoding UTF-16LE"
        )
    return _by_lines(data, said)


def _whole(data: bytes, name: str) -> tuple[str, list[str]]:
    try:
        return data.decode(name), []
    except UnicodeDecodeError as error:
        raise DeliveryError(
            f"expected text in {name.upper()}, got bytes {error.start} to {error.end} that are none"
        ) from None


def _mostly_utf8(lines: Sequence[Value]) -> bool:
    """Whether nearly all lines beyond ASCII are strict UTF-8, which those of another encoding all but never are."""
    beyond = [line for line in lines if not line.data.isascii()]
    strict = Encoding(UTF8)
    return sum(strict.text(line)[0] is not None for line in beyond) >= MOSTLY * len(beyond)


def _by_lines(data: bytes, said: str | None) -> tuple[str, list[str]]:
    """Decode line by line, so that one broken line costs its own row alone; what is strict UTF-8 as a whole is so."""
    if said is None:
        try:
            return data.decode(UTF8), []
        except UnicodeDecodeError:
            pass
    lines = [Value(line, full=False) for line in data.split(b"\n")]
    encoding = Encoding(UTF8) if said is None and _mostly_utf8(lines) else told(lines, (), said)
    texts = []
    broken = beyond = 0
    for line in lines:
        if line.data.isascii():
            texts.append(line.data.decode("ascii"))
            continue
        beyond += 1
        text, _ = encoding.text(line)
        broken += text is None
        texts.append(line.data.decode("ascii", errors="replace") if text is None else text)
    if broken * 2 > beyond:
        raise DeliveryError(f"expected text in {encoding.codec.upper()}, got {broken} of {beyond} lines that are none")
    notes = [] if encoding.codec == "utf-8" and not broken else [*encoding.notes]
    if broken:
        notes.append(f"{broken} 行有读不出的文字 · {broken} lines hold bytes that are no text in this encoding")
    return "\n".join(texts), notes
