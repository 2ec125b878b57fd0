"""The network with a tag for every position, and the same network seen from one of them."""

import pytest
import torch
from transformers import AutoModelForTokenClassification

from attnviz.attention import STEP_ATTENTIONS
from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.errors import ConfigurationError
from attnviz.kinds import CHAIN_KINDS, STEP_ATTENTION_KINDS
from attnviz.tagging import CnnLstmAttentionForTokenClassification

NAMES = ["O", "B-X", "I-X", "B-Y", "I-Y"]
SIZES = {"vocab_size": 29, "embedding_size": 11, "filters": 7, "kernel_sizes": [1, 3]}
SIZES |= {"hidden_size": 6, "num_hidden_layers": 2}
HEADS = {"none": 1, "multi_head": 3}


def tagger(seed=1, **fields):
    torch.manual_seed(seed)
    attention = fields.pop("attention", "none")
    config = CnnLstmAttentionConfig(
        task="tag",
        attention=attention,
        num_attention_heads=HEADS[attention],
        id2label=dict(enumerate(NAMES)),
        **SIZES | fields,
    )
    return CnnLstmAttentionForTokenClassification(config).eval()


def ids(rows=1, steps=13, seed=2):
    return torch.randint(1, 29, (rows, steps), generator=torch.manual_seed(seed))


@pytest.mark.parametrize("order", ["cnn-lstm", "lstm-cnn", "cnn", "lstm"])
@pytest.mark.parametrize("attention", STEP_ATTENTIONS)
def test_seen_from_a_position_the_logits_are_that_position_s(attention, order):
    size = {"filters": 9} if order in ("cnn", "lstm-cnn") else {}  # that three heads share out
    network = tagger(attention=attention, order=order, temperature=1.7, **size)
    read = ids(rows=2)
    with torch.inference_mode():
        logits = network(read).logits
        for place in range(13):
            placed = network.at(place)
            output = placed(read, output_trace=True)
            assert output.logits == pytest.approx(logits[:, place], abs=1e-5)
            law = placed.in_unit(placed.head.bias) + output.votes.sum(1)
            assert law == pytest.approx(output.logits, abs=1e-5)
            assert output.attention.sum(1) == pytest.approx(1, abs=1e-6)
            assert output.attention.shape[2] == HEADS[attention] * (1 + (attention != "none"))


@pytest.mark.parametrize("attention", STEP_ATTENTIONS)
def test_a_sequence_alone_is_that_of_a_batch_whichever_side_is_padded(attention):
    network, read = tagger(attention=attention), ids(steps=7)
    right = torch.nn.functional.pad(read, (0, 4))
    left = torch.nn.functional.pad(read, (4, 0))
    with torch.inference_mode():
        alone = network(read).logits
        padded = network(torch.cat([ids(steps=11), right])).logits
        turned = network(torch.cat([ids(steps=11), left])).logits
    assert padded[1, :7] == pytest.approx(alone[0], abs=1e-5)
    assert turned[1, 4:] == pytest.approx(alone[0], abs=1e-5)


@pytest.mark.parametrize("attention", STEP_ATTENTIONS)
def test_votes_and_what_is_offered_add_up_to_the_logits(attention):
    network, read = tagger(attention=attention, temperature=0.6), ids()
    with torch.inference_mode():
        output = network(read, output_trace=True)
    logits = network.in_unit(network.head.bias.detach()) + output.votes[0]
    if output.offered is not None:
        logits = logits + torch.einsum("apt,tac->pc", output.self_attentions[0], output.offered[0])
    assert logits == pytest.approx(output.logits[0], abs=1e-5)
    assert (output.offered is None) == (attention == "none")


@pytest.mark.parametrize("chain", CHAIN_KINDS)
def test_pieces_without_a_tag_change_no_other_position_s(chain):
    network = tagger(transitions=chain)
    if chain == "learnt":
        for parameter in network.transitions.parameters():
            torch.nn.init.normal_(parameter)
    logits = torch.randn(2, 7, 5, generator=torch.manual_seed(4))
    firsts = torch.tensor([[1, 1, 0, 1, 0, 0, 1], [1, 1, 1, 1, 0, 0, 0]], dtype=torch.bool)
    with torch.inference_mode():
        path, shares = network.decode(logits, firsts), network.marginals(logits, firsts)
        for row, first in enumerate(firsts):
            alone = logits[row : row + 1, first]
            everything = torch.ones(1, 4, dtype=torch.bool)
            assert path[row, first].tolist() == network.decode(alone, everything)[0].tolist()
            assert shares[row, first] == pytest.approx(
                network.marginals(alone, everything)[0], abs=1e-6
            )
    assert path[0, 2] == path[0, 1]
    assert (path[0, 4:6] == path[0, 3]).all()
    assert shares.sum(2) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("chain", CHAIN_KINDS)
def test_the_loss_is_the_mean_over_all_positions_with_a_tag(chain):
    network, read = tagger(transitions=chain), ids(rows=2, steps=7)
    labels = torch.tensor([[0, 1, -100, 2, 0, -100, -100], [0, 3, 4, 4, 0, 1, 2]])
    output = network(read, labels=labels)
    kept = labels != -100
    if chain == "learnt":
        sums = []
        for row in (0, 1):
            logits, tags = output.logits[row : row + 1, kept[row]], labels[row : row + 1, kept[row]]
            everything = torch.ones_like(tags, dtype=torch.bool)
            sums.append(network.transitions.losses(logits, tags, everything)[0])
        expected = sum(sums) / 11
    else:
        expected = torch.nn.functional.cross_entropy(output.logits[kept], labels[kept])
    assert output.loss.item() == pytest.approx(expected.item(), abs=1e-5)
    output.loss.backward()
    assert all(p.grad is not None for p in network.parameters())


def test_a_word_is_told_apart_by_its_letters_alone():
    network = tagger(input="words", letters=5, letter_filters=3, order="lstm")
    words = torch.tensor([[[1, 68, 112, 104, 0, 0], [1, 100, 112, 104, 0, 0], [2, 98, 0, 0, 0, 0]]])
    embeddings = network.embedding(words)
    assert embeddings.shape == (1, 3, 11 + 3)
    assert torch.equal(embeddings[0, 0, :11], embeddings[0, 1, :11])  # both unknown
    assert not torch.equal(embeddings[0, 0, 11:], embeddings[0, 1, 11:])  # but one has a capital
    assert network(input_values=words).logits.shape == (1, 3, 5)


def test_what_cannot_be_tagged_is_refused():
    with pytest.raises(ConfigurationError, match="attention is 'dot'; known kinds: none, multi_"):
        CnnLstmAttentionConfig(task="tag", attention="dot")
    with pytest.raises(ConfigurationError, match="letters is missing"):
        CnnLstmAttentionConfig(task="tag", attention="none", input="words")
    with pytest.raises(ConfigurationError, match="transitions is rules, but"):
        CnnLstmAttentionConfig(transitions="rules")
    with pytest.raises(ConfigurationError, match="A chain of 1,001 tags is too large"):
        CnnLstmAttentionConfig(
            task="tag", attention="none", transitions="learnt", id2label=dict(enumerate("a" * 1001))
        )
    assert STEP_ATTENTION_KINDS.keys() == STEP_ATTENTIONS.keys()


@pytest.mark.parametrize("chain", CHAIN_KINDS)
def test_transformers_saves_and_opens_it(tmp_path, chain):
    network, read = tagger(transitions=chain, attention="multi_head"), ids()
    network.save_pretrained(tmp_path)
    again = AutoModelForTokenClassification.from_pretrained(tmp_path)
    assert type(again) is CnnLstmAttentionForTokenClassification
    assert torch.equal(again.eval()(read).logits, network(read).logits)
