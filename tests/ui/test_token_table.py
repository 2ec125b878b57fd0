import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from attnviz.panels import Panel
from attnviz.panels.panel import LAID_FLAT
from attnviz.ui.components import token_table
from attnviz.ui.components.token_table import STRINGS, payload, text_name

ROWS = ["un", "like", "ly"]
WORDS = [0, 0, 0]


def panel(key="gates/forget", shape=(3, 5), **changes):
    values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape) / 8
    fields = {
        "key": key,
        "title": "Forget gate",
        "values": values,
        "columns": tuple(str(unit) for unit in range(shape[1])),
        "signed": False,
        "low": 0.0,
        "high": 1.0,
        "mark": "cells",
    }
    return Panel(**(fields | changes))


def read(packed):
    """The header, and each panel's numbers by its key, as the browser reads them."""
    length = int.from_bytes(packed[:4], "little")
    header = json.loads(packed[4 : 4 + length])
    numbers = np.frombuffer(packed, dtype="<f4", offset=4 + length)
    values, start = {}, 0
    for part in header["panels"]:
        shape = len(header["rows"]), len(part["columns"])
        end = start + shape[0] * shape[1]
        values[part["key"]] = numbers[start:end].reshape(shape)
        start = end
    assert start == len(numbers)
    return header, values


def test_values_arrive_exactly_and_row_by_row():
    votes = panel("votes", (3, 2), signed=True, low=-0.7, high=0.7, mark="bars")
    header, values = read(payload(ROWS, [votes, panel()], WORDS, {}))
    assert [part["key"] for part in header["panels"]] == ["votes", "gates/forget"]
    assert values["votes"].tolist() == [[0, 0.125], [0.25, 0.375], [0.5, 0.625]]
    assert values["gates/forget"][2].tolist() == [1.25, 1.375, 1.5, 1.625, 1.75]
    assert header["panels"][0]["low"] == -0.7
    assert header["panels"][0]["mark"] == "bars"


def test_transposed_and_double_precision_values_arrive_in_the_same_order():
    values = np.arange(15, dtype=np.float64).reshape(5, 3).T
    _, arrived = read(payload(ROWS, [panel(values=values)], WORDS, {}))
    assert arrived["gates/forget"].tolist() == values.tolist()


@pytest.mark.parametrize("title", ["", "a", "ab", "abc", "遗忘门"])
def test_numbers_start_at_a_multiple_of_four(title):
    packed = payload(ROWS, [panel(title=title)], WORDS, {})
    assert (4 + int.from_bytes(packed[:4], "little")) % 4 == 0
    assert len(packed) - 4 - int.from_bytes(packed[:4], "little") == 4 * 3 * 5


def test_hostile_texts_arrive_unchanged():
    rows = ["</script>\u202e", "\ud83d", "👩‍👧\0\n"]
    header, _ = read(payload(rows, [panel()], WORDS, {}))
    assert header["rows"] == rows


def test_long_texts_are_cut_to_two_hundred_characters():
    rows = ["x" * 200, "y" * 100_000, "z"]
    header, _ = read(payload(rows, [panel()], WORDS, {}))
    assert [len(row) for row in header["rows"]] == [200, 200, 1]
    assert header["rows"][0] == rows[0]
    assert header["rows"][1].endswith("y…")


def test_no_tokens_and_no_panels_are_allowed():
    header, values = read(payload([], [panel(shape=(0, 5))], [], {}))
    assert values["gates/forget"].shape == (0, 5)
    assert read(payload(ROWS, [], WORDS, {}))[0]["panels"] == []
    assert header["words"] == []


def test_a_translation_replaces_a_string_and_the_rest_stays_english():
    header, _ = read(payload(ROWS, [panel()], WORDS, {"token": "词元"}))
    assert header["strings"] == STRINGS | {"token": "词元"}


@pytest.mark.parametrize(
    ("key", "string"),
    [("attention", "head"), ("votes", "label"), ("self_attention/0", "read"),
     ("feature_maps/3", "filter"), ("channel_attention/3", "filter"), ("gates/reset", "unit"),
     ("states/cell", "unit")],
)  # fmt: skip
def test_columns_are_called_what_they_are(key, string):
    header, _ = read(payload(ROWS, [panel(key)], WORDS, {}))
    assert header["panels"][0]["column_string"] == string
    assert "{name}" in STRINGS[string]


def test_a_text_is_named_by_what_was_read_and_by_its_tokens(trace):
    named = {
        text_name(trace),
        text_name(replace(trace, text="another")),
        text_name(replace(trace, tokens=("x", *trace.tokens[1:]))),
    }
    assert len(named) == 3
    header, _ = read(payload(ROWS, [panel()], WORDS, {}, of_text=text_name(trace)))
    assert header["of_text"] in named
    assert read(payload(ROWS, [panel()], WORDS, {}))[0]["of_text"] == ""


def test_shapes_that_do_not_fit_are_refused_by_name():
    with pytest.raises(ValueError, match="words has 2 entries for 3 rows"):
        payload(ROWS, [panel()], [0, 0], {})
    with pytest.raises(ValueError, match=r"gates/forget must have shape \(3, 5\), not \(5, 3\)"):
        payload(ROWS, [panel(values=np.zeros((5, 3), np.float32))], WORDS, {})
    with pytest.raises(ValueError, match="not JSON compliant"):
        payload(ROWS, [panel(high=float("nan"))], WORDS, {})


def test_the_browser_shows_strings_that_exist_and_all_of_them():
    folder = Path(token_table.__file__).parent
    script = "".join(
        (folder / f"{name}.js").read_text(encoding="utf-8") for name in token_table._SCRIPTS
    )
    columns = {"head", "weight", "label", "filter", "unit", "read"}  # looked up by `column_string`
    assert set(re.findall(r"strings\.(\w+)", script)) | columns == set(STRINGS)


def constant(name, where):
    source = (Path(token_table.__file__).parent / where).read_text(encoding="utf-8")
    return re.search(rf"^const {name} = (.*?);", source, re.M)[1]


def test_the_shaded_text_and_the_table_speak_of_pins_by_the_same_names():
    for name in ("PIN", "PINNED", "WHICH"):
        assert constant(name, "table_pins.js") == constant(name, "shaded_text.js")
    assert int(constant("NONE", "table_pins.js")) == token_table.NONE


def test_the_flat_table_and_its_figure_have_one_order_of_panels():
    assert json.loads(constant("GROUPS", "time_table.js")) == list(LAID_FLAT)


def test_the_head_of_the_table_stops_below_the_bar():
    folder = Path(token_table.__file__).parent
    bar = (folder / "frame.css").read_text(encoding="utf-8")
    table = (folder / "token_table.css").read_text(encoding="utf-8")
    (height,) = re.findall(r"\.st-key-top-bar \{[^}]*?\bheight: (\d+px)", bar)
    assert re.findall(r"--head-top: var\(--stuck-top, (\d+px)\)", table) == [height]


def test_no_module_is_longer_than_one_sitting():
    for path in Path(token_table.__file__).parent.glob("*.js"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 300, path.name


def test_every_imported_name_comes_from_a_module_that_exports_it_and_is_used():
    folder = Path(token_table.__file__).parent
    for path in folder.glob("*.js"):
        source = path.read_text(encoding="utf-8")
        for names, module in re.findall(r"^import \{([^}]*)\} from \"\./(.*?)\";", source, re.M):
            exporting = (folder / module).read_text(encoding="utf-8")
            for name in filter(None, map(str.strip, names.split(","))):
                assert re.search(rf"^export (?:const|function|class) {name}\b", exporting, re.M), (
                    name
                )
                assert len(re.findall(rf"\b{name}\b", source)) > 1, f"{path.name}: {name}"


def test_the_modules_become_one_script_with_one_export():
    """An inline module cannot import its neighbours; imports of several lines go, too."""
    sources = {name: token_table._script(name) for name in token_table._SCRIPTS}
    script = "\n".join(sources.values())
    lines = [line for line in script.splitlines() if re.match(r"(import|export)\b|\} from ", line)]
    assert [re.match(r"export default", line) is not None for line in lines] == [True]
    assert 'from "./' not in script
    defined = re.findall(r"^(?:async )?(?:function|class|const|let) (\w+)", script, re.MULTILINE)
    assert len(defined) == len(set(defined)) > 20  # in one script, a name twice is an error
    wanted = set()
    for name in token_table._SCRIPTS:
        whole = (Path(token_table.__file__).parent / f"{name}.js").read_text(encoding="utf-8")
        for names in re.findall(r"^import \{([^}]*)\}", whole, re.MULTILINE):
            wanted |= {part.strip() for part in names.split(",") if part.strip()}
    assert wanted
    assert wanted <= set(defined)
