"""Flattened text to its paragraphs: line ends of any kind, lines that were wrapped at a column joined again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from pipelines.extract import clean
from pipelines.extract.posts import Line

#: Columns at which people and programs wrap text.
WIDTHS: Final = range(45, 101)
_SLACK: Final = 12  # columns: not all programs fill a line as far as they could
_WRAPS_MIN: Final = 3
_SHARE_FULL: Final = 0.6  # of the breaks inside of paragraphs that come where the next word had no room
_SHARE_OPEN: Final = 0.5  # of those that come in the middle of a sentence
_LINE_END = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_MARKED = re.compile(r"^\s*(?:[-*•·●▪◦‣–—―>#]|\(?\d{1,2}[.)])\s|^\s*(?:[-=*_~]\s?){3,}$")
_SENTENCE_END = re.compile(r"[.!?…:;][\"'”’»)\]]*$")


@dataclass(frozen=True, slots=True)
class _Raw:
    """A line as it stands, right end trimmed, with the white space before it."""

    text: str
    indent: int


def paragraphs(text: str) -> list[Line]:
    """The paragraphs of a text, each one line. Those between the same two blank lines are of one group."""
    blocks = list(_blocks(text))
    spaced = len(blocks) > 1
    width = _wrapped_at(blocks)
    found: list[Line] = []
    group = 0
    for block in blocks:
        for lines in _joined(block, width, spaced=spaced) if width else ([line.text] for line in block):
            whole = clean.line(_together(lines))
            if any(map(str.isalnum, whole)):
                found.append(Line(whole, group))
            group += not spaced
        group += 1
    return found


def _blocks(text: str) -> Iterator[list[_Raw]]:
    """Lines between blank ones."""
    block: list[_Raw] = []
    for line in _LINE_END.split(text):
        if stripped := line.strip():
            block.append(_Raw(stripped, len(line) - len(line.lstrip())))
        elif block:
            yield block
            block = []
    if block:
        yield block


def _wrapped_at(blocks: Sequence[Sequence[_Raw]]) -> int:
    """The width of the longest line in a text that was wrapped; 0 if it was not."""
    lengths = sorted(len(line.text) + line.indent for block in blocks for line in block if " " in line.text)
    if len(lengths) <= _WRAPS_MIN or lengths[-1 - len(lengths) // 100] not in WIDTHS:
        return 0  # a stray long line in a hundred may be an address
    width = lengths[-1 - len(lengths) // 100]
    breaks = [pair for block in blocks for pair in pairwise(block) if not _MARKED.match(pair[1].text)]
    full = [above for above, below in breaks if _is_full(above, below, width)]
    open_ended = sum(not _SENTENCE_END.search(line.text) for line in full)
    if len(full) < max(_WRAPS_MIN, _SHARE_FULL * len(breaks) * 0.5) or open_ended < _SHARE_OPEN * len(full):
        return 0
    spaced = len(blocks) > 1
    return width if not spaced or len(full) >= _SHARE_FULL * len(breaks) else 0


def _is_full(above: _Raw, below: _Raw, width: int, slack: int = _SLACK) -> bool:
    """Whether the next line's first word had no room in this one."""
    return above.indent + len(above.text) + 1 + len(below.text.split(maxsplit=1)[0]) > width - slack


def _joined(block: Sequence[_Raw], width: int, *, spaced: bool) -> Iterator[list[str]]:
    lines: list[str] = []
    for above, line in zip((None, *block), block, strict=False):
        if above is not None and not _goes_on(above, line, width, spaced=spaced):
            yield lines
            lines = []
        lines.append(line.text)
    yield lines


def _goes_on(above: _Raw, line: _Raw, width: int, *, spaced: bool) -> bool:
    """Whether a line of a wrapped text goes on in the next one."""
    if _MARKED.match(line.text):
        return False
    if line.indent >= above.indent + 2 and _SENTENCE_END.search(above.text):
        return False  # paragraphs told by their indent
    if _SENTENCE_END.search(above.text) and not spaced:
        return _is_full(above, line, width, slack=0)  # nothing but the room tells the end of a paragraph here
    return _is_full(above, line, width) or (spaced and line.text[:1].islower())


def _together(lines: Sequence[str]) -> str:
    """Lines as one; a word that was cut at its hyphen keeps it, since most such hyphens belong there."""
    text = lines[0]
    for line in lines[1:]:
        cut = text.endswith("-") and text[-2:-1].isalpha() and line[:1].isalpha()
        text += line if cut else f" {line}"
    return text
