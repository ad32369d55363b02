"""Title, canonical URL, categories and images of an article, the title with every candidate and where it stands.

The rule for the title is a vote. Each place that states one has a weight (`WEIGHTS`); places that state the same
words add theirs; the heaviest wording wins, in the spelling of its first place in `WEIGHTS`. Before, site names are
cut off the ends (". . . | The Daily"): names that the page or its host gives, or what is left over where another
place states the rest alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from pipelines import urls
from pipelines.extract import clean, jsonld
from pipelines.extract.facts import LENGTH_MAX, Facts, absolute
from pipelines.model import Evidence

#: Where a title may stand, in the order in which spellings are preferred, and how much its word weighs.
WEIGHTS: Final = {
    "h1": 2.2,
    "json-ld:headline": 1.6,
    "itemprop:headline": 0.8,
    "meta:og:title": 1.0,
    "meta:title": 0.5,
    "meta:twitter:title": 0.6,
    "title": 0.9,
    "h2": 1.4,
    "feed": 0.5,
}
HEADINGS_MAX: Final = 6
CATEGORIES_MAX: Final = 30
_META_TITLES = ("title", "headline", "dc.title", "dcterms.title", "parsely-title", "sailthru.title", "citation_title")
_SEPARATOR = re.compile(r"\s+[|–—•·»«/:⋆~›‹-]+\s+|\s*\|\s*")
_SUBHEADING_MIN: Final = 12  # characters; shorter ones name sections
_TAIL_MAX: Final = 40  # characters of a site's name with its claim
_COMPACT = re.compile(r"[\W_]+")


def title(facts: Facts, url: str, stated: str = "") -> tuple[Evidence, ...]:
    """Every candidate for the title, the chosen one first; () if there is none. `stated` is what a feed said."""
    stand = list(_stated(facts, stated))
    names = _site_names(facts, url)
    several = sum(source == "h1" for source, _ in stand) > 1
    wordings: dict[str, dict[str, tuple[str, str]]] = {}  # words -> source -> (spelling, note)
    for source, whole in stand:
        others = {clean.words(value) for place, value in stand if place != source and len(value) > 12}
        value = whole if source == "h1" else _without_site(whole, names, others)
        words = clean.words(value)
        if words and (source == "feed" or _COMPACT.sub("", words) not in names):
            note = "" if value == whole else f"cut from {whole[:200]!r}"
            wordings.setdefault(words, {}).setdefault(source, (value, note))
    if not wordings:
        return ()
    order = list(WEIGHTS)

    def weight(sources: Iterable[str]) -> float:
        return sum(WEIGHTS[source] / (2 if several and source == "h1" else 1) for source in sources)

    def rank(sources: Iterable[str]) -> tuple[float, int]:
        return round(-weight(sources), 3), min(map(order.index, sources))

    total = sum(map(weight, wordings.values()))
    return tuple(
        Evidence(sources[place][0], place, round(weight(sources) / total, 2), sources[place][1])
        for sources in sorted(wordings.values(), key=rank)
        for place in sorted(sources, key=order.index)
    )


def _stated(facts: Facts, feed: str) -> Iterator[tuple[str, str]]:
    for heading in facts.headings[:HEADINGS_MAX]:
        yield "h1", heading
    yield from (
        (source, value)
        for source, value in (
            ("json-ld:headline", jsonld.text(facts.article.get("headline"))),
            ("itemprop:headline", _item(facts)),
            ("h2", _subheading(facts)),
            ("meta:og:title", facts.meta("og:title")),
            ("meta:title", facts.meta(*_META_TITLES)),
            ("meta:twitter:title", facts.meta("twitter:title")),
            ("title", facts.title),
            ("feed", clean.value(feed)),
        )
        if value
    )


def _item(facts: Facts) -> str:
    """The headline that microdata names, unless it names several."""
    items = facts.items.get("headline", ())
    if len(items) != 1:
        return ""
    return clean.value((items[0].get("content") or " ".join(items[0].itertext()))[:LENGTH_MAX])


def _subheading(facts: Facts) -> str:
    """The h2 that is the headline of a page whose h1 is the site's name: the page's title has it among other words."""
    titles = [f" {clean.words(text)} " for text in (facts.title, facts.meta("og:title")) if text]

    def found(headings: Iterable[str], least: int) -> Iterator[str]:
        wide = (text for text in headings if len(text) >= least)
        return (text for text in wide if any(f" {clean.words(text)} " in title for title in titles))

    longest = max(map(len, found(facts.headings, 1)), default=0)
    return next(found(facts.subheadings, max(_SUBHEADING_MIN, longest + 1)), "")


def _site_names(facts: Facts, url: str) -> frozenset[str]:
    """What the site may be called, in letters and digits only."""
    host = urls.host_of(url).removeprefix("www.")
    site = urls.site_of(host) if host else ""
    spelled = (*facts.site_names, host, site, site.partition(".")[0])
    return frozenset(name for text in spelled if len(name := _COMPACT.sub("", clean.fold(text))) > 1)


def _without_site(text: str, names: frozenset[str], others: set[str]) -> str:
    """`text` without a site's name at its ends, as long as something is left."""
    while breaks := list(_SEPARATOR.finditer(text)):
        first, last = breaks[0], breaks[-1]
        head, tail = text[: first.start()].rstrip(), text[last.end() :].lstrip()
        rest_of_head, rest_of_tail = text[first.end() :].lstrip(), text[: last.start()].rstrip()
        if rest_of_tail and (_is_site(tail, names) or clean.words(rest_of_tail) in others):
            text = rest_of_tail
        elif rest_of_head and (_COMPACT.sub("", clean.fold(head)) in names or clean.words(rest_of_head) in others):
            text = rest_of_head
        else:
            parts = (part for cut in breaks for part in (text[: cut.start()], text[cut.end() :]))
            return next((part.strip() for part in parts if clean.words(part) in others), text)
    return text


def _is_site(tail: str, names: frozenset[str]) -> bool:
    compact = _COMPACT.sub("", clean.fold(tail))
    return compact in names or (len(tail) < _TAIL_MAX and any(len(name) > 3 and name in compact for name in names))


def canonical_url(facts: Facts, url: str) -> str:
    """The page's own address as it states it, "" if it states none; never one of another site's front page."""
    stated = facts.canonical or absolute(facts.meta("og:url"), url)
    if not stated or not url:
        return stated
    # A canonical link to the front page is a mistake of the site's templates, not a statement.
    bare = re.sub(r"^https?://[^/]+", "", stated).strip("/")
    return "" if not bare and re.sub(r"^https?://[^/]+", "", url).strip("/") else stated


def descriptions(facts: Facts) -> tuple[str, ...]:
    """What JSON-LD says the article is about."""
    return tuple(jsonld.texts(facts.article.get("description")))


def categories(facts: Facts) -> tuple[str, ...]:
    """Sections and keywords as the page states them, each once, sections first."""
    article = facts.article
    stated = [*jsonld.texts(article.get("articleSection")), *facts.metas.get("article:section", ())]
    tags = [*facts.metas.get("article:tag", ()), *jsonld.texts(article.get("keywords"))]
    tags += [value for name in ("news_keywords", "keywords", "parsely-tags") for value in facts.metas.get(name, ())]
    split = [part.strip(" \"'[]") for value in tags for part in re.split(r"[,;]", value)]
    unique: dict[str, str] = {}
    for part in (*stated, *split):
        if 1 < len(part) <= 80:
            unique.setdefault(clean.fold(part), part)
    return tuple(unique.values())[:CATEGORIES_MAX]


def images(facts: Facts, body: Iterable[str], url: str) -> tuple[str, ...]:
    """Addresses of the article's images: the one that stands for it first, then those of the body."""
    leading = [facts.meta("og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src")]
    leading.extend(_images_of(facts.article.get("image")))
    absolute_ones = (address for reference in leading if (address := absolute(reference, url)))
    return tuple(dict.fromkeys((*absolute_ones, *body)))


def _images_of(value: object, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and depth < 3:
        for part in value[:20]:
            yield from _images_of(part, depth + 1)
    elif isinstance(value, dict) and depth < 3:
        yield from _images_of(value.get("url") or value.get("contentUrl"), depth + 1)
