"""The columns of a run's Parquet files."""

CHUNK = 2_000
"""Rows of a row group of rows.parquet and of a file of scores: what a killed run may lose."""

EVIDENCE = {
    "tokens": "int32",  # how many were read
    "cut": "int32",  # how many did not fit
    "votes_for": "float32",  # sum of the votes for the prediction and against the runner-up, ≥ 0
    "votes_against": "float32",  # sum of those the other way round, ≥ 0
    "strongest_row": "int32",  # the position with the largest vote, either way
    "strongest_share": "float32",  # its part of votes_for + votes_against
    "decisive_row": "int32",  # the position without whose vote the runner-up would win, if one
    "attention_entropy": "float32",  # 0 (one position has all) … 1 (all alike)
    "attention_idle": "float32",  # share of the attention on punctuation and stop words
    "idle_row": "int32",  # the one of them with most attention
    "rare_row": "int32",  # a piece that the model hardly knows under one of the strongest votes
    "foreign_share": "float32",  # share of the text in a language that the model was not trained on
    "missing_row": "int32",  # a step with a missing value under one of the strongest votes
    "range_row": "int32",  # a step with a value that the training files did not have, under one
    "outvoted_row": "int32",  # the strongest vote of a first half that goes against the prediction
}
"""What the network leaves behind of each text, beside its logits. Rows count tokens from 0.

“Votes” are those of the margin: of the prediction minus those of the class with the second largest
logit. A value is null where it means nothing: no such position, attention that is not learnt, a
text that cannot be read.
"""

LATER = {
    "negation_tested": "bool",  # whether the negations of the text were taken out; null if not
    "negation_row": "int32",  # a negation that decides the outcome as if it were not there
    "negation_without": "float32",  # the prediction's probability without that negation
    "duplicate_of": "int64",  # row of a near-duplicate that has another label
    "label_quality": "float32",  # 0 … 1, low where the model, as sure as it is right, denies it
    "suspect": "bool",  # whether confident learning doubts the label
    "phrase": "string",  # of the phrases that recur in mistakes, the surest one in the text
    "outlier": "float32",  # cosine distance from the nearest other texts
}
"""What needs the whole file, computed when all rows are scored."""


def scores_schema(labels: int, context: int):
    """The Arrow schema of a file of scores, for C labels and context vectors of N numbers.

    `prediction` and `runner_up` are indices, null where the text has no token; `margin` is the
    difference of their probabilities; `lse` is log Σ exp(logits), so that every probability is
    exp(logit − lse).
    """
    import pyarrow as pa

    fixed = {"row": "int64", "prediction": "int16", "runner_up": "int16"}
    numbers = {"confidence": "float32", "margin": "float32", "lse": "float32"}
    fields = [pa.field(name, pa.type_for_alias(kind)) for name, kind in (fixed | numbers).items()]
    fields.append(pa.field("logits", pa.list_(pa.float32(), labels)))
    fields.append(pa.field("context", pa.list_(pa.float16(), context)))
    fields += [pa.field(name, pa.type_for_alias(kind)) for name, kind in EVIDENCE.items()]
    return pa.schema(fields)


def later_schema():
    """The Arrow schema of later.parquet."""
    import pyarrow as pa

    return pa.schema({"row": pa.int64()} | {n: pa.type_for_alias(k) for n, k in LATER.items()})
