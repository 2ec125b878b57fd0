"""Whether the attention of a text is load-bearing: what happens when it is altered or obeyed.

The tests are those of Jain & Wallace (2019), the uniform baseline is that of Wiegreffe & Pinter
(2019), the removal of tokens that of ERASER (DeYoung et al. 2020). All is from the papers.
"""

from collections.abc import Callable, Sequence

import numpy as np

from attnviz.classifier import Classifier
from attnviz.errors import AttnvizError, TextError
from attnviz.evidence.distances import total_variation
from attnviz.evidence.trust import SAME, Trust, TrustSample
from attnviz.explain.adversary import adversarial
from attnviz.explain.attributions import ATTRIBUTIONS, COSTS
from attnviz.explain.classes import class_index
from attnviz.explain.removal import without
from attnviz.explain.weighing import constant, permuted, uniform, weigh
from attnviz.threads import threads
from attnviz.trace import Trace

PERCENTS = (1, 5, 10, 20, 50)
"""Sizes of a rationale in per cent of the tokens (DeYoung et al. 2020), rounded up to whole tokens.
Of a short text several are the same number of tokens, which counts once."""

PERMUTATIONS, DRAWS = 100, 100
SINGLE_PRECISION = 6  # decimals that probabilities keep
SEARCH = 10  # passes over the text that the adversarial search is worth

Progress = Callable[[float, float], object]


def trust_check(
    classifier: Classifier,
    trace: Trace,
    *,
    permutations: int = PERMUTATIONS,
    draws: int = DRAWS,
    tolerance: float = SAME,
    seed: int = 0,
    integrated_gradients: np.ndarray | None = None,
    progress: Progress | None = None,
) -> Trust:
    """Everything that is known of how much one prediction rests on its attention.

    `permutations` of the weights and `draws` of random tokens are made with `seed`, so the same
    text always gives the same record. `tolerance` is how far (total variation distance) the
    prediction of the adversarial attention may be. `integrated_gradients` (T,), of the predicted
    class, are computed where they are not given. `progress(done, total)` is called after every
    batch, in passes over the text that the work is worth; what it raises ends the check.
    """
    classifier = classifier.at(trace.place)
    if trace.task == "forecast":
        raise AttnvizError(
            "The trust check compares probabilities, and a forecast has none. Ask another question."
        )
    tell = progress or (lambda done, total: None)
    removing = len(trace.tokens) + 2 * (1 + draws) * len(sizes_of(len(trace.tokens)))
    deriving = 0 if integrated_gradients is not None else COSTS["integrated_gradients"](trace)
    total = removing + deriving + SEARCH
    moving, drawing, starting = np.random.default_rng(seed).spawn(3)
    label = class_index(trace)
    with threads(1):
        weighing = weigh(classifier, trace)
        own = weighing.probabilities(weighing.weights[None])[0].numpy()  # (C,)
        moved = permuted(weighing, permutations, moving)  # (P, C)
        alike = uniform(weighing)
    removal = _removal(
        classifier, trace, label, draws, drawing, lambda done, of: tell(removing * done / of, total)
    )
    if integrated_gradients is None:
        integrated_gradients = ATTRIBUTIONS["integrated_gradients"](
            classifier,
            trace,
            label,
            lambda done, of: tell(removing + deriving * done / of, total),
        )
    with threads(1):
        found = adversarial(weighing, tolerance, starting)
        predicted = None if found is None else weighing.under(found)
    tell(total, total)
    return Trust(
        label=label,
        probabilities=own,
        attention=trace.attention.astype(np.float64),
        pooling=trace.pooling,
        constant=constant(weighing),
        permuted=total_variation(moved, own),
        permuted_labels=moved.argmax(axis=1),
        uniform=alike,
        integrated_gradients=np.asarray(integrated_gradients, dtype=np.float64),
        adversarial=found,
        adversarial_probabilities=predicted,
        **removal,
    )


def sizes_of(tokens: int) -> np.ndarray:
    """(B,) how many tokens each rationale of a text holds, ascending, each number once."""
    return np.unique(-(-np.array(PERCENTS) * tokens // 100))


def trust_over(
    classifier: Classifier,
    texts: Sequence[str],
    *,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
    progress: Progress | None = None,
) -> TrustSample:
    """The trust check of each text, as arrays; a text that cannot be read has no measures.

    `progress(done, total)` counts texts, and parts of them.
    """
    checks: list[Trust | None] = []
    for number, text in enumerate(texts):

        def tell(done: float, total: float, number: int = number) -> None:
            if progress:
                progress(number + done / total, len(texts))

        checks.append(
            check_text(classifier, text, permutations=permutations, seed=seed, progress=tell)
        )
    return TrustSample.of(texts, checks)


def check_text(classifier: Classifier, text: str, **settings) -> Trust | None:
    """`trust_check` of a text with the same settings, or None if it cannot be read."""
    try:
        trace = classifier.trace(text)
    except TextError:
        return None
    return trust_check(classifier, trace, **settings)


def _removal(
    classifier: Classifier, trace: Trace, label: int, draws: int, generator, tell
) -> dict[str, np.ndarray]:
    """What the prediction becomes without some tokens: the fields of `Trust` that tell it.

    A rationale is the tokens of most attention, averaged over the heads. Tokens that tie stand in
    an order of chance, since their place in the text must not count. `draws` random orders of all
    tokens are the baseline: without one, a loss could be that of any text made shorter.
    """
    tokens = len(trace.tokens)
    sizes = sizes_of(tokens)
    ties = generator.permutation(tokens)
    best = np.lexsort((ties, -trace.attention.mean(axis=1)))
    orders = np.stack([best, *(generator.permutation(tokens) for _ in range(draws))])  # (1 + R, T)
    ranks = orders.argsort(axis=1)
    rationales = ranks[:, None] < sizes[:, None]  # (1 + R, B, T)
    parts = [~np.eye(tokens, dtype=bool), ~rationales, rationales, np.ones(tokens, dtype=bool)]
    kept = np.concatenate([part.reshape(-1, tokens) for part in parts])
    probabilities = without(classifier, trace, kept, tell)  # (T + 2 (1 + R) B + 1, C)
    whole = probabilities[-1]  # by the same road, so that differences are those of tokens
    losses = (whole[label] - probabilities[tokens:-1, label]).reshape(2, *rationales.shape[:2])
    effects = total_variation(probabilities[:tokens], whole)
    return {
        "sizes": sizes,
        "comprehensiveness": losses[0, 0],
        "sufficiency": losses[1, 0],
        "random_comprehensiveness": losses[0, 1:],
        "random_sufficiency": losses[1, 1:],
        "leave_one_out": np.round(effects, SINGLE_PRECISION),
    }
