"""From bytes to text: by byte order mark, else UTF-8, else by a guess that is told.

Every step is a pass over the file in blocks, so that memory stays flat.
"""

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

from attnviz.data.byte_order import ORDERS, with_order
from attnviz.data.files import BLOCK, File
from attnviz.data.signatures import signature
from attnviz.data.table import EMPTY, NO_CHARACTERS, SAMPLE, Notice
from attnviz.errors import N_, FileError, Phrase

MARKS = {  # byte order marks; UTF-32 first, for its little-endian mark begins with that of UTF-16
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    "utf-8-sig": codecs.BOM_UTF8,
}
OWN_FORMAT = N_("a program's own format, or UTF-16 without a byte order mark")
NO_ENCODING_FITS = N_("a program's own format, or text in an encoding that cannot be guessed")
ENCODINGS = (  # what a page offers; any other name that Python knows is as good
    *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "big5", "cp932"),
    *("euc_jp", "cp949", "cp1252", "latin_1", "cp1250", "cp1251", "cp1253", "cp1254", "koi8_r"),
)
USUAL = ["gb18030", "big5", "cp1252", "latin_1"]  # what is tried before every other encoding
OF_NO_FILE = ("idna", "punycode", "undefined")  # of names in the net; of nothing
_KANA, _HANGUL = re.compile("[ぁ-ヺー]"), re.compile("[가-힣]")
_WESTERN = "À-ÖØ-ÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüÿŒœŸ"
_FEW = re.compile(f"(?<![{_WESTERN}])[{_WESTERN}]{{1,2}}(?![{_WESTERN}])|[‘’“”„–—…«»¡¿€°\xa0]")
SCRIPTS = {  # codec → what to decode a sample with, the letters of which only its texts are full
    "cp932": ("cp932", _KANA, 0.15),
    "euc_jp": ("euc_jp", _KANA, 0.15),
    "cp949": ("euc_kr", _HANGUL, 0.9),  # Chinese read so has rarer signs among the syllables
    "cp1252": ("cp1252", _FEW, 0.97),  # Cyrillic and Greek read so are whole words of them
}
FEWEST = 8  # letters that must be there for a script to be told by them
MAX_LINE = 200_000_000  # characters; as many as an upload has bytes
SAMPLE_BYTES = 1_000_000  # that a guess looks at
CONTROLS = 50  # bytes of a text for each that text files never hold: more are slips no longer

NO_TEXT = N_(
    "{name} is no text file: it looks like {kind}. Save its texts as .csv or .txt in UTF-8."
)
RENAME = N_(
    "{name} is no text file: it looks like {kind}. Rename it so that its name ends in {ending}."
)
NOT_VALID = N_("{name} is not valid {encoding}. Check that it is text and save it as UTF-8.")
WRONG = N_(
    "{name}, line {line}: what stands there is not valid {encoding}. Choose another encoding, or "
    "none, so that it is guessed."
)
NO_ENCODING = N_("There is no encoding “{encoding}”. Choose one of: {known}.")
LONG_LINE = N_(
    "{name} holds a line of more than {limit:,} characters. Break it into lines, one for each text."
)
BROKEN_UTF_8 = N_("Broken UTF-8 became “\ufffd”. Places: {count} (the first in line {line}).")
GUESSED = N_("The encoding was guessed: {encoding}. If the texts look wrong, save as UTF-8.")
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x19\x1c-\x1f]")  # all but NUL that text files never hold


@dataclass(frozen=True)
class Text:
    """A text file, decoded anew in each pass."""

    file: File
    codec: str
    errors: str = "strict"
    mend: bool = False  # whether it holds NUL, which becomes U+FFFD
    notices: tuple[Notice, ...] = ()

    @property
    def encoding(self) -> str:
        """The codec's name for display."""
        return self.codec.removesuffix("-sig")

    def lines(self, ends: str = "") -> Iterator[str]:
        """The lines with their breaks: \\n, \\r\\n and \\r alone, or only where `ends` stands."""
        with io.TextIOWrapper(self.file.open(), self.codec, self.errors, newline=ends) as text:
            lines = chain([next(text, "").removeprefix("\ufeff")], text)
            yield from (line.replace("\0", "\ufffd") for line in lines) if self.mend else lines

    def whole(self) -> str:
        """All of it; `FileError` if that is too much for memory."""
        text = self.file.whole().decode(self.codec, self.errors).removeprefix("\ufeff")
        return text.replace("\0", "\ufffd")


def find_text(file: File, encoding: str | None = None) -> Text:
    """The file as text: in the encoding that is asked for, else in the one that fits.

    Raises `FileError` if there is no text in it.
    """
    start = file.start()
    marked = next((codec for codec, mark in MARKS.items() if start.startswith(mark)), None)
    if found := signature(file):
        raise _other_format(file, *found)
    codec = _known(encoding) if encoding else marked
    notices = file.notices
    if codec in ORDERS and codec != marked:
        codec, notice = with_order(file, codec, encoding)
        notices = (*notices, notice)
    survey = _survey(file, codec or "utf-8")
    if codec is None and survey.is_binary(file):
        raise FileError(NO_TEXT, name=file.name, kind=Phrase(OWN_FORMAT))
    text = Text(file, codec or "utf-8", notices=notices)
    if not survey.valid and codec is None:
        text, survey = _guess(text, survey)
    elif not survey.valid and encoding:
        line = _first_invalid(replace(text, errors="replace"))
        raise FileError(WRONG, name=file.name, line=line, encoding=encoding)
    if not survey.valid and codec is None:
        raise FileError(NO_TEXT, name=file.name, kind=Phrase(NO_ENCODING_FITS))
    if not survey.valid:
        raise FileError(NOT_VALID, name=file.name, encoding=text.encoding)
    if survey.blank:
        raise FileError(EMPTY, name=file.name)
    if survey.longest > MAX_LINE:
        raise FileError(LONG_LINE, name=file.name, limit=MAX_LINE)
    if survey.nul:
        notice = Notice(NO_CHARACTERS, {"count": survey.nul, "line": line_of("\0", text)})
        text = replace(text, mend=True, notices=(*text.notices, notice))
    return text


def line_of(mark: str, text: Text) -> int:
    """The first line that holds the mark; 1 if none does."""
    return next((number for number, line in enumerate(text.lines(), 1) if mark in line), 1)


def _first_invalid(text: Text) -> int:
    """The first line that is not valid; 1 where the codec cannot pass over it."""
    try:
        return line_of("\ufffd", text)
    except Exception:  # what a codec raises is its own affair
        return 1


def line_at(text: str, position: int) -> int:
    return 1 + sum(1 for _ in re.finditer(r"\r\n?|\n", text[:position]))


@dataclass
class _Survey:
    """What one pass over a file tells of it, when it is read in an encoding."""

    valid: bool = True  # whether it can be decoded
    blank: bool = True  # whether nothing but white space and NUL is in it
    bytes: int = 0
    nul_bytes: int = 0
    nul: int = 0  # NUL characters
    beyond_ascii: int = 0  # characters
    replaced: int = 0  # U+FFFD
    longest: int = 0  # characters without a line break, to a block's accuracy

    def is_binary(self, file: File) -> bool:
        """A stray NUL is a slip of some program's; many, or other controls beside it, a format."""
        if not self.nul_bytes:
            return False
        many = self.nul_bytes * 10 > self.bytes
        return many or any(_CONTROL.search(block) for block in file.blocks())


def _survey(file: File, codec: str, errors: str = "strict") -> _Survey:
    decoder, found, run = codecs.getincrementaldecoder(codec)(errors), _Survey(), 0
    for block in chain(file.blocks(), [b""]):
        found.bytes += len(block)
        found.nul_bytes += block.count(0)
        if not found.valid:
            continue
        try:
            text = decoder.decode(block, final=not block)
        except Exception:  # a codec of Python's may raise anything
            found.valid = False
            continue
        found.blank = found.blank and not text.replace("\0", "").replace("\ufeff", "").strip()
        found.nul += text.count("\0")
        if errors == "replace":
            found.beyond_ascii += len(text) - len(text.encode("ascii", "ignore"))
            found.replaced += text.count("\ufffd")
        run = 0 if "\n" in text or "\r" in text else run + len(text)
        found.longest = max(found.longest, run)
    return found


def _other_format(file: File, kind: str, ending: str | None) -> FileError:
    if ending in (None, file.ending):
        return FileError(NO_TEXT, name=file.name, kind=Phrase(kind))
    return FileError(RENAME, name=file.name, kind=Phrase(kind), ending=ending)


def _known(encoding: str) -> str:
    """Python's name of a text encoding that a user named."""
    try:
        codec = codecs.lookup(encoding.strip())
    except (LookupError, ValueError):
        codec = None
    incremental = codec is not None and codec._is_text_encoding and codec.incrementaldecoder
    if not incremental or codec.name in OF_NO_FILE:
        known = ", ".join(ENCODINGS)
        raise FileError(NO_ENCODING, encoding=encoding, known=known)
    return codec.name


def _guess(text: Text, survey: _Survey) -> tuple[Text, _Survey]:
    """The text and its survey where bytes are not quite UTF-8, or not at all."""
    file = text.file
    survey = _survey(file, "utf-8", "replace")
    if survey.beyond_ascii > 5 * survey.replaced:  # never so in GBK or Latin-1
        text = replace(text, errors="replace")
        values = {"count": survey.replaced, "line": line_of("\ufffd", text)}
        return replace(text, notices=(*text.notices, Notice(BROKEN_UTF_8, values))), survey
    sample = _telling_sample(file)
    controls = sum(found not in b"\x01\x1f" for found in _CONTROL.findall(sample))  # delimiters
    if controls * CONTROLS > len(sample):
        return text, replace(survey, valid=False)
    for codec in _candidates(sample):
        survey = _survey(file, codec)
        if survey.valid:
            break
    notice = Notice(GUESSED, {"encoding": codec})
    return replace(text, codec=codec, notices=(*text.notices, notice)), survey


def _telling_sample(file: File) -> bytes:
    """Lines with something to tell; a line break is never half a character in these encodings."""
    told, size = [], 0
    with file.open() as stream:
        while len(told) < SAMPLE and size < SAMPLE_BYTES and (line := stream.readline(BLOCK)):
            if line.isascii():
                continue
            if len(line) == BLOCK:  # cut off, perhaps within a character: back to a sure place
                line = line[: 1 + max(map(line.rfind, (b" ", b",", b"\t", b"\n")))]
            told.append(line[:BLOCK])
            size += len(line)
    return b"".join(told).replace(b"\0", b"")


def _candidates(sample: bytes) -> Iterator[str]:
    """Encodings in which the file may be, the likeliest first; "utf-8" if nothing fits."""
    from charset_normalizer import from_bytes  # slow to import, and rarely needed

    for codec, (narrow, letters, share) in SCRIPTS.items():
        text = _decoded(sample, narrow) or ""
        count = len(text) - len(text.encode("ascii", "ignore"))
        if count >= FEWEST and sum(map(len, letters.findall(text))) > share * count:
            yield codec
    usual = from_bytes(sample, cp_isolation=USUAL)
    found = [match.encoding for match in usual or from_bytes(sample)]
    # A few characters fit both; half of Big5's do not fit GB 2312, so bytes that do are that.
    if "gb18030" in found and _decoded(sample, "gb2312") is not None:
        found.insert(0, "gb18030")
    yield from found
    yield "utf-8"


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None
