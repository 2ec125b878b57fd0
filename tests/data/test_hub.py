"""Hub data sets, through a stand-in for the library, and through the library where it is there."""

import sys
from types import ModuleType, SimpleNamespace

import pyarrow as pa
import pytest

from attnviz.data import Table, read_table
from attnviz.errors import FileError


def refusal(source: str) -> str:
    with pytest.raises(FileError) as caught:
        read_table(source)
    return str(caught.value)


class ClassLabel:
    def __init__(self, names):
        self.names = names


class DatasetNotFoundError(FileNotFoundError):
    pass


class Dataset:
    """As much of `datasets.Dataset` as is used."""

    def __init__(self, table, features):
        self.table, self.features = table, features
        self.num_rows, self.column_names = table.num_rows, table.column_names

    def with_format(self, kind):
        assert kind == "arrow"
        return self

    def iter(self, batch_size):
        for start in range(0, self.num_rows, batch_size):
            yield self.table.slice(start, batch_size)


SETS = {
    "movies": {"default": ["train", "dev"]},
    "glue": {"sst2": ["train"], "cola": ["train", "test"]},
    "one": {"only": ["test"]},
}


class Hub(ModuleType):
    """A stand-in for the library, with one hub of three data sets."""

    __version__ = "5.2.0"
    ClassLabel = ClassLabel
    exceptions = SimpleNamespace(DatasetNotFoundError=DatasetNotFoundError)

    def __init__(self):
        super().__init__("datasets")
        self.asked = []
        self.table = pa.table({"text": ["good", "bad", "unrated"], "label": [1, 0, -1]})

    def get_dataset_config_names(self, name):
        if name not in SETS:
            raise DatasetNotFoundError(f"Dataset '{name}' doesn't exist on the Hub")
        return list(SETS[name])

    def get_dataset_default_config_name(self, name):
        known = list(SETS[name])
        return known[0] if len(known) == 1 else None

    def get_dataset_split_names(self, name, config):
        return SETS[name][config]

    def load_dataset(self, name, config, *, split):
        self.asked.append((name, config, split))
        return Dataset(
            self.table, {"text": object(), "label": ClassLabel(["negative", "positive"])}
        )


@pytest.fixture
def hub(monkeypatch) -> Hub:
    hub = Hub()
    monkeypatch.setitem(sys.modules, "datasets", hub)
    return hub


def test_a_split_is_a_table_whose_class_labels_have_their_names(hub):
    table = read_table("hub:movies:train")
    assert isinstance(table, Table)
    assert table.columns == ("text", "label")
    assert table.rows == (("good", "positive"), ("bad", "negative"), ("unrated", ""))
    assert table.lines == (1, 2, 3)


def test_a_long_split_is_read_whole_and_in_order(hub):
    texts = [f"text {i}" for i in range(2_003)]
    hub.table = pa.table({"text": texts, "label": [i % 2 for i in range(2_003)]})
    table = read_table("hub:movies:train")
    assert table.column("text") == texts
    assert table.column("label")[:3] == ["negative", "positive", "negative"]


@pytest.mark.parametrize(
    ("source", "asked"),
    [
        ("hub:movies:dev", ("movies", "default", "dev")),
        ("hub:movies:default:dev", ("movies", "default", "dev")),
        ("hub:glue:cola:test", ("glue", "cola", "test")),
        ("hub:one", ("one", "only", "test")),
        ("hub:movies:train[:10%]", ("movies", "default", "train[:10%]")),
        ("hub:glue:sst2:train[7:11]", ("glue", "sst2", "train[7:11]")),
    ],
)
def test_name_configuration_and_split_are_told_apart(hub, source, asked):
    read_table(source)
    assert hub.asked == [asked]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "hub:movies:test",
            "movies has no split “test”. Choose one of: “train”, “dev”.",
        ),
        (
            "hub:movies",
            "movies has several splits. Write hub:NAME[:CONFIG]:SPLIT; SPLIT is one of: “train”, "
            "“dev”.",
        ),
        (
            "hub:glue:train",
            "glue has several configurations. Write hub:NAME[:CONFIG]:SPLIT; CONFIG is one of: "
            "“sst2”, “cola”.",
        ),
        (
            "hub:glue:mnli:train",
            "glue has no configuration “mnli”. Choose one of: “sst2”, “cola”.",
        ),
        (
            "hub:film:train",
            "The hub has no data set film that you may read. Check its name; if it is private or "
            "gated, accept its terms and run “hf auth login”.",
        ),
        ("hub:", "“hub:” names no data set. Write hub:NAME[:CONFIG]:SPLIT."),
        ("hub:a:b:c:d", "“hub:a:b:c:d” names no data set. Write hub:NAME[:CONFIG]:SPLIT."),
        ("hub:a:b:c[", "“hub:a:b:c[” names no data set. Write hub:NAME[:CONFIG]:SPLIT."),
    ],
)
def test_what_is_unknown_is_refused_with_what_is_known(hub, source, said):
    assert refusal(source) == said
    assert hub.asked == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            ConnectionError("Couldn't reach 'movies'\non the Hub."),
            "The data set movies is not on this computer, and the hub cannot be reached: Couldn't "
            "reach 'movies' on the Hub. Check the connection, or give a file.",
        ),
        (
            RuntimeError("Dataset scripts are no longer supported"),
            "The data set movies cannot be read: Dataset scripts are no longer supported. Save it "
            "as a file instead.",
        ),
        (
            KeyError(),
            "The data set movies cannot be read: KeyError. Save it as a file instead.",
        ),
    ],
)
def test_what_goes_wrong_in_the_library_is_told(hub, monkeypatch, error, said):
    def fail(*arguments, **options):
        raise error

    monkeypatch.setattr(hub, "load_dataset", fail)
    assert refusal("hub:movies:train") == said


def test_a_split_too_large_for_memory_is_refused_with_a_remedy(hub, monkeypatch):
    monkeypatch.setattr("attnviz.data.hub.MAX_CELLS", 5)
    assert refusal("hub:movies:train[:90%]") == (
        "movies has more than 5 cells. Take a part of its rows: train[:100000]."
    )


def test_without_the_library_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    assert refusal("hub:movies:train") == (
        "Data sets of the hub need one more library: run “python -m pip install datasets”."
    )


def test_a_library_that_could_run_scripts_is_refused(hub, monkeypatch):
    monkeypatch.setattr(hub, "__version__", "3.6.0", raising=False)
    assert refusal("hub:movies:train") == (
        "The library datasets 3.6.0 is too old: run “python -m pip install --upgrade datasets”."
    )


def test_a_file_that_is_called_hub_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hub.csv").write_text("text\na\n")
    assert read_table("hub.csv").rows == (("a",),)
    assert read_table(b"text\na\n", "hub:a.csv").rows == (("a",),)


def test_the_library_itself_reads_a_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    names = datasets.ClassLabel(names=["negative", "positive"])
    features = datasets.Features({"text": datasets.Value("string"), "label": names})
    rows = {"text": ["good", "bad", "?"], "label": [1, 0, -1]}
    data = datasets.Dataset.from_dict(rows, features=features)
    folder = tmp_path / "movies"
    folder.mkdir()
    data.to_parquet(folder / "train.parquet")
    data.to_parquet(folder / "test.parquet")
    table = read_table(f"hub:{folder}:train")
    assert table.rows == (("good", "positive"), ("bad", "negative"), ("?", ""))
    assert read_table(f"hub:{folder}:test[1:]").column("text") == ["bad", "?"]
    assert "has no split “dev”. Choose one of: “train”, “test”." in refusal(f"hub:{folder}:dev")
    assert "has several splits." in refusal(f"hub:{folder}")
