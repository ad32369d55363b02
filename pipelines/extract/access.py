"""Whether a page holds the whole article: what the publisher states of it, and what the page shows.

The two are kept apart. Most pages that are stated as paid hold the whole text all the same (they count visits, or hide
it by script), so a statement alone never makes a text a preview; nor does a box that asks to subscribe.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from lxml.etree import XPath

from pipelines.extract import clean, jsonld
from pipelines.extract.access_words import LEFT, PROMPT
from pipelines.extract.facts import Facts
from pipelines.extract.page import Page
from pipelines.extract.stated import StatedBody, body_words
from pipelines.model import BODY_KINDS, Access, Block

SHORT: Final = 200  # words; of a text that is cut, only the first paragraphs are there
MORE: Final = 1.5  # times as many words as the text, and
MORE_WORDS: Final = 100  # so many more, must a stated text have to be the whole of which ours is a part
_SEEN: Final = 0.6  # share of the stated text that a page shows anyway, so that only we did not find it
_EMPTY: Final = 15  # words; a paid part with fewer is empty
_SELECTORS_MAX: Final = 10
_BEHIND: Final = 1500  # characters behind the text in which a box may ask to subscribe
_TIERS: Final = (
    "article:content_tier", "article:content-tier", "og:article:content_tier", "article_content_tier",
    "outbrain:article_access_status", "content_tier",
)  # fmt: skip
_FREE_METAS: Final = ("isaccessibleforfree", "article:is_accessible_for_free", "og:is_accessible_for_free")
_TRUE: Final = frozenset({"true", "1", "yes", "free", "open"})
_FALSE: Final = frozenset({"false", "0", "no", "locked", "paid", "premium", "abo", "subscriber", "subscription"})
_COMPOUND = re.compile(r"^(?:[a-zA-Z][\w-]*)?([.#])([\w-]+)$")  # ".paywall", "div.paywall", "#paid"
_OF_CLASS = XPath("//body//*[contains(concat(' ', normalize-space(@class), ' '), concat(' ', $name, ' '))]")
_OF_ID = XPath("//body//*[@id = $name]")
_VISIBLE = XPath("//body//text()[not(parent::script or parent::style or parent::template or parent::textarea)]")
_ELLIPSIS = re.compile(r"(?:…|\.{3,}|\[(?:…|\.{3})\])[\s\"'”’»)]*$")


def judge(page: Page, facts: Facts, blocks: Sequence[Block]) -> Access | None:
    """What is said and seen of the access to an article; None where nothing is."""
    statements = list(_statements(facts))
    free = next((value for value, _ in statements if value is not None), None)
    said = tuple(words for _, words in statements)
    kept = [block for block in blocks if block.kept and block.kind in BODY_KINDS]
    words = sum(len(block.text.split()) for block in kept)
    ends = bool(kept) and bool(_ELLIPSIS.search(kept[-1].text))
    limited = free is False or any("metered" in one for one in said)
    signs: list[str] = []
    longer = _longer(facts, words) if free is not True else None
    # Searching the whole page costs, and only a hint makes it worth while.
    if free is not True and (limited or ends or longer is not None):
        visible = clean.line(" ".join(_VISIBLE(page.tree)))
        signs = list(_signs(page, facts, kept, words, ends, visible, longer, limited))
    if not signs and not said:
        return None
    return Access(free, bool(signs), (*said, *signs))


def _statements(facts: Facts) -> Iterator[tuple[bool | None, str]]:
    """What is stated, the weightiest first: the value, and the words for the evidence."""
    for place, node in (("json-ld", facts.article), ("json-ld:page", facts.page)):
        if "isAccessibleForFree" in node:
            value = node["isAccessibleForFree"]
            yield _truth(value), f"{place}:isAccessibleForFree {_shown(value)}"
    for name in _FREE_METAS:
        for text in facts.metas.get(name, ())[:1]:
            yield _truth(text), f"meta:{name} {text[:40]}"
    for element in facts.items.get("isaccessibleforfree", ())[:1]:
        text = element.get("content") or element.get("href") or clean.line(element.text or "")
        yield _truth(text), f"itemprop:isAccessibleForFree {text[:40]}"
    for name in _TIERS:
        for text in facts.metas.get(name, ())[:1]:
            yield _truth(text), f"meta:{name} {text[:40]}"
    for selector in _paid_parts(facts):
        yield False, f"json-ld:hasPart {selector[:60]} isAccessibleForFree False"


def _truth(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    text = str(value).strip().casefold().rpartition("/")[2] if isinstance(value, (str, int)) else ""
    return True if text in _TRUE else False if text in _FALSE else None


def _shown(value: object) -> str:
    return str(value)[:40] if isinstance(value, (bool, int, str)) else type(value).__name__


def _paid_parts(facts: Facts) -> Iterator[str]:
    """The selectors of the parts that are stated as not free."""
    for node in (facts.article, facts.page):
        parts = node.get("hasPart")
        for part in (parts if isinstance(parts, list) else [parts])[:_SELECTORS_MAX]:
            if isinstance(part, dict) and _truth(part.get("isAccessibleForFree")) is False:
                yield from jsonld.texts(part.get("cssSelector"))[:_SELECTORS_MAX]


def _longer(facts: Facts, words: int) -> StatedBody | None:
    """The text of the JSON-LD where it is clearly more than ours of so many words."""
    body = facts.article.get("articleBody")
    if not isinstance(body, str) or body.count(" ") < MORE * words + MORE_WORDS:
        return None
    stated = body_words(facts)
    return stated if stated and stated.words > MORE * words + MORE_WORDS else None


def _signs(
    page: Page,
    facts: Facts,
    kept: Sequence[Block],
    words: int,
    ends: bool,
    visible: str,
    longer: StatedBody | None,
    limited: bool,
) -> Iterator[str]:
    """What shows that the text is cut; nothing where nothing does. `longer`: a stated text that is more than ours."""
    near = _near(visible, kept).lower()
    if words < MORE * SHORT and (left := LEFT.search(near)):
        yield f"the page says {left[0]!r}"
    prompt = PROMPT.search(near)
    if (limited or prompt) and longer is not None:
        text = "\n".join(block.text for block in kept)
        if longer.shown_in(visible) < _SEEN and (words < SHORT / 4 or longer.covers(text) > _SEEN):
            yield f"{longer.source} has {longer.words} words, the text {words}"
    if prompt is None:
        return
    empty = next((selector for selector in _paid_parts(facts) if _is_empty(page, selector)), "") if limited else ""
    if empty and words < SHORT:
        yield f"{empty[:60]} is empty, and the page says {prompt[0]!r}"
    elif ends and (limited or words < SHORT):
        yield f"the text breaks off, and the page says {prompt[0]!r}"
    elif limited and words < SHORT:
        yield f"{words} words of a paid article, and the page says {prompt[0]!r}"


def _near(visible: str, kept: Sequence[Block]) -> str:
    """What a reader sees from the article's beginning to some way behind its end; menus and footers are further off."""
    places = [(visible.find(block.text), len(block.text)) for block in (*kept[:3], *kept[-3:])]
    found = [(start, start + length) for start, length in places if start >= 0]
    if not found:
        return visible
    return visible[min(start for start, _ in found) : max(end for _, end in found) + _BEHIND]


def _is_empty(page: Page, selector: str) -> bool:
    """Whether the elements of a selector hold hardly a word; of selectors, those by one class or id are understood."""
    parts = [_COMPOUND.match(one.split()[-1]) for one in selector.split(",")[:_SELECTORS_MAX] if one.strip()]
    if not parts or None in parts:
        return False
    named = [(part[1], part[2]) for part in parts if part]
    found = [part for kind, name in named for part in (_OF_ID if kind == "#" else _OF_CLASS)(page.tree, name=name)]
    return sum(len(" ".join(part.itertext()).split()) for part in found[:50]) < _EMPTY
