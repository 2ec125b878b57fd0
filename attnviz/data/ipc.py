"""Arrow's own files, .arrow and .feather: those that `save_to_disk` writes, for example."""

from collections.abc import Iterator, Sequence
from typing import BinaryIO

from attnviz.data.arrow import arrow_rows, clear
from attnviz.data.class_names import schema_classes
from attnviz.data.files import File
from attnviz.data.reading import AS_FOUND, Reading
from attnviz.data.stream import RowStream


def read_arrow(file: File, reading: Reading = AS_FOUND) -> RowStream:
    """The rows of an Arrow file or stream, as `.arrow` and `.feather` hold them."""
    file.refuse_empty()

    def batches(wanted: Sequence[str] | None = None) -> Iterator:
        with clear(file.name, "Arrow"), file.on_disk() as stream:
            for batch in _arrow_batches(stream):
                yield batch if wanted is None else batch.select(wanted)

    with clear(file.name, "Arrow"), file.on_disk() as stream:
        schema = _opened_arrow(stream).schema
    classes = schema_classes(schema)
    return arrow_rows(batches, schema, file.name, "Arrow", classes, file.notices, file.size)


def _opened_arrow(stream: BinaryIO):
    """A reader of the two forms in which Arrow is kept: a file with a footer, or a stream."""
    from pyarrow import ipc

    is_file = stream.read(6) == b"ARROW1"
    stream.seek(0)
    return ipc.open_file(stream) if is_file else ipc.open_stream(stream)


def _arrow_batches(stream: BinaryIO) -> Iterator:
    reader = _opened_arrow(stream)
    if hasattr(reader, "get_batch"):
        return map(reader.get_batch, range(reader.num_record_batches))
    return iter(reader)
