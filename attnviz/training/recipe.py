"""How to train: the numbers that every run is made from."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Recipe:
    """Every field is an option of `python -m attnviz train`.

    Parameters
    ----------
    epochs, batch_size, seed
        Passes over the training texts, texts per step and process, and the random seed.
    learning_rate, schedule, warmup
        Peak learning rate of AdamW, a key of `SCHEDULES`, and the share 0…1 of steps in which the
        rate rises to the peak.
    weight_decay, clip_norm
        AdamW's decay (Loshchilov & Hutter 2019); the gradient norm above which a step is scaled
        down to it (Pascanu et al. 2013, algorithm 1).
    label_smoothing, word_dropout
        Share of probability spread over all classes (Szegedy et al. 2016); share of the tokens of
        a training text, or of the positions of a sample, that are blanked out (Iyyer et al. 2015,
        word dropout).
    shuffle_channels
        Patterns of channels, such as `I*`, that are alike: each training sample has them in a
        random order.
    average
        Decay 0…1 of a running mean of the weights (Polyak & Juditsky 1992) that is judged and kept
        in their place; 0 for the weights themselves.
    training_tokens
        Training texts are cut to so many tokens.
    patience
        Evaluations without gain before training stops.
    teacher_weight, teacher_tokens
        Share of the loss that comes from the teacher, where there is one; the teacher reads texts
        of at most so many of its tokens, longer ones teach by their labels alone.
    """

    epochs: int = 5
    batch_size: int = 32
    learning_rate: float = 1e-3
    schedule: str = "linear"
    warmup: float = 0.05
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    label_smoothing: float = 0.0
    word_dropout: float = 0.0
    average: float = 0.0
    training_tokens: int = 400
    patience: int = 3
    teacher_weight: float = 0.7
    teacher_tokens: int = 96
    seed: int = 0
    shuffle_channels: list[str] = field(default_factory=list)


SCHEDULES = {
    "linear": "linear",
    "cosine": "cosine",
    "plateau": "reduce_lr_on_plateau",
    "constant": "constant_with_warmup",
}
"""Name → that of Transformers. `plateau` halves the rate after an evaluation without gain."""
