"""Writes the samples with which a shipped model of series, films or pictures opens.

python -m tests.benchmarks.shipped_samples FOLDER FILE [--each N] [--every] [--split PART]

The first N samples of each class of FILE, which is one that `python -m attnviz make` wrote, become
`samples.npz` in the model's folder, with titles in both languages; of a forecast the whole series.
The trace of the first is stored, so that a picture stands before the model is loaded.
"""

import argparse
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from attnviz.classifier import Classifier
from attnviz.folders import example_path
from attnviz.samples import Sample, read_samples
from attnviz.samples.shipped import Shipped, save
from attnviz.samples.windows import past

KINDS = {"series": "series", "frames": "films"}
CHINESE = {
    "normal": "正常",
    "open string": "组串开路",
    "shorted modules": "组件短路",
    "partial shading": "局部遮挡",
    "degradation": "老化",
    "line-line": "线间短路",
    **dict(
        zip(
            ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
            "零一二三四五六七八九",
            strict=True,
        )
    ),
}
NOTES = {
    "pv-faults": {"en": "synthetic", "zh": "合成数据"},
    "pv-faults-se": {"en": "synthetic", "zh": "合成数据"},
    "pv-currents": {"en": "synthetic", "zh": "合成数据"},
    "pv-power": {"en": "synthetic", "zh": "合成数据"},
    "spoken-digits": {"en": "spoken by espeak-ng", "zh": "由 espeak-ng 合成的语音"},
    "moving-digits": {
        "en": "digits of UCI, CC BY 4.0, in synthetic motion",
        "zh": "UCI 数字，CC BY 4.0，合成运动",
    },
    "digit-rows": {"en": "digits of UCI, CC BY 4.0", "zh": "UCI 数字，CC BY 4.0"},
    "digit-rows-lstm": {"en": "digits of UCI, CC BY 4.0", "zh": "UCI 数字，CC BY 4.0"},
    "co2": {
        "en": "measured at Mauna Loa by Keeling and Whorf",
        "zh": "Keeling 与 Whorf 在冒纳罗亚测得",
    },
}
FORECASTS = {
    "co2": {"en": "CO₂ at Mauna Loa", "zh": "冒纳罗亚的二氧化碳"},
    "pv-power": {"en": "power of a plant", "zh": "电站功率"},
}
FIRST = ("partial shading", "seven", "7", "3")
"""Labels whose sample opens the page."""


def of_each_class(samples: list[Sample], each: int, note: dict[str, str]) -> list[Shipped]:
    counts, chosen = Counter(), []
    for sample in samples:
        counts[sample.label] += 1
        if counts[sample.label] > each:
            continue
        number = f" {counts[sample.label]}" if each > 1 else ""
        name = re.sub(r"\W+", "-", f"{sample.label}{number}".strip())
        titles = {"en": f"{sample.label}{number}"}
        if sample.label in CHINESE:
            titles["zh"] = f"{CHINESE[sample.label]}{number}"
        chosen.append(Shipped(replace(sample, name=name), titles, note))
    return sorted(chosen, key=lambda one: (one.sample.label not in FIRST, one.sample.label))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("file")
    parser.add_argument("--each", type=int, default=1)
    parser.add_argument("--split")
    options = parser.parse_args()
    classifier = Classifier.from_pretrained(options.folder)
    config, name = classifier.network.config, options.folder.name
    kind = {"kind": KINDS.get(config.input, "pictures")} if options.file.endswith(".npz") else {}
    samples = list(read_samples(options.file, split=options.split, **kind))
    note = NOTES.get(name, {})
    if config.task == "forecast":
        whole = replace(samples[0], name=name, values=samples[0].values.astype(np.float32))
        shipped = [Shipped(whole, FORECASTS.get(name, {}), note)]
        first = past(whole, len(whole.values) - config.horizon, config.max_tokens)
    else:
        shipped = of_each_class(samples, options.each, note)
        first = shipped[0].sample
    save(options.folder, shipped)
    for old in options.folder.glob("example-*.npz"):
        old.unlink()
    classifier.trace(first).save(example_path(options.folder))
    print(", ".join(one.sample.name for one in shipped))


if __name__ == "__main__":
    main()
