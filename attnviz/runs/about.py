"""What a run is about, as run.json holds it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields

from attnviz.data.table import Notice

LATER = ("notices", "label_notices", "reading")  # what older runs may lack


@dataclass(frozen=True)
class About:
    """What was scored by what. `context` is the size of the network's context vector."""

    name: str
    created: str
    model: str
    weights: str
    labels: tuple[str, ...]
    context: int
    temperature: float
    file: str
    digest: str
    encoding: str
    delimiter: str | None
    columns: tuple[str, ...]
    text_column: str
    label_column: str | None
    label_map: Mapping[str, str]
    rows: int
    notices: tuple[Notice, ...] = ()
    label_notices: tuple[Notice, ...] = ()
    reading: Mapping[str, object] = field(default_factory=dict, hash=False)  # `Reading.given`

    @property
    def told(self) -> tuple[Notice, ...]:
        """What there is to say about the file and about its labels."""
        return self.notices + self.label_notices

    @property
    def labels_key(self) -> bytes:
        """Tells which labels the texts are compared with."""
        return json.dumps([self.label_column, sorted(self.label_map.items())]).encode()

    def to_json(self) -> str:
        """What `from_json` reads back."""
        return json.dumps(asdict(self), ensure_ascii=False, default=str)

    @classmethod
    def from_json(cls, text: str) -> "About":
        """Raises `ValueError`, `KeyError` or `TypeError` where the text is no such thing."""
        known = json.loads(text)
        names = [field.name for field in fields(cls)]
        found = {name: known[name] for name in names if name in known or name not in LATER}
        for name in ("labels", "columns"):
            found[name] = tuple(found[name])
        for name in ("notices", "label_notices"):
            found[name] = tuple(map(_notice, found.get(name, ())))
        return cls(**found)


def _notice(found: Mapping) -> Notice:
    """A notice as run.json holds it; one may stand in another."""
    values = {n: _notice(v) if isinstance(v, dict) else v for n, v in found["values"].items()}
    template = found["template"]
    return Notice(template, values)
