"""What to say of a file's texts: unknown languages, what nobody sees, markup, broken letters."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from string import whitespace

from attnviz.data import Notice
from attnviz.data.no_texts import MISSING_TEXTS, mark_notices
from attnviz.data.table import visible
from attnviz.errors import N_
from attnviz.inspection.sentences import CUT
from attnviz.invisible import invisible, named
from attnviz.language import Language, with_another
from attnviz.runs import Run
from attnviz.runs.rows import read_chunk, text_cell

BYTES = 4  # of a character at most
LOOKED_AT = 1_000  # rows, evenly taken
UNSEEN_IN_ROWS = N_(
    "Rows with invisible characters, which are left out before a text is read: {count:,} of "
    "{rows:,}. They are: {names}."
)
MARKUP = N_(
    "Rows with HTML markup, which the model reads as part of the text: {count:,} of {rows:,}, such "
    "as {example}."
)
TWICE = N_(
    "Rows with letters that seem to have been decoded wrongly before they came into the file: "
    "{count:,} of {rows:,}, such as {example}. Look for an older copy of it."
)
SIGNS = {
    MARKUP: re.compile(
        r"</?(?:br|p|div|span|a|b|i|u|em|strong|img|li|ul|ol|td|tr|h[1-6])\b[^<>]{0,300}>"
        r"|&(?:amp|lt|gt|quot|apos|nbsp|#\d{2,5}|#x[\da-f]{2,4});",
        re.IGNORECASE,
    ),
    TWICE: re.compile("â€[™œ\x9d“”¦˜]|[ÃÂ][\xa0-\xbf]|锟斤拷"),
}
"""What to say → what in a text is a sign of it."""


def text_notices(run: Run) -> list[Notice]:
    """All that there is to say of the texts of a run that is not scored yet."""
    return [*missing_notices(run), *unseen_notices(_texts(run)), *language_notices(run)]


def missing_notices(run: Run) -> list[Notice]:
    """How many rows only mark a missing text, and how."""
    cell, marks = text_cell(run.about), sorted(MISSING_TEXTS)
    found = run.query(
        f"SELECT mark, count(*) AS n FROM (SELECT trim({cell}, ?) AS mark FROM rows) "
        f"WHERE lower(mark) IN ({', '.join('?' * len(marks))}) "
        "GROUP BY mark ORDER BY n DESC, mark",
        [whitespace, *marks],
    )
    return mark_notices(dict(zip(found["mark"], found["n"].tolist(), strict=True)))


def unseen_notices(texts: Iterable[str]) -> list[Notice]:
    """In how many texts of a file there is what nobody sees, or what is none of the text.

    That is invisible characters, and which; and what `SIGNS` tells, with an example.
    """
    rows, count, total, signs, examples = 0, 0, Counter(), Counter(), {}
    for text in texts:
        rows += 1
        if found := invisible(text):
            count, total = count + 1, total + found
        for said, pattern in SIGNS.items():
            if match := pattern.search(text):
                signs[said] += 1
                examples.setdefault(said, f"“{visible(match.group()[:40])}”")
    told = [
        Notice(said, {"count": signs[said], "rows": rows, "example": example})
        for said, example in examples.items()
    ]
    if count:
        told.append(Notice(UNSEEN_IN_ROWS, {"count": count, "rows": rows, "names": named(total)}))
    return told


def cut_notices(classifier, texts: Sequence[str]) -> list[Notice]:
    """How many texts have more tokens than a `Classifier` reads at once, if any has."""
    most = classifier.network.config.max_tokens
    long = [text for text in texts if BYTES * len(text) > most]  # no token is less than a byte
    count = sum(len(ids) > most for ids in classifier.encode(long)) if long else 0
    return [Notice(CUT, {"count": f"{count:,}"})] if count else []


def _texts(run: Run) -> Iterator[str]:
    for number in run.missing():
        with run.reading():
            texts = read_chunk(run.rows_path, text_cell(run.about), number)[1]
        yield from texts


def language_notices(run: Run) -> list[Notice]:
    """What to say where many texts seem to be in a language that the model was not trained on."""
    language, cell = Language.load(run.about.model), text_cell(run.about)
    if language is None:
        return []
    step = max(1, run.about.rows // LOOKED_AT)
    asked = f"SELECT coalesce({cell}, '') AS text FROM rows WHERE row % ? = 0 ORDER BY row LIMIT ?"
    texts = run.query(asked, [step, LOOKED_AT])["text"].tolist()
    notice = language.rows_notice(texts)
    return [with_another(notice, texts, run.about.model)] if notice else []
