"""Whether a line stands in a text, however that text is cut into lines: by its words, three at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

SHINGLE: Final = 3  # words
# Scripts written without spaces: one character is one word.
_UNSPACED: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")


def tokens(text: str) -> list[str]:
    """The words of a text, case folded."""
    return _WORD.findall(text.casefold())


class Shingles:
    """The words of a text, ready to be asked for those of a line."""

    def __init__(self, lines: Iterable[list[str]]) -> None:
        """`lines`: the tokens of each of its lines."""
        whole = [line for line in lines if line]
        self._lines = {tuple(line) for line in whole}
        self._ends = {line[0] for line in whole} | {line[-1] for line in whole}
        flat = [word for line in whole for word in line]
        self.words = len(flat)
        self._flat = f" {' '.join(flat)} "
        self._triples = set(zip(flat, flat[1:], flat[2:], strict=False))

    def share(self, words: list[str]) -> float:
        """How much of a line stands here, 0 to 1; of a line under three words, whether it does."""
        if len(words) < SHINGLE:
            return float(bool(words) and f" {' '.join(words)} " in self._flat)
        triples = list(zip(words, words[1:], words[2:], strict=False))
        return sum(map(self._triples.__contains__, triples)) / len(triples)

    def has(self, words: list[str]) -> bool:
        """Whether a line stands here: as a line, or in one; a single word only as a line's first or last."""
        if tuple(words) in self._lines:
            return True
        if len(words) < 2:
            return bool(words) and words[0] in self._ends
        return self.share(words) >= 0.5
