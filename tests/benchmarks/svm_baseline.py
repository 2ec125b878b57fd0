"""What counting characters or words and a linear SVM reach on the same rows: the floor.

python -m tests.benchmarks.svm_baseline TRAIN.csv DEV.csv [--characters]

TF-IDF over words and pairs of them, or over one to three characters (Chinese), with sublinear term
frequency, and a linear SVM with its default cost.
"""

import argparse

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from attnviz.cli.files import labelled_file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("train")
    parser.add_argument("dev")
    parser.add_argument("--characters", action="store_true")
    options = parser.parse_args()
    kind = {"analyzer": "char", "ngram_range": (1, 3)} if options.characters else {}
    counts = TfidfVectorizer(**{"ngram_range": (1, 2), "sublinear_tf": True} | kind)
    train, dev = (labelled_file(path, None, None) for path in (options.train, options.dev))
    model = make_pipeline(counts, LinearSVC()).fit(train.texts, train.labels)
    print(f"{model.score(dev.texts, dev.labels):.1%} of {len(dev.texts):,} texts")


if __name__ == "__main__":
    main()
