"""Why a model says what it says: each function takes a trace, and the classifier where the trace
does not suffice, and returns plain arrays, one record of `attnviz.evidence`.

Letters in shapes are those of `attnviz.trace` and `attnviz.modeling`.
"""
