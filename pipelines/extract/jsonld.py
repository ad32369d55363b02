"""JSON-LD of a page as a flat list of objects, also where it is nested, broken or escaped; which one is the article."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from html import unescape
from typing import Any, Final

import orjson

from pipelines.extract import clean

NODES_MAX: Final = 2000
DEPTH_MAX: Final = 12
Node = Mapping[str, Any]

_WRAPPER = re.compile(
    r"^\s*(?:<!--|<!\[CDATA\[|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/)|(?:-->|(?://|/\*)?\s*\]\]>\s*(?:\*/)?)\s*$|;\s*$"
)
_TRAILING_COMMA = re.compile(r",(\s*[\]}])")
_STRING: Final = r'\s*:\s*"((?:[^"\\]|\\.){1,2000}+)"'
# What is worth having of an object that no parser reads.
_SALVAGED = {
    name: re.compile(rf'"{name}"{_STRING}')
    for name in ("headline", "datePublished", "dateModified", "articleSection", "inLanguage")
}
_SALVAGED_AUTHOR = re.compile(rf'"author"\s*:\s*\[?\s*\{{[^{{}}]{{0,500}}?"name"{_STRING}')
_NEWS = ("", "Reportage", "Analysis", "Background", "Opinion", "Review", "AskPublic")
_ARTICLE_TYPES = frozenset(
    {"Article", "AdvertiserContentArticle", "SatiricalArticle", "LiveBlogPosting", "BlogPosting", "Report"}
    | {"ScholarlyArticle", "TechArticle", "SocialMediaPosting", "DiscussionForumPosting"}
    | {f"{genre}NewsArticle" for genre in _NEWS}
)
_PAGE_TYPES = frozenset({"WebPage", "ItemPage", "VideoObject", "MediaObject", "CreativeWork"})


def read(scripts: Iterable[str]) -> tuple[Node, ...]:
    """The objects that stand by themselves in these scripts (also in arrays, @graph and mainEntity), in order."""
    found: list[Node] = []
    for script in scripts:
        found.extend(_standing(_parse(script), 0))
        if len(found) >= NODES_MAX:
            break
    nodes = found[:NODES_MAX]
    by_id = {identity: node for node in nodes if isinstance(identity := node.get("@id"), str) and len(node) > 1}
    return tuple(_resolved(node, by_id) for node in nodes)


def article(nodes: Iterable[Node], url: str = "") -> Node:
    """The object that describes the article; {} if there is none. Where several do, the one that names this page."""
    articles = [node for node in nodes if types(node) & _ARTICLE_TYPES]
    if len(articles) > 1 and url:
        tail = url.rstrip("/").rpartition("//")[2]
        mine = [node for node in articles if tail and any(tail in address for address in _addresses(node))]
        articles = mine or articles
    return next((node for node in articles if node.get("headline")), articles[0] if articles else {})


def page(nodes: Iterable[Node]) -> Node:
    """The object that describes the page, {} if none; its dates are those of the page."""
    return next((node for node in nodes if types(node) & _PAGE_TYPES), {})


def types(node: Node) -> frozenset[str]:
    """The types of an object, without their namespace."""
    return frozenset(kind.rpartition("/")[2].rpartition(":")[2] for kind in texts(node.get("@type")))


def texts(value: Any) -> list[str]:
    """The strings of a value that may be a string, an object with a name, or a list of them; cleaned, none empty."""
    if isinstance(value, str):
        text = clean.value(value[:5000])
        return [text] if text else []
    if isinstance(value, (list, tuple)):
        return [text for part in value[:100] for text in texts(part)]
    if isinstance(value, Mapping):
        return texts(value.get("name") or value.get("@value") or value.get("url") or "")
    return []


def text(value: Any) -> str:
    """The first string of a value, "" if none."""
    return next(iter(texts(value)), "")


def _addresses(node: Node) -> Iterator[str]:
    for value in (node.get("url"), node.get("@id"), node.get("mainEntityOfPage")):
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            yield from (part for part in (value.get("@id"), value.get("url")) if isinstance(part, str))


def _standing(value: Any, depth: int) -> Iterator[Node]:
    if depth > DEPTH_MAX:
        return
    if isinstance(value, list):
        for part in value[:NODES_MAX]:
            yield from _standing(part, depth + 1)
    elif isinstance(value, dict):
        if "@type" in value or "headline" in value:
            yield value
        for name in ("@graph", "mainEntity", "mainEntityOfPage"):
            if isinstance(value.get(name), (dict, list)):
                yield from _standing(value[name], depth + 1)


def _resolved(node: Node, by_id: Mapping[str, Node]) -> Node:
    """References by @id to other objects of the page are replaced by these, one step deep."""

    def follow(value: Any) -> Any:
        if isinstance(value, list):
            return [follow(part) for part in value]
        if isinstance(value, dict) and len(value) <= 2 and isinstance(value.get("@id"), str) and "name" not in value:
            return by_id.get(value["@id"], value)
        return value

    return {name: follow(value) for name, value in node.items()}


def _parse(script: str) -> Any:
    """The value of a script, repaired where that is easy, salvaged where it is not; None if there is nothing."""
    script = script.strip().removeprefix("\ufeff")
    for attempt in _repairs(script):
        try:
            return orjson.loads(attempt)
        except orjson.JSONDecodeError:
            pass
        try:  # control characters in strings, which real pages hold
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    salvaged: dict[str, Any] = {
        name: _unescaped(match[1]) for name, rule in _SALVAGED.items() if (match := rule.search(script))
    }
    if author := _SALVAGED_AUTHOR.search(script):
        salvaged["author"] = {"name": _unescaped(author[1])}
    return {"@type": "Article", **salvaged} if salvaged else None


def _unescaped(string: str) -> str:
    try:
        return str(json.loads(f'"{string}"', strict=False))
    except ValueError:
        return string


def _repairs(script: str) -> Iterator[str]:
    yield script
    bare = _WRAPPER.sub("", _WRAPPER.sub("", script)).strip()
    if bare != script:
        yield bare
    if "&quot;" in bare and bare.count('"') < 4:
        bare = unescape(bare)
        yield bare
    without = _TRAILING_COMMA.sub(r"\1", bare)
    if without != bare:
        yield without
