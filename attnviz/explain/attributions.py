"""How much each token has to do with a class's logit, by several methods.

Captum computes; here stands what it computes on. Baseline is a text or sample of the same length
that holds nothing (`attnviz.explain.blank`): zero embeddings, or black pictures. Whatever of the
network is affine is computed once (`attnviz.explain.affine`), and the rest in batches, so the
numbers are those of Captum called plainly, in a fraction of its time.
"""

import time
from collections.abc import Callable, Sequence
from itertools import groupby

import numpy as np
import torch
from torch import Tensor

from attnviz.classifier import TOKENS_PER_BATCH, Classifier
from attnviz.errors import AttnvizError
from attnviz.evidence.attributions import Attributions
from attnviz.explain.affine import affine_start
from attnviz.explain.blank import blank
from attnviz.explain.classes import class_index
from attnviz.explain.cores import cores, side_by_side
from attnviz.threads import threads
from attnviz.trace import Trace

STEPS = 50
TOKENS_PER_STEP_BATCH = 1_500  # on a core: what a gradient must keep of them still fits its cache
LEAST_STEPS = 13  # on a core: each step of a recurrent layer is one product of so many rows

Progress = Callable[[float, float], object]


def attribute(
    classifier: Classifier,
    trace: Trace,
    label: int | str | None = None,
    methods: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Attributions:
    """Scores of the tokens by several methods, by default all, for one class's logit.

    `label` is the predicted class by default. `progress(done, total)` is called after every batch,
    in passes over the text that the work is worth; what it raises ends the work, which leaves
    nothing behind.

    Raises
    ------
    AttnvizError
        If the model has no such class, or there is no such method.
    """
    classifier = classifier.at(trace.place)
    chosen = _known(ATTRIBUTIONS if methods is None else methods)
    number = class_index(trace, label)
    costs = [COSTS[name](trace) for name in chosen]
    total, scores = sum(costs), {}
    for place, name in enumerate(chosen):
        report = _part(progress, sum(costs[:place]), costs[place], total)
        found = ATTRIBUTIONS[name](classifier, trace, number, report)
        scores[name] = np.array(found, dtype=np.float64)
    return Attributions(
        label=trace.labels[number],
        scores=scores,
        logit=float(trace.logits[number]),
        baseline_logit=float(_baseline_logits(classifier, trace)[number]),
    )


def gradient_x_input(
    classifier: Classifier, trace: Trace, label: int, progress: Progress | None = None
) -> np.ndarray:
    """x_t · ∂logit/∂x_t, (T,) signed: the embeddings' part in the logit if it were linear.

    Shrikumar et al. (2016), summed over the embedding; x_t is counted from the blank.
    """
    from captum.attr import Saliency

    method = Saliency(lambda values: classifier.network(inputs_embeds=values).logits)
    embeddings, base = _embeddings(trace), blank(classifier, trace)
    with threads(1):
        gradient = method.attribute(embeddings.clone().requires_grad_(), target=label, abs=False)
    _counter(progress, 1)(1)
    return (gradient.detach() * (embeddings - base)).sum(2)[0].numpy()


def integrated_gradients(
    classifier: Classifier, trace: Trace, label: int, progress: Progress | None = None
) -> np.ndarray:
    """x_t · the mean of ∂logit/∂x_t on the way from the blank to the text, (T,) signed.

    Sundararajan et al. (2017), eq. 1, at 50 points of Gauss and Legendre, summed over the
    embedding.
    """
    return integrated_gradients_by_unit(classifier, trace, label, progress).sum(1)


def integrated_gradients_by_unit(
    classifier: Classifier, trace: Trace, label: int, progress: Progress | None = None
) -> np.ndarray:
    """The same of each number of the embedding (T, E): of a series, of each channel.

    An affine map takes a straight path to a straight path, so Captum walks it behind
    that map, and the mean gradient comes back through it once.
    """
    from captum.attr import IntegratedGradients

    embeddings = _embeddings(trace).requires_grad_()  # (1, T, E)
    start, base = affine_start(classifier.network), blank(classifier, trace)
    steps = max(LEAST_STEPS, TOKENS_PER_STEP_BATCH // len(trace.tokens))
    with threads(1), torch.enable_grad():
        end = start.read(embeddings)  # (1, T, S)
        begin = start.read(base)
    method = IntegratedGradients(start.logits, multiply_by_inputs=False)
    method.gradient_func = _in_turns(method.gradient_func, _counter(progress, STEPS))
    mean = method.attribute(
        end.detach(),
        begin.detach(),
        target=label,
        n_steps=STEPS,
        internal_batch_size=cores() * steps,
    )
    with threads(1):
        (gradient,) = torch.autograd.grad(end, embeddings, mean)
    return (gradient * (embeddings.detach() - base))[0].numpy()


def occlusion(
    classifier: Classifier, trace: Trace, label: int, progress: Progress | None = None
) -> np.ndarray:
    """What the logit loses when a word's embeddings are those of the blank, (T,) signed.

    Zeiler & Fergus (2014), one word at a time (Li et al. 2016, “erasure”), of a sample one stretch
    at a time. Every piece of a word has the score of the whole word, so the sum over pieces means
    nothing.
    """
    from captum.attr import FeatureAblation

    start = affine_start(classifier.network)
    embeddings, base = _embeddings(trace), blank(classifier, trace)
    with threads(1), torch.inference_mode():
        reduced = start.reduced(embeddings - base)
        nothing = start.read(base) - start.read(torch.zeros_like(base))  # since `read` is affine
    _numbers, places = np.unique(trace.words, return_inverse=True)
    word_of = torch.from_numpy(places)  # (T,)
    words = torch.ones(1, int(places.max()) + 1)  # (1, W): all are there
    count = _counter(progress, 1 + words.shape[1])

    def logits(present: Tensor) -> Tensor:
        found = side_by_side(
            lambda rows: start.logits(reduced(rows[:, word_of]) + nothing), present
        )
        count(len(present))
        return found

    scores = FeatureAblation(logits).attribute(
        words,
        target=label,
        perturbations_per_eval=cores() * max(1, TOKENS_PER_BATCH // len(trace.tokens)),
    )
    return scores[0, word_of].numpy()


def attention(
    classifier: Classifier, trace: Trace, label: int, progress: Progress | None = None
) -> np.ndarray:
    """The share of each position, (T,) in 0…1, averaged over the heads; alike for every class."""
    return trace.attention.mean(axis=1)


def votes(
    classifier: Classifier, trace: Trace, label: int, progress: Progress | None = None
) -> np.ndarray:
    """What each position adds to the logit, (T,) signed: `logit = bias + votes.sum()`."""
    return trace.votes[:, label]


def estimated_seconds(
    classifier: Classifier, trace: Trace, methods: Sequence[str] | None = None
) -> float:
    """About how long `attribute` will take: what it costs in passes, times one pass, timed now."""
    classifier = classifier.at(trace.place)
    times = []
    for _pass in range(3):  # the first finds the caches cold, and another may be interrupted
        start = time.perf_counter()
        _baseline_logits(classifier, trace)
        times.append(time.perf_counter() - start)
    return min(times) * sum(COSTS[name](trace) for name in _known(methods or ATTRIBUTIONS))


def _known(methods: Sequence[str]) -> list[str]:
    for name in methods:
        if name not in ATTRIBUTIONS:
            raise AttnvizError(
                "There is no attribution method {name}. Known methods: {known}.",
                name=name,
                known=", ".join(ATTRIBUTIONS),
            )
    return list(methods)


def word_scores(trace: Trace, method: str, scores: np.ndarray) -> np.ndarray:
    """One score for each word, in the order of the text: the sum of its pieces' scores (T,).

    Occlusion takes a word away as a whole, and each of its pieces has that score.
    """
    pieces = [
        [row for row, _word in group]
        for _number, group in groupby(enumerate(trace.words), key=lambda pair: pair[1])
    ]
    if method == "occlusion":
        return np.array([scores[rows[0]] for rows in pieces])
    return np.array([scores[rows].sum() for rows in pieces])


def _embeddings(trace: Trace) -> Tensor:
    return torch.tensor(trace.embeddings)[None]  # (1, T, E)


def _baseline_logits(classifier: Classifier, trace: Trace) -> Tensor:
    """(C,), of a text or sample that holds nothing."""
    base = blank(classifier, trace)
    with threads(1), torch.inference_mode():
        return classifier.network(inputs_embeds=base).logits[0]


def _counter(progress: Progress | None, total: int) -> Callable[[int], None]:
    """Adds up what was done and reports it."""
    done = 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        if progress:
            progress(done, total)

    return count


def _part(progress: Progress | None, before: float, cost: float, total: float) -> Progress | None:
    """The progress of one method as a part of that of all."""
    if progress is None:
        return None
    return lambda done, of: progress(before + cost * done / of, total)


def _in_turns(gradient_func: Callable, count: Callable[[int], None]) -> Callable:
    """Captum's function for the gradients of one batch; between two others may have their turn."""

    def gradients(forward_fn, inputs, target_ind=None, additional_forward_args=None):
        def of_rows(rows: Tensor) -> Tensor:
            rows = rows.detach().requires_grad_()
            return gradient_func(forward_fn, (rows,), target_ind, additional_forward_args)[0]

        found = side_by_side(of_rows, inputs[0])
        count(len(found))
        return (found,)

    return gradients


ATTRIBUTIONS = {
    "gradient_x_input": gradient_x_input,
    "integrated_gradients": integrated_gradients,
    "occlusion": occlusion,
    "attention": attention,
    "votes": votes,
}
"""The contract: `method(classifier, trace, label, progress)` returns (T,) scores of the logit with
the number `label`; it calls `progress(done, total)`, if given, after every batch and outside the
lock of `threads`."""

COSTS = {
    "gradient_x_input": lambda trace: 4,
    "integrated_gradients": lambda trace: STEPS,
    "occlusion": lambda trace: 1 + 0.3 * len(set(trace.words)),
    "attention": lambda trace: 0,
    "votes": lambda trace: 0,
}
"""Name → about how many passes over the text it is worth: tests/benchmarks/attribution_cost.py."""
