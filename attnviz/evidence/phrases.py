"""Phrases that recur in the mistakes of a file."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Phrase:
    """A phrase that stands in `wrong` of `wrong_texts` mistakes and `right` of the correct texts.

    Equal texts are one in all these counts.

    Parameters
    ----------
    text
        As it is written most often, in lower case.
    rows
        The mistakes, equal ones each.
    interval
        95 % interval (Wilson) of the share of its texts that are wrong; hopeful, since the phrase
        was searched for.
    """

    text: str
    wrong: int
    right: int
    wrong_texts: int
    right_texts: int
    rows: tuple[int, ...]
    interval: tuple[float, float]


@dataclass(frozen=True)
class Phrases:
    """The phrases that recur in mistakes, the surest first, among `searched` that were tried."""

    found: tuple[Phrase, ...]
    searched: int

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, said: str) -> "Phrases":
        entries = json.loads(said)
        phrases = [
            Phrase(**{k: tuple(v) if isinstance(v, list) else v for k, v in entry.items()})
            for entry in entries["found"]
        ]
        return cls(tuple(phrases), entries["searched"])
