"""From bytes to text: by byte order mark, else UTF-8, else by a guess that is told."""

import codecs
import re
from collections.abc import Iterator
from itertools import islice

from attnviz.data.table import EMPTY, NO_CHARACTERS, SAMPLE, Notice
from attnviz.errors import N_, FileError, Phrase

MARKS = {  # byte order marks; UTF-32 first, for its little-endian mark begins with that of UTF-16
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    "utf-8-sig": codecs.BOM_UTF8,
}
SIGNATURES = {
    b"\x89PNG\r\n": N_("PNG image"),
    b"\xff\xd8\xff": N_("JPEG image"),
    b"%PDF-": N_("PDF document"),
    b"PK\x03\x04": N_("ZIP archive (Excel's .xlsx and Word's .docx are such)"),
    b"\x1f\x8b": N_("gzip archive"),
    b"\xd0\xcf\x11\xe0": N_("Excel 97 or Word 97 document"),
    b"PAR1": N_("Parquet file (which must end in .parquet)"),
}
_LINE = re.compile(r"[^\r\n]*+(?:\r\n?|\n)|[^\r\n]+")  # as editors count; str.splitlines does not
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x19\x1c-\x1f]")  # all but NUL that text files never hold


def decode(data: bytes, name: str) -> tuple[str, str, list[Notice]]:
    """Text, encoding and notices; `FileError` if there is no text."""
    codec = next((codec for codec, mark in MARKS.items() if data.startswith(mark)), None)
    kind = next((kind for magic, kind in SIGNATURES.items() if data.startswith(magic)), None)
    nul = data.count(b"\0") if codec is None else 0
    # A stray NUL is a slip of some program's; many, or other controls beside it, are a format.
    if kind is None and nul and (nul * 10 > len(data) or _CONTROL.search(data)):
        kind = N_("program's own format, or UTF-16 without a byte order mark")
    if kind is not None:
        template = N_("{name} looks like a {kind}. Save its texts as .csv or .txt in UTF-8.")
        raise FileError(template, name=name, kind=Phrase(kind))
    text, encoding, notices = _decoded(data, codec or "utf-8"), codec or "utf-8", []
    if text is None and codec is None:
        text, encoding, notice = _guess(data)
        notices = [notice]
    encoding = encoding.removesuffix("-sig")
    if text is None:
        template = N_("{name} is not valid {encoding}. Check that it is text and save it as UTF-8.")
        raise FileError(template, name=name, encoding=encoding)
    if not text.replace("\0", "").strip():
        raise FileError(EMPTY, name=name)
    if count := text.count("\0"):
        values = {"count": count, "line": line_at(text, text.index("\0"))}
        notices.append(Notice(NO_CHARACTERS, values))
        text = text.replace("\0", "\ufffd")
    return text, encoding, notices


def split_lines(text: str) -> Iterator[str]:
    return (match.group() for match in _LINE.finditer(text))


def line_at(text: str, position: int) -> int:
    return 1 + sum(1 for _ in re.finditer(r"\r\n?|\n", text[:position]))


def _guess(data: bytes) -> tuple[str | None, str, Notice]:
    """Text, encoding and what to tell of bytes that are not quite UTF-8, or not at all."""
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    if len(text) - len(text.encode("ascii", "ignore")) > 5 * bad:  # never so in GBK or Latin-1
        template = N_("Broken UTF-8 became “\ufffd” in {count} places (the first in line {line}).")
        values = {"count": bad, "line": line_at(text, text.index("\ufffd"))}
        return text, "utf-8", Notice(template, values)
    from charset_normalizer import from_bytes  # slow to import, and rarely needed

    # Lines with something to tell; a line break is never half a character in these encodings.
    told = (m.group() for m in re.finditer(rb"[^\n]*+\n?", data) if not m.group().isascii())
    sample = b"".join(islice(told, SAMPLE)).replace(b"\0", b"")
    usual = from_bytes(sample, cp_isolation=["gb18030", "big5", "cp1252", "latin_1"])
    found = [match.encoding for match in usual or from_bytes(sample)]
    # A few characters fit both; half of Big5's do not fit GB 2312, so bytes that do are that.
    if "gb18030" in found and _decoded(sample, "gb2312") is not None:
        found.insert(0, "gb18030")
    codec = next((codec for codec in found if _decoded(data, codec) is not None), "utf-8")
    template = N_("The encoding was guessed: {encoding}. If the texts look wrong, save as UTF-8.")
    return _decoded(data, codec), codec, Notice(template, {"encoding": codec})


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None
