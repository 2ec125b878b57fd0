"""What a network answers to one text, and which words that answer rests on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WordShare:
    """What the positions of one word add to the lead.

    `start` and `end` count characters of the trace's text, `row` is its position of the largest
    |vote|. `vote` is in logits, positive for the predicted class and negative for the runner-up;
    `attention` is a share of 1, the mean over the heads.
    """

    text: str
    start: int
    end: int
    row: int
    vote: float
    attention: float


@dataclass(frozen=True)
class Answer:
    """The prediction, its lead over the runner-up, and the words that make and oppose it.

    The law: `lead = bias + sum of the words' votes`, where lead and bias are the predicted class's
    logit and bias less those of the runner-up.

    Parameters
    ----------
    label, rival
        The likeliest class and the next.
    probability
        Of `label`.
    lead, bias
        In logits.
    words
        Every word of the text in its order.
    basis
        "word" where one word has two thirds of the lead and twice the vote of any other; "words"
        where up to three have two thirds together; "bias" where what stands before any word does;
        else "many".
    carriers
        The words that `basis` speaks of, strongest first; of "many", the strongest alone.
    opponent
        The word with the strongest vote for the runner-up, if that is at least a twentieth of the
        lead.
    """

    label: str
    rival: str
    probability: float
    lead: float
    bias: float
    words: tuple[WordShare, ...]
    basis: str
    carriers: tuple[WordShare, ...]
    opponent: WordShare | None
