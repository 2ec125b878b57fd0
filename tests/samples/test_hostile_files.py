"""Every reader, given files that somebody broke: samples or one clear line, never anything else."""

import io
import json
import random
import zipfile

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.io import savemat

from attnviz.errors import FileError
from attnviz.samples import SAMPLE_READERS, TAGGED_READERS, read_samples, read_tagged
from attnviz.samples.video import VIDEOS

MUTATIONS = 60
STRANGE = [b",", b"\n", b":", b"'", b"{", b"[", b"NaN", b"1e999", b"\t", b"\0", b"\xff\xff"]
TABLE = "time,id,I1 (A),V,label\n" + "\n".join(
    f"2024-01-01 07:{n:02d},{n // 9},{n / 2},{3 - n},{'ab'[n // 9 % 2]}" for n in range(27)
)
CONLL = b"EU NNP B-ORG\nrejects VBZ O\n\nPeter NNP B-PER\n"


def written(write, *arguments, **options) -> bytes:
    target = io.BytesIO()
    write(target, *arguments, **options)
    return target.getvalue()


def pictures(form: str, count: int) -> bytes:
    rng = np.random.default_rng(1)
    first, *others = [Image.fromarray(rng.integers(0, 256, (9, 7), np.uint8)) for _ in range(count)]
    options = {"save_all": True, "append_images": others} if others else {}
    return written(first.save, form, **options)


def sound() -> bytes:
    form = b"WAVEfmt " + np.array([16], "<u4").tobytes() + np.array([1, 1], "<u2").tobytes()
    form += np.array([8_000, 16_000], "<u4").tobytes() + np.array([2, 16], "<u2").tobytes()
    body = form + b"data" + np.array([2_000], "<u4").tobytes() + bytes(2_000)
    return b"RIFF" + np.array([len(body)], "<u4").tobytes() + body


def packed(name: str, data: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for place in ("a/1", "a/2", "b/1"):
            archive.writestr(place + name, data)
    return target.getvalue()


def cells() -> np.ndarray:
    target = np.empty((2, 1), object)
    target[:, 0] = [np.ones((3, 5)), np.ones((3, 7))]
    return target


FRAME = pd.read_csv(io.StringIO(TABLE))
RECORDS = [{"tokens": ["a", "b"], "tags": ["O", "X"]}, {"text": "Ann left", "label": [[0, 3, "P"]]}]
JSONL = "\n".join(map(json.dumps, RECORDS)).encode()
TOKENS = pd.DataFrame({"tokens": [["a", "b"]], "tags": [["O", "X"]]})
WHOLE = {
    ".npz": written(np.savez_compressed, X=np.ones((3, 5, 2)), y=[0, 1, 0], classes=["a", "b"]),
    ".npy": written(np.save, np.ones((5, 2))),
    ".parquet": written(FRAME.to_parquet),
    ".feather": written(FRAME.to_feather),
    ".xlsx": written(FRAME.to_excel),
    ".txt": b"# x y\n1.5 2\n3 5\n8 13\n",
    ".ts": b"@classLabel true up down\n@data\n1.5,2,3:4,?,6:up\n7,8:9,10:down\n",
    ".arff": b"@relation E\n@attribute r relational\n@attribute t numeric\n@end r\n"
    b"@attribute c {S,'in, out'}\n@data\n'1,2\\n4,?',S\n\"7,8\\n10,11\",'in, out'\n",
    ".tsf": b"@attribute n string\n@attribute s date\n@frequency daily\n@data\n"
    b"T1:1979-01-01 00-00-00:1,?,3\nT2:1980-01-01 00-00-00:5,8\n",
    ".mat": written(savemat, {"X": cells(), "y": np.array([[1], [2]])}, do_compression=True),
    ".wav": sound(),
    ".png": pictures("png", 1),
    ".jpg": pictures("jpeg", 1),
    ".bmp": pictures("bmp", 1),
    ".gif": pictures("gif", 3),
    ".webp": pictures("webp", 3),
    ".apng": pictures("png", 3),
    ".zip": packed(".png", pictures("png", 1)),
    ".csv": TABLE.encode(),
}
SAME = {".arrow": ".feather", ".ipc": ".feather", ".jpeg": ".jpg", ".dat": ".txt", ".asc": ".txt"}
TEXTS = {
    ".jsonl": JSONL,
    ".json": json.dumps(RECORDS).encode(),
    ".parquet": written(TOKENS.to_parquet),
    ".feather": written(TOKENS.to_feather),
    ".zip": packed(".conll", CONLL),
    ".conllu": b"# x = 1\n1\tIt\tit\tPRON\tPRP\t_\t0\troot\t_\t_\n",
}


def whole(ending: str, tagged: bool) -> bytes:
    ending = SAME.get(ending, ending)
    if tagged:
        return TEXTS.get(ending, JSONL if "json" in ending else CONLL)
    return WHOLE.get(ending, WHOLE[".csv"])


def broken(data: bytes, chance: random.Random) -> bytes:
    found = bytearray(data)
    if chance.random() < 0.2:
        return bytes(found[: chance.randrange(len(found))])
    for _ in range(chance.choice((1, 2, 5, 20))):
        place, way = chance.randrange(len(found) + 1), chance.random()
        if way < 0.5 and place < len(found):
            found[place] = chance.randrange(256)
        elif way < 0.7:
            del found[place : place + chance.randrange(1, 9)]
        else:
            found[place:place] = chance.choice(STRANGE)
    return bytes(found)


EVERY = [(ending, False) for ending in SAMPLE_READERS if ending not in VIDEOS]
EVERY += [(ending, True) for ending in TAGGED_READERS]


@pytest.mark.parametrize(("ending", "tagged"), EVERY)
def test_a_broken_file_gives_samples_or_one_clear_line(ending, tagged):
    read, data = read_tagged if tagged else read_samples, whole(ending, tagged)
    assert list(read(data, f"a{ending}"))
    chance = random.Random(ending)
    for _ in range(MUTATIONS):
        found, told = outcome(read, broken(data, chance), f"a{ending}")
        assert all(told)
        assert "\n" not in told[0]
        series = [s.values for s in found if not tagged and s.values.ndim == 2]
        assert all(v.dtype == np.float32 and not np.isinf(v).any() for v in series)


def outcome(read, data: bytes, name: str) -> tuple[list, list[str]]:
    """The samples of a file, and what is said of them; or none and the reason."""
    try:
        file = read(data, name)
        return list(file), ["read", *map(str, file.notices)]
    except FileError as error:
        return [], [str(error)]


@pytest.mark.parametrize(("ending", "tagged"), EVERY)
@pytest.mark.parametrize("data", [b"", b"\0" * 100, b"\n", b"\xff\xfe"])
def test_a_file_of_nothing_gets_one_clear_line(ending, tagged, data):
    with pytest.raises(FileError) as caught:
        list((read_tagged if tagged else read_samples)(data, f"a{ending}"))
    assert "\n" not in str(caught.value)
