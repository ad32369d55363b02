"""The article's lines among the page's: trafilatura's word and the weights decide which, the tree says what each is.

A line that trafilatura takes stays unless the weights are fairly sure that it is none of the text; one that it leaves
must convince them. With the classifier switched off, its word is all that counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipelines.extract import metadata, stated, text
from pipelines.extract.body import classify, kinds
from pipelines.extract.body.features import Column, Features, Witnesses, features
from pipelines.extract.body.segments import CLASS_BIT, Segment, Segments, segments
from pipelines.extract.body.shingles import Shingles, tokens
from pipelines.extract.facts import Facts
from pipelines.extract.page import Page
from pipelines.extract.residue.context import Verdict
from pipelines.model import Block, Evidence, Link, Removal

KEEP: Final = 0.33  # a line that trafilatura takes goes below this
ADD: Final = 0.5  # a line that it leaves comes in above this
_HEADING: Final = 0.05  # a heading that it takes, right above a kept paragraph, goes only below this
_LINKED: Final = 0.5
_PARAGRAPH: Final = 8  # words
_NUMBERED = re.compile(r"\d{1,3}[.)]\s")
_SERIES: Final = 3  # numbered headings
_POOR: Final = 0.5  # share of trafilatura's words below which the tree is not where its text came from
_LITTLE: Final = 100  # words of a text below which trafilatura is asked to try harder
_STATED_MIN: Final = 60  # words below which a stated body is a teaser
_SAID: Final = 0.5  # share of a line that a stated body must have
_ABOUT: Final = ("description", "og:description", "twitter:description")
#: What the names around a line say of it, most telling first.
_NAMED: Final = (
    ("share", Removal.SHARE_APPEAL), ("comment", Removal.COMMENTS_PROMPT), ("related", Removal.RELATED_LINKS),
    ("subscribe", Removal.SUBSCRIBE), ("advert", Removal.ADVERT), ("byline", Removal.BYLINE),
    ("tags", Removal.BREADCRUMB), ("meta", Removal.DATE_LABEL),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Body:
    """The article's blocks, none removed yet, and what the weights say against some of them."""

    blocks: tuple[Block, ...]
    against: tuple[Verdict, ...]
    links: tuple[Link, ...]
    images: tuple[str, ...]


@dataclass(slots=True)
class _Choice:
    """A page's lines and which of them are the article's."""

    lines: Sequence[Segment]
    heard: Sequence[bool]
    kept: list[bool]
    scores: Sequence[float] | None


def body(page: Page, facts: Facts, titles: Sequence[Evidence], url: str, *, weigh: bool) -> Body:
    """The body of a page; no blocks if there is no text. The page's tree stays as it was."""
    found = segments(page.tree)
    taken = text.blocks(page, fast=weigh)
    choice = _choose(found, taken, facts, titles, weigh=weigh)
    words = sum(len(line.words) for line, kept in zip(choice.lines, choice.kept, strict=True) if kept)
    if weigh and words < _LITTLE:
        again = text.blocks(page, fast=False)
        if again != taken:
            taken = again
            choice = _choose(found, taken, facts, titles, weigh=weigh)
            words = sum(len(line.words) for line, kept in zip(choice.lines, choice.kept, strict=True) if kept)
    elsewhere = sum(len(tokens(block.text)) for block in taken)
    if words < _POOR * elsewhere:  # the text stands in a script, say: nothing in the tree tells more of it
        return Body(taken, (), (), ())
    return _written(choice, found, url)


def _choose(
    found: Segments, taken: Sequence[Block], facts: Facts, titles: Sequence[Evidence], *, weigh: bool
) -> _Choice:
    lines = found.lines
    if not lines:
        return _Choice((), (), [], None)
    extractor = Shingles(tokens(block.text) for block in taken)
    if not weigh:
        heard = [extractor.has(line.words) for line in lines]
        return _Choice(lines, heard, list(heard), None)
    table = features(lines, witnesses(extractor, facts, titles))
    scores = classify.scores(table)
    return _Choice(lines, table.heard.tolist(), _judged(lines, table, scores), scores.tolist())


def witnesses(extractor: Shingles, facts: Facts, titles: Sequence[Evidence]) -> Witnesses:
    """All that is asked about the lines of a page."""
    own = stated.body_words(facts)
    usable = own is not None and own.source.startswith("json-ld") and own.words >= _STATED_MIN
    said = Shingles(tokens(paragraph) for paragraph in own.paragraphs) if own is not None and usable else None
    spellings = (*(title.value for title in titles), *facts.headings[:3])
    about = (facts.meta(*_ABOUT), *metadata.descriptions(facts))
    return Witnesses(
        extractor,
        said.has if said is not None else None,
        frozenset(tuple(words) for spelling in spellings if (words := tokens(spelling))),
        f" {' '.join(tokens(' '.join(about)))} ",
    )


def _judged(lines: Sequence[Segment], table: Features, scores: Column) -> list[bool]:
    kept: list[bool] = (scores > np.where(table.heard, KEEP, ADD)).tolist()
    headings = [index for index, line in enumerate(lines) if line.tag in kinds.HEADINGS and table.heard[index]]
    numbered = [index for index in headings if _NUMBERED.match(lines[index].text)]
    if len(numbered) >= _SERIES:  # the headings of a list of ten best things stand and fall together
        for index in numbered:
            kept[index] = True
    for index in reversed(headings):
        line, below = lines[index], index + 1
        if line.link < _LINKED and scores[index] > _HEADING and below < len(lines) and kept[below]:
            kept[index] = kept[index] or _opens(lines[below])
    return kept


def _opens(below: Segment) -> bool:
    """Whether a line below a heading is text that needs it."""
    return below.tag not in kinds.HEADINGS and len(below.words) >= _PARAGRAPH


def _written(choice: _Choice, found: Segments, url: str) -> Body:
    """The lines that are kept, and those that trafilatura takes and the weights do not, as blocks."""
    at = [index for index, kept in enumerate(choice.kept) if kept]
    if not at:
        return Body((), (), (), ())
    first, last = at[0], at[-1]
    blocks: list[Block] = []
    against: list[Verdict] = []
    captions = kinds.Captions()
    for index, line in enumerate(choice.lines):
        inside = first <= index <= last
        if captions.is_caption(line):
            if inside or (index < first and line.inside("article")):
                blocks.extend(captions.blocks(line))
            continue
        post = inside and line.tag == "post"
        if not (choice.kept[index] or post):
            if choice.scores is None or not choice.heard[index]:
                continue
            against.append(_against(len(blocks), line, choice.scores[index]))
        blocks.append(kinds.block(line))
    links = kinds.links((line for line, kept in zip(choice.lines, choice.kept, strict=True) if kept), url)
    images = kinds.images((element for place, element in found.images if first <= place <= last), url)
    return Body(tuple(blocks), tuple(against), links, images)


def _against(index: int, line: Segment, score: float) -> Verdict:
    own, near = line.place.classes, line.place.near
    for classes in (own, near):
        for name, removal in _NAMED:
            if classes & CLASS_BIT[name]:
                return Verdict(index, removal, f"features:{name}", f"score {score:.2f}, {_shown(line)}")
    return Verdict(index, Removal.BOILERPLATE, "features", f"score {score:.2f}, {_shown(line)}")


def _shown(line: Segment) -> str:
    """Where a line stands, for people."""
    path: list[str] = []
    place = line.place
    while place.parent is not None and len(path) < 3:
        name = place.name.split()[0] if place.name else ""
        path.append(f"{place.tag}.{name}" if name else place.tag)
        place = place.parent
    linked = f", {line.link:.0%} link" if line.link else ""
    return f"in {' < '.join(path)}{linked}"[:160]
