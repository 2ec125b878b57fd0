"""Tagged texts as records: tokens and tags in lists, or a text and what is marked in it.

JSON, one record a line or a list of them, also of doccano and of Label Studio; and Parquet or Arrow
with columns of lists.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from attnviz.data import READERS
from attnviz.data.decoding import find_text
from attnviz.data.files import File
from attnviz.data.reading import Reading
from attnviz.data.stream import Tell
from attnviz.data.table import Notice
from attnviz.errors import N_, FileError, reason
from attnviz.samples.sample import Tagged
from attnviz.samples.sample_file import SampleFile, SampleReading, choose_split
from attnviz.samples.spans import Span, Tagging

BROKEN = N_("{name}, {place}: no JSON: {reason}. Write one whole object on each line.")
NO_TAGS = N_(
    "{name}, {place}: neither tokens with tags nor a text with marked stretches. It has: {found}. "
    "Write {example}."
)
EXAMPLE = '{"tokens": ["Ann", "left"], "tags": ["B-PER", "O"]}'
UNLIKE = N_("{name}, {place}: tags: {tags}, tokens: {tokens}. Give each token one tag.")
NO_KEY = N_("{name}, {place}: no “{key}” beside the tokens. It has: {found}.")
NUMBERS = N_("Tags are numbers (“{key}”), and nothing names them.")
TAGS = N_("Tags: “{key}”. Not read: {others}.")
UNMARKED = N_("Texts that nobody has marked, so without tags: {count:,}.")
SEVERAL = N_("Texts that several people have marked, of which the first is taken: {count:,}.")

TOKENS = ("tokens", "words", "token", "form")
TAG_KEYS = ("tags", "ner_tags", "labels", "pos_tags", "upos", "ner", "pos", "label", "tag", "xpos")
TEXTS = ("text", "sentence", "content", "data")
SPANS = ("label", "labels", "entities", "spans", "annotations", "tags")
STARTS, ENDS = ("start", "start_offset", "begin"), ("end", "end_offset", "stop")
KINDS = ("label", "labels", "type", "entity", "tag", "entity_group")

Record = Mapping[str, object]
Places = Iterator[tuple[str, Record]]  # where it stands, what it is


def read_records(file: File, reading: SampleReading) -> SampleFile:
    """Tagged texts of JSON records.

    Tokens with tags (keys `TOKENS`, `TAG_KEYS`; `reading.tags` names another); or a text with
    stretches, [first, last exclusive, what] or an object, as doccano and Label Studio export them:
    these become BIO tags of words, of Chinese by characters. Raises `FileError`.
    """
    choose_split(file.name, (), reading.split)
    text = find_text(file)
    start = partial(_tagged, file.name, lambda: _json(file.name, text.whole()), reading.tags)
    return SampleFile(file.name, "tagged", start, notices=text.notices)


def read_rows(file: File, reading: SampleReading) -> SampleFile:
    """Tagged texts of a table of Parquet or Arrow, with lists in the same columns."""
    choose_split(file.name, (), reading.split)
    rows = READERS[file.ending](file, Reading())

    def records() -> Places:
        for line, cells in rows:
            yield f"row {line}", {k: _cell(c) for k, c in zip(rows.columns, cells, strict=True)}

    return SampleFile(file.name, "tagged", partial(_tagged, file.name, records, reading.tags))


def _cell(cell: str) -> object:
    """A list, which a stream of rows holds as JSON; else the text."""
    if not cell.startswith(("[", "{")):
        return cell
    try:
        return json.loads(cell)
    except ValueError:
        return cell


def _json(name: str, text: str) -> Places:
    start = text.lstrip()[:1]
    lines = text.splitlines()
    if start == "[" or (start == "{" and len(lines) > 1 and not _is_json(lines[0])):
        whole = _parsed(name, "line 1", text)
        for number, item in enumerate(whole if isinstance(whole, list) else [whole], 1):
            yield f"record {number}", item
        return
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield f"line {number}", _parsed(name, f"line {number}", line)


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _parsed(name: str, place: str, text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileError(BROKEN, name=name, place=place, reason=reason(error)) from error


def _tagged(
    name: str, records: Callable[[], Places], wanted: str | int | None, tell: Tell
) -> Iterator[Tagged]:
    tagging, spanned, unmarked, several, told = Tagging(), False, 0, 0, set()
    for place, record in records():
        record = record if isinstance(record, dict) else {}
        tokens = _first(record, TOKENS, list)
        if tokens is not None:
            yield _listed(name, place, record, tokens, wanted, partial(_once, told, tell))
            continue
        text, spans, people = _marked(record)
        if isinstance(spans, list) and len(spans) == len(text) > 0 and _are_words(spans):
            yield Tagged(tuple(text), tuple(spans), place)  # a tag for each character
            continue
        absent = not text and not any(key in record for key in TEXTS)
        if absent or (spans and not isinstance(spans, list)):
            found = ", ".join(map(str, record)) or "—"
            raise FileError(NO_TAGS, name=name, place=place, found=found, example=EXAMPLE)
        unmarked += spans is None
        several += people > 1
        spanned = spanned or spans is not None
        found, tags = tagging.tagged(text, _spans(name, place, record, text, spans or []))
        yield Tagged(found, None if spans is None else tags, place)
    for template, count in ((UNMARKED, unmarked), (SEVERAL, several)):
        if count:
            tell(Notice(template, {"count": count}))
    for notice in tagging.notices() if spanned else ():
        tell(notice)


def _once(told: set[str], tell: Tell, notice: Notice) -> None:
    if notice.template not in told:
        told.add(notice.template)
        tell(notice)


def _first(record: Record, keys: Sequence[str], kind: type) -> object:
    return next((record[key] for key in keys if isinstance(record.get(key), kind)), None)


def _are_words(values: Sequence[object]) -> bool:
    return all(isinstance(value, str) for value in values)


def _listed(
    name: str, place: str, record: Record, tokens: list, wanted: str | int | None, tell: Tell
) -> Tagged:
    """A record of tokens and tags in two lists."""
    fitting = [k for k, v in record.items() if isinstance(v, list) and v is not tokens]
    if wanted is not None and str(wanted) not in fitting:
        found = ", ".join(fitting) or "—"
        raise FileError(NO_KEY, name=name, place=place, key=wanted, found=found)
    key = str(wanted) if wanted is not None else next((k for k in TAG_KEYS if k in fitting), None)
    words = tuple(map(str, tokens))
    if key is None:
        return Tagged(words, None, place)
    tags = record[key]
    if len(tags) != len(words):
        values = {"tags": len(tags), "tokens": len(words)}
        raise FileError(UNLIKE, name=name, place=place, **values)
    if any(isinstance(tag, int) for tag in tags):
        tell(Notice(NUMBERS, {"key": key}))
    others = [k for k in fitting if k != key and len(record[k]) == len(words)]
    if others:
        tell(Notice(TAGS, {"key": key, "others": ", ".join(others)}))
    return Tagged(words, tuple(map(str, tags)), place)


# Texts in which stretches are marked.


def _marked(record: Record) -> tuple[str, object, int]:
    """The text of a record, what is marked in it (None if nobody has), and by how many people."""
    data = record.get("data")
    if isinstance(data, dict):  # Label Studio
        texts = [value for value in data.values() if isinstance(value, str)]
        text = _first(data, ("text",), str) or max(texts, key=len, default="")
        given = record.get("annotations") or record.get("completions") or []
        people = [p for p in given if isinstance(p, dict) and not p.get("was_cancelled")]
        if not people:
            return text, None, 0
        results = people[0].get("result") or []
        values = [r.get("value") for r in results if isinstance(r, dict)]
        return text, [v for v in values if isinstance(v, dict) and "start" in v], len(people)
    text = _first(record, TEXTS, str) or ""
    key = next((key for key in SPANS if key in record), None)
    spans = None if key is None else record[key]
    if isinstance(spans, dict):
        spans = _of_groups(spans)
    return text, spans, 1


def _in_characters(text: str, wanted: str, start: int, end: int) -> tuple[int, int]:
    """Where a stretch stands whose text is known: browsers count an emoji as two characters."""
    if text[start:end] == wanted:
        return start, end
    units = text.encode("utf-16-le", "surrogatepass")
    first = len(units[: 2 * start].decode("utf-16-le", "ignore"))
    return (first, first + len(wanted)) if text.startswith(wanted, first) else (start, end)


def _of_groups(groups: Mapping) -> object:
    """The spans of {"name": {"Ann": [[0, 2]]}}, whose ends belong to them (CLUENER 2020)."""
    found = []
    for what, texts in groups.items():
        if not isinstance(texts, dict):
            return groups
        for pairs in texts.values():
            found += [[first, last + 1, what] for first, last in pairs]
    return found


def _spans(name: str, place: str, record: Record, text: str, spans: list) -> list[Span]:
    found = []
    for span in spans:
        if isinstance(span, dict):
            start, end = _first(span, STARTS, int), _first(span, ENDS, int)
            what = next((span[key] for key in KINDS if span.get(key)), None)
            if isinstance(span.get("text"), str) and start is not None and end is not None:
                start, end = _in_characters(text, span["text"], start, end)
        elif isinstance(span, list) and len(span) == 3:
            start, end, what = span
        else:
            start = end = what = None
        what = what[0] if isinstance(what, list) and what else what
        if not (isinstance(start, int) and isinstance(end, int) and isinstance(what, str)):
            keys = ", ".join(map(str, record))
            raise FileError(NO_TAGS, name=name, place=place, found=keys, example=EXAMPLE)
        found.append((start, end, what))
    return found
