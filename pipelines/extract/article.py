"""From bytes to `Article`: the whole chain in the order in which it runs. The same bytes give the same article."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipelines.extract import (
    access,
    agency,
    dates,
    decode,
    facts,
    language,
    lines_about,
    metadata,
    people,
    walls,
)
from pipelines.extract.body import choose
from pipelines.extract.page import parse
from pipelines.extract.residue.context import Context
from pipelines.extract.residue.strip import Evidence as SourceOfEvidence
from pipelines.extract.residue.strip import Residue, strip
from pipelines.model import Article, Block, BlockKind, Evidence, Found


@dataclass(frozen=True, slots=True)
class Extracted:
    """What came of a page."""

    article: Article | None  # None where the bytes hold no element at all
    wall: walls.Wall | None
    notes: tuple[str, ...] = ()  # what had to be made harmless or was overruled


def extract(
    body: bytes,
    url: str,
    *,
    http_charset: str = "",
    captured_at: datetime | None = None,
    found: Found | None = None,
    residue: Residue = Residue(),  # noqa: B008 - a frozen value
) -> Extracted:
    """The article in the decoded body of a page that was fetched from `url` ("" if unknown)."""
    decoded = decode.decode(body, http_charset)
    page = parse(decoded.text)
    if page is None:
        return Extracted(None, None)
    stated = facts.gather(page, url)
    # What a feed said of the page may help to name it, never to cut it: the text is a function of the page alone.
    headlines = metadata.title(stated, url)
    titles = metadata.title(stated, url, found.title) if found and found.title else headlines
    written = people.authors(page, stated, url)
    chosen = choose.body(page, stated, headlines, url, weigh=SourceOfEvidence.CLASSIFIER in residue.evidence)
    context = Context(_spellings(headlines, stated), people.chosen(written))
    stripped = strip(chosen.blocks, context, residue, chosen.against)
    spoken = language.identify(_prose(stripped))
    about = lines_about.read(stripped, spoken)
    blocks = about.blocks
    if about.authors and not context.authors:
        written = (Evidence("; ".join(about.authors), "text", 0.5), *written)
    stated_days = dates.published(
        page,
        stated,
        url,
        captured_at,
        found.published if found else None,
        found.published_raw if found else "",
    )
    dated = lines_about.dated(stated_days, about, captured_at)
    behind = agency.find(stated, blocks, people.chosen(written))
    article = Article(
        url=url,
        canonical_url=metadata.canonical_url(stated, url),
        title=titles[0].value if titles else "",
        authors=people.chosen(written),
        agency=behind.value if behind else "",
        published=dates.chosen(dated),
        published_evidence=dated,
        title_evidence=titles,
        modified=dates.modified(stated, captured_at),
        language=spoken,
        categories=metadata.categories(stated) or about.categories,
        blocks=blocks,
        links=chosen.links,
        images=metadata.images(stated, chosen.images, url),
        charset=decoded.charset,
        charset_reason=decoded.reason,
        replaced_characters=decoded.replaced,
        authors_evidence=written,
        agency_evidence=behind.evidence if behind else None,
        agency_span=behind.span if behind else None,
        access=access.judge(page, stated, blocks),
    )
    return Extracted(article, walls.detect(page, stated, url, article.text), page.notes)


def _spellings(titles: tuple[Evidence, ...], stated: facts.Facts) -> tuple[str, ...]:
    """What the headline may look like when it is repeated."""
    return tuple(evidence.value for evidence in titles) + stated.headings[:3]


def _prose(blocks: tuple[Block, ...]) -> str:
    """The kept paragraphs, in which the language shows best; all kept blocks where there are none."""
    kept = [block for block in blocks if block.kept]
    prose = [block.text for block in kept if block.kind is BlockKind.PARAGRAPH]
    return "\n".join(prose or [block.text for block in kept])
