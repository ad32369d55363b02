"""Rows as `pipelines.rows` makes them, of invented articles: any number, each from its number alone."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from pipelines import rows, urls
from pipelines.model import (
    Access,
    Article,
    Block,
    BlockKind,
    Derived,
    Evidence,
    Found,
    Link,
    Locator,
    Outcome,
    Post,
    Processing,
    Provenance,
    Removal,
    Route,
    Span,
)

START = datetime(2022, 9, 10, 6, tzinfo=UTC)
SITES = ("news.example.org", "www.gazette.example", "kyiv.example.com", "паперу.example")
WORDS = re.findall(
    r"\w+",
    "train bridge village river council market school winter bread harvest road soldier station letter window morning "
    "потяг міст село річка рада ринок школа зима хліб врожай дорога станція лист вікно ранок сказала після",
)
PROCESSING = Processing(
    "0.1.0", "3.11.7", "trafilatura 2.3.1", (("lxml", "6.1.3"), ("w3lib", "2.5.0")), "sha256:ab12", ""
)


def words(chance: random.Random, count: int) -> str:
    return " ".join(chance.choices(WORDS, k=count)).capitalize() + "."


def blocks(chance: random.Random, count: int) -> tuple[Block, ...]:
    kept = [Block(BlockKind.PARAGRAPH, words(chance, chance.randint(20, 60))) for _ in range(count)]
    return (
        Block(BlockKind.PARAGRAPH, "Share it with your friends", Removal.SHARE_APPEAL, "en:share", "share it with"),
        *kept,
        Block(BlockKind.EMBED, "A post", post=Post("Olena", "@olena", "2022-09-10", "https://social.example/1")),
        Block(BlockKind.CAPTION, "The bridge, seen from the north"),
    )


def derived(number: int, paragraphs: int = 16) -> tuple[Derived, Found]:
    """An article; every seventh is a 404 instead."""
    chance = random.Random(number)
    url = urls.normalise(f"https://{SITES[number % len(SITES)]}/2022/09/{number % 28 + 1:02}/story-{number}")
    captured = START + timedelta(seconds=7 * number)
    digest = f"sha1:{number:032}"
    name = urls.article_id(url, captured, digest)
    locator = Locator(f"warc/2022/09/10/news-{number // 5000:04}.warc.gz", 900 * number, 900, f"urn:uuid:{number:032x}")
    provenance = Provenance(locator, digest, captured)
    found = Found(url, Route.FEED, "example", "https://news.example.org/feed", "A title", captured)
    if number % 7 == 6:
        return Derived(name, url, Outcome.HTTP_4XX, "404 Not Found", None, provenance), found
    day = (captured - timedelta(hours=number % 50)).astimezone(UTC)
    published = ("", day.date().isoformat(), day.isoformat(), day.replace(tzinfo=None).isoformat())[number % 4]
    title = words(chance, 8)
    article = Article(
        url=url,
        canonical_url=url,
        title=title,
        authors=("Olena Test", "Ivan Проба")[: number % 3],
        agency="Reuters" if number % 5 == 0 else "",
        published=published,
        published_evidence=(Evidence(published, "json-ld", 0.95), Evidence("2022-09-09", "url", 0.5, "later")),
        title_evidence=(Evidence(title, "json-ld", 0.9),),
        modified=captured.isoformat() if number % 2 else "",
        language="uk" if number % 2 else "en",
        categories=("War", "Світ"),
        blocks=blocks(chance, paragraphs),
        links=(Link("https://example.org/a", "a link"),),
        images=("https://example.org/a.jpg",),
        charset="utf-8",
        charset_reason="http",
        authors_evidence=(Evidence("Olena Test", "json-ld:author", 0.9),),
        agency_evidence=Evidence("Reuters", "dateline", 0.9) if number % 5 == 0 else None,
        agency_span=Span(1, 0, 7) if number % 10 == 0 else None,
        access=Access(True, False, ("isAccessibleForFree",)) if number % 3 == 0 else None,
    )
    return Derived(name, url, Outcome.ARTICLE, "", article, provenance), found


def line(number: int, paragraphs: int = 16) -> bytes:
    """A row as its line of JSON, without the line end."""
    result, found = derived(number, paragraphs)
    return rows.dumps(rows.row(result, PROCESSING, found))


def row(number: int, paragraphs: int = 16) -> dict[str, Any]:
    """A row as it is read back."""
    value: dict[str, Any] = orjson.loads(line(number, paragraphs))
    return value
