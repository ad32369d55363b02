"""What a line of flattened text shows by itself: a label, a day, a byline, or that it is prose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pipelines.extract import agency, clean, dates, days, names
from pipelines.extract.flat_words import AROUND_DAY, FIELDS, Field
from pipelines.extract.names import Kind, Name

_WORDS_MAX: Final = 3  # of a label
_PROSE_WORDS: Final = 22  # from which a paragraph that ends as a sentence is text
_NUMBERED = re.compile(r"^(?:[-*•·–—]\s*)?(?:\(?\d{1,2}[.)]\s+)?")
MARKER = re.compile(r"^(?:[-*•·–—]\s+|\(?\d{1,2}[.)]\s+)")
_BY = re.compile(
    r"^(?:(?:written|reported|posted|published|authored|text|texte|story)\s+)?"
    r"(?:by|von|par|por|di|przez|autor(?:in|en|a|es|ka|zy)?|authors?|autore|auteurs?|автор[иы]?|текст)(?::\s*|\s+)(?=\S)",
    re.IGNORECASE,
)
_BYLINE_WORDS: Final = 14
_PARTS = re.compile(r"\s*[|·•]\s*|\s+[–—-]\s+|,\s+(?=\D{0,12}\d)|\s+(?:on|am|le|el|il)\s+(?=\D{0,25}\d)")
_OFFSET = re.compile(r"(?:T\s*)?(\d{1,2}:\d{2}(?::\d{2})?)(?:\.\d+)?\s*(?:Z\b|[+-]\d{2}:?\d{2}\b)")
_TIME = re.compile(r"\b\d{1,2}[:.h]\d{2}(?::\d{2})?\b|\d{1,2}\s?(?=[ap]\.?m\b)", re.IGNORECASE)
#: Parts of words that say of a day that it is the article's.
_WHEN: Final = (
    "publi",
    "updat",
    "post",
    "veröff",
    "aktual",
    "pubbl",
    "mis à",
    "опубл",
    "обновл",
    "оновл",
    "дата",
    "date",
)


def label(text: str) -> Field | None:
    """The field whose label a line is, None if it is none."""
    bare = text.rstrip(" :：")
    return FIELDS.get(clean.words(bare)) if len(bare) <= 40 and len(bare.split()) <= _WORDS_MAX else None


def is_date(text: str) -> bool:
    """Whether a line tells when, and nothing else."""
    if len(text) > 120 or not any(map(str.isdigit, text)):
        return False
    mentions = list(days.find(text))
    if not mentions:
        return bool(dates.read(text)) and not text.isdigit()
    for mention in reversed(mentions):
        text = f"{text[: mention.start]} {text[mention.end :]}"
    text = _OFFSET.sub(" ", text)
    return all(
        word in AROUND_DAY or (word.isdigit() and len(word) <= 2) for word in clean.words(_TIME.sub(" ", text)).split()
    )


def is_day(text: str) -> bool:
    """Whether a line is a day and nothing else."""
    return len(text) <= 60 and is_date(text) and not any(map(text.lower().count, _WHEN))


def byline(text: str) -> list[Name]:
    """The names in a line that says who wrote the text; none if it is no such line."""
    found = _BY.match(text)
    if not found or len(text.split()) > _BYLINE_WORDS or text.endswith(("?", "!", ":", ",")):
        return []
    first, *more = _PARTS.split(text[found.end() :].rstrip(". "))
    found_names = named(first)
    if not all(name.kind is Kind.PERSON or agency.named(name.text) for name in found_names):
        return []
    # What follows the names is a day, a place or a publisher, not the rest of a sentence.
    return found_names if all(is_date(part) or len(part.split()) <= 4 for part in more) else []


def named(text: str) -> list[Name]:
    """The names in a list of authors."""
    return names.read(text, frozenset()) if len(text) <= 200 else []


def categories(value: str) -> Iterator[str]:
    """The categories in a line, without the numbers and the period of a list."""
    parts = re.split(r"\s*[,;|]\s*", value) if not MARKER.match(value) else [value]
    for part in parts:
        stripped = _NUMBERED.sub("", part).strip()
        name = stripped[:-1] if stripped.endswith(".") and not stripped.endswith("..") else stripped
        if name:
            yield name


def dated(text: str) -> bool:
    """Whether a short line names a day."""
    return bool(days.first(text) or dates.read(text)) and len(text) <= 80


def is_prose(text: str) -> bool:
    """Whether a paragraph is too long to be a label, a byline or a category."""
    return len(text.split()) >= _PROSE_WORDS or len(text) > 160
