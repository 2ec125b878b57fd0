"""Where a text denies, and the same text without: is the negation understood?

English and Chinese, by rules: a word that denies is taken out, or put into its positive form, with
no more change than grammar needs (“didn't work” → “did work”, “nobody” → “somebody”, 没有异味 →
异味). Phrases that deny nothing (“not only”, “can't wait”, 不错, 差不多) are left alone. Where a
comparative is denied the sense stays (“couldn't be happier” is happy), so there the other text is
the comparative itself.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from attnviz.classifier import Classifier
from attnviz.data.labels import is_answer
from attnviz.data.meanings import sides
from attnviz.processing import start_of

CLEAR = 0.55
"""Probability from which a clause says something, and not just leans to one side."""
FALL = 0.1
"""So much the prediction loses at least without the clause that decides it."""
SHARE = 0.1
"""Of the text's letters: a shorter clause is not tested, for it hardly ever decides."""
UNSPELT = (*("do", "did", "does", "is", "was", "are", "were"), *("would", "could", "should"))
UNSPELT += ("have", "has", "had")
"""What people write “nt” behind without an apostrophe."""
POSITIVE = {
    **{f"{verb}nt": verb for verb in UNSPELT},
    **{"nobody": "somebody", "no one": "someone", "nothing": "something", "none": "some"},
    **{"nowhere": "somewhere", "neither": "both", "nor": "and", "without": "with"},
    **{"cannot": "can", "cant": "can", "wont": "will", "shan't": "shall", "won't": "will"},
    **{"can't": "can", "ain't": "is", "aint": "is"},
}
"""What stands instead; any other negation is taken out, of “isn't” the “n't”."""
ENGLISH = re.compile(
    r"(?P<idle>\b(?:not (?:only|just|to mention|least)|whether or not|or not\b|why not|no (?:doubt|"
    r"wonder|matter|sooner)|nothing but|no\. ?\d|can(?:'t|not| not|t) (?:wait|help (?:but|\w+ing)|"
    r"get enough|(?:say|recommend|praise|thank)(?: \w+)? enough|stop \w+ing)|if not))\b"
    r"|(?P<more>\b(?P<who>i |we |they |he |she |it |you )?(?:could|can)(?:n't|not| not|nt) "
    r"(?:possibly )?(?:be|have been)) (?=(?:any )?(?:more|\w+er)\b)"
    r"|(?P<negation>\b(?:not|never|no one|nobody|nothing|none|nowhere|neither|nor|no longer|no|"
    r"hardly|barely|scarcely|without|cannot|cant|wont|can't|won't|shan't|ain't|aint)\b|(?<=[a-z])"
    rf"n't\b|\b(?:{'|'.join(UNSPELT)})nt\b)",
    re.IGNORECASE,
)
LEFT_OVER = re.compile(r"\s*\b(?:at all|any ?more|in the least|whatsoever)\b", re.IGNORECASE)
"""What makes no sense without a negation before it."""
CHINESE = re.compile(
    # Where these signs deny nothing: very, special, other, difference, farewell, is it or not, not
    # bad (which is praise), however, not only, future, wireless, more or less, cannot help …
    r"非常|特别|特別|分别|区别|个别|级别|性别|类别|告别|识别|差别|别人|別人|别的|别墅|别致|别说|别提"
    r"|(?P<same>[\u4e00-\u9fff])[不没](?P=same)|不错|没错|不过|不仅|不但|不管|不论|无论|不愧|不禁"
    r"|不断|不停|不久|差不多|不得不|不得了|了不起|不由|忍不住|不少|不如|不然|不好意思|不同|不时|不已"
    r"|不知不觉|不可思议|说不定|好不容易|莫名|未来|无线|无数|无比|无限|无疑|无奈|无非|非洲|除非|莫非"
    r"|是非|没想到|没准|[再最]\w{1,3}不过|别墅|送别"
    r"|(?P<negation>没有|沒有|没什么|毫无|并非|并不|从不|从未|[不没沒无無未別别勿莫非])"
)
PARTS = re.compile(
    r"(?<=[.!?;。！？；\n…])(?![.!?;。！？；\n…])|(?<=[,，、])|(?=\b(?:and|but|so|because|which|although|though"
    r"|yet|while)\b)|(?=但是|不过|而且|所以|因为|可是)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Negation:
    """One negation: its place and that of its clause in the text, and what stands instead.

    `keeps` says that the text without it should have the same sense: a denied comparative.
    """

    start: int
    end: int
    clause: tuple[int, int]
    instead: str
    keeps: bool

    def undone(self, text: str) -> str:
        """The text without this negation."""
        begin, finish = self.clause
        return text[:begin] + self.undone_clause(text) + text[finish:]

    def undone_clause(self, text: str) -> str:
        """Its clause without it."""
        begin, finish = self.clause
        behind = text[self.end : finish]
        if not self.keeps:
            behind = LEFT_OVER.sub("", behind)
        before = text[begin : self.start]
        if not self.instead and before[-1:] in (" ", "") and behind[:1] == " ":
            behind = behind[1:]
        return before + self.instead + behind

    def alone(self, text: str) -> str:
        """Its clause."""
        return text[self.clause[0] : self.clause[1]]

    def elsewhere(self, text: str) -> str:
        """The text without its clause; nothing where only punctuation is left."""
        rest = text[: self.clause[0]] + text[self.clause[1] :]
        return rest if any(map(str.isalnum, rest)) else ""


def negations(text: str) -> list[Negation]:
    """The negations of a text, in their order."""
    plain = text.replace("’", "'")
    found = []
    clauses = None
    for pattern in (ENGLISH, CHINESE):
        for match in pattern.finditer(plain):
            name = match.lastgroup if pattern is ENGLISH else "negation"
            if name == "idle" or (pattern is CHINESE and not match["negation"]):
                continue
            keeps = pattern is ENGLISH and match["more"] is not None
            start, end = match.span("more" if keeps else "negation")
            clauses = _clauses(plain) if clauses is None else clauses
            clause = next(part for part in clauses if part[0] <= start < part[1])
            if keeps:
                who = (match["who"] or "").strip()
                be = {"i": "am", "it": "is", "he": "is", "she": "is"}.get(who.lower(), "are")
                instead = f"{who} {be if who else 'is'}".strip()
            else:
                instead = POSITIVE.get(plain[start:end].lower(), "")
            found.append(Negation(start, end, clause, instead, keeps))
    return sorted(found, key=lambda negation: negation.start)


def _clauses(text: str) -> list[tuple[int, int]]:
    edges = [0, *(match.start() for match in PARTS.finditer(text)), len(text)]
    return [(a, b) for a, b in pairwise(edges) if b > a]


def token_at(classifier: Classifier, text: str, place: int) -> int | None:
    """The token that holds a character of the text, None behind what the model reads."""
    offsets = classifier.tokenizer(
        start_of(text), add_special_tokens=False, return_offsets_mapping=True
    )["offset_mapping"][: classifier.network.config.max_tokens]
    return next((row for row, (start, end) in enumerate(offsets) if start <= place < end), None)


def opposed(labels: Sequence[str]) -> bool:
    """Whether a model has two classes, one the opposite of the other: negative and positive.

    Only there can be said what a negation should do: turn the one into the other. Yes and no may
    answer anything.
    """
    return len(labels) == 2 and bool(sides(labels)) and not any(map(is_answer, labels))


def not_understood(
    classifier: Classifier,
    texts: Sequence[str],
    predictions: Sequence[int],
    confidence: Sequence[float],
) -> dict[int, tuple[Negation, float]]:
    """Number of a text → the negation that decides its outcome as if it were not there.

    With P the probability of the text's prediction, a negation is such a one if

    - P(its clause alone) ≥ `CLEAR`: the clause speaks for the prediction;
    - P(the clause without the negation) ≥ `CLEAR` too, so that it does not turn the clause (of a
      denied comparative, which should not: ≤ 1 − `CLEAR`);
    - P(text without the clause) < ½ and `FALL` less than P(text), or nothing else is left: the
      clause decides;
    - P(text without the negation) ≥ ½: nor does it turn the text (a comparative: < ½).

    Beside it P(text without the negation). Each condition is asked only of what is left by the ones
    before, so that most texts cost one or two clauses. Clauses of less than `SHARE` of the text are
    not tested, nor what stands behind the tokens that the model reads. Empty unless the model's
    classes are opposites (`opposed`).
    """
    if not opposed(classifier.labels):
        return {}
    left = [
        (number, negation)
        for number, text in enumerate(texts)
        for negation in negations(text)
        if negation.clause[1] - negation.clause[0] >= SHARE * len(text)
    ]

    def ask(part: Callable[[Negation, str], str]) -> np.ndarray:
        """P of that part of each text that is left, NaN where it holds no token."""
        parts = [part(negation, texts[number]) for number, negation in left]
        shares = classifier.predict(parts).probabilities
        return shares[np.arange(len(left)), [predictions[number] for number, _ in left]]

    def keep(which: np.ndarray) -> None:
        nonlocal left
        left = [entry for entry, kept in zip(left, which, strict=True) if kept]

    def turned(shares: np.ndarray, least: float) -> np.ndarray:
        """Whether the sense is what it should not be without the negation."""
        keeps = np.array([negation.keeps for _, negation in left], dtype=bool)
        return np.where(keeps, 1 - shares, shares) >= least

    keep(ask(Negation.alone) >= CLEAR)
    keep(turned(ask(Negation.undone_clause), CLEAR))
    whole, rest = np.array([confidence[n] for n, _ in left]), ask(Negation.elsewhere)
    keep(np.isnan(rest) | ((rest < 0.5) & (rest <= whole - FALL)))
    without = ask(Negation.undone)
    stays = turned(without, 0.5)
    found: dict[int, tuple[Negation, float]] = {}
    for (number, negation), share, kept in zip(left, without.tolist(), stays, strict=True):
        if kept:
            found.setdefault(number, (negation, share))
    return found
