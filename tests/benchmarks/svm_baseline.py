"""What counting characters or words and a linear SVM reach on the same rows: the floor.

python -m tests.benchmarks.svm_baseline [TRAIN.csv …] DEV.csv [--characters] [--hold-out]

TF-IDF over words and pairs of them, or over one to three characters (Chinese), with sublinear term
frequency, and a linear SVM with its default cost. `--hold-out` learns from nine tenths of DEV too,
and measures on the tenth that `train --hold-out` sets aside.
"""

import argparse

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from attnviz.cli.files import labelled_file
from attnviz.evaluation import hold_out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="+", help="texts to learn from, and last those to measure")
    parser.add_argument("--characters", action="store_true")
    parser.add_argument("--hold-out", action="store_true")
    options = parser.parse_args()
    kind = {"analyzer": "char", "ngram_range": (1, 3)} if options.characters else {}
    counts = TfidfVectorizer(**{"ngram_range": (1, 2), "sublinear_tf": True} | kind)
    *train, dev = (labelled_file(path, None, None, {}) for path in options.files)
    if options.hold_out:
        more, dev = hold_out(dev)
        train.append(more)
    texts = [text for file in train for text in file.texts]
    labels = [label for file in train for label in file.labels]
    model = make_pipeline(counts, LinearSVC()).fit(texts, labels)
    print(f"{model.score(dev.texts, dev.labels):.1%} of {len(dev.texts):,} texts")


if __name__ == "__main__":
    main()
