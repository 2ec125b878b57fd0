"""The house stays in order: a module imports only from a smaller number (DESIGN, section 2)."""

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "attnviz"

# Within a row, a module may import from those to its left: so there are no cycles either.
LAYERS = [
    [
        "__init__",
        "errors",
        "kinds",
        "invisible",
        "colours",
        "writing",
        "folders",
        "spans",
        "tags",
        "trace",
        "evidence",
        "history",
        "data",
        "samples",
        "runs",
    ],
    [
        "threads",
        "configuration",
        "inputs",
        "tasks",
        "chain",
        "attention",
        "padding",
        "outputs",
        "recurrent",
        "stages",
        "tokenization",
        "spelling",
        "language",
        "processing",
    ],
    ["modeling", "tagging", "loading"],
    [
        *("classifier", "windows", "overlap", "evaluation", "forecasts", "tag_scores", "gradients"),
        *("training", "estimator", "explain", "inspection", "model_card"),
    ],
    ["panels", "charts", "report"],
    ["cli", "__main__", "ui"],
]
PLACES = {
    name: (layer, place) for layer, row in enumerate(LAYERS) for place, name in enumerate(row)
}
ALLOWED = {
    "torch": {1, 2, 3},
    "transformers": {1, 2, 3},
    "altair": {4},
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Dotted names of everything that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides its layer"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def house_name(dotted: str) -> str:
    """`attnviz.ui.pages.explore` → ui; `attnviz.charts.token_table` → charts."""
    name = dotted.removeprefix("attnviz").strip(".").partition(".")[0]
    return name if name in PLACES else "__init__"


def home_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def test_every_module_has_a_layer():
    assert {home_of(path) for path in modules()} <= set(PLACES)
    assert len(modules()) > 15


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_a_smaller_layer_or_further_left(path):
    home = home_of(path)
    for dotted in imports(path):
        if dotted.partition(".")[0] != "attnviz":
            continue
        name = house_name(dotted)
        if home == name:  # a module that has become a folder
            continue
        if home in ("cli", "__main__") and name in ("cli", "__main__"):
            continue
        assert name not in ("cli", "__main__"), f"{home} imports {dotted}"
        assert PLACES[name] < PLACES[home], f"{home} imports {dotted}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_heavy_libraries_stay_in_their_layers(path):
    home = home_of(path)
    for library in {dotted.partition(".")[0] for dotted in imports(path)}:
        if library == "streamlit":
            assert home == "ui"
        elif library in ALLOWED:
            assert PLACES[home][0] in ALLOWED[library], f"{home} imports {library}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_import_is_hidden_from_the_running_program(path):
    assert "TYPE_CHECKING" not in path.read_text(encoding="utf-8")


def constants(path: Path) -> Iterator[str | bytes]:
    """The longer texts and patterns to which a file gives a name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        value = node.value if isinstance(node, ast.Assign) else None
        if isinstance(value, ast.Call) and ast.unparse(value.func) in ("N_", "re.compile"):
            value = value.args[0]
        if isinstance(value, ast.Constant) and len(str(value.value)) > 15:
            yield value.value


def test_no_message_and_no_pattern_is_spelt_out_twice():
    counts = Counter(value for path in modules() for value in constants(path))
    assert len(counts) > 200
    assert [value for value, count in counts.items() if count > 1] == []


def test_what_the_session_keeps_has_one_home():
    """Modules that share a key share its name or a function."""
    key = re.compile(r'session_state(?:\.(?:get|pop|setdefault))?[\[(]\s*"([^"]+)"')
    homes = [
        (name, path.name)
        for path in (PACKAGE / "ui").rglob("*.py")
        for name in set(key.findall(path.read_text(encoding="utf-8")))
    ]
    assert len(homes) > 20
    assert [pair for pair in homes if [name for name, _ in homes].count(pair[0]) > 1] == []


def test_the_frame_imports_streamlit_and_the_pages_alone():
    found = set(imports(ROOT / "app.py"))
    assert {name.partition(".")[0] for name in found} - set(sys.stdlib_module_names) <= {
        "streamlit",
        "attnviz",
    }
    assert {house_name(name) for name in found if name.startswith("attnviz")} == {"ui"}


HEAVY = "{'torch', 'transformers', 'altair', 'streamlit', 'numpy', 'pandas', 'tokenizers'}"


@pytest.mark.parametrize(
    ("imported", "light"),
    [
        ("attnviz", HEAVY),
        ("attnviz.errors", HEAVY),
        ("attnviz.folders", HEAVY),
        ("attnviz.cli", HEAVY),
        ("attnviz.data", "{'torch', 'transformers', 'altair', 'streamlit'}"),
        ("attnviz.samples", "{'torch', 'transformers', 'altair', 'streamlit', 'scipy', 'PIL'}"),
        ("attnviz.trace", "{'torch', 'transformers', 'altair', 'streamlit'}"),
        ("attnviz.panels", "{'torch', 'transformers', 'altair', 'streamlit'}"),
        ("attnviz.charts", "{'torch', 'transformers', 'streamlit'}"),
        ("attnviz.classifier", "{'altair', 'streamlit'}"),
        ("attnviz.inspection.starting", "{'torch', 'altair', 'streamlit'}"),
    ],
)
def test_importing_costs_no_more_than_it_must(imported, light):
    code = f"import sys, {imported}; print(sorted({light} & set(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


def test_public_names_are_fetched_when_used():
    import attnviz
    from attnviz.trace import Trace

    assert attnviz.Trace is Trace
    assert attnviz.charts.attention
    assert set(attnviz.__all__) >= {"Classifier", "Trace", "charts"}
    for name in attnviz.__all__:
        assert getattr(attnviz, name) is not None, name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = attnviz.nothing


def test_the_readme_s_map_names_every_place():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    map_of_the_house = text.partition("## The map of the house")[2].partition("\n## ")[0]
    told = set(re.findall(r"[\w]+", map_of_the_house))
    assert set(PLACES) - {"__init__", "__main__"} <= told
