"""The news agency behind a text, with the words that say so and their place.

In this order: the stated author, a dateline, a credit line, the publisher, and at last how the text speaks of its own
reporters (mentions.py). An agency that is only quoted ("told the state news agency RIA Novosti") is none of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pipelines.extract import agency_mentions, jsonld
from pipelines.extract.agency_names import AGENCIES, AMBIGUOUS, BY_SPELLING, named
from pipelines.extract.facts import Facts
from pipelines.model import BODY_KINDS, Block, BlockKind, Evidence, Removal, Span

__all__ = ["AGENCIES", "Named", "find", "named"]

_ANY = "|".join(re.escape(spelling) for spelling in sorted(BY_SPELLING, key=len, reverse=True))
_CLEAR = "|".join(re.escape(s) for s in sorted(BY_SPELLING, key=len, reverse=True) if s not in AMBIGUOUS)
# "KYIV, Sept 10 (Reuters) - ", "Kiew (dpa) - ", "КИЕВ, 10 сентября. /ТАСС/.", "Київ. 10 вересня. Інтерфакс-Україна - "
_DATELINE = re.compile(
    rf"^.{{0,60}}?(?:[(\[/]\s*(?:(?P<clear>{_CLEAR})\b[^)\]/]{{0,40}}[)\]/]|(?P<any>{_ANY})\s*[)\]/]\s*[-–—:])"
    rf"|^(?P<bare>{_CLEAR})\s*[-–—:]\s|(?<=[.,] )(?P<dotted>{_CLEAR})\s*[-–—:]\s)"
)
_CREDIT = re.compile(
    r"^\W*(?:(?:source|quelle|fuente|fonte|źródło|джерело|источник|with|mit(?: material von)?|avec|con|text)\b"
    r"\s*:?\s*)?"
    rf"(?P<one>{_ANY})(?:\s*[,/+&]\s*[\w-]{{2,30}}){{0,4}}\W*$",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(rf"\((?:[^()]{{0,40}}?[\s,/:])??(?P<one>{_ANY})(?:[\s,/][^()]{{0,40}})?\)\W*$")
_LISTED = re.compile(rf"(?:^|[\s,/|:(])(?P<one>{_ANY})(?=$|[\s,/|.)])")  # "Von Eva Kern, dpa"
_EDGE: Final = 4  # blocks at the start and at the end that are looked at
_SENTENCE: Final = 120  # characters; credits are short


@dataclass(frozen=True, slots=True)
class Named:
    """An agency, what says that the text is its own, and the words in the text that name it."""

    evidence: Evidence
    span: Span | None = None  # None where the metadata name it

    @property
    def value(self) -> str:
        return self.evidence.value


def find(facts: Facts, blocks: Sequence[Block], authors: Sequence[str] = ()) -> Named | None:
    """The agency of a text; None where no agency is named as its source. `authors`: those that the page names."""
    return next(_found(facts, blocks, authors), None)


def _found(facts: Facts, blocks: Sequence[Block], authors: Sequence[str]) -> Iterator[Named]:
    for source in ("author", "creator", "sourceOrganization", "copyrightHolder"):
        for text in jsonld.texts(facts.article.get(source)):
            if name := _among(text):
                yield Named(Evidence(name, f"json-ld:{source}", 0.9, text[:200]))
    for meta in ("author", "article:author", "articleauthor", "cxenseparse:author", "dc.creator", "agency", "source"):
        for text in facts.metas.get(meta, ()):
            if name := _among(text):
                yield Named(Evidence(name, f"meta:{meta}", 0.8, text[:200]))
    for author in authors:
        if name := _among(author):
            yield Named(Evidence(name, "byline", 0.8, author[:200]))
    body = [index for index, block in enumerate(blocks) if block.kind in BODY_KINDS and block.kept]
    for index in body[:_EDGE]:
        text = blocks[index].text
        if found := _DATELINE.match(text[:200]):
            group = next(name for name, value in found.groupdict().items() if value)
            evidence = Evidence(BY_SPELLING[found[group]], "dateline", 0.9, found[0][:200])
            yield Named(evidence, Span(index, *found.span(group)))
    for index in reversed([*body[:1], *body[-_EDGE:]]):
        yield from _credited(index, blocks[index].text)
    for index, block in enumerate(blocks):
        if _is_credit(block):
            yield from _credited(index, block.text, listed=True)
    for text in facts.site_names:
        if name := named(text):
            yield Named(Evidence(name, "publisher", 0.7, text[:200]))
    texts = [(index, blocks[index].text) for index in body if blocks[index].kind is not BlockKind.EMBED]
    if told := agency_mentions.own(texts, bool(authors)):
        yield Named(Evidence(told.name, "mentions", told.confidence, told.words[:200]), Span(*told.place))


def _is_credit(block: Block) -> bool:
    """Lines outside of the text that may say whose it is; a picture's credit may not, nor "© dpa", which is one too."""
    if block.kind is BlockKind.CREDIT:
        return bool(block.rule)  # those without a rule came from a figure
    return block.removal is Removal.BYLINE and len(block.text) <= _SENTENCE


def _credited(index: int, text: str, listed: bool = False) -> Iterator[Named]:
    """The agency that a line of its own names, or brackets at a paragraph's end; `listed`: anywhere in a credit."""
    short = len(text) <= _SENTENCE
    found = _CREDIT.match(text) if short else None
    found = found or _IN_BRACKETS.search(text, max(0, len(text) - 200)) or (_LISTED.search(text) if listed else None)
    if found and (name := named(found["one"])):
        yield Named(Evidence(name, "credit", 0.8, found[0].strip()[:200]), Span(index, *found.span("one")))


def _among(text: str) -> str:
    """The agency in a list of authors such as "Reuters" or "dpa/AFP"."""
    parts = re.split(r"\s*[,;/|&+]\s*|\s+(?:and|und|et|і|и|with|mit)\s+", text[:300])
    return next((name for part in parts if (name := named(part))), "")
