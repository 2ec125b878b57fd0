"""Under torchrun, several processes train one model."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from attnviz.classifier import Classifier
from attnviz.history import History
from tests.training_runs import BAD, GOOD

ROOT = Path(__file__).resolve().parent.parent

STOPPED_ALONE = """
import os, sys
from attnviz import cli
from attnviz.training import loop

step = loop.NetworkTrainer.training_step

def stopping(self, model, inputs, *rest):
    if self.state.global_step == 4 and os.environ["RANK"] == "1":
        self.stop.asked = True
    return step(self, model, inputs, *rest)

loop.NetworkTrainer.training_step = stopping
sys.exit(cli.main(sys.argv[1:]))
"""

SCRIPT = """
import os, sys
from attnviz import cli
from attnviz.training import loop

rows = open(sys.argv[1] + os.environ["RANK"], "w")
step = loop.NetworkTrainer.training_step

def noting(self, model, inputs, *rest):
    rows.write(f"{self.state.global_step} {inputs['row'].tolist()}\\n")
    return step(self, model, inputs, *rest)

loop.NetworkTrainer.training_step = noting
code = cli.main(sys.argv[2:])
rows.close()
sys.exit(code)
"""


def launched(folder: Path, script: str, *words) -> subprocess.CompletedProcess:
    """Two processes of a script that trains on folder/t.csv, and what they said."""
    (folder / "script.py").write_text(script)
    options = f"train {folder}/t.csv --validation {folder}/dev.csv --output {folder}/model"
    options += " --epochs 3 --batch-size 4 --embedding-size 7 --kernel-sizes 1 3 --filters 5"
    options += " --hidden-size 11 --attention-size 3 --vocab-size 300 --learning-rate 0.03"
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    return subprocess.run(
        [*launcher, folder / "script.py", *words, *options.split()],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_two_processes_share_every_epoch_and_write_one_model(tmp_path):
    """64 texts, 4 at a time in each of 2 processes: 8 steps an epoch."""
    pairs = [(text, "up") for text in GOOD] + [(text, "down") for text in BAD]
    rows = [f"{text}{' so' * (n % 7)},{label}" for n in range(11) for text, label in pairs][:64]
    (tmp_path / "t.csv").write_text("text,label\n" + "\n".join(rows))
    (tmp_path / "dev.csv").write_text("text,label\n" + "\n".join(rows[:37]) + "\n ,up\n")
    found = launched(tmp_path, SCRIPT, tmp_path / "rows")
    assert found.returncode == 0, found.stderr
    accuracy = json.loads(found.stdout)  # once
    assert found.stderr.count("Of the 38 texts in dev, 1 are empty") == 1

    seen = [(tmp_path / f"rows{rank}").read_text().splitlines() for rank in (0, 1)]
    for epoch in range(3):
        read = [
            json.loads(line.split(" ", 1)[1]) for file in seen for line in file[8 * epoch :][:8]
        ]
        assert sorted(row for rows in read for row in rows) == list(range(64)), "each text once"

    history = History.load(tmp_path / "model")
    assert history.accuracy == accuracy
    assert history.command.startswith("torchrun --nproc_per_node 2 -m attnviz train ")
    assert history.steps[-1]["step"] == 24
    assert [entry["step"] for entry in history.evaluations] == [8, 16, 24]
    best = history.best["accuracy"]
    classifier = Classifier.from_pretrained(tmp_path / "model")
    texts, labels = zip(*(row.split(",") for row in rows[:37]), strict=True)
    predicted = classifier.predict(list(texts))
    right = np.array(predicted.labels) == labels
    assert best == right.mean(), "37 texts, none twice, though 2 processes read them 8 at a time"
    assert accuracy == {"dev": right.sum() / 38}
    assert classifier.network.config.temperature == history.calibration["temperature"]


def test_what_one_process_is_told_to_stop_for_stops_them_all(tmp_path):
    rows = [f"{text},{label}" for _ in range(11) for text, label in ((GOOD[0], "u"), (BAD[0], "d"))]
    for name in ("t.csv", "dev.csv"):
        (tmp_path / name).write_text("text,label\n" + "\n".join(rows))
    found = launched(tmp_path, STOPPED_ALONE)
    assert found.returncode != 0
    assert found.stderr.count("attnviz: Stopped after step 5 of 9.") == 1
    assert (tmp_path / "model" / "checkpoints" / "checkpoint-5" / "trainer_state.json").is_file()
