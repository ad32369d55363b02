"""What stands around the article's paragraphs in the page's own tree: captions, credits, embedded posts, links, images.

trafilatura drops figures and forgets what a quotation came from. One pass over the tree, in reading order,
finds its blocks again and with them their place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from lxml.html import HtmlElement

from pipelines import urls
from pipelines.extract import clean, posts
from pipelines.extract.page import Page
from pipelines.model import Block, BlockKind, Link, Post

LINKS_MAX: Final = 1000
IMAGES_MAX: Final = 100
_TEXTUAL: Final = ("p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "blockquote", "figcaption", "img")
_CONTAINERS: Final = ("div", "td", "section", "span")  # hold the text itself on some pages, and are many on all
_HOLDS_BLOCKS: Final = frozenset({*_CONTAINERS, "li", "blockquote"})
_BLOCK_CHILDREN: Final = ("p", "div", "ul", "ol", "table", "h2", "h3", "section", "article", "figure", "blockquote")
_EMBED = re.compile(
    r"twitter-(?:tweet|video)|instagram-media|tiktok-embed|fb-(?:post|video)|telegram-(?:post|embed)|bluesky-embed"
    r"|mastodon-embed|reddit-(?:embed|card)|\bvk_post|truthsocial-embed",
    re.IGNORECASE,
)
_CREDIT = re.compile(r"credit|copyright|photographer|rights|\bsource\b", re.IGNORECASE)


@dataclass(slots=True)
class Around:
    """What the pass over a page found."""

    blocks: tuple[Block, ...] = ()
    links: list[Link] = field(default_factory=list)
    images: list[str] = field(default_factory=list)


def around(page: Page, blocks: Sequence[Block], base: str) -> Around:
    """`blocks` with captions, credits and embedded posts as such, and the links and images of the article."""
    walk = _Walk(blocks, base)
    for element in page.tree.iter(*_TEXTUAL):
        walk.visit(element)
    if walk.matched < len(blocks) / 2:
        walk = _Walk(blocks, base)
        for element in page.tree.iter(*_TEXTUAL, *_CONTAINERS):
            walk.visit(element)
    found = walk.found
    found.blocks = tuple(walk.merged())
    return found


class _Walk:
    def __init__(self, blocks: Sequence[Block], base: str) -> None:
        self.found = Around()
        self._given = blocks
        self._base = base
        self._index = {block.text: index for index, block in reversed(list(enumerate(blocks)))}
        self._openings = {block.text.split(maxsplit=1)[0] for block in blocks}
        self.matched = 0
        self._place = 0  # behind this many blocks we stand
        self._waiting: list[Block] = []  # captions that belong to the article if one of its blocks follows
        self._waiting_images: list[str] = []
        self._inserts: dict[int, list[Block]] = {}
        self._captions: set[str] = set()
        self._embedded: list[tuple[str, Post]] = []  # text of a post's element, and what it says of itself

    def visit(self, element: HtmlElement) -> None:
        tag = element.tag
        if tag == "img":
            self._image(element)
        elif tag == "figcaption":
            self._caption(element)
        else:
            if tag == "blockquote" and _EMBED.search(element.get("class", "")):
                self._embedded.append((clean.line(" ".join(element.itertext())), posts.of_element(element)))
            # A container of paragraphs is no paragraph; those in it come by themselves.
            if tag not in _HOLDS_BLOCKS or next(element.iterchildren(*_BLOCK_CHILDREN), None) is None:
                self._paragraph(element)

    def _paragraph(self, element: HtmlElement) -> None:
        # Most elements of a page are none of ours, which their first word tells; a drop capital stands alone.
        opening = next((words[0] for piece in element.itertext() if (words := piece.split(maxsplit=1))), "")
        if opening not in self._openings and len(opening) > 2:
            return
        index = self._index.get(clean.line("".join(element.itertext())))
        if index is None:
            return
        self.matched += 1
        self._place = max(self._place, index + 1)
        if self._waiting:
            self._inserts.setdefault(index, []).extend(self._waiting)
            self._waiting = []
        self.found.images.extend(self._waiting_images[: IMAGES_MAX - len(self.found.images)])
        self._waiting_images = []
        for anchor in element.iter("a"):
            target = self._address(anchor.get("href"))
            if target and len(self.found.links) < LINKS_MAX:
                self.found.links.append(Link(target, clean.line("".join(anchor.itertext()))))

    def _image(self, element: HtmlElement) -> None:
        if self._place or _in_article(element):
            source = element.get("data-src") or element.get("src") or ""
            if not source.startswith("data:") and (address := self._address(source)):
                self._waiting_images.append(address)

    def _caption(self, element: HtmlElement) -> None:
        credit = next((part for part in element.iterdescendants() if _CREDIT.search(part.get("class", ""))), None)
        owned = clean.line(" ".join(credit.itertext())) if credit is not None else ""
        whole = clean.line(" ".join(element.itertext()))
        text = clean.line(whole.replace(owned, " ", 1)) if owned else whole
        fresh = whole not in self._captions
        self._captions.update(part for part in (whole, text, owned) if part)
        if not fresh or not (self._place or _in_article(element)):
            return
        if text and text not in self._index:
            self._waiting.append(Block(BlockKind.CAPTION, text))
        if owned and owned not in self._index:
            self._waiting.append(Block(BlockKind.CREDIT, owned))

    def _address(self, reference: str | None) -> str:
        if not reference or reference.startswith("#"):
            return ""
        try:
            return urls.normalise(reference, self._base or None)
        except urls.BadUrl:  # script:, mailto: and broken ones are no links of an article
            return ""

    def merged(self) -> Iterator[Block]:
        post: Block | None = None  # whose lines are being joined: its text and its signature come as two blocks
        for index, block in enumerate(self._given):
            found = self._post_of(block)
            if post is not None and found is not post.post:
                yield post
                post = None
            yield from self._inserts.get(index, ())
            if found is not None:
                text = f"{post.text} {block.text}" if post else block.text
                post = Block(BlockKind.EMBED, text, post=found)
            elif block.text in self._captions and block.kind is BlockKind.PARAGRAPH:
                yield replace(block, kind=BlockKind.CAPTION)
            else:
                yield block
        if post is not None:
            yield post

    def _post_of(self, block: Block) -> Post | None:
        if block.kind is not BlockKind.QUOTE:
            return None
        return next((post for text, post in self._embedded if block.text in text), None)


def _in_article(element: HtmlElement) -> bool:
    return next(element.iterancestors("article", "main"), None) is not None
