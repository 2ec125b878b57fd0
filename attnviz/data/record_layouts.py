"""Records as annotation tools and servers write them: the text and its label in each."""

from collections.abc import Callable, Mapping, Sequence

from attnviz.errors import N_

REJECTED = N_(
    "Annotations that were rejected, so without a label: {count} (the first in line {line})."
)
CHATS = ("messages", "conversations")  # of OpenAI, of ShareGPT
LOOKED_AT = 50  # records that tell a layout


def record_layout(records: Sequence[Mapping]) -> tuple[str, Callable] | None:
    """The layout that all of the first records have, if any."""
    records = [record for record in records[:LOOKED_AT] if record]
    for title, recognise, unwrap in RECORDS:
        if records and all(map(recognise, records)):
            return title, unwrap
    return None


def _is_label_studio(record: Mapping) -> bool:
    return isinstance(record.get("data"), dict) and any(
        isinstance(record.get(key), list) for key in ("annotations", "completions")
    )


def _of_label_studio(record: Mapping) -> dict:
    """The task's data, and for each question the answer on which its annotations agree."""
    kept = [
        annotation
        for annotation in record.get("annotations", record.get("completions"))
        if isinstance(annotation, dict) and not annotation.get("was_cancelled")
    ]
    answers = [_answers(annotation) for annotation in kept]
    names = list(dict.fromkeys(name for answer in answers for name in answer))
    found = {}
    for name in names:
        given = [answer[name] for answer in answers if name in answer]
        agreed = all(value == given[0] for value in given)
        found["label" if len(names) == 1 else name] = given[0] if agreed else None
    return {**record["data"], **({"label": None} if not names else found)}


def _answers(annotation: Mapping) -> dict[str, object]:
    """Question → the choice, or the rating, that an annotation gives."""
    results, found = annotation.get("result"), {}
    for result in results if isinstance(results, list) else ():
        value = result.get("value") if isinstance(result, dict) else None
        if isinstance(value, dict):
            for kind in ("choices", "rating", "number"):
                if kind in value:
                    found[str(result.get("from_name", "label"))] = value[kind]
    return found


def _is_prodigy(record: Mapping) -> bool:
    answered = record.get("answer") in ("accept", "reject", "ignore")
    return answered and ("accept" in record or "label" in record or "_task_hash" in record)


def _of_prodigy(record: Mapping) -> dict:
    """What was accepted is the label; what was rejected has none, nor what was left out.

    An option that was chosen counts although the answer is “ignore”; a label that was asked for
    with yes and no only counts with “accept”.
    """
    kept = {
        key: value
        for key, value in record.items()
        if not key.startswith("_") and key not in ("accept", "options", "config", "label")
    }
    chosen = record.get("accept")
    if chosen is not None and record["answer"] != "reject":
        return {**kept, "label": chosen}
    named = record.get("label") if chosen is None and record["answer"] == "accept" else None
    return {**kept, "label": named}


def _is_rejected(record: Mapping) -> bool:
    return record.get("answer") == "reject"


def _is_spacy(record: Mapping) -> bool:
    return _scores(record.get("cats")) is not None


def _of_spacy(record: Mapping) -> dict:
    """The category with the highest score, if it is above one half and the only one."""
    scores = _scores(record["cats"])
    above = [name for name, score in scores.items() if score > 0.5]
    best = max(scores.values(), default=0.0)
    chosen = [name for name in above if scores[name] == best]
    label = chosen[0] if len(above) == 1 and chosen else None
    return {**{key: value for key, value in record.items() if key != "cats"}, "label": label}


def _scores(cats: object) -> dict[str, float] | None:
    if isinstance(cats, list) and all(
        isinstance(c, dict) and {"label", "value"} <= c.keys() for c in cats
    ):
        cats = {str(c["label"]): c["value"] for c in cats}
    if not isinstance(cats, dict) or not cats:
        return None
    try:
        return {name: float(score) for name, score in cats.items()}
    except (TypeError, ValueError):
        return None


def _is_ground_truth(record: Mapping) -> bool:
    return isinstance(record.get("source"), str) and any(
        key.endswith("-metadata") and isinstance(value, dict) and "class-name" in value
        for key, value in record.items()
    )


def _of_ground_truth(record: Mapping) -> dict:
    names = (value["class-name"] for key, value in record.items() if key.endswith("-metadata"))
    return {"text": record["source"], "label": next(names)}


def _turns(record: Mapping) -> list[tuple[str, object]]:
    """Who says what in a chat, without the instructions above it."""
    turns = next((record[key] for key in CHATS if isinstance(record.get(key), list)), [])
    said = [
        (str(turn.get("role", turn.get("from"))), turn.get("content", turn.get("value")))
        for turn in turns
        if isinstance(turn, dict)
    ]
    return [(who, what) for who, what in said if who not in ("system", "developer")]


def _is_chat(record: Mapping) -> bool:
    turns = _turns(record)
    asked = [who in ("user", "human") and isinstance(what, str) for who, what in turns]
    return asked == [True, False]


def _of_chat(record: Mapping) -> dict:
    """The user's words are the text; the reply stands in a column of who gives it."""
    (_, text), (who, reply) = _turns(record)
    rest = {key: value for key, value in record.items() if key not in CHATS}
    return {"text": text, who: reply, **rest}


def _inside(key: str, *others: str) -> tuple[Callable, Callable]:
    """A record that lies under a key, beside keys of which the wrapping has at least one."""

    def recognise(record: Mapping) -> bool:
        return isinstance(record.get(key), dict) and any(other in record for other in others)

    return recognise, lambda record: dict(record[key])


RECORDS = (  # what it is, whether a record is it, the record without its wrapping
    (N_("tasks of Label Studio"), _is_label_studio, _of_label_studio),
    (N_("annotations of Prodigy"), _is_prodigy, _of_prodigy),
    (N_("texts with spaCy's categories (cats)"), _is_spacy, _of_spacy),
    (N_("a manifest of SageMaker Ground Truth"), _is_ground_truth, _of_ground_truth),
    (N_("chats of one message and one reply"), _is_chat, _of_chat),
    (N_("rows of the Hugging Face data set server"), *_inside("row", "row_idx", "truncated_cells")),
    (N_("hits of Elasticsearch"), *_inside("_source", "_id", "_index", "_score")),
    (N_("features of GeoJSON"), *_inside("properties", "geometry")),
)

WITHOUT_LABEL = {  # how records lose their wrapping → which have no label then, and what to tell
    _of_prodigy: (_is_rejected, REJECTED),
}
