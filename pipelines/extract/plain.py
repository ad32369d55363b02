"""Flattened text to `Article`: what a dump kept of a page, under the same rules of residue as the page itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

from pipelines import urls
from pipelines.extract import (
    agency,
    clean,
    dates,
    days,
    decode,
    flat_kinds,
    flat_labels,
    flat_lines,
    flat_markup,
    language,
    posts,
)
from pipelines.extract.body.kinds import IMAGES_MAX, LINKS_MAX
from pipelines.extract.facts import Facts
from pipelines.extract.flat_labels import Dated, Labels
from pipelines.extract.metadata import CATEGORIES_MAX
from pipelines.extract.posts import Line, Span
from pipelines.extract.residue.context import Context
from pipelines.extract.residue.strip import Residue, strip
from pipelines.model import Article, Block, BlockKind, Evidence, Link

_TITLE_WORDS: Final = 35
_TITLE_LENGTH: Final = 250
_TITLE_SENTENCE_WORDS: Final = 20  # of a title that ends in a period, or is two sentences
_STOPS: Final = (".", '."', ".”", ".»", "。", "。」")
_REPEATED_WITHIN: Final = 6  # lines below the title in which it may stand again
_SENTENCES = re.compile(r"。(?!$|」)|[.!?…][\"'”’»)\]]*\s+(?=[\"'“„«(\[]?[^\W\d_a-zа-яіїєґё])")
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_BOUND: Final = dates.LATEST.date()
_NO_MARKUP: Final = Facts(metas={}, article={}, page={}, title="", headings=(), canonical="", language="")


def extract(body: bytes, url: str, residue: Residue = Residue()) -> Article | None:  # noqa: B008 - a frozen value
    """The article in the bytes of a text file, whose page was at `url` ("" if unknown); None where no word is in it."""
    if not body.startswith(_UTF16) and b"\0" not in body[:1024]:
        body = body.replace(b"\f", b"\n")  # a new page; `decode` would make a space of it
    decoded = decode.decode(body)
    undone = flat_markup.undo(decoded.text)
    lines = flat_lines.paragraphs(undone.text)
    if not lines:
        return None
    labels = flat_labels.read(lines)
    titles = _title(lines, labels)
    marked = _marked(lines, labels)
    title = titles[0].value if titles else ""
    blocks = strip(marked, Context(titles=(title,) if title else (), authors=tuple(labels.authors)), residue)
    spoken = language.identify("\n".join(block.text for block in blocks if block.kept))
    dated = published(labels, blocks, spoken, url)
    authors = tuple(dict.fromkeys(labels.authors))
    behind = agency.find(_NO_MARKUP, blocks, (*authors, *labels.houses))
    return Article(
        url=url,
        canonical_url=_address(labels.urls),
        title=title,
        authors=authors,
        agency=behind.value if behind else "",
        published=dated[0].value if dated and dated[0].confidence else "",
        published_evidence=dated,
        title_evidence=titles,
        modified=_modified(labels, spoken, url),
        language=spoken,
        categories=categories(labels),
        blocks=blocks,
        links=_links(undone, lines),
        images=tuple(dict.fromkeys(filter(None, map(_normal, undone.images[:IMAGES_MAX])))),
        charset=decoded.charset,
        charset_reason=decoded.reason,
        replaced_characters=decoded.replaced,
        authors_evidence=(Evidence("; ".join(authors), "byline", 0.8),) if authors else (),
        agency_evidence=behind.evidence if behind else None,
        agency_span=behind.span if behind else None,
    )


def _title(lines: list[Line], labels: Labels) -> tuple[Evidence, ...]:
    """The headline: what a label says, or else the first line that is not a label. Its line leaves `lines`.

    A first line that reads as the article's lead stays where it is, and the article has no title.
    """
    if labels.titled:
        if labels.title >= 0:
            _drop(lines, labels, labels.title)
        return (Evidence(labels.titled, "label:title", 0.95),)
    index = next((index for index in range(len(lines)) if index not in labels.marks), -1)
    body = [line.text for at, line in enumerate(lines) if at > index and at not in labels.marks]
    if index < 0 or not body or index in labels.bodies:
        return ()
    text = lines[index].text.lstrip("# ")
    words = clean.words(text)
    repeated = any(clean.words(line) == words for line in body[:_REPEATED_WITHIN])
    if not repeated and not _is_headline(text, body):
        return ()
    _drop(lines, labels, index)
    return (Evidence(text, "first line", 0.9 if repeated else 0.7, "stands twice" if repeated else ""),)[:1]


def _is_headline(text: str, body: Sequence[str]) -> bool:
    count = len(text.split())
    if count > _TITLE_WORDS or len(text) > _TITLE_LENGTH or text.endswith((":", ",", ";")):
        return False
    if posts.of_lines([text]).handle or text.startswith(flat_markup.CAPTION) or flat_kinds.is_caption(text):
        return False
    sentences = len(_SENTENCES.findall(text)) + 1
    ends = text.endswith(_STOPS) and not text.endswith(("...", "…"))
    if not ends and (sentences == 1 or (sentences == 2 and count <= _TITLE_SENTENCE_WORDS)):
        return True
    # A headline may end in a period or be two sentences, but a line like those below it is the first of them.
    longer = sum(len(line) > len(text) * 1.5 for line in body)
    return sentences <= 2 and count <= _TITLE_SENTENCE_WORDS and longer > len(body) / 2


def _drop(lines: list[Line], labels: Labels, index: int) -> None:
    """Take a line out, and let what is known of those behind it move up."""
    del lines[index]
    for table in (labels.marks, labels.bodies):
        moved = {at - (at > index): value for at, value in table.items() if at != index}
        table.clear()
        table.update(moved)  # type: ignore[arg-type]  # each gets its own values back


def _marked(lines: Sequence[Line], labels: Labels) -> list[Block]:
    """The blocks of the lines, posts as one each, labels already removed."""
    spans = {span.start: span for span in posts.find(lines, {*labels.marks, *labels.bodies})}
    kinds = flat_kinds.blocks(lines)
    found: list[Block] = []
    index = 0
    while index < len(lines):
        span: Span | None = spans.get(index)
        if span:
            found.append(Block(BlockKind.EMBED, span.text, post=span.post))
            index = span.stop
            continue
        block = kinds[index]
        if index in labels.bodies:
            found.append(Block(BlockKind.PARAGRAPH, labels.bodies[index]))
        elif mark := labels.marks.get(index):
            found.append(Block(BlockKind.PARAGRAPH, lines[index].text, mark.removal, mark.rule, mark.evidence))
        elif block.text:
            found.append(block)
        index += 1
    return found


def published(labels: Labels, blocks: Sequence[Block], spoken: str, url: str) -> tuple[Evidence, ...]:
    """Every day that the text states for itself, the chosen one first."""
    judged = [_judged(stated, blocks, spoken, url) for stated in labels.published]
    found = dates.URL_DATE.search(url.partition("?")[0].partition("//")[2])
    if found and (value := dates.read(f"{found[1]}-{int(found[3]):02}-{int(found[4]):02}")):
        judged.append(Evidence(value, "url", 0.65))
    return tuple(sorted(dict.fromkeys(judged), key=lambda evidence: -evidence.confidence))


def _judged(stated: Dated, blocks: Sequence[Block], spoken: str, url: str) -> Evidence:
    mention = days.first(stated.text)
    exact = dates.read(stated.text) if mention is None or mention.sure else ""
    if exact:
        return Evidence(exact, stated.source, stated.confidence)
    if mention is None:
        return Evidence(stated.text[:80], stated.source, 0.0, "unreadable")
    chosen = days.choose(mention, _days(blocks), _months(blocks), spoken, url)
    return Evidence(
        chosen.day.isoformat(), stated.source, round(min(stated.confidence, chosen.confidence), 2), chosen.reason
    )


def _days(blocks: Iterable[Block]) -> list[date]:
    texts = (block.text for block in blocks)
    return [
        mention.readings[0]
        for text in texts
        for mention in days.find(text)
        if mention.sure and mention.readings[0] < _BOUND
    ]


def _months(blocks: Iterable[Block]) -> set[int]:
    return {month for block in blocks for month in days.months(block.text)}


def _modified(labels: Labels, spoken: str, url: str) -> str:
    judged = (_judged(Dated(text, "", 1.0), (), spoken, url) for text in labels.modified)
    return next((evidence.value for evidence in judged if evidence.confidence), "")


def categories(labels: Labels) -> tuple[str, ...]:
    unique = {clean.fold(name): name for name in reversed(labels.categories) if len(name) <= 80}
    return tuple(reversed(unique.values()))[:CATEGORIES_MAX]


def _links(undone: flat_markup.Undone, lines: Iterable[Line]) -> tuple[Link, ...]:
    """Addresses that the text links or names, each once."""
    found: dict[str, Link] = {}
    for address, words in _addressed(undone, lines):
        if len(found) < LINKS_MAX and (whole := _normal(address)):
            found.setdefault(whole, Link(whole, words))
    return tuple(found.values())


def _addressed(undone: flat_markup.Undone, lines: Iterable[Line]) -> Iterator[tuple[str, str]]:
    yield from undone.links
    for line in lines:
        for address in posts.links(line.text):
            yield address, address


def _address(stated: Iterable[str]) -> str:
    return next(filter(None, map(_normal, stated)), "")


def _normal(address: str) -> str:
    try:
        return urls.normalise(address)
    except urls.BadUrl:
        return ""
