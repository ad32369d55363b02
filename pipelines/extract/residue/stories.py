"""Which pages of one outlet tell the same story: an update, a second address, a page two, a live blog's next hour.

Pages that share much of what few others say are one story. Shared words weigh by how rare they are in the outlet, so
that its furniture links nothing. The stories are the connected parts of a graph whose edges are a symmetric function
of two pages: the order in which pages come makes no difference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import log
from typing import Final

from pipelines.extract.residue.prints import SENTENCE, Print

OVERLAP: Final = 0.4  # of the shorter page's weight, shared: the same story
OVERLAP_RELATED: Final = 0.15  # the same, where headline or stated address are the same, too
_PROSE: Final = 25  # words of a block that tells something, if it does not end like a sentence
_SHORT_PROSE: Final = 6  # if it does
_TITLE_WORDS: Final = 4  # a headline with fewer may be the outlet's name
_TITLE_PAGES: Final = 12  # one that stands on more pages is no headline
_NEIGHBOURS: Final = 6  # pages that share a block are compared with so many of those next to them
_COMMON: Final = 64  # a block on more pages than this, and on a quarter of the outlet's, says nothing of stories


def cluster(pages: Sequence[Print], holders: Mapping[int, Sequence[int]]) -> list[int]:
    """For each page the number of its story, which is the least index of a page that tells it.

    `pages` are one outlet's, sorted so that versions of a story are near each other; `holders` are the indices, in
    ascending order, of the pages that hold a key, for keys that more than one holds.
    """
    stories = _Sets(len(pages))
    for group in _groups((page.page for page in pages), len(pages)):
        stories.join_all(group)
    related: set[tuple[int, int]] = set()
    for group in _groups((page.title if page.title_words >= _TITLE_WORDS else 0 for page in pages), _TITLE_PAGES):
        if 2 * len(group) <= len(pages):  # else it may be the outlet's motto
            stories.join_all(group)
        else:
            related.update(_neighbours(group))
    for group in _groups((page.canonical for page in pages), _TITLE_PAGES):
        related.update(_neighbours(group))
    weights = _Weights(pages, holders)
    for one, other in related:
        if weights.overlap(one, other) >= OVERLAP_RELATED:
            stories.join(one, other)
    compared: set[tuple[int, int]] = set()
    common = max(_COMMON, len(pages) // 4)
    for held in holders.values():
        if len(held) > common:
            continue
        for pair in _neighbours(held):
            if pair not in compared:
                compared.add(pair)
                if not stories.joined(*pair) and weights.overlap(*pair) >= OVERLAP:
                    stories.join(*pair)
    return [stories.find(index) for index in range(len(pages))]


class _Weights:
    """What two pages share, by words, each counted by how rare its block is in the outlet."""

    def __init__(self, pages: Sequence[Print], holders: Mapping[int, Sequence[int]]) -> None:
        every = log(len(pages) + 1)
        self._shared: list[dict[int, float]] = []
        self._total: list[float] = []
        for page in pages:
            shared, total = {}, 0.0
            told = {
                key: length
                for key, length, flags in zip(page.keys, page.lengths, page.flags, strict=True)
                if length >= (_SHORT_PROSE if flags & SENTENCE else _PROSE)  # headlines of other stories tell nothing
            }
            for key, length in told.items():
                found = holders.get(key)
                weight = length * ((1 - log(len(found)) / every) ** 2 if found else 1.0)
                total += weight
                if found:
                    shared[key] = weight
            self._shared.append(shared)
            self._total.append(total)

    def overlap(self, one: int, other: int) -> float:
        """From 0 to 1: how much of the lighter page stands in the other."""
        first, second = self._shared[one], self._shared[other]
        if len(second) < len(first):
            first, second = second, first
        least = min(self._total[one], self._total[other])
        return sum(weight for key, weight in first.items() if key in second) / least if least else 0.0


class _Sets:
    """Disjoint sets of indices; each is named by its least member, so names do not depend on the order of joining."""

    def __init__(self, size: int) -> None:
        self._parents = list(range(size))

    def find(self, index: int) -> int:
        parents = self._parents
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    def joined(self, one: int, other: int) -> bool:
        return self.find(one) == self.find(other)

    def join(self, one: int, other: int) -> None:
        first, second = self.find(one), self.find(other)
        self._parents[max(first, second)] = min(first, second)

    def join_all(self, group: Sequence[int]) -> None:
        for index in group[1:]:
            self.join(group[0], index)


def _groups(keys: Iterable[int], limit: int) -> Iterator[list[int]]:
    """Indices with the same key, for keys that 2 to `limit` have; 0 is no key."""
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for index, key in enumerate(keys):
        if key:
            groups[key].append(index)
    return (group for group in groups.values() if 2 <= len(group) <= limit)


def _neighbours(group: Sequence[int]) -> Iterator[tuple[int, int]]:
    for at, index in enumerate(group):
        for other in group[at + 1 : at + 1 + _NEIGHBOURS]:
            yield index, other
