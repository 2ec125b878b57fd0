"""The command that explains one text: explain."""

import argparse
import json
import sys
from collections.abc import Callable

from attnviz.cli.arguments import DIRECTIONS, model_option, positive, text_column_option
from attnviz.cli.files import bar, reading_of, reading_options, tell_limits, texts_of
from attnviz.cli.inputs import input_of, one_sample, sample_option
from attnviz.cli.language import tell_language
from attnviz.data import Reading
from attnviz.errors import AttnvizError, TextError


def explain_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "text", nargs="?", help="the text to explain; of a model of series and the like: a file"
    )
    sample_option(command)
    command.add_argument("--texts", help="trust: a file with a sample of texts, instead of one")
    text_column_option(command)
    model_option(command)
    command.add_argument("--method", choices=METHODS, default="ledger", help="default %(default)s")
    command.add_argument("--label", help="the class to explain (default: the predicted one)")
    command.add_argument("--against", help="ledger: explain the difference to this class")
    command.add_argument(
        "--token", type=positive, help="memory, path, formulas: a position from 1 (default: last)"
    )
    command.add_argument("--gate", help="gates: its name (default: the first that the cell has)")
    command.add_argument("--unit", type=int, help="formulas: a unit from 0 (default: 0)")
    command.add_argument("--layer", type=positive, help="a recurrent layer from 1 (default: last)")
    command.add_argument(
        "--direction", choices=DIRECTIONS, help=f"of the recurrence (default: {DIRECTIONS[0]})"
    )
    command.add_argument(
        "--window",
        type=positive,
        default=1,
        help="of a text that is longer than the model reads at once: which part, from 1",
    )
    reading_options(command)


def explain(options: argparse.Namespace) -> None:
    from attnviz.classifier import Classifier
    from attnviz.evidence import to_plain

    if (options.text is None) == (options.texts is None):
        raise TextError("Give a text, or a file of texts with --texts.")
    if options.texts and options.method not in SAMPLE_METHODS:
        raise TextError(
            "Method {method} explains one text. With --texts, choose --method {known}.",
            method=options.method,
            known=", ".join(SAMPLE_METHODS),
        )
    kind = input_of(options)
    _refuse_unused(options)
    classifier = Classifier.from_pretrained(options.model)
    if options.texts:
        _, texts = texts_of(options.texts, options.text_column, reading_of(options))
        tell_language(options.model, texts)
        record = SAMPLE_METHODS[options.method](classifier, texts)
        print(json.dumps({options.method: to_plain(record)}, ensure_ascii=False))
        return
    if kind:
        trace = classifier.trace(one_sample(options, options.text, kind))
    else:
        tell_language(options.model, [options.text])
        trace = classifier.trace(_window(classifier, options))
    tell_limits(trace)
    _settle(options, trace)
    record = METHODS[options.method][0](classifier, trace, options)
    plain = {"tokens": list(trace.surfaces), "prediction": trace.prediction}
    print(json.dumps(plain | {options.method: to_plain(record)}, ensure_ascii=False))


def _refuse_unused(options: argparse.Namespace) -> None:
    """An option that the method does not ask for would be a wish that nobody grants."""
    if options.texts is None and Reading(**reading_of(options)).given:
        raise TextError("How a file is read matters with --texts only: a text is taken as it is.")
    asked = METHODS[options.method][1]
    unused = [name for name in CHOICES if name not in asked and getattr(options, name) is not None]
    if unused:
        raise TextError(
            "Method {method} has no use for --{option}. It asks for: {known}.",
            method=options.method,
            option=unused[0],
            known=", ".join(f"--{name}" for name in asked) or "none of these",
        )


def _window(classifier, options: argparse.Namespace) -> str:
    """The text, or of one that is longer than the model reads at once the part that was named."""
    from attnviz.windows import windows

    found = windows(classifier, options.text)
    if options.window > len(found):
        raise TextError(
            "The text has no window {number}. It is read in so many: {count}.",
            count=len(found),
            number=options.window,
        )
    window = found[options.window - 1]
    if len(found) > 1:
        print(
            f"attnviz: The text has {found[-1].last:,} tokens. Explained is window "
            f"{options.window} of {len(found)}, tokens {window.first + 1:,} to {window.last:,}; "
            "choose another with --window.",
            file=sys.stderr,
        )
    return options.text[window.start : window.end]


def _settle(options: argparse.Namespace, trace) -> None:
    """Places as the arrays count them, from 0; what was not named gets its default."""
    tokens = len(trace.tokens)
    options.row, options.side = (options.token or tokens) - 1, 0
    if options.row >= tokens:
        raise TextError(
            "The text has no token {number}. Its tokens: {count}.",
            count=tokens,
            number=options.token,
        )
    options.unit = options.unit or 0
    if trace.states:
        layers, directions, units = trace.states["hidden"].shape[1:]
        options.layer = (options.layer or layers) - 1
        options.side = DIRECTIONS.index(options.direction or DIRECTIONS[0])
        if options.layer >= layers or options.side >= directions:
            raise AttnvizError(
                "The model's recurrent layers: {layers}; directions: {directions}.",
                layers=layers,
                directions=directions,
            )
        if not 0 <= options.unit < units:
            raise AttnvizError(
                "The model has no unit {number}. Its units: {count}, numbered from 0.",
                count=units,
                number=options.unit,
            )
    elif options.method in RECURRENT_METHODS:
        raise AttnvizError(
            "Method {method} needs a recurrent layer, and this model has none.",
            method=options.method,
        )


def _ledger(classifier, trace, options):
    from attnviz.explain.ledger import vote_ledger

    return vote_ledger(classifier, trace, options.label, options.against)


def _reach(classifier, trace, options):
    from attnviz.explain.reach import gradient_reach

    return gradient_reach(classifier, trace, options.label)


def _memory(classifier, trace, options):
    from attnviz.explain.memory import memory

    return memory(trace, options.row, options.layer, options.side)


def _gates(classifier, trace, options):
    from attnviz.explain.gates import gate_anatomy, gate_names

    names = gate_names(trace)
    if (gate := options.gate or names[0]) not in names:
        raise AttnvizError(
            "The model has no gate {gate}. Its gates are: {known}.",
            gate=gate,
            known=", ".join(names),
        )
    return gate_anatomy(classifier, trace, gate, options.layer, options.side)


def _attributions(classifier, trace, options):
    from attnviz.explain.attributions import attribute

    with bar(None, unit=" passes") as moved:
        return attribute(classifier, trace, options.label, progress=moved)


def _trust(classifier, trace, options):
    from attnviz.explain.trust import trust_check

    _need_attention(classifier)
    with bar(None, unit=" passes") as moved:
        return trust_check(classifier, trace, progress=moved)


def _trust_over(classifier, texts):
    from attnviz.explain.trust import trust_over

    _need_attention(classifier)
    with bar(None, unit=" texts") as moved:
        return trust_over(classifier, texts, progress=moved)


def _need_attention(classifier) -> None:
    """Weights that follow from a rule can be neither trusted nor doubted."""
    if classifier.network.attention.pooling != "attention":
        raise AttnvizError(
            "This network has no attention to trust or to doubt: its weights follow from the rule "
            "“{kind}”. Use --method ledger to see what each position adds.",
            kind=classifier.network.config.attention,
        )


def _path(classifier, trace, options):
    from attnviz.explain.path import signal_path

    return signal_path(classifier, trace, options.row)


def _formulas(classifier, trace, options):
    from attnviz.explain.classes import class_index
    from attnviz.explain.formulas import formulas

    label = class_index(trace, options.label)
    place = {"unit": options.unit, "layer": options.layer or 0, "direction": options.side}
    return formulas(classifier, trace, options.row, label, **place)


METHODS: dict[str, tuple[Callable, tuple[str, ...]]] = {
    "ledger": (_ledger, ("label", "against")),
    "attributions": (_attributions, ("label",)),
    "trust": (_trust, ()),
    "memory": (_memory, ("token", "layer", "direction")),
    "gates": (_gates, ("gate", "layer", "direction")),
    "reach": (_reach, ("label",)),
    "path": (_path, ("token",)),
    "formulas": (_formulas, ("label", "token", "unit", "layer", "direction")),
}
"""Name → what explains, and the options that it asks for."""

CHOICES = ("label", "against", "token", "gate", "unit", "layer", "direction")
RECURRENT_METHODS = ("memory", "gates")
SAMPLE_METHODS: dict[str, Callable] = {"trust": _trust_over}
