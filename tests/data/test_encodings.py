"""Old encodings: each is found on short and on long files, told, and can be overruled."""

import pytest

from attnviz.data import ENCODINGS, RowStream, open_rows, read_table
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
