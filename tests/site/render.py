"""A story as the HTML page of its outlet: template, body in that outlet's habit of markup, bytes in its charset."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from itertools import groupby
from pathlib import Path
from string import Template

from tests.site.model import Part, Story
from tests.site.outlets import Outlet
from tests.site.stories import LINK, plain

_TEMPLATES = Path(__file__).parent / "pages" / "templates"
_HEADINGS = {
    "courier": "h2",
    "visnyk": "h2",
    "liman": "b",
    "gazette": "h2",
    "anzeiger": "h2",
    "digest": "h3",
    "kurier": "h3",
}


@lru_cache(maxsize=16)
def _template(name: str) -> Template:
    return Template((_TEMPLATES / f"{name}.html").read_text("utf-8"))


def page(outlet: Outlet, story: Story, base: str, version: int = 1) -> bytes:
    """The bytes of a story's page; `base` is the outlet's address without a slash at its end."""
    modified = story.modified if version > 1 or not story.edited else None
    fields = {
        "title": _text(story.title),
        "summary": _text(summary(story)),
        "url": base + story.path,
        "section": _text(story.section),
        "language": story.language,
        "published": story.published.isoformat(),
        "modified": (modified or story.published).isoformat(),
        "visible_date": visible_date(outlet, story),
        "byline": _text(" / ".join(story.authors) or story.agency),
        "figure": _figure(outlet, story),
        "body": body(outlet, parts(outlet, story, version)) + _agency_line(outlet, story),
        "related": _related(outlet, story),
        "jsonld": _json_ld(outlet, story, base, modified is not None),
        "number": str(1000 + outlet.stories.index(story)),
        "meta_charset": ""
        if story.charset == "missing"
        else f'<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset={outlet.charset}">',
    }
    return _template(outlet.template).substitute(fields).encode(outlet.charset, "xmlcharrefreplace")


def mime(outlet: Outlet, story: Story) -> str:
    """Content-Type of the story's page, with the lie or the silence that the story asks for."""
    if story.charset == "missing":
        return "text/html"
    return f"text/html; charset={'utf-8' if story.charset == 'lying' else outlet.charset}"


def summary(story: Story) -> str:
    """What feeds and meta tags say of a story: the first sentence of its first paragraph."""
    return plain(story.parts[0].text).split(". ")[0].rstrip(".") + "."


def visible_date(outlet: Outlet, story: Story) -> str:
    """The date as readers of the outlet see it."""
    moment = story.published
    month = outlet.months[moment.month - 1]
    if outlet.id in {"courier", "digest"}:
        return f"{month} {moment.day}, {moment.year}" + (f" {moment:%H:%M}" if outlet.id == "courier" else "")
    if outlet.id == "anzeiger":
        return f"{moment.day}. {month} {moment.year}, {moment:%H:%M} Uhr"
    return f"{moment.day} {month} {moment.year}, {moment:%H:%M}"


def parts(outlet: Outlet, story: Story, version: int = 1) -> tuple[Part, ...]:
    """The blocks of a story as the outlet runs it, with what the outlet adds to each of its stories."""
    own = story.version(version)
    amid = (Part("residue", outlet.amid),) if outlet.amid else ()
    closing = (Part("residue", outlet.closing),) if outlet.closing else ()
    return (*own[:2], *amid, *own[2:], *closing)


def body(outlet: Outlet, parts: Sequence[Part]) -> str:
    """The blocks of a body in the outlet's markup; residue looks like any paragraph."""
    lines = []
    for is_list, run in groupby(parts, lambda part: part.kind == "item"):
        if is_list:
            lines.append(f"<ul>{''.join(f'<li>{_inline(part.text)}</li>' for part in run)}</ul>")
            continue
        lines += [_block(outlet, part) for part in run]
    return "\n".join(lines)


def _block(outlet: Outlet, part: Part) -> str:
    text = _inline(part.text)
    if part.kind == "heading":
        tag = _HEADINGS[outlet.id]
        return f"<{tag}>{text}</{tag}>" + ("<br><br>" if outlet.id == "liman" else "")
    if part.kind == "quote":
        return f"<blockquote><p>{text}</p></blockquote>"
    if outlet.id == "liman":  # a page of the year 2003: no paragraphs, only breaks
        return f"{text}<br><br>"
    return f"<p>{text}" if outlet.id == "anzeiger" else f"<p>{text}</p>"


def _agency_line(outlet: Outlet, story: Story) -> str:
    """How a wire story is signed at the end of the text, where the outlet does so."""
    signed = {"digest": "({})", "visnyk": "Source: {}" if story.language == "en" else "Источник: {}", "liman": "{}"}
    if not story.agency or outlet.id not in signed:
        return ""
    return "\n" + _block(outlet, Part("paragraph", signed[outlet.id].format(story.agency)))


def _figure(outlet: Outlet, story: Story) -> str:
    if not story.image:
        return ""
    caption, credit = (_text(each) for each in story.image)
    if outlet.id == "visnyk":
        return f'<div class="photo"><img src="/img/1.jpg" alt=""><div class="caption">{caption} {credit}</div></div>'
    return f'<figure><img src="/img/1.jpg" alt=""><figcaption>{caption} <span class="credit">{credit}</span></figcaption></figure>'


def _related(outlet: Outlet, story: Story) -> str:
    """Links to the four stories behind this one, in a ring."""
    at = outlet.stories.index(story)
    ring = [outlet.stories[(at + step) % len(outlet.stories)] for step in range(1, 5)]
    return "\n".join(f'<li><a href="{each.path}">{_text(each.title)}</a></li>' for each in ring if each.listed)


def _json_ld(outlet: Outlet, story: Story, base: str, edited: bool) -> str:
    author: object = [{"@type": "Person", "name": name} for name in story.authors]
    if story.agency:
        author = {"@type": "Organization", "name": story.agency}
    facts = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": story.title,
        "url": base + story.path,
        "datePublished": story.published.isoformat(),
        **({"dateModified": story.modified.isoformat()} if edited and story.modified else {}),
        "author": author,
        "publisher": {"@type": "NewsMediaOrganization", "name": outlet.name},
        "articleSection": story.section,
        "inLanguage": story.language,
    }
    return json.dumps(facts, ensure_ascii=False).replace("</", "<\\/")


def _text(text: str) -> str:
    return escape(text, quote=True)


def _inline(text: str) -> str:
    return LINK.sub(r'<a href="\2">\1</a>', escape(text, quote=False))
