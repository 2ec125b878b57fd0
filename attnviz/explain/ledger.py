"""The vote ledger: each logit taken apart into attention times argument, position by position."""

import numpy as np

from attnviz.classifier import Classifier
from attnviz.evidence.ledger import VoteLedger
from attnviz.explain.classes import class_index, rival_index
from attnviz.explain.layers import attend, head
from attnviz.threads import threads
from attnviz.trace import Trace


def vote_ledger(
    classifier: Classifier,
    trace: Trace,
    label: int | str | None = None,
    against: int | str | None = None,
) -> VoteLedger:
    """What every position adds to the logit of a class, and why so much: (T, A) each.

    logit_c = b_c + Σ_t Σ_a α_ta (w_ca · v_ta), all divided by the temperature; with one head and
    no self-attention v_t is the state h_t. That is the head's own formula, read as a sum over
    positions: nothing is approximated. `label` is the predicted class by default. With `against`
    the weights of that class are subtracted first, w_c − w_d, so the ledger explains the margin
    between the two: a shift of all logits alike changes no probability.

    Raises
    ------
    AttnvizError
        If the model lacks one of the classes, or both are the same.
    """
    classifier = classifier.at(trace.place)
    signs = _signs(trace, label, against)  # (C,)
    with threads(1):
        attended = attend(classifier, trace)
    values = attended.values[0].double().numpy()  # (T, A, V)
    weights = attended.weights[0].double().numpy()  # (T, A, U)
    rows = head(classifier)[0].double().numpy()  # (C, A, V)
    arguments = np.tensordot(signs, rows, axes=1) * values  # (T, A, V)
    per_unit = bool((weights != weights[..., :1]).any())
    attention, argument = weights.mean(2), arguments.sum(2)  # (T, A)
    return VoteLedger(
        label=trace.labels[int(signs.argmax())],
        against=None if against is None else trace.labels[int(signs.argmin())],
        bias=float(signs @ trace.bias),
        logit=float(signs @ trace.logits),
        attention=attention,
        argument=argument,
        vote=(weights * arguments).sum(2) if per_unit else attention * argument,
        per_unit=per_unit,
    )


def _signs(trace: Trace, label: int | str | None, against: int | str | None) -> np.ndarray:
    """(C,): 1 at the class, −1 at the one that it is weighed against, else 0."""
    signs = np.zeros(len(trace.labels))
    signs[number := class_index(trace, label)] = 1
    if against is not None:
        signs[rival_index(trace, against, number)] = -1
    return signs
