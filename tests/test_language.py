"""Sentences of 24 kinds against every shipped model: is the language one that it learnt?"""

import json
from pathlib import Path

import pytest

from attnviz.classifier import Classifier
from attnviz.data import open_rows
from attnviz.errors import WriteError
from attnviz.folders import PRETRAINED, check_folder
from attnviz.inspection.scoring import score_run
from attnviz.inspection.starting import start_run
from attnviz.language import FILE_NAME, Language, model_that_knows, with_another
from attnviz.language.scripts import units_of
from attnviz.tokenization import learn_tokenizer, open_tokenizer
from tests.command_line import run
from tests.shipped_models import text_models

SENTENCES = json.loads((Path(__file__).parent / "sentences.json").read_text(encoding="utf-8"))
ENGLISH = [kind for kind in SENTENCES if kind.upper().startswith("ENGLISH")]
CHINESE = ["Chinese", "Chinese with English names"]
NONE = "no language"
MODELS = {path.relative_to(PRETRAINED).as_posix(): path for path in text_models()}
KNOWN = {name: CHINESE if name.startswith("zh-") else ENGLISH for name in MODELS}


def is_foreign(language, text):
    judged = language.judge(text)
    return judged is not None and judged.reason is not None


def counts(name):
    """Foreign sentences found, foreign sentences; known ones taken for foreign, known ones."""
    language, found = Language.load(MODELS[name]), [0, 0, 0, 0]
    for kind, sentences in SENTENCES.items():
        if kind == NONE:
            continue
        place = 2 if kind in KNOWN[name] else 0
        found[place] += sum(is_foreign(language, text) for text in sentences)
        found[place + 1] += len(sentences)
    return found


def test_every_shipped_model_says_what_it_was_trained_on():
    assert len(MODELS) >= 27
    assert all((path / FILE_NAME).is_file() for path in MODELS.values())


RESUMES = "zh-names"  # knows 1,388 characters, those of résumés


@pytest.mark.parametrize("name", sorted({*MODELS} - {RESUMES}))
def test_foreign_sentences_are_found_and_those_of_the_model_are_not(name):
    found, foreign, false, own = counts(name)
    assert foreign >= 150
    assert own >= 20
    assert found / foreign >= 0.94  # recall
    assert found / (found + false) >= 0.96  # precision
    assert false / own <= 0.1


def test_the_vocabulary_of_resumes_finds_what_is_foreign_and_chinese_that_is_no_resume():
    found, foreign, chinese, own = counts(RESUMES)
    assert found / foreign >= 0.99
    assert chinese / own >= 0.5  # of these it knows too few characters to be trusted
    resume = "王建国，中国国籍，清华大学工学博士，高级工程师，现任上海电力股份有限公司总经理。"
    assert not is_foreign(Language.load(MODELS[RESUMES]), resume)


def test_over_all_models_recall_and_precision_are_those_of_the_docstring():
    taggers = {name for name, path in MODELS.items() if check_folder(path).get("task") == "tag"}
    shipped = [name for name in MODELS if "/" not in name and name not in taggers]
    shipped.append("family/additive")
    found, foreign, false, own = map(sum, zip(*map(counts, shipped), strict=True))
    assert (found, foreign, false, own) == (1_362, 1_396, 10, 340)


@pytest.mark.parametrize("name", MODELS)
def test_names_numbers_emoji_and_addresses_are_no_language(name):
    language = Language.load(MODELS[name])
    assert [text for text in SENTENCES[NONE] if is_foreign(language, text)] == []


@pytest.mark.parametrize("name", ["en-sentiment", "en-emotion", "family/gru"])
@pytest.mark.parametrize("kind", ["French", "Chinese", "Japanese", "Korean", "Russian", "Hindi"])
def test_no_sentence_of_a_clearly_foreign_language_is_missed(name, kind):
    language = Language.load(MODELS[name])
    assert all(is_foreign(language, text) for text in SENTENCES[kind])


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        (
            "en-sentiment",
            "这部电影太好看了，我哭了三次",
            "100% of it is in Chinese characters, which the training texts hardly have",
        ),
        (
            "zh-news",
            "My very own sentence that I want to keep.",
            "100% of it is in Latin letters, which the training texts hardly have",
        ),
        (
            "en-sentiment",
            "Ce film est vraiment très beau et je l'ai adoré.",
            "1 of its 11 words are among the 400 most frequent of the training texts, and a word "
            "takes 1.5 pieces on average, in training 1.1",
        ),
        (
            "zh-news",
            "這部電影太好看了，我哭了三次。",
            "15% of its characters are those of Traditional Chinese alone, in training 0.0%",
        ),
    ],
)
def test_the_reason_has_the_numbers_of_the_text(name, text, reason):
    notice = Language.load(MODELS[name]).text_notice(text)
    assert str(notice.values["reason"]) == reason


@pytest.mark.parametrize("text", ["", "Bon", "Très bien", "OK", "Tout va bien", "iPhone 15"])
def test_fewer_than_four_words_of_latin_letters_are_not_judged(text):
    assert Language.load(MODELS["en-sentiment"]).judge(text) is None


def test_two_characters_of_an_unknown_script_are_enough():
    assert is_foreign(Language.load(MODELS["en-sentiment"]), "很好")


def test_kana_makes_the_chinese_characters_beside_it_japanese():
    assert {script: len(units) for script, units in units_of("東京で桜が満開になった").items()} == {
        "Kana": 11
    }
    assert units_of("東京") == {"Han": ["東", "京"]}


def test_a_file_is_named_when_a_fifth_of_its_rows_are_foreign():
    language = Language.load(MODELS["en-sentiment"])
    english, french = SENTENCES["English"], SENTENCES["French"]
    assert language.rows_notice(english + french[:2]) is None  # 2 of 14
    notice = language.rows_notice(english + french[:3])  # 3 of 15
    assert (notice.values["count"], notice.values["judged"]) == (3, 15)


def test_short_texts_of_a_file_are_judged_together():
    language = Language.load(MODELS["en-sentiment"])
    french = ["très bien", "pas terrible", "je déteste", "une merveille", "quelle honte"]
    assert language.rows_notice(french).values["count"] == 5
    assert language.rows_notice(["great stuff", "not bad", "I hate it", "what a joy"]) is None


def test_the_model_that_knows_has_the_same_labels_if_one_has():
    wanted = {("en-sentiment", "Chinese"): "zh-sentiment", ("zh-sentiment", "English"): None}
    for (name, kind), other in wanted.items():
        found = model_that_knows(SENTENCES[kind], MODELS[name], MODELS.values())
        assert found == MODELS[other or "en-sentiment"]
    assert model_that_knows(SENTENCES["French"], MODELS["en-sentiment"], MODELS.values()) is None


def test_in_a_file_of_two_languages_the_model_knows_the_one_that_the_other_does_not():
    both = [*SENTENCES["Chinese"], *SENTENCES[ENGLISH[0]]]
    assert model_that_knows(both, MODELS["zh-sentiment"], MODELS.values()) == MODELS["en-sentiment"]
    assert model_that_knows(both, MODELS["en-sentiment"], MODELS.values()) == MODELS["zh-sentiment"]


def test_a_notice_names_the_shipped_model():
    folder = MODELS["en-emotion"]
    notice = Language.load(folder).text_notice("我昨天和朋友一起去看了一场电影。")
    said = str(with_another(notice, ["我昨天和朋友一起去看了一场电影。"], folder))
    assert said.endswith("A model that was trained on such texts: zh-sentiment.")


TEXTS = ["the cat sat on the mat and the dog slept"] * 250  # 10 words, 2,500 in all


def test_figures_are_counted_in_the_training_texts(tmp_path):
    tokenizer = learn_tokenizer(TEXTS, 400).backend_tokenizer
    language = Language.of(TEXTS, tokenizer)
    latin = language.scripts["Latin"]
    assert (latin.share, latin.pieces, latin.bytes, latin.frequent) == (1, (1, 0), (0, 0), 1)
    assert language.frequent[0] == "the"
    assert len(language.frequent) == 8
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    language.save(tmp_path)
    again = Language.load(tmp_path)
    assert (again.scripts, again.frequent, again.texts) == (
        language.scripts,
        language.frequent,
        250,
    )


def test_figures_that_cannot_be_written_leave_those_that_were(tmp_path, monkeypatch):
    language = Language.of(TEXTS, open_tokenizer(MODELS["en-sentiment"]))
    language.save(tmp_path)
    before = (tmp_path / FILE_NAME).read_bytes()

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("attnviz.writing.os.fsync", full)
    with pytest.raises(WriteError, match="No space left"):
        language.save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]
    assert (tmp_path / FILE_NAME).read_bytes() == before


def test_few_training_texts_say_nothing_of_frequent_words():
    tokenizer = learn_tokenizer(TEXTS, 400).backend_tokenizer
    language = Language.of(TEXTS[:100], tokenizer)  # 1,000 words
    assert language.frequent == ()
    assert not is_foreign(language, "Ce film est vraiment très beau et je l'ai adoré.")


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"scripts": {}}', '{"scripts": 3}'])
def test_without_a_whole_file_nothing_is_said(tmp_path, content):
    if content is not None:
        (tmp_path / FILE_NAME).write_text(content, encoding="utf-8")
    assert Language.load(tmp_path) is None


def test_a_classifier_brings_its_language(model_folder):
    assert Classifier.from_pretrained(model_folder).language is None
    tokenizer = learn_tokenizer(TEXTS, 400).backend_tokenizer
    Language.of(TEXTS, tokenizer).save(model_folder)
    assert Classifier.from_pretrained(model_folder).language.texts == 250


def test_predict_says_so_on_standard_error(tmp_path, capsys):
    (tmp_path / "texts.txt").write_text("\n".join(SENTENCES["German"]), encoding="utf-8")
    code, output, errors = run(
        capsys, "predict", tmp_path / "texts.txt", "--model", MODELS["en-sentiment"]
    )
    assert "not trained on: 10 of 12 looked at" in errors
    assert code == 0
    assert len(output.splitlines()) == 13


def test_the_command_writes_the_file_of_an_older_model(tmp_path, capsys, model_folder):
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    code, _, errors = run(capsys, "language", model_folder, tmp_path / "texts.txt")
    assert code == 0
    assert "language.json" in errors
    assert Language.load(model_folder).texts == 250


def test_a_run_says_so_and_tags_each_row(tmp_path):
    rows = [*SENTENCES["English"], *SENTENCES["French"]]
    (tmp_path / "texts.txt").write_text("\n".join(rows), encoding="utf-8")
    folder = MODELS["en-sentiment"]
    stream = open_rows(tmp_path / "texts.txt")
    scored = start_run(folder, stream, digest="mixed", run_folder=tmp_path / "run")
    assert any("12 of 24 looked at" in str(notice) for notice in scored.about.told)
    score_run(Classifier.from_pretrained(folder), scored)
    assert ["foreign" in tags for tags in scored.page()["tags"]] == [False] * 12 + [True] * 12
