"""What a run is about, as run.json holds it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields

from attnviz.data.table import Notice

LATER = ("notices", "label_notices", "reading", "text_by")  # what older runs may lack


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
    text_by: str = "given"  # by what its column was chosen, a key of `attnviz.data.columns.BY`

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
        for one in fields(cls):
            if one.name in found and not _fits(found[one.name], one.type):
                raise ValueError(f"{one.name} {found[one.name]!r}"[:200])
        about = cls(**found)
        used = {about.text_column} | ({about.label_column} - {None})
        if not used <= set(about.columns) or about.rows < 0 or about.context < 1:
            raise ValueError("columns or sizes that do not fit together")
        return about


def _fits(value: object, kind: object) -> bool:
    """Whether a value from outside is of the kind that a field is declared with."""
    if kind == tuple[str, ...]:
        return all(isinstance(text, str) for text in value)
    if kind == Mapping[str, object]:
        return isinstance(value, dict)
    if kind == Mapping[str, str]:
        return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())
    return isinstance(value, float | int if kind is float else kind) if _is_plain(kind) else True


def _is_plain(kind: object) -> bool:
    return kind in (str, int, float, str | None)


def _notice(found: Mapping) -> Notice:
    """A notice as run.json holds it; one may stand in another."""
    values = {n: _notice(v) if isinstance(v, dict) else v for n, v in found["values"].items()}
    template = found["template"]
    return Notice(template, values)
