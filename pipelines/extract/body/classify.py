"""How likely each line of a page is its article's: two logistic regressions, the second of which knows what the first
thought of the line's neighbours (stacked sequential learning: Cohen and Carvalho, IJCAI 2005).

The weights are in weights.toml, a number a feature; `python -m tests.quality.train` makes them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.extract.body.features import Column, Features, shifted, span, window

WEIGHTS: Final = Path(__file__).with_name("weights.toml")
BIAS: Final = "bias"
_SURE: Final = 1e-4  # scores nearer to 0 or 1 count as this
_STRONG: Final = 0.5  # a score from which a line shows where the article is
_STRONG_WORDS: Final = 8
_REACH: Final = (1, 2, 3)  # lines up and down whose scores count
_WINDOW: Final = 7


@dataclass(frozen=True, slots=True)
class Weights:
    """A weight for each feature, by name, and `BIAS`."""

    first: Mapping[str, float]
    second: Mapping[str, float]


@cache
def weights() -> Weights:
    """Those that come with warchronicle."""
    read = tomllib.loads(WEIGHTS.read_text(encoding="utf-8"))
    return Weights(read["first"], read["second"])


def scores(features: Features) -> Column:
    """For each line, how likely it is part of the article, 0 to 1."""
    found = weights()
    first = weigh(features.names, features.table, found.first)
    names, company = neighbours(features, first)
    return weigh((*features.names, *names), np.concatenate([features.table, company], axis=1), found.second)


def weigh(names: Sequence[str], table: NDArray[np.float32], by: Mapping[str, float]) -> Column:
    """The logistic of each row's weighted sum. A feature without a weight says nothing."""
    vector = np.array([by.get(name, 0.0) for name in names], dtype=np.float64)
    total = np.clip(table @ vector + by[BIAS], -30, 30)
    return (1 / (1 + np.exp(-total))).astype(np.float32)


def neighbours(features: Features, first: Column) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """The second table: what the first scores say of a line, of those around it and of those in places alike."""
    count = len(first)
    words = features.words + 0.1
    heard = features.heard.astype(np.float32)
    sure = np.clip(first, _SURE, 1 - _SURE)
    columns: dict[str, NDArray[np.floating]] = {"score": first, "score_log_odds": np.log(sure / (1 - sure))}
    for name, group in (("alike", features.alike), ("beside", features.beside)):
        columns[f"score_{name}"] = (np.bincount(group, first * words) / np.bincount(group, words))[group]
        size = np.bincount(group)[group]
        others = np.bincount(group, first)[group] - first
        columns[f"score_others_{name}"] = np.where(size > 1, others / np.maximum(1, size - 1), 0.5)
    for by in _REACH:
        columns[f"score_{by}_before"] = shifted(first, by)
        columns[f"score_{by}_after"] = shifted(first, -by)
    span(columns, "score_", np.nonzero((first > _STRONG) & (words > _STRONG_WORDS))[0], count)
    columns["score_window"] = window(first, _WINDOW)
    columns["score_words"] = np.full(count, np.log1p((first * words).sum()))
    columns["score_share"] = np.full(count, (first * words).sum() / words.sum())
    columns["score_of_heard"] = np.full(count, (heard * words * first).sum() / max(0.1, (heard * words).sum()))
    return tuple(columns), np.stack([column.astype(np.float32) for column in columns.values()], axis=1)
