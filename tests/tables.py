"""What the tests of tables share: texts and labels, lines of them, and what is told."""

from attnviz.data import Columns, RowStream, Table, choose_columns, open_rows, value_counts

GOOD = "The soup was warm and the staff could not have been kinder."
BAD = "The soup was cold and the staff were rude."
STAYS = "the room was quiet", "we waited for an hour", "nobody answered", "a lovely little place"
TEXTS = (GOOD, BAD, *(f"On day {n} {STAYS[n % 4]} and so on." for n in range(16)))
LABELS = ("positive", "negative") * 9
NUMBERS = ("1", "0") * 9
CHINESE = [
    f"{n}月的房间很{word}，服务也很{word}，再来看看吧。" for n in "一二三" for word in "好差"
]


NO_HEADER = "The first row was taken for data: no header."
NAMED = "The first row was taken for the names of the columns:"
ABOVE = "The header is in row"
BELOW = "Rows left out below the header"
LEFT_OUT = "Rows left out that do not fit the table:"
REPEATED = "Rows left out that repeat the header:"
UNQUOTED = "Quotation marks were taken for characters like any other"
ALONE = "Quotation marks taken for characters of the text"
ESCAPED = "Quotation marks within a cell"
TABLE = "The lines were read as a table"
PERHAPS = "Every line holds"
FASTTEXT_TOLD = "Each line was read as a text and its labels"


def lines(*columns, between=",", head=""):
    rows = [between.join(cells) for cells in zip(*columns, strict=False)]
    return "\n".join([*([head] if head else []), *rows]) + "\n"


def quoted(cells):
    return ['"' + cell.replace('"', '""') + '"' for cell in cells]


def ids(prefix="", count=18):
    return [f"{prefix}{1_467_810_000 + number}" for number in range(count)]


def read(data, name="a.csv", **options) -> RowStream:
    stream = open_rows(data.encode() if isinstance(data, str) else data, name, **options)
    stream.rows = list(stream)
    return stream


def check(data, columns, first, count, told=(), name="a.csv", **options):
    stream = read(data, name, **options)
    assert stream.columns == tuple(columns)
    assert stream.rows[0][1] == tuple(first)
    assert len(stream.rows) == count
    assert [any(str(n).startswith(start) for n in stream.notices) for start in told] == [
        True
    ] * len(told)
    assert len(stream.notices) == len(told), [str(n) for n in stream.notices]
    return stream


TWO = ("column 1", "column 2")
THREE = ("column 1", "column 2", "column 3")


def chosen(table: Table) -> Columns:
    """The columns of a table that would be taken where nothing is said of them."""
    return choose_columns(table, value_counts(table), None)
