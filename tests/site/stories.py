"""Reads pages/stories/*.txt: `=== path`, `Name: value` lines, a blank line, then blocks with a blank line between them.

A block's first character says what it is: `## ` heading, `> ` quote, `- ` list item, `~ ` residue, `-1 `/`+2 ` a
paragraph of the first/second version only, anything else a paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from tests.site.model import Part, Story

FOLDER = Path(__file__).parent / "pages" / "stories"
_FIELD = re.compile(r"^([A-Z][a-z]+): (.+)$")
_MARKS = {"## ": "heading", "> ": "quote", "- ": "item", "~ ": "residue"}
_KNOWN = frozenset(
    [
        "Title",
        "Date",
        "Modified",
        "Author",
        "Agency",
        "Section",
        "Image",
        "Coding",
        "Framing",
        "Charset",
        "Unavailable",
        "Slow",
        "Listed",
    ]
)
LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZА-ЯҐЄІЇÀ-ÝŁŚŻŹĆ])")


def read_stories(name: str, language: str) -> tuple[Story, ...]:
    """The stories of pages/stories/<name>.txt in file order. Raises ValueError naming the story that is malformed."""
    text = (FOLDER / f"{name}.txt").read_text("utf-8")
    return tuple(_story(chunk, language) for chunk in text.split("=== ")[1:])


def _story(chunk: str, language: str) -> Story:
    head, _, body = chunk.partition("\n\n")
    path, *lines = head.splitlines()
    fields: dict[str, list[str]] = {}
    for line in lines:
        match = _FIELD.match(line)
        if not match or match[1] not in _KNOWN:
            raise ValueError(f"{path}: not a known field: {line!r}")
        fields.setdefault(match[1], []).append(match[2])

    def one(name: str, default: str = "") -> str:
        return fields.get(name, [default])[0]

    caption, _, credit = one("Image").partition(" // ")
    return Story(
        path=f"/{path.strip()}",
        title=one("Title"),
        published=datetime.fromisoformat(one("Date")),
        modified=datetime.fromisoformat(one("Modified")) if "Modified" in fields else None,
        section=one("Section"),
        language=language,
        parts=tuple(_parts(body)),
        authors=tuple(fields.get("Author", ())),
        agency=one("Agency"),
        image=(caption, credit) if caption else None,
        coding=one("Coding"),
        framing=one("Framing", "length"),
        charset=one("Charset"),
        unavailable=int(one("Unavailable", "0")),
        slow=float(one("Slow", "0")),
        listed=one("Listed", "yes") == "yes",
    )


def _parts(body: str) -> Iterator[Part]:
    for block in filter(None, (part.strip() for part in body.split("\n\n"))):
        for line in block.splitlines():
            version = int(line[1]) if line[:3] in {"-1 ", "+2 "} else 0
            kind = "" if version else _MARKS.get(line[:3], "") or _MARKS.get(line[:2], "")
            mark = 3 if version or kind == "heading" else 2 if kind else 0
            yield Part(kind or "paragraph", line[mark:], version)


def plain(text: str) -> str:
    """A part's text without link marks."""
    return LINK.sub(r"\1", text)


def sentences(story: Story, version: int = 1) -> tuple[str, ...]:
    """The last sentence of the first paragraph and of the last one: lost when either end of the body is lost."""
    paragraphs = [
        part.text for part in story.version(version) if part.kind == "paragraph" and not LINK.search(part.text)
    ]
    return tuple(dict.fromkeys(_SENTENCE.split(text)[-1] for text in (paragraphs[0], paragraphs[-1])))
