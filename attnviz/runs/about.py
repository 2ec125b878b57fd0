"""What a run is about, as run.json holds it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields

from attnviz.data.table import Notice
from attnviz.kinds import INPUT_KINDS
from attnviz.runs.schema import CHUNK

# What older runs may lack.
LATER = ("notices", "label_notices", "reading", "text_by", "input", "chunks")


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
    input: str = "text"  # what a row is, a key of `attnviz.kinds.INPUT_KINDS`; its text is a name
    chunks: tuple[int, ...] = ()  # how many rows each chunk has, where not `CHUNK`

    @property
    def told(self) -> tuple[Notice, ...]:
        """What there is to say about the file and about its labels."""
        return self.notices + self.label_notices

    @property
    def of_samples(self) -> bool:
        """Whether the rows are no texts; `attnviz.runs.samples` keeps what they are."""
        return self.input != "text"

    @property
    def lengths(self) -> tuple[int, ...]:
        """How many rows each chunk has."""
        whole, rest = divmod(self.rows, CHUNK)
        return self.chunks or (*[CHUNK] * whole, *[rest] * bool(rest))

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
        for name in ("labels", "columns", "chunks"):
            found[name] = tuple(found.get(name, ()))
        for name in ("notices", "label_notices"):
            found[name] = tuple(map(_notice, found.get(name, ())))
        for one in fields(cls):
            if one.name in found and not _fits(found[one.name], one.type):
                raise ValueError(f"{one.name} {found[one.name]!r}"[:200])
        about = cls(**found)
        used = {about.text_column} | ({about.label_column} - {None})
        fits = sum(about.lengths) == about.rows and about.input in INPUT_KINDS
        if not used <= set(about.columns) or about.rows < 0 or about.context < 1 or not fits:
            raise ValueError("columns or sizes that do not fit together")
        return about


def _fits(value: object, kind: object) -> bool:
    """Whether a value from outside is of the kind that a field is declared with."""
    if kind in (tuple[str, ...], tuple[int, ...]):
        return all(isinstance(part, kind.__args__[0]) for part in value)
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
