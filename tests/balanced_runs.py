"""A run whose every class is read both rightly and wrongly, unlike that of the tiny model."""

from attnviz.classifier import Classifier
from attnviz.folders import weights_digest
from attnviz.inspection.scoring import score_run
from tests.scored_runs import make_run, random_rows


def balanced_run(folder, build_network, tokenizer, count=113):
    """A run and its classifier; the model is saved beside it.

    The biases are moved so that each class has the largest logit of about a third of the texts.
    """
    import torch

    classifier = Classifier(build_network(), tokenizer)
    rows = random_rows(count, classifier.labels)
    logits = torch.tensor([classifier.trace(text).logits.tolist() for text, *_ in rows])
    with torch.no_grad():
        classifier.network.head.bias -= logits.median(0).values
    classifier.network.save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")
    run = make_run(folder / "run", classifier, rows, model=folder / "model")
    run.change(weights=weights_digest(folder / "model"))
    score_run(classifier, run)
    return run, classifier
