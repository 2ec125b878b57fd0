"""The questions that a run answers: its files as one view, `texts`."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from attnviz.runs.about import About
from attnviz.runs.causes import causes_of
from attnviz.runs.schema import LATER, later_schema, scores_schema

_TEXTS = """
CREATE VIEW known AS
SELECT rows.*{but}, rows.{text} AS text, {label} AS label, truths.number AS truth_number,
  named.name AS truth, best.name AS predicted, second.name AS runner,
  CASE WHEN truths.number IS NULL OR scores.row IS NULL THEN NULL
       WHEN truths.number = scores.prediction THEN 'right' ELSE 'wrong' END AS outcome,
  exp(scores.logits[truths.number + 1] - scores.lse) AS p_truth,
  scores.* EXCLUDE (row), {later}, marks.mark, marks.new_label, marks.note
FROM rows
LEFT JOIN scores ON scores.row = rows.row
LEFT JOIN later ON later.row = rows.row
LEFT JOIN marks ON marks.row = rows.row
LEFT JOIN truths ON truths.raw = trim({label})
LEFT JOIN classes AS named ON named.number = truths.number
LEFT JOIN classes AS best ON best.number = scores.prediction
LEFT JOIN classes AS second ON second.number = scores.runner_up
"""
_TAGGED = """
CREATE VIEW texts AS
SELECT *, list_filter([{tags}], lambda tag: tag IS NOT NULL) AS tags FROM known
"""


def create_views(
    connection,
    about: About,
    rows: Path,
    scores: Sequence[Path],
    later: Sequence[Path],
    marks: Mapping[int, Mapping],
) -> None:
    """Give a DuckDB connection the view `texts` (`Run.connect` says what is in it)."""
    import pyarrow as pa

    empty = scores_schema(len(about.labels), about.context).empty_table()
    empty = empty.drop_columns("context").append_column("context", pa.array([], pa.null()))
    _view(connection, "rows", [rows], None)
    _view(connection, "scores", scores, empty)
    _view(connection, "later", later, later_schema().empty_table())
    numbers = {name: number for number, name in enumerate(about.labels)}
    known = [(raw, numbers[name]) for raw, name in about.label_map.items() if name in numbers]
    pairs = {"raw": pa.array([raw for raw, _ in known], pa.string())}
    pairs["number"] = pa.array([number for _, number in known], pa.int16())
    connection.register("truths", pa.table(pairs))
    classes = {"number": pa.array(range(len(numbers)), pa.int16()), "name": list(numbers)}
    connection.register("classes", pa.table(classes))
    connection.register("marks", _marks_table(marks))
    text = f"c{about.columns.index(about.text_column)}"
    label = f"c{about.columns.index(about.label_column)}" if about.label_column else "NULL"
    but = " EXCLUDE (sample), hash(rows.sample.values)::VARCHAR AS content"
    but = but if about.of_samples else ""
    connection.execute(_TEXTS.format(text=text, label=label, later=", ".join(LATER), but=but))
    causes = causes_of(about.input).items()
    tags = ", ".join(f"CASE WHEN {c.tagged} THEN '{n}' END" for n, c in causes)
    connection.execute(_TAGGED.format(tags=tags))


def _marks_table(marks: Mapping[int, Mapping]):
    import pyarrow as pa

    columns = {"row": pa.array(list(marks), pa.int64())}
    for name, key in (("mark", "mark"), ("new_label", "label"), ("note", "note")):
        columns[name] = pa.array([entry[key] or None for entry in marks.values()], pa.string())
    return pa.table(columns)


def _view(connection, name: str, paths: Sequence[Path], empty) -> None:
    if not paths:
        connection.register(name, empty)
        return
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    found = f"SELECT * FROM read_parquet([{listed}], union_by_name = true)"
    if empty is not None:  # a run of before a column came lacks it
        connection.register(f"empty_{name}", empty)
        found += f" UNION ALL BY NAME SELECT * FROM empty_{name}"
    connection.execute(f"CREATE VIEW {name} AS {found}")
