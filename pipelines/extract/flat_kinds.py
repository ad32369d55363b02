"""What a paragraph of flattened text is, now that no element says it: heading, list item, quote, caption, table row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from pipelines.extract import agency
from pipelines.extract.flat_markup import CAPTION
from pipelines.extract.flat_words import PHOTO, PICTURES
from pipelines.extract.posts import Line
from pipelines.model import Block, BlockKind

_HASHES = re.compile(r"^#{1,6}\s+(.+?)\s*#*$")
_BETWEEN_DASHES = re.compile(r"^[–—-]\s*(\S.{1,120}?\S)\s*[–—-]$")
_BULLET = re.compile(r"^(?:[•·●▪◦‣*]|-)\s+(?=\S)")
_NUMBER = re.compile(r"^\(?(\d{1,2})[.)]\s+\S")
_SPEECH = re.compile(r"[,!?…]\s*[-–—]\s")  # "- We advance, - he said."
_SENTENCE_END = re.compile(r"[.!?…:;,][\"'”’»)\]]*$")
_PHOTO: Final = "|".join(PHOTO)
_PHOTO_LABEL = re.compile(
    rf"^\W*(?:{_PHOTO})(?:\s+(?:by|credit|von|par|de|di|credits?))?\s*[:：]\s*(?P<rest>.*)$", re.IGNORECASE
)
_HOUSE: Final = "|".join(
    re.escape(name)
    for name in sorted({*PICTURES, *(s for all_ in agency.AGENCIES.values() for s in all_)}, key=len, reverse=True)
)
_HOUSED = re.compile(
    rf"^\W*(?:{_HOUSE})(?:\s*(?:[/,+&|]|via|/\s*via)\s*"
    rf"(?:{_HOUSE}|[^\W\d]{{2,20}}(?: [^\W\d]{{2,20}}){{0,2}})){{0,3}}\s*:\s+(?P<rest>\S.*)$"
)
_CREDIT_AT_END = re.compile(
    rf"(?:[(\[](?:{_PHOTO}|file|image|credit|©)?[\s:/]*[^()\[\]]{{0,60}}?\b(?:{_HOUSE})\b[^()\[\]]{{0,40}}[)\]]"
    rf"|(?:©|\b(?:{_PHOTO}|credits?)\b\s*(?:by|:|©))\s*[^.]{{0,60}}"
    rf"|[/|–—-]\s*(?:{_HOUSE})(?:\s*/\s*(?:{_HOUSE}))?)\.?$",
    re.IGNORECASE,
)
_PHOTO_IN_CREDIT = re.compile(
    r"photo|foto|фото|getty|epa|images|shutterstock|file|handout|©|credit|picture|maxar|bild", re.IGNORECASE
)
_CAPTION_WORDS: Final = 60
_CAPTION_MIN: Final = 4
_HEADING_WORDS: Final = 12
_ROW_CELLS: Final = 2
_RULE = re.compile(r"^[\s|:+=-]+$")


def blocks(lines: Sequence[Line]) -> list[Block]:
    """A block for each line, its marker taken off where it is that of a list, a quotation or a heading."""
    return [_block(lines, index) for index in range(len(lines))]


def _block(lines: Sequence[Line], index: int) -> Block:
    text = lines[index].text
    if text.startswith(CAPTION):
        return Block(BlockKind.CAPTION, text.removeprefix(CAPTION).strip())
    if hashes := _HASHES.match(text):
        return Block(BlockKind.HEADING, hashes[1])
    if text.startswith("> "):
        return Block(BlockKind.QUOTE, text.lstrip("> "))
    if is_caption(text):
        return Block(BlockKind.CAPTION, text)
    if is_photo_credit(text):
        return Block(BlockKind.CREDIT, text)
    if _is_row(lines, index):
        return Block(BlockKind.TABLE_ROW, text.strip("| "))
    if _BETWEEN_DASHES.match(text) and len(text.split()) <= _HEADING_WORDS + 2:
        return Block(BlockKind.HEADING, text)
    if (bullet := _BULLET.match(text)) and not (text.startswith("-") and _SPEECH.search(text)):
        return Block(BlockKind.LIST_ITEM, text[bullet.end() :])
    if _is_numbered(lines, index):
        return Block(BlockKind.LIST_ITEM, text)  # with its number: the list may count
    return Block(BlockKind.HEADING if _is_heading(lines, index) else BlockKind.PARAGRAPH, text)


def is_caption(text: str) -> bool:
    """Whether a line describes a picture: it names who took it, before or behind the description."""
    if len(text.split()) > _CAPTION_WORDS:
        return False
    if is_photo_credit(text):
        return False
    if labelled := _PHOTO_LABEL.match(text):
        return len(labelled["rest"].split()) >= _CAPTION_MIN
    if housed := _HOUSED.match(text):
        # "Reuters: Kyiv says ..." may be a headline; a description ends as a sentence, and two houses share a picture.
        ends = text.endswith((".", ")")) and len(housed["rest"].split()) >= _CAPTION_MIN
        return bool(ends) and ("/" in text[: housed.start("rest")] or _PHOTO_IN_CREDIT.search(text) is not None)
    found = _CREDIT_AT_END.search(text)
    return bool(found and _PHOTO_IN_CREDIT.search(found[0]) and len(text[: found.start()].split()) >= _CAPTION_MIN)


def is_photo_credit(text: str) -> bool:
    """Whether a line names who took a picture, and says nothing else."""
    found = _PHOTO_LABEL.match(text)
    words = len(found["rest"].split()) if found else 0
    return bool(
        found and 0 < words <= 6 and not _SENTENCE_END.search(found["rest"].rstrip(".")) and _of_names(found["rest"])
    )


def _of_names(text: str) -> bool:
    words = [word for word in re.split(r"[\s/,&|()]+", text) if word]
    return all(word[:1].isupper() or not word[:1].isalpha() or word in {"via", "by", "von", "de"} for word in words)


def _is_row(lines: Sequence[Line], index: int) -> bool:
    cells = _cells(lines[index].text)
    return cells > _ROW_CELLS - 1 and any(
        0 <= at < len(lines) and (_cells(lines[at].text) == cells or _RULE.match(lines[at].text))
        for at in (index - 1, index + 1)
    )


def _cells(text: str) -> int:
    return text.strip("| ").count(" | ") + 1


def _is_numbered(lines: Sequence[Line], index: int) -> bool:
    """A number is a list's where the next or the last line counts on."""
    found = _NUMBER.match(lines[index].text)
    if found is None:
        return False
    number = int(found[1])
    for at, expected in ((index - 1, number - 1), (index + 1, number + 1)):
        if 0 <= at < len(lines) and (other := _NUMBER.match(lines[at].text)) and int(other[1]) == expected:
            return True
    return False


def _is_heading(lines: Sequence[Line], index: int) -> bool:
    """A short line that is no sentence, between paragraphs."""
    text = lines[index].text
    if len(text.split()) > _HEADING_WORDS or _SENTENCE_END.search(text) or not text[:1].isalnum() or text[:1].islower():
        return False
    if not 0 < index < len(lines) - 1:
        return False
    below = lines[index + 1].text
    return len(below.split()) > _HEADING_WORDS and lines[index - 1].group != lines[index].group
