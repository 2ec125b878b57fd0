"""Phrases that stand in mistakes again and again: “won me over”, wrong in 14 of 16 texts."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from attnviz.evaluation import wilson
from attnviz.evidence.phrases import Phrase, Phrases
from attnviz.inspection.lift import FEWEST, Lift
from attnviz.inspection.vocabulary import STOP_WORDS
from attnviz.runs.run import Run

LONGEST, LONGEST_HAN = 10, 8  # words of a phrase; signs of a Han one
MISTAKES, CORRECT = 4_000, 16_000
"""Of more texts than these, as many are read, drawn at random."""
READ = 5_000  # characters of a text
DISCOVERIES = 0.01  # the share of phrases listed that may be there by chance
WORD_CHANCE = 0.001  # that any single word at all is listed by chance
WORD_LIFT = 3.0  # the least lower end of a single word's lift
LISTED = 20
COVERED = 0.8
"""A phrase that shares so many of its mistakes with one listed before it says nothing new."""
WORD = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3400-\u9fff\uf900-\ufaff]+(?:['’]\w+)*")
STOP = re.compile(r"[.!?;:,()\n\"“”。！？；：，、（）…]")
"""What no phrase reaches across."""


def recurring(
    run: Run, moved: Callable[[int], object] = lambda rows: None
) -> tuple[Phrases, dict[int, str]]:
    """Phrases of 1 to 10 words (2 to 8 Han signs) that recur in a run's mistakes; row → its phrase.

    A phrase counts if it stands in five mistakes at least, is maximal (no longer phrase stands in
    the same texts) and, among all in five texts or more, is surely commoner there than in correct
    ones; equal texts count once. Surely is by Fisher's exact test, one-sided, with Benjamini &
    Hochberg's correction at 1 %. A single word, or two Han signs, must be surer (`_sure_word`),
    since common words are many. Since many were searched, the counts of those that are listed are
    hopeful: in other texts of the kind they will stand out less.
    """
    wrong, right = (_texts(run, outcome, most) for outcome, most in _SIDES)
    texts = [*wrong, *right]
    holders = _frequent(texts)
    moved(0)
    sides = {  # in how many mistakes and correct texts each stands
        phrase: (sum(place < len(wrong) for place in places), len(places))
        for phrase, places in holders.items()
    }
    counts = {phrase: (here, every - here) for phrase, (here, every) in sides.items()}
    found: list[tuple[tuple[str, ...], Phrase]] = []
    listed: list[set[int]] = []
    for phrase in sorted(_sure(counts, len(wrong), len(right)), key=lambda p: _key(p, counts[p])):
        places = {place for place in holders[phrase] if place < len(wrong)}
        if any(len(places & other) >= COVERED * len(places) for other in listed):
            continue
        listed.append(places)
        said = _written(phrase, [wrong[place][1] for place in sorted(places)])
        rows = tuple(sorted(row for place in places for row in wrong[place][0]))
        sure = wilson(counts[phrase][0], sum(counts[phrase]))
        found.append((phrase, Phrase(said, *counts[phrase], len(wrong), len(right), rows, sure)))
        if len(found) == LISTED:
            break
    return Phrases(tuple(phrase for _, phrase in found), len(counts)), _tagged(texts, found)


_SIDES = (("wrong", MISTAKES), ("right", CORRECT))


def _texts(run: Run, outcome: str, most: int) -> list[tuple[list[int], str]]:
    """The different texts with this outcome, each with its rows."""
    sql = f"SELECT row, left(text, {READ}) AS text FROM texts WHERE outcome = ? ORDER BY row"
    found = run.query(sql, [outcome])
    if len(found) > most:
        found = found.iloc[np.sort(np.random.default_rng(0).choice(len(found), most, False))]
    different: dict[str, tuple[list[int], str]] = {}
    for row, text in zip(found["row"].tolist(), found["text"].fillna("").tolist(), strict=True):
        different.setdefault(" ".join(text.lower().split()), ([], text))[0].append(row)
    return list(different.values())


def pieces(text: str) -> list[list[str]]:
    """The words of each stretch of a text, in lower case."""
    return [WORD.findall(part) for part in STOP.split(text.lower().replace("’", "'"))]


def _grams(parts: Sequence[Sequence[str]], size: int) -> Iterator[tuple[str, ...]]:
    for words in parts:
        for start in range(len(words) - size + 1):
            yield tuple(words[start : start + size])


def _frequent(texts: list[tuple[list[int], str]]) -> dict[tuple[str, ...], frozenset[int]]:
    """Phrase → the places of the texts that hold it, five or more; maximal ones alone.

    A phrase is left out where a longer one stands in as many texts, that is in the same.
    """
    split = [pieces(text) for _, text in texts]
    found: dict[tuple[str, ...], frozenset[int]] = {}
    shorter: dict[tuple[str, ...], frozenset[int]] = {}
    for size in range(1, LONGEST + 1):
        holders = defaultdict(set)
        for place, parts in enumerate(split):
            for gram in _grams(parts, size):
                if size == 1 or (gram[:-1] in shorter and gram[1:] in shorter):
                    holders[gram].add(place)
        longer = {g: frozenset(places) for g, places in holders.items() if len(places) >= FEWEST}
        for gram, places in longer.items():
            for part in (gram[:-1], gram[1:]):
                if _is_phrase(gram) and len(shorter.get(part, ())) == len(places):
                    found.pop(part, None)
        found |= {gram: places for gram, places in longer.items() if _is_phrase(gram)}
        shorter = longer
    return found


def _is_phrase(gram: tuple[str, ...]) -> bool:
    han = sum("\u3400" <= word[0] <= "\ufaff" for word in gram)
    if han == len(gram):
        return 1 < han <= LONGEST_HAN
    return not all(word in STOP_WORDS or len(word) < 2 for word in gram)


def _sure(counts: dict[tuple, tuple[int, int]], wrong: int, right: int) -> list[tuple]:
    """Those that stand in five mistakes or more, and there surely more often."""
    from scipy.stats import false_discovery_control, hypergeom

    if not (counts and right):
        return []
    here, there = np.array(list(counts.values())).T
    p = hypergeom.sf(here - 1, wrong + right, wrong, here + there)
    kept = (false_discovery_control(np.clip(p, 0, 1)) <= DISCOVERIES) & (here >= FEWEST)
    return [
        phrase
        for phrase, sure, chance in zip(counts, kept, (p * len(counts)).tolist(), strict=True)
        if sure and (not _is_word(phrase) or _sure_word(counts[phrase], chance, wrong, right))
    ]


def _is_word(phrase: tuple[str, ...]) -> bool:
    han = all("\u3400" <= word[0] <= "\ufaff" for word in phrase)
    return len(phrase) <= 1 + han


def _sure_word(counts: tuple[int, int], chance: float, wrong: int, right: int) -> bool:
    """Whether a word passes Bonferroni's correction and its lift is 3 at least (97.5 %)."""
    here, there = counts
    lift = Lift("phrase", here, there, wrong, right, here + there, wrong + right)
    return chance <= WORD_CHANCE and lift.interval[0] >= WORD_LIFT


def _key(phrase: tuple[str, ...], counts: tuple[int, int]) -> tuple:
    """First what is wrong most surely, so that “won me over” comes before “me”."""
    return -wilson(counts[0], sum(counts))[0], -counts[0], -len(phrase), phrase


def _written(phrase: tuple[str, ...], texts: list[str]) -> str:
    """The phrase as most of these texts spell it, in lower case."""
    between = [r"[^\w]*?" if "\u3400" <= word[0] <= "\ufaff" else r"[^\w]+?" for word in phrase[1:]]
    joined = re.escape(phrase[0]) + "".join(
        gap + re.escape(word) for gap, word in zip(between, phrase[1:], strict=True)
    )
    pattern = re.compile(joined.replace("'", "['’]"))
    spelt = Counter(" ".join(m.group().split()) for t in texts if (m := pattern.search(t.lower())))
    return spelt.most_common(1)[0][0] if spelt else " ".join(phrase)


def _tagged(
    texts: list[tuple[list[int], str]], found: list[tuple[tuple, Phrase]]
) -> dict[int, str]:
    """Row → the first of the phrases listed that it holds."""
    names = {gram: phrase.text for gram, phrase in reversed(found)}
    order = {gram: place for place, (gram, _) in enumerate(found)}
    sizes = {len(gram) for gram in names}
    tagged = {}
    for rows, text in texts:
        parts = pieces(text)
        held = {gram for size in sizes for gram in _grams(parts, size) if gram in names}
        if held:
            tagged |= dict.fromkeys(rows, names[min(held, key=order.__getitem__)])
    return tagged
