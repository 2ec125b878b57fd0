"""Old encodings: each is found on short and on long files, told, and can be overruled."""

from encodings.aliases import aliases

import pytest

from attnviz.data import ENCODINGS, RowStream, open_rows, read_table, whole_text
from attnviz.errors import FileError

CHINESE = ["这部电影很好看，我和家人都喜欢。", "太差了，浪费时间。", "音乐不错，但是剧情很无聊"]
TAIWANESE = ["這部電影很好看，我和家人都喜歡。", "太差了，浪費時間。", "音樂不錯，但是劇情很無聊"]
JAPANESE = [
    "この映画はとても面白かったです。",
    "最悪でした。もう見ません。",
    "音楽は良いが話は退屈だ",
]
KOREAN = ["이 영화는 정말 재미있었어요.", "최악이에요. 돈이 아깝습니다.", "음악은 좋은데 지루하다"]
FRENCH = ["Un film très réussi, à voir", "Ça m'a déçu, hélas", "Café “crème” à côté – pas mal"]
GERMAN = [
    "Ein schöner Film für Groß und Klein",
    "Übel, hätte ich das gewusst",
    "Sehr schön, großartig",
]
POLISH = ["Świetny film, polecam każdemu", "Okropność, szkoda pieniędzy", "Dobra, ale nudna, żółć"]
RUSSIAN = ["Отличный фильм, советую всем", "Ужасно, жаль денег", "Музыка хорошая, сюжет скучный"]

TOLD = [  # the encoding of the file, its texts, the encoding that is told
    ("utf-8", CHINESE, "utf-8"),
    ("utf-8-sig", CHINESE, "utf-8"),
    ("utf-16", CHINESE, "utf-16"),
    ("utf-32", CHINESE, "utf-32"),
    ("gbk", CHINESE, "gb18030"),
    ("gb18030", CHINESE, "gb18030"),
    ("big5", TAIWANESE, "big5"),
    ("shift_jis", JAPANESE, "cp932"),
    ("cp932", JAPANESE, "cp932"),
    ("euc_jp", JAPANESE, "euc_jp"),
    ("euc_kr", KOREAN, "cp949"),
    ("cp1252", FRENCH, "cp1252"),
    ("latin_1", GERMAN, "cp1252"),
    ("cp1250", POLISH, "cp1250"),
    ("cp1251", RUSSIAN, "cp1251"),
]


def written(texts: list[str], encoding: str, ending: str = "\n") -> bytes:
    lines = ["text,label", *(f'"{text}",{i % 2}' for i, text in enumerate(texts)), ""]
    return ending.join(lines).encode(encoding)


def texts_of(stream: RowStream) -> list[str]:
    return [text for _, (text, _) in stream]


@pytest.mark.parametrize("times", [1, 211])
@pytest.mark.parametrize(("encoding", "texts", "told"), TOLD, ids=[row[0] for row in TOLD])
def test_an_encoding_is_found_on_a_short_and_on_a_long_file(encoding, texts, told, times):
    texts = texts * times
    stream = open_rows(written(texts, encoding), "a.csv")
    assert texts_of(stream) == texts
    assert stream.encoding == told
    guessed = [f"The encoding was guessed: {told}. If the texts look wrong, save as UTF-8."]
    assert [str(notice) for notice in stream.notices] == ([] if "utf" in told else guessed)


@pytest.mark.parametrize(("encoding", "texts", "told"), TOLD, ids=[row[0] for row in TOLD])
def test_the_user_s_word_overrules_the_guess(encoding, texts, told):
    stream = open_rows(written(texts, encoding), "a.csv", encoding=encoding.upper())
    assert texts_of(stream) == texts
    assert stream.notices == []


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_read_when_it_is_named(encoding):
    data = written(CHINESE, encoding)
    with pytest.raises(FileError, match="UTF-16 without a byte order mark"):
        open_rows(data, "a.csv")
    assert texts_of(open_rows(data, "a.csv", encoding=encoding)) == CHINESE


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_a_mark_is_no_part_of_the_first_name_whatever_the_user_says(encoding):
    stream = open_rows(("\ufeff" + written(CHINESE, "utf-8").decode()).encode(encoding), "a.csv",
                       encoding=encoding)  # fmt: skip
    assert stream.columns == ("text", "label")


def test_a_wrong_word_of_the_user_is_refused_at_its_line():
    data = b"text,label\n" + b"plain,0\n" * 20_011 + "très bon,1\n".encode("cp1252")
    with pytest.raises(FileError) as caught:
        open_rows(data, "a.csv", encoding="utf-8")
    assert str(caught.value) == (
        "a.csv, line 20013: what stands there is not valid utf-8. Choose another encoding, or "
        "none, so that it is guessed."
    )


@pytest.mark.parametrize("encoding", ["utf-9", " ", "base64", "rot13", "\0", "\ud800"])
def test_what_is_no_encoding_is_refused_with_those_that_are(encoding):
    with pytest.raises(FileError, match=f"Choose one of: {ENCODINGS[0]}"):
        read_table(b"text\na\n", "a.csv", encoding=encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_that_is_offered_reads_its_own_ascii(encoding):
    data = "text,label\ngood,1\n".encode(encoding)
    assert read_table(data, "a.csv", encoding=encoding).rows == (("good", "1"),)


# Whatever name is given


ALPHABETS = {
    "ascii": ["a good film", "a bad one, alas", "it's fine"],
    "chinese": CHINESE,
    "japanese": JAPANESE,
    "korean": KOREAN,
    "russian": RUSSIAN,
    "arabic": ["فيلم رائع", "سيئ جدا", "لا بأس به"],
}
HOSTILE = [
    b"text,label\ngood,1\n",
    "text,label\nété 中,1\n".encode(),
    "text\nhello\n".encode("utf-16-le"),
    b"\xff\xfe\x00\xd8t\x00",
    b"\xfe\xff\x00",
    bytes(range(256)) * 3,
    b"xn--a\nxn--\xff-\n" + b"a" * 70 + b".\n",
    b"\\u12\n\\N{x}\n\\x4\n+2AA-\n",
    b"\x1b$B\xff\n",
]


@pytest.mark.parametrize("name", sorted({*aliases, *aliases.values(), "undefined", "idna"}))
def test_no_codec_of_python_s_raises_anything_but_a_file_error(name):
    for data in HOSTILE:
        for file in ("a.csv", "a.txt", "a.jsonl"):
            try:
                stream = open_rows(data, file, encoding=name)
                assert all(isinstance(cell, str) for _, cells in stream for cell in cells)
                whole_text(data, file, encoding=name)
            except FileError as error:
                assert "\n" not in str(error).replace(file, "")  # noqa: PT017


@pytest.mark.parametrize("order", ["le", "be"])
@pytest.mark.parametrize("family", ["utf-16", "utf-32", "UTF16", "u32"])
@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_the_order_of_bytes_is_found_without_a_mark_and_said(alphabet, family, order):
    texts = ALPHABETS[alphabet]
    codec = f"utf-{family[-2:]}-{order}"
    stream = open_rows(written(texts, codec), "a.csv", encoding=family)
    assert texts_of(stream) == texts
    assert stream.encoding == codec
    assert [str(notice) for notice in stream.notices] == [
        f"The file has no byte order mark, so {family} was read as {codec}, which looks right. If "
        "the texts look wrong, choose the other."
    ]
    assert whole_text(written(texts, codec), "a.csv", encoding=family).startswith("text,label")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
@pytest.mark.parametrize(
    "data", [b"text\nhello\n", "电影好看".encode("gb18030"), b"abc", b"\0" * 8]
)
def test_what_is_clearly_not_utf_16_is_refused_with_the_way_on(encoding, data):
    with pytest.raises(FileError, match=f"Choose one of {encoding}-le, {encoding}-be, another"):
        open_rows(data, "a.csv", encoding=encoding)


def test_bytes_cut_in_the_middle_of_a_character_leave_the_order_clear():
    data = ("text\n" + "good film\n" * 20_000).encode("utf-16-be")
    stream = open_rows(data, "a.txt", encoding="utf-16")
    assert sum(1 for _ in stream) == 20_000 + 1
