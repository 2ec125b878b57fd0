"""Lines that hold more than their text: a label as fastText, TREC or a tree has it, a number or a
word at either end; the date and the sender of a chat's message."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from attnviz.data.stream import Row
from attnviz.data.table import Notice
from attnviz.errors import N_

MOST = 0.95  # of the lines that must have fastText's label
MESSAGES = 0.7  # of the lines that must be dated messages; others go on with the one above
NEARLY = 0.9  # of the lines that must have a word of sentiment beside a sign
LABELS = (2, 10)  # different numbers or words before the texts, at least and at most
FEWEST = 2  # lines of each of them
FIRST = 10  # lines of which one must have a form: a chat begins with lines of the program

FASTTEXT = N_("Each line was read as a text and its labels, which “__label__” marks.")
TREC = N_(
    "Each line was read as a label, a finer one behind a colon, and a text, as TREC has them. "
    "--delimiter '' if each line is one text."
)
FIRST_WORD = N_(
    "The first word of each line was read as its label, not as part of the text. --delimiter '' "
    "if each line is one text."
)
LAST_WORD = N_(
    "The last word of each line was read as its label, not as part of the text. --delimiter '' "
    "if each line is one text."
)
TREES = N_(
    "The lines were read as trees of the Stanford Sentiment Treebank: the words of each are the "
    "text, and the number of the whole is the label. --delimiter '' if each line is one text."
)
CHAT = N_(
    "The lines were read as messages of a chat: their date, time, sender and text. A line without "
    "a date goes on with the message above. --delimiter '' if each line is one text."
)
PERHAPS = N_(
    "Nearly every line begins or ends with one of few words ({examples}), which were read as part "
    "of the text. If they are labels: --delimiter {delimiter!r}."
)
_DATE = r"[\u200e\ufeff]?\[?(?P<date>\d{1,4}[./-]\d{1,2}[./-]\d{1,4}),?\s+"
_DATED = (  # as WhatsApp, Telegram and Line write it
    rf"{_DATE}"
    r"(?P<time>\d{1,2}:\d{2}(?::\d{2})?(?:\s?[AaPp]\.?[Mm]\.?)?)\]?\s*(?:[-–]\s*)?"
    r"(?P<sender>[^:：\[\]\t,;]{1,60})[:：]\s+(?P<text>\S.*)"
)
_MARK = r"__label__[^\s,;|]+"
_BEFORE = rf"\s*(?P<label>(?:{_MARK}\s+(?:,\s+)?)*{_MARK})(?:\s+(?:,\s+)?(?P<text>.*))?"
_BEHIND = rf"(?P<text>.*?)\s(?P<label>(?:{_MARK}\s+)*{_MARK})\s*"
_WORDS = "pos|neg|neu|positive|negative|neutral|正面|负面|中性|积极|消极|好评|差评|中评"
_SIGNS = r"[@#|;,:\t]"
_ENDS = (  # a word beside a sign, behind a text or before it
    re.compile(rf".*\S\s*(?P<sign>{_SIGNS})\s*(?P<word>[^\s@#|;,:]{{1,20}})\s*"),
    re.compile(rf"\s*(?P<word>[^\s@#|;,:]{{1,20}})\s*(?P<sign>{_SIGNS})\s*\S.*"),
)
_BRACKETS = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]"}


def _always(matches: Sequence[re.Match]) -> bool:
    return True


def _are_few(matches: Sequence[re.Match]) -> bool:
    """Whether there are few labels, each of them several times."""
    count = Counter(match["label"] for match in matches)
    return LABELS[0] <= len(count) <= LABELS[1] and min(count.values()) >= FEWEST


@dataclass(frozen=True)
class Form:
    """How lines hold their labels; the groups of the pattern are the columns."""

    pattern: re.Pattern
    columns: tuple[str, ...]
    said: str
    most: float = 1  # the share of the lines that must be so
    fits: Callable[[Sequence[re.Match]], bool] = _always
    spelled: Callable[[str], str] = str  # the text as it is without what is only the form's
    begins: re.Pattern | None = None  # how a row begins, where other lines go on with the one above

    @property
    def notice(self) -> Notice:
        return Notice(self.said)

    def rows(self, lines: Iterable[str]) -> Iterator[Row]:
        """Each line's label or labels, parted by commas and without a mark, and its text."""
        for number, line in self._joined(lines):
            match = self.pattern.fullmatch(line)
            if not match:
                yield number, (*[""] * (len(self.columns) - 1), line)
                continue
            cells = match.groupdict(default="")
            if "__label__" in cells.get("label", ""):
                cells["label"] = ",".join(re.findall(r"__label__([^\s,;|]+)", cells["label"]))
            cells["text"] = self.spelled(cells["text"].rstrip("\n"))
            yield number, tuple(cells[name] for name in self.columns)

    def _joined(self, lines: Iterable[str]) -> Iterator[tuple[int, str]]:
        """The lines with their numbers, each with those that go on with it."""
        above = None
        for number, line in enumerate(lines, 1):
            line = line.rstrip("\r\n")
            if above is not None and self.begins and not self.begins.match(line):
                above = above[0], f"{above[1]}\n{line}"
                continue
            if above is not None:
                yield above
            above = number, line
        if above is not None:
            yield above


def _form(pattern: str, *columns: str, **known) -> Form:
    return Form(re.compile(pattern, re.DOTALL), columns, **known)


FASTTEXT_S = (  # in tables, too
    _form(_BEFORE, "label", "text", said=FASTTEXT, most=MOST),
    _form(_BEHIND, "label", "text", said=FASTTEXT, most=MOST),
)
MARKED = (  # in files of texts
    *FASTTEXT_S,
    _form(
        r"(?P<label>[A-Z]{3,5}):(?P<fine>[a-z]+)\s+(?P<text>\S.*)",
        "label",
        "fine",
        "text",
        said=TREC,
        fits=lambda matches: len(matches) > 1,
    ),
    _form(
        _DATED,
        *("date", "time", "sender", "text"),
        said=CHAT,
        most=MESSAGES,
        begins=re.compile(_DATE),
        fits=lambda matches: len(matches) > 1,
    ),
)


def _words_of_tree(tree: str) -> str:
    """The words of a tree without its brackets and numbers."""
    words = re.sub(r"\(\d+(?=\s)|\)", " ", tree).split()
    return " ".join(_BRACKETS.get(word, word) for word in words)


UNMARKED = (  # in files of texts that are no table
    _form(
        r"\s*\((?P<label>\d)\s+(?P<text>\(\d+\s.*\)|[^\s()]+)\s*\)\s*",
        *("label", "text"),
        said=TREES,
        spelled=_words_of_tree,
    ),
    *(
        _form(
            rf"(?P<label>{word})\s+(?P<text>\S.*)", "label", "text", said=FIRST_WORD, fits=_are_few
        )
        for word in (r"[+-]?\d{1,2}", f"(?i:{_WORDS})")
    ),
    *(
        _form(pattern, "label", "text", said=said, most=NEARLY, fits=_are_few)
        for pattern, said in (
            (rf"\s*(?P<label>(?i:{_WORDS}))\s*[:：|;,\t]\s*(?P<text>\S.*)", FIRST_WORD),
            (rf"(?P<text>.*\S)\s*{_SIGNS}\s*(?P<label>(?i:{_WORDS}))\s*", LAST_WORD),
            (r"(?P<text>.*\S)\s*\t\s*(?P<label>[+-]?\d{1,2})\s*", LAST_WORD),
        )
    ),
)


def perhaps_labels(lines: Iterable[str]) -> tuple[Notice, ...]:
    """What to say where nearly all lines begin or end with one of few words beside a sign."""
    lines = [line for line in lines if line.strip()]
    for pattern in _ENDS:
        matches = [match for match in map(pattern.fullmatch, map(str.rstrip, lines)) if match]
        for sign in sorted({match["sign"] for match in matches}):
            words = Counter(match["word"] for match in matches if match["sign"] == sign)
            several = [word for word, count in words.most_common() if count >= FEWEST]
            if not LABELS[0] <= len(several) <= LABELS[1]:
                continue
            if sum(words[word] for word in several) >= NEARLY * len(lines):
                examples = ", ".join(f"“{word}”" for word in several[:5])
                return (Notice(PERHAPS, {"examples": examples, "delimiter": sign}),)
    return ()


def find_form(lines: Iterable[str], forms: Sequence[Form]) -> Form | None:
    """The first form that such lines have; None where they have none."""
    lines = [line.rstrip("\r\n") for line in lines if line.strip()]
    for form in forms:
        if not any(map(form.pattern.fullmatch, lines[:FIRST])):
            continue
        matches = [match for match in map(form.pattern.fullmatch, lines) if match]
        if len(matches) >= form.most * len(lines) and form.fits(matches):
            return form
    return None
