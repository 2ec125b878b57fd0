"""Series, films, pictures and tagged texts, and the files that hold them."""

from attnviz.samples.sample import Sample, Tagged

__all__ = ["Sample", "Tagged"]
