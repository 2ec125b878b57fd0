"""Nothing in a model folder can take the process down: each is one clear line, or does no harm.

Every folder is opened in a process of its own that may not have more than three GB, so that a
failure ends that process and not the machine.
"""

import base64
import copy
import json
import os
import resource
import struct
import time
import zipfile
from pathlib import Path

import pytest

from attnviz.classifier import Classifier
from attnviz.errors import AttnvizError, ConfigurationError
from attnviz.folders import check_folder, find_models

MOST_MEMORY = 3 << 30
SECONDS = 60
TEXT = "a good film, not bad at all"


def opened(folder: Path, text: str = TEXT) -> str:
    """What a process of its own says of a folder: "read", or the one line of an error of ours."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # where Rust tells of its panics
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MOST_MEMORY,) * 2)
        os.write(writing, _said(folder, text).encode("utf-8", "replace"))
        os._exit(0)
    os.close(writing)
    end = time.monotonic() + SECONDS
    while not os.waitpid(child, os.WNOHANG)[0]:
        if time.monotonic() > end:
            os.kill(child, 9)
            os.waitpid(child, 0)
            pytest.fail(f"not done after {SECONDS} s")
        time.sleep(0.01)
    with open(reading, "rb") as answer:
        return answer.read().decode() or "the process died"


def _said(folder: Path, text: str) -> str:
    try:
        classifier = Classifier.from_pretrained(folder)
        classifier.trace(text)
        classifier.predict([text, "b"])
        return "read"
    except AttnvizError as error:
        return str(error)
    except BaseException as error:
        return f"{type(error).__name__}: {error}"


def refused(folder: Path, *said: str, text: str = TEXT) -> None:
    message = opened(folder, text)
    assert str(folder) in message, message
    for part in said:
        assert part in message


# config.json


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id2label": None, "label2id": None, "num_labels": 10**9}, "at most 10,000 labels"),
        ({"id2label": {str(n): str(n) for n in range(10_001)}}, "at most 10,000 labels"),
        ({"num_hidden_layers": 10**6}, "num_hidden_layers is 1000000; it must be at most 100"),
        ({"kernel_sizes": list(range(1, 200_001, 2))}, "holds 100,000 sizes"),
        ({"kernel_sizes": [1, 3, 10**9 + 1]}, "1000000001 the largest"),
        ({"vocab_size": 3 * 10**7}, "vocab_size is 30000000"),
        ({"vocab_size": 9 * 10**6}, "weight embedding.weight has shape (347, 7)"),
        ({"hidden_size": 10**5}, "does not fit its config.json"),
        ({"hidden_size": 10**30}, "hidden_size is 10000000000000000000; it must be at most"),
        ({"num_attention_heads": 10**9}, "num_attention_heads"),
        ({"max_tokens": 10**18}, "max_tokens"),
        ({"temperature": 10**400}, "it must lie between 0.001 and 1000"),
        ({"temperature": 1e-320}, "it must lie between 0.001 and 1000"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"temperature": 0}, "temperature is 0"),
        ({"hidden_size": "11"}, "config.json cannot be opened"),
        ({"id2label": ["a", "b"]}, "config.json cannot be opened"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_sizes_are_bounded_and_compared_before_anything_is_built(
    model_folder, edit_json, changes, said
):
    edit_json(model_folder / "config.json", **changes)
    refused(model_folder, said)


def test_a_number_of_labels_beside_their_names_is_not_asked(model_folder, edit_json):
    edit_json(model_folder / "config.json", num_labels=10**9)
    assert opened(model_folder) == "read"


KERNEL = "someone/kernel"
FOREIGN = {
    "attn_implementation": KERNEL,
    "_attn_implementation": KERNEL,
    "_attn_implementation_internal": KERNEL,
    "experts_implementation": KERNEL,
    "_experts_implementation_internal": KERNEL,
    "quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True},
    "auto_map": {"AutoConfig": "evil.Config"},
    "trust_remote_code": True,
    "forward": "x",
    "stages": "y",
    "__class__": "z",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_settings_that_fetch_code_or_are_none_of_ours_are_left_out(model_folder, edit_json, name):
    edit_json(model_folder / "config.json", **{name: FOREIGN[name]})
    config = Classifier.from_pretrained(model_folder).network.config
    assert KERNEL not in repr(vars(config))
    assert not hasattr(config, "quantization_config")
    assert not hasattr(config, "auto_map")
    assert opened(model_folder) == "read"


def test_transformers_itself_sees_no_kernel_of_the_hub_in_a_configuration(model_folder, edit_json):
    from transformers import AutoModelForSequenceClassification

    edit_json(model_folder / "config.json", **{name: FOREIGN[name] for name in list(FOREIGN)[:6]})
    network = AutoModelForSequenceClassification.from_pretrained(model_folder)
    assert KERNEL not in repr(vars(network.config))


# Files that are none, or too large.


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(model_folder, name):
    (model_folder / name).unlink()
    os.mkfifo(model_folder / name)
    refused(model_folder, f"has no {name}")
    assert find_models(model_folder.parent) == []


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_device_in_place_of_a_file_is_not_opened(model_folder, name):
    (model_folder / name).unlink()
    (model_folder / name).symlink_to("/dev/zero")
    refused(model_folder, f"has no {name}")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("config.json", "larger than 10 MB"),
        ("model.safetensors", "its header speaks of"),
        ("tokenizer.json", "larger than 50 MB"),
    ],
)
def test_a_file_of_20_gb_is_not_read(model_folder, name, said):
    with open(model_folder / name, "r+b") as file:
        file.truncate(20 << 30)  # with a hole: it takes no room on the disk
    refused(model_folder, name, said)


@pytest.mark.parametrize("size", [2**63, 10**7 + 1, 1, 0])
def test_a_header_of_an_impossible_length_is_refused(model_folder, size):
    path = model_folder / "model.safetensors"
    path.write_bytes(struct.pack("<Q", size) + path.read_bytes()[8:])
    refused(model_folder, "does not begin as a safetensors file")
    with pytest.raises(AttnvizError, match="model.safetensors cannot be opened"):
        check_folder(model_folder)


# tokenizer.json


@pytest.fixture
def retokenize(model_folder):
    """A function that writes a changed tokenizer into the model folder."""

    def change(**parts) -> Path:
        path = model_folder / "tokenizer.json"
        found = json.loads(path.read_text(encoding="utf-8"))
        model = parts.pop("model", {})
        found["model"] = model if "type" in model else found["model"] | model
        path.write_text(json.dumps(found | parts), encoding="utf-8")
        return model_folder

    return change


def replace(pattern: str, content: str, kind: str = "String") -> dict:
    return {"type": "Replace", "pattern": {kind: pattern}, "content": content}


TABLE = base64.b64encode(struct.pack("<I", 4) + bytes(4) + b"a" * 999 + b"\0").decode()


@pytest.mark.parametrize(
    ("normalizer", "said"),
    [
        (replace("a", "b" * 5_000_000), "5,000,000 times as long"),
        ({"type": "Sequence", "normalizers": [replace("a", "aa")] * 20}, "1,048,576 times"),
        ({"type": "Sequence", "normalizers": [replace("a", "aa")] * 40}, "more than 32"),
        (replace("(?<=.)", "z" * 40, "Regex"), "41 times as long"),
        ({"type": "Prepend", "prepend": "y" * 5_000_000}, "inf times as long"),
        (replace("", "x"), "inf times as long"),
        ({"type": "Precompiled", "precompiled_charsmap": "AAAA"}, "cannot be opened"),
        ({"type": "Precompiled", "precompiled_charsmap": TABLE}, "inf times"),
        ({"type": "Precompiled", "precompiled_charsmap": 7}, "describes no tokenizer"),
        ({"type": "Surprise"}, "normalizer 'Surprise' is unknown"),
        ({}, "describes no tokenizer"),
        (replace("^(a|aa)+$", "x", "Regex"), "'^(a|aa)+$' can take for ever"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_normalizer_that_fills_the_memory_is_refused_by_name(retokenize, normalizer, said):
    refused(retokenize(normalizer=normalizer), "tokenizer.json", said, text="a " * 2000)


def split(pattern: str) -> dict:
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


RUNAWAYS = [
    *("(a+)+$", "^(a|a)*b", "(x+x+)+y", r"(\w+)\s\1z", "((((a{1,1000}){1,1000}){1,1000}))"),
    *(
        "((a|b))+",
        "(?:a*b)*",
        "(?:(?:a+))*",
        "(?i:a|b){2,}",
        "a{5000}",
        r"(?<n>a)\k<n>",
        r"(a)\g<1>",
    ),
    *("(?~ab)", "a" * 2001),
]


@pytest.mark.parametrize("pattern", RUNAWAYS, ids=lambda pattern: pattern[:30])
def test_a_pattern_that_tries_every_way_is_refused(retokenize, pattern):
    refused(retokenize(pre_tokenizer=split(pattern)), "can take for ever", text="a" * 40 + "!")


PUBLIC = [
    # GPT-2, Llama 3 and Qwen 2 cut words so.
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"\(a\)+|[()|]*|x",
]


@pytest.mark.parametrize("pattern", PUBLIC, ids=lambda pattern: pattern[:20])
def test_patterns_of_well_known_tokenizers_are_allowed(retokenize, pattern):
    assert opened(retokenize(pre_tokenizer=split(pattern))) == "read"


def test_a_broken_pattern_is_one_line(retokenize):
    refused(
        retokenize(pre_tokenizer=split("(((")), "tokenizer.json cannot be opened", "parenthesis"
    )


WORDS = {"[PAD]": 0, "a": 1}
NONE = "it has no piece for characters that it does not know"


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ({"type": "WordLevel", "vocab": WORDS, "unk_token": "[UNK]"}, NONE),
        ({"type": "WordPiece", "vocab": WORDS, "unk_token": "[UNK]"}, NONE),
        ({"type": "Unigram", "unk_id": None, "vocab": [["[PAD]", 0.0], ["a", -1.0]]}, NONE),
        ({"type": "Unigram", "unk_id": 7, "vocab": [["[PAD]", 0.0], ["a", -1.0]]}, NONE),
        ({"type": "Unigram", "unk_id": 0, "vocab": [["[PAD]", float("nan")]]}, "no number"),
        ({"byte_fallback": False}, NONE),
        ({"unk_token": "[NOPE]"}, NONE),
        ({"dropout": 0.5}, "differently each time"),
        ({"vocab": {}, "merges": []}, "there is none"),
        ({"merges": [["zzqq", "yy"]]}, "cannot be opened"),
        ({"type": "Surprise", "vocab": WORDS}, "model 'Surprise' is unknown"),
        ({"vocab": 3}, "describes no tokenizer"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_model_that_loses_characters_or_does_not_fit_is_refused(retokenize, model, said):
    refused(retokenize(model=model), "tokenizer.json", said)


def test_two_pieces_of_one_number_and_a_million_pieces_are_refused(retokenize, model_folder):
    vocabulary = json.loads((model_folder / "tokenizer.json").read_text())["model"]["vocab"]
    refused(retokenize(model={"vocab": vocabulary | {"zz": 300}}), "the same number")
    many = vocabulary | {f"q{number}": 10_000 + number for number in range(500_000)}
    refused(retokenize(model={"vocab": many}), "more than 500,000 pieces")


def test_a_tokenizer_that_fails_on_a_text_is_an_error_of_ours(classifier, monkeypatch):
    """Its panic is a BaseException; what stops the program is let through."""
    from attnviz.processing import encode

    class PanicException(BaseException):
        pass

    def fails(error):
        def tokenizer(*_arguments, **_options):
            raise error

        return tokenizer

    for error in (PanicException("retry-limit-in-match over"), Exception("Missing [UNK] token")):
        with pytest.raises(AttnvizError, match="The tokenizer of this model fails"):
            encode(fails(error), "a")
    for error in (KeyboardInterrupt(), SystemExit()):
        with pytest.raises(type(error)):
            encode(fails(error), "a")


def test_a_real_panic_of_the_library_is_one_line():
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers

    from attnviz.processing import encode
    from attnviz.tokenization import wrap

    tokenizer = Tokenizer(models.WordLevel({"[PAD]": 0, "a": 1}, unk_token="a"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("(a+)+$"), "isolated")
    with pytest.raises(AttnvizError, match="The tokenizer of this model fails"):
        encode(wrap(tokenizer), "a" * 32 + "!")


# What lies beside a model.


def test_a_stored_trace_that_unfolds_to_gigabytes_is_refused(model_folder):
    import numpy as np

    from attnviz.folders import example_path
    from attnviz.trace import Trace

    path = example_path(model_folder)
    header = {"descr": "|u1", "fortran_order": False, "shape": (1_100 * 10**6,)}
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("votes.npy", "w", force_zip64=True) as file,
    ):
        np.lib.format.write_array_header_1_0(file, header)
        for _ in range(1_100):
            file.write(bytes(10**6))
    assert path.stat().st_size < 2 * 10**6
    with pytest.raises(AttnvizError, match="unfolds to more than 1000 MB"):
        Trace.load(path)


def test_the_record_of_a_training_is_a_file_of_bounded_size(model_folder):
    from attnviz.history import History

    path = model_folder / "training.json"
    with open(path, "wb") as file:
        file.truncate(20 << 30)
    with pytest.raises(AttnvizError, match="larger than 200 MB"):
        History.load(model_folder)
    path.unlink()
    os.mkfifo(path)
    assert History.load(model_folder) is None


# Fuzzing, a little.


def test_mutated_folders_are_read_or_refused(model_folder):
    """Of each file some dozens of changes; a longer run of the same found nothing more."""
    import random

    chance = random.Random(0)
    odd = [
        None,
        -1,
        0,
        10**12,
        1e308,
        float("nan"),
        "x",
        "",
        [],
        {},
        [[]],
        {"a": 1},
        True,
        "a" * 999,
    ]
    for name in ("config.json", "tokenizer.json"):
        whole = json.loads((model_folder / name).read_text(encoding="utf-8"))
        for _ in range(12):
            found = copy.deepcopy(whole)
            place = found if name == "config.json" else found[chance.choice([*found])] or found
            if isinstance(place, dict) and place:
                place[chance.choice([*place])] = chance.choice(odd)
            (model_folder / name).write_text(json.dumps(found), encoding="utf-8")
            message = opened(model_folder)
            assert message == "read" or str(model_folder) in message, (place, message)
        (model_folder / name).write_text(json.dumps(whole), encoding="utf-8")


def test_a_field_beyond_its_bound_is_refused_for_training_too(build_network):
    with pytest.raises(
        ConfigurationError, match="num_hidden_layers is 101; it must be at most 100"
    ):
        build_network(num_hidden_layers=101)
