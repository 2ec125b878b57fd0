"""Pictures and films, alone and many in a folder or .zip; sound and series in one as well."""

import io
import sys
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from attnviz.errors import FileError
from attnviz.samples import read_samples

RNG = np.random.default_rng(11)
FILM = RNG.integers(0, 256, (3, 11, 7), np.uint8)  # 3 frames of 11 rows and 7 columns
COLOURED = RNG.integers(0, 256, (11, 7, 3), np.uint8)


def picture(values: np.ndarray, form: str = "png", **options) -> bytes:
    target = io.BytesIO()
    Image.fromarray(values).save(target, form, **options)
    return target.getvalue()


def film(frames: np.ndarray, form: str = "gif", **options) -> bytes:
    target = io.BytesIO()
    first, *others = [Image.fromarray(frame) for frame in frames]
    first.save(target, form, save_all=True, append_images=others, duration=100, **options)
    return target.getvalue()


def packed(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


def read(data: bytes, name: str, **reading):
    file = read_samples(data, name, **reading)
    return file, list(file), [str(notice) for notice in file.notices]


def refusal(data: bytes, name: str, **reading) -> str:
    with pytest.raises(FileError) as caught:
        read(data, name, **reading)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("form", "ending", "options"),
    [
        ("gif", ".gif", {}),
        ("png", ".apng", {}),
        ("webp", ".webp", {"lossless": True}),
    ],
)
def test_a_film_has_its_frames_pixel_by_pixel_and_their_rate(form, ending, options):
    file, (sample,), told = read(film(FILM, form, **options), f"a{ending}")
    assert sample.values.shape == (3, 11, 7, 1)
    assert np.array_equal(sample.values[..., 0], FILM)
    assert (file.kind, sample.step, sample.step_unit) == ("films", 0.1, "s")
    assert told == []


@pytest.mark.parametrize("ending", [".png", ".bmp"])
def test_a_picture_is_grey_or_coloured_as_its_pixels_are(ending):
    file, (grey,), _ = read(picture(FILM[0], ending[1:]), f"a{ending}")
    assert (file.kind, grey.values.shape) == ("pictures", (11, 7, 1))
    assert np.array_equal(grey.values[..., 0], FILM[0])
    _, (coloured,), _ = read(picture(COLOURED, ending[1:]), f"a{ending}")
    assert np.array_equal(coloured.values, COLOURED)
    alike = np.repeat(FILM[0][..., None], 3, axis=2)
    assert read(picture(alike, ending[1:]), f"a{ending}")[1][0].values.shape == (11, 7, 1)


def test_a_photograph_reads_and_stands_upright():
    turned = Image.Exif()
    turned[0x0112] = 6  # to be turned by a quarter
    values = np.zeros((16, 24, 3), np.uint8)
    _, (sample,), _ = read(picture(values, "jpeg", exif=turned), "a.jpg")
    assert sample.values.shape == (24, 16, 1)


def test_what_is_transparent_is_white_and_sixteen_bits_become_eight():
    clear = np.zeros((11, 7, 4), np.uint8)
    clear[0, 0] = (255, 0, 0, 255)
    _, (sample,), told = read(picture(clear), "a.png")
    assert sample.values[0, 0].tolist() == [255, 0, 0]
    assert sample.values[5, 5].tolist() == [255, 255, 255]
    assert told == ["What is transparent was read as white."]
    deep = (FILM[0].astype(np.uint16) * 257).astype(np.uint16)
    _, (sample,), (said,) = read(picture(deep), "a.png")
    assert np.array_equal(sample.values[..., 0], FILM[0])
    assert said.startswith("Pixels from")


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (film(FILM[:, :1, :1]), "a.gif", "has 1 × 1 pixels, which is no picture"),
        (picture(FILM[0])[:40], "a.png", "cannot be read as a picture"),
        (film(FILM)[:60], "a.gif", "cannot be read as a picture"),
        (b"not a picture", "a.jpg", "cannot be read as a picture"),
        (
            picture(np.zeros((7_100, 7_100), np.uint8)),
            "a.png",
            "50,410,000 pixels, more than 50,",
        ),
        (b"\0\0\0 ftypisom", "a.mp4", ""),
    ],
)
def test_a_bad_picture_gets_one_clear_line(data, name, said):
    assert said in refusal(data, name)


def test_a_film_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr("attnviz.samples.pictures.MAX_BYTES_OF_PICTURES", 2 * 11 * 7)
    assert "hold more than 154 numbers" in refusal(film(FILM), "a.gif")


def test_an_mp4_without_its_library_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    assert "pip install 'attnviz[video]'" in refusal(b"\0\0\0 ftypisom", "a.mp4")


def test_an_mp4_is_read_by_its_library(monkeypatch):
    """A stand-in for `av`, for it is an extra: the shapes, the rate and the errors are ours."""
    frames = [
        SimpleNamespace(to_ndarray=lambda format, n=n: COLOURED + np.uint8(n)) for n in (0, 1)
    ]
    size = SimpleNamespace(width=7, height=11)
    stream = SimpleNamespace(codec_context=size, average_rate=25)

    class Container:
        streams = SimpleNamespace(video=[stream])

        def __enter__(self):
            return self

        def __exit__(self, *error):
            return False

        def decode(self, wanted):
            assert wanted is stream
            return iter(frames)

    monkeypatch.setitem(sys.modules, "av", SimpleNamespace(open=lambda data: Container()))
    file, (sample,), _ = read(b"a film", "a.mp4")
    assert sample.values.shape == (2, 11, 7, 3)
    assert (file.kind, sample.step, sample.step_unit) == ("films", 0.04, "s")


# Many files.


def test_folders_of_pictures_are_classes():
    files = {f"set/{kind}/{n}.png": picture(FILM[n]) for n in range(3) for kind in ("cat", "dog")}
    file, found, told = read(packed(files | {"set/notes.md": b"# by hand"}), "set.zip")
    assert {(sample.name, sample.label) for sample in found} == {
        (name, name.split("/")[1]) for name in files
    }
    assert (file.kind, file.classes) == ("pictures", ("cat", "dog"))
    assert told == [
        "Files read: 6, which end in .png.",
        "Files left out: “set/notes.md”.",
        "Classes: the folder of each file, such as “cat” of “set/cat/0.png”.",
    ]


def test_numbered_pictures_two_folders_deep_are_the_frames_of_films():
    order = (2, 0, 1)  # in the archive; the numbers say how they follow
    files = {
        f"{kind}/film {n}/frame_{9 + place}.png": picture(FILM[place])
        for kind in ("walk", "run")
        for n in (1, 2)
        for place in order
    }
    file, found, told = read(packed(files), "films.zip")
    assert file.kind == "films"
    assert [sample.label for sample in found] == ["walk", "walk", "run", "run"]
    assert all(np.array_equal(sample.values[..., 0], FILM) for sample in found)
    assert "Each folder of numbered pictures was read as a film: 4." in told
    _, (sample,), _ = read(
        packed({f"{n}.png": picture(FILM[n]) for n in range(3)}), "a.zip", kind="films"
    )
    assert sample.values.shape == (3, 11, 7, 1)


def test_a_folder_on_disk_reads_like_a_zip(tmp_path):
    for kind in ("cat", "dog"):
        (tmp_path / kind).mkdir()
        for n in range(2):
            (tmp_path / kind / f"{n}.png").write_bytes(picture(FILM[n]))
    (tmp_path / ".hidden.png").write_bytes(b"x")
    found = list(read_samples(tmp_path))
    assert [(s.name, s.label) for s in found] == [
        (f"{kind}/{n}.png", kind) for kind in ("cat", "dog") for n in range(2)
    ]


def test_parts_of_the_data_are_folders_or_words_in_the_names():
    files = {
        f"{part}/{kind}/{n}.png": picture(FILM[n])
        for part in ("train", "test")
        for kind in ("cat", "dog")
        for n in range(2)
    }
    file, found, _ = read(packed(files), "a.zip", split="test")
    assert (file.split, set(file.splits)) == ("test", {"train", "test"})
    assert [sample.label for sample in found] == ["cat", "cat", "dog", "dog"]
    series = {
        f"X_{part.upper()}.ts": f"@data\n1,2,{n}\n".encode()
        for n, part in enumerate(("train", "test"))
    }
    _, (sample,), _ = read(packed(series), "X.zip", split="test")
    assert sample.values[:, 0].tolist() == [1, 2, 1]


def test_of_the_same_series_in_several_forms_one_is_read():
    dimensions = {f"XDimension{n}_TRAIN.arff": b"@data\n" for n in (1, 2, 3)}
    data = packed(dimensions | {"X_TRAIN.ts": b"@data\n1,2:3,5\n", "X.txt": b"notes"})
    _, (sample,), _ = read(data, "X.zip")
    assert sample.values.shape == (2, 2)


def test_day_files_are_samples_and_those_of_one_name_have_no_class():
    files = {f"day-{n}.csv": f"time,x\n07:00,{n}\n07:10,{n + 1}\n".encode() for n in range(5)}
    file, found, told = read(packed(files), "days.zip")
    assert [sample.values[0, 0] for sample in found] == [0, 1, 2, 3, 4]
    assert [sample.name for sample in found] == list(files)
    assert {sample.label for sample in found} == {None}
    assert (file.channels, file.step, file.step_unit) == (("x",), 10, "min")
    assert told.count("Time: the column “time”.") == 1


def test_how_names_begin_is_the_class_where_no_folder_says_it():
    files = {f"{digit}_{who}_0.csv": b"x\n1\n2\n" for digit in (3, 7) for who in ("a", "b", "c")}
    _, found, told = read(packed(files), "digits.zip")
    assert [sample.label for sample in found] == ["3", "3", "3", "7", "7", "7"]
    assert "Classes: how each file's name begins, such as “3” of “3_a_0.csv”." in told


SIZES = {"k/f/1.png": picture(FILM[0]), "k/f/2.png": picture(FILM[0, :5]), "l/f/1.png": b""}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (packed({"a.docx": b"x"}), "holds no file that ends in one of .npz"),
        (packed({"a.png": picture(FILM[0])})[:-40], "cannot be unpacked"),
        (packed({"a/1.png": b"no", "b/2.png": b"no"}), "1.png cannot be read as a picture"),
        (packed(SIZES), "different sizes (11 × 7 and 5 × 7)"),
        (packed({"0.bmp": bytes(2_000_003), "1.bmp": b""}), "unpacks to more than"),
    ],
)
def test_a_bad_zip_gets_one_clear_line(data, said):
    with pytest.raises(FileError) as caught:
        list(read_samples(data, "a.zip", max_bytes=1_000_003))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
