"""UTF-16 and UTF-32 without a byte order mark: which byte comes first, where the text tells."""

import re
from codecs import getincrementaldecoder

from attnviz.data.files import File
from attnviz.data.table import Notice
from attnviz.errors import N_, FileError

LOOKED_AT = 1 << 16  # bytes; a multiple of what a character takes
ORDERS = {"utf-16": ("utf-16-le", "utf-16-be"), "utf-32": ("utf-32-le", "utf-32-be")}
USUAL = re.compile(
    "[\t\n\r -~\xa0-\u06ff\u0900-\u0dff\u0e00-\u0eff\u2010-\u2026\u3000-\u30ff\u4e00-\u9fff"
    "\uac00-\ud7a3\uff01-\uff5e\U0001f300-\U0001faff]"
)
"""What texts mostly consist of; read the wrong way round, few of their characters are of these."""
ROUND = "\u3000\u4e00"  # usual although their last byte is 0; “g” the wrong way round is U+6700
ASCII = re.compile("[\t\n\r -~]")

ORDER_GUESSED = N_(
    "The file has no byte order mark, so {encoding} was read as {found}, which looks right. If the "
    "texts look wrong, choose the other."
)
UNCLEAR = N_(
    "{name} has no byte order mark, and does not look like {encoding}, or not clearly enough to "
    "tell which byte comes first. Choose one of {known}, another encoding, or none, so that it is "
    "guessed."
)


def with_order(file: File, codec: str, asked: str) -> tuple[str, Notice]:
    """The codec that names the order of a file without a mark, and the notice that it was guessed.

    `asked` is the encoding as the user called it. Raises `FileError` if the order is unclear.
    """
    shares = {name: _share(file.start(LOOKED_AT), name) for name in ORDERS[codec]}
    best, other = sorted(shares, key=shares.get, reverse=True)
    if shares[best] < 0.9 or shares[other] > 0.8 * shares[best]:
        known = ", ".join(ORDERS[codec])
        raise FileError(UNCLEAR, name=file.name, encoding=codec, known=known)
    return best, Notice(ORDER_GUESSED, {"encoding": asked, "found": best})


def _share(data: bytes, codec: str) -> float:
    """How many of the characters are usual ones: 0 … 1; 0 where the bytes are not valid."""
    try:
        text = getincrementaldecoder(codec)().decode(data, final=len(data) < LOOKED_AT)
    except UnicodeError:
        return 0.0
    usual = [char for char in USUAL.findall(text) if ord(char) % 256 or char in ROUND]
    # Not one space, comma or line break: bytes of another encoding can look like letters, too.
    return len(usual) / len(text) if ASCII.search(text) else 0.0
