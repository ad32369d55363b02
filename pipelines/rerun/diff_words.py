"""Word-level differences of two texts: what stays, what goes, what comes, so that both can be read back from it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

#: Beyond so many pairs of tokens, matching would take seconds: the texts are compared by sentence, then as a whole.
_PAIRS_MAX: Final = 1_000_000
# A word, one character of a script that is written without spaces, a run of spaces, or one other character.
_UNSPACED: Final = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN: Final = re.compile(rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}])\w)+|\s+|[^\w\s]")
_SENTENCE: Final = re.compile(r"[^.!?…。！？]*(?:[.!?…。！？]+\s*|$)")
_ISLAND: Final = re.compile(r"[\W_]{0,3}")


class Op(StrEnum):
    """What became of a piece of text."""

    SAME = "="
    GONE = "-"
    NEW = "+"


Piece = tuple[Op, str]


def compare(before: str, after: str) -> list[Piece]:
    """Pieces in reading order: SAME and GONE joined are `before`, SAME and NEW are `after`. None is empty.

    GONE stands before NEW. Spaces or signs alone between two changes belong to them: a line reads better so.
    """
    if before == after:
        return [(Op.SAME, before)] if before else []
    left, right = _TOKEN.findall(before), _TOKEN.findall(after)
    if len(left) * len(right) > _PAIRS_MAX:
        left, right = _sentences(before), _sentences(after)
    return _joined(_matched(left, right))


def likeness(before: str, after: str) -> float:
    """From 0 to 1: the share of words that two texts have in common, whatever their order. Quick."""
    left, right = set(_words(before)), set(_words(after))
    return 2 * len(left & right) / (len(left) + len(right)) if left or right else float(before == after)


def _words(text: str) -> list[str]:
    return [token for token in _TOKEN.findall(text.casefold()) if token[0].isalnum()]


def _sentences(text: str) -> list[str]:
    return [sentence for sentence in _SENTENCE.findall(text) if sentence]


def _matched(left: Sequence[str], right: Sequence[str]) -> list[Piece]:
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        start += 1
    end = 0
    while end < min(len(left), len(right)) - start and left[-1 - end] == right[-1 - end]:
        end += 1
    pieces: list[Piece] = [(Op.SAME, "".join(left[:start]))]
    a, b = left[start : len(left) - end], right[start : len(right) - end]
    if len(a) * len(b) > _PAIRS_MAX:
        pieces += [(Op.GONE, "".join(a)), (Op.NEW, "".join(b))]
    else:
        for op, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
            if op == "equal":
                pieces.append((Op.SAME, "".join(a[i:j])))
            else:
                pieces += [(Op.GONE, "".join(a[i:j])), (Op.NEW, "".join(b[k:m]))]
    pieces.append((Op.SAME, "".join(left[len(left) - end :])))
    return [piece for piece in pieces if piece[1]]


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """The same with runs of changes as one GONE and one NEW."""
    made: list[Piece] = []
    gone = new = ""
    for index, (op, text) in enumerate(pieces):
        island = op is Op.SAME and (gone or new) and index + 1 < len(pieces) and _ISLAND.fullmatch(text)
        if op is Op.GONE or island:
            gone += text
        if op is Op.NEW or island:
            new += text
        if op is Op.SAME and not island:
            made += _changed(gone, new)
            made.append((op, text))
            gone = new = ""
    return made + _changed(gone, new)


def _changed(gone: str, new: str) -> list[Piece]:
    return [piece for piece in ((Op.GONE, gone), (Op.NEW, new)) if piece[1]]
