"""What an outlet repeats from story to story: learnt from its pages' prints, applied as a rule of residue.

A block is an outlet's furniture if it stands in several *stories* of it, at the edges of the text or in a fair share of
all its stories. Speech and long prose need more. Learning is a pure function of the prints, whatever their order,
and of nothing that applying it changes.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

from pipelines.extract.residue import prints, stories
from pipelines.extract.residue.context import Context, Rule, Verdict
from pipelines.extract.residue.prints import COUNTER, HEADING, SENTENCE, SPEECH, Print
from pipelines.model import Block, Removal

#: Raised when the same prints give another table.
VERSION: Final = 1
EDITION: Final = f"{VERSION}.{prints.VERSION}"  # names the learning with the prints that it learns from
#: Counts that evidence names, as "at least": a row is derived again when one is passed, not with every new story.
STEPS: Final = (3, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)

_STORIES: Final = 3  # what stands in fewer is no furniture
_EDGE: Final = 0.6  # of the pages that hold it, it stands at the edge of
_SHORT: Final = 8  # words of a block that may stand between furniture and the edge
_SENTENCE_SHARE: Final = (
    0.05  # of the outlet's stories: a sentence in fewer may be a reporter's own, at the edge as well
)
_PROSE: Final = 20  # words of one that is more likely so,
_PROSE_SHARE: Final = 0.2  # and must stand in more
_LONG: Final = 40  # and of so many, the background that is pasted into every follow-up
_GUARD: Final = 0.6  # of a page's words; where more would go,
_REST: Final = 30  # so many words must stay: else the page is a copy of others or has no text of its own


@dataclass(frozen=True, slots=True)
class Entry:
    """A block that an outlet repeats."""

    key: int
    stories: int
    pages: int
    edge: int  # of those pages, it stands at an edge of
    inside: bool  # whether it is furniture in the middle of a page, too

    @property
    def applied(self) -> Applied:
        """What applying needs of it, which changes less often than the counts."""
        return self.key, STEPS[bisect_right(STEPS, self.stories) - 1], self.inside


#: Key, least number of stories, whether in the middle, too.
Applied = tuple[int, int, bool]


@dataclass(frozen=True, slots=True)
class Part:
    """What of a table concerns one page: its only way into the page's row."""

    site: str  # for people; "" if the outlet has no name
    entries: tuple[Applied, ...]  # by key

    def __bool__(self) -> bool:
        return bool(self.entries)

    @property
    def digest(self) -> str:
        """Names the part; "" for an empty one."""
        return hashlib.sha256(repr((VERSION, self.site, self.entries)).encode()).hexdigest()[:16] if self else ""


NOTHING: Final = Part("", ())


@dataclass(frozen=True)
class Outlet:
    """What was learnt of one outlet."""

    name: str
    pages: int
    stories: int
    entries: tuple[Entry, ...]  # by key

    def part(self, page: Print) -> Part:
        """What of it stands in a page."""
        found = tuple(self._applied[key] for key in sorted(self._applied.keys() & set(page.keys)))
        return Part("" if self.name.startswith("folder:") else self.name, found) if found else NOTHING

    @cached_property
    def _applied(self) -> dict[int, Applied]:
        return {entry.key: entry.applied for entry in self.entries}

    @property
    def digest(self) -> str:
        """Names what was learnt, whatever the outlet is called: a folder's name is no part of it. "" for nothing."""
        if not self.entries:
            return ""
        said = [(entry.key, entry.stories, entry.pages, entry.edge, entry.inside) for entry in self.entries]
        return hashlib.sha256(repr((VERSION, self.pages, self.stories, said)).encode()).hexdigest()


def table_digest(digests: Mapping[str, str]) -> str:
    """The name of a whole table, "sha256:...", by the digests of the outlets that repeat anything."""
    lines = sorted(f"{'' if name.startswith('folder:') else name} {digest}\n" for name, digest in digests.items())
    said = "".join((f"repeats {EDITION}\n", *lines))
    return f"sha256:{hashlib.sha256(said.encode()).hexdigest()}"


def learn(name: str, pages: Iterable[Print]) -> Outlet:
    """What the outlet `name` repeats, by all its pages, which may come in any order."""
    known = sorted(pages, key=lambda page: (page.day, page.title, page.page, page.pack()))
    holders = _holders(known)
    told = stories.cluster(known, holders)
    candidates = {
        key: number for key, held in holders.items() if (number := len({told[index] for index in held})) >= _STORIES
    }
    places = _Places(known, candidates)
    every = len(set(told))
    entries = (
        Entry(key, number, len(holders[key]), places.edge[key], inside)
        for key, number in sorted(candidates.items())
        if (inside := _judge(number, every, len(holders[key]), places, key)) is not None
    )
    return Outlet(name, len(known), every, tuple(entries))


def _holders(pages: Sequence[Print]) -> dict[int, list[int]]:
    """Where keys stand that more than one page holds. The others, most of all, are never held all at once."""
    keys = sorted(key for page in pages for key in set(page.keys))
    shared = {key for key, again in pairwise(keys) if key == again}
    del keys
    holders: defaultdict[int, list[int]] = defaultdict(list)
    for index, page in enumerate(pages):
        for key in dict.fromkeys(page.keys):
            if key in shared:
                holders[key].append(index)
    return holders


class _Places:
    """For each candidate: on how many pages it stands at an edge, and what it looks like."""

    def __init__(self, pages: Sequence[Print], candidates: Mapping[int, int]) -> None:
        self.edge: dict[int, int] = dict.fromkeys(candidates, 0)
        self.length: dict[int, int] = {}
        self.flags: dict[int, int] = dict.fromkeys(candidates, 0)
        for page in pages:
            for key, length, flags in zip(page.keys, page.lengths, page.flags, strict=True):
                if key in candidates:
                    self.length[key] = max(length, self.length.get(key, 0))
                    self.flags[key] |= flags
            for key in {page.keys[at] for at in edges(page.keys, page.lengths, candidates)} & candidates.keys():
                self.edge[key] += 1


def edges(keys: Sequence[int], lengths: Sequence[int], furniture: Mapping[int, object]) -> set[int]:
    """The places between which and the start or the end stands nothing but furniture and short blocks."""
    found: set[int] = set()
    for order in (range(len(keys)), range(len(keys) - 1, -1, -1)):
        for at in order:
            if keys[at] not in furniture and lengths[at] > _SHORT:
                break
            found.add(at)
    return found


def _judge(number: int, every: int, pages: int, places: _Places, key: int) -> bool | None:
    """Whether a block in `number` of `every` stories is furniture: at the edge (False), anywhere (True), or not."""
    flags, length = places.flags[key], places.length[key]
    share, edge = number / every, places.edge[key] / pages
    if flags & SPEECH:
        return False if number >= 5 and share >= 0.3 and edge >= 0.9 else None
    if flags & COUNTER:
        return edge >= 0.9 if number >= 4 and share >= 0.3 and edge >= _EDGE else None
    if flags & SENTENCE and share < (_PROSE_SHARE if length >= _PROSE else _SENTENCE_SHARE):
        return None
    if length > _LONG and (share < 0.2 or edge < 0.9):
        return None
    inside = number >= 5 and share >= 0.25 and not (flags & HEADING and share < 0.5)
    if edge >= _EDGE:
        return inside
    return True if inside else None


def rule(part: Part) -> Rule:
    """Applies what concerns a page to it."""
    entries = {key: (least, inside) for key, least, inside in part.entries}
    where = f" of {part.site}" if part.site else " of its folder"

    def repeats(blocks: Sequence[Block], context: Context) -> Iterator[Verdict]:
        del context
        indices = [index for index, block in enumerate(blocks) if prints.countable(block)]
        known = [prints.identify(blocks[index]) for index in indices]
        keys, lengths = [key for key, _, _ in known], [length for _, length, _ in known]
        at_edge = edges(keys, lengths, entries)
        hits = [at for at, key in enumerate(keys) if key in entries and (entries[key][1] or at in at_edge)]
        left = [at for at, index in enumerate(indices) if blocks[index].kept]
        every = sum(lengths[at] for at in left)
        going = sum(lengths[at] for at in set(hits) & set(left))
        if going > _GUARD * every and every - going < _REST:
            return
        for at in hits:
            evidence = f"in at least {entries[keys[at]][0]} stories{where}"
            yield Verdict(indices[at], Removal.SITE_REPEAT, "site-repeat", evidence)

    return repeats
