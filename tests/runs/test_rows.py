"""A file's rows as a run keeps them: whole, in order, and counted."""

import pytest
from pyarrow import parquet

from attnviz.data import open_rows
from attnviz.errors import FileError
from attnviz.runs.rows import Counted, write_rows


def stream(text: str, name: str = "a.csv"):
    return open_rows(text.encode(), name)


def test_rows_lines_and_cells_are_kept_under_names_that_no_file_chose(tmp_path):
    path = tmp_path / "run" / "rows.parquet"
    text = 'text,"label; DROP TABLE x"\ngood,1\n\n"two\nlines", 1\n坏,\n'
    counted = write_rows(stream(text), path)
    assert parquet.read_table(path).to_pydict() == {
        "row": [0, 1, 2],
        "line": [2, 4, 6],
        "c0": ["good", "two\nlines", "坏"],
        "c1": ["1", " 1", ""],
    }
    assert counted == Counted(
        3, {"text": {"good": 1, "two\nlines": 1, "坏": 1}, "label; DROP TABLE x": {"1": 2, "": 1}}
    )


def test_each_row_group_is_a_chunk_and_progress_adds_up(tmp_path):
    path, told = tmp_path / "rows.parquet", []
    text = "text,label\n" + "".join(f"{number},{number % 3}\n" for number in range(2_003))
    counted = write_rows(stream(text), path, chunk=191, progress=told.append)
    file = parquet.ParquetFile(path)
    sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    assert sizes == told == [191] * 10 + [93]
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    assert file.read().column("row").to_pylist() == list(range(2_003))
    assert counted.rows == 2_003
    assert counted.values == {"label": {"0": 668, "1": 668, "2": 667}}  # too many texts to count


def test_long_values_are_not_counted(tmp_path):
    text = "text,label\n" + "x" * 1_009 + ",1\n"
    assert write_rows(stream(text), tmp_path / "rows.parquet").values == {"label": {"1": 1}}


@pytest.mark.parametrize("ending", ["broken", "cancelled"])
def test_nothing_is_left_of_a_file_that_breaks_or_is_cancelled(tmp_path, ending):
    class CancelledError(Exception):
        pass

    def cancel(count):
        raise CancelledError

    path = tmp_path / "rows.parquet"
    path.write_bytes(b"what was there before")
    text = "text,label\n" + "a,1\n" * 1_009 + ("b,1,2\n" * 1_013 if ending == "broken" else "")
    with pytest.raises(FileError if ending == "broken" else CancelledError):
        write_rows(stream(text), path, chunk=101, progress=None if ending == "broken" else cancel)
    assert [(item.name, item.read_bytes()) for item in tmp_path.iterdir()] == [
        ("rows.parquet", b"what was there before")
    ]


def test_more_columns_than_anybody_looks_at_are_refused(tmp_path):
    header = ",".join(f"c{number}" for number in range(2_003))
    with pytest.raises(FileError, match="a.csv has more than 2,000 columns"):
        write_rows(stream(f"{header}\n{header}\n"), tmp_path / "rows.parquet")


def test_half_characters_never_reach_the_file(tmp_path):
    path = tmp_path / "rows.parquet"
    write_rows(stream('{"text": "a\\ud800b"}\n{"text": "\\u0000"}', "a.jsonl"), path)
    assert parquet.read_table(path).column("c0").to_pylist() == ["a\ufffdb", "\ufffd"]
