"""Finding out why a model gets certain texts wrong: a labelled file in, mistakes and causes out.

A file's rows are kept by `attnviz.runs`; here they are scored, measured and compared.
"""
