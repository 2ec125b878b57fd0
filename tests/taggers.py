"""Small taggers of every kind, untrained: what their parts add up to must hold for any weights."""

import torch

from attnviz.classifier import Classifier
from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.spelling import learn_words
from attnviz.tagging import CnnLstmAttentionForTokenClassification
from attnviz.tokenization import learn_characters

NAMES = ["O", "B-X", "M-X", "E-X", "S-X"]
KINDS = {
    "characters": {},
    "self-attention": {"attention": "multi_head", "num_attention_heads": 3},
    "learnt chain": {"transitions": "learnt", "temperature": 1.3},
    "words": {"input": "words", "letters": 7, "letter_filters": 3, "transitions": "rules"},
    "words, cnn": {
        **{"input": "words", "letters": 7, "letter_filters": 3, "transitions": "none"},
        **{"order": "cnn", "attention": "multi_head", "num_attention_heads": 2},
    },
}


def tokenizer_of(kind):
    if KINDS[kind].get("input") == "words":
        return learn_words([["The", "dogs", "bark"]] * 2, 50, 7)
    return learn_characters(["中国清华大学 dogs"] * 3, 400)


def small_tagger(kind, names=NAMES):
    tokenizer = tokenizer_of(kind)
    fields = {"attention": "none", "transitions": "rules"} | KINDS[kind]
    fields |= {"embedding_size": 11, "hidden_size": 6, "num_hidden_layers": 2, "filters": 4}
    torch.manual_seed(17)
    network = CnnLstmAttentionForTokenClassification(
        CnnLstmAttentionConfig(
            task="tag",
            vocab_size=len(tokenizer),
            id2label=dict(enumerate(names)),
            label2id={name: number for number, name in enumerate(names)},
            **fields,
        )
    )
    if network.config.transitions == "learnt":
        for parameter in network.transitions.parameters():
            torch.nn.init.normal_(parameter, std=2.0)
    return Classifier(network, tokenizer)
