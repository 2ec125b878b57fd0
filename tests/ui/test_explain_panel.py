"""One panel in full: which unit varies most is what its first line says."""

import numpy as np
import pytest

from attnviz.panels import panels, row_labels
from attnviz.ui.components.explanations.panel import verdict_line
from attnviz.ui.components.panel_choice import titled


@pytest.mark.parametrize("key", ["gates/forget", "states/cell", "feature_maps/3"])
def test_the_verdict_names_the_unit_that_varies_most(trace, key):
    panel = next(one for one in map(titled, panels(trace)) if one.key == key)
    line = verdict_line(panel, row_labels(trace))
    spread = [np.var(panel.values[:, column]) for column in range(panel.values.shape[1])]
    column = int(np.argmax(spread))
    low, high = panel.values[:, column].min(), panel.values[:, column].max()
    kind = "Filter" if key.startswith("feature") else "Unit"
    if key.startswith("gates"):
        ends = f"from {low:.0%} to {high:.0%}."
    else:
        ends = f"from {low:.2f} to {high:.2f}.".replace("-", "−")
    assert line == f"{kind} {panel.columns[column]} varies most along the text: {ends}"
    assert len(line.split()) <= 12


def test_of_self_attention_the_token_that_is_read_most_is_named(build_network, tokenizer):
    from attnviz.classifier import Classifier

    trace = Classifier(build_network(attention="multi_head", num_attention_heads=2), tokenizer)
    trace = trace.trace("good film, bad music")
    panel = next(one for one in map(titled, panels(trace)) if one.family == "self_attention")
    read = trace.self_attention[0].mean(axis=0)
    line = verdict_line(panel, row_labels(trace))
    assert f"{read.max():.0%} of all that is read" in line
    assert row_labels(trace)[int(read.argmax())].strip() in line.replace("\\", "")
