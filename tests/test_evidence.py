"""Records of explanations travel as JSON."""

import json
from dataclasses import dataclass

import numpy as np

from attnviz.evidence import to_plain


@dataclass(frozen=True)
class Inner:
    shares: np.ndarray

    @property
    def rows(self) -> int:
        return len(self.shares)


@dataclass(frozen=True)
class Outer:
    names: tuple[str, ...]
    parts: dict[int, Inner]
    flag: np.bool_
    half_life: float


def test_a_record_becomes_what_json_can_hold():
    shares = np.array([[0.5, np.nan], [-np.inf, 2.0]], dtype=np.float32)
    record = Outer(("a", "电影"), {3: Inner(shares)}, np.bool_(True), float("inf"))
    plain = to_plain([record])
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert plain == [
        {
            "names": ["a", "电影"],
            "parts": {"3": {"shares": [[0.5, None], [None, 2.0]], "rows": 2}},
            "flag": True,
            "half_life": None,
        }
    ]
