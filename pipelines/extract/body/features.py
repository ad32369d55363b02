"""What is known of each line of a page, as numbers: its own look, its place, its company, and what witnesses say of it.

One table, which `classify` weighs; a feature's name is its name in weights.toml. Nothing here knows a site or a
language: phrases are the business of config/residue.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.extract.body.segments import CLASS_BIT, PLACES, Segment
from pipelines.extract.body.shingles import Shingles

Column = NDArray[np.float32]

_SENTENCE_END = re.compile(r"[.!?…。！？:][\"»”“'’)\]]*$")
_TAGS: Final = (
    "p", "li", "h1", "h2", "h3", "h4", "blockquote", "figcaption", "td", "tr", "div", "dd", "pre", "post",
)  # fmt: skip
_LOWER_HEADINGS: Final = {"h5": "h4", "h6": "h4"}
_GOOD_WORDS: Final = 8  # a line from which prose may be suspected
_GOOD_LINK: Final = 0.4
_LONG_WORDS: Final = 10  # a line that shows where the witness's text starts and ends
_WINDOW: Final = 9  # lines
_TITLE_WORDS_MAX: Final = 60  # of a line that is compared with the title
_DESCRIPTION_MIN: Final = 5  # words
_STATED_WORDS_MIN: Final = 60  # words of a stated body below which it is a teaser
_STATED_COVER: Final = 0.5  # of the witness's text, from which a stated body is believed


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What others say of the page's lines."""

    extractor: Shingles  # the text that trafilatura takes
    stated: Callable[[list[str]], bool] | None  # whether the publisher's own articleBody has a line; None: no such body
    titles: frozenset[tuple[str, ...]]  # the words of all that the headline may be
    description: str  # the words of what the page says it is about, single spaces between and around


@dataclass(frozen=True, slots=True)
class Features:
    """A table: a row for each line, a column for each name."""

    names: tuple[str, ...]
    table: NDArray[np.float32]
    words: Column  # of each line
    heard: NDArray[np.bool_]  # lines that the extractor's text has
    is_title: NDArray[np.bool_]
    alike: NDArray[np.intp]  # number of the group of lines whose places look the same
    beside: NDArray[np.intp]  # ... that have the same parent


def features(lines: Sequence[Segment], witnesses: Witnesses) -> Features:
    """The table of a page with at least one line."""
    count = len(lines)
    columns: dict[str, Column] = {}
    words = _column((len(line.words) for line in lines), count)
    heard = _column((witnesses.extractor.has(line.words) for line in lines), count)
    alike = _groups(map(_signature, lines))
    beside = _groups(id(line.place.parent) for line in lines)
    is_title = _look(columns, lines, witnesses)
    _place(columns, lines)
    _company(columns, words, heard, {"alike": alike, "beside": beside})
    _stated(columns, lines, witnesses, words * heard)
    table = np.stack(list(columns.values()), axis=1)
    return Features(tuple(columns), table, words, heard > 0, is_title, alike, beside)


def _column(values: Iterable[float | bool], count: int) -> Column:
    return np.fromiter(values, dtype=np.float32, count=count)


def _look(columns: dict[str, Column], lines: Sequence[Segment], witnesses: Witnesses) -> NDArray[np.bool_]:
    """What a line is by itself."""
    count = len(lines)
    texts = [line.text for line in lines]
    columns["log_words"] = np.log1p(_column((len(line.words) for line in lines), count))
    columns["link"] = _column((line.link for line in lines), count)
    columns["mostly_link"] = (columns["link"] > 0.5).astype(np.float32)
    columns["sentence_end"] = _column((_SENTENCE_END.search(text) is not None for text in texts), count)
    columns["commas"] = _column((text.count(",") / max(1, text.count(" ") + 1) for text in texts), count)
    columns["digits"] = _column((sum(map(str.isdigit, text)) / len(text) for text in texts), count)
    columns["capitals"] = _column((sum(map(str.isupper, text)) / len(text) for text in texts), count)
    columns["colon"] = _column((text.endswith(":") for text in texts), count)
    columns["exclaims"] = _column(("!" in text for text in texts), count)
    columns["bars"] = _column(("|" in text or ">" in text or "»" in text[:3] for text in texts), count)
    columns["address"] = _column(("@" in text or "http" in text or "www." in text for text in texts), count)
    columns["copyright"] = _column(("©" in text or "(c)" in text or "(C)" in text for text in texts), count)
    seen: dict[tuple[str, ...], int] = {}
    keys = [tuple(line.words) for line in lines]
    for key in keys:
        seen[key] = seen.get(key, 0) + 1
    columns["twice"] = _column((seen[key] > 1 for key in keys), count)
    is_title = np.fromiter((key in witnesses.titles for key in keys), dtype=bool, count=count)
    columns["is_title"] = is_title.astype(np.float32)
    title = frozenset(word for spelling in witnesses.titles for word in spelling)
    columns["title_share"] = _column((_share(key, title) for key in keys), count)
    columns["in_description"] = _column((_tells(line.words, witnesses.description) for line in lines), count)
    return is_title


def _share(words: tuple[str, ...], title: frozenset[str]) -> float:
    return len(title.intersection(words)) / len(words) if len(words) <= _TITLE_WORDS_MAX else 0.0


def _tells(words: list[str], about: str) -> bool:
    """Whether a line is part of what the page says it is about, or holds it whole."""
    if len(words) < _DESCRIPTION_MIN:
        return False
    text = f" {' '.join(words)} "
    return text in about or (about in text and about.count(" ") > _DESCRIPTION_MIN)


def _place(columns: dict[str, Column], lines: Sequence[Segment]) -> None:
    """Where a line stands in the tree, and what the names around it say."""
    count = len(lines)
    tags = [_LOWER_HEADINGS.get(line.tag, line.tag) for line in lines]
    for tag in _TAGS:
        columns[f"tag_{tag}"] = _column((each == tag for each in tags), count)
    inside = np.fromiter((line.place.inside for line in lines), dtype=np.int64, count=count)
    for index, tag in enumerate(PLACES):
        columns[f"in_{tag}"] = ((inside >> index) & 1).astype(np.float32)
    own = np.fromiter((line.place.classes for line in lines), dtype=np.int64, count=count)
    near = np.fromiter((line.place.near for line in lines), dtype=np.int64, count=count)
    for name, bit in CLASS_BIT.items():
        columns[f"own_{name}"] = ((own & bit) > 0).astype(np.float32)
        columns[f"near_{name}"] = ((near & bit) > 0).astype(np.float32)
    order = np.arange(count, dtype=np.float32)
    columns["position"] = (order / count).astype(np.float32)
    columns["first_lines"] = (np.minimum(order, 100) / 100).astype(np.float32)


def _company(columns: dict[str, Column], words: Column, heard: Column, groups: Mapping[str, NDArray[np.intp]]) -> None:
    """What stands around a line, and what stands in places that look like its own."""
    count = len(words)
    good = ((words >= _GOOD_WORDS) & (columns["link"] < _GOOD_LINK)).astype(np.float32)
    for name, group in groups.items():
        total = np.bincount(group, words)
        columns[f"{name}_good"] = _mean(good, words, group)
        columns[f"{name}_heard"] = _mean(heard, words, group)
        columns[f"{name}_lines"] = np.log1p(np.bincount(group))[group].astype(np.float32)
        columns[f"{name}_words"] = np.log1p(total)[group].astype(np.float32)
    columns["heard"] = heard
    span(columns, "", np.nonzero((heard > 0) & (words >= _LONG_WORDS))[0], count)
    columns["page_heard"] = np.full(count, (heard * words).sum() / max(1.0, words.sum()), dtype=np.float32)
    columns["page_words"] = np.full(count, np.log1p((heard * words).sum()), dtype=np.float32)
    around = {
        "heard": heard, "log_words": columns["log_words"], "link": columns["link"],
        "sentence_end": columns["sentence_end"], "good": good,
    }  # fmt: skip
    for name, column in around.items():
        columns[f"before_{name}"] = shifted(column, 1)
        columns[f"after_{name}"] = shifted(column, -1)
    columns["window_heard"] = window(heard, _WINDOW)
    columns["window_good"] = window(good, _WINDOW)


def _stated(columns: dict[str, Column], lines: Sequence[Segment], witnesses: Witnesses, heard_words: Column) -> None:
    """What the publisher's own text says, where it agrees with what stands on the page."""
    count = len(lines)
    columns["stated"] = columns["not_stated"] = np.zeros(count, dtype=np.float32)
    if witnesses.stated is None:
        return
    said = _column((witnesses.stated(line.words) for line in lines), count)
    if (said * heard_words).sum() > _STATED_COVER * heard_words.sum():
        columns["stated"], columns["not_stated"] = said, 1 - said


def _signature(line: Segment) -> Hashable:
    """What a place looks like: lines with the same one were made by the same part of a template."""
    place = line.place
    above = place.parent
    return (line.tag, place.name, above.tag, above.name) if above else (line.tag, place.name)


def _groups(keys: Iterable[Hashable]) -> NDArray[np.intp]:
    """The number of each line's group."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.intp)


def _mean(values: Column, weights: Column, group: NDArray[np.intp]) -> Column:
    total = np.bincount(group, weights)
    mean = np.bincount(group, values * weights) / np.maximum(total, 1e-9)
    return mean[group].astype(np.float32)


def span(columns: MutableMapping[str, Column], prefix: str, marks: NDArray[np.intp], count: int) -> None:
    """How a line stands to the first and last of `marks`."""
    first, last = (int(marks[0]), int(marks[-1])) if len(marks) else (0, count - 1)
    index = np.arange(count)
    columns[f"{prefix}above"] = (index < first).astype(np.float32)
    columns[f"{prefix}below"] = (index > last).astype(np.float32)
    columns[f"{prefix}outside_by"] = np.log1p(np.maximum(0, np.maximum(first - index, index - last))).astype(np.float32)
    columns[f"{prefix}to_end"] = np.log1p(np.maximum(0, last - index)).astype(np.float32)
    columns[f"{prefix}from_start"] = np.log1p(np.maximum(0, index - first)).astype(np.float32)


def shifted(column: Column, by: int) -> Column:
    """Each line's value is that of the line `by` before it, 0 where there is none."""
    moved = np.zeros_like(column)
    if by > 0:
        moved[by:] = column[:-by]
    elif -by < len(column):
        moved[:by] = column[-by:]
    return moved


def window(column: Column, width: int) -> Column:
    """The mean over the lines around each; over all lines of a page that has fewer."""
    if len(column) < width:
        return np.full(len(column), column.mean(), dtype=np.float32)
    return np.convolve(column, np.full(width, 1 / width), "same").astype(np.float32)
