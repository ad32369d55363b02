"""What a page says about itself, gathered once for all who ask: meta elements, JSON-LD, microdata, headings, links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from lxml.etree import XPath
from lxml.html import HtmlElement

from pipelines import urls
from pipelines.extract import clean, jsonld
from pipelines.extract.page import Page

VALUES_MAX: Final = 50  # of one meta name
LENGTH_MAX: Final = 2000  # characters of one value
_ITEMS = XPath("//body//*[@itemprop]")


@dataclass(frozen=True, slots=True)
class Facts:
    """Statements of a page, cleaned, in the order of the page; none of them is checked."""

    metas: Mapping[str, tuple[str, ...]]  # by lower-case name, property, itemprop or http-equiv
    article: jsonld.Node  # JSON-LD of the article, {} if none
    page: jsonld.Node  # JSON-LD of the page
    title: str  # <title>
    headings: tuple[str, ...]  # h1
    canonical: str  # <link rel=canonical>, absolute; ""
    language: str  # <html lang>
    site_names: tuple[str, ...] = field(default=())  # of the publisher
    subheadings: tuple[str, ...] = ()  # h2
    items: Mapping[str, tuple[HtmlElement, ...]] = field(default_factory=dict)  # of the body, by lower-case itemprop

    def meta(self, *names: str) -> str:
        """The first value of the first of these names that has one."""
        return next((values[0] for name in names if (values := self.metas.get(name))), "")


def gather(page: Page, url: str) -> Facts:
    """The facts of a page that was fetched from `url` ("" if unknown)."""
    metas: dict[str, list[str]] = {}
    scripts = []
    title = canonical = ""
    headings: list[str] = []
    subheadings: list[str] = []
    for element in page.tree.iter("meta", "script", "title", "link", "h1", "h2"):
        tag = element.tag
        if tag == "script":
            if "ld+json" in element.get("type", "").lower() and element.text:
                scripts.append(element.text)
        elif tag == "meta":
            name = element.get("property") or element.get("name") or element.get("itemprop") or ""
            content = clean.value((element.get("content") or "")[:LENGTH_MAX])
            if name and content:
                values = metas.setdefault(name.strip().lower(), [])
                if len(values) < VALUES_MAX:
                    values.append(content)
        elif tag == "link":
            if not canonical and "canonical" in element.get("rel", "").lower().split():
                canonical = absolute(element.get("href", ""), url)
        elif tag == "title":
            parent = element.getparent()  # <svg> has titles too
            if not title and (parent is None or parent.tag != "svg"):
                title = clean.value(element.text or "")
        else:
            known = headings if tag == "h1" else subheadings
            if len(known) < VALUES_MAX and (heading := clean.line("".join(element.itertext())[:LENGTH_MAX])):
                known.append(heading)
    nodes = jsonld.read(scripts)
    about = jsonld.article(nodes, canonical or url)
    return Facts(
        metas={name: tuple(values) for name, values in metas.items()},
        article=about,
        page=jsonld.page(nodes),
        title=title,
        headings=tuple(headings),
        canonical=canonical,
        language=page.tree.get("lang", ""),
        site_names=_site_names(metas, about, nodes),
        subheadings=tuple(subheadings),
        items=_items(page),
    )


def _items(page: Page) -> dict[str, tuple[HtmlElement, ...]]:
    """The elements of the body that microdata names, in the order of the page."""
    items: dict[str, list[HtmlElement]] = {}
    for element in _ITEMS(page.tree):
        for name in element.get("itemprop", "").lower().split():
            named = items.setdefault(name, [])
            if len(named) < VALUES_MAX:
                named.append(element)
    return {name: tuple(named) for name, named in items.items()}


def absolute(reference: str, base: str) -> str:
    """`reference` as an absolute http(s) URL, "" if it is none."""
    try:
        return urls.normalise(reference, base or None) if reference.strip() else ""
    except urls.BadUrl:
        return ""


def _site_names(metas: Mapping[str, list[str]], about: jsonld.Node, nodes: tuple[jsonld.Node, ...]) -> tuple[str, ...]:
    names = [value for name in ("og:site_name", "application-name", "twitter:site") for value in metas.get(name, ())]
    names += jsonld.texts(about.get("publisher"))
    for node in nodes:
        if jsonld.types(node) & {"WebSite", "Organization", "NewsMediaOrganization"}:
            names += jsonld.texts(node.get("name"))
    return tuple(dict.fromkeys(name.lstrip("@") for name in names if len(name) > 1))
